//! One exchange: the answers of a golden file through the public `Provider`, and whether it went as expected.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use vneid_auth::flow::login::Exchange;
use vneid_auth::provider::{CallbackQuery, Provider};
use vneid_auth::random::SystemRandomness;
use vneid_auth::secret::Secret;
use vneid_auth::time::Clock as _;

use super::file::{Answer, Callback, Expect, File};
use super::person;
use super::settings::{CLIENT, Dialect, ISSUER};
use crate::world::{FakeHttp, Reply, StandingClock, jwks, signed};

const REDIRECT_URI: &str = "https://portal.example/auth/callback/provider";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The nonce of every login here.
const NONCE: &str = "nonce-of-this-login";

/// What came of it.
pub(super) enum Outcome {
    Identified {
        parts: Map<String, Value>,
        kept_for_logout: Vec<String>,
        /// What is wrong with how it went.
        wrong: Vec<String>,
    },
    Refused {
        code: String,
        reason: String,
        /// All that the error says.
        text: String,
        wrong: Vec<String>,
    },
}

impl Outcome {
    /// Everything that is not as the file expects it.
    pub(super) fn wrong(&self, file: &File) -> Vec<String> {
        match (self, &file.expect) {
            (Self::Identified { parts, kept_for_logout, wrong }, Expect::Identified(expected)) => {
                let mut all = wrong.clone();
                all.extend(differences(&expected.identity, parts));
                if *kept_for_logout != expected.kept_for_logout {
                    all.push(format!("kept for the logout: {kept_for_logout:?}, not {:?}", expected.kept_for_logout));
                }
                all
            }
            (Self::Refused { code, reason, wrong, .. }, Expect::Refused(expected)) => {
                let mut all = wrong.clone();
                if (code, reason) != (&expected.code, &expected.reason) {
                    all.push(format!("refused as {code}, {reason}, not as {}, {}", expected.code, expected.reason));
                }
                all
            }
            (Self::Identified { parts, .. }, Expect::Refused(_)) => {
                vec![format!("succeeds, with {}", json!(parts))]
            }
            (Self::Refused { text, .. }, Expect::Identified(_)) => vec![format!("is refused: {text}")],
        }
    }
}

/// What is different, by the names of the parts.
pub(super) fn differences(expected: &Map<String, Value>, parts: &Map<String, Value>) -> Vec<String> {
    let names: BTreeSet<&String> = expected.keys().chain(parts.keys()).collect();
    let different = names.into_iter().filter(|name| expected.get(*name) != parts.get(*name));
    let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    different.map(|name| format!("{name}: {}, not {}", shown(parts.get(name)), shown(expected.get(name)))).collect()
}

/// Exchanges the code of the file's callback against its answers.
pub(super) async fn run(dialect: Dialect, file: &File) -> Outcome {
    let addresses = dialect.addresses();
    let http = Arc::new(FakeHttp::default());
    let mut outside = Outside::default();
    if dialect == Dialect::Oidc {
        http.set(&format!("{ISSUER}/.well-known/openid-configuration"), Reply::json(&metadata(dialect)));
    }
    http.set(addresses.jwks, Reply::json(&jwks()));
    for (address, answer) in [(addresses.token, &file.token), (addresses.userinfo, &file.userinfo)] {
        if let Some(answer) = answer {
            http.set(address, outside.reply(answer));
        }
    }
    let brought = Brought::back(&file.callback, &mut outside);

    let config = file.settings.config(dialect);
    let provider = Provider::new(config, http.clone(), Arc::new(StandingClock), Arc::new(SystemRandomness)).unwrap();
    let provider = provider.hashing_subjects(|number| format!("hash of {}", number.expose()));
    let exchange = Exchange {
        code: Secret::new(brought.code),
        encrypt_key: brought.encrypt_key.clone().map(Secret::new),
        verifier: VERIFIER.into(),
        nonce: NONCE.into(),
        authenticated_after: file.settings.fresh.then(|| StandingClock.now()),
    };
    let verified = provider.exchange(&exchange, REDIRECT_URI).await;

    let mut wrong = Vec::new();
    let asked = |address: &str| http.asked(address).len();
    if asked(addresses.token) > 1 || asked(addresses.userinfo) > 1 {
        wrong.push("the provider was asked twice".to_owned());
    }
    if asked(addresses.token) == 1 {
        let form = http.form(addresses.token);
        let key = brought.encrypt_key.filter(|_| dialect == Dialect::VneidSealed);
        for (name, value) in [
            ("grant_type", Some("authorization_code")),
            ("client_id", Some(CLIENT)),
            ("redirect_uri", Some(REDIRECT_URI)),
            ("code", Some(brought.opened.as_str())),
            ("encrypt_key", key.as_deref()),
            ("code_verifier", file.settings.sends_verifier().then_some(VERIFIER)),
        ] {
            let sent = form.get(name).map(String::as_str);
            if sent != value {
                wrong.push(format!("the token request's {name} is {sent:?}, not {value:?}"));
            }
        }
    }
    for request in http.asked(addresses.userinfo) {
        if *request.method() != file.settings.method() || request.uri().query().is_some() {
            wrong.push(format!("userinfo is asked by {} {}", request.method(), request.uri()));
        }
    }
    match verified {
        Ok(verified) => {
            let identity = verified.identity();
            let parts = person::parts(identity);
            wrong.extend(person::unknown_parts(identity).into_iter().map(|name| format!("{name} is not looked at")));
            let masked = ["full_name", "citizen_id", "cmnd", "date_of_birth", "phone", "representative"];
            let masked = masked.iter().filter_map(|name| parts.get(*name)?.as_str());
            let shown = format!("{verified:?} {provider:?}");
            // The account's own name for the person is no secret where it is a number of theirs.
            let shown = shown.replace(&identity.subject, "");
            wrong.extend(masked.filter(|part| shown.contains(part)).map(|part| format!("Debug shows {part:?}")));
            let kept_for_logout = person::kept_for_logout(&verified);
            Outcome::Identified { parts, kept_for_logout, wrong }
        }
        Err(error) => {
            let mut text = format!("{error:?} {error}");
            let mut source = error.source();
            let reason = source.map_or_else(String::new, |source| format!("{source:?}"));
            while let Some(deeper) = source {
                text.push_str(&format!(" {deeper:?} {deeper}"));
                source = deeper.source();
            }
            wrong.extend(outside.shown_in(&text).map(|value| format!("the error shows {value:?}")));
            let code = error.code().to_string();
            if code == "token_invalid" && asked(addresses.userinfo) > 0 {
                wrong.push("userinfo is asked for all the same".to_owned());
            }
            if file.callback.seal.is_some_and(crate::seal::Seal::is_spoiled) && asked(addresses.token) > 0 {
                wrong.push("a code that does not open is sent all the same".to_owned());
            }
            Outcome::Refused { code, reason, text, wrong }
        }
    }
}

fn metadata(dialect: Dialect) -> Value {
    let addresses = dialect.addresses();
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": addresses.token,
        "userinfo_endpoint": addresses.userinfo,
        "jwks_uri": addresses.jwks,
        "end_session_endpoint": format!("{ISSUER}/end_session"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    })
}

/// What the browser brought back, as it came and as it must go on.
struct Brought {
    code: String,
    encrypt_key: Option<String>,
    opened: String,
}

impl Brought {
    fn back(callback: &Callback, outside: &mut Outside) -> Self {
        let clear = callback.code.clone().unwrap_or_else(|| "code-of-this-login".to_owned());
        let (code, encrypt_key) = match (&callback.query, callback.seal) {
            (Some(query), _) => {
                let query = CallbackQuery::parse(query).unwrap();
                let code = query.answer.unwrap();
                (code.expose().to_owned(), query.encrypt_key.map(|key| key.expose().to_owned()))
            }
            (None, Some(seal)) => {
                let (code, key) = seal.seal(clear.as_bytes());
                (code, Some(key))
            }
            (None, None) => (clear.clone(), callback.encrypt_key.clone()),
        };
        outside.values.extend([code.clone(), clear.clone()]);
        outside.values.extend(encrypt_key.clone());
        Self { code, encrypt_key, opened: callback.opened.clone().unwrap_or(clear) }
    }
}

/// Every value that came from outside.
#[derive(Default)]
struct Outside {
    values: BTreeSet<String>,
}

impl Outside {
    /// The answer as it goes over the wire.
    fn reply(&mut self, answer: &Answer) -> Reply {
        if let Some(failure) = answer.fails {
            return Reply::Failure(failure.into());
        }
        let mut body = answer.body.clone().unwrap_or_else(|| json!({}));
        if let Some(claims) = &answer.id_token {
            let claims = Value::Object(claims.clone());
            self.learn(&claims);
            body["id_token"] = json!(signed(&claims, answer.signed));
        }
        self.learn(&body);
        let mut text = match &body {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if let Some(seal) = answer.seal {
            let (data, key) = seal.seal(text.as_bytes());
            let envelope = json!({"data": data, "key": key});
            self.learn(&envelope);
            text = envelope.to_string();
        }
        let content_type = answer.content_type.clone().unwrap_or_else(|| "application/json".into());
        Reply::Answer { status: answer.status.unwrap_or(200), content_type, body: text }
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.values.insert(text.clone());
                // A raw body, or an object in a text; where a member stands there twice it is the last that counts here.
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = text.parse::<Value>() {
                    self.learn(&inner);
                }
            }
            Value::Number(number) => drop(self.values.insert(number.to_string())),
            Value::Array(values) => values.iter().for_each(|value| self.learn(value)),
            Value::Object(members) => members.values().for_each(|value| self.learn(value)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Which of them, unless short, stand in this text. Words of the protocol may.
    fn shown_in(&self, text: &str) -> impl Iterator<Item = &String> {
        const WORDS: [&str; 4] = ["invalid_grant", "invalid_client", "invalid_request", "Bearer"];
        let told = |value: &&String| value.chars().count() > 5 && !WORDS.contains(&value.as_str());
        self.values.iter().filter(told).filter(move |value| text.contains(value.as_str()))
    }
}
