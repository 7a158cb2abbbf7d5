//! `GET /tai-khoan`: who one is here.

use maud::{Markup, html};
use vneid_auth::error::Language;
use vneid_auth::identity::{BirthDate, CitizenId, PhoneNumber};
use vneid_auth::portal::{Citizen, CitizenPhone};

use super::details::DETAILS_PATH;
use super::frame::{Here, Place, document};
use super::kit::{Text, log_out, name};

/// The account page.
pub fn account(language: Language, citizen: &Citizen, phones: &[CitizenPhone]) -> String {
    let title = Text("Tài khoản của tôi", "My account").read(language);
    let profile = citizen.profile();
    let unknown = Text("Chưa có", "Not known").read(language);
    let linked = if citizen.is_citizen_id_linked() {
        Text("Đã liên kết", "Linked")
    } else {
        Text("Chưa liên kết", "Not linked")
    };
    let rows = [
        (Text("Họ và tên", "Full name"), Some(name(citizen))),
        (Text("Số căn cước công dân", "Citizen id"), profile.citizen_id.as_ref().map(CitizenId::masked)),
        (Text("Ngày sinh", "Date of birth"), profile.date_of_birth.map(written)),
        (Text("Số điện thoại", "Phone"), profile.phone.as_ref().map(PhoneNumber::masked)),
        (Text("Liên kết căn cước", "Citizen id link"), Some(linked.read(language).to_owned())),
        (Text("Mức độ định danh", "Level"), citizen.level().map(|level| level.number().to_string())),
        (Text("Đăng nhập qua", "Logged in through"), Some(way_in(citizen, language))),
    ];
    let rows = rows.into_iter().chain(old_card(citizen)).chain(organisation(citizen));
    let here = Here { language, title, place: Some(Place::Account), citizen: Some(citizen) };
    let main = html! {
        div.card {
            h1 { (title) }
            dl {
                @for (label, value) in rows {
                    dt { (label.read(language)) }
                    dd { (value.as_deref().unwrap_or(unknown)) }
                }
            }
            a.button.second href=(DETAILS_PATH) {
                (Text("Xem đầy đủ thông tin cá nhân", "Show my details in full").read(language))
            }
            (own_phones(language, phones))
            (log_out(language))
        }
    };
    document(&here, &main)
}

/// The phones that one-time codes go to. The forms are the library's, and lead back here.
fn own_phones(language: Language, phones: &[CitizenPhone]) -> Markup {
    let read = |text: Text| text.read(language);
    let back = html! { input type="hidden" name="return_to" value="/tai-khoan"; };
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
    let named = |name: &str| match name {
        "vneid" => "VNeID".to_owned(),
        "dvcqg" => Text("Cổng Dịch vụ công quốc gia", "National Public Service Portal").read(language).to_owned(),
        other => other.to_owned(),
    };
    let identity = citizen.identity();
    match &identity.via {
        Some(via) => format!("{} ({})", named(&identity.provider), named(via)),
        None => named(&identity.provider),
    }
}

/// As dates are written in Vietnam: `31/01/1999`, or the year.
fn written(date: BirthDate) -> String {
    match date {
        BirthDate::Year(year) => year.to_string(),
        BirthDate::Day { year, month, day } => format!("{day:02}/{month:02}/{year}"),
    }
}
