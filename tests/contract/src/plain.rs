//! A provider with nothing in between: its authorization endpoint sends the browser straight back with a code. Tests that
//! care for the portal's side of the redirect use it, and write the provider's answers themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;
use vneid_auth::provider::ProviderConfig;
use vneid_auth::time::Clock;

use crate::SimClock;

const CLIENT: &str = "portal";
const SECRET: &str = "plain secret: only for tests";

/// How a provider differs from an honest one.
#[derive(Clone, Copy)]
pub struct Bent {
    /// Changes its metadata.
    pub metadata: fn(&mut Value),
    /// Changes its id_token's claims.
    pub claims: fn(&mut Value),
    /// Changes its userinfo.
    pub userinfo: fn(&mut Value),
    /// It does not look at the PKCE verifier.
    pub forgets_pkce: bool,
}

impl Default for Bent {
    fn default() -> Self {
        Self { metadata: |_| {}, claims: |_| {}, userinfo: |_| {}, forgets_pkce: false }
    }
}

/// A running provider.
pub struct Plain {
    /// `http://127.0.0.1:PORT/op`.
    pub issuer: String,
    inner: Arc<Inner>,
    server: JoinHandle<()>,
}

struct Inner {
    issuer: String,
    bent: Bent,
    clock: SimClock,
    key: EcdsaKeyPair,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// The authorization request that a code answers; a code works once.
    grants: BTreeMap<String, Url>,
    exchanges: Vec<BTreeMap<String, String>>,
    tokens: BTreeSet<String>,
    asked: Vec<String>,
}

impl Plain {
    /// An honest provider on a free port.
    pub async fn start(clock: SimClock) -> Self {
        Self::bent(clock, Bent::default()).await
    }

    /// One that is not.
    pub async fn bent(clock: SimClock, bent: Bent) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/op", listener.local_addr().unwrap());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let inner = Arc::new(Inner { issuer: issuer.clone(), bent, clock, key, book: Mutex::default() });
        let app = Router::new()
            .route("/op/.well-known/openid-configuration", get(metadata))
            .route("/op/authorize", get(authorize))
            .route("/op/token", post(token))
            .route("/op/userinfo", get(userinfo))
            .route("/op/jwks", get(jwks))
            .with_state(inner.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { issuer, inner, server }
    }

    /// The portal's settings for this provider.
    pub fn config(&self, name: &str) -> ProviderConfig {
        ProviderConfig::oidc(name, &self.issuer, CLIENT).client_secret(SECRET.into())
    }

    /// The citizen consents to this authorization request; `code` is what the provider gives out for it.
    pub fn consent(&self, request: &Url, code: &str) {
        self.inner.book().grants.insert(code.to_owned(), request.clone());
    }

    /// The honest answer to an authorization request: where the browser is sent.
    pub fn answer(&self, request: &Url) -> Url {
        self.inner.answer(request)
    }

    /// What came to the token endpoint, field by field.
    pub fn exchanges(&self) -> Vec<BTreeMap<String, String>> {
        self.inner.book().exchanges.clone()
    }

    /// The endpoints that the portal has asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.inner.book().asked.clone()
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A parameter of an address.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

impl Inner {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn answer(&self, request: &Url) -> Url {
        let mut book = self.book();
        let code = format!("code-{}", book.grants.len() + book.exchanges.len());
        book.grants.insert(code.clone(), request.clone());
        let mut back = Url::parse(&parameter(request, "redirect_uri").unwrap()).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &parameter(request, "state").unwrap())
            .append_pair("iss", &self.issuer);
        back
    }

    fn id_token(&self, request: &Url) -> String {
        let now = self.clock.now().unix_seconds();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "plain-1", "sid": "plain-session", "iat": now, "exp": now + 300,
            "auth_time": now, "nonce": parameter(request, "nonce"), "acr": "LoA2",
        });
        (self.bent.claims)(&mut claims);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({ "alg": "ES256", "kid": "k" })), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn metadata(State(inner): State<Arc<Inner>>) -> Json<Value> {
    inner.book().asked.push("metadata".into());
    let at = |path: &str| format!("{}/{path}", inner.issuer);
    let mut document = json!({
        "issuer": inner.issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"), "jwks_uri": at("jwks"), "end_session_endpoint": at("end"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    });
    (inner.bent.metadata)(&mut document);
    Json(document)
}

async fn authorize(State(inner): State<Arc<Inner>>, uri: Uri) -> Redirect {
    let request = Url::parse(&inner.issuer).unwrap().join(&uri.to_string()).unwrap();
    Redirect::to(inner.answer(&request).as_str())
}

async fn token(State(inner): State<Arc<Inner>>, Form(form): Form<BTreeMap<String, String>>) -> Response {
    let mut book = inner.book();
    book.asked.push("token".into());
    book.exchanges.push(form.clone());
    let field = |name: &str| form.get(name).map(String::as_str);
    if (field("client_id"), field("client_secret")) != (Some(CLIENT), Some(SECRET)) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let granted = book.grants.remove(field("code").unwrap_or_default()).filter(|request| {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, field("code_verifier").unwrap_or_default().as_bytes()));
        let proved = inner.bent.forgets_pkce || parameter(request, "code_challenge") == Some(challenge);
        proved && parameter(request, "redirect_uri").as_deref() == field("redirect_uri")
    });
    let Some(request) = granted else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let access_token = format!("access-{}", book.exchanges.len());
    book.tokens.insert(format!("Bearer {access_token}"));
    let id_token = inner.id_token(&request);
    Json(json!({ "access_token": access_token, "token_type": "Bearer", "id_token": id_token })).into_response()
}

async fn userinfo(State(inner): State<Arc<Inner>>, headers: axum::http::HeaderMap) -> Response {
    let mut book = inner.book();
    book.asked.push("userinfo".into());
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !book.tokens.contains(token) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut claims = json!({ "sub": "plain-1", "name": "Nguyễn Thị Thử", "citizen_id": "001801000001" });
    (inner.bent.userinfo)(&mut claims);
    Json(claims).into_response()
}

async fn jwks(State(inner): State<Arc<Inner>>) -> Json<Value> {
    inner.book().asked.push("jwks".into());
    // An uncompressed point: 4, x, y.
    let point = inner.key.public_key().as_ref();
    let half = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "alg": "ES256", "x": half(1..33), "y": half(33..65) });
    Json(json!({ "keys": [key] }))
}
