//! Client authentication: by the methods that a client is registered for, and by one of them at a time.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use vneid_auth::secret::Secret;

use super::Oidc;
use super::assertion;
use super::failure::Failure;
use crate::client::{AuthMethod, Client};
use crate::web::Params;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that makes this request, proved.
pub(super) fn authenticate<'a>(oidc: &'a Oidc, headers: &HeaderMap, form: &Params) -> Result<&'a Client, Failure> {
    let text = |name| form.one(name).map_err(|_| Failure::invalid_request("a parameter was given twice"));
    let (secret, assertion) = (text("client_secret")?, text("client_assertion")?);
    let has_header = headers.contains_key(AUTHORIZATION);
    let methods = [has_header, secret.is_some(), assertion.is_some()];
    if methods.into_iter().filter(|used| *used).count() > 1 {
        return Err(Failure::invalid_request("more than one client authentication method was used"));
    }
    let client_id = text("client_id")?;
    if has_header {
        let (id, secret) = basic(headers).ok_or(Failure::invalid_client())?;
        if client_id.is_some_and(|named| named != id) {
            return Err(Failure::invalid_request("client_id differs from the authenticated client"));
        }
        return by_secret(oidc, &id, &secret, AuthMethod::ClientSecretBasic);
    }
    if let Some(assertion) = assertion {
        if text("client_assertion_type")? != Some(JWT_BEARER) {
            return Err(Failure::invalid_request("client_assertion_type is missing or unknown"));
        }
        return assertion::authenticate(oidc, client_id, assertion).ok_or(Failure::invalid_client());
    }
    let id = client_id.ok_or(Failure::invalid_client())?;
    match secret {
        Some(secret) => by_secret(oidc, id, &Secret::from(secret), AuthMethod::ClientSecretPost),
        None => {
            let client = oidc.world.client(id).filter(|client| client.methods.contains(&AuthMethod::None));
            client.ok_or(Failure::invalid_client())
        }
    }
}

fn by_secret<'a>(oidc: &'a Oidc, id: &str, secret: &Secret, method: AuthMethod) -> Result<&'a Client, Failure> {
    let client = oidc.world.client(id).filter(|client| client.methods.contains(&method));
    let client = client.ok_or(Failure::invalid_client())?;
    let right = client.secret.as_ref().is_some_and(|own| own == secret);
    if right { Ok(client) } else { Err(Failure::invalid_client()) }
}

/// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let mut all = headers.get_all(AUTHORIZATION).into_iter();
    let (value, None) = (all.next()?, all.next()) else {
        return None;
    };
    let (scheme, credentials) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let half =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    Some((half(id)?, Secret::new(half(secret)?)))
}
