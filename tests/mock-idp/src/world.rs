//! What all realms share: one account base, one phone network, one single-sign-on session, one clock.

use std::sync::Arc;

use axum::http::HeaderMap;
use vneid_auth::time::{Clock, Timestamp};

use crate::accounts::Accounts;
use crate::client::Client;
use crate::clock::MovableClock;
use crate::entropy::Entropy;
use crate::fault::Faults;
use crate::inbox::Inbox;
use crate::interaction::Interactions;
use crate::journal::Journal;
use crate::otp::OtpDesk;
use crate::sso::{Consents, Sso, SsoSession};
use crate::web::Cookies;

/// How a one-time code reaches whoever types it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtpDelivery {
    /// By SMS, to be read at `GET /sms`.
    #[default]
    Inbox,
    /// By SMS, and shown on the page that asks for it.
    OnPage,
    /// By SMS, and always the same.
    Static(String),
}

/// The shared world.
pub(crate) struct World {
    /// The public address, without a slash at its end.
    pub(crate) base: String,
    pub(crate) clients: Vec<Client>,
    pub(crate) auto_login: Option<String>,
    pub(crate) otp_delivery: OtpDelivery,
    pub(crate) cookies: Cookies,
    pub(crate) clock: MovableClock,
    pub(crate) entropy: Entropy,
    pub(crate) accounts: Accounts,
    pub(crate) inbox: Inbox,
    pub(crate) otp: OtpDesk,
    pub(crate) sso: Sso,
    pub(crate) interactions: Interactions,
    pub(crate) consents: Consents,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
}

/// What a world is made of.
pub(crate) struct Settings {
    pub(crate) base: String,
    pub(crate) cookies: Cookies,
    pub(crate) clients: Vec<Client>,
    pub(crate) auto_login: Option<String>,
    pub(crate) otp_delivery: OtpDelivery,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) seed: Option<u64>,
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        let entropy = Entropy::new(settings.seed);
        Self {
            base: settings.base,
            clients: settings.clients,
            auto_login: settings.auto_login,
            otp_delivery: settings.otp_delivery,
            cookies: settings.cookies,
            clock: MovableClock::new(settings.clock),
            accounts: Accounts::new(&entropy.bytes()),
            inbox: Inbox::default(),
            otp: OtpDesk::new(&entropy.bytes()),
            sso: Sso::new(),
            interactions: Interactions::new(),
            consents: Consents::new(),
            faults: Faults::default(),
            journal: Journal::default(),
            entropy,
        }
    }

    /// The time here.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The client with this id.
    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// The browser's living session.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<SsoSession> {
        let session = self.sso.find(&self.cookies.sso(headers)?, self.now())?;
        // A citizen whose account was closed meanwhile is logged out everywhere.
        let usable = self.accounts.find(&session.username).is_some_and(|citizen| !citizen.closed);
        usable.then_some(session)
    }

    /// The next one-time code.
    pub(crate) fn next_code(&self) -> String {
        match &self.otp_delivery {
            OtpDelivery::Static(code) => code.clone(),
            _ => self.entropy.otp(),
        }
    }
}
