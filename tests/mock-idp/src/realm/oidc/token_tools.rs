//! Revocation (RFC 7009) and introspection (RFC 7662).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Oidc;
use super::token::authenticate;
use crate::client::{AuthMethod, Client};
use crate::journal::Note;
use crate::realm::failure::Failure;
use crate::web::{self, Params};

pub(super) async fn revoke(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, body: Bytes) -> Response {
    let asked = read(&oidc, &headers, &body);
    let (client, token) = match asked {
        Ok(asked) => asked,
        Err(failure) => return failure.into_response(),
    };
    oidc.grants.revoke_token(&token, &client.id, oidc.world.now());
    // Unknown tokens and other clients' are answered alike, so that nobody learns which exist.
    noted(web::json(StatusCode::OK, &json!({})), client)
}

pub(super) async fn introspect(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, body: Bytes) -> Response {
    let (client, token) = match read(&oidc, &headers, &body) {
        Ok((client, _)) if client.methods.contains(&AuthMethod::None) => {
            return Failure::invalid_client().into_response();
        }
        Ok(asked) => asked,
        Err(failure) => return failure.into_response(),
    };
    let described = describe(&oidc, client, &token).unwrap_or_else(|| json!({"active": false}));
    noted(web::json(StatusCode::OK, &described), client)
}

fn read<'a>(oidc: &'a Oidc, headers: &HeaderMap, body: &[u8]) -> Result<(&'a Client, String), Failure> {
    let form = Params::form(headers, body).map_err(Failure::unreadable)?;
    let client = authenticate(oidc, headers, &form)?;
    let token = form.one("token").map_err(Failure::unreadable)?.ok_or(Failure::invalid_request("token is missing"))?;
    Ok((client, token.to_owned()))
}

/// What is known of a token of this client; a stranger's is as good as none.
fn describe(oidc: &Oidc, client: &Client, token: &str) -> Option<Value> {
    let now = oidc.world.now();
    let subject = |username: Option<&str>| match username {
        Some(username) => oidc.world.accounts.find(username).filter(|citizen| !citizen.closed).map(|c| c.subject()),
        None => Some(client.id.clone()),
    };
    if let Some((access, grant)) = oidc.grants.access(token, now) {
        let subject = subject(grant.username.as_deref()).filter(|_| grant.client_id == client.id)?;
        return Some(json!({
            "active": true,
            "iss": oidc.issuer(),
            "client_id": grant.client_id,
            "sub": subject,
            "scope": access.scope.to_text(),
            "token_type": "Bearer",
            "iat": access.issued_at.unix_seconds(),
            "exp": access.expires_at.unix_seconds(),
        }));
    }
    let grant = oidc.grants.refreshable(token, now).filter(|grant| grant.client_id == client.id)?;
    Some(json!({
        "active": true,
        "iss": oidc.issuer(),
        "client_id": grant.client_id,
        "sub": subject(grant.username.as_deref())?,
        "scope": grant.scope.to_text(),
        "iat": grant.started_at.unix_seconds(),
    }))
}

fn noted(mut response: Response, client: &Client) -> Response {
    response.extensions_mut().insert(Note { client: Some(client.id.clone()), ..Note::default() });
    response
}
