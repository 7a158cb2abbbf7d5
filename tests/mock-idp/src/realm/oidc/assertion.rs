//! `private_key_jwt`: assertions that a client signs to say who it is (RFC 7523 §3), each good once.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use vneid_auth::time::Timestamp;

use super::Oidc;
use crate::bounded::Bounded;
use crate::client::{AuthMethod, Client};
use crate::entropy::fingerprint;
use crate::jwt::Unchecked;
use crate::sync::lock;

/// Tolerated difference of clocks.
const TOLERANCE: i64 = 60;
/// The longest life that an assertion may claim; used ones are remembered longer.
const LONGEST: i64 = 600;

/// The algorithms that assertions may be signed with.
pub(super) const ALGS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// The assertions that were used.
pub(super) struct SeenAssertions(Mutex<Bounded<[u8; 32], ()>>);

impl SeenAssertions {
    pub(super) fn new() -> Self {
        let memory = Duration::from_secs(2 * LONGEST.unsigned_abs());
        Self(Mutex::new(Bounded::new(memory, 100_000)))
    }

    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Whether this is the first time that the client shows this `jti`.
    fn is_first(&self, client: &str, jti: &str, now: Timestamp) -> bool {
        let key = fingerprint(&format!("{} {client}{jti}", client.len()));
        let mut seen = lock(&self.0);
        let first = seen.get(&key, now).is_none();
        if first {
            seen.insert(key, (), now);
        }
        first
    }
}

/// The client that signed this assertion, for us, now, for the first time.
pub(super) fn authenticate<'a>(oidc: &'a Oidc, client_id: Option<&str>, assertion: &str) -> Option<&'a Client> {
    let token = Unchecked::read(assertion)?;
    let subject = token.text("sub")?;
    let same_name = token.text("iss") == Some(subject) && client_id.is_none_or(|named| named == subject);
    let client = oidc.world.client(subject).filter(|client| client.methods.contains(&AuthMethod::PrivateKeyJwt))?;
    let (alg, kid) = (token.header_text("alg")?, token.header_text("kid"));
    let plain = ALGS.contains(&alg) && !token.header.contains_key("crit");
    let mut keys = client.keys.iter().filter(|key| key.goes_by(kid));
    let signed = keys.any(|key| key.verifies(alg, token.input.as_bytes(), &token.signature));
    let now = oidc.world.now();
    let good = same_name && plain && signed && is_current(&token, now) && is_for_us(oidc, token.claims.get("aud")?);
    let jti = token.text("jti").filter(|jti| !jti.is_empty())?;
    (good && oidc.assertions.is_first(&client.id, jti, now)).then_some(client)
}

fn is_current(token: &Unchecked, now: Timestamp) -> bool {
    let now = now.unix_seconds();
    let lives = token.number("exp").is_some_and(|exp| exp > now - TOLERANCE && exp <= now + LONGEST + TOLERANCE);
    let begun = |name| match token.claims.get(name) {
        None => true,
        Some(at) => at.as_i64().is_some_and(|at| at <= now + TOLERANCE),
    };
    lives && begun("iat") && begun("nbf")
}

/// The audience is the issuer or the token endpoint, and nobody beside it.
fn is_for_us(oidc: &Oidc, audience: &Value) -> bool {
    let ours = |text: &str| text == oidc.issuer() || text == oidc.url("/token");
    match audience {
        Value::String(text) => ours(text),
        Value::Array(all) => !all.is_empty() && all.iter().all(|one| one.as_str().is_some_and(ours)),
        _ => false,
    }
}
