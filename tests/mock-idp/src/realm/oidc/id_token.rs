//! The id_token: what is said about a login.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Grant, Oidc};
use crate::citizen::Citizen;
use crate::client::Client;
use crate::keys::KeyFailure;
use crate::realm::half_hash;
use crate::realm::id_token::Statement;

const LIFETIME: Duration = Duration::from_secs(600);

/// The claims that an id_token can have.
pub(super) const CLAIMS: [&str; 11] =
    ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"];

/// Issues an id_token, with whatever fault was ordered.
pub(super) fn issue(
    oidc: &Oidc,
    client: &Client,
    grant: &Grant,
    citizen: &Citizen,
    access_token: &str,
    code: Option<&str>,
) -> Result<String, KeyFailure> {
    if let Some(sid) = &grant.sid {
        oidc.logout.note(sid, &citizen.subject(), &client.id, oidc.world.now());
    }
    let claims = claims(oidc, client, grant, citizen, access_token);
    oidc.id_tokens.sign(oidc, &oidc.keys, Statement { client, username: &citizen.username, claims, code })
}

fn claims(oidc: &Oidc, client: &Client, grant: &Grant, citizen: &Citizen, access_token: &str) -> Map<String, Value> {
    let now = oidc.world.now();
    let claims = json!({
        "iss": oidc.issuer(),
        "sub": citizen.subject(),
        "aud": client.id,
        "exp": now.plus(LIFETIME).unix_seconds(),
        "iat": now.unix_seconds(),
        "auth_time": grant.auth_time.unix_seconds(),
        "acr": grant.detail.acr,
        "amr": grant.detail.by.amr(),
        "at_hash": half_hash(access_token),
        "sid": grant.sid,
    });
    let mut claims = claims.as_object().cloned().unwrap_or_default();
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".to_owned(), nonce.as_str().into());
    }
    claims.extend(grant.detail.claims.for_id_token(citizen));
    claims
}
