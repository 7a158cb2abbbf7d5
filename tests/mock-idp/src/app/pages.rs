//! The app's own pages: signing in, scanning, typing a device's code, the permission and its passcode.

use std::time::Duration;

use maud::{Markup, html};
use vneid_auth::flow::pairing::Phone;

use super::DEVICE_PATH;
use super::desk::NotSignedIn;
use crate::accounts::PasscodeVerdict;
use crate::web::{Page, Speech};
use crate::world::World;

/// What comes after signing in.
pub(super) enum Onward {
    Home,
    /// This code.
    Scan(String),
    /// This device's code.
    Device(String),
}

/// "Đóng".
pub(super) fn close(speech: Speech) -> Markup {
    html! {
        form method="post" action="/app/close" {
            div.actions { button.quiet type="submit" { (speech.say("Đóng", "Close")) } }
        }
    }
}

pub(super) fn alert(error: Option<&str>) -> Markup {
    html! { @if let Some(error) = error { p.error #error role="alert" { (error) } } }
}

pub(super) fn sign_in(speech: Speech, onward: &Onward, problem: Option<NotSignedIn>) -> Page {
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let title = say("Ứng dụng VNeID giả lập", "Mock VNeID app");
    let error = problem.map(|problem| refusal(problem, speech));
    let described = error.as_ref().map(|_| "error");
    let content = html! {
        h1 { (title) }
        p { (say("Đăng nhập ứng dụng trên điện thoại của bạn.", "Sign in to the app on your phone.")) }
        (alert(error.as_deref()))
        form method="post" action="/app/sign-in" {
            @match onward {
                Onward::Home => {}
                Onward::Scan(qr) => input type="hidden" name="qr" value=(qr);,
                Onward::Device(user_code) => input type="hidden" name="user_code" value=(user_code);,
            }
            label for="username" { (say("Số định danh cá nhân", "Personal identification number")) }
            input #username type="text" name="username" inputmode="numeric" autocomplete="username" required autofocus
                spellcheck="false" autocapitalize="off" aria-describedby=[described] aria-invalid=[described.map(|_| "true")];
            label for="password" { (say("Mật khẩu", "Password")) }
            input #password type="password" name="password" autocomplete="current-password" required
                aria-describedby=[described] aria-invalid=[described.map(|_| "true")];
            button.main type="submit" { (say("Đăng nhập", "Sign in")) }
        }
    };
    Page::new(speech, title, content)
}

fn refusal(problem: NotSignedIn, speech: Speech) -> String {
    let say = |vietnamese: &'static str, english| speech.say(vietnamese, english).to_owned();
    match problem {
        NotSignedIn::Incorrect => say(
            "Số định danh cá nhân hoặc mật khẩu không đúng.",
            "The identification number or the password is not right.",
        ),
        NotSignedIn::Locked(wait) => locked(wait, speech),
        NotSignedIn::Closed => say("Tài khoản này đã bị khóa.", "This account is locked."),
        NotSignedIn::Elsewhere => say("Bạn chưa có tài khoản VNeID.", "You have no VNeID account."),
    }
}

fn locked(wait: Duration, speech: Speech) -> String {
    speech
        .say(
            "Bạn đã nhập sai quá nhiều lần. Vui lòng thử lại sau {n} phút.",
            "There were too many wrong tries. Please try again in {n} minutes.",
        )
        .replace("{n}", &wait.as_secs().div_ceil(60).to_string())
}

pub(super) fn home(world: &World, phone: &Phone, speech: Speech) -> Page {
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let title = say("Ứng dụng VNeID giả lập", "Mock VNeID app");
    let citizen = world.accounts.find(phone.account.as_str());
    let content = html! {
        h1 { (title) }
        @if let Some(citizen) = &citizen {
            p.who { (say("Xin chào", "Hello")) " " strong { (citizen.full_name) } "." }
        }
        h2 { (say("Quét mã QR", "Scan a QR code")) }
        form method="post" action="/app/scan" {
            label for="qr" { (say("Nội dung mã QR", "What the QR code says")) }
            input #qr type="text" name="qr" required autofocus autocomplete="off" spellcheck="false"
                autocapitalize="off" aria-describedby="qr-hint";
            p.hint #qr-hint {
                (say("Dán liên kết ở cạnh mã QR, hoặc mở liên kết đó trên điện thoại này.", "Paste the link beside the QR code, or open that link on this phone."))
            }
            button.main type="submit" { (say("Quét", "Scan")) }
        }
        h2 { (say("Nhập mã của thiết bị", "Type a device's code")) }
        (user_code(speech, "", false))
        p {
            (say("Đăng nhập trên website:", "Log in to websites:")) " "
            @if citizen.as_ref().is_some_and(|citizen| citizen.web_login) { (say("đang bật.", "on.")) }
            @else { (say("đang tắt.", "off.")) " " a href="/app/permission" { (say("Cập nhật", "Update")) } }
        }
        (close(speech))
    };
    Page::new(speech, title, content)
}

fn user_code(speech: Speech, code: &str, autofocus: bool) -> Markup {
    html! {
        form method="post" action=(DEVICE_PATH) {
            label for="user_code" { (speech.say("Mã hiện trên thiết bị", "The code that the device shows")) }
            input #user_code.code type="text" name="user_code" value=(code) required autofocus[autofocus] autocomplete="off"
                spellcheck="false" autocapitalize="characters" aria-describedby="user-code-hint";
            p.hint #user-code-hint { (speech.say("Tám chữ cái, ví dụ BCDF-GHJK.", "Eight letters, such as BCDF-GHJK.")) }
            button.main type="submit" { (speech.say("Tiếp tục", "Go on")) }
        }
    }
}

pub(super) fn device(speech: Speech, code: &str) -> Page {
    let title = speech.say("Đăng nhập cho một thiết bị", "Log a device in");
    let content = html! {
        h1 { (title) }
        p {
            (speech.say(
                "Chỉ tiếp tục khi mã này giống mã trên màn hình ở trước mặt bạn.",
                "Go on only if this code is the one on the screen in front of you.",
            ))
        }
        (user_code(speech, code, true))
        (close(speech))
    };
    Page::new(speech, title, content)
}

pub(super) fn permission(speech: Speech, id: &str, missed: bool) -> Page {
    let title = speech.say("Cập nhật quyền", "Update permissions");
    let missed =
        missed.then(|| speech.say("Vui lòng bật quyền trước khi xác nhận.", "Switch it on before you confirm."));
    let content = html! {
        h1 { (title) }
        (alert(missed))
        form method="post" action="/app/permission" {
            @if !id.is_empty() { input type="hidden" name="for" value=(id); }
            label.choice {
                input type="checkbox" role="switch" name="web_login" value="on" autofocus;
                (speech.say("Đăng nhập trên website", "Log in to websites"))
            }
            button.main type="submit" { (speech.say("Xác nhận", "Confirm")) }
        }
        (close(speech))
    };
    Page::new(speech, title, content)
}

pub(super) fn passcode(speech: Speech, id: &str, verdict: Option<PasscodeVerdict>) -> Page {
    let say = |vietnamese, english| speech.say(vietnamese, english);
    let title = say("Nhập passcode", "Type your passcode");
    let error = match verdict {
        Some(PasscodeVerdict::Wrong(left)) => Some(
            say("Passcode không đúng. Bạn còn {n} lần thử.", "The passcode is not right. You have {n} tries left.")
                .replace("{n}", &left.to_string()),
        ),
        Some(PasscodeVerdict::Locked(wait)) => Some(locked(wait, speech)),
        Some(PasscodeVerdict::Right) | None => None,
    };
    let described = error.as_ref().map(|_| "error");
    let content = html! {
        h1 { (title) }
        p { (say("Để bật “Đăng nhập trên website”.", "To switch “Log in to websites” on.")) }
        (alert(error.as_deref()))
        form method="post" action="/app/permission" {
            @if !id.is_empty() { input type="hidden" name="for" value=(id); }
            input type="hidden" name="web_login" value="on";
            label for="passcode" { "Passcode" }
            input #passcode type="password" name="passcode" inputmode="numeric" autocomplete="off" maxlength="16" required
                autofocus aria-describedby=[described] aria-invalid=[described.map(|_| "true")];
            button.main type="submit" { (say("Xác nhận", "Confirm")) }
        }
        (close(speech))
    };
    Page::new(speech, title, content)
}

/// The one page for every code that leads nowhere.
pub(super) fn no_such_code(speech: Speech) -> Page {
    let title = speech.say("Mã không dùng được", "This code cannot be used");
    let content = html! {
        h1 { (title) }
        p.error role="alert" {
            (speech.say(
                "Mã không hợp lệ hoặc đã hết hạn. Vui lòng tải lại mã trên màn hình rồi quét lại.",
                "The code is not valid or has expired. Please reload it on the screen and scan again.",
            ))
        }
        p { a.button href="/app" { (speech.say("Quét mã khác", "Scan another code")) } }
    };
    Page::new(speech, title, content)
}

pub(super) fn too_many(speech: Speech, wait: Duration) -> Page {
    let title = speech.say("Mã không dùng được", "This code cannot be used");
    Page::new(speech, title, html! { h1 { (title) } (alert(Some(&locked(wait, speech)))) (close(speech)) })
}

/// The page of an app that is too old, on order.
pub(super) fn outdated(speech: Speech) -> Page {
    let title = speech.say("Cần cập nhật ứng dụng", "The app needs an update");
    let text = speech.say(
        "Phiên bản ứng dụng này đã cũ. Vui lòng cập nhật ứng dụng rồi quét lại.",
        "This version of the app is too old. Please update it and scan again.",
    );
    Page::new(speech, title, html! { h1 { (title) } (alert(Some(text))) (close(speech)) })
}

/// The page for a code that is shown somewhere else than where the phone is, on order.
pub(super) fn risk_blocked(speech: Speech) -> Page {
    let title = speech.say("Đã chặn vì lý do an toàn", "Blocked for your safety");
    let text = speech.say(
        "Mã này đang hiện ở một nơi khác với nơi bạn đang ở. Không quét mã do người khác gửi.",
        "This code is shown somewhere else than where you are. Do not scan codes that others send you.",
    );
    Page::new(speech, title, html! { h1 { (title) } (alert(Some(text))) (close(speech)) })
}

/// The page for a form that did not come from our page.
pub(super) fn forged(speech: Speech) -> Page {
    let title = speech.say("Yêu cầu không hợp lệ", "This request is not valid");
    let content = html! {
        h1 { (title) }
        p { (speech.say("Biểu mẫu không đến từ ứng dụng này.", "The form did not come from this app.")) }
        p { a.button href="/app" { (speech.say("Về ứng dụng", "To the app")) } }
    };
    Page::new(speech, title, content)
}
