//! Opens what VNeID seals, as a portal would.

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use vneid_mock_idp::sealed::Cipher;

/// A private key and the cipher that goes with it.
pub(crate) struct Opener {
    key: PrivateDecryptingKey,
    cipher: Cipher,
}

impl Opener {
    /// With a PKCS#8 key in PEM.
    pub(crate) fn new(pem: &str, cipher: Cipher) -> Self {
        let body = pem.lines().skip_while(|line| !line.starts_with("-----")).skip(1);
        let body: String = body.take_while(|line| !line.starts_with("-----")).collect();
        Self { key: PrivateDecryptingKey::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap(), cipher }
    }

    /// Opens data by the key to it; the error says at which step it failed.
    pub(crate) fn open(&self, data: &str, key: &str) -> Result<String, &'static str> {
        let (data, key) = (STANDARD.decode(data).map_err(|_| "data")?, STANDARD.decode(key).map_err(|_| "key")?);
        let rsa = Pkcs1PrivateDecryptingKey::new(self.key.clone()).unwrap();
        let mut aes = vec![0; rsa.min_output_size()];
        let aes = rsa.decrypt(&key, &mut aes).map_err(|_| "rsa")?.to_vec();
        // The base64 of 16 or 24 bytes has 24 or 32 characters, lengths of raw keys too; raw ones are hardly ever base64.
        let decoded = STANDARD.decode(&aes).ok().filter(|key| matches!(key.len(), 16 | 24 | 32));
        let aes = decoded.unwrap_or(aes);
        let algorithm = match aes.len() {
            16 => &AES_128,
            24 => &AES_192,
            32 => &AES_256,
            _ => return Err("aes key"),
        };
        let aes = UnboundCipherKey::new(algorithm, &aes).unwrap();
        let (aes, context, mut data) = match self.cipher {
            Cipher::Cbc => {
                let (iv, rest) = data.split_at_checked(16).ok_or("iv")?;
                let iv = DecryptionContext::Iv128(FixedLength::from(<[u8; 16]>::try_from(iv).unwrap()));
                (PaddedBlockDecryptingKey::cbc_pkcs7(aes).unwrap(), iv, rest.to_vec())
            }
            _ => (PaddedBlockDecryptingKey::ecb_pkcs7(aes).unwrap(), DecryptionContext::None, data),
        };
        let plain = aes.decrypt(&mut data, context).map_err(|_| "aes")?;
        String::from_utf8(plain.to_vec()).map_err(|_| "utf-8")
    }

    /// Opens a JSON envelope with JSON in it.
    pub(crate) fn json(&self, envelope: &Value) -> Result<Value, &'static str> {
        let text = |name: &str| envelope[name].as_str().ok_or("envelope");
        serde_json::from_str(&self.open(text("data")?, text("key")?)?).map_err(|_| "json")
    }
}
