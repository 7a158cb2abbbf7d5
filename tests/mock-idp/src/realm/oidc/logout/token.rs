//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): right ones, and on order wrong ones.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Oidc;
use crate::client::SigningAlg;
use crate::jwt::{self, b64, to_json};
use crate::keys::KeyFailure;

/// Good for two minutes, as §2.4 recommends.
const LIFETIME: i64 = 120;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How a logout token differs from a right one. The first seven wrong ones are those of the OpenID Foundation's suite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogoutTokenKind {
    /// Not at all: `sub` and `sid`.
    #[default]
    Good,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
    /// Signed by another algorithm than the metadata list.
    WrongAlg,
    /// There are no `events`.
    NoEvent,
    /// `events` says something else.
    WrongEvent,
    /// There is a `nonce`.
    WithNonce,
    /// `iss` is somebody else.
    WrongIss,
    /// `aud` is somebody else.
    WrongAud,
    /// Right, and sent twice.
    Replayed,
    /// Right, without `sid`: all sessions of the citizen.
    SubOnly,
    /// Right, without `sub`.
    SidOnly,
    /// Right, about a session that nobody knows.
    UnknownSid,
    /// `sub` is another citizen than the session's.
    OtherSub,
    /// Signed by a stranger under the right key id.
    BadSignature,
    /// Signed by a stranger.
    UnknownKid,
    /// Issued and expired an hour ago.
    Expired,
    /// There is no `jti`.
    NoJti,
    /// `typ` is that of an id_token.
    WrongTyp,
}

/// What a token is to say.
pub(super) struct Order<'a> {
    pub(super) client: &'a str,
    pub(super) subject: &'a str,
    pub(super) sid: &'a str,
    pub(super) kind: LogoutTokenKind,
}

/// The token.
pub(super) fn make(oidc: &Oidc, order: &Order<'_>) -> Result<String, KeyFailure> {
    use LogoutTokenKind as Kind;
    let alg = oidc.world.client(order.client).map(|client| client.id_token_alg).unwrap_or_default();
    let own = oidc.keys.current(alg);
    let key = match order.kind {
        Kind::WrongAlg => oidc.keys.current(SigningAlg::Rs256),
        Kind::BadSignature | Kind::UnknownKid => oidc.keys.foreign()?,
        _ => own.clone(),
    };
    let kid = if order.kind == Kind::BadSignature { &own.kid } else { &key.kid };
    let alg = match order.kind {
        Kind::AlgNone => "none",
        Kind::WrongAlg => "PS256",
        _ => key.alg(),
    };
    let typ = if order.kind == Kind::WrongTyp { "JWT" } else { "logout+jwt" };
    let header = object(json!({"alg": alg, "kid": kid, "typ": typ}));
    let claims = claims(oidc, order);
    match order.kind {
        Kind::AlgNone => Ok(format!("{}.{}.", b64(to_json(&header)), b64(to_json(&claims)))),
        _ => jwt::sign(&header, &claims, &key),
    }
}

fn claims(oidc: &Oidc, order: &Order<'_>) -> Map<String, Value> {
    use LogoutTokenKind as Kind;
    let now = oidc.world.now().unix_seconds();
    let mut claims = object(json!({
        "iss": oidc.issuer(),
        "aud": order.client,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": oidc.world.entropy.id(),
        "sub": order.subject,
        "sid": order.sid,
        "events": {EVENT: {}},
        // A relying party must take no notice of what it does not know (§2.4).
        "foo": "bar",
    }));
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    match order.kind {
        Kind::WrongEvent => set("events", json!({format!("{EVENT}-wrong"): {}})),
        Kind::WithNonce => set("nonce", json!("a-nonce")),
        Kind::WrongIss => set("iss", json!(format!("{}/other", oidc.issuer()))),
        Kind::WrongAud => set("aud", json!(format!("{}-other", order.client))),
        Kind::UnknownSid => set("sid", json!("a-session-that-nobody-knows")),
        Kind::OtherSub => set("sub", json!("a-citizen-whose-session-it-is-not")),
        Kind::Expired => {
            set("iat", json!(now - 3600 - LIFETIME));
            set("exp", json!(now - 3600))
        }
        Kind::NoEvent => claims.remove("events"),
        Kind::SubOnly => claims.remove("sid"),
        Kind::SidOnly => claims.remove("sub"),
        Kind::NoJti => claims.remove("jti"),
        _ => None,
    };
    claims
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
