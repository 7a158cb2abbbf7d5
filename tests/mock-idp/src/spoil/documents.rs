//! Wrong documents: token responses, userinfo, key sets, metadata.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::client::SigningAlg;
use crate::fault::{DiscoveryFault, JwksFault, TokenResponseFault, UserinfoFault};
use crate::jwt::{self, b64};
use crate::keys::Keyring;
use crate::web;

/// The token endpoint's answer with this fault.
pub(crate) fn token_response(fault: TokenResponseFault, mut body: Map<String, Value>) -> Response {
    use TokenResponseFault as Fault;
    let text = |text: String| raw(StatusCode::OK, "application/json", text);
    let huge = r#""expires_in":99999999999999999999999999"#;
    let (name, value) = match fault {
        Fault::ErrorWith200 => {
            return web::json(
                StatusCode::OK,
                &json!({"error": "invalid_grant", "error_description": "with status 200"}),
            );
        }
        Fault::ContentTypeText => return raw(StatusCode::OK, "text/plain", Value::Object(body).to_string()),
        Fault::Status201 => return web::json(StatusCode::CREATED, &Value::Object(body)),
        Fault::Array => return web::json(StatusCode::OK, &json!([body])),
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
    web::json(StatusCode::OK, &Value::Object(body))
}

/// Userinfo with this fault.
pub(crate) fn userinfo(fault: UserinfoFault, mut claims: Map<String, Value>, keys: &Keyring) -> Response {
    use UserinfoFault as Fault;
    match fault {
        Fault::SubMissing => set(&mut claims, "sub", None),
        Fault::SubWrong => set(&mut claims, "sub", Some(json!("somebody-else"))),
        Fault::SubNumber => set(&mut claims, "sub", Some(json!(42))),
        Fault::ClaimTypesWrong => {
            set(&mut claims, "birthdate", Some(json!(12)));
            set(&mut claims, "name", Some(json!({"first": 1})));
            set(&mut claims, "phone_number", Some(json!(false)));
            set(&mut claims, "address", Some(json!([])));
        }
        Fault::ClaimsMissing => claims.retain(|name, _| name == "sub"),
        Fault::ExtraClaims => set(&mut claims, "urn:mock:extra", Some(json!({"nested": [1, 2.5, null, "x"]}))),
        Fault::NameEmpty => set(&mut claims, "name", Some(json!(""))),
        Fault::BirthdateMalformed => set(&mut claims, "birthdate", Some(json!("31-01-2390"))),
        Fault::CitizenIdMalformed => set(&mut claims, "citizen_id", Some(json!("00189000000"))),
        Fault::JwtInsteadOfJson => {
            let key = keys.current(SigningAlg::Rs256);
            let header = crate::realm::oidc::header(key.alg(), &key.kid);
            let token = jwt::sign(&header, &claims, &key).unwrap_or_default();
            return raw(StatusCode::OK, "application/jwt", token);
        }
        Fault::DuplicateSub => {
            let right = Value::Object(claims).to_string();
            let text = format!(r#"{{"sub":"somebody-else",{}"#, right.strip_prefix('{').unwrap_or_default());
            return raw(StatusCode::OK, "application/json", text);
        }
    }
    web::json(StatusCode::OK, &Value::Object(claims))
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
pub(crate) fn discovery(fault: DiscoveryFault, mut metadata: Value) -> Response {
    use DiscoveryFault as Fault;
    let issuer = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(members) = metadata.as_object_mut() else {
        return web::json(StatusCode::OK, &metadata);
    };
    let moved = |members: &mut Map<String, Value>, to: &str| {
        for (name, value) in members.iter_mut() {
            if let Some(path) = value.as_str().and_then(|url| url.strip_prefix(&issuer)).filter(|_| name != "issuer") {
                *value = json!(format!("{to}{path}"));
            }
        }
    };
    match fault {
        Fault::IssuerWrong => set(members, "issuer", Some(json!("https://attacker.test/oidc"))),
        Fault::IssuerTrailingSlash => set(members, "issuer", Some(json!(format!("{issuer}/")))),
        Fault::IssuerMissing => set(members, "issuer", None),
        Fault::EndpointMissing => set(members, "authorization_endpoint", None),
        Fault::EndpointsForeign => moved(members, "https://attacker.test/oidc"),
        Fault::EndpointsPlainHttp => moved(members, "http://attacker.test/oidc"),
        Fault::JwksUriMissing => set(members, "jwks_uri", None),
        Fault::AlgNoneListed => {
            set(members, "id_token_signing_alg_values_supported", Some(json!(["none", "RS256", "ES256"])));
        }
        Fault::ContentTypeText => return raw(StatusCode::OK, "text/plain", metadata.to_string()),
        Fault::PkceMissing => set(members, "code_challenge_methods_supported", None),
    }
    web::json(StatusCode::OK, &metadata)
}

fn set(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.remove(name),
    };
}

fn raw(status: StatusCode, media: &'static str, text: String) -> Response {
    let mut response = Response::new(axum::body::Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    web::security_headers(response)
}
