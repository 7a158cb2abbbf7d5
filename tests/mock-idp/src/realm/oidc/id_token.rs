//! The id_token: what is said, and signed, about a login.

use std::time::Duration;

use aws_lc_rs::digest;
use serde_json::{Map, Value, json};

use super::Oidc;
use super::grants::Grant;
use crate::citizen::Citizen;
use crate::client::Client;
use crate::fault::{Occasion, Place, TokenFault, What};
use crate::jwt::{self, b64};
use crate::keys::KeyFailure;
use crate::spoil;
use crate::sync::lock;

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
    let world = &oidc.world;
    let occasion = Occasion::new(Place::Token, &client.id, Some(&citizen.username));
    let rotate = world.faults.pick(&occasion, &world.entropy, |what| (*what == What::RotateKeys).then_some(()));
    if rotate.is_some() {
        oidc.keys.rotate(world.now())?;
    }
    let key = oidc.keys.current(client.id_token_alg);
    let header = header(key.alg(), &key.kid);
    let claims = claims(oidc, client, grant, citizen, access_token);
    let right = jwt::sign(&header, &claims, &key)?;
    let ordered: Option<TokenFault> = world.faults.pick(&occasion, &world.entropy, |what| match what {
        What::IdToken(fault) => Some(*fault),
        _ => None,
    });
    let before = {
        let mut last = lock(&oidc.last_id_tokens);
        let before = last.get(&client.id, world.now()).cloned();
        last.insert(client.id.clone(), right.clone(), world.now());
        before
    };
    match ordered {
        None => Ok(right),
        Some(TokenFault::Replayed) => Ok(before.unwrap_or(right)),
        Some(fault) => spoil::id_token(fault, &spoil::Draft { header, claims, key, keys: &oidc.keys, client, code }),
    }
}

/// The usual header.
pub(crate) fn header(alg: &str, kid: &str) -> Map<String, Value> {
    let header = json!({"alg": alg, "kid": kid, "typ": "JWT"});
    header.as_object().cloned().unwrap_or_default()
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
        "acr": grant.acr,
        "amr": ["pwd", "otp", "sms"],
        "at_hash": half_hash(access_token),
        "sid": grant.sid,
    });
    let mut claims = claims.as_object().cloned().unwrap_or_default();
    if let Some(nonce) = &grant.nonce {
        claims.insert("nonce".to_owned(), nonce.as_str().into());
    }
    claims.extend(grant.claims.for_id_token(citizen));
    claims
}

/// `at_hash` and `c_hash`: the left half of the SHA-256 (OpenID Connect Core §3.1.3.6).
pub(crate) fn half_hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    b64(hash.as_ref().get(..16).unwrap_or_default())
}
