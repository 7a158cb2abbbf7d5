//! Keys of the provider that misbehaves, and tokens written by hand, so that any header can meet any signature.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{self, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A signing key with its id and the algorithm that it signs with.
#[derive(Clone)]
pub struct Key {
    pub id: String,
    pub algorithm: &'static str,
    pair: Arc<Pair>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    /// An RSA key of 2048 bits, for RS256. All of them are the same key: making one takes long.
    pub fn rsa(id: &str) -> Self {
        static PAIR: OnceLock<Arc<Pair>> = OnceLock::new();
        Self::new(id, "RS256", PAIR.get_or_init(new_rsa).clone())
    }

    /// Another RSA key of 2048 bits, for RS256.
    pub fn other_rsa(id: &str) -> Self {
        static PAIR: OnceLock<Arc<Pair>> = OnceLock::new();
        Self::new(id, "RS256", PAIR.get_or_init(new_rsa).clone())
    }

    /// An RSA key from PKCS#8 in PEM, for RS256.
    pub fn rsa_from_pem(id: &str, pem: &str) -> Self {
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap();
        Self::new(id, "RS256", Arc::new(Pair::Rsa(pair)))
    }

    /// A new key of the curve that goes with `ES256`, `ES384` or `ES512`.
    pub fn ec(id: &str, algorithm: &'static str) -> Self {
        let signing = match algorithm {
            "ES256" => &ECDSA_P256_SHA256_FIXED_SIGNING,
            "ES384" => &ECDSA_P384_SHA384_FIXED_SIGNING,
            "ES512" => &ECDSA_P521_SHA512_FIXED_SIGNING,
            other => panic!("no curve for {other}"),
        };
        Self::new(id, algorithm, Arc::new(Pair::Ec(EcdsaKeyPair::generate(signing).unwrap())))
    }

    /// A new Ed25519 key.
    pub fn ed(id: &str) -> Self {
        Self::new(id, "EdDSA", Arc::new(Pair::Ed(Ed25519KeyPair::generate().unwrap())))
    }

    fn new(id: &str, algorithm: &'static str, pair: Arc<Pair>) -> Self {
        Self { id: id.to_owned(), algorithm, pair }
    }

    /// The same key, signing with another algorithm of its family.
    pub fn signing(mut self, algorithm: &'static str) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The public key as a provider publishes it, with `kid`, `use` and `alg`.
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &*self.pair {
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({"kty": "RSA", "n": encode(n), "e": encode(e)})
            }
            Pair::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = match self.algorithm {
                    "ES256" => "P-256",
                    "ES384" => "P-384",
                    _ => "P-521",
                };
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
            }
            Pair::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())}),
        };
        jwk["kid"] = json!(self.id);
        jwk["alg"] = json!(self.algorithm);
        jwk["use"] = json!("sig");
        jwk
    }

    /// A token in compact form over these very bytes, whatever they are.
    pub fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        compact(header, claims, |message| self.signature(message))
    }

    /// The signature that goes with the key's algorithm.
    pub fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &*self.pair {
            Pair::Rsa(pair) => {
                let padding: &dyn aws_lc_rs::signature::RsaEncoding = match self.algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    _ => &RSA_PSS_SHA512,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// An ES256 signature in DER, as TLS has it and a JWS has not.
    pub fn der_signature(&self, message: &[u8]) -> Vec<u8> {
        let Pair::Ec(pair) = &*self.pair else { panic!("no EC key") };
        let pkcs8 = pair.to_pkcs8v1().unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
        pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    /// The public key of an RSA key in every form that somebody has taken for an HMAC secret.
    pub fn public_forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let Pair::Rsa(pair) = &*self.pair else { panic!("no RSA key") };
        let pkcs1 = pair.public_key().as_ref().to_vec();
        let spki = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec();
        vec![
            ("PKCS#1 in PEM", pem("RSA PUBLIC KEY", &pkcs1)),
            ("SPKI in PEM", pem("PUBLIC KEY", &spki)),
            ("PKCS#1", pkcs1),
            ("SPKI", spki),
            ("the modulus", pair.public_key().modulus().big_endian_without_leading_zero().to_vec()),
            ("the JWK", self.jwk().to_string().into_bytes()),
        ]
    }
}

fn new_rsa() -> Arc<Pair> {
    Arc::new(Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
}

/// Header and claims in compact form, signed by whatever is given.
pub fn compact(header: &[u8], claims: &[u8], sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// The claims of this token under another header and signature.
pub fn reheaded(token: &str, header: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    compact(header.to_string().as_bytes(), &claims, sign)
}

/// This token with another signature, made from its own.
pub fn resigned(token: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = change(URL_SAFE_NO_PAD.decode(signature).unwrap());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// `at_hash` or `c_hash` for a token of this algorithm (OpenID Connect Core §3.1.3.6).
pub fn half_hash(algorithm: &str, of: &str) -> String {
    let hash = match algorithm.get(2..) {
        Some("256") => &digest::SHA256,
        Some("384") => &digest::SHA384,
        _ => &digest::SHA512,
    };
    let hash = digest(hash, of.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}
