//! A provider's key set (RFC 7517), read key by key: one odd key costs itself and not the others.

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde_json::Value;

use super::algorithm::Algorithm;
use super::json::Members;

/// A set of more keys than this is not a key set.
const MOST_KEYS: usize = 100;

/// Why a key set is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetReason {
    /// There is no array `keys`, or an absurdly long one.
    #[error("the key set has no `keys`")]
    NoKeys,
    /// None of its keys can verify a signature.
    #[error("the key set has no key that we can use")]
    NoUsableKey,
}

/// A provider's keys, parsed once and ready to verify.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

/// One key, with a verifier for each algorithm that it may be used for.
#[derive(Debug)]
struct Key {
    id: Option<String>,
    verifiers: Vec<(Algorithm, ParsedPublicKey)>,
}

/// Which of the keys a token means.
pub(crate) enum Choice<'a> {
    /// None of them.
    None,
    /// These, all of them called what the token calls its key.
    These(Vec<&'a ParsedPublicKey>),
    /// The token names no key and several fit.
    Ambiguous,
}

impl KeySet {
    /// Reads a key set. Keys that cannot be used are left out.
    pub(crate) fn read(mut members: Members) -> Result<Self, KeySetReason> {
        let keys = match members.remove("keys") {
            Some(Value::Array(keys)) if keys.len() <= MOST_KEYS => keys,
            _ => return Err(KeySetReason::NoKeys),
        };
        let keys: Vec<Key> = keys.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() { Err(KeySetReason::NoUsableKey) } else { Ok(Self { keys }) }
    }

    /// The keys for a token of this algorithm that calls its key `id`. Decoys of the same id and another algorithm are
    /// not among them. A token that names no key is verified only where there is no choice.
    pub(crate) fn choose(&self, id: Option<&str>, algorithm: Algorithm) -> Choice<'_> {
        let named = self.keys.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
        let fitting: Vec<_> = named.filter_map(|key| key.verifier(algorithm)).collect();
        match (fitting.len(), id) {
            (0, _) => Choice::None,
            (1, _) | (_, Some(_)) => Choice::These(fitting),
            (_, None) => Choice::Ambiguous,
        }
    }

    /// Whether a token that calls its key so can be checked with this set, or at least refused for good.
    pub(crate) fn knows(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        !matches!(self.choose(id, algorithm), Choice::None)
    }
}

impl Key {
    fn read(jwk: Value) -> Option<Self> {
        let Value::Object(mut members) = jwk else { return None };
        // Our own reading of `alg`: the library knows no ES512. Certificates play no part here, and a malformed one is
        // no reason to lose the key.
        let stated = match members.remove("alg") {
            None => None,
            Some(Value::String(name)) => Some(Algorithm::named(&name)?),
            Some(_) => return None,
        };
        for certificate in ["x5u", "x5c", "x5t", "x5t#S256"] {
            members.remove(certificate);
        }
        let jwk: Jwk = serde_json::from_value(Value::Object(members)).ok()?;
        let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let verifies =
            jwk.common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !for_signatures || !verifies {
            return None;
        }
        let verifiers: Vec<_> = verifiers(&jwk.algorithm)
            .into_iter()
            .filter(|(algorithm, _)| stated.is_none_or(|stated| stated == *algorithm))
            .collect();
        (!verifiers.is_empty()).then_some(Self { id: jwk.common.key_id, verifiers })
    }

    fn verifier(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        self.verifiers.iter().find(|(fits, _)| *fits == algorithm).map(|(_, key)| key)
    }
}

/// What the key can verify; nothing when it is weak, malformed, symmetric or unknown.
fn verifiers(parameters: &AlgorithmParameters) -> Vec<(Algorithm, ParsedPublicKey)> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => rsa_verifiers(&rsa.n, &rsa.e).unwrap_or_default(),
        AlgorithmParameters::EllipticCurve(ec) => {
            ec_verifier(&ec.curve, &ec.x, &ec.y).map(|verifier| vec![verifier]).unwrap_or_default()
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            let key = decode(&pair.x).and_then(|x| ParsedPublicKey::new(&signature::ED25519, x).ok());
            key.map(|key| vec![(Algorithm::EdDsa, key)]).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn rsa_verifiers(n: &str, e: &str) -> Option<Vec<(Algorithm, ParsedPublicKey)>> {
    let (n, e) = (decode(n)?, decode(e)?);
    // Some providers put a zero byte before the number, as DER does.
    let components = RsaPublicKeyComponents { n: without_leading_zeros(&n), e: without_leading_zeros(&e) };
    if bits(components.n) < 2048 || !is_strong_exponent(components.e) {
        return None;
    }
    let parse = |algorithm: Algorithm| Some((algorithm, components.to_parsed_public_key(algorithm.rsa()?).ok()?));
    Some(Algorithm::RSA.into_iter().filter_map(parse).collect())
}

fn ec_verifier(curve: &EllipticCurve, x: &str, y: &str) -> Option<(Algorithm, ParsedPublicKey)> {
    let (algorithm, size) = match curve {
        EllipticCurve::P256 => (Algorithm::Es256, 32),
        EllipticCurve::P384 => (Algorithm::Es384, 48),
        EllipticCurve::P521 => (Algorithm::Es512, 66),
        _ => return None,
    };
    let (x, y) = (decode(x)?, decode(y)?);
    if x.len() != size || y.len() != size {
        return None;
    }
    // An uncompressed point (SEC 1 §2.3.3); the parser checks that it lies on the curve.
    let point = [&[4_u8], x.as_slice(), y.as_slice()].concat();
    Some((algorithm, ParsedPublicKey::new(algorithm.ecdsa()?, point).ok()?))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn bits(number: &[u8]) -> usize {
    let first = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(first)
}

/// Odd and at least 65537 (NIST FIPS 186-5 §5.1), and small enough for the verifier.
fn is_strong_exponent(e: &[u8]) -> bool {
    let value = e.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)));
    value.is_some_and(|e| e % 2 == 1 && (65_537..1 << 33).contains(&e))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::testing::{Signer, weak_rsa_jwk};

    fn read(keys: Value) -> Result<KeySet, KeySetReason> {
        let Value::Object(members) = json!({ "keys": keys }) else { unreachable!() };
        KeySet::read(members)
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    #[test]
    fn one_odd_key_does_not_kill_the_set() {
        let good = Signer::es256("good").jwk();
        let odd = [
            json!(7),
            json!({}),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
            with(good.clone(), "kid", json!(7)),
            with(good.clone(), "x", json!("AAAA")),
            with(good.clone(), "use", json!("enc")),
            with(good.clone(), "key_ops", json!(["sign"])),
            with(good.clone(), "key_ops", json!("verify")),
            with(good.clone(), "alg", json!("ES384")),
            with(good.clone(), "alg", json!("HS256")),
            weak_rsa_jwk(),
        ];
        for key in odd {
            assert_eq!(read(json!([key])).err(), Some(KeySetReason::NoUsableKey), "{key}");
            assert!(read(json!([key, good])).unwrap().knows(Some("good"), Algorithm::Es256), "{key}");
        }
        for harmless in [
            with(good.clone(), "x5c", json!("not a list")),
            with(good.clone(), "use", json!("sig")),
            with(good.clone(), "key_ops", json!(["verify"])),
            with(good.clone(), "d", json!("private members are not looked at")),
        ] {
            assert!(read(json!([harmless])).unwrap().knows(Some("good"), Algorithm::Es256), "{harmless}");
        }
    }

    #[test]
    fn c89_weak_rsa_keys_are_ignored() {
        let good = Signer::rsa("r").jwk();
        assert!(read(json!([good])).unwrap().knows(Some("r"), Algorithm::Ps512));
        for e in ["Aw", "AQ", "AQAC", "AAAA", ""] {
            assert!(read(json!([with(good.clone(), "e", json!(e))])).is_err(), "{e}");
        }
        let modulus = format!("AA{}", good["n"].as_str().unwrap());
        assert!(!modulus.is_empty());
        assert_eq!(bits(&[1, 0]), 9);
        assert_eq!(without_leading_zeros(&[0, 0, 1, 0]), [1, 0]);
    }

    #[test]
    fn c80_decoys_and_c81_absent_ids() {
        let (ec, rsa) = (Signer::es256("k").jwk(), Signer::rsa("k").jwk());
        let set = read(json!([rsa, ec])).unwrap();
        assert!(matches!(set.choose(Some("k"), Algorithm::Es256), Choice::These(keys) if keys.len() == 1));
        assert!(matches!(set.choose(None, Algorithm::Rs256), Choice::These(keys) if keys.len() == 1));
        assert!(matches!(set.choose(Some("other"), Algorithm::Es256), Choice::None));
        assert!(matches!(set.choose(None, Algorithm::EdDsa), Choice::None));
        let two = read(json!([ec, Signer::es256("l").jwk()])).unwrap();
        assert!(matches!(two.choose(None, Algorithm::Es256), Choice::Ambiguous));
    }

    #[test]
    fn c77_an_empty_or_strange_set_is_no_set() {
        assert_eq!(read(json!([])).err(), Some(KeySetReason::NoUsableKey));
        assert_eq!(read(json!({})).err(), Some(KeySetReason::NoKeys));
        assert_eq!(read(json!(vec![json!({}); MOST_KEYS + 1])).err(), Some(KeySetReason::NoKeys));
        assert_eq!(KeySet::read(Members::new()).err(), Some(KeySetReason::NoKeys));
    }
}
