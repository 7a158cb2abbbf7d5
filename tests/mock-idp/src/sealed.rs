//! VNeID's envelopes: `{"data", "key"}`, an AES key under the client's RSA key and the data under the AES key.
//!
//! As one working client opens them: RSA with PKCS#1 v1.5 padding (RFC 8017 §7.2), AES-256 in ECB with PKCS#7 padding
//! and no IV; the first design of the same client had CBC with the IV in the first 16 bytes of the data. Both keep a
//! secret and prove nothing, which is why nobody should invent them anew. Tests seal their golden answers with this.
//!
//! ```
//! use vneid_mock_idp::sealed::{Cipher, DEMO_CLIENT_KEY, PublicKey, seal};
//!
//! # fn main() -> Result<(), vneid_mock_idp::sealed::SealError> {
//! let key = PublicKey::from_pem(DEMO_CLIENT_KEY)?;
//! let envelope = seal(br#"{"citizenPid":"001890000001"}"#, &key, Cipher::Ecb)?;
//! assert_eq!(envelope.key.len(), 344);
//! # Ok(())
//! # }
//! ```

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::der;

/// The published private key of `portal-demo`, PKCS#8 in PEM, as `GET /demo-key.pem` serves it.
pub const DEMO_CLIENT_KEY: &str = include_str!("../keys/demo-client.pem");

/// The block of AES.
const BLOCK: usize = 16;

/// How the data is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cipher {
    /// ECB, as seen on the wire.
    #[default]
    Ecb,
    /// CBC, the IV in the first 16 bytes.
    Cbc,
}

/// How the AES key is written before RSA encrypts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyForm {
    /// Its bytes.
    #[default]
    Raw,
    /// Its bytes as standard base64.
    Base64,
}

/// The RSA public key that something is sealed to.
#[derive(Clone)]
pub struct PublicKey(PublicEncryptingKey);

/// What could not be sealed, or to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The text is no PEM of an RSA key that can be used.
    #[error("no PEM of an RSA key of 2048 bits or more")]
    Key,
    /// An AES key has 16, 24 or 32 bytes.
    #[error("an AES key has 16, 24 or 32 bytes")]
    AesKey,
    /// The encryption itself failed.
    #[error("the encryption failed")]
    Encryption,
}

/// An envelope; both halves are standard base64 with padding.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Envelope {
    /// What is sealed.
    pub data: String,
    /// The AES key under the RSA key.
    pub key: String,
}

/// Seals with a new AES-256 key.
///
/// # Errors
/// When the encryption fails.
pub fn seal(plain: &[u8], to: &PublicKey, cipher: Cipher) -> Result<Envelope, SealError> {
    Sealer::new(to).cipher(cipher).seal(plain)
}

impl PublicKey {
    /// Reads a key from PEM: a public one (SubjectPublicKeyInfo or PKCS#1), or the public half of a private one
    /// (PKCS#8 or PKCS#1). Text before the first block is commentary.
    ///
    /// # Errors
    /// When there is no such key in it.
    pub fn from_pem(pem: &str) -> Result<Self, SealError> {
        let spki = der::public_half(pem).ok_or(SealError::Key)?;
        PublicEncryptingKey::from_der(&spki).map(Self).map_err(|_| SealError::Key)
    }
}

/// Seals as it is told, for tests that need more than [`seal`].
#[derive(Clone)]
pub struct Sealer {
    to: PublicKey,
    cipher: Cipher,
    key_form: KeyForm,
    aes_key: Option<Vec<u8>>,
    broken_padding: bool,
}

impl Sealer {
    /// To this key, as observed on the wire.
    pub fn new(to: &PublicKey) -> Self {
        let (cipher, key_form) = (Cipher::default(), KeyForm::default());
        Self { to: to.clone(), cipher, key_form, aes_key: None, broken_padding: false }
    }

    /// With this cipher.
    #[must_use]
    pub fn cipher(mut self, cipher: Cipher) -> Self {
        self.cipher = cipher;
        self
    }

    /// With the AES key in this form.
    #[must_use]
    pub fn key_form(mut self, form: KeyForm) -> Self {
        self.key_form = form;
        self
    }

    /// With this AES key of 16, 24 or 32 bytes instead of a new one of 32.
    #[must_use]
    pub fn aes_key(mut self, key: &[u8]) -> Self {
        self.aes_key = Some(key.to_vec());
        self
    }

    /// With zeros where PKCS#7 padding belongs, so that whoever opens it finds it broken.
    #[must_use]
    pub fn broken_padding(mut self) -> Self {
        self.broken_padding = true;
        self
    }

    /// Seals.
    ///
    /// # Errors
    /// When the AES key has no such length, or the encryption fails.
    pub fn seal(&self, plain: &[u8]) -> Result<Envelope, SealError> {
        let aes_key = match &self.aes_key {
            Some(key) => key.clone(),
            None => {
                let mut key = vec![0; 32];
                SystemRandom::new().fill(&mut key).map_err(|_| SealError::Encryption)?;
                key
            }
        };
        let data = self.encrypt(plain, &aes_key)?;
        let key = match self.key_form {
            KeyForm::Raw => self.wrap(&aes_key)?,
            KeyForm::Base64 => self.wrap(STANDARD.encode(&aes_key).as_bytes())?,
        };
        Ok(Envelope { data: STANDARD.encode(data), key: STANDARD.encode(key) })
    }

    fn encrypt(&self, plain: &[u8], aes_key: &[u8]) -> Result<Vec<u8>, SealError> {
        let algorithm = match aes_key.len() {
            16 => &AES_128,
            24 => &AES_192,
            32 => &AES_256,
            _ => return Err(SealError::AesKey),
        };
        let key = UnboundCipherKey::new(algorithm, aes_key).map_err(|_| SealError::AesKey)?;
        let mut data = plain.to_vec();
        let context = if self.broken_padding {
            data.resize((data.len() / BLOCK + 1) * BLOCK, 0);
            let key = match self.cipher {
                Cipher::Ecb => EncryptingKey::ecb(key),
                Cipher::Cbc => EncryptingKey::cbc(key),
            };
            key.and_then(|key| key.encrypt(&mut data))
        } else {
            let key = match self.cipher {
                Cipher::Ecb => PaddedBlockEncryptingKey::ecb_pkcs7(key),
                Cipher::Cbc => PaddedBlockEncryptingKey::cbc_pkcs7(key),
            };
            key.and_then(|key| key.encrypt(&mut data))
        };
        match context.map_err(|_| SealError::Encryption)? {
            DecryptionContext::Iv128(iv) => Ok([iv.as_ref().as_slice(), &data].concat()),
            _ => Ok(data),
        }
    }

    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, SealError> {
        let rsa = Pkcs1PublicEncryptingKey::new(self.to.0.clone()).map_err(|_| SealError::Encryption)?;
        let mut wrapped = vec![0; rsa.ciphertext_size()];
        let length = rsa.encrypt(key, &mut wrapped).map_err(|_| SealError::Encryption)?.len();
        wrapped.truncate(length);
        Ok(wrapped)
    }
}
