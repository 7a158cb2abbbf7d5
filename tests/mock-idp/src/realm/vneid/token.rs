//! The token endpoint, and the same for DVCQG inside this server.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{ACCESS, BROKER, ISSUER, Side, Vneid, Wire, access_token, seal};
use crate::citizen::Citizen;
use crate::client::Client;
use crate::fault::Place;
use crate::journal::Note;
use crate::realm::dialect::{self, Redeemed};
use crate::realm::failure::Failure;
use crate::realm::grants::{Grant, Redemption};
use crate::realm::half_hash;
use crate::realm::id_token::Statement;
use crate::spoil::Document;

/// What DVCQG gets for a code.
pub(crate) struct Exchanged {
    pub(crate) token: String,
    pub(crate) citizen: Citizen,
}

pub(super) async fn token(State(side): State<Arc<Side>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut note = Note::default();
    let answer = exchange(&side, &headers, &body, &mut note);
    let mut response = answer.map_or_else(IntoResponse::into_response, IntoResponse::into_response);
    response.extensions_mut().insert(note);
    response
}

fn exchange(side: &Side, headers: &HeaderMap, body: &[u8], note: &mut Note) -> Result<Document, Failure> {
    let (client, form) = dialect::read(side, headers, body, note)?;
    if side.wire == Wire::Sealed && client.sealing_key.is_none() {
        return Err(Failure::new("unauthorized_client", "no public key of this client is registered"));
    }
    let Redeemed { id, grant, citizen } = dialect::redeem(side, &side.book().grants, client, &form, note)?;
    let vneid = &side.vneid;
    let token = access_token::issue(vneid, &grant, &citizen).map_err(|_| Failure::server_error())?;
    side.book().grants.issue_access(&token, &id, &grant.scope, vneid.world.now());
    let mut answer = Map::new();
    if side.wire == Wire::Clear && client.vneid_id_token {
        let id_token = id_token(side, client, &grant, &citizen, &token, form.text("code"))?;
        answer.insert("id_token".to_owned(), id_token.into());
    }
    answer.insert("access_token".to_owned(), token.into());
    answer.insert("expires_in".to_owned(), ACCESS.as_secs().into());
    answer.insert("token_type".to_owned(), "Bearer".into());
    answer.insert("scope".to_owned(), "openid email profile".into());
    if side.wire == Wire::Clear {
        answer.insert("session_state".to_owned(), json!(grant.sid));
    }
    let clear = dialect::answer(side, client, &citizen, answer);
    seal::document(side, client, &citizen, Place::Token, clear).ok_or(Failure::server_error())
}

/// An id_token for the client, of the internal issuer: only on request, since none was ever seen.
fn id_token(
    side: &Side,
    client: &Client,
    grant: &Grant<()>,
    citizen: &Citizen,
    access_token: &str,
    code: &str,
) -> Result<String, Failure> {
    let now = side.vneid.world.now();
    let claims = json!({
        "exp": now.plus(ACCESS).unix_seconds(),
        "iat": now.unix_seconds(),
        "auth_time": grant.auth_time.unix_seconds(),
        "iss": ISSUER,
        "aud": client.id,
        "sub": citizen.vneid_subject(),
        "typ": "ID",
        "azp": client.id,
        "session_state": grant.sid,
        "at_hash": half_hash(access_token),
        "acr": "1",
        "sid": grant.sid,
    });
    let mut claims = claims.as_object().cloned().unwrap_or_default();
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".to_owned(), Value::from(nonce.as_str()));
    }
    let statement = Statement { client, username: &citizen.username, claims, code: Some(code) };
    side.vneid.id_tokens.sign(side, &side.vneid.keys, statement).map_err(|_| Failure::server_error())
}

impl Vneid {
    /// DVCQG redeems a code that a browser brought it.
    pub(crate) fn exchange(&self, code: &str) -> Option<Exchanged> {
        let now = self.world.now();
        let redirect_uri = format!("{}/dvcqg/commonauth", self.world.base);
        let asked = Redemption {
            code,
            client_id: BROKER,
            redirect_uri: &redirect_uri,
            verifier: "",
            companion: "",
            pkce_ignored: false,
        };
        let (id, grant) = self.clear.grants.redeem(&asked, now).ok()?;
        let citizen = self.world.accounts.find(grant.username.as_deref()?).filter(|citizen| !citizen.closed)?;
        let token = access_token::issue(self, &grant, &citizen).ok()?;
        self.clear.grants.issue_access(&token, &id, &grant.scope, now);
        Some(Exchanged { token, citizen })
    }
}
