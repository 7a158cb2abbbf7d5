//! Everybody in one place: a clock, the mock provider, a portal, and as many browsers as a scenario needs.

use std::sync::Arc;

use vneid_auth::portal::PortalBuilder;
use vneid_auth::provider::ProviderConfig;
use vneid_mock_idp::{Citizen, MockIdp, Running};

use crate::dialects::dialect;
use crate::portal::RunningPortal;
use crate::{Browser, SimClock};

/// A world.
pub struct World {
    pub clock: SimClock,
    pub mock: Running,
    pub portal: RunningPortal,
}

/// How a world differs from the usual one.
pub struct WorldBuilder {
    providers: Vec<&'static str>,
    realms: Vec<&'static str>,
    provider: fn(ProviderConfig) -> ProviderConfig,
    portal: Box<dyn FnOnce(PortalBuilder) -> PortalBuilder + Send>,
    mock: Box<dyn FnOnce(vneid_mock_idp::Builder) -> vneid_mock_idp::Builder + Send>,
}

/// The mock's client, set up as a provider of this name.
pub fn provider(name: &str, issuer: &str) -> ProviderConfig {
    ProviderConfig::oidc(name, issuer, "portal-demo").client_secret("portal-demo-secret".into())
}

impl World {
    /// The usual world: one portal, one provider `vneid`, the mock's.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Another world.
    pub fn builder() -> WorldBuilder {
        WorldBuilder {
            providers: vec!["vneid"],
            realms: vec![],
            provider: |c| c,
            portal: Box::new(|b| b),
            mock: Box::new(|b| b),
        }
    }

    /// An address of the portal.
    pub fn url(&self, path: &str) -> String {
        self.portal.url(path)
    }

    /// The first citizen of the mock: level 2, everything in order.
    pub fn citizen(&self) -> Citizen {
        vneid_mock_idp::seeded().into_iter().next().unwrap()
    }

    /// Logs a citizen in at the provider's pages, which are open: id number, password, one-time code.
    pub async fn log_in(&self, browser: &mut Browser, citizen: &Citizen) {
        browser.submit(&[("username", &citizen.username), ("password", &citizen.password)]).await;
        let code = self.code(&citizen.phones[0]).await;
        browser.submit(&[("otp", &code)]).await;
    }

    /// The newest one-time code sent to a phone, read as a person would: in the inbox.
    pub async fn code(&self, phone: &str) -> String {
        let inbox = format!("{}/sms?phone={phone}", self.mock.base_url());
        let messages = Browser::new().fetch(&inbox).await.json();
        messages[0]["code"].as_str().unwrap_or_else(|| panic!("no code for {phone}: {messages}")).to_owned()
    }

    /// A browser in which this citizen is logged in and looks at `/ho-so`.
    pub async fn logged_in(&self, citizen: &Citizen) -> Browser {
        let mut browser = Browser::new();
        browser.open(&self.url("/ho-so")).await;
        self.log_in(&mut browser, citizen).await;
        assert!(browser.page().body.contains("Xin chào"), "{:?}", browser.page());
        browser
    }
}

impl WorldBuilder {
    /// The names under which the mock is set up as a provider.
    pub fn providers(mut self, names: &[&'static str]) -> Self {
        self.providers = names.to_vec();
        self
    }

    /// The realms of the mock that are set up as providers, each in its dialect and under its own name.
    pub fn realms(mut self, realms: &[&'static str]) -> Self {
        self.providers = vec![];
        self.realms = realms.to_vec();
        self
    }

    /// Changes every provider's settings.
    pub fn provider(mut self, change: fn(ProviderConfig) -> ProviderConfig) -> Self {
        self.provider = change;
        self
    }

    /// Changes the portal's settings.
    pub fn portal(mut self, change: impl FnOnce(PortalBuilder) -> PortalBuilder + Send + 'static) -> Self {
        self.portal = Box::new(change);
        self
    }

    /// Changes the mock's settings.
    pub fn mock(
        mut self,
        change: impl FnOnce(vneid_mock_idp::Builder) -> vneid_mock_idp::Builder + Send + 'static,
    ) -> Self {
        self.mock = Box::new(change);
        self
    }

    /// Starts everybody.
    pub async fn start(self) -> World {
        let clock = SimClock::default();
        let mock = (self.mock)(MockIdp::builder().clock(Arc::new(clock.clone()))).start().await.unwrap();
        let issuer = mock.issuer();
        let mut configs: Vec<_> = self.providers.iter().map(|name| provider(name, &issuer)).collect();
        for realm in &self.realms {
            configs.push(dialect(realm, &mock).await);
        }
        let portal = RunningPortal::start(clock.clone(), |builder| {
            let configs = configs.into_iter().map(self.provider);
            (self.portal)(configs.fold(builder, PortalBuilder::provider))
        })
        .await;
        World { clock, mock, portal }
    }
}
