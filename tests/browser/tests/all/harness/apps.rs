//! The programs under test: the example portal, with the mock provider inside or beside it.

use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value, json};

use super::process::Process;
use super::scratch::Scratch;

/// An example portal.
pub struct Portal {
    /// Its public address.
    pub url: String,
    /// The mock provider's.
    pub mock: String,
    _process: Process,
    // What it was started with beside it.
    _provider: Option<(MockIdp, Scratch)>,
}

impl Portal {
    /// On a free port, with the mock provider inside.
    pub fn start() -> Self {
        // Between choosing a free port and listening on it, somebody else may take it.
        (0..3).find_map(|_| Self::with_mock_inside().ok()).expect("the portal starts at one of three ports")
    }

    fn with_mock_inside() -> Result<Self, String> {
        let mut process = Process::start("portal-axum", command(PORTAL).env("PORTAL_LISTEN", free_address()));
        let url = process.announced("example portal:")?;
        let mock = process.announced("mock provider:")?;
        Ok(Self { url, mock, _process: process, _provider: None })
    }

    /// With a provider of its own: what else it is told, by its variables.
    pub fn of_provider(mock: &str, variables: &[(&str, &str)]) -> Self {
        let mut process = Process::start("portal-axum", command(PORTAL).envs(variables.iter().copied()));
        let url = process.announced("example portal:").unwrap();
        Self { url, mock: mock.to_owned(), _process: process, _provider: None }
    }

    /// With a mock provider beside it, whose clock the test moves, and whose realm of this name is all that it knows.
    pub async fn of_realm(realm: &str) -> Self {
        let (listen, at) = (free_address(), free_address());
        let provider = MockIdp::start(&json!({ "listen": at, "control": true }));
        let base = format!("http://{at}");
        let scratch = Scratch::new();
        let below = |path: &str| format!("{base}/{realm}{path}");
        let mut variables = vec![
            ("PORTAL_LISTEN", listen),
            ("VNEID_CLIENT_ID", "portal-demo".to_owned()),
            ("VNEID_CLIENT_SECRET", "portal-demo-secret".to_owned()),
        ];
        if realm == "oidc" {
            variables.push(("VNEID_ISSUER", below("")));
        } else {
            variables.extend([
                ("VNEID_DIALECT", realm.to_owned()),
                ("VNEID_AUTHORIZE_URL", below("/auth")),
                ("VNEID_TOKEN_URL", below("/token")),
                ("VNEID_USERINFO_URL", below("/userinfo")),
                ("VNEID_LOGOUT_URL", below("/api/idp/third-party/logout")),
            ]);
        }
        if realm == "vneid-sealed" {
            let key = client().get(format!("{base}/demo-key.pem")).send().await.unwrap().text().await.unwrap();
            let file = scratch.file("vneid-sealed.pem", &key);
            variables.extend([
                ("VNEID_PRIVATE_KEY_FILE", file.to_str().unwrap().to_owned()),
                ("VNEID_CLEAR_ANSWERS", "refuse".to_owned()),
            ]);
        }
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { _provider: Some((provider, scratch)), ..Self::of_provider(&base, &variables) }
    }

    /// Moves the clock of the provider beside it.
    pub async fn provider_waits(&self, seconds: u64) {
        let order = client().post(format!("{}/control/clock", self.mock)).json(&json!({ "advance_seconds": seconds }));
        assert!(order.send().await.unwrap().status().is_success());
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The mock provider as a program of its own.
pub struct MockIdp {
    _process: Process,
    _scratch: Scratch,
}

impl MockIdp {
    /// With these settings, as its configuration file has them.
    pub fn start(settings: &Value) -> Self {
        let scratch = Scratch::new();
        let file = scratch.file("mock.json", &settings.to_string());
        let mut process = Process::start("vneid-mock-idp", command(MOCK).arg("--config").arg(file));
        process.announced("provider:").unwrap();
        Self { _process: process, _scratch: scratch }
    }
}

/// Who logs in.
pub struct Citizen {
    pub username: String,
    pub password: String,
    pub passcode: String,
    pub full_name: String,
}

impl Citizen {
    /// The ordinary citizen of the mock provider at this address: the first whom it lists.
    pub async fn of(mock: &str) -> Self {
        Self::who(mock, |_| true).await
    }

    /// The first citizen whom the mock provider lists of whom this is true.
    pub async fn who(mock: &str, fits: impl Fn(&Value) -> bool) -> Self {
        let list = client().get(format!("{mock}/citizens")).header("accept", "application/json");
        let listed: Vec<Value> = list.send().await.unwrap().json().await.unwrap();
        let citizen = listed.into_iter().find(fits).unwrap();
        let text = |name: &str| citizen[name].as_str().unwrap().to_owned();
        Self {
            username: text("username"),
            password: text("password"),
            passcode: text("passcode"),
            full_name: text("full_name"),
        }
    }
}

const PORTAL: &str = env!("CARGO_BIN_EXE_portal-axum-under-test");
const MOCK: &str = env!("CARGO_BIN_EXE_vneid-mock-idp-under-test");

/// Only what the test says reaches the program, not what the developer's shell has set.
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("RUST_LOG", "info,vneid_auth=debug");
    command
}

/// A loopback address that nobody listens on right now.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
