//! The page of a pairing: the QR code and what it is for, or how it ended.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use crate::error::{Code as ErrorCode, Language};
use crate::flow::device_pairing::Status;

/// What the page shows.
pub(super) struct PairingPage<'a> {
    pub(super) status: Status,
    /// While the citizen is waited for.
    pub(super) code: Option<Code<'a>>,
    /// Why it was denied.
    pub(super) why: Option<ErrorCode>,
    pub(super) expires_in: Duration,
    /// The pairing's own path.
    pub(super) path: &'a str,
    /// Where another is started.
    pub(super) start: &'a str,
    /// The portal, as its address bar names it.
    pub(super) portal: &'a str,
    /// The provider's name here, and what its button says.
    pub(super) provider: (&'a str, Option<&'a str>),
    pub(super) return_to: &'a str,
}

/// The code on the screen.
pub(super) struct Code<'a> {
    pub(super) svg: String,
    pub(super) user_code: &'a str,
    pub(super) verification_uri: &'a str,
    /// The QR code has the code in it, so it is compared, not typed.
    pub(super) in_qr: bool,
}

/// A title and the page's content.
pub(super) fn page(language: Language, page: &PairingPage<'_>) -> (&'static str, Markup) {
    let say = |vietnamese, english| match language {
        Language::Vietnamese => vietnamese,
        Language::English => english,
    };
    let title = match page.status {
        Status::Pending => say("Đăng nhập bằng mã QR", "Log in by QR code"),
        Status::Approved => say("Đã xác nhận", "Confirmed"),
        Status::Completed => say("Đã đăng nhập", "Logged in"),
        Status::Denied => say("Không đăng nhập được", "Not logged in"),
        Status::Expired => say("Mã QR đã hết hạn", "The QR code has expired"),
        Status::Cancelled => say("Đã hủy", "Cancelled"),
    };
    let main = html! {
        div.card {
            h1 { (title) }
            @match page.status {
                Status::Pending => (pending(language, page)),
                Status::Approved => {
                    p { (say("Bạn đã xác nhận trên điện thoại.", "You have confirmed on your phone.")) }
                    form method="post" action={ (page.path) "/complete" } {
                        button.button type="submit" { (say("Tiếp tục", "Continue")) }
                    }
                    (cancel(language, page))
                }
                Status::Completed => a.button href=(page.return_to) { (say("Tiếp tục", "Continue")) },
                Status::Denied => {
                    @if let Some((_, detail)) = page.why.map(|code| code.text(language)) { p { (detail) } }
                    (again(language, page))
                }
                Status::Expired | Status::Cancelled => {
                    p {
                        (say(
                            "Mã này không còn dùng được. Bạn có thể lấy mã mới.",
                            "This code is of no more use. You can get a new one.",
                        ))
                    }
                    (again(language, page))
                }
            }
        }
    };
    (title, main)
}

fn pending(language: Language, page: &PairingPage<'_>) -> Markup {
    let say = |vietnamese, english| match language {
        Language::Vietnamese => vietnamese,
        Language::English => english,
    };
    let provider = page.provider.1.unwrap_or(page.provider.0);
    let minutes = page.expires_in.as_secs().div_ceil(60);
    html! {
        p {
            (say("Quét mã để đăng nhập vào ", "Scan the code to log in to ")) strong { (page.portal) }
            (say(" bằng ", " with ")) strong { (provider) } "."
        }
        @if let Some(code) = &page.code {
            img.qr alt=(say("Mã QR để đăng nhập", "QR code to log in"))
                src={ "data:image/svg+xml;base64," (STANDARD.encode(&code.svg)) };
            p.user-code { (code.user_code) }
            p {
                @if code.in_qr {
                    (say(
                        "So sánh mã này với mã trên điện thoại. Chỉ xác nhận khi hai mã giống nhau và bạn đang ở trước màn hình này.",
                        "Compare this code with the one on your phone. Confirm only if they are the same and you are in front of this screen.",
                    ))
                } @else {
                    (say(
                        "Nhập mã này trên điện thoại. Chỉ xác nhận khi bạn đang ở trước màn hình này.",
                        "Type this code on your phone. Confirm only if you are in front of this screen.",
                    ))
                }
            }
            p.muted {
                (say("Không quét được? Mở ", "Cannot scan it? Open ")) span.code { (code.verification_uri) }
                (say(" trên điện thoại và nhập mã.", " on your phone and type the code."))
            }
        }
        p.muted {
            @match language {
                Language::Vietnamese => { "Mã còn hiệu lực khoảng " (minutes) " phút. Trang này tự cập nhật." }
                Language::English => { "The code is good for about " (minutes) " minutes. This page refreshes itself." }
            }
        }
        a.button.second href=(page.path) { (say("Tôi đã xác nhận", "I have confirmed")) }
        (cancel(language, page))
    }
}

fn cancel(language: Language, page: &PairingPage<'_>) -> Markup {
    html! {
        form method="post" action={ (page.path) "/remove" } {
            button.button.second type="submit" {
                @match language { Language::Vietnamese => "Hủy", Language::English => "Cancel" }
            }
        }
    }
}

fn again(language: Language, page: &PairingPage<'_>) -> Markup {
    html! {
        form method="post" action=(page.start) {
            input type="hidden" name="provider" value=(page.provider.0);
            input type="hidden" name="return_to" value=(page.return_to);
            button.button type="submit" {
                @match language { Language::Vietnamese => "Lấy mã mới", Language::English => "Get a new code" }
            }
        }
        a.button.second href=(page.return_to) {
            @match language { Language::Vietnamese => "Quay lại", Language::English => "Back" }
        }
    }
}
