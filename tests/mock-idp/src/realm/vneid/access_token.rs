//! The access token, shaped as the one that was seen: a Keycloak realm's, for nobody but Keycloak itself.

use serde_json::{Map, Value, json};

use super::{ACCESS, ISSUER, Vneid};
use crate::citizen::Citizen;
use crate::client::SigningAlg;
use crate::jwt;
use crate::keys::KeyFailure;
use crate::realm::grants::Grant;
use crate::realm::header;

/// Issues one.
///
/// # Errors
/// When the key cannot sign.
pub(super) fn issue(vneid: &Vneid, grant: &Grant<()>, citizen: &Citizen) -> Result<String, KeyFailure> {
    let key = vneid.keys.current(SigningAlg::Rs256);
    jwt::sign(&header(key.alg(), &key.kid), &claims(vneid, grant, citizen), &key)
}

fn claims(vneid: &Vneid, grant: &Grant<()>, citizen: &Citizen) -> Map<String, Value> {
    let now = vneid.world.now();
    // The family name stands first in Vietnam, and this provider takes the first word for the given name.
    let (first, rest) = citizen.full_name.split_once(' ').unwrap_or((&citizen.full_name, ""));
    let claims = json!({
        "exp": now.plus(ACCESS).unix_seconds(),
        "iat": now.unix_seconds(),
        "auth_time": grant.auth_time.unix_seconds(),
        "jti": vneid.world.entropy.uuid(),
        "iss": ISSUER,
        "aud": "account",
        "sub": citizen.vneid_subject(),
        "typ": "Bearer",
        "azp": grant.client_id,
        "session_state": grant.sid,
        "acr": "1",
        "scope": "openid email profile",
        "sid": grant.sid,
        "email_verified": false,
        "name": citizen.full_name,
        "preferred_username": citizen.citizen_id.as_ref().unwrap_or(&citizen.username),
        "given_name": first,
        "family_name": rest,
    });
    claims.as_object().cloned().unwrap_or_default()
}
