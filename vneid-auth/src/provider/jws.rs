//! A signed token in its compact form (RFC 7515 §3.1), and nothing else: no JSON form, no encryption, no `none`.
//!
//! The claims come out only through [`Jws::verified`], so nothing unverified can be read by mistake; the one exception
//! says so in its name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::json::{self, JsonReason, Members};
use super::jwks::{Choice, KeySet};

/// A token is not longer than this.
const LONGEST: usize = 64 * 1024;

/// Why a token is no signed token of this provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsReason {
    /// It is longer than any token needs to be.
    #[error("the token is too long")]
    TooLong,
    /// It has not exactly three segments: a JWE has five, a truncated token two.
    #[error("the token has not three segments")]
    Segments,
    /// A segment is no base64url without padding.
    #[error("a segment of the token is not base64url")]
    Base64,
    /// The header cannot be read.
    #[error("the token's header cannot be read: {0}")]
    Header(JsonReason),
    /// The claims cannot be read.
    #[error("the token's claims cannot be read: {0}")]
    Claims(JsonReason),
    /// `alg` is missing, `none`, symmetric, unknown, or not among those that the provider's metadata lists.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// `crit` names extensions, and we have none (RFC 7515 §4.1.11).
    #[error("the token's header has `crit`")]
    Critical,
    /// `b64`, `enc` or `zip`: the payload is not what it looks like.
    #[error("the token's payload is unencoded, encrypted or compressed")]
    Payload,
    /// `typ` is that of another kind of token (RFC 8725 §3.11).
    #[error("the token's type is that of another kind of token")]
    Type,
    /// `kid` is no string.
    #[error("the token's key id is not a string")]
    KeyId,
    /// The token names no key and several fit.
    #[error("the token names no key and several fit")]
    AmbiguousKey,
    /// The provider has no such key.
    #[error("the token's key is not among the provider's")]
    UnknownKey,
    /// The signature is not that of the provider's key.
    #[error("the token's signature is wrong")]
    Signature,
}

/// A signed token whose signature is not verified yet. `jwk`, `jku`, `x5u` and `x5c` of its header are never looked at:
/// a token does not say which keys to trust. It has no `Debug`, since it would print the token.
pub(crate) struct Jws<'t> {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
    /// Header and payload as they were signed.
    signed: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Jws<'t> {
    /// Takes an id_token apart. `allowed` are the algorithms that the provider's metadata lists.
    pub(crate) fn parse(token: &'t str, allowed: &[Algorithm]) -> Result<Self, JwsReason> {
        let jws = Self::parse_typed(token, "JWT")?;
        jws.restricted_to(allowed)
    }

    /// Takes a token of this type, or of none, apart. Its algorithm may be any that this crate accepts, so
    /// [`Jws::restricted_to`] is still to come.
    pub(crate) fn parse_typed(token: &'t str, typ: &str) -> Result<Self, JwsReason> {
        if token.len() > LONGEST {
            return Err(JwsReason::TooLong);
        }
        let mut segments = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err(JwsReason::Segments);
        };
        let members = json::object(&decode(header)?).map_err(JwsReason::Header)?;
        let (algorithm, key_id) = read_header(members, typ)?;
        let signed = token.get(..header.len() + 1 + payload.len()).ok_or(JwsReason::Segments)?;
        Ok(Self { algorithm, key_id, signed, payload, signature })
    }

    /// The same token, if its algorithm is one of these.
    pub(crate) fn restricted_to(self, allowed: &[Algorithm]) -> Result<Self, JwsReason> {
        if allowed.contains(&self.algorithm) { Ok(self) } else { Err(JwsReason::Algorithm) }
    }

    /// What the token claims to say, whoever wrote it: good for refusing it, and for nothing else.
    pub(crate) fn unverified(&self) -> Result<Members, JwsReason> {
        json::object(&decode(self.payload)?).map_err(JwsReason::Claims)
    }

    /// The claims, once one of the keys has verified the signature.
    pub(crate) fn verified(&self, keys: &KeySet) -> Result<Members, JwsReason> {
        let candidates = match keys.choose(self.key_id.as_deref(), self.algorithm) {
            Choice::These(candidates) => candidates,
            Choice::Ambiguous => return Err(JwsReason::AmbiguousKey),
            Choice::None => return Err(JwsReason::UnknownKey),
        };
        let signature = decode(self.signature)?;
        if !candidates.iter().any(|key| key.verify_sig(self.signed.as_bytes(), &signature).is_ok()) {
            return Err(JwsReason::Signature);
        }
        self.unverified()
    }
}

fn decode(segment: &str) -> Result<Vec<u8>, JwsReason> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| JwsReason::Base64)
}

fn read_header(mut members: Members, accepted: &str) -> Result<(Algorithm, Option<String>), JwsReason> {
    if members.contains_key("crit") {
        return Err(JwsReason::Critical);
    }
    if ["b64", "enc", "zip"].iter().any(|name| members.contains_key(*name)) {
        return Err(JwsReason::Payload);
    }
    let algorithm = members.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
    let algorithm = algorithm.ok_or(JwsReason::Algorithm)?;
    match members.get("typ") {
        None => {}
        Some(Value::String(typ)) if typ.eq_ignore_ascii_case(accepted) => {}
        Some(_) => return Err(JwsReason::Type),
    }
    match members.remove("kid") {
        None => Ok((algorithm, None)),
        Some(Value::String(id)) => Ok((algorithm, Some(id))),
        Some(_) => Err(JwsReason::KeyId),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::testing::{Signer, key_set};

    const ALLOWED: [Algorithm; 4] = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

    fn open(token: &str, keys: &KeySet) -> Result<Members, JwsReason> {
        Jws::parse(token, &ALLOWED)?.verified(keys)
    }

    #[test]
    fn every_family_verifies_and_one_bit_breaks_it() {
        for signer in [Signer::rsa("k"), Signer::ps256("k"), Signer::es256("k"), Signer::ed25519("k")] {
            let keys = key_set(&[&signer]);
            let token = signer.sign(&json!({"sub": "a"}));
            assert_eq!(open(&token, &keys).unwrap()["sub"], "a");
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
            flipped[3] ^= 1;
            let truncated = &flipped[..flipped.len() - 1];
            for wrong in [&flipped[..], truncated, &vec![0; flipped.len()], &[]] {
                let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(wrong));
                assert_eq!(open(&token, &keys), Err(JwsReason::Signature));
            }
        }
    }

    #[test]
    fn headers_that_are_not_accepted() {
        let signer = Signer::es256("k");
        let keys = key_set(&[&signer]);
        let claims = json!({"sub": "a"});
        for (header, why) in [
            (json!({"alg": "none"}), JwsReason::Algorithm),
            (json!({"kid": "k"}), JwsReason::Algorithm),
            (json!({"alg": "HS256", "kid": "k"}), JwsReason::Algorithm),
            (json!({"alg": "ES384", "kid": "k"}), JwsReason::Algorithm),
            (json!({"alg": ["ES256"], "kid": "k"}), JwsReason::Algorithm),
            (json!({"alg": "ES256", "kid": "k", "crit": ["exp"]}), JwsReason::Critical),
            (json!({"alg": "ES256", "kid": "k", "b64": false}), JwsReason::Payload),
            (json!({"alg": "ES256", "kid": "k", "zip": "DEF"}), JwsReason::Payload),
            (json!({"alg": "ES256", "kid": "k", "typ": "at+jwt"}), JwsReason::Type),
            (json!({"alg": "ES256", "kid": "k", "typ": "logout+jwt"}), JwsReason::Type),
            (json!({"alg": "ES256", "kid": "k", "typ": 1}), JwsReason::Type),
            (json!({"alg": "ES256", "kid": 1}), JwsReason::KeyId),
            (json!({"alg": "ES256", "kid": "../../etc/passwd"}), JwsReason::UnknownKey),
            (json!({"alg": "ES256", "kid": "k".repeat(10_000)}), JwsReason::UnknownKey),
            (json!({"alg": "RS256", "kid": "k"}), JwsReason::UnknownKey),
        ] {
            assert_eq!(open(&signer.sign_with(&header, &claims), &keys), Err(why), "{header}");
        }
        for header in [
            json!({"alg": "ES256", "kid": "k", "typ": "jwt"}),
            json!({"alg": "ES256"}),
            json!({"alg": "ES256", "kid": "k", "jwk": Signer::es256("z").jwk(), "jku": "https://attacker.example"}),
        ] {
            assert!(open(&signer.sign_with(&header, &claims), &keys).is_ok(), "{header}");
        }
    }

    #[test]
    fn shapes_that_are_no_signed_token() {
        let signer = Signer::es256("k");
        let keys = key_set(&[&signer]);
        let good = signer.sign(&json!({}));
        let (signed, _) = good.rsplit_once('.').unwrap();
        for (token, why) in [
            (String::new(), JwsReason::Segments),
            (signed.to_owned(), JwsReason::Segments),
            (format!("{good}.a"), JwsReason::Segments),
            (format!("{good}.a.b"), JwsReason::Segments),
            (".".repeat(60_000), JwsReason::Segments),
            (".".repeat(1_000_000), JwsReason::TooLong),
            ("..".to_owned(), JwsReason::Header(JsonReason::NotJson)),
            (good.replacen('e', "+", 1), JwsReason::Base64),
            (format!("{good}="), JwsReason::Base64),
            (r#"{"payload":"","signature":""}"#.to_owned(), JwsReason::Segments),
        ] {
            assert_eq!(open(&token, &keys).err(), Some(why), "{:.80}", token);
        }
        let twice = signer.sign_raw(br#"{"alg":"ES256","alg":"ES256"}"#, b"{}");
        assert_eq!(open(&twice, &keys), Err(JwsReason::Header(JsonReason::Duplicate)));
        let twice = signer.sign_raw(br#"{"alg":"ES256"}"#, br#"{"sub":"a","sub":"b"}"#);
        assert_eq!(open(&twice, &keys), Err(JwsReason::Claims(JsonReason::Duplicate)));
        let der = signer.sign_der(&json!({}));
        assert_eq!(open(&der, &keys), Err(JwsReason::Signature));
    }
}
