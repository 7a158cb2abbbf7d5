//! Makes envelopes, as a provider does; for tests.

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Cipher;

/// Wraps a key, or whatever else, for the owner of a private key: what `key` or `encrypt_key` is.
pub(crate) fn wrapped(private_key: &PrivateDecryptingKey, key: &[u8]) -> String {
    let public = Pkcs1PublicEncryptingKey::new(private_key.public_key()).unwrap();
    let mut wrapped = vec![0; public.ciphertext_size()];
    STANDARD.encode(public.encrypt(key, &mut wrapped).unwrap())
}

/// Seals a text under an AES key: what `data` or a sealed code is.
pub(crate) fn sealed(cipher: Cipher, key: &[u8], iv: [u8; 16], content: &[u8]) -> String {
    STANDARD.encode(sealed_bytes(cipher, key, iv, content))
}

pub(crate) fn sealed_bytes(cipher: Cipher, key: &[u8], iv: [u8; 16], content: &[u8]) -> Vec<u8> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        other => panic!("no AES key has {other} bytes"),
    };
    let key = UnboundCipherKey::new(algorithm, key).unwrap();
    let mut data = content.to_vec();
    match cipher {
        Cipher::Ecb => {
            let key = PaddedBlockEncryptingKey::ecb_pkcs7(key).unwrap();
            key.less_safe_encrypt(&mut data, EncryptionContext::None).unwrap();
            data
        }
        Cipher::Cbc => {
            let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap();
            key.less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(iv))).unwrap();
            [&iv[..], &data].concat()
        }
    }
}
