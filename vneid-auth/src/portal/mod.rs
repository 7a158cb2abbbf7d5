//! Drives the machines with real I/O: one file a flow.

mod accounts;
mod backchannel;
mod builder;
mod citizen;
mod guard;
mod held;
mod landing;
mod linking;
mod login;
mod logout;
mod otp;
mod pairing;
mod phones;
mod policy;
mod resolve;
mod session;

use std::net::IpAddr;
use std::sync::Arc;

pub(crate) use accounts::Proofs;
pub use accounts::{CitizenAccount, CitizenLink};
pub use builder::{PortalBuilder, PortalError};
pub use citizen::Citizen;
pub(crate) use guard::Forms;
pub use guard::Requirement;
pub use held::{Admitted, HeldForm, SentForm};
pub(crate) use held::{HeldAt, HeldRecord, Typed, Unheld};
pub(crate) use landing::Landing;
pub(crate) use linking::TypedNumber;
pub(crate) use login::{Back, Failed, Start};
pub use otp::SmsText;
pub(crate) use otp::{Asked, By, Passed, Purpose, Waiting};
pub(crate) use pairing::{Found, PairingRecord, Refused, StartPairing, View, Watch, Watchers};
pub use phones::CitizenPhone;
pub use policy::Policy;
pub(crate) use session::Look;
pub use session::Sessions;

use crate::account::Accounts;
use crate::audit::{self, Audit};
use crate::error::{Code, Error, Result};
use crate::identity::AccountId;
use crate::provider::Provider;
use crate::random::Randomness;
use crate::registry::PopulationRegistry;
use crate::sms::SmsGateway;
use crate::store::{Hints, Limit, Limits, Vault, Verdict};
use crate::time::{Clock, Timestamp};
use crate::web::{Frame, Site};

/// A portal: its providers, its stores, its accounts. Made once by [`Portal::builder`], cloned freely.
#[derive(Clone)]
pub struct Portal(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) site: Site,
    pub(crate) frame: Box<dyn Frame>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) policy: Policy,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) vault: Vault,
    pub(crate) limits: Arc<dyn Limits>,
    pub(crate) hints: Arc<dyn Hints>,
    pub(crate) watchers: Watchers,
    pub(crate) accounts: Arc<dyn Accounts>,
    /// Without one no number can be matched.
    pub(crate) registry: Option<Arc<dyn PopulationRegistry>>,
    /// Without one no code is sent, and nobody is asked for one.
    pub(crate) sms: Option<Arc<dyn SmsGateway>>,
    pub(crate) sms_text: SmsText,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
}

/// Who asks, for limits and for the audit trail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
    pub(crate) trace_id: String,
}

impl Portal {
    /// A portal at this public base URL: `https://dichvucong.example.gov.vn`, without a path.
    pub fn builder(url: &str) -> PortalBuilder {
        PortalBuilder::new(url)
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The provider of this name, whether logins through it are open or not.
    pub(crate) fn known_provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.config().name() == name)
    }

    /// The provider of this name, if it is in use.
    pub(crate) fn provider(&self, name: &str) -> Result<&Provider> {
        let provider = self.known_provider(name);
        let provider = provider.ok_or_else(|| Error::new(Code::UnknownProvider, "no provider of this name"))?;
        if provider.config().is_open(self.now()) {
            Ok(provider)
        } else {
            Err(Error::new(Code::ProviderDisabled, format!("{name} is switched off")))
        }
    }

    /// Counts against a limit; too many are told when to come again.
    pub(crate) async fn count(&self, limit: &Limit, subject: &str) -> Result<()> {
        match self.limits.count(limit, subject).await? {
            Verdict::Allowed => Ok(()),
            Verdict::Wait(wait) => Err(Error::new(Code::TooManyRequests, limit.name).retry_after(wait)),
        }
    }

    /// Whether one more would be within the limit, without counting it.
    pub(crate) async fn admit_more(&self, limit: &Limit, subject: &str) -> Result<()> {
        match self.limits.look(limit, subject).await? {
            Verdict::Allowed => Ok(()),
            Verdict::Wait(wait) => Err(Error::new(Code::TooManyRequests, limit.name).retry_after(wait)),
        }
    }

    pub(crate) async fn audit(
        &self,
        what: audit::What,
        provider: Option<&str>,
        account: Option<&AccountId>,
        client: &Client,
    ) {
        self.audit_with(what, provider, account, client, None).await;
    }

    pub(crate) async fn audit_with(
        &self,
        what: audit::What,
        provider: Option<&str>,
        account: Option<&AccountId>,
        client: &Client,
        lookup: Option<audit::LookedUp>,
    ) {
        self.audit
            .record(audit::Event {
                at: self.now(),
                what,
                provider: provider.map(str::to_owned),
                account: account.cloned(),
                address: client.address,
                user_agent: client.user_agent.clone(),
                trace_id: client.trace_id.clone(),
                lookup: lookup.map(Box::new),
            })
            .await;
    }
}
