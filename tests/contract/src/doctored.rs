//! A provider under examination: the mock's realms as the doctor's settings, and who logs in there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;
use vneid_auth::provider::doctor::{Doctor, Finding, Purpose, Visitor};
use vneid_auth::provider::{Envelope, EnvelopeKey, HttpClient, ProviderConfig, ReqwestClient};
use vneid_auth::random::SystemRandomness;
use vneid_auth::secret::Secret;
use vneid_auth::time::{Clock, SystemClock, Timestamp};
use vneid_mock_idp::fault::Fault;
use vneid_mock_idp::sealed::DEMO_CLIENT_KEY;
use vneid_mock_idp::{Builder, MockIdp, Running, seeded};

use crate::dialects::dialect_for;

/// The redirect URI; nobody need listen there.
pub const REDIRECT_URI: &str = "http://127.0.0.1:8080/auth/callback/vneid";

/// One examination, before it is made.
pub struct Case {
    realm: &'static str,
    client: &'static str,
    redirect_uri: String,
    faults: Vec<Fault>,
    mock: Box<dyn FnOnce(Builder) -> Builder>,
    config: Box<dyn FnOnce(ProviderConfig, &Running) -> ProviderConfig>,
    /// Our clock is so many seconds ahead.
    ahead: i64,
    http: Arc<dyn HttpClient>,
}

/// A realm in which everything is in order, and the first citizen is logged in without being asked.
pub fn case(realm: &'static str) -> Case {
    let http = Arc::new(ReqwestClient::builder().build().unwrap());
    let mock = Box::new(|mock: Builder| mock.auto_login(&seeded()[0].username));
    Case {
        realm,
        client: "portal-demo",
        redirect_uri: REDIRECT_URI.to_owned(),
        faults: Vec::new(),
        mock,
        config: Box::new(|config, _| config),
        ahead: 0,
        http,
    }
}

impl Case {
    /// Something goes wrong at the provider.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The mock is another, without the citizen who is logged in at once.
    pub fn mock(mut self, change: impl FnOnce(Builder) -> Builder + 'static) -> Self {
        self.mock = Box::new(change);
        self
    }

    /// The client is another, with the demonstration client's secret.
    pub fn client(mut self, id: &'static str) -> Self {
        self.client = id;
        self
    }

    /// The redirect URI is another.
    pub fn redirect_uri(mut self, uri: String) -> Self {
        self.redirect_uri = uri;
        self
    }

    /// The settings are others.
    pub fn config(mut self, change: impl FnOnce(ProviderConfig, &Running) -> ProviderConfig + 'static) -> Self {
        self.config = Box::new(change);
        self
    }

    /// Our clock is ahead, or behind.
    pub fn ahead(mut self, seconds: i64) -> Self {
        self.ahead = seconds;
        self
    }

    /// No answer is waited for longer.
    pub fn impatient(mut self) -> Self {
        let short = Duration::from_millis(300);
        self.http = Arc::new(ReqwestClient::builder().timeouts(short, short).build().unwrap());
        self
    }

    /// Examines without anybody who could log in.
    pub async fn findings(self) -> Vec<Finding> {
        self.findings_with(&mut Nobody).await
    }

    /// Examines with this visitor.
    pub async fn findings_with(self, visitor: &mut dyn Visitor) -> Vec<Finding> {
        let mock = (self.mock)(MockIdp::builder().deterministic(1)).start().await.unwrap();
        for fault in self.faults {
            mock.control().fault(fault.realm(self.realm));
        }
        let config = (self.config)(dialect_for(self.client, self.realm, &mock).await, &mock);
        let clock = Arc::new(Shifted(self.ahead));
        let doctor = Doctor::new(config, self.http, clock, Arc::new(SystemRandomness), &self.redirect_uri).unwrap();
        doctor.examine(visitor).await
    }
}

/// The demonstration client's envelopes, as observed.
pub fn envelope() -> Envelope {
    Envelope::new(EnvelopeKey::from_pem(&DEMO_CLIENT_KEY.into()).unwrap())
}

/// Nobody logs in.
pub struct Nobody;

#[async_trait]
impl Visitor for Nobody {
    async fn visit(&mut self, _: &Url, _: Purpose) -> Option<Secret> {
        None
    }
}

struct Shifted(i64);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(SystemClock.now().unix_millis() + self.0 * 1000)
    }
}
