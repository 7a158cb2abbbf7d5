//! The pages of an account: which of two it is, and what is linked to it. All of them are forms and links.

use maud::html;

use super::otp_pages::{Written, alert, say};
use crate::error::Language;
use crate::identity::Strength;
use crate::portal::CitizenAccount;

/// What the page shows that asks which account it is.
pub(super) struct ChoicePage<'a> {
    pub(super) language: Language,
    pub(super) prefix: &'a str,
    /// Who logged in: the provider's button, their name as it is stated, and the provider's name for them, masked. Whoever
    /// finds this page open must see whom their password would let in.
    pub(super) came: (&'a str, &'a str, &'a str),
    /// An account with the citizen's number, or tax code, is known.
    pub(super) known: bool,
    pub(super) password: bool,
    /// Names and buttons.
    pub(super) providers: &'a [(String, String)],
    pub(super) new: bool,
    pub(super) problem: Option<String>,
}

/// Prove the account, or take a new one. It tells nothing of whoever has the account, only who has just logged in.
pub(super) fn choice_page(page: &ChoicePage<'_>) -> Written {
    let say = |vi, en| say(page.language, vi, en);
    let title = say("Chọn tài khoản trên cổng", "Choose your account on this portal");
    let (button, name, subject) = page.came;
    let lead = if page.known {
        say(
            "Trên cổng này đã có một tài khoản mang số định danh (hoặc mã số thuế) của bạn. Nếu đó là tài khoản của bạn, hãy xác nhận một lần; những lần sau bạn sẽ không được hỏi lại.",
            "There is an account on this portal with your identification number (or tax code). If it is yours, confirm it once; you will not be asked again.",
        )
    } else {
        say(
            "Đây là lần đầu bạn đăng nhập bằng cách này. Nếu đã có tài khoản trên cổng, hãy xác nhận tài khoản đó.",
            "This is the first time that you log in this way. If you have an account on this portal already, confirm it.",
        )
    };
    let main = html! {
        div.card {
            h1 { (title) }
            p.notice {
                (say("Đang đăng nhập qua ", "Logging in through ")) strong { (button) } ": "
                @if !name.is_empty() { strong { (name) } " " }
                span.code { (subject) } ". "
                (say(
                    "Sau khi xác nhận, người này vào được tài khoản bạn xác nhận. Nếu đây không phải bạn, đừng nhập gì: hãy chọn “Hủy và đăng xuất”.",
                    "Whoever this is gets into the account that you confirm. If it is not you, type nothing: choose “Cancel and log out”.",
                ))
            }
            p { (lead) }
            (alert(page.problem.as_ref()))
            @for (name, button) in page.providers {
                form method="post" action={ (page.prefix) "/account/link/" (name) } {
                    button.button type="submit" { (say("Xác nhận bằng ", "Confirm with ")) (button) }
                }
            }
            @if page.password {
                form method="post" action={ (page.prefix) "/account/link" } novalidate {
                    div.field {
                        label for="username" { (say("Tên đăng nhập trên cổng này", "User name on this portal")) }
                        input #username name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="200";
                    }
                    div.field {
                        label for="password" { (say("Mật khẩu trên cổng này", "Password on this portal")) }
                        input #password name="password" type="password" autocomplete="current-password" maxlength="200";
                    }
                    button.button type="submit" { (say("Xác nhận tài khoản cũ", "Confirm my account")) }
                }
            }
            @if page.new {
                h2 { (say("Không phải tài khoản của bạn, hoặc không nhớ?", "Not your account, or you do not remember?")) }
                p.muted {
                    (say(
                        "Bạn vẫn đăng nhập được, bằng một tài khoản mới. Nếu bạn đăng nhập bằng VNeID mức 2, số định danh của bạn sẽ chuyển về tài khoản mới.",
                        "You can still log in, with a new account. If you logged in with VNeID of level 2, your number goes to the new account.",
                    ))
                }
                form method="post" action={ (page.prefix) "/account/new" } {
                    button.button.second type="submit" { (say("Tiếp tục với tài khoản mới", "Go on with a new account")) }
                }
            }
            form method="post" action={ (page.prefix) "/logout" } {
                button.button.second type="submit" { (say("Hủy và đăng xuất", "Cancel and log out")) }
            }
        }
    };
    (title, main)
}

/// What the page of the account shows.
pub(super) struct AccountPage<'a> {
    pub(super) language: Language,
    pub(super) prefix: &'a str,
    pub(super) account: &'a CitizenAccount,
    pub(super) problem: Option<String>,
    pub(super) home: &'a str,
}

/// The ways in, and the number.
pub(super) fn account_page(page: &AccountPage<'_>) -> Written {
    let say = |vi, en| say(page.language, vi, en);
    let title = say("Tài khoản và liên kết", "Account and links");
    let main = html! {
        div.card {
            h1 { (title) }
            (alert(page.problem.as_ref()))
            @for notice in &page.account.notices { p.notice role="status" { (notice.text(page.language)) } }
            @if !page.account.notices.is_empty() {
                form method="post" action={ (page.prefix) "/account/notices/remove" } {
                    button.button.second type="submit" { (say("Đã hiểu", "Understood")) }
                }
            }
            h2 { (say("Cách đăng nhập đã liên kết", "Linked ways to log in")) }
            ul.phones {
                @for link in &page.account.links {
                    li {
                        span.code { (link.provider) " · " (link.subject) }
                        " "
                        span.muted { (say("từ ", "since ")) (link.since.get(..10).unwrap_or_default()) }
                        div.actions {
                            form method="post" action={ (page.prefix) "/account/link/" (link.provider) "/remove" } {
                                button.button.second type="submit" { (say("Xóa liên kết ", "Remove link ")) (link.provider) }
                            }
                        }
                    }
                }
            }
            h2 { (say("Số căn cước công dân", "CCCD number")) }
            @match &page.account.citizen_id {
                Some((masked, strength)) => {
                    p { span.code { (masked) } " " span.muted { (strong(page.language, *strength)) } }
                    form method="post" action={ (page.prefix) "/citizen-id/remove" } {
                        button.button.second type="submit" { (say("Xóa số CCCD khỏi tài khoản", "Remove the number from the account")) }
                    }
                }
                None => {
                    p { (say("Tài khoản chưa có số CCCD.", "The account has no CCCD number.")) }
                    a.button href={ (page.prefix) "/citizen-id" } {
                        (say("Cập nhật từ CSDL Quốc gia về Dân cư", "Update from the national population database"))
                    }
                }
            }
            a.button.second href={ (page.prefix) "/phones" } { (say("Số điện thoại", "Phones")) }
            a.button.second href=(page.home) { (say("Về trang chủ", "To the home page")) }
        }
    };
    (title, main)
}

fn strong(language: Language, strength: Strength) -> &'static str {
    match strength {
        Strength::Matched => {
            say(language, "(đã khớp với CSDL Quốc gia về Dân cư)", "(agrees with the population database)")
        }
        Strength::Asserted => say(language, "(đã xác thực qua VNeID)", "(confirmed through VNeID)"),
    }
}
