//! The page that asks for the CCCD number: what for, with an unticked consent, and "Bỏ qua" where that is possible.

use maud::{Markup, html};

use super::otp_pages::{Written, alert, say};
use crate::error::{Code, Language};
use crate::identity::{Profile, Strength};

/// What was typed.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) citizen_id: String,
    pub(super) full_name: String,
    pub(super) date_of_birth: String,
}

/// What the page shows.
pub(super) struct CitizenIdPage<'a> {
    pub(super) language: Language,
    pub(super) prefix: &'a str,
    pub(super) host: &'a str,
    pub(super) filled: &'a Filled,
    /// What the provider said of them, to begin with.
    pub(super) profile: &'a Profile,
    /// The account has a number, this strongly.
    pub(super) strength: Option<Strength>,
    pub(super) demanded: bool,
    pub(super) may_skip: bool,
    /// A population database is set.
    pub(super) can_match: bool,
    pub(super) return_to: Option<&'a str>,
    pub(super) problem: Option<(Code, String)>,
    /// The login that asserts the number.
    pub(super) log_in: &'a str,
    pub(super) home: &'a str,
}

/// A field of the form.
struct Field<'a> {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: &'a str,
    autocomplete: &'static str,
    numeric: bool,
    wrong: bool,
}

/// The form; or, when the account has a number, that it has.
pub(super) fn citizen_id_page(page: &CitizenIdPage<'_>) -> Written {
    let say = |vi, en| say(page.language, vi, en);
    let title = say("Số căn cước công dân", "CCCD number");
    let main = html! {
        div.card {
            h1 { (title) }
            @match page.strength {
                Some(strength) => (linked(page, strength)),
                None => (form(page)),
            }
            a.button.second href=(page.home) { (say("Về trang chủ", "To the home page")) }
        }
    };
    (title, main)
}

fn linked(page: &CitizenIdPage<'_>, strength: Strength) -> Markup {
    let say = |vi, en| say(page.language, vi, en);
    html! {
        (alert(page.problem.as_ref().map(|(_, text)| text)))
        p { (say("Tài khoản của bạn đã liên kết số CCCD.", "Your account has a CCCD number.")) }
        @if strength == Strength::Matched {
            p.muted {
                (say(
                    "Có trang cần số CCCD được VNeID xác thực. Khi đó hãy đăng nhập lại bằng tài khoản VNeID mức 2.",
                    "Some pages need a number that VNeID confirms. For those, log in again with your VNeID account of level 2.",
                ))
            }
            a.button.second href=(page.log_in) { (say("Đăng nhập bằng VNeID", "Log in with VNeID")) }
        }
        a.button href={ (page.prefix) "/account" } { (say("Tài khoản và liên kết", "Account and links")) }
    }
}

fn form(page: &CitizenIdPage<'_>) -> Markup {
    let say = |vi, en| say(page.language, vi, en);
    let wrong = |codes: &[Code]| page.problem.as_ref().is_some_and(|(code, _)| codes.contains(code));
    let name = page.profile.full_name.as_ref().map(|name| name.expose().to_owned()).unwrap_or_default();
    let filled = |typed: &str, known: String| if typed.is_empty() { known } else { typed.to_owned() };
    let full_name = filled(&page.filled.full_name, name);
    let born = page.profile.date_of_birth.map(crate::identity::BirthDate::to_vietnamese).unwrap_or_default();
    let date_of_birth = filled(&page.filled.date_of_birth, born);
    let fields = [
        Field {
            name: "citizen_id",
            label: say("Số CCCD (12 chữ số)", "CCCD number (12 digits)"),
            hint: say("Số trên thẻ căn cước hoặc CCCD.", "The number on your identity card."),
            value: &page.filled.citizen_id,
            autocomplete: "off",
            numeric: true,
            wrong: wrong(&[Code::CitizenIdMalformed, Code::CitizenIdTaken]),
        },
        Field {
            name: "full_name",
            label: say("Họ và tên", "Full name"),
            hint: say("Đầy đủ dấu, như trên thẻ.", "With all accents, as on the card."),
            value: &full_name,
            autocomplete: "name",
            numeric: false,
            wrong: false,
        },
        Field {
            name: "date_of_birth",
            label: say("Ngày sinh", "Date of birth"),
            hint: say(
                "Ví dụ 31/01/1999; nếu chỉ biết năm: 1999.",
                "For example 31/01/1999; if only the year is known: 1999.",
            ),
            value: &date_of_birth,
            autocomplete: "bday",
            numeric: false,
            wrong: wrong(&[Code::FieldInvalid]),
        },
    ];
    html! {
        @if page.demanded {
            p.notice {
                (say(
                    "Việc bạn đang làm cần có số CCCD trên tài khoản. Những gì bạn đã nhập không mất.",
                    "What you are doing needs a CCCD number on your account. Nothing that you typed is lost.",
                ))
            }
        }
        p {
            (say("Cổng ", "The portal ")) (page.host)
            (say(
                " dùng số CCCD, họ tên và ngày sinh để đối chiếu một lần với Cơ sở dữ liệu quốc gia về dân cư và gắn số CCCD vào tài khoản của bạn. Dữ liệu khác về bạn không được lấy về.",
                " compares number, name and date of birth once with the national population database and puts the number on your account. No other data about you is fetched.",
            ))
        }
        (alert(page.problem.as_ref().map(|(_, text)| text)))
        @if page.can_match {
            form method="post" action={ (page.prefix) "/citizen-id" } novalidate {
                @for field in &fields { (input(field)) }
                div.field.wrong[wrong(&[Code::ConsentRequired])] {
                    label.check {
                        input name="consent" type="checkbox" value="true"
                            aria-invalid=[wrong(&[Code::ConsentRequired]).then_some("true")];
                        " "
                        (say(
                            "Tôi đồng ý cho cổng đối chiếu các thông tin trên với Cơ sở dữ liệu quốc gia về dân cư.",
                            "I agree that the portal compares these details with the national population database.",
                        ))
                    }
                }
                @if let Some(return_to) = page.return_to { input type="hidden" name="return_to" value=(return_to); }
                button.button type="submit" { (say("Cập nhật", "Update")) }
            }
        } @else {
            p { (say("Hiện chưa thể đối chiếu trực tuyến. Hãy đăng nhập bằng tài khoản VNeID mức 2.", "Details cannot be compared online here. Please log in with your VNeID account of level 2.")) }
            a.button href=(page.log_in) { (say("Đăng nhập bằng VNeID", "Log in with VNeID")) }
        }
        @if page.may_skip {
            form method="post" action={ (page.prefix) "/citizen-id/skip" } {
                @if let Some(return_to) = page.return_to { input type="hidden" name="return_to" value=(return_to); }
                button.button.second type="submit" { (say("Bỏ qua", "Skip for now")) }
            }
        }
    }
}

fn input(field: &Field<'_>) -> Markup {
    let hint_id = format!("{}-hint", field.name);
    html! {
        div.field.wrong[field.wrong] {
            label for=(field.name) { (field.label) }
            input id=(field.name) name=(field.name) value=(field.value) autocomplete=(field.autocomplete)
                inputmode=[field.numeric.then_some("numeric")] maxlength="200"
                aria-describedby=(hint_id) aria-invalid=[field.wrong.then_some("true")];
            p.muted id=(hint_id) { (field.hint) }
        }
    }
}
