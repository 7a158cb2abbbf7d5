//! Wrong documents: token responses, userinfo, key sets, metadata.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::client::SigningAlg;
use crate::fault::{DiscoveryFault, JwksFault, TokenResponseFault, UserinfoFault};
use crate::jwt::{self, b64};
use crate::keys::Keyring;
use crate::web;
use url::Url;

/// An answer to a program: spoilt or not, and not yet sent, since a dialect may seal it.
pub(crate) struct Document {
    pub(crate) status: StatusCode,
    pub(crate) media: &'static str,
    pub(crate) text: String,
}

/// What a realm calls the claims that faults of userinfo concern.
pub(crate) struct ClaimNames {
    pub(crate) subject: &'static str,
    pub(crate) name: &'static str,
    pub(crate) birth_date: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) citizen_id: &'static str,
}

impl Document {
    /// A JSON answer.
    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self { status, media: "application/json", text: value.to_string() }
    }

    /// A `200` with this text.
    pub(crate) fn ok(media: &'static str, text: String) -> Self {
        Self { status: StatusCode::OK, media, text }
    }
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.text));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.media));
        web::security_headers(response)
    }
}

/// The token endpoint's answer with this fault.
pub(crate) fn token_response(fault: TokenResponseFault, mut body: Map<String, Value>) -> Document {
    use TokenResponseFault as Fault;
    let text = |text: String| Document::ok("application/json", text);
    let huge = r#""expires_in":99999999999999999999999999"#;
    let (name, value) = match fault {
        Fault::ErrorWith200 => {
            return Document::json(
                StatusCode::OK,
                &json!({"error": "invalid_grant", "error_description": "with status 200"}),
            );
        }
        Fault::ContentTypeText => return Document::ok("text/plain", Value::Object(body).to_string()),
        Fault::Status201 => return Document::json(StatusCode::CREATED, &Value::Object(body)),
        Fault::Array => return Document::json(StatusCode::OK, &json!([body])),
        Fault::DuplicateMembers => {
            let right = Value::Object(body).to_string();
            return text(format!(r#"{{"access_token":"another",{}"#, right.strip_prefix('{').unwrap_or_default()));
        }
        Fault::ExpiresInHuge => {
            body.remove("expires_in");
            let right = Value::Object(body).to_string();
            return text(format!("{{{huge},{}", right.strip_prefix('{').unwrap_or_default()));
        }
        Fault::AccessTokenMissing => ("access_token", None),
        Fault::AccessTokenEmpty => ("access_token", Some(json!(""))),
        Fault::IdTokenMissing => ("id_token", None),
        Fault::IdTokenNumber => ("id_token", Some(json!(7))),
        Fault::TokenTypeMissing => ("token_type", None),
        Fault::TokenTypeOdd => ("token_type", Some(json!("mac"))),
        Fault::TokenTypeMixedCase => ("token_type", Some(json!("bEARER"))),
        Fault::ExpiresInMissing => ("expires_in", None),
        Fault::ExpiresInString => ("expires_in", Some(json!("3599"))),
        Fault::ExpiresInNegative => ("expires_in", Some(json!(-1))),
    };
    set(&mut body, name, value);
    Document::json(StatusCode::OK, &Value::Object(body))
}

/// Userinfo with this fault.
pub(crate) fn userinfo(
    fault: UserinfoFault,
    mut claims: Map<String, Value>,
    keys: &Keyring,
    names: &ClaimNames,
) -> Document {
    use UserinfoFault as Fault;
    match fault {
        Fault::SubMissing => set(&mut claims, names.subject, None),
        Fault::SubWrong => set(&mut claims, names.subject, Some(json!("somebody-else"))),
        Fault::SubNumber => set(&mut claims, names.subject, Some(json!(42))),
        Fault::ClaimTypesWrong => {
            set(&mut claims, names.birth_date, Some(json!(12)));
            set(&mut claims, names.name, Some(json!({"first": 1})));
            set(&mut claims, names.phone, Some(json!(false)));
            set(&mut claims, "address", Some(json!([])));
        }
        Fault::ClaimsMissing => claims.retain(|name, _| name == names.subject),
        Fault::ExtraClaims => set(&mut claims, "urn:mock:extra", Some(json!({"nested": [1, 2.5, null, "x"]}))),
        Fault::NameEmpty => set(&mut claims, names.name, Some(json!(""))),
        Fault::BirthdateMalformed => set(&mut claims, names.birth_date, Some(json!("31-01-2390"))),
        Fault::CitizenIdMalformed => set(&mut claims, names.citizen_id, Some(json!("00189000000"))),
        Fault::JwtInsteadOfJson => {
            let key = keys.current(SigningAlg::Rs256);
            let header = crate::realm::header(key.alg(), &key.kid);
            let token = jwt::sign(&header, &claims, &key).unwrap_or_default();
            return Document::ok("application/jwt", token);
        }
        Fault::DuplicateSub => {
            let right = Value::Object(claims).to_string();
            let text =
                format!(r#"{{"{}":"somebody-else",{}"#, names.subject, right.strip_prefix('{').unwrap_or_default());
            return Document::ok("application/json", text);
        }
    }
    Document::json(StatusCode::OK, &Value::Object(claims))
}

/// The key set with this fault.
pub(crate) fn jwks(fault: JwksFault, keys: Vec<Value>, ring: &Keyring) -> Value {
    use JwksFault as Fault;
    let each = |change: &dyn Fn(&mut Map<String, Value>)| {
        let changed = keys.iter().cloned().map(|mut key| {
            if let Some(members) = key.as_object_mut() {
                change(members);
            }
            key
        });
        json!({ "keys": changed.collect::<Vec<_>>() })
    };
    let before = |decoys: Vec<Value>| json!({ "keys": decoys.into_iter().chain(keys.clone()).collect::<Vec<_>>() });
    let zeros = |bytes: usize| b64(vec![0x81_u8; bytes]);
    match fault {
        Fault::Empty => json!({"keys": []}),
        Fault::NoKeysMember => json!({"key": keys}),
        Fault::DecoysSameKid => before(
            keys.iter()
                .map(|key| {
                    json!({"kty": "EC", "crv": "P-384", "use": "sig", "alg": "ES384", "kid": key.get("kid"),
                   "x": zeros(48), "y": zeros(48)})
                })
                .collect(),
        ),
        Fault::DuplicateKid => before(
            keys.iter()
                .filter_map(|key| {
                    let mut stranger = ring.foreign().ok()?.jwk();
                    let kid = key.get("kid")?.clone();
                    stranger.as_object_mut()?.insert("kid".to_owned(), kid);
                    Some(stranger)
                })
                .collect(),
        ),
        Fault::NoKids => each(&|key| set(key, "kid", None)),
        Fault::WrongKids => each(&|key| set(key, "kid", Some(json!("a-key-of-another-time")))),
        Fault::UseEnc => each(&|key| set(key, "use", Some(json!("enc")))),
        Fault::AlgOther => each(&|key| set(key, "alg", Some(json!("RS512")))),
        Fault::WeakRsa => before(vec![
            json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "weak", "n": zeros(128), "e": "AQAB"}),
        ]),
        Fault::OddKeys => before(vec![
            json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": 7, "n": zeros(256), "e": "AQAB"}),
            json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "new", "pub": "AAAA"}),
            json!({"kty": "RSA", "kid": "x", "x5c": "not-an-array", "n": zeros(256), "e": "AQAB"}),
            json!("no object"),
        ]),
        Fault::SymmetricKey => {
            before(vec![json!({"kty": "oct", "use": "sig", "alg": "HS256", "kid": "symmetric", "k": zeros(32)})])
        }
    }
}

/// The metadata with this fault.
pub(crate) fn discovery(fault: DiscoveryFault, mut metadata: Value) -> Document {
    use DiscoveryFault as Fault;
    let issuer = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default().to_owned();
    let home = Url::parse(&issuer).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let Some(members) = metadata.as_object_mut() else {
        return Document::json(StatusCode::OK, &metadata);
    };
    let moved = |members: &mut Map<String, Value>, to: &str| {
        for (name, value) in members.iter_mut() {
            if let Some(path) = value.as_str().and_then(|url| url.strip_prefix(&home)).filter(|_| name != "issuer") {
                *value = json!(format!("{to}{path}"));
            }
        }
    };
    match fault {
        Fault::IssuerWrong => set(members, "issuer", Some(json!("https://attacker.test/oidc"))),
        Fault::IssuerTrailingSlash => set(members, "issuer", Some(json!(format!("{issuer}/")))),
        Fault::IssuerMissing => set(members, "issuer", None),
        Fault::EndpointMissing => set(members, "authorization_endpoint", None),
        Fault::EndpointsForeign => moved(members, "https://attacker.test"),
        Fault::EndpointsPlainHttp => moved(members, "http://attacker.test"),
        Fault::JwksUriMissing => set(members, "jwks_uri", None),
        Fault::AlgNoneListed => {
            set(members, "id_token_signing_alg_values_supported", Some(json!(["none", "RS256", "ES256"])));
        }
        Fault::ContentTypeText => return Document::ok("text/plain", metadata.to_string()),
        Fault::PkceMissing => set(members, "code_challenge_methods_supported", None),
    }
    Document::json(StatusCode::OK, &metadata)
}

fn set(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.remove(name),
    };
}
