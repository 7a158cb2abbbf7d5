//! What the tests of this module stand on: a clock that is moved, a provider that answers what it is told to, and keys.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::jwks::KeySet;
use crate::http::{HttpClient, HttpFailure};
use crate::time::{Clock, Timestamp};

pub(crate) const ISSUER: &str = "https://id.example/oidc";

/// Metadata of the provider at [`ISSUER`].
pub(crate) fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example/oidc/authorize",
        "token_endpoint": "https://id.example/oidc/token",
        "userinfo_endpoint": "https://id.example/oidc/userinfo",
        "jwks_uri": "https://id.example/oidc/jwks",
        "end_session_endpoint": "https://id.example/oidc/end_session",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "none", "HS256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Mutex::new(Timestamp::from_unix_seconds(1_800_000_000)))
    }
}

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(by);
    }

    pub(crate) fn set_back(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.minus(by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

type Answer = Result<(u16, &'static str, String), HttpFailure>;

/// A provider that answers what it is told to, and remembers what it was asked.
#[derive(Default)]
pub(crate) struct FakeHttp {
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<Vec<http::Request<Bytes>>>,
}

impl FakeHttp {
    pub(crate) fn json(&self, url: &str, body: Value) {
        self.answer(url, 200, "application/json", &body.to_string());
    }

    pub(crate) fn answer(&self, url: &str, status: u16, content_type: &'static str, body: &str) {
        self.answers.lock().unwrap().insert(url.to_owned(), Ok((status, content_type, body.to_owned())));
    }

    pub(crate) fn fail(&self, url: &str, failure: HttpFailure) {
        self.answers.lock().unwrap().insert(url.to_owned(), Err(failure));
    }

    pub(crate) fn asked(&self, url: &str) -> Vec<http::Request<Bytes>> {
        self.asked.lock().unwrap().iter().filter(|request| *request.uri() == *url).cloned().collect()
    }

    pub(crate) fn count(&self, url: &str) -> usize {
        self.asked(url).len()
    }
}

#[async_trait]
impl HttpClient for FakeHttp {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpFailure> {
        tokio::task::yield_now().await;
        let answer = self.answers.lock().unwrap().get(&request.uri().to_string()).cloned();
        self.asked.lock().unwrap().push(request);
        let (status, content_type, body) = answer.unwrap_or(Ok((404, "text/plain", String::new())))?;
        let response = http::Response::builder().status(status).header("content-type", content_type);
        Ok(response.body(Bytes::from(body)).unwrap())
    }
}

enum Pair {
    Rsa(&'static RsaKeyPair),
    Ps(&'static RsaKeyPair),
    Ec(Box<EcdsaKeyPair>, Vec<u8>),
    Ed(Box<Ed25519KeyPair>),
}

/// A provider's signing key.
pub(crate) struct Signer {
    id: String,
    pair: Pair,
}

/// Making an RSA key takes long, so all tests share one.
fn rsa() -> &'static RsaKeyPair {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

impl Signer {
    pub(crate) fn rsa(id: &str) -> Self {
        Self { id: id.to_owned(), pair: Pair::Rsa(rsa()) }
    }

    pub(crate) fn ps256(id: &str) -> Self {
        Self { id: id.to_owned(), pair: Pair::Ps(rsa()) }
    }

    pub(crate) fn es256(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let pkcs8 = pair.to_pkcs8v1().unwrap().as_ref().to_vec();
        Self { id: id.to_owned(), pair: Pair::Ec(Box::new(pair), pkcs8) }
    }

    pub(crate) fn ed25519(id: &str) -> Self {
        Self { id: id.to_owned(), pair: Pair::Ed(Box::new(Ed25519KeyPair::generate().unwrap())) }
    }

    fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ps(_) => "PS256",
            Pair::Ec(..) => "ES256",
            Pair::Ed(_) => "EdDSA",
        }
    }

    pub(crate) fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) | Pair::Ps(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus().big_endian_without_leading_zero(), key.exponent());
                json!({"kty": "RSA", "n": encode(n), "e": encode(e.big_endian_without_leading_zero())})
            }
            Pair::Ec(pair, _) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])})
            }
            Pair::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())}),
        };
        jwk["kid"] = json!(self.id);
        jwk
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({"alg": self.algorithm(), "kid": self.id, "typ": "JWT"}), claims)
    }

    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        self.sign_raw(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    pub(crate) fn sign_raw(&self, header: &[u8], claims: &[u8]) -> String {
        self.join(header, claims, |message| self.signature(message))
    }

    /// An ES256 signature in DER, as TLS has it and JWS has not.
    pub(crate) fn sign_der(&self, claims: &Value) -> String {
        let Pair::Ec(_, pkcs8) = &self.pair else { unreachable!() };
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).unwrap();
        let header = json!({"alg": "ES256", "kid": self.id}).to_string();
        self.join(header.as_bytes(), claims.to_string().as_bytes(), |message| {
            pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        })
    }

    fn join(&self, header: &[u8], claims: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let mut signature = vec![0; 256];
        match &self.pair {
            Pair::Rsa(pair) => pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap(),
            Pair::Ps(pair) => pair.sign(&RSA_PSS_SHA256, &random, message, &mut signature).unwrap(),
            Pair::Ec(pair, _) => return pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => return pair.sign(message).as_ref().to_vec(),
        }
        signature
    }
}

/// An RSA key of 1024 bits, of the right form.
pub(crate) fn weak_rsa_jwk() -> Value {
    json!({"kty": "RSA", "kid": "weak", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB"})
}

/// The set of these keys.
pub(crate) fn key_set(signers: &[&Signer]) -> KeySet {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
    let Value::Object(members) = json!({ "keys": keys }) else { unreachable!() };
    KeySet::read(members).unwrap()
}
