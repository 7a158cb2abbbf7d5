//! Public keys from outside, for checking signatures: a client's, from a JWK or a PEM; and our own, written as JWKs.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// A public key and the key id it goes by.
#[derive(Clone)]
pub(crate) struct PublicKey {
    kid: Option<String>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    RsaDer(Vec<u8>),
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// The usable keys of a JWK set, read one by one.
    pub(crate) fn set_from_json(text: &str) -> Result<Vec<Self>, &'static str> {
        let set: Value = serde_json::from_str(text).map_err(|_| "the JWK set is no JSON")?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or("the JWK set has no member `keys`")?;
        let usable: Vec<Self> = keys.iter().filter_map(Self::from_jwk).collect();
        if usable.is_empty() { Err("the JWK set has no RSA, P-256 or Ed25519 key") } else { Ok(usable) }
    }

    fn from_jwk(jwk: &Value) -> Option<Self> {
        let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => Material::Rsa { n: member("n")?, e: member("e")? },
            ("EC", Some("P-256")) => Material::P256([&[4_u8][..], &member("x")?, &member("y")?].concat()),
            ("OKP", Some("Ed25519")) => Material::Ed25519(member("x")?),
            _ => return None,
        };
        Some(Self { kid: text("kid").map(str::to_owned), material })
    }

    /// A SubjectPublicKeyInfo in PEM, RSA or P-256.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, &'static str> {
        let body = pem
            .split_once("-----BEGIN PUBLIC KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PUBLIC KEY-----"))
            .map(|(body, _)| body.split_whitespace().collect::<String>())
            .ok_or("no PEM of a PUBLIC KEY")?;
        let der = STANDARD.decode(body).map_err(|_| "the PEM is no base64")?;
        // The curve's object identifier, prime256v1 (RFC 5480 §2.1.1.1), tells the two apart.
        const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let is_p256 = der.windows(P256.len()).take(32).any(|window| window == P256);
        Ok(Self { kid: None, material: if is_p256 { Material::P256(der) } else { Material::RsaDer(der) } })
    }

    /// Whether this key may be meant by a header's `kid`.
    pub(crate) fn goes_by(&self, kid: Option<&str>) -> bool {
        match (&self.kid, kid) {
            (Some(own), Some(asked)) => own == asked,
            _ => true,
        }
    }

    /// Checks a signature by the algorithm that the header names; false for any that does not fit the key.
    pub(crate) fn verifies(&self, alg: &str, input: &[u8], signature: &[u8]) -> bool {
        let unparsed = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(input, signature).is_ok()
        };
        match (&self.material, alg) {
            (Material::Rsa { n, e }, "RS256") => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, input, signature).is_ok()
            }
            (Material::Rsa { n, e }, "PS256") => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, input, signature).is_ok()
            }
            (Material::RsaDer(der), "RS256") => unparsed(&RSA_PKCS1_2048_8192_SHA256, der),
            (Material::RsaDer(der), "PS256") => unparsed(&RSA_PSS_2048_8192_SHA256, der),
            (Material::P256(point), "ES256") => unparsed(&ECDSA_P256_SHA256_FIXED, point),
            (Material::Ed25519(key), "EdDSA") => unparsed(&ED25519, key),
            _ => false,
        }
    }
}
