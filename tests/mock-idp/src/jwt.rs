//! Compact JWS by hand (RFC 7515 §7.1), since a mock must also write what no library would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::keys::{KeyFailure, Keyring, SigningKey};

/// Base64url without padding.
pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs header and claims as they are.
pub(crate) fn sign(
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
    key: &SigningKey,
) -> Result<String, KeyFailure> {
    let input = format!("{}.{}", b64(to_json(header)), b64(to_json(claims)));
    let alg = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let signature = key.sign(alg, input.as_bytes())?;
    Ok(format!("{input}.{}", b64(signature)))
}

/// A JSON object as text.
pub(crate) fn to_json(object: &Map<String, Value>) -> String {
    Value::Object(object.clone()).to_string()
}

/// A token taken apart, nothing checked.
pub(crate) struct Unchecked {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) input: String,
    pub(crate) signature: Vec<u8>,
}

impl Unchecked {
    /// Takes a compact JWS apart.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let (input, signature) = token.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let object = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            input: input.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// A text member of the header.
    pub(crate) fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A text claim.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A whole-number claim.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }
}

/// The claims of a token that this realm signed, expired or not: an `id_token_hint`.
pub(crate) fn own(token: &str, keys: &Keyring, issuer: &str) -> Option<Unchecked> {
    let unchecked = Unchecked::read(token)?;
    let (alg, kid) = (unchecked.header_text("alg")?, unchecked.header_text("kid")?);
    let key = keys.own().into_iter().find(|key| key.kid == kid && key.alg() == alg)?;
    let genuine = key.verifies(alg, unchecked.input.as_bytes(), &unchecked.signature);
    (genuine && unchecked.text("iss") == Some(issuer)).then_some(unchecked)
}
