//! Userinfo: the claims behind an access token (OpenID Connect Core §5.3).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::Oidc;
use super::failure::Failure;
use super::id_token;
use crate::client::SigningAlg;
use crate::fault::{Occasion, Place, What};
use crate::journal::Note;
use crate::jwt;
use crate::spoil;
use crate::web;

pub(super) async fn userinfo(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, uri: Uri) -> Response {
    // A token in a query ends up in logs, so it is refused even when it is good (RFC 9700 §4.3.2).
    if uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("access_token="))) {
        return denied(StatusCode::BAD_REQUEST, r#"Bearer error="invalid_request""#);
    }
    if !headers.contains_key(AUTHORIZATION) {
        return denied(StatusCode::UNAUTHORIZED, "Bearer");
    }
    let found = bearer(&headers).and_then(|token| oidc.grants.access(token, oidc.world.now()));
    let citizen = found.as_ref().and_then(|(_, grant)| oidc.world.accounts.find(grant.username.as_deref()?));
    let (Some((access, grant)), Some(citizen)) = (found, citizen) else {
        return denied(StatusCode::UNAUTHORIZED, r#"Bearer error="invalid_token""#);
    };
    if citizen.closed {
        return denied(StatusCode::UNAUTHORIZED, r#"Bearer error="invalid_token""#);
    }
    if !access.scope.has("openid") {
        return denied(StatusCode::FORBIDDEN, r#"Bearer error="insufficient_scope", scope="openid""#);
    }
    let mut claims = grant.claims.for_userinfo(&access.scope, &citizen);
    claims.insert("sub".to_owned(), citizen.subject().into());
    let occasion = Occasion::new(Place::Userinfo, &grant.client_id, Some(&citizen.username));
    let ordered = oidc.world.faults.pick(&occasion, &oidc.world.entropy, |what| match what {
        What::Userinfo(fault) => Some(*fault),
        _ => None,
    });
    let mut response = match ordered {
        Some(fault) => spoil::userinfo(fault, claims, &oidc.keys),
        None => match oidc.world.client(&grant.client_id).and_then(|client| client.signed_userinfo) {
            Some(alg) => signed(&oidc, alg, &grant.client_id, claims),
            None => web::json(StatusCode::OK, &Value::Object(claims)),
        },
    };
    let (client, persona) = (Some(grant.client_id), Some(citizen.username));
    response.extensions_mut().insert(Note { client, persona, remarks: vec!["userinfo_given"] });
    response
}

/// The claims as a signed token for this client (OpenID Connect Core §5.3.2).
fn signed(oidc: &Oidc, alg: SigningAlg, client_id: &str, mut claims: Map<String, Value>) -> Response {
    let key = oidc.keys.current(alg);
    claims.insert("iss".to_owned(), oidc.issuer().into());
    claims.insert("aud".to_owned(), client_id.into());
    match jwt::sign(&id_token::header(key.alg(), &key.kid), &claims, &key) {
        Ok(token) => {
            let mut response = Response::new(Body::from(token));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
            web::security_headers(response)
        }
        Err(_) => Failure::server_error().into_response(),
    }
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
