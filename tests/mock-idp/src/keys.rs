//! The provider's signing keys: one RSA, one P-256, the retired ones, and a stranger's for tests.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vneid_auth::time::Timestamp;

use crate::client::SigningAlg;
use crate::der;
use crate::entropy::fingerprint;
use crate::sync::lock;

/// How long a retired key stays in the key set, so that tokens signed just before still verify.
const WINDOW: Duration = Duration::from_secs(3600);
/// How many retired keys are remembered for `id_token_hint`.
const REMEMBERED: usize = 8;

/// A key could not be made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing key could not be made or used")]
pub struct KeyFailure;

/// A key pair with its id.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
}

impl SigningKey {
    fn rsa(pair: RsaKeyPair) -> Self {
        Self { kid: kid(pair.public_key().as_ref()), pair: Pair::Rsa(Box::new(pair)) }
    }

    fn p256(pair: EcdsaKeyPair) -> Self {
        Self { kid: kid(pair.public_key().as_ref()), pair: Pair::P256(Box::new(pair)) }
    }

    fn generate(alg: SigningAlg) -> Result<Self, KeyFailure> {
        match alg {
            SigningAlg::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Self::rsa).map_err(|_| KeyFailure),
            SigningAlg::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self::p256).map_err(|_| KeyFailure)
            }
        }
    }

    /// The algorithm that the key is published for.
    pub(crate) fn alg(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
        }
    }

    /// Signs; an RSA key also by PS256.
    pub(crate) fn sign(&self, alg: &str, input: &[u8]) -> Result<Vec<u8>, KeyFailure> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let encoding = if alg == "PS256" { &signature::RSA_PSS_SHA256 } else { &signature::RSA_PKCS1_SHA256 };
                pair.sign(encoding, &random, input, &mut signature).map_err(|_| KeyFailure)?;
                Ok(signature)
            }
            Pair::P256(pair) => Ok(pair.sign(&random, input).map_err(|_| KeyFailure)?.as_ref().to_vec()),
        }
    }

    /// Checks a signature of our own.
    pub(crate) fn verifies(&self, alg: &str, input: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match (&self.pair, alg) {
            (Pair::Rsa(_), "RS256") => &RSA_PKCS1_2048_8192_SHA256,
            (Pair::Rsa(_), "PS256") => &RSA_PSS_2048_8192_SHA256,
            (Pair::P256(_), "ES256") => &ECDSA_P256_SHA256_FIXED,
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, self.public()).verify(input, signature).is_ok()
    }

    /// The public key: `RSAPublicKey` in DER (RFC 8017 §A.1.1), or an uncompressed point.
    pub(crate) fn public(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::P256(pair) => pair.public_key().as_ref(),
        }
    }

    /// The public key as a JWK, public members only.
    pub(crate) fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(_) => {
                let (n, e) = der::rsa_numbers(self.public()).unwrap_or_default();
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": text(&n), "e": text(&e)})
            }
            Pair::P256(_) => {
                let (x, y) = self.public().get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
                       "x": text(x), "y": text(y)})
            }
        }
    }
}

/// A key's id: the beginning of its SHA-256, so that the same key always has the same one.
fn kid(public: &[u8]) -> String {
    let hash = fingerprint(&URL_SAFE_NO_PAD.encode(public));
    URL_SAFE_NO_PAD.encode(hash).chars().take(16).collect()
}

/// The keys of a realm.
pub(crate) struct Keyring {
    keys: OnceLock<Mutex<Keys>>,
    foreign: OnceLock<Option<Arc<SigningKey>>>,
    demonstration: Option<&'static Demonstration>,
}

struct Keys {
    rsa: Arc<SigningKey>,
    p256: Arc<SigningKey>,
    // Newest first, with the time at which they leave the key set.
    retired: Vec<(Arc<SigningKey>, Timestamp)>,
    rotations: usize,
}

/// The keys of deterministic mode, as PEM: public, and good for nothing else.
pub(crate) struct Demonstration {
    /// The first RSA key, and the one after each rotation; further ones are new.
    rsa: &'static [&'static str],
    p256: Option<&'static str>,
}

impl Demonstration {
    /// Realm `/oidc`.
    pub(crate) const OIDC: Self = Self {
        rsa: &[include_str!("../keys/demo-1.pem"), include_str!("../keys/demo-2.pem")],
        p256: Some(include_str!("../keys/demo-p256.pem")),
    };
    /// Realm `/dvcqg`.
    pub(crate) const DVCQG: Self = Self { rsa: &[include_str!("../keys/demo-dvcqg.pem")], p256: None };
    /// VNeID's realms.
    pub(crate) const VNEID: Self = Self { rsa: &[include_str!("../keys/demo-vneid.pem")], p256: None };
}

impl Keyring {
    /// New keys, or the published demonstration keys.
    ///
    /// # Errors
    /// When they cannot be made.
    pub(crate) fn new(demonstration: Option<&'static Demonstration>) -> Result<Self, KeyFailure> {
        let keys = OnceLock::from(Mutex::new(Keys::new(demonstration)?));
        Ok(Self { keys, foreign: OnceLock::new(), demonstration })
    }

    /// The same, made when the first is needed: an RSA key takes a fifth of a second, and many a test needs none.
    pub(crate) fn on_demand(demonstration: Option<&'static Demonstration>) -> Self {
        Self { keys: OnceLock::new(), foreign: OnceLock::new(), demonstration }
    }

    fn keys(&self) -> &Mutex<Keys> {
        self.keys.get_or_init(|| {
            // As with random bytes: a generator that gives nothing is asked again.
            loop {
                if let Ok(keys) = Keys::new(self.demonstration) {
                    return Mutex::new(keys);
                }
                std::thread::yield_now();
            }
        })
    }

    /// The key that signs now.
    pub(crate) fn current(&self, alg: SigningAlg) -> Arc<SigningKey> {
        let keys = lock(self.keys());
        match alg {
            SigningAlg::Rs256 => Arc::clone(&keys.rsa),
            SigningAlg::Es256 => Arc::clone(&keys.p256),
        }
    }

    /// The key that signed before the last rotation.
    pub(crate) fn old(&self) -> Option<Arc<SigningKey>> {
        lock(self.keys()).retired.first().map(|(key, _)| Arc::clone(key))
    }

    /// A key that is in no key set.
    pub(crate) fn foreign(&self) -> Result<Arc<SigningKey>, KeyFailure> {
        let make = || SigningKey::generate(SigningAlg::Rs256).ok().map(Arc::new);
        self.foreign.get_or_init(make).clone().ok_or(KeyFailure)
    }

    /// A new RSA key signs from now on; the old one stays published for an hour.
    pub(crate) fn rotate(&self, now: Timestamp) -> Result<String, KeyFailure> {
        let rotations = lock(self.keys()).rotations.saturating_add(1);
        let fresh = Arc::new(next_rsa(self.demonstration, rotations)?);
        let mut keys = lock(self.keys());
        let old = std::mem::replace(&mut keys.rsa, Arc::clone(&fresh));
        keys.retired.insert(0, (old, now.plus(WINDOW)));
        keys.retired.truncate(REMEMBERED);
        keys.rotations = rotations;
        Ok(fresh.kid.clone())
    }

    /// The keys that are published now.
    pub(crate) fn published(&self, now: Timestamp) -> Vec<Arc<SigningKey>> {
        let keys = lock(self.keys());
        let retired = keys.retired.iter().filter(|(_, until)| now < *until).map(|(key, _)| key);
        [&keys.rsa, &keys.p256].into_iter().chain(retired).map(Arc::clone).collect()
    }

    /// Every key that ever signed here, as far as it is remembered.
    pub(crate) fn own(&self) -> Vec<Arc<SigningKey>> {
        let keys = lock(self.keys());
        [&keys.rsa, &keys.p256].into_iter().chain(keys.retired.iter().map(|(key, _)| key)).map(Arc::clone).collect()
    }
}

impl Keys {
    fn new(demonstration: Option<&Demonstration>) -> Result<Self, KeyFailure> {
        let p256 = match demonstration.and_then(|keys| keys.p256) {
            Some(pem) => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8(pem)?)
                .map(SigningKey::p256)
                .map_err(|_| KeyFailure)?,
            None => SigningKey::generate(SigningAlg::Es256)?,
        };
        Ok(Self { rsa: Arc::new(next_rsa(demonstration, 0)?), p256: Arc::new(p256), retired: vec![], rotations: 0 })
    }
}

fn next_rsa(demonstration: Option<&Demonstration>, rotations: usize) -> Result<SigningKey, KeyFailure> {
    match demonstration.and_then(|keys| keys.rsa.get(rotations)) {
        Some(pem) => RsaKeyPair::from_pkcs8(&pkcs8(pem)?).map(SigningKey::rsa).map_err(|_| KeyFailure),
        None => SigningKey::generate(SigningAlg::Rs256),
    }
}

fn pkcs8(pem: &str) -> Result<Vec<u8>, KeyFailure> {
    der::decode(pem).map(|(_, der)| der).ok_or(KeyFailure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d4_key_set_is_public_and_its_kids_differ() {
        let ring = Keyring::new(None).unwrap();
        let now = Timestamp::from_unix_seconds(1_000_000);
        ring.rotate(now).unwrap();
        let set: Vec<Value> = ring.published(now).iter().map(|key| key.jwk()).collect();
        assert_eq!(set.len(), 3);
        let modulus = URL_SAFE_NO_PAD.decode(set[0]["n"].as_str().unwrap()).unwrap();
        assert_eq!((modulus.len(), modulus[0] >= 0x80), (256, true));
        assert_eq!(set[0]["e"], "AQAB");
        assert_eq!(ring.published(now.plus(WINDOW)).len(), 2);
        for jwk in &set {
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(jwk.get(private).is_none());
            }
        }
    }

    #[test]
    fn demonstration_keys_repeat() {
        let kids = || {
            let ring = Keyring::new(Some(&Demonstration::OIDC)).unwrap();
            let first = ring.current(SigningAlg::Rs256).kid.clone();
            (first, ring.current(SigningAlg::Es256).kid.clone(), ring.rotate(Timestamp::from_unix_seconds(0)).unwrap())
        };
        assert_eq!(kids(), kids());
    }
}
