//! Answers: pages, JSON and redirects, with the headers that each must carry.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use crate::web::Page;

/// A page. Its policy lets forms go to ourselves and, because Chromium applies `form-action` to the redirects after a
/// form, to the address that the login will end at. A page with a script may run that file, ask us, and show the images
/// that stand in the page itself.
pub(crate) fn page(status: StatusCode, page: Page) -> Response {
    let form_target = page.form_target.clone().unwrap_or_default();
    let scripted = match page.script {
        Some(_) => "img-src 'self' data:; script-src 'self'; connect-src 'self'",
        None => "img-src 'self'",
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; {scripted}; form-action 'self' {form_target}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let language = page.speech.tag();
    let mut response = Response::new(Body::from(page.render().into_string()));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
    set(&mut response, CONTENT_SECURITY_POLICY, &policy);
    set(&mut response, CONTENT_LANGUAGE, language);
    set(&mut response, X_FRAME_OPTIONS, "DENY");
    set(&mut response, VARY, "Accept-Language, Cookie");
    security_headers(response)
}

/// A JSON answer, never stored.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Values of our own with string keys always serialise.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, "application/json");
    security_headers(response)
}

/// `303 See Other`: whatever was posted is not posted again (RFC 9700 §4.12).
pub(crate) fn redirect(to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    match HeaderValue::from_str(to) {
        Ok(location) => {
            *response.status_mut() = StatusCode::SEE_OTHER;
            response.headers_mut().insert(LOCATION, location);
        }
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    security_headers(response)
}

/// Adds a cookie.
pub(crate) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// What every answer carries.
pub(crate) fn security_headers(mut response: Response) -> Response {
    if !response.headers().contains_key(CACHE_CONTROL) {
        set(&mut response, CACHE_CONTROL, "no-store");
    }
    set(&mut response, REFERRER_POLICY, "no-referrer");
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
