//! A whole login against a provider that answers what it is told to.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;

use aws_lc_rs::signature::EcdsaKeyPair;
use serde_json::{Value, json};

use super::reason::{CallReason, IdTokenReason, JsonReason, JwsReason, TokenReason, UserinfoReason};
use super::testing::{FakeHttp, ISSUER, Signer, TestClock, metadata};
use super::*;
use crate::error::Language;
use crate::identity::Level;
use crate::random::SystemRandomness;

const METADATA: &str = "https://id.example/oidc/.well-known/openid-configuration";
const TOKEN: &str = "https://id.example/oidc/token";
const JWKS: &str = "https://id.example/oidc/jwks";
const USERINFO: &str = "https://id.example/oidc/userinfo";
const CALLBACK: &str = "https://portal.example/auth/callback/vneid";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

struct World {
    http: Arc<FakeHttp>,
    clock: Arc<TestClock>,
    signer: Signer,
    provider: Provider,
}

impl World {
    fn new() -> Self {
        Self::with(|config| config)
    }

    fn with(settings: impl FnOnce(ProviderConfig) -> ProviderConfig) -> Self {
        let (http, clock) = (Arc::new(FakeHttp::default()), Arc::new(TestClock::default()));
        let signer = Signer::es256("k1");
        http.json(METADATA, metadata());
        http.json(JWKS, json!({"keys": [signer.jwk()]}));
        http.json(USERINFO, json!({"sub": "s-1", "name": "Trần Văn Thử", "citizen_id": "001890000001"}));
        let config = settings(ProviderConfig::oidc("vneid", ISSUER, "por:tal").client_secret("se%cret é".into()));
        let provider = Provider::new(config, http.clone(), clock.clone(), Arc::new(SystemRandomness)).unwrap();
        let world = Self { http, clock, signer, provider };
        world.http.json(TOKEN, world.tokens(|_| {}));
        world
    }

    fn tokens(&self, change: impl FnOnce(&mut Value)) -> Value {
        let now = self.clock.now().unix_seconds();
        let mut claims = json!({"iss": ISSUER, "aud": "por:tal", "sub": "s-1", "exp": now + 300, "iat": now, "nonce": "n-1", "acr": "LoA2"});
        change(&mut claims);
        json!({"access_token": "at-1", "token_type": "bEARER", "expires_in": "3599", "id_token": self.signer.sign(&claims)})
    }

    async fn login(&self) -> Result<Verified> {
        let exchange = Exchange {
            code: "a+b/c=".into(),
            encrypt_key: None,
            verifier: VERIFIER.into(),
            nonce: "n-1".into(),
            authenticated_after: None,
        };
        self.provider.exchange(&exchange, CALLBACK).await
    }

    /// The code that a login is refused with, and its reason.
    async fn refused<R: std::error::Error + Clone + 'static>(&self) -> (Code, R) {
        let error = self.login().await.unwrap_err();
        let source = error.source().unwrap_or_else(|| panic!("{error}"));
        (error.code(), source.downcast_ref::<R>().unwrap_or_else(|| panic!("{error}: {source:?}")).clone())
    }

    fn form(&self) -> BTreeMap<String, String> {
        let asked = self.http.asked(TOKEN);
        url::form_urlencoded::parse(asked[0].body()).into_owned().collect()
    }
}

fn ask() -> AuthorizationRequest {
    AuthorizationRequest {
        state: "st".into(),
        nonce: "n-1".into(),
        verifier: VERIFIER.into(),
        redirect_uri: CALLBACK.into(),
        level: Some(Level::TWO),
        fresh: false,
        language: Language::Vietnamese,
    }
}

async fn query(world: &World, ask: AuthorizationRequest) -> BTreeMap<String, String> {
    let (url, issuer) = world.provider.authorization_request(&ask).await.unwrap();
    assert_eq!(issuer, ResponseIssuer::Required(ISSUER.into()));
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let query: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(query.len(), pairs.len(), "a parameter stands there twice: {url}");
    query
}

#[tokio::test]
async fn c3_c8_the_request_asks_for_what_is_configured() {
    let query = query(&World::new(), ask()).await;
    let expected = [
        ("response_type", "code"),
        ("client_id", "por:tal"),
        ("state", "st"),
        ("nonce", "n-1"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile phone"),
        // RFC 7636, appendix B.
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("acr_values", "LoA2"),
        ("ui_locales", "vi"),
    ];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn c8_scopes_are_those_that_are_configured_or_listed() {
    let world = World::with(|config| config.scopes(["openid", "citizen"]));
    assert_eq!(query(&world, ask()).await["scope"], "openid citizen");
    for (listed, asked) in [
        (json!(["profile", "citizen_id", "offline_access"]), "openid profile citizen_id"),
        (json!(["openid"]), "openid"),
        (json!([]), "openid profile phone"),
    ] {
        let world = World::new();
        let mut document = metadata();
        document["scopes_supported"] = listed;
        world.http.json(METADATA, document);
        assert_eq!(query(&world, ask()).await["scope"], asked);
    }
}

#[tokio::test]
async fn a_fresh_login_asks_for_a_new_authentication() {
    let world = World::with(|config| config.prompt("none").max_age(std::time::Duration::from_secs(60)));
    let settings = query(&world, ask()).await;
    assert_eq!((settings["prompt"].as_str(), settings["max_age"].as_str()), ("none", "60"));
    let fresh = query(&world, AuthorizationRequest { fresh: true, level: None, ..ask() }).await;
    assert_eq!((fresh["prompt"].as_str(), fresh["max_age"].as_str()), ("login", "0"));
    assert!(!fresh.contains_key("acr_values"));
}

#[tokio::test]
async fn verifiers_that_are_none_are_an_error_and_no_panic() {
    for bad in ["", "short", &"a".repeat(129), &"é".repeat(30)] {
        let ask = AuthorizationRequest { verifier: bad.into(), ..ask() };
        assert!(World::new().provider.authorization_request(&ask).await.is_err());
    }
}

#[tokio::test]
async fn a_login_gives_a_checked_identity() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let world = World::new();
    let verified = sendable(world.login()).await.unwrap();
    let identity = verified.identity();
    assert_eq!((identity.subject.as_str(), identity.level), ("s-1", Some(Level::TWO)));
    assert_eq!(identity.profile.full_name.as_ref().unwrap().expose(), "Trần Văn Thử");
    let userinfo = &world.http.asked(USERINFO)[0];
    assert_eq!(userinfo.headers()["authorization"], "Bearer at-1");
    assert!(!format!("{verified:?} {:?}", world.provider).contains("at-1"));
}

#[tokio::test]
async fn c56_c57_the_client_proves_itself_as_configured() {
    let world = World::new();
    world.login().await.unwrap();
    let form = world.form();
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "a+b/c="),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "por:tal"),
        ("client_secret", "se%cret é"),
    ] {
        assert_eq!(form[name], value);
    }

    let mut listed = metadata();
    listed["token_endpoint_auth_methods_supported"] = json!(["client_secret_post", "client_secret_basic"]);
    let world = World::new();
    world.http.json(METADATA, listed);
    world.login().await.unwrap();
    // `por%3Atal:se%25cret+%C3%A9`
    let basic = "Basic cG9yJTNBdGFsOnNlJTI1Y3JldCslQzMlQTk=";
    assert_eq!(world.http.asked(TOKEN)[0].headers()["authorization"], basic);
    assert!(!world.form().contains_key("client_secret") && !world.form().contains_key("client_id"));
}

#[tokio::test]
async fn a_client_key_signs_an_assertion() {
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der = STANDARD.encode(pair.to_pkcs8v1().unwrap());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    let key = ClientKey::from_pem(&Secret::new(pem)).unwrap().with_id("c1");
    assert!(!format!("{key:?}").contains(&der[..20]));
    let world = World::with(|config| config.client_auth(ClientAuth::PrivateKeyJwt(key)));
    world.login().await.unwrap();
    let form = world.form();
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(form["client_id"], "por:tal");
    assert!(!form.contains_key("client_secret"));
    let decode = |segment: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap();
    let mut segments = form["client_assertion"].split('.');
    assert_eq!(decode(segments.next().unwrap()), json!({"alg": "ES256", "kid": "c1", "typ": "JWT"}));
    let claims = decode(segments.next().unwrap());
    let now = world.clock.now().unix_seconds();
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["aud"]),
        (&json!("por:tal"), &json!("por:tal"), &json!(ISSUER))
    );
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 60)));
    for bad in ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        assert!(ClientKey::from_pem(&bad.into()).is_err());
    }
}

#[tokio::test]
async fn c61_to_c68_what_the_token_endpoint_may_answer() {
    let world = World::new();
    let good = world.tokens(|_| {});
    let with = |name: &str, value: Value| {
        let mut answer = good.clone();
        answer[name] = value;
        answer.to_string()
    };
    for (status, body) in [
        (200, with("expires_in", json!(1e300))),
        (200, with("expires_in", json!(-1))),
        (201, good.to_string()),
        (200, with("token_type", json!("Bearer"))),
        (200, with("scope", json!(["unexpected"]))),
    ] {
        world.http.answer(TOKEN, status, "application/json;charset=UTF-8", &body);
        world.login().await.unwrap();
    }
    let json = "application/json";
    for (status, media_type, body, reason) in [
        (400, json, r#"{"error":"invalid_grant","error_description":"x"}"#, TokenReason::InvalidGrant),
        (200, json, r#"{"error":"invalid_grant"}"#, TokenReason::InvalidGrant),
        (401, json, r#"{"error":"invalid_client"}"#, TokenReason::InvalidClient),
        (400, json, r#"{"error":"what_is_this"}"#, TokenReason::OtherError),
        (400, json, r#"{"error":7}"#, TokenReason::OtherError),
        (200, json, r#"{"token_type":"Bearer"}"#, TokenReason::AccessToken),
        (200, json, r#"{"access_token":"","token_type":"Bearer"}"#, TokenReason::AccessToken),
        (200, json, r#"{"access_token":"a\r\nb","token_type":"Bearer"}"#, TokenReason::AccessToken),
        (200, json, r#"{"access_token":7,"token_type":"Bearer"}"#, TokenReason::AccessToken),
        (200, json, r#"{"access_token":"a","token_type":"mac"}"#, TokenReason::TokenType),
        (200, json, r#"{"access_token":"a"}"#, TokenReason::TokenType),
    ] {
        world.http.answer(TOKEN, status, media_type, body);
        assert_eq!(world.refused().await, (Code::ProviderError, reason), "{body}");
    }
    let call = |status| CallReason::Status { status, retry_after: None };
    for (status, media_type, body, code, reason) in [
        (200, "text/html", "<html>", Code::ProviderError, CallReason::MediaType),
        (200, json, "<html>", Code::ProviderError, CallReason::Json(JsonReason::NotJson)),
        (
            200,
            json,
            r#"{"access_token":"a","access_token":"b"}"#,
            Code::ProviderError,
            CallReason::Json(JsonReason::Duplicate),
        ),
        (404, "text/html", "<html>", Code::ProviderError, call(404)),
        (302, json, "{}", Code::ProviderError, call(302)),
        (429, json, "{}", Code::ProviderUnavailable, call(429)),
        (503, json, r#"{"error":"temporarily_unavailable"}"#, Code::ProviderUnavailable, call(503)),
    ] {
        world.http.answer(TOKEN, status, media_type, body);
        assert_eq!(world.refused().await, (code, reason), "{status} {body}");
    }
    for (failure, code) in [
        (HttpFailure::Connect, Code::ProviderUnavailable),
        (HttpFailure::Timeout, Code::ProviderUnavailable),
        (HttpFailure::TooLarge, Code::ProviderError),
    ] {
        world.http.fail(TOKEN, failure);
        assert_eq!(world.refused().await, (code, CallReason::Http(failure)));
    }
}

#[tokio::test]
async fn the_code_is_exchanged_once_whatever_comes() {
    let world = World::new();
    world.http.answer(TOKEN, 503, "text/plain", "");
    world.login().await.unwrap_err();
    assert_eq!(world.http.count(TOKEN), 1);
}

#[tokio::test]
async fn c69_c71_an_id_token_that_does_not_hold_is_no_identity() {
    let world = World::new();
    let mut none = world.tokens(|_| {});
    none.as_object_mut().unwrap().remove("id_token");
    world.http.json(TOKEN, none);
    assert_eq!(world.refused().await, (Code::TokenInvalid, IdTokenReason::Missing));
    world.http.json(TOKEN, json!({"access_token": "a", "token_type": "Bearer", "id_token": 7}));
    assert_eq!(world.refused().await, (Code::TokenInvalid, TokenReason::IdToken));
    world.http.json(TOKEN, world.tokens(|claims| claims["nonce"] = json!("n-2")));
    assert_eq!(world.refused().await, (Code::TokenInvalid, IdTokenReason::Nonce));
    let stranger = Signer::es256("k1");
    let mut forged = world.tokens(|_| {});
    forged["id_token"] = json!(stranger.sign(&json!({"iss": ISSUER})));
    world.http.json(TOKEN, forged);
    assert_eq!(world.refused().await, (Code::TokenInvalid, IdTokenReason::Jws(JwsReason::Signature)));
    let unknown = Signer::es256("k2").sign(&json!({}));
    world.http.json(TOKEN, json!({"access_token": "a", "token_type": "Bearer", "id_token": unknown}));
    assert_eq!(world.refused().await, (Code::TokenInvalid, IdTokenReason::Jws(JwsReason::UnknownKey)));
    assert_eq!(world.http.count(USERINFO), 0);
}

#[tokio::test]
async fn c111_to_c114_userinfo_that_does_not_hold_is_no_identity() {
    let world = World::new();
    let json = "application/json";
    for (body, reason) in [
        (r#"{"sub":"s-2"}"#, UserinfoReason::OtherSubject),
        (r#"{"name":"x"}"#, UserinfoReason::NoSubject),
        (r#"{"sub":1}"#, UserinfoReason::NoSubject),
    ] {
        world.http.answer(USERINFO, 200, json, body);
        assert_eq!(world.refused().await, (Code::ProfileInvalid, reason));
    }
    for (status, media_type, body, code) in [
        (401, json, "{}", Code::ProfileInvalid),
        (200, "application/jwt", "a.b.c", Code::ProfileInvalid),
        (200, "text/html", "<html>", Code::ProfileInvalid),
        (200, json, r#"{"sub":"s-1","sub":"s-1"}"#, Code::ProfileInvalid),
        (500, json, "{}", Code::ProviderUnavailable),
    ] {
        world.http.answer(USERINFO, status, media_type, body);
        assert_eq!(world.login().await.unwrap_err().code(), code, "{status} {body}");
    }
    world.http.fail(USERINFO, HttpFailure::Timeout);
    assert_eq!(world.login().await.unwrap_err().code(), Code::ProviderUnavailable);
}

#[tokio::test]
async fn c168_c170_metadata_are_fetched_when_needed_and_a_provider_may_come_back() {
    let world = World::new();
    assert_eq!(world.http.count(METADATA), 0);
    world.http.fail(METADATA, HttpFailure::Connect);
    let error = world.provider.authorization_request(&ask()).await.unwrap_err();
    assert_eq!(error.code(), Code::ProviderUnavailable);
    assert!(end_session(&world, None).await.is_none());
    let mut other = metadata();
    other["issuer"] = json!("https://id.example/oidc/");
    world.http.json(METADATA, other);
    world.clock.advance(std::time::Duration::from_secs(2));
    let error = world.provider.authorization_request(&ask()).await.unwrap_err();
    assert_eq!(error.code(), Code::ProviderError);
    world.http.json(METADATA, metadata());
    world.clock.advance(std::time::Duration::from_secs(2));
    world.provider.authorization_request(&ask()).await.unwrap();
}

/// Where the browser is sent to end the provider's session.
async fn end_session(world: &World, id_token: Option<&str>) -> Option<Secret> {
    let hints = LogoutHints { id_token: id_token.map(Secret::from), ..LogoutHints::default() };
    world.provider.logout(&hints, "https://portal.example/x", "s").await.provider
}

#[tokio::test]
async fn c147_no_end_session_endpoint_is_no_address() {
    let world = World::new();
    let url = end_session(&world, Some("t")).await.unwrap();
    assert!(url.expose().starts_with("https://id.example/oidc/end_session?id_token_hint=t&client_id=por%3Atal&"));
    let world = World::with(|config| config.ends_session(false));
    assert!(end_session(&world, None).await.is_none());
    let world = World::new();
    let mut without = metadata();
    without.as_object_mut().unwrap().remove("end_session_endpoint");
    world.http.json(METADATA, without);
    assert!(end_session(&world, None).await.is_none());
}

#[tokio::test]
async fn the_origin_of_the_end_session_endpoint() {
    let world = World::new();
    let mut elsewhere = metadata();
    elsewhere["end_session_endpoint"] = json!("https://logout.example:8443/end");
    world.http.json(METADATA, elsewhere);
    assert_eq!(world.provider.logout_origins(), ["https://id.example"]);
    world.login().await.unwrap();
    assert_eq!(world.provider.logout_origins(), ["https://logout.example:8443"]);
    assert!(World::with(|config| config.ends_session(false)).provider.logout_origins().is_empty());
}

#[tokio::test]
async fn the_origin_of_the_authorization_endpoint() {
    let world = World::with(|config| config.ends_session(false));
    let mut elsewhere = metadata();
    elsewhere["authorization_endpoint"] = json!("https://login.example:8443/authorize");
    world.http.json(METADATA, elsewhere);
    assert_eq!(world.provider.login_origin().as_deref(), Some("https://id.example"), "it is mostly the issuer's");
    world.login().await.unwrap();
    assert_eq!(world.provider.login_origin().as_deref(), Some("https://login.example:8443"));
}

#[tokio::test]
async fn many_first_logins_at_once_fetch_metadata_and_keys_once() {
    let world = World::new();
    let (a, b, c) = tokio::join!(world.login(), world.login(), world.login());
    for login in [a, b, c] {
        login.unwrap();
    }
    assert_eq!((world.http.count(METADATA), world.http.count(JWKS), world.http.count(TOKEN)), (1, 1, 3));
}

#[test]
fn nothing_that_comes_from_outside_panics() {
    let signer = Signer::es256("k1");
    let keys = super::testing::key_set(&[&signer]);
    let allowed = [super::algorithm::Algorithm::Es256];
    let seeds = [
        signer.sign(&json!({"iss": ISSUER, "aud": ["a"], "exp": 1, "sub": "s"})),
        metadata().to_string(),
        json!({"keys": [signer.jwk(), Signer::rsa("r").jwk()]}).to_string(),
        "code=a%2Bb&state=s&iss=https%3A%2F%2Fid.example&error_description=%C3%A9".to_owned(),
    ];
    // A small generator (Knuth's MMIX constants): the same inputs at every run.
    let mut state = 7_u64;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    for round in 0..20_000 {
        let mut input = seeds[round % seeds.len()].clone().into_bytes();
        for _ in 0..=below(4) {
            let at = below(input.len());
            match below(3) {
                0 => input[at] = b"%.\"{}[]=&\\0\xff"[below(12)],
                1 => input.truncate(at.max(1)),
                _ => input.insert(at, input[below(input.len())]),
            }
        }
        if let Ok(members) = super::json::object(&input) {
            let _ = Metadata::read(&members, ISSUER);
            let _ = super::jwks::KeySet::read(members);
        }
        let text = String::from_utf8_lossy(&input);
        let _ = CallbackQuery::parse(&text);
        if let Ok(jws) = Jws::parse(&text, &allowed) {
            let _ = jws.verified(&keys);
        }
    }
}
