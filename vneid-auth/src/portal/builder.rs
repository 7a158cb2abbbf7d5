//! A portal, put together: what is missing or can never work is an error that says what to set.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Inner, Policy, Portal, SmsText, Watchers};
use crate::account::{Accounts, MemoryAccounts};
use crate::audit::{Audit, LogAudit};
use crate::identity::CitizenId;
use crate::provider::{ConfigError, HttpClient, Provider, ProviderConfig, ReqwestClient, ReqwestClientError};
use crate::random::{Randomness, SystemRandomness};
use crate::registry::PopulationRegistry;
use crate::secret::Secret;
use crate::sms::SmsGateway;
use crate::store::{Hints, Keys, KeysError, Limits, MemoryLimits, MemoryStore, NoHints, Store, Vault};
use crate::time::{Clock, SystemClock};
use crate::web::{DefaultFrame, Frame, Site, SiteError};

/// Puts a [`Portal`] together. Only a secret and a provider have no default.
pub struct PortalBuilder {
    url: String,
    prefix: String,
    after_logout: String,
    default_page: String,
    secret: Option<Secret>,
    previous_secret: Option<Secret>,
    providers: Vec<(ProviderConfig, Option<Arc<dyn HttpClient>>)>,
    policy: Policy,
    trusted_proxies: Vec<IpAddr>,
    front_ends: Vec<String>,
    frame: Option<Box<dyn Frame>>,
    store: Option<Arc<dyn Store>>,
    limits: Option<Arc<dyn Limits>>,
    hints: Option<Arc<dyn Hints>>,
    accounts: Option<Arc<dyn Accounts>>,
    registry: Option<Arc<dyn PopulationRegistry>>,
    sms: Option<Arc<dyn SmsGateway>>,
    sms_text: Option<String>,
    audit: Option<Arc<dyn Audit>>,
    clock: Option<Arc<dyn Clock>>,
    randomness: Option<Arc<dyn Randomness>>,
    http: Option<Arc<dyn HttpClient>>,
}

/// Why a portal cannot be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortalError {
    /// The URL, the prefix or a page is unfit.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// There is no secret.
    #[error("no secret is set: give the portal 32 random bytes as base64, the same for all its instances")]
    NoSecret,
    /// The secret cannot be used.
    #[error(transparent)]
    Secret(#[from] KeysError),
    /// There is no provider.
    #[error("no provider is set: a portal needs at least one way to log in")]
    NoProvider,
    /// Two providers share a name or a callback path.
    #[error("two providers share the name or callback path {0:?}")]
    SharedByProviders(String),
    /// A provider's callback path is one of our other routes.
    #[error("the callback path {path:?} of provider {provider:?} is another route of the portal's")]
    CallbackPath {
        /// The provider's name.
        provider: String,
        /// Its callback path.
        path: String,
    },
    /// The text of the message with a code is unfit.
    #[error(
        "the text of the message must hold {{code}}, and be one message when it is filled in: at most 160 characters, no \
         accents"
    )]
    SmsText,
    /// A provider's settings can never work.
    #[error(transparent)]
    Provider(#[from] ConfigError),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    HttpClient(#[from] ReqwestClientError),
}

impl PortalBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: "/auth".to_owned(),
            after_logout: "/".to_owned(),
            default_page: "/".to_owned(),
            secret: None,
            previous_secret: None,
            providers: Vec::new(),
            policy: Policy::default(),
            trusted_proxies: Vec::new(),
            front_ends: Vec::new(),
            frame: None,
            store: None,
            limits: None,
            hints: None,
            accounts: None,
            registry: None,
            sms: None,
            sms_text: None,
            audit: None,
            clock: None,
            randomness: None,
            http: None,
        }
    }

    /// The portal's secret: 32 bytes or more as base64, the same for all instances, different from every other portal's.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// The secret before this one; what was sealed under it is still read.
    #[must_use]
    pub fn previous_secret(mut self, secret: Secret) -> Self {
        self.previous_secret = Some(secret);
        self
    }

    /// One more way to log in. Its default callback path is `/auth/callback/{name}`.
    #[must_use]
    pub fn provider(mut self, config: ProviderConfig) -> Self {
        self.providers.push((config, None));
        self
    }

    /// One more way to log in, reached through an HTTP client of its own (a private certificate authority, say).
    #[must_use]
    pub fn provider_through(mut self, config: ProviderConfig, http: Arc<dyn HttpClient>) -> Self {
        self.providers.push((config, Some(http)));
        self
    }

    /// Where the routes are mounted; `/auth` unless told otherwise.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Where a citizen goes after logging out; `/` unless told otherwise.
    #[must_use]
    pub fn after_logout(mut self, path: &str) -> Self {
        path.clone_into(&mut self.after_logout);
        self
    }

    /// Where a citizen goes who asked for no page, or for none of ours; `/` unless told otherwise.
    #[must_use]
    pub fn default_page(mut self, path: &str) -> Self {
        path.clone_into(&mut self.default_page);
        self
    }

    /// How long things live and how often they may happen.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The proxies whose `X-Forwarded-For` is believed.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: Vec<IpAddr>) -> Self {
        self.trusted_proxies = proxies;
        self
    }

    /// Allows a front end of another origin (`https://app.example.gov.vn`) to use the routes, with CORS. It may then do
    /// whatever the portal's own pages may. The citizen's cookies go along only where browsers send them: to the same
    /// site.
    #[must_use]
    pub fn front_end(mut self, origin: &str) -> Self {
        self.front_ends.push(origin.to_owned());
        self
    }

    /// How the portal's own look is put around the library's pages.
    #[must_use]
    pub fn frame(mut self, frame: impl Frame + 'static) -> Self {
        self.frame = Some(Box::new(frame));
        self
    }

    /// Where logins and sessions rest; in memory unless told otherwise.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Where limits are counted; in memory unless told otherwise.
    #[must_use]
    pub fn limits(mut self, limits: Arc<dyn Limits>) -> Self {
        self.limits = Some(limits);
        self
    }

    /// How instances of the portal tell each other that a pairing has moved on; not at all unless told otherwise, and then
    /// another instance notices within seconds.
    #[must_use]
    pub fn hints(mut self, hints: Arc<dyn Hints>) -> Self {
        self.hints = Some(hints);
        self
    }

    /// The portal's accounts; in memory unless told otherwise.
    #[must_use]
    pub fn accounts(mut self, accounts: Arc<dyn Accounts>) -> Self {
        self.accounts = Some(accounts);
        self
    }

    /// The population database. Without one no number can be matched, and nobody is asked for theirs at a login.
    #[must_use]
    pub fn registry(mut self, registry: Arc<dyn PopulationRegistry>) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Where one-time codes go. Without a gateway none is sent: phones cannot be confirmed, and who must prove afresh who
    /// they are logs in again.
    #[must_use]
    pub fn sms(mut self, sms: Arc<dyn SmsGateway>) -> Self {
        self.sms = Some(sms);
        self
    }

    /// What the message with a code says, where the portal's sender name is registered with a text of its own: `{code}`
    /// and `{minutes}` are replaced, and it must be one message then, 160 characters without accents.
    #[must_use]
    pub fn sms_text(mut self, text: &str) -> Self {
        self.sms_text = Some(text.to_owned());
        self
    }

    /// Where the audit trail goes; into the log unless told otherwise.
    #[must_use]
    pub fn audit(mut self, audit: Arc<dyn Audit>) -> Self {
        self.audit = Some(audit);
        self
    }

    /// The clock; the system's unless told otherwise.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The source of randomness; the system's unless told otherwise.
    #[must_use]
    pub fn randomness(mut self, randomness: Arc<dyn Randomness>) -> Self {
        self.randomness = Some(randomness);
        self
    }

    /// How providers are reached; by a client of our own unless told otherwise.
    #[must_use]
    pub fn http_client(mut self, http: Arc<dyn HttpClient>) -> Self {
        self.http = Some(http);
        self
    }

    /// The portal. Asks nothing of the network: a provider that is down now does not keep the portal from starting.
    ///
    /// # Errors
    /// What is missing or can never work.
    pub fn build(self) -> Result<Portal, PortalError> {
        let mut site = Site::new(&self.url, &self.prefix, &self.after_logout, &self.default_page)?;
        for origin in &self.front_ends {
            site.allow_front_end(origin)?;
        }
        let mut keys = Keys::new(&self.secret.ok_or(PortalError::NoSecret)?)?;
        if let Some(previous) = &self.previous_secret {
            keys = keys.with_previous(previous)?;
        }
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let randomness = self.randomness.unwrap_or_else(|| Arc::new(SystemRandomness));
        let keys = Arc::new(keys);
        let store = self.store.unwrap_or_else(|| Arc::new(MemoryStore::new(clock.clone())));
        let http = match self.http {
            Some(http) => http,
            None => Arc::new(ReqwestClient::builder().build()?),
        };
        let mut providers: Vec<Provider> = Vec::new();
        for (config, own_http) in self.providers {
            let name = config.name().to_owned();
            let shares = |other: &Provider| {
                let other = other.config();
                other.name() == name || other.callback() == config.callback()
            };
            if providers.iter().any(shares) {
                return Err(PortalError::SharedByProviders(name));
            }
            if site.is_route(config.callback(), &name) {
                return Err(PortalError::CallbackPath { provider: name, path: config.callback().to_owned() });
            }
            let http = own_http.unwrap_or_else(|| http.clone());
            let provider = Provider::new(config, http, clock.clone(), randomness.clone())?;
            let keys = keys.clone();
            let hash = move |number: &CitizenId| keys.hash("sealed subject", &[&name, number.expose()]);
            providers.push(provider.hashing_subjects(hash));
        }
        if providers.is_empty() {
            return Err(PortalError::NoProvider);
        }
        let sms_text = match &self.sms_text {
            Some(text) => SmsText::new(text, &self.policy).ok_or(PortalError::SmsText)?,
            None => SmsText::usual(&site.host),
        };
        let hints = self.hints.unwrap_or_else(|| Arc::new(NoHints));
        let inner = Arc::new(Inner {
            frame: self.frame.unwrap_or_else(|| Box::new(DefaultFrame)),
            providers,
            policy: self.policy,
            trusted_proxies: self.trusted_proxies,
            vault: Vault::new(store, keys, randomness.clone()),
            limits: self.limits.unwrap_or_else(|| Arc::new(MemoryLimits::new(clock.clone()))),
            accounts: self.accounts.unwrap_or_else(|| Arc::new(MemoryAccounts::new())),
            registry: self.registry,
            sms: self.sms,
            sms_text,
            audit: self.audit.unwrap_or_else(|| Arc::new(LogAudit)),
            hints: hints.clone(),
            watchers: Watchers::default(),
            site,
            clock,
            randomness,
        });
        let portal = Arc::downgrade(&inner);
        hints.listen(Box::new(move |hint| {
            if let Some(portal) = portal.upgrade() {
                portal.watchers.nudge(hint);
            }
        }));
        Ok(Portal(inner))
    }
}
