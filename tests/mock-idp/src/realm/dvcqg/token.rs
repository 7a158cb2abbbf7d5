//! The token endpoint: opaque access tokens, and an id_token that no client of the real one was ever seen to check.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Dvcqg, Grant, LIFETIMES};
use crate::citizen::Citizen;
use crate::client::Client;
use crate::journal::Note;
use crate::realm::dialect::{self, Redeemed};
use crate::realm::failure::Failure;
use crate::realm::half_hash;
use crate::realm::id_token::Statement;
use crate::spoil::Document;

pub(super) async fn token(State(dvcqg): State<Arc<Dvcqg>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut note = Note::default();
    let answer = exchange(&dvcqg, &headers, &body, &mut note);
    let mut response = answer.map_or_else(IntoResponse::into_response, IntoResponse::into_response);
    response.extensions_mut().insert(note);
    response
}

fn exchange(dvcqg: &Dvcqg, headers: &HeaderMap, body: &[u8], note: &mut Note) -> Result<Document, Failure> {
    let (client, form) = dialect::read(dvcqg, headers, body, note)?;
    let Redeemed { id, grant, citizen } = dialect::redeem(dvcqg, &dvcqg.grants, client, &form, note)?;
    let access_token = dvcqg.world.entropy.uuid();
    dvcqg.grants.issue_access(&access_token, &id, &grant.scope, dvcqg.world.now());
    let mut answer = Map::new();
    if grant.scope.has("openid") {
        let claims = claims(dvcqg, client, &grant, &citizen, &access_token);
        let statement = Statement { client, username: &citizen.username, claims, code: Some(form.text("code")) };
        let id_token = dvcqg.id_tokens.sign(dvcqg, &dvcqg.keys, statement).map_err(|_| Failure::server_error())?;
        answer.insert("id_token".to_owned(), id_token.into());
    }
    answer.insert("access_token".to_owned(), access_token.into());
    answer.insert("scope".to_owned(), grant.scope.to_text().into());
    answer.insert("token_type".to_owned(), "Bearer".into());
    answer.insert("expires_in".to_owned(), LIFETIMES.access.as_secs().into());
    Ok(dialect::answer(dvcqg, client, &citizen, answer))
}

fn claims(dvcqg: &Dvcqg, client: &Client, grant: &Grant, citizen: &Citizen, access_token: &str) -> Map<String, Value> {
    let now = dvcqg.world.now();
    let claims = json!({
        "iss": dvcqg.issuer,
        "sub": citizen.tech_id("dvcqg"),
        "aud": client.id,
        "azp": client.id,
        "exp": now.plus(LIFETIMES.access).unix_seconds(),
        "iat": now.unix_seconds(),
        "nbf": now.unix_seconds(),
        "auth_time": grant.auth_time.unix_seconds(),
        "at_hash": half_hash(access_token),
        "amr": [if grant.detail.via.is_some() { "OpenIDConnectAuthenticator" } else { "BasicAuthenticator" }],
        "sid": grant.sid,
    });
    let mut claims = claims.as_object().cloned().unwrap_or_default();
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".to_owned(), nonce.as_str().into());
    }
    claims
}
