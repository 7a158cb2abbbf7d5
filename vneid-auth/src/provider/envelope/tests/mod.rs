//! Envelopes: those that open, those that must not, and a great many that somebody has meddled with.
//!
//! `known_answers` were made by OpenSSL; everything else is sealed by `testing`.

mod known_answers;
mod mutations;
mod properties;
mod refusals;
mod timing;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use aws_lc_rs::rsa::PrivateDecryptingKey;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;

use super::testing::{sealed, wrapped};
use super::*;

const IV: [u8; 16] = *b"sixteen bytes iv";

/// A key of 32 bytes of which none is a letter of base64; its first 16 and 24 are keys too.
const KEY: [u8; 32] = {
    let mut key = [0x80; 32];
    let mut at = 0;
    while at < key.len() {
        key[at] += at as u8;
        at += 1;
    }
    key
};

/// The portal's key, by which tests seal too.
static PORTAL: LazyLock<PrivateDecryptingKey> = LazyLock::new(|| {
    let der = PrivatePkcs8KeyDer::from_pem_slice(data("key-pkcs8.pem").as_bytes()).unwrap();
    PrivateDecryptingKey::from_pkcs8(der.secret_pkcs8_der()).unwrap()
});

/// A file that `tests/data/envelope/make.sh` made.
fn data(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/data/envelope", name].iter().collect();
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn envelope() -> Envelope {
    Envelope::new(EnvelopeKey::from_pem(&data("key-pkcs8.pem").into()).unwrap())
}

/// `encrypt_key`, or `key`, with these bytes in it.
fn wrap(key: &[u8]) -> String {
    wrapped(&PORTAL, key)
}

fn answer(data: &str, key: &str) -> Members {
    json::object(json!({"data": data, "key": key}).to_string().as_bytes()).unwrap()
}

fn opened_code(envelope: &Envelope, code: &str, encrypt_key: &str) -> Result<Secret, EnvelopeReason> {
    envelope.code(&Secret::from(code), Some(&Secret::from(encrypt_key)))
}

const NOT_OPENED: EnvelopeReason = EnvelopeReason::NotOpened;
