//! The access token of a userinfo request (RFC 6750).

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use crate::web;

/// The token in the header, where alone it may stand.
///
/// # Errors
/// The answer for a request without one, or with one in the query.
pub(crate) fn token<'a>(headers: &'a HeaderMap, uri: &Uri) -> Result<&'a str, Box<Response>> {
    // A token in a query ends up in logs, so it is refused even when it is good (RFC 9700 §4.3.2).
    if uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("access_token="))) {
        return Err(Box::new(denied(StatusCode::BAD_REQUEST, r#"Bearer error="invalid_request""#)));
    }
    if !headers.contains_key(AUTHORIZATION) {
        return Err(Box::new(denied(StatusCode::UNAUTHORIZED, "Bearer")));
    }
    bearer(headers).ok_or_else(|| Box::new(unknown()))
}

/// The answer to a token that is not good here.
pub(crate) fn unknown() -> Response {
    denied(StatusCode::UNAUTHORIZED, r#"Bearer error="invalid_token""#)
}

/// The answer to a token without the scope `openid`.
pub(crate) fn without_openid() -> Response {
    denied(StatusCode::FORBIDDEN, r#"Bearer error="insufficient_scope", scope="openid""#)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).into_iter();
    let (value, None) = (all.next()?, all.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn denied(status: StatusCode, challenge: &'static str) -> Response {
    let error = challenge.split('"').nth(1).unwrap_or("unauthorized");
    let mut response = web::json(status, &json!({ "error": error }));
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
