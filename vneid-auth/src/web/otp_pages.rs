//! The pages of phones and one-time codes. All of them are forms and links; nothing needs a script.

use maud::{Markup, html};

use crate::error::Language;
use crate::portal::{CitizenPhone, Purpose, Waiting};

/// A title and the content of `<main>`.
pub(super) type Written = (&'static str, Markup);

pub(super) fn say(language: Language, vi: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Vietnamese => vi,
        Language::English => en,
    }
}

pub(super) fn alert(problem: Option<&String>) -> Markup {
    html! { @if let Some(problem) = problem { p.notice.alert role="alert" { (problem) } } }
}

/// What the phones' page shows.
pub(super) struct PhonesPage<'a> {
    pub(super) language: Language,
    pub(super) prefix: &'a str,
    pub(super) phones: &'a [CitizenPhone],
    /// What was typed and could not be taken.
    pub(super) typed: &'a str,
    pub(super) problem: Option<String>,
    pub(super) may_add: bool,
    /// Whether codes can be sent at all.
    pub(super) sends: bool,
    pub(super) home: &'a str,
}

/// The account's phones: confirm, remove, add.
pub(super) fn phones_page(page: &PhonesPage<'_>) -> Written {
    let say = |vi, en| say(page.language, vi, en);
    let title = say("Số điện thoại nhận mã OTP", "Phones for one-time codes");
    let problem_id = page.problem.as_ref().map(|_| "phone-problem");
    let main = html! {
        div.card {
            h1 { (title) }
            @if page.phones.is_empty() { p { (say("Tài khoản chưa có số điện thoại nào.", "The account has no phone yet.")) } }
            ul.phones {
                @for phone in page.phones {
                    li {
                        span.code { (phone.masked) }
                        " "
                        span.muted { (state(page.language, phone)) }
                        div.actions {
                            @if !phone.verified && page.sends {
                                form method="post" action={ (page.prefix) "/otp" } {
                                    input type="hidden" name="purpose" value=(Purpose::VerifyPhone.as_str());
                                    input type="hidden" name="phone_id" value=(phone.id);
                                    button.button type="submit" { (say("Xác minh ", "Confirm ")) (phone.masked) }
                                }
                            }
                            form method="post" action={ (page.prefix) "/phones/" (phone.id) "/remove" } {
                                button.button.second type="submit" { (say("Xóa ", "Remove ")) (phone.masked) }
                            }
                        }
                    }
                }
            }
            h2 { (say("Thêm số điện thoại", "Add a phone")) }
            @if page.may_add {
                form method="post" action={ (page.prefix) "/phones" } novalidate {
                    div.field.wrong[page.problem.is_some()] {
                        label for="phone" { (say("Số điện thoại di động", "Mobile number")) }
                        input #phone name="phone" type="tel" inputmode="tel" autocomplete="tel" value=(page.typed)
                            aria-describedby=[problem_id] aria-invalid=[page.problem.as_ref().map(|_| "true")];
                        @if let Some(problem) = &page.problem { p.wrong-text #phone-problem role="alert" { (problem) } }
                    }
                    button.button type="submit" { (say("Thêm", "Add")) }
                }
            } @else {
                (alert(page.problem.as_ref()))
                p { (say("Để thêm số điện thoại, vui lòng xác thực lại.", "To add a phone, please confirm first that it is you.")) }
                a.button href={ (page.prefix) "/otp?return_to=" (page.prefix) "/phones&purpose=" (Purpose::StepUp.as_str()) } {
                    (say("Xác thực lại", "Confirm that it is you"))
                }
            }
            a.button.second href=(page.home) { (say("Về trang chủ", "To the home page")) }
        }
    };
    (title, main)
}

fn state(language: Language, phone: &CitizenPhone) -> &'static str {
    match (phone.verified, phone.default) {
        (true, true) => say(language, "Đã xác minh, mặc định", "Confirmed, default"),
        (true, false) => say(language, "Đã xác minh", "Confirmed"),
        (false, _) => say(language, "Chưa xác minh", "Not confirmed"),
    }
}

/// What the page shows that asks where a code is to go.
pub(super) struct StartPage<'a> {
    pub(super) language: Language,
    pub(super) prefix: &'a str,
    pub(super) purpose: Purpose,
    pub(super) phones: &'a [CitizenPhone],
    pub(super) return_to: Option<&'a str>,
    pub(super) problem: Option<String>,
    pub(super) log_in: &'a str,
    pub(super) home: &'a str,
}

/// A button for each phone, the default one first.
pub(super) fn start_page(page: &StartPage<'_>) -> Written {
    let say = |vi, en| say(page.language, vi, en);
    let (title, lead) = match page.purpose {
        Purpose::VerifyPhone => (
            say("Xác minh số điện thoại", "Confirm a phone"),
            say("Mã OTP sẽ được gửi đến số điện thoại bạn chọn.", "A one-time code is sent to the phone you choose."),
        ),
        Purpose::StepUp | Purpose::Recover => (
            say("Xác thực lại", "Confirm that it is you"),
            say(
                "Để bảo vệ bạn, bước này cần mã OTP gửi đến số điện thoại của bạn.",
                "To protect you, this step needs a one-time code that is sent to your phone.",
            ),
        ),
    };
    let (first, others): (Vec<_>, Vec<_>) = page.phones.iter().partition(|phone| phone.default);
    let main = html! {
        div.card {
            h1 { (title) }
            (alert(page.problem.as_ref()))
            p { (lead) }
            @if page.phones.is_empty() {
                p { (say("Không có số điện thoại nào để gửi mã.", "There is no phone that a code could go to.")) }
            }
            @for (at, phone) in first.into_iter().chain(others).enumerate() {
                form method="post" action={ (page.prefix) "/otp" } {
                    input type="hidden" name="purpose" value=(page.purpose.as_str());
                    input type="hidden" name="phone_id" value=(phone.id);
                    @if let Some(return_to) = page.return_to { input type="hidden" name="return_to" value=(return_to); }
                    button.button.second[at > 0] type="submit" {
                        (say("Gửi mã OTP đến ", "Send a code to ")) (phone.masked)
                    }
                }
            }
            @if page.purpose == Purpose::StepUp {
                a.button.second href=(page.log_in) { (say("Đăng nhập lại thay cho mã OTP", "Log in again instead")) }
            }
            a.button.second href=(page.home) { (say("Về trang chủ", "To the home page")) }
        }
    };
    (title, main)
}

/// What the page shows that takes the code, and the one that chooses another phone.
pub(super) struct CodePage<'a> {
    pub(super) language: Language,
    pub(super) prefix: &'a str,
    pub(super) phones: &'a [CitizenPhone],
    pub(super) waiting: &'a Waiting,
    pub(super) problem: Option<String>,
    pub(super) log_in: &'a str,
}

impl CodePage<'_> {
    fn step(&self, step: &str) -> String {
        format!("{}/otp/{}/{step}", self.prefix, self.waiting.id)
    }

    fn life(&self) -> String {
        let Waiting { expires_in, resend_in, .. } = *self.waiting;
        match (self.language, expires_in, resend_in) {
            (Language::Vietnamese, 0, _) => "Mã OTP đã hết hiệu lực. Vui lòng yêu cầu gửi lại.".to_owned(),
            (Language::English, 0, _) => "The code is no longer valid. Please ask for another.".to_owned(),
            (Language::Vietnamese, life, 0) => format!("Mã có hiệu lực trong {life} giây."),
            (Language::English, life, 0) => format!("The code is valid for {life} seconds."),
            (Language::Vietnamese, life, wait) => {
                format!("Mã có hiệu lực trong {life} giây. Có thể yêu cầu gửi lại sau {wait} giây.")
            }
            (Language::English, life, wait) => {
                format!("The code is valid for {life} seconds. You can ask for another in {wait} seconds.")
            }
        }
    }
}

/// The code's form, "Gửi lại OTP" and "Chọn phương thức xác thực khác".
pub(super) fn code_page(page: &CodePage<'_>) -> Written {
    let say = |vi, en| say(page.language, vi, en);
    let title = say("Nhập mã OTP", "Type the code");
    let problem_id = page.problem.as_ref().map(|_| "code-problem");
    let main = html! {
        div.card {
            h1 { (title) }
            p { (say("Mã OTP đã được gửi đến ", "A one-time code was sent to ")) span.code { (page.waiting.masked_phone) } "." }
            form method="post" action=(page.step("verify")) novalidate {
                div.field.wrong[page.problem.is_some()] {
                    label for="code" { (say("Mã OTP (6 chữ số)", "Code (6 digits)")) }
                    input #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="11" autofocus
                        aria-describedby={ "code-life " (problem_id.unwrap_or_default()) }
                        aria-invalid=[page.problem.as_ref().map(|_| "true")];
                    @if let Some(problem) = &page.problem { p.wrong-text #code-problem role="alert" { (problem) } }
                    p.muted #code-life { (page.life()) }
                }
                button.button type="submit" { (say("Xác nhận", "Confirm")) }
            }
            form method="post" action=(page.step("resend")) {
                button.button.second type="submit" { (say("Gửi lại OTP", "Send another code")) }
            }
            a.button.second href=(page.step("phone")) {
                (say("Chọn phương thức xác thực khác", "Choose another way to confirm"))
            }
        }
    };
    (title, main)
}

/// The account's phones, one of which the code is to go to instead; and, where it is to show who they are, the login.
pub(super) fn other_phone_page(page: &CodePage<'_>) -> Written {
    let say = |vi, en| say(page.language, vi, en);
    let title = say("Chọn phương thức xác thực khác", "Choose another way to confirm");
    let main = html! {
        div.card {
            h1 { (title) }
            (alert(page.problem.as_ref()))
            @for phone in page.phones {
                form method="post" action=(page.step("phone")) {
                    input type="hidden" name="phone_id" value=(phone.id);
                    button.button.second type="submit" { (say("Gửi mã OTP đến ", "Send a code to ")) (phone.masked) }
                }
            }
            @if page.waiting.purpose == Purpose::StepUp {
                a.button.second href=(page.log_in) { (say("Đăng nhập lại thay cho mã OTP", "Log in again instead")) }
            }
            a.button.second href=(page.step("verify")) { (say("Quay lại", "Back")) }
        }
    };
    (title, main)
}
