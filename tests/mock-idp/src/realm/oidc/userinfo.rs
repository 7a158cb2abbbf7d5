//! Userinfo: the claims behind an access token (OpenID Connect Core §5.3).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::Oidc;
use crate::client::SigningAlg;
use crate::fault::{Occasion, Place, What};
use crate::journal::Note;
use crate::jwt;
use crate::realm::failure::Failure;
use crate::realm::{bearer, header};
use crate::spoil::{self, ClaimNames};
use crate::web;

/// What the claims are called here that a fault can spoil.
const NAMES: ClaimNames = ClaimNames {
    subject: "sub",
    name: "name",
    birth_date: "birthdate",
    phone: "phone_number",
    citizen_id: "citizen_id",
};

pub(super) async fn userinfo(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, uri: Uri) -> Response {
    let token = match bearer::token(&headers, &uri) {
        Ok(token) => token,
        Err(refusal) => return *refusal,
    };
    let found = oidc.grants.access(token, oidc.world.now());
    let citizen = found.as_ref().and_then(|(_, grant)| oidc.world.accounts.find(grant.username.as_deref()?));
    let (Some((access, grant)), Some(citizen)) = (found, citizen) else {
        return bearer::unknown();
    };
    if citizen.closed {
        return bearer::unknown();
    }
    if !access.scope.has("openid") {
        return bearer::without_openid();
    }
    let mut claims = grant.detail.claims.for_userinfo(&access.scope, &citizen);
    claims.insert("sub".to_owned(), citizen.subject().into());
    let occasion = Occasion::new("oidc", Place::Userinfo, &grant.client_id, Some(&citizen.username));
    let ordered = oidc.world.faults.pick(&occasion, &oidc.world.entropy, |what| match what {
        What::Userinfo(fault) => Some(*fault),
        _ => None,
    });
    let mut response = match ordered {
        Some(fault) => spoil::userinfo(fault, claims, &oidc.keys, &NAMES).into_response(),
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
    match jwt::sign(&header(key.alg(), &key.kid), &claims, &key) {
        Ok(token) => {
            let mut response = Response::new(Body::from(token));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
            web::security_headers(response)
        }
        Err(_) => Failure::server_error().into_response(),
    }
}
