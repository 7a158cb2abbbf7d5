//! What the place beside the login form shows: the QR code, or what became of it.

use maud::{Markup, html};
use vneid_auth::flow::pairing::{Pairing, Reason, Renewal};

use super::pages::Form;
use super::qr::Seen;
use crate::interaction::Interaction;
use crate::pairing::image;
use crate::web::Speech;

/// The whole place, as the page begins with it.
pub(super) fn section(form: &Form<'_>, login: &Interaction, seen: Option<&Seen>) -> Markup {
    let Some(seen) = seen else {
        return html! {};
    };
    html! {
        section.qr #qr aria-labelledby="qr-title" data-status={ (form.action()) "/qr" } {
            h2 #qr-title { (form.say("Đăng nhập bằng mã QR", "Log in with the QR code")) }
            p #qr-said role="status" { (said(&seen.kept.machine, form.speech())) }
            div #qr-panel { (panel(form, login, seen)) }
        }
    }
}

/// What is said of a code, in one sentence.
pub(super) fn said(machine: &Pairing, speech: Speech) -> &'static str {
    match machine {
        Pairing::Displayed(_) => speech.say(
            "Mở ứng dụng VNeID trên điện thoại và quét mã này.",
            "Open the VNeID app on your phone and scan this code.",
        ),
        Pairing::Scanned(_) | Pairing::AwaitingConfirmation(_) => speech.say(
            "Đã quét mã. Vui lòng xác nhận trên điện thoại.",
            "The code was scanned. Please confirm on your phone.",
        ),
        Pairing::PermissionRequired(_) => speech.say(
            "Tài khoản chưa bật quyền “Đăng nhập trên website”. Vui lòng cập nhật trên điện thoại.",
            "The account lacks the permission “Log in to websites”. Please update it on your phone.",
        ),
        Pairing::Confirmed(_) | Pairing::Completed(_) => {
            speech.say("Đã xác nhận. Đang tiếp tục…", "Confirmed. Going on…")
        }
        Pairing::Declined(_) => {
            speech.say("Bạn đã từ chối đăng nhập trên điện thoại.", "You declined this login on your phone.")
        }
        Pairing::Refused(refused) => match refused.reason {
            Reason::LevelTooLow(_) => speech.say(
                "Cần tài khoản định danh điện tử mức độ 2 để đăng nhập tại đây.",
                "An electronic identity account of level 2 is needed here.",
            ),
            _ => speech.say("Tài khoản này đã bị khóa.", "This account is locked."),
        },
        Pairing::Cancelled(_) => {
            speech.say("Mã này đã được thay bằng một mã khác.", "This code was replaced by another one.")
        }
        Pairing::Expired(_) => speech.say("Mã QR đã hết hạn.", "The QR code has expired."),
    }
}

/// The code itself, or the buttons for what became of it.
pub(super) fn panel(form: &Form<'_>, login: &Interaction, seen: &Seen) -> Markup {
    let another = || button(form, "qr_another", form.say("Tải lại", "Reload"), false);
    match &seen.kept.machine {
        Pairing::Displayed(_) => html! {
            @if let Some(link) = &seen.link { (code(form, login, link)) }
            @match login.ask.qr.renewal {
                Renewal::OnRequest { .. } => (button(form, "qr_renew", form.say("Tải lại", "Reload"), false)),
                Renewal::Timed { .. } => (without_script(form)),
            }
        },
        Pairing::Confirmed(_) => button(form, "qr", form.say("Tiếp tục", "Go on"), true),
        Pairing::Declined(_) | Pairing::Refused(_) => html! {
            (button(form, "qr", form.say("Quay lại dịch vụ", "Back to the service"), true))
            (another())
        },
        Pairing::Cancelled(_) | Pairing::Expired(_) => another(),
        _ => without_script(form),
    }
}

fn code(form: &Form<'_>, login: &Interaction, link: &str) -> Markup {
    // The observed page's own text for the picture; elsewhere one that a person understands.
    let alt = match login.ask.qr.renewal {
        Renewal::OnRequest { .. } => "qr_images",
        Renewal::Timed { .. } => form.say("Mã QR đăng nhập (qr_images)", "QR code to log in (qr_images)"),
    };
    html! {
        @if let Some(image) = image(link) {
            img.code src=(image) alt=(alt) width="220" height="220" aria-describedby="qr-link";
        }
        p.hint {
            (form.say("Hoặc mở liên kết này trong ứng dụng giả lập:", "Or open this link in the mock app:")) " "
            a #qr-link.code href=(link) target="_blank" rel="noopener noreferrer" { (link) }
        }
    }
}

fn button(form: &Form<'_>, action: &'static str, label: &'static str, is_main: bool) -> Markup {
    let fields = html! {
        input type="hidden" name="action" value=(action);
        @if is_main { button.main type="submit" { (label) } } @else { button type="submit" { (label) } }
    };
    form.render(&fields)
}

/// The page tells news by itself; without its script, when it is loaded again.
fn without_script(form: &Form<'_>) -> Markup {
    html! { noscript { p { a.button href=(form.action()) { (form.say("Tải lại", "Reload")) } } } }
}
