//! `GET /tai-khoan`: who one is here.

use maud::{Markup, html};
use vneid_auth::error::Language;
use vneid_auth::identity::{BirthDate, PhoneNumber, Strength};
use vneid_auth::portal::{Citizen, CitizenAccount, CitizenPhone};

use super::details::DETAILS_PATH;
use super::frame::{Here, Place, document};
use super::kit::{Text, log_out, name};

/// The account page.
pub fn account(language: Language, citizen: &Citizen, account: &CitizenAccount, phones: &[CitizenPhone]) -> String {
    let title = Text("Tài khoản của tôi", "My account").read(language);
    let profile = citizen.profile();
    let unknown = Text("Chưa có", "Not known").read(language);
    let rows = [
        (Text("Họ và tên", "Full name"), Some(name(citizen))),
        (Text("Ngày sinh", "Date of birth"), profile.date_of_birth.map(BirthDate::to_vietnamese)),
        (Text("Số điện thoại", "Phone"), profile.phone.as_ref().map(PhoneNumber::masked)),
        (Text("Mức độ định danh", "Level"), citizen.level().map(|level| level.number().to_string())),
        (Text("Đăng nhập qua", "Logged in through"), Some(way_in(citizen, language))),
    ];
    let rows = rows.into_iter().chain(old_card(citizen)).chain(organisation(citizen));
    let here = Here { language, title, place: Some(Place::Account), citizen: Some(citizen) };
    let main = html! {
        div.card {
            h1 { (title) }
            (told(language, account))
            dl {
                @for (label, value) in rows {
                    dt { (label.read(language)) }
                    dd { (value.as_deref().unwrap_or(unknown)) }
                }
            }
            a.button.second href=(DETAILS_PATH) {
                (Text("Xem đầy đủ thông tin cá nhân", "Show my details in full").read(language))
            }
            (number(language, account))
            (links(language, account))
            (own_phones(language, phones))
            (log_out(language))
        }
    };
    document(&here, &main)
}

/// What happened to the account behind its owner's back, until they have read it.
fn told(language: Language, account: &CitizenAccount) -> Markup {
    html! {
        @for notice in &account.notices { p.notice role="status" { (notice.text(language)) } }
        @if !account.notices.is_empty() {
            form method="post" action="/auth/account/notices/remove" {
                (BACK.markup())
                button.button.second type="submit" { (Text("Đã hiểu", "Understood").read(language)) }
            }
        }
    }
}

/// The CCCD number, or the way to it.
fn number(language: Language, account: &CitizenAccount) -> Markup {
    let read = |text: Text| text.read(language);
    html! {
        h2 #so-cccd { (read(Text("Số căn cước công dân", "CCCD number"))) }
        @match &account.citizen_id {
            Some((masked, strength)) => {
                p {
                    span.number { (masked) } " "
                    span.muted {
                        (read(match strength {
                            Strength::Asserted => Text("Đã xác thực qua VNeID", "Confirmed through VNeID"),
                            Strength::Matched => Text("Đã khớp với CSDL Quốc gia về Dân cư", "Agrees with the population database"),
                        }))
                    }
                }
                form method="post" action="/auth/citizen-id/remove" {
                    (BACK.markup())
                    button.button.second type="submit" { (read(Text("Xóa số CCCD", "Remove the CCCD number"))) }
                }
            }
            None => {
                p { (read(Text("Chưa liên kết", "Not linked"))) }
                a.button href="/auth/citizen-id?return_to=/tai-khoan" {
                    (read(Text("Cập nhật từ CSDL Quốc gia về Dân cư", "Update from the national population database")))
                }
            }
        }
    }
}

/// The ways in. The forms are the library's, and lead back here.
fn links(language: Language, account: &CitizenAccount) -> Markup {
    let read = |text: Text| text.read(language);
    html! {
        h2 #lien-ket { (read(Text("Cách đăng nhập đã liên kết", "Linked ways to log in"))) }
        ul.phones {
            @for link in &account.links {
                li {
                    (provider(&link.provider, language)) " "
                    span.muted { "TechID " (link.subject) }
                    div.actions {
                        form method="post" action={ "/auth/account/link/" (link.provider) "/remove" } {
                            (BACK.markup())
                            button.button.second type="submit" {
                                (read(Text("Xóa liên kết ", "Remove link "))) (provider(&link.provider, language))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Where a form of the library's comes back to.
struct Back(&'static str);

const BACK: Back = Back("/tai-khoan");

impl Back {
    fn markup(&self) -> Markup {
        html! { input type="hidden" name="return_to" value=(self.0); }
    }
}

/// The phones that one-time codes go to. The forms are the library's, and lead back here.
fn own_phones(language: Language, phones: &[CitizenPhone]) -> Markup {
    let read = |text: Text| text.read(language);
    let back = BACK.markup();
    html! {
        h2 #dien-thoai { (read(Text("Số điện thoại nhận mã OTP", "Phones for one-time codes"))) }
        ul.phones {
            @for phone in phones {
                li {
                    span.number { (phone.masked) } " "
                    span.muted {
                        (read(match (phone.verified, phone.default) {
                            (true, true) => Text("Đã xác minh, mặc định", "Confirmed, default"),
                            (true, false) => Text("Đã xác minh", "Confirmed"),
                            (false, _) => Text("Chưa xác minh", "Not confirmed"),
                        }))
                    }
                    div.actions {
                        @if !phone.verified {
                            form method="post" action="/auth/otp" {
                                input type="hidden" name="purpose" value="verify_phone";
                                input type="hidden" name="phone_id" value=(phone.id);
                                (back)
                                button.button type="submit" { (read(Text("Xác minh ", "Confirm "))) (phone.masked) }
                            }
                        }
                        form method="post" action={ "/auth/phones/" (phone.id) "/remove" } {
                            (back)
                            button.button.second type="submit" { (read(Text("Xóa ", "Remove "))) (phone.masked) }
                        }
                    }
                }
            }
        }
        form method="post" action="/auth/phones" novalidate {
            (back)
            div.field {
                label for="phone" { (read(Text("Thêm số điện thoại di động", "Add a mobile number"))) }
                input #phone name="phone" type="tel" inputmode="tel" autocomplete="tel";
            }
            button.button.second type="submit" { (read(Text("Thêm", "Add"))) }
        }
    }
}

type Row = (Text, Option<String>);

/// Only who has an old card is shown a row for it.
fn old_card(citizen: &Citizen) -> Option<Row> {
    let number = citizen.profile().cmnd.as_ref()?;
    Some((Text("Số chứng minh nhân dân", "Old identity card"), Some(number.masked())))
}

/// The enterprise or organisation whose account it is.
fn organisation(citizen: &Citizen) -> Vec<Row> {
    let Some(organisation) = &citizen.profile().organisation else { return vec![] };
    vec![
        (Text("Tên doanh nghiệp, tổ chức", "Enterprise or organisation"), organisation.name.clone()),
        (Text("Mã số thuế", "Tax code"), organisation.tax_code.clone()),
        (
            Text("Người đại diện", "Representative"),
            organisation.representative.as_ref().map(|name| name.expose().to_owned()),
        ),
    ]
}

/// What people call the provider, and the way in behind it.
fn way_in(citizen: &Citizen, language: Language) -> String {
    let named = |name: &str| provider(name, language);
    let identity = citizen.identity();
    match &identity.via {
        Some(via) => format!("{} ({})", named(&identity.provider), named(via)),
        None => named(&identity.provider),
    }
}

fn provider(name: &str, language: Language) -> String {
    match name {
        "vneid" => "VNeID".to_owned(),
        "dvcqg" => Text("Cổng Dịch vụ công quốc gia", "National Public Service Portal").read(language).to_owned(),
        other => other.to_owned(),
    }
}
