//! How the portal proves to the provider's token endpoint who it is (OpenID Connect Core §9).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::random::{self, Randomness};
use crate::secret::Secret;
use crate::time::Timestamp;

/// `client_assertion_type` of a signed assertion (RFC 7523 §2.2).
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion is good for so long.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// How the portal proves who it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum ClientAuth {
    /// By what the provider's metadata list: `client_secret_basic` when it is there, else `client_secret_post`.
    #[default]
    Discovered,
    /// `Authorization: Basic`, id and secret form-encoded each (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
    /// A signed assertion; the private key never leaves the portal.
    PrivateKeyJwt(ClientKey),
}

/// The portal's private key: RSA of 2048 bits or more, P-256, P-384 or Ed25519.
#[derive(Clone)]
pub struct ClientKey {
    key: EncodingKey,
    algorithms: &'static [Algorithm],
    id: Option<String>,
}

/// The text is no private key that can sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the client key is no private key in PEM: PKCS#8 (`BEGIN PRIVATE KEY`), or PKCS#1 for RSA (`BEGIN RSA PRIVATE KEY`), \
     RSA of 2048 bits or more, P-256, P-384 or Ed25519"
)]
pub struct ClientKeyRejected;

impl ClientKey {
    /// Reads a private key in PEM: PKCS#8, or PKCS#1 for RSA.
    ///
    /// # Errors
    /// When it is none, or an RSA key of less than 2048 bits.
    pub fn from_pem(pem: &Secret) -> Result<Self, ClientKeyRejected> {
        const RSA: &[Algorithm] = &[
            Algorithm::RS256,
            Algorithm::PS256,
            Algorithm::RS384,
            Algorithm::PS384,
            Algorithm::RS512,
            Algorithm::PS512,
        ];
        let pem = pem.expose().as_bytes();
        let kinds: [(jsonwebtoken::errors::Result<EncodingKey>, &'static [Algorithm]); 4] = [
            (EncodingKey::from_rsa_pem(pem), RSA),
            (EncodingKey::from_ec_pem(pem), &[Algorithm::ES256]),
            (EncodingKey::from_ec_pem(pem), &[Algorithm::ES384]),
            (EncodingKey::from_ed_pem(pem), &[Algorithm::EdDSA]),
        ];
        // A public key parses too; only signing shows that the key is a private one of this kind.
        let keys = kinds.into_iter().filter_map(|(key, algorithms)| Some((key.ok()?, algorithms)));
        let mut able = keys.filter(|(key, algorithms)| {
            let signature = algorithms.first().and_then(|algorithm| sign(key, *algorithm, b"probe"));
            signature.is_some_and(|signature| algorithms.len() == 1 || signature.len() >= 256)
        });
        able.next().map(|(key, algorithms)| Self { key, algorithms, id: None }).ok_or(ClientKeyRejected)
    }

    /// The `kid` under which the provider knows the key.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// A client assertion (RFC 7523 §3): issued and signed by us, for the provider of this issuer alone, good once and
    /// for a minute. `accepted` are the algorithms that the provider's metadata list; none listed means RS256, or what
    /// the key can.
    pub(crate) fn assertion(
        &self,
        client_id: &str,
        issuer: &str,
        accepted: &[String],
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<Secret> {
        let listed = self.algorithms.iter().find(|algorithm| accepted.iter().any(|name| *name == name_of(**algorithm)));
        let algorithm = listed.or_else(|| self.algorithms.first()).copied().unwrap_or(Algorithm::RS256);
        let mut header = Header::new(algorithm);
        header.kid.clone_from(&self.id);
        let id = random::token(randomness)?;
        let issued_at = now.unix_seconds();
        let claims = Assertion {
            iss: client_id,
            sub: client_id,
            aud: issuer,
            jti: id.expose(),
            iat: issued_at,
            exp: now.plus(GOOD_FOR).unix_seconds(),
        };
        self.signed(&header, &claims, algorithm)
            .ok_or_else(|| Error::new(Code::ServiceUnavailable, "the client assertion cannot be signed"))
    }

    fn signed(&self, header: &Header, claims: &Assertion<'_>, algorithm: Algorithm) -> Option<Secret> {
        let encode = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
        let header = encode(serde_json::to_vec(header).ok()?);
        let message = format!("{header}.{}", encode(serde_json::to_vec(claims).ok()?));
        let signature = sign(&self.key, algorithm, message.as_bytes())?;
        Some(Secret::new(format!("{message}.{}", encode(signature))))
    }
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: i64,
    exp: i64,
}

/// Signs through aws-lc itself. `jsonwebtoken::encode` would ask for the process-wide provider, which is the
/// application's to choose and is missing when it enables a second backend.
fn sign(key: &EncodingKey, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    let signer = (DEFAULT_PROVIDER.signer_factory)(&algorithm, key).ok()?;
    signer.try_sign(message).ok()
}

fn name_of(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::random::SystemRandomness;

    fn pem(der: &[u8]) -> Secret {
        Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der)))
    }

    fn algorithm(key: &ClientKey, accepted: &[&str]) -> String {
        let accepted: Vec<String> = accepted.iter().map(|name| (*name).to_owned()).collect();
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let assertion = key.assertion("portal", "https://id.example", &accepted, now, &SystemRandomness).unwrap();
        let header = URL_SAFE_NO_PAD.decode(assertion.expose().split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&header).unwrap()["alg"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_kind_of_key_signs_with_what_the_provider_accepts() {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let rsa = ClientKey::from_pem(&pem(der.as_ref())).unwrap();
        assert_eq!(algorithm(&rsa, &[]), "RS256");
        assert_eq!(algorithm(&rsa, &["ES256", "PS256"]), "PS256");
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let ec = ClientKey::from_pem(&pem(pair.to_pkcs8v1().unwrap().as_ref())).unwrap();
        assert_eq!(algorithm(&ec, &["RS256"]), "ES384");
        let pair = Ed25519KeyPair::generate().unwrap();
        for der in [pair.to_pkcs8v1().unwrap(), pair.to_pkcs8().unwrap()] {
            let ed = ClientKey::from_pem(&pem(der.as_ref())).unwrap();
            assert_eq!(algorithm(&ed, &[]), "EdDSA");
        }
    }
}
