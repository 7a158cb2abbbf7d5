//! Envelopes, opened.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::testing::{sealed, wrapped};
use super::*;

struct Portal {
    private: PrivateDecryptingKey,
    key: EnvelopeKey,
}

static PORTAL: LazyLock<Portal> = LazyLock::new(|| {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = private.as_der().unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    Portal { private, key: EnvelopeKey::from_pem(&pem.into()).unwrap() }
});

fn envelope(cipher: Cipher) -> Envelope {
    Envelope::new(PORTAL.key.clone()).cipher(cipher)
}

#[test]
fn opens_what_is_sealed() {
    let key = *b"0123456789abcdef0123456789abcdef";
    for cipher in [Cipher::Ecb, Cipher::Cbc] {
        for key in [&key[..16], &key[..24], &key[..]] {
            for wrap in [key.to_vec(), STANDARD.encode(key).into_bytes()] {
                let encrypt_key = Secret::new(wrapped(&PORTAL.private, &wrap));
                let code = Secret::new(sealed(cipher, key, [7; 16], b"a-code"));
                let opened = envelope(cipher).code(&code, Some(&encrypt_key));
                assert_eq!(opened.unwrap().expose(), "a-code", "{cipher:?} {}", wrap.len());
            }
        }
    }
}
