//! The pages about held forms: what was typed, that it was sent, that it was too much.

use std::time::Duration;

use maud::{Markup, html};

use crate::error::{Code, Language};

fn say(language: Language, vi: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Vietnamese => vi,
        Language::English => en,
    }
}

/// What the page shows that offers a form again.
pub(super) struct HeldPage<'a> {
    pub(super) language: Language,
    pub(super) action: &'a str,
    pub(super) remove: &'a str,
    /// The path that it is for.
    pub(super) path: &'a str,
    pub(super) fields: &'a [(String, String)],
    /// How long it is kept yet.
    pub(super) left: Duration,
}

/// Everything that was typed, "Gửi tiếp" and "Bỏ".
pub(super) fn offer(page: &HeldPage<'_>) -> (&'static str, Markup) {
    let say = |vi, en| say(page.language, vi, en);
    let title = say("Biểu mẫu của bạn vẫn còn", "Your form is still here");
    let minutes = page.left.as_secs().div_ceil(60);
    let kept = match page.language {
        Language::Vietnamese => {
            format!("Nội dung này được giữ thêm {minutes} phút, cho riêng bạn trên trình duyệt này.")
        }
        Language::English => format!("This is kept for {minutes} more minutes, for you alone and in this browser."),
    };
    let main = html! {
        div.card {
            h1 { (title) }
            p.notice role="status" {
                (say(
                    "Bạn vừa gửi một biểu mẫu thì hệ thống cần xác thực thêm. Biểu mẫu chưa được gửi, nội dung đã nhập \
                     còn nguyên. Vui lòng xem lại rồi gửi tiếp.",
                    "You were sending a form when we had to ask who you are. It has not been sent yet, and nothing that \
                     you typed is lost. Please look it over and send it.",
                ))
            }
            p { (say("Gửi đến: ", "To: ")) span.code { (page.path) } }
            @if page.fields.is_empty() {
                p { (say("Biểu mẫu này không có mục nào để nhập.", "This form has no fields.")) }
            } @else {
                dl.held {
                    @for (name, value) in page.fields {
                        dt { (name) }
                        dd.muted[value.is_empty()] {
                            @if value.is_empty() { (say("(để trống)", "(empty)")) } @else { (value) }
                        }
                    }
                }
            }
            form method="post" action=(page.action) autocomplete="off" {
                @for (name, value) in page.fields { input type="hidden" name=(name) value=(value); }
                button.button type="submit" { (say("Gửi tiếp", "Send it")) }
            }
            form method="post" action=(page.remove) {
                button.button.second type="submit" { (say("Bỏ", "Drop it")) }
            }
            p.muted { (kept) }
        }
    };
    (title, main)
}

/// It was sent already; the portal's page says what became of it.
pub(super) fn sent(language: Language, page: &str) -> (String, Markup) {
    let (title, detail) = Code::HeldFormSent.text(language);
    let main = html! {
        div.card {
            h1 { (title) }
            p { (detail) }
            a.button href=(page) { (say(language, "Về trang biểu mẫu", "Back to the form's page")) }
        }
    };
    (title, main)
}

/// It was too large to be held: nothing is kept, and how nothing is lost all the same.
pub(super) fn too_large(language: Language, way: &str) -> (String, Markup) {
    let say = |vi, en| say(language, vi, en);
    let (title, _) = Code::PayloadTooLarge.text(language);
    let main = html! {
        div.card {
            h1 { (title) }
            p {
                (say(
                    "Trước khi gửi biểu mẫu này bạn cần được xác thực, nhưng biểu mẫu quá lớn nên hệ thống không giữ lại \
                     được: chưa có gì được gửi và chưa có gì được lưu.",
                    "Before this form can be sent we have to ask who you are, but it is too large for us to keep \
                     meanwhile: nothing was sent, and nothing was kept.",
                ))
            }
            p {
                (say(
                    "Trình duyệt thường vẫn còn nội dung bạn đã nhập: hãy xác thực trong thẻ mới bằng nút dưới đây, sau \
                     đó trở lại thẻ này, bấm nút Quay lại của trình duyệt rồi gửi lại.",
                    "Your browser usually still has what you typed: go through it in a new tab with the button below, \
                     then come back to this tab, press your browser's Back button, and send the form again.",
                ))
            }
            a.button href=(way) target="_blank" rel="noopener" {
                (say("Xác thực trong thẻ mới", "Go through it in a new tab"))
            }
        }
    };
    (title, main)
}
