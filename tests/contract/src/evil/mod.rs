//! An OpenID Provider made to misbehave.
//!
//! It shares nothing with the library under test, nor with the mock provider: its keys, its tokens and its answers are
//! its own, so a mistake in one of those cannot hide the same mistake here. It knows one citizen and logs them in at once:
//! `/authorize` sends the browser straight back. Left alone it is honest; a test changes one thing and sees what the
//! portal makes of it.

mod device;
pub mod key;
mod script;
mod tls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;
use vneid_auth::time::Clock as _;

use self::device::Devices;
pub use self::device::Says;
pub use self::key::Key;
use self::key::half_hash;
use self::script::Script;
pub use self::script::{Part, Reply};
pub use self::tls::TlsAuthority;
use crate::SimClock;

/// Whom it logs in.
pub const SUBJECT: &str = "citizen-1";

/// A running provider.
pub struct Evil {
    op: Arc<Op>,
    server: JoinHandle<()>,
}

/// One request that it got.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: String,
}

struct Op {
    issuer: String,
    clock: SimClock,
    script: Mutex<Script>,
    asked: Mutex<Vec<Asked>>,
    /// The authorization requests, by the code that each got.
    authorized: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    codes: AtomicUsize,
    devices: Mutex<Devices>,
}

impl Evil {
    /// A provider on a free port.
    pub async fn start(clock: &SimClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        Self::serve(listener, &base, clock)
    }

    /// The same over TLS, with a certificate of this authority for `certified`; its issuer says `localhost`.
    pub async fn start_tls(clock: &SimClock, authority: &TlsAuthority, certified: &str) -> Self {
        let listener = authority.listen(certified).await;
        let base = format!("https://localhost:{}", axum::serve::Listener::local_addr(&listener).unwrap().port());
        Self::serve(listener, &base, clock)
    }

    fn serve(listener: impl axum::serve::Listener<Addr = SocketAddr>, base: &str, clock: &SimClock) -> Self {
        let op = Arc::new(Op {
            issuer: format!("{base}/op"),
            clock: clock.clone(),
            script: Mutex::new(Script::new(Key::rsa("rsa-1"))),
            asked: Mutex::default(),
            authorized: Mutex::default(),
            codes: AtomicUsize::new(0),
            devices: Mutex::default(),
        });
        let app = Router::new().fallback(answer).with_state(op.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { op, server }
    }

    pub fn issuer(&self) -> &str {
        &self.op.issuer
    }

    /// Changes a part as JSON.
    pub fn change(&self, part: Part, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.script().changes.insert(part, Arc::new(change));
    }

    /// Changes a part's bytes, after it was written as JSON.
    pub fn rewrite(&self, part: Part, rewrite: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) {
        self.script().rewrites.insert(part, Arc::new(rewrite));
    }

    /// Makes what stands as `id_token` in the token answer from the honest, signed one.
    pub fn forge(&self, forge: impl Fn(String) -> Value + Send + Sync + 'static) {
        self.script().forge = Some(Arc::new(forge));
    }

    /// Answers so, whatever is asked of this endpoint.
    pub fn answer(&self, part: Part, reply: Reply) {
        self.script().replies.insert(part, reply);
    }

    /// Signs with this key from now on, and publishes it.
    pub fn rotate(&self, key: Key) {
        self.script().key = key;
    }

    /// Publishes these keys beside its own.
    pub fn publish(&self, others: Vec<Value>) {
        self.script().others = others;
    }

    /// Is honest again, with the keys that it has.
    pub fn reform(&self) {
        let mut script = self.script();
        let honest = Script { others: std::mem::take(&mut script.others), ..Script::new(script.key.clone()) };
        *script = honest;
    }

    /// What was asked of a path below the issuer, oldest first.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let at = |asked: &&Asked| asked.uri.path().strip_prefix("/op") == Some(path);
        self.op.asked.lock().unwrap().iter().filter(at).cloned().collect()
    }

    /// How often a path below the issuer was asked.
    pub fn count(&self, path: &str) -> usize {
        self.asked(path).len()
    }

    /// How often anything at all was asked whose path begins so, the issuer's or not.
    pub fn count_under(&self, prefix: &str) -> usize {
        self.op.asked.lock().unwrap().iter().filter(|asked| asked.uri.path().starts_with(prefix)).count()
    }

    /// The parameters of the authorization request that got this code.
    pub fn authorization(&self, code: &str) -> BTreeMap<String, String> {
        self.op.authorized.lock().unwrap()[code].clone()
    }

    /// What may stand in no log: codes, what was made of them, and what the requests of the last logins carried.
    pub fn secrets(&self) -> Vec<String> {
        let authorized = self.op.authorized.lock().unwrap();
        let last = self.op.codes.load(Ordering::SeqCst).saturating_sub(4);
        let authorized = authorized.iter().filter(|(code, _)| number(code) >= last);
        let of = |(code, request): (&String, &BTreeMap<String, String>)| {
            [code.clone(), request["nonce"].clone(), request["state"].clone()]
        };
        authorized.flat_map(of).chain(["eyJ".to_owned(), "Nguyễn Văn Thử".to_owned()]).collect()
    }

    /// What `/authorize` answers to this request: where the browser goes next.
    pub fn authorize(&self, request: &Url) -> Url {
        self.op.authorize(request.query().unwrap_or_default())
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.op.script.lock().unwrap()
    }
}

impl Drop for Evil {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Op {
    fn authorize(&self, query: &str) -> Url {
        let request: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let code = format!("code-{}-{}", self.codes.fetch_add(1, Ordering::SeqCst), request["state"]);
        let mut back = Url::parse(&request["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &request["state"])
            .append_pair("iss", &self.issuer);
        self.authorized.lock().unwrap().insert(code, request);
        back
    }

    fn reply(&self, path: &str, body: &str) -> Reply {
        // The same again at another address, which nobody should be led to.
        let (path, elsewhere) = path.strip_prefix("/elsewhere").map_or((path, false), |path| (path, true));
        let part = match path {
            "/.well-known/openid-configuration" => Part::Metadata,
            "/jwks" => Part::Keys,
            "/token" => Part::Token,
            "/userinfo" => Part::Userinfo,
            "/device_authorization" => Part::Device,
            _ => return Reply::new(404),
        };
        let script = self.script.lock().unwrap();
        if let Some(reply) = script.replies.get(&part).filter(|_| !elsewhere) {
            return reply.clone();
        }
        if let Some(reply) = self.poll(&script, body).filter(|_| part == Part::Token) {
            return reply;
        }
        let honest = match part {
            Part::Device => self.authorize_device(),
            Part::Metadata => self.metadata(),
            Part::Keys => {
                json!({"keys": script.others.iter().cloned().chain([script.key.jwk()]).collect::<Vec<_>>()})
            }
            Part::Token => match self.tokens(&script, body) {
                Some(tokens) => tokens,
                None => return Reply::json(400, r#"{"error":"invalid_grant"}"#),
            },
            _ => json!({
                "sub": SUBJECT, "name": "Nguyễn Văn Thử", "birthdate": "2390-01-31",
                "phone_number": "+84900000289", "citizen_id": "001890000001",
            }),
        };
        Reply::json(200, script.render(part, honest))
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/userinfo"),
            "jwks_uri": at("/jwks"),
            "device_authorization_endpoint": at("/device_authorization"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// Tokens for the code in this request, once.
    fn tokens(&self, script: &Script, body: &str) -> Option<Value> {
        let asked: BTreeMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let code = asked.get("code")?;
        let request = self.authorized.lock().unwrap().get(code)?.clone();
        let c_hash = half_hash(script.key.algorithm, code);
        let own = json!({"aud": request["client_id"], "nonce": request["nonce"], "c_hash": c_hash});
        Some(self.tokens_of(script, code, own))
    }

    /// Tokens for whoever brings this code, with these claims of the grant's own.
    fn tokens_of(&self, script: &Script, code: &str, own: Value) -> Value {
        let access_token = format!("access-{code}");
        let now = self.clock.now().unix_seconds();
        let header = json!({"alg": script.key.algorithm, "kid": script.key.id, "typ": "JWT"});
        let mut claims = json!({
            "iss": self.issuer, "sub": SUBJECT, "iat": now, "exp": now + 300, "auth_time": now, "acr": "LoA2",
            "at_hash": half_hash(script.key.algorithm, &access_token),
        });
        claims.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let (header, claims) = (script.render(Part::Header, header), script.render(Part::Claims, claims));
        let signed = script.key.sign(&header, &claims);
        let id_token = match &script.forge {
            Some(forge) => forge(signed),
            None => json!(signed),
        };
        json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token})
    }
}

/// Codes are numbered.
fn number(code: &str) -> usize {
    code.split('-').nth(1).and_then(|number| number.parse().ok()).unwrap()
}

async fn answer(State(op): State<Arc<Op>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let path = parts.uri.path().strip_prefix("/op").unwrap_or("/outside").to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let asked = Asked { method: parts.method, uri: parts.uri, headers: parts.headers, body: body.clone() };
    op.asked.lock().unwrap().push(asked);
    if path == "/authorize" {
        let back = op.authorize(&query);
        return Response::builder().status(302).header("location", back.as_str()).body(Body::empty()).unwrap();
    }
    let reply = op.reply(&path, &body);
    tokio::time::sleep(reply.delay).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}
