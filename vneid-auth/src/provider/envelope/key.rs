//! The portal's private key, and what was wrapped for it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use super::seal::StandIn;
use crate::secret::Secret;

/// The portal's private key, to whose public half envelopes are sealed: RSA of 2048 to 8192 bits.
#[derive(Clone)]
pub struct EnvelopeKey(Arc<Pkcs1PrivateDecryptingKey>);

/// The text is no private key that opens envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the envelope key is no private RSA key of 2048 to 8192 bits in PEM without a password: PKCS#8 (`BEGIN PRIVATE KEY`) \
     or PKCS#1 (`BEGIN RSA PRIVATE KEY`)"
)]
pub struct EnvelopeKeyRejected;

impl EnvelopeKey {
    /// Reads a private key in PEM, PKCS#8 or PKCS#1: both are in use. It is the first private key of the text.
    ///
    /// # Errors
    /// When there is none, it needs a password, it is no RSA key, its numbers do not fit each other, or it is too short.
    pub fn from_pem(pem: &Secret) -> Result<Self, EnvelopeKeyRejected> {
        let der = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()).map_err(|_| EnvelopeKeyRejected)?;
        let der = Zeroizing::new(der);
        let key = match &*der {
            PrivateKeyDer::Pkcs8(der) => PrivateDecryptingKey::from_pkcs8(der.secret_pkcs8_der()).ok(),
            PrivateKeyDer::Pkcs1(der) => from_pkcs1(der.secret_pkcs1_der()),
            _ => None,
        };
        let key = key.and_then(|key| Pkcs1PrivateDecryptingKey::new(key).ok()).ok_or(EnvelopeKeyRejected)?;
        Ok(Self(Arc::new(key)))
    }

    /// What this base64 text wraps for the key; the stand-in's bytes when it wraps nothing.
    ///
    /// aws-lc does not reject implicitly (`crypto/rsa_extra/rsa_crypt.c` of aws-lc-sys 0.47). Its private operation is
    /// blinded and it looks at the padding in constant time, but then it says whether the padding was right, and a
    /// wrong one costs it two entries in its error queue. It advises to decrypt without padding and to check here, which
    /// aws-lc-rs does not offer. So its answer is turned into bytes either way, right here, and nothing after this
    /// knows which they are. What is left is the time of those entries, a fraction of a microsecond beside
    /// some four hundred, in a login that takes a fresh `state` for every try.
    ///
    /// A number that is not below the modulus is refused before the private operation; both are public.
    pub(super) fn unwrapped(&self, wrapped: &str, stand_in: &StandIn) -> Zeroizing<Vec<u8>> {
        let size = self.0.key_size_bytes();
        // Without this bound a long text would be decoded before its length is looked at.
        let short = wrapped.len() <= size * 2;
        let sent = short.then(|| STANDARD.decode(wrapped).ok()).flatten().filter(|sent| sent.len() == size);
        let sound = sent.is_some();
        // Below any modulus of this size, and as much work as one.
        let number = sent.unwrap_or_else(|| (0..size).map(|at| u8::from(at > 0)).collect());
        let mut content = Zeroizing::new(vec![0; size]);
        let length = self.0.decrypt(&number, &mut content).map(|content| content.len());
        match length {
            Ok(length) if sound => content.truncate(length),
            _ => {
                content.truncate(StandIn::KEY);
                content.copy_from_slice(stand_in.unwrapped());
            }
        }
        content
    }
}

/// aws-lc-rs decrypts only with what it read as PKCS#8.
fn from_pkcs1(der: &[u8]) -> Option<PrivateDecryptingKey> {
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&KeyPair::from_der(der).ok()?).ok()?;
    PrivateDecryptingKey::from_pkcs8(pkcs8.as_ref()).ok()
}

impl fmt::Debug for EnvelopeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnvelopeKey")
    }
}
