//! Front-channel logout (OpenID Connect Front-Channel Logout 1.0): a page with a frame for each relying party, which then
//! goes on by itself.

use axum::http::header::{CONTENT_SECURITY_POLICY, REFRESH};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use maud::{Markup, html};
use url::Url;

use crate::web::{Page, Speech, page};

/// How long the frames have, in seconds. Without a script nobody learns when they are done.
const FRAMES_HAVE: u8 = 2;

/// A relying party's frame: its address with who says so and which session it is.
pub(super) fn frame(mut uri: Url, issuer: &str, sid: &str) -> Url {
    uri.query_pairs_mut().append_pair("iss", issuer).append_pair("sid", sid);
    uri
}

/// The frames themselves; the citizen sees nothing of them.
pub(super) fn shown(frames: &[Url]) -> Markup {
    html! {
        @for frame in frames {
            iframe src=(frame) title="" width="0" height="0" hidden aria-hidden="true" referrerpolicy="no-referrer" {}
        }
    }
}

/// The page that goes on to where the relying party wants the browser.
pub(super) fn onward(speech: Speech, frames: &[Url], back: &Url) -> Response {
    let title = speech.say("Đang đăng xuất", "Logging out");
    let content = html! {
        h1 { (title) }
        p role="status" {
            (speech.say("Đang kết thúc phiên của bạn tại các dịch vụ khác. Trang sẽ tự chuyển tiếp.", "Your sessions at other services are ending. This page goes on by itself."))
        }
        p { a.button href=(back) { (speech.say("Tiếp tục ngay", "Go on now")) } }
        (shown(frames))
    };
    let mut response = allow(page(StatusCode::OK, Page::new(speech, title, content)), frames);
    set(&mut response, REFRESH, &format!("{FRAMES_HAVE}; url={back}"));
    response
}

/// Lets a page show these frames.
pub(super) fn allow(mut response: Response, frames: &[Url]) -> Response {
    let policy = response.headers().get(CONTENT_SECURITY_POLICY).and_then(|value| value.to_str().ok());
    if let Some(policy) = policy.filter(|_| !frames.is_empty()) {
        let origins: Vec<String> = frames.iter().map(|frame| frame.origin().ascii_serialization()).collect();
        let policy = format!("{policy}; frame-src {}", origins.join(" "));
        set(&mut response, CONTENT_SECURITY_POLICY, &policy);
    }
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
