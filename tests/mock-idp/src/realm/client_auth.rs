//! Client authentication: by the methods that a client is registered for, and by one of them at a time.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use vneid_auth::secret::Secret;

use super::Realm;
use super::failure::Failure;
use crate::client::{AuthMethod, Client};
use crate::fault::{Occasion, Place, What};
use crate::web::Params;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that makes this request, proved. `by_assertion` says whose an assertion is, where a realm takes any.
pub(crate) fn authenticate<'a>(
    realm: &'a impl Realm,
    headers: &HeaderMap,
    form: &Params,
    by_assertion: impl FnOnce(Option<&str>, &str) -> Option<&'a Client>,
) -> Result<&'a Client, Failure> {
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
        return by_secret(realm, &id, &secret, AuthMethod::ClientSecretBasic);
    }
    if let Some(assertion) = assertion {
        if text("client_assertion_type")? != Some(JWT_BEARER) {
            return Err(Failure::invalid_request("client_assertion_type is missing or unknown"));
        }
        return by_assertion(client_id, assertion).ok_or(Failure::invalid_client());
    }
    let id = client_id.ok_or(Failure::invalid_client())?;
    match secret {
        Some(secret) => by_secret(realm, id, &Secret::from(secret), AuthMethod::ClientSecretPost),
        None => {
            let client = realm.client(id).filter(|client| client.methods.contains(&AuthMethod::None));
            client.ok_or(Failure::invalid_client())
        }
    }
}

/// Whether the provider was ordered to look at no verifier of this client's next code.
pub(crate) fn pkce_ignored(realm: &impl Realm, client: &Client) -> bool {
    let world = realm.world();
    let occasion = Occasion::new(realm.name(), Place::Token, &client.id, None);
    world.faults.pick(&occasion, &world.entropy, |what| (*what == What::PkceIgnored).then_some(())).is_some()
}

fn by_secret<'a>(realm: &'a impl Realm, id: &str, secret: &Secret, method: AuthMethod) -> Result<&'a Client, Failure> {
    let client = realm.client(id).filter(|client| client.methods.contains(&method));
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
