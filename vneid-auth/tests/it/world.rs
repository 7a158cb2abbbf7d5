//! A clock that stands still, a provider that answers what it is told to, and the keys it signs with.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};
use vneid_auth::provider::{HttpClient, HttpFailure};
use vneid_auth::time::{Clock, Timestamp};

/// 2027-01-15T08:00:00Z: the times in the golden files are around it.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(NOW)
    }
}

/// What comes back for one address.
#[derive(Clone)]
pub(crate) enum Reply {
    Answer { status: u16, content_type: String, body: String },
    Failure(HttpFailure),
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self::Answer { status: 200, content_type: "application/json".into(), body: body.to_string() }
    }
}

/// A provider that answers what it is told to, and remembers what it was asked.
#[derive(Default)]
pub(crate) struct FakeHttp {
    replies: Mutex<BTreeMap<String, Reply>>,
    asked: Mutex<Vec<http::Request<Bytes>>>,
}

impl FakeHttp {
    pub(crate) fn set(&self, url: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(url.to_owned(), reply);
    }

    pub(crate) fn asked(&self, url: &str) -> Vec<http::Request<Bytes>> {
        self.asked.lock().unwrap().iter().filter(|request| *request.uri() == *url).cloned().collect()
    }

    /// Every address that was asked.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|request| request.uri().to_string()).collect()
    }

    /// The form that was posted to this address, once.
    pub(crate) fn form(&self, url: &str) -> BTreeMap<String, String> {
        let asked = self.asked(url);
        let [only] = asked.as_slice() else { panic!("{url} was asked {} times", asked.len()) };
        url::form_urlencoded::parse(only.body()).into_owned().collect()
    }
}

#[async_trait]
impl HttpClient for FakeHttp {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpFailure> {
        let reply = self.replies.lock().unwrap().get(&request.uri().to_string()).cloned();
        self.asked.lock().unwrap().push(request);
        match reply {
            Some(Reply::Failure(failure)) => Err(failure),
            Some(Reply::Answer { status, content_type, body }) => {
                let response = http::Response::builder().status(status).header("content-type", content_type);
                Ok(response.body(Bytes::from(body)).unwrap())
            }
            None => Ok(http::Response::builder().status(404).body(Bytes::new()).unwrap()),
        }
    }
}

/// Whose key signs an id_token, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signed {
    /// ES256, with a key of the provider's.
    #[default]
    Es256,
    /// RS256, with a key of the provider's.
    Rs256,
    /// ES256 under the provider's key id, with somebody else's key.
    Forged,
    /// ES256 under a key id that the provider does not have.
    UnknownKey,
    /// Not at all: `alg` is `none`.
    None,
}

static EC: LazyLock<[EcdsaKeyPair; 2]> =
    LazyLock::new(|| [(); 2].map(|()| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()));
static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The provider's key set.
pub(crate) fn jwks() -> Value {
    let point = EC[0].public_key().as_ref();
    let key = RSA.public_key();
    let (n, e) = (key.modulus().big_endian_without_leading_zero(), key.exponent().big_endian_without_leading_zero());
    json!({"keys": [
        {"kty": "EC", "kid": "e1", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..])},
        {"kty": "RSA", "kid": "r1", "n": encoded(n), "e": encoded(e)},
    ]})
}

/// These claims as a JWT.
pub(crate) fn signed(claims: &Value, how: Signed) -> String {
    let (algorithm, id) = match how {
        Signed::Es256 | Signed::Forged => ("ES256", "e1"),
        Signed::Rs256 => ("RS256", "r1"),
        Signed::UnknownKey => ("ES256", "e2"),
        Signed::None => ("none", "e1"),
    };
    let header = json!({"alg": algorithm, "kid": id, "typ": "JWT"}).to_string();
    let message = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.to_string().as_bytes()));
    let random = SystemRandom::new();
    let ec = |pair: &EcdsaKeyPair| pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec();
    let signature = match how {
        Signed::Es256 => ec(&EC[0]),
        Signed::Forged | Signed::UnknownKey => ec(&EC[1]),
        Signed::Rs256 => {
            let mut signature = vec![0; RSA.public_modulus_len()];
            RSA.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
            signature
        }
        Signed::None => Vec::new(),
    };
    format!("{message}.{}", encoded(&signature))
}
