//! The keys of data at rest: one secret, derived by purpose.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{self, HKDF_SHA256, Prk, Salt};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::error::RandomnessFailed;
use crate::random::Randomness;
use crate::secret::Secret;

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const SALT: usize = 32;
const HEAD: usize = 1 + KEY_ID + SALT;

/// The portal's secret, and the previous one while records of its time are still read.
///
/// Every key is derived from it by purpose (HKDF-SHA-256, RFC 5869). A sealed record carries a version, the id of the
/// secret, a salt, and the AES-256-GCM ciphertext under a key of its own, derived with that salt: no nonce can repeat,
/// however many records a nation writes.
pub struct Keys {
    current: Root,
    previous: Option<Root>,
}

struct Root {
    id: [u8; KEY_ID],
    prk: Prk,
}

/// The secret cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// It is no base64.
    #[error("the portal's secret is not base64")]
    NotBase64,
    /// It is too short.
    #[error("the portal's secret has fewer than 32 bytes")]
    TooShort,
}

impl Keys {
    /// Keys from the portal's secret: 32 bytes or more, as base64.
    ///
    /// # Errors
    /// When the secret is no base64 or too short.
    pub fn new(secret: &Secret) -> Result<Self, KeysError> {
        Ok(Self { current: Root::new(secret)?, previous: None })
    }

    /// The same, still reading what was sealed under the previous secret.
    ///
    /// # Errors
    /// When the previous secret is no base64 or too short.
    pub fn with_previous(self, previous: &Secret) -> Result<Self, KeysError> {
        Ok(Self { previous: Some(Root::new(previous)?), ..self })
    }

    /// Seals a record; `context` says what and where it is, and must be the same to open it.
    pub(crate) fn seal(
        &self,
        context: &str,
        plain: &[u8],
        randomness: &dyn Randomness,
    ) -> Result<Bytes, RandomnessFailed> {
        let mut salt = [0_u8; SALT];
        randomness.fill(&mut salt)?;
        let mut sealed = Vec::with_capacity(HEAD + plain.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.current.id);
        sealed.extend_from_slice(&salt);
        let mut body = plain.to_vec();
        let key = self.current.record_key(&salt).ok_or(RandomnessFailed)?;
        key.seal_in_place_append_tag(nonce(), Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| RandomnessFailed)?;
        sealed.extend_from_slice(&body);
        Ok(sealed.into())
    }

    /// Opens a record; nothing when it is damaged, of another place, or under a secret that is not known.
    pub(crate) fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (head, body) = sealed.split_at_checked(HEAD)?;
        let (version, rest) = head.split_first()?;
        let (id, salt) = rest.split_at_checked(KEY_ID)?;
        let root = self.roots().find(|root| root.id == id)?;
        if *version != VERSION {
            return None;
        }
        let mut body = body.to_vec();
        let plain = root.record_key(salt)?.open_in_place(nonce(), Aad::from(context.as_bytes()), &mut body).ok()?;
        Some(plain.to_vec())
    }

    /// A keyed hash for this purpose, in hexadecimal: the same value gives the same hash, and without the secret nobody
    /// can try values.
    pub(crate) fn hash(&self, purpose: &str, value: &[&str]) -> String {
        self.current.hash(purpose, value)
    }

    /// The same under the secret and under the previous one.
    pub(crate) fn hashes(&self, purpose: &str, value: &[&str]) -> Vec<String> {
        self.roots().map(|root| root.hash(purpose, value)).collect()
    }

    fn roots(&self) -> impl Iterator<Item = &Root> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten()
    }

    /// The hash as bytes under the secret, then under the previous one, each with the id of its secret.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn macs(&self, purpose: &str, value: &[&str]) -> Vec<(String, [u8; 32])> {
        self.roots().map(|root| (root.name(), root.mac(purpose, value))).collect()
    }

    /// The id of the secret, then of the previous one.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(crate) fn ids(&self) -> Vec<String> {
        self.roots().map(Root::name).collect()
    }

    /// The hash as bytes (HMAC-SHA-256).
    pub(crate) fn mac(&self, purpose: &str, value: &[&str]) -> [u8; 32] {
        self.current.mac(purpose, value)
    }
}

/// Every key seals one record, so its nonce may be fixed.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

impl Root {
    fn new(secret: &Secret) -> Result<Self, KeysError> {
        let bytes = STANDARD.decode(secret.expose().trim()).map_err(|_| KeysError::NotBase64)?;
        if bytes.len() < 32 {
            return Err(KeysError::TooShort);
        }
        let prk = Salt::new(HKDF_SHA256, b"vneid-auth v1").extract(&bytes);
        let mut root = Self { id: [0; KEY_ID], prk };
        let mut id = [0; KEY_ID];
        root.derive(&["key id"], &mut id);
        root.id = id;
        Ok(root)
    }

    fn derive(&self, info: &[&str], out: &mut [u8]) {
        let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
        let filled = self.prk.expand(&info, Length(out.len())).and_then(|okm| okm.fill(out));
        debug_assert!(filled.is_ok(), "HKDF gives up to 8160 bytes");
    }

    fn hash(&self, purpose: &str, value: &[&str]) -> String {
        hex(&self.mac(purpose, value))
    }

    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    fn name(&self) -> String {
        hex(&self.id)
    }

    fn mac(&self, purpose: &str, value: &[&str]) -> [u8; 32] {
        let mut key = [0_u8; 32];
        self.derive(&["hash", purpose], &mut key);
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
        for part in value {
            // The length goes first, so that no two lists of parts run together.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut mac = [0_u8; 32];
        mac.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        mac
    }

    fn record_key(&self, salt: &[u8]) -> Option<LessSafeKey> {
        let mut key = [0_u8; 32];
        self.prk.expand(&[b"record", salt], Length(key.len())).ok()?.fill(&mut key).ok()?;
        UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandomness;

    fn secret(byte: u8) -> Secret {
        Secret::new(STANDARD.encode([byte; 32]))
    }

    #[test]
    fn opens_what_it_sealed_there_and_nowhere_else() {
        let keys = Keys::new(&secret(1)).unwrap();
        let sealed = keys.seal("session x", b"record", &SystemRandomness).unwrap();
        assert_eq!(keys.open("session x", &sealed).as_deref(), Some(&b"record"[..]));
        assert_eq!(keys.open("login x", &sealed), None);
        assert_eq!(keys.open("session y", &sealed), None);
        for at in 0..sealed.len() {
            let mut bent = sealed.to_vec();
            bent[at] ^= 1;
            assert_eq!(keys.open("session x", &bent), None, "bit {at}");
            assert_eq!(keys.open("session x", &sealed[..at]), None, "cut at {at}");
        }
        assert!(!sealed.windows(6).any(|part| part == b"record"));
    }

    #[test]
    fn the_previous_secret_is_still_read() {
        let old = Keys::new(&secret(1)).unwrap();
        let sealed = old.seal("c", b"record", &SystemRandomness).unwrap();
        let rotated = Keys::new(&secret(2)).unwrap();
        assert_eq!(rotated.open("c", &sealed), None);
        let rotated = rotated.with_previous(&secret(1)).unwrap();
        assert_eq!(rotated.open("c", &sealed).as_deref(), Some(&b"record"[..]));
    }

    #[test]
    fn hashes_differ_by_purpose_and_by_parts() {
        let keys = Keys::new(&secret(1)).unwrap();
        let hash = keys.hash("tag", &["ab", "c"]);
        assert_eq!(hash, keys.hash("tag", &["ab", "c"]));
        assert_ne!(hash, keys.hash("tag", &["a", "bc"]));
        assert_ne!(hash, keys.hash("other", &["ab", "c"]));
        assert_ne!(hash, Keys::new(&secret(2)).unwrap().hash("tag", &["ab", "c"]));
    }

    #[test]
    fn a_weak_secret_is_refused() {
        assert_eq!(Keys::new(&Secret::new(STANDARD.encode([1; 31]))).err(), Some(KeysError::TooShort));
        assert_eq!(Keys::new(&"not base64!".into()).err(), Some(KeysError::NotBase64));
    }
}
