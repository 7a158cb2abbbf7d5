//! The population database's client: what it sends, byte by byte, and what it makes of every answer.

mod answers;
mod refusals;
mod requests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use vneid_auth::error::RandomnessFailed;
use vneid_auth::http::{HttpClient, HttpFailure};
use vneid_auth::random::Randomness;
use vneid_auth::registry::population::{
    AccessObject, Gateway, PopulationClient, PopulationConfig, PopulationConfigError, Service,
};
use vneid_auth::registry::{Claim, Inquiry, LookUp, Officer, PopulationRegistry as _, Purpose};
use vneid_auth::time::{Clock, Timestamp};

const AXIS: &str = "https://lgsp.example/dancu/037";
const GATEWAY: &str = "https://lgsp.example/dancu";
const TOKEN: &str = "https://lgsp.example/token";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/population").join(name)
}

/// 2027-01-15T08:00:00.123Z, always.
struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(1_800_000_000_123)
    }
}

/// Draws 7, always.
struct Sevens;

impl Randomness for Sevens {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomnessFailed> {
        buffer.fill(0);
        buffer.iter_mut().next_back().into_iter().for_each(|last| *last = 7);
        Ok(())
    }
}

/// What comes back, and what was sent.
struct Wire {
    answer: Result<(u16, Bytes), HttpFailure>,
    token: (u16, &'static str),
    sent: Mutex<Vec<String>>,
}

impl Wire {
    fn answering(answer: Result<(u16, Bytes), HttpFailure>) -> Arc<Self> {
        let token = (200, r#"{"access_token":"a-fetched-token","token_type":"Bearer","expires_in":3600}"#);
        Arc::new(Self { answer, token, sent: Mutex::default() })
    }

    fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpFailure> {
        let mut lines: Vec<_> =
            request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        for secret in ["authorization", "apikey", "lgspaccesstoken"] {
            let hidden = request.headers().get(secret).is_none_or(http::HeaderValue::is_sensitive);
            assert!(hidden, "{secret} would print");
        }
        lines.sort();
        lines.insert(0, format!("{} {}", request.method(), request.uri()));
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        self.sent.lock().unwrap().push(format!("{}\n\n{body}", lines.join("\n")));
        let (status, body) = if *request.uri() == *TOKEN {
            (self.token.0, Bytes::from_static(self.token.1.as_bytes()))
        } else {
            self.answer.clone()?
        };
        Ok(http::Response::builder().status(status).body(body).unwrap())
    }
}

fn claim(born: &str) -> Claim {
    Claim {
        citizen_id: "001890000001".parse().unwrap(),
        full_name: "Đặng Thị Ánh Giả Lập".parse().unwrap(),
        date_of_birth: born.parse().unwrap(),
    }
}

fn axis() -> Gateway {
    Gateway::Axis { user: "so-tttt".into(), secret: "not-a-real-secret".into() }
}

fn soap_in_json() -> Gateway {
    let access = AccessObject {
        access_key: "key-1".into(),
        secret_key: "not-a-real-key".into(),
        app_name: "cổng".into(),
        partner_code: "P-1".into(),
        partner_code_cus: "C-1".into(),
    };
    Gateway::SoapInJson { token_url: TOKEN.into(), access, user: "so-tttt".into(), secret: "not-a-real-secret".into() }
}

fn flat_json() -> Gateway {
    Gateway::FlatJson { bearer: "a-given-token".into(), user_name_service: "STTTT".into() }
}

fn soap_as_text() -> Gateway {
    Gateway::SoapAsText { bearer: None }
}

fn officer() -> Officer {
    Officer::new("cong-dvc").unwrap()
}

fn config(gateway: Gateway, service: Service) -> PopulationConfig {
    let url = if matches!(gateway, Gateway::Axis { .. }) { AXIS } else { GATEWAY };
    PopulationConfig::new(url, gateway, service, officer())
}

fn client(config: PopulationConfig, wire: Arc<Wire>) -> Result<PopulationClient, PopulationConfigError> {
    PopulationClient::new(config, wire, Arc::new(StandingClock), Arc::new(Sevens))
}

async fn ask(config: PopulationConfig, wire: Arc<Wire>, claim: &Claim) -> LookUp {
    let inquiry = Inquiry::new(Purpose::Linking).account("a-1".into());
    client(config, wire).unwrap().check(claim, &inquiry).await
}
