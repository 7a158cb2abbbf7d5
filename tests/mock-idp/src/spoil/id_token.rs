//! Wrong id_tokens: the header, the claims, the signature or the form of a right one, changed in one place.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::client::{Client, SigningAlg};
use crate::der;
use crate::fault::TokenFault as Fault;
use crate::jwt::{self, b64, to_json};
use crate::keys::{KeyFailure, Keyring, SigningKey};
use crate::realm::half_hash;

const HOUR: i64 = 3600;

/// A right token, not yet signed, and what it takes to sign it rightly or wrongly.
pub(crate) struct Draft<'a> {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) key: std::sync::Arc<SigningKey>,
    pub(crate) keys: &'a Keyring,
    pub(crate) client: &'a Client,
    pub(crate) code: Option<&'a str>,
}

/// The token with this fault.
pub(crate) fn id_token(fault: Fault, draft: &Draft<'_>) -> Result<String, KeyFailure> {
    if let Some(claims) = wrong_claims(fault, draft) {
        return jwt::sign(&draft.header, &claims, &draft.key);
    }
    if let Some(header) = wrong_header(fault, draft)? {
        return jwt::sign(&header, &draft.claims, &draft.key);
    }
    if let Some(text) = wrong_text(fault, draft) {
        return sign_text(&draft.header, &text, &draft.key);
    }
    wrong_signature(fault, draft)
}

fn wrong_claims(fault: Fault, draft: &Draft<'_>) -> Option<Map<String, Value>> {
    let claim = |name: &str| draft.claims.get(name).cloned().unwrap_or_default();
    let number = |name: &str| claim(name).as_i64().unwrap_or_default();
    let text = |name: &str| claim(name).as_str().unwrap_or_default().to_owned();
    let (issuer, audience, now) = (text("iss"), text("aud"), number("iat"));
    let start = |text: &str| text.chars().take(text.chars().count().saturating_sub(1)).collect::<String>();
    let (name, value) = match fault {
        Fault::IssMissing => ("iss", None),
        Fault::IssWrong => ("iss", Some(json!("https://attacker.test/oidc"))),
        Fault::IssTrailingSlash => ("iss", Some(json!(format!("{issuer}/")))),
        Fault::IssPrefix => ("iss", Some(json!(start(&issuer)))),
        Fault::IssArray => ("iss", Some(json!([issuer]))),
        Fault::AudMissing => ("aud", None),
        Fault::AudWrong => ("aud", Some(json!("another-client"))),
        Fault::AudSubstring => ("aud", Some(json!(start(&audience)))),
        Fault::AudNumber => ("aud", Some(json!(7))),
        Fault::AudArray => ("aud", Some(json!([audience]))),
        Fault::AudExtra => ("aud", Some(json!([audience, "another-client"]))),
        Fault::AzpWrong => ("azp", Some(json!("another-client"))),
        Fault::SubMissing => ("sub", None),
        Fault::SubEmpty => ("sub", Some(json!(""))),
        Fault::SubLong => ("sub", Some(json!("a".repeat(256)))),
        Fault::SubNumber => ("sub", Some(json!(42))),
        Fault::SubNul => ("sub", Some(json!("a\0b"))),
        Fault::ExpMissing => ("exp", None),
        Fault::ExpPast => ("exp", Some(json!(now - HOUR))),
        Fault::ExpString => ("exp", Some(json!("99999999999"))),
        Fault::ExpNegative => ("exp", Some(json!(-1))),
        Fault::NbfFuture => ("nbf", Some(json!(now + HOUR))),
        Fault::NbfString => ("nbf", Some(json!("99999999999"))),
        Fault::IatMissing => ("iat", None),
        Fault::IatFuture => ("iat", Some(json!(now + 24 * HOUR))),
        Fault::IatWeekOld => ("iat", Some(json!(now - 7 * 24 * HOUR))),
        Fault::NonceWrong => ("nonce", Some(json!("a-nonce-that-nobody-sent"))),
        Fault::NonceMissing => ("nonce", None),
        Fault::NonceArray => ("nonce", Some(json!([claim("nonce")]))),
        Fault::AtHashWrong => ("at_hash", Some(json!(half_hash("another token")))),
        Fault::CHashWrong => ("c_hash", Some(json!(half_hash(&format!("not {}", draft.code.unwrap_or_default()))))),
        Fault::AcrMissing => ("acr", None),
        Fault::AcrLower => ("acr", Some(json!("LoA1"))),
        Fault::AcrUnknown => ("acr", Some(json!("LoA-unknown"))),
        Fault::AcrHigher => ("acr", Some(json!("LoA3"))),
        Fault::AuthTimeMissing => ("auth_time", None),
        Fault::AuthTimeOld => ("auth_time", Some(json!(now - 24 * HOUR))),
        Fault::ClaimTypesWrong => ("birthdate", Some(json!(12))),
        Fault::ExtraClaims => ("urn:mock:extra", Some(json!({"nested": [1, 2.5, null, "x"]}))),
        _ => return None,
    };
    let mut claims = draft.claims.clone();
    match value {
        Some(value) => claims.insert(name.to_owned(), value),
        None => claims.remove(name),
    };
    if fault == Fault::ClaimTypesWrong {
        claims.extend([("name".to_owned(), json!({"first": 1})), ("phone_number".to_owned(), json!(false))]);
    }
    Some(claims)
}

/// Headers that are wrong while the signature is right for them.
fn wrong_header(fault: Fault, draft: &Draft<'_>) -> Result<Option<Map<String, Value>>, KeyFailure> {
    let (name, value) = match fault {
        Fault::KidPathTraversal => ("kid", Some(json!("../../../../../../etc/passwd"))),
        Fault::KidSql => ("kid", Some(json!("x' OR '1'='1"))),
        Fault::KidHuge => ("kid", Some(json!("k".repeat(10 * 1024)))),
        Fault::KidControlCharacters => ("kid", Some(json!("k\r\nSet-Cookie: a=b\n\u{1b}[31m"))),
        Fault::KidEmpty => ("kid", Some(json!(""))),
        Fault::KidNumber => ("kid", Some(json!(7))),
        Fault::UnknownKid => ("kid", Some(json!(draft.keys.foreign()?.kid))),
        Fault::NoKid => ("kid", None),
        Fault::AlgPs256 => ("alg", Some(json!("PS256"))),
        Fault::Crit => ("crit", Some(json!(["urn:mock:unknown"]))),
        Fault::TypAccessToken => ("typ", Some(json!("at+jwt"))),
        Fault::TypLogoutToken => ("typ", Some(json!("logout+jwt"))),
        Fault::TypDpop => ("typ", Some(json!("dpop+jwt"))),
        _ => return Ok(None),
    };
    let mut header = draft.header.clone();
    match value {
        Some(value) => header.insert(name.to_owned(), value),
        None => header.remove(name),
    };
    if fault == Fault::Crit {
        header.insert("urn:mock:unknown".to_owned(), json!(true));
    }
    Ok(Some(header))
}

/// Claims that no JSON library would write.
fn wrong_text(fault: Fault, draft: &Draft<'_>) -> Option<Vec<u8>> {
    let right = to_json(&draft.claims);
    let body = right.strip_prefix('{')?;
    Some(match fault {
        Fault::DuplicateSub => format!(r#"{{"sub":"somebody-else",{body}"#).into_bytes(),
        Fault::DuplicateExp => format!(r#"{{"exp":99999999999,{body}"#).into_bytes(),
        Fault::NotANumber => format!(r#"{{"odd":NaN,{body}"#).into_bytes(),
        Fault::ExpHuge => {
            let exp = draft.claims.get("exp")?;
            right.replace(&format!(r#""exp":{exp}"#), r#""exp":1e309"#).into_bytes()
        }
        Fault::DeepNesting => format!(r#"{{"deep":{}{},{body}"#, "[".repeat(200), "]".repeat(200)).into_bytes(),
        Fault::InvalidUtf8 => [br#"{"odd":""#.as_slice(), &[0xff, 0xfe], br#"","#, body.as_bytes()].concat(),
        _ => return None,
    })
}

fn sign_text(header: &Map<String, Value>, claims: &[u8], key: &SigningKey) -> Result<String, KeyFailure> {
    let input = format!("{}.{}", b64(to_json(header)), b64(claims));
    let signature = key.sign(key.alg(), input.as_bytes())?;
    Ok(format!("{input}.{}", b64(signature)))
}

/// Signatures that are wrong, missing or somebody else's, and tokens of another form.
fn wrong_signature(fault: Fault, draft: &Draft<'_>) -> Result<String, KeyFailure> {
    let with = |members: Value| {
        let mut header = draft.header.clone();
        for (name, value) in members.as_object().cloned().unwrap_or_default() {
            header.insert(name, value);
        }
        header
    };
    let unsigned = |header: &Map<String, Value>| format!("{}.{}.", b64(to_json(header)), b64(to_json(&draft.claims)));
    let none = |alg: &str| unsigned(&with(json!({ "alg": alg })));
    let hmac = |secret: &[u8]| {
        let token = unsigned(&with(json!({"alg": "HS256"})));
        let input = token.trim_end_matches('.');
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
        format!("{input}.{}", b64(tag))
    };
    let right = jwt::sign(&draft.header, &draft.claims, &draft.key)?;
    let signature = draft.signature(&right);
    let input = right.rsplit_once('.').map_or("", |(input, _)| input);
    let pkcs1 = draft.keys.current(SigningAlg::Rs256);
    Ok(match fault {
        Fault::AlgNone => none("none"),
        Fault::AlgNoneMixedCase => none("None"),
        Fault::AlgNoneUpperCase => none("NONE"),
        Fault::AlgMissing => {
            let mut header = draft.header.clone();
            header.remove("alg");
            sign_text(&header, to_json(&draft.claims).as_bytes(), &draft.key)?
        }
        Fault::EmptySignature => format!("{input}."),
        Fault::Hs256WithPublicPem => hmac(der::encode("PUBLIC KEY", &der::spki(pkcs1.public())).as_bytes()),
        Fault::Hs256WithPublicPkcs1Pem => hmac(der::encode("RSA PUBLIC KEY", pkcs1.public()).as_bytes()),
        Fault::Hs256WithPublicDer => hmac(&der::spki(pkcs1.public())),
        Fault::Hs256WithPublicJwk => hmac(pkcs1.jwk().to_string().as_bytes()),
        Fault::Hs256EmptyKey => hmac(b""),
        Fault::Hs256ClientSecret => hmac(draft.client.secret.as_ref().map_or("", |s| s.expose()).as_bytes()),
        Fault::EmbeddedJwk => draft.by_stranger(with(json!({"jwk": draft.keys.foreign()?.jwk()})))?,
        Fault::Jku => draft.by_stranger(with(json!({"jku": "https://attacker.test/jwks"})))?,
        Fault::X5u => draft.by_stranger(with(json!({"x5u": "https://attacker.test/cert.pem"})))?,
        Fault::X5c => {
            let key = STANDARD.encode(der::spki(draft.keys.foreign()?.public()));
            draft.by_stranger(with(json!({ "x5c": [key] })))?
        }
        Fault::AlgEs256 => {
            let key = draft.keys.current(SigningAlg::Es256);
            jwt::sign(&with(json!({"alg": "ES256", "kid": key.kid})), &draft.claims, &key)?
        }
        Fault::Es256Der => {
            let key = draft.keys.current(SigningAlg::Es256);
            let token = jwt::sign(&with(json!({"alg": "ES256", "kid": key.kid})), &draft.claims, &key)?;
            let der = der::ecdsa(&draft.signature(&token));
            format!("{}.{}", token.rsplit_once('.').map_or("", |(input, _)| input), b64(der))
        }
        Fault::Es256Zero => {
            let key = draft.keys.current(SigningAlg::Es256);
            format!("{}{}", unsigned(&with(json!({"alg": "ES256", "kid": key.kid}))), b64([0_u8; 64]))
        }
        Fault::ForeignKey => draft.by_stranger(draft.header.clone())?,
        Fault::TruncatedSignature => format!("{input}.{}", b64(signature.get(..16).unwrap_or_default())),
        Fault::B64False => {
            let header = with(json!({"b64": false, "crit": ["b64"]}));
            let claims = to_json(&draft.claims);
            let input = format!("{}.{claims}", b64(to_json(&header)));
            format!("{input}.{}", b64(draft.key.sign(draft.key.alg(), input.as_bytes())?))
        }
        Fault::JsonSerialization => {
            let (protected, payload) = input.split_once('.').unwrap_or_default();
            json!({"protected": protected, "payload": payload, "signature": b64(signature)}).to_string()
        }
        Fault::DetachedPayload => {
            let header = input.split('.').next().unwrap_or_default();
            format!("{header}..{}", b64(signature))
        }
        Fault::FourSegments => format!("{right}.{}", b64("more")),
        Fault::SixSegments => format!("{right}.a.b.c"),
        Fault::ManyDots => ".".repeat(500_000),
        Fault::Jwe => encrypted(&json!({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": draft.key.kid})),
        Fault::Pbes2HighCount => {
            let header =
                json!({"alg": "PBES2-HS256+A128KW", "enc": "A128CBC-HS256", "p2s": "AAAA", "p2c": 1_000_000_000});
            encrypted(&header)
        }
        Fault::ZipBomb => encrypted(&json!({"alg": "dir", "enc": "A256GCM", "zip": "DEF"})),
        Fault::NestedUnsigned => {
            let header = with(json!({"cty": "JWT"}));
            sign_text(&header, none("none").as_bytes(), &draft.key)?
        }
        // What is left is the plainest wrong of all: one bit of the signature.
        _ => {
            let mut signature = signature;
            if let Some(byte) = signature.get_mut(10) {
                *byte ^= 1;
            }
            format!("{input}.{}", b64(signature))
        }
    })
}

impl Draft<'_> {
    fn by_stranger(&self, mut header: Map<String, Value>) -> Result<String, KeyFailure> {
        header.insert("alg".to_owned(), json!("RS256"));
        let stranger = self.keys.foreign()?;
        jwt::sign(&header, &self.claims, &stranger)
    }

    fn signature(&self, token: &str) -> Vec<u8> {
        jwt::Unchecked::read(token).map(|token| token.signature).unwrap_or_default()
    }
}

/// Five segments with this header: what a decrypter would have to start working on.
fn encrypted(header: &Value) -> String {
    format!("{}.{}.{}.{}.{}", b64(header.to_string()), b64([7; 256]), b64([7; 12]), b64([7; 64]), b64([7; 16]))
}
