//! What a realm publishes about itself, with whatever fault was ordered: metadata and keys.

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::Realm;
use crate::fault::{Occasion, Place, What};
use crate::keys::Keyring;
use crate::spoil;
use crate::web;

/// The metadata (OpenID Connect Discovery 1.0 §3).
pub(crate) fn metadata(realm: &impl Realm, metadata: Value) -> Response {
    match ordered(realm, Place::Discovery, |what| match what {
        What::Discovery(fault) => Some(*fault),
        _ => None,
    }) {
        Some(fault) => spoil::discovery(fault, metadata).into_response(),
        None => cached(&metadata),
    }
}

/// The key set (RFC 7517 §5).
pub(crate) fn jwks(realm: &impl Realm, ring: &Keyring) -> Response {
    let keys: Vec<Value> = ring.published(realm.world().now()).iter().map(|key| key.jwk()).collect();
    let keys = match ordered(realm, Place::Jwks, |what| match what {
        What::Jwks(fault) => Some(*fault),
        _ => None,
    }) {
        Some(fault) => spoil::jwks(fault, keys, ring),
        None => json!({ "keys": keys }),
    };
    cached(&keys)
}

fn ordered<T>(realm: &impl Realm, place: Place, kind: impl Fn(&What) -> Option<T>) -> Option<T> {
    let occasion = Occasion { realm: realm.name(), place, client: None, persona: None, target: "" };
    let world = realm.world();
    world.faults.pick(&occasion, &world.entropy, kind)
}

/// Public documents may be kept, but only briefly: keys rotate on order here.
fn cached(body: &Value) -> Response {
    let mut response = web::json(StatusCode::OK, body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=5"));
    response
}
