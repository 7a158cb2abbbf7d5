//! The token endpoint: codes, device codes, refresh tokens, client credentials.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use vneid_auth::time::Timestamp;

use super::{Detail, Grant, LIFETIMES, Oidc, assertion, device, id_token};
use crate::client::Client;
use crate::fault::{Occasion, Place, What};
use crate::journal::Note;
use crate::realm::client_auth;
use crate::realm::failure::Failure;
use crate::realm::grants::{Redemption, Refused};
use crate::realm::scope::Scope;
use crate::spoil;
use crate::web::{Params, json};

/// The grants that work here.
pub(super) const GRANT_TYPES: [&str; 4] =
    ["authorization_code", "refresh_token", "client_credentials", device::GRANT_TYPE];

pub(super) async fn token(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut note = Note::default();
    let answer = exchange(&oidc, &headers, &body, &mut note);
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    response.extensions_mut().insert(note);
    response
}

fn exchange(oidc: &Oidc, headers: &HeaderMap, body: &[u8], note: &mut Note) -> Result<Response, Failure> {
    let form = Params::form(headers, body).map_err(Failure::unreadable)?;
    if form.has_duplicates() {
        return Err(Failure::invalid_request("a parameter was given twice"));
    }
    let client = authenticate(oidc, headers, &form)?;
    note.client = Some(client.id.clone());
    match form.one("grant_type").map_err(Failure::unreadable)? {
        Some("authorization_code") => redeem(oidc, client, &form, note),
        Some("refresh_token") => refresh(oidc, client, &form, note),
        Some(device::GRANT_TYPE) => wait(oidc, client, &form, note),
        Some("client_credentials") => own_behalf(oidc, client, &form),
        Some(_) => Err(Failure::new("unsupported_grant_type", "this grant type is not supported")),
        None => Err(Failure::invalid_request("grant_type is missing")),
    }
}

/// The client, by any method that clients here may have.
pub(super) fn authenticate<'a>(oidc: &'a Oidc, headers: &HeaderMap, form: &Params) -> Result<&'a Client, Failure> {
    client_auth::authenticate(oidc, headers, form, |client_id, text| assertion::authenticate(oidc, client_id, text))
}

fn redeem(oidc: &Oidc, client: &Client, form: &Params, note: &mut Note) -> Result<Response, Failure> {
    let now = oidc.world.now();
    let (code, verifier) = (form.text("code"), form.text("code_verifier"));
    if code.is_empty() {
        return Err(Failure::invalid_request("code is missing"));
    }
    let asked = Redemption {
        code,
        client_id: &client.id,
        redirect_uri: form.text("redirect_uri"),
        verifier,
        companion: "",
        pkce_ignored: client_auth::pkce_ignored(oidc, client),
    };
    let (id, grant) = oidc.grants.redeem(&asked, now).map_err(|refused| refuse(refused, note))?;
    note.remarks.extend(["code_redeemed", "verifier_matched"]);
    usable(oidc, &id, &grant, now)?;
    note.persona = grant.username.clone();
    let refresh_token = refresh_token(oidc, &id, &grant);
    issue(oidc, client, &id, &grant, &grant.scope, refresh_token, Some(code))
}

fn wait(oidc: &Oidc, client: &Client, form: &Params, note: &mut Note) -> Result<Response, Failure> {
    let (id, grant) = device::redeem(oidc, client, form, note)?;
    usable(oidc, &id, &grant, oidc.world.now())?;
    note.persona = grant.username.clone();
    let refresh_token = refresh_token(oidc, &id, &grant);
    issue(oidc, client, &id, &grant, &grant.scope, refresh_token, None)
}

fn refresh_token(oidc: &Oidc, id: &str, grant: &Grant) -> Option<String> {
    let token = grant.scope.has("offline_access").then(|| oidc.world.entropy.token())?;
    oidc.grants.issue_refresh(&token, id, oidc.world.now());
    Some(token)
}

fn refresh(oidc: &Oidc, client: &Client, form: &Params, note: &mut Note) -> Result<Response, Failure> {
    let now = oidc.world.now();
    let token = form.text("refresh_token");
    if token.is_empty() {
        return Err(Failure::invalid_request("refresh_token is missing"));
    }
    // A wider scope is refused before the token is spent.
    let narrowed = form.one("scope").map_err(Failure::unreadable)?;
    let allowed = oidc.grants.refreshable(token, now);
    if let (Some(wish), Some(grant)) = (narrowed, &allowed)
        && grant.client_id == client.id
        && !grant.scope.covers(wish)
    {
        return Err(Failure::new("invalid_scope", "the scope is wider than what was granted"));
    }
    let refreshed = oidc.grants.refresh(token, &client.id, client.refresh_grace, now);
    let (id, grant) = refreshed.map_err(|refused| refuse(refused, note))?;
    usable(oidc, &id, &grant, now)?;
    note.persona = grant.username.clone();
    note.remarks.push("refreshed");
    let fresh = oidc.world.entropy.token();
    oidc.grants.issue_refresh(&fresh, &id, now);
    let scope = narrowed.map_or_else(|| grant.scope.clone(), Scope::read);
    issue(oidc, client, &id, &grant, &scope, Some(fresh), None)
}

/// A client on its own behalf: no citizen, no id_token, no refresh token.
fn own_behalf(oidc: &Oidc, client: &Client, form: &Params) -> Result<Response, Failure> {
    if !client.client_credentials || client.secret.is_none() && client.keys.is_empty() {
        return Err(Failure::new("unauthorized_client", "this client may not use client_credentials"));
    }
    if !form.text("scope").is_empty() {
        return Err(Failure::new("invalid_scope", "there is no scope for clients"));
    }
    let now = oidc.world.now();
    let grant = Grant {
        client_id: client.id.clone(),
        username: None,
        scope: Scope::default(),
        nonce: None,
        auth_time: now,
        sid: None,
        started_at: now,
        detail: Detail::default(),
    };
    let id = oidc.grants.issue_grant(grant.clone(), &oidc.world.entropy, now);
    issue(oidc, client, &id, &grant, &Scope::default(), None, None)
}

fn refuse(refused: Refused, note: &mut Note) -> Failure {
    note.remarks.push(refused.remark());
    Failure::invalid_grant()
}

/// A grant of a closed account is worth nothing any more.
fn usable(oidc: &Oidc, id: &str, grant: &Grant, now: Timestamp) -> Result<(), Failure> {
    let citizen = grant.username.as_deref().and_then(|username| oidc.world.accounts.find(username));
    if citizen.is_some_and(|citizen| !citizen.closed) {
        return Ok(());
    }
    oidc.grants.revoke(id, now);
    Err(Failure::invalid_grant())
}

fn issue(
    oidc: &Oidc,
    client: &Client,
    id: &str,
    grant: &Grant,
    scope: &Scope,
    refresh_token: Option<String>,
    code: Option<&str>,
) -> Result<Response, Failure> {
    let access_token = oidc.world.entropy.token();
    oidc.grants.issue_access(&access_token, id, scope, oidc.world.now());
    let mut body = Map::new();
    if let (Some(username), true) = (&grant.username, scope.has("openid")) {
        let citizen = oidc.world.accounts.find(username).ok_or(Failure::invalid_grant())?;
        let id_token = id_token::issue(oidc, client, grant, &citizen, &access_token, code);
        body.insert("id_token".to_owned(), id_token.map_err(|_| Failure::server_error())?.into());
    }
    body.insert("access_token".to_owned(), access_token.into());
    body.insert("token_type".to_owned(), "Bearer".into());
    body.insert("expires_in".to_owned(), LIFETIMES.access.as_secs().into());
    body.insert("scope".to_owned(), scope.to_text().into());
    if let Some(token) = refresh_token {
        body.insert("refresh_token".to_owned(), token.into());
    }
    let occasion = Occasion::new("oidc", Place::Token, &client.id, grant.username.as_deref());
    let ordered = oidc.world.faults.pick(&occasion, &oidc.world.entropy, |what| match what {
        What::TokenResponse(fault) => Some(*fault),
        _ => None,
    });
    Ok(match ordered {
        Some(fault) => spoil::token_response(fault, body).into_response(),
        None => json(StatusCode::OK, &Value::Object(body)),
    })
}
