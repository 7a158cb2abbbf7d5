//! What all realms share: one account base, one phone network, one clock; and each provider's single sign-on.

use std::sync::Arc;

use axum::http::HeaderMap;
use vneid_auth::time::{Clock, Timestamp};

use crate::accounts::Accounts;
use crate::app::{Phones, UserCodeTries};
use crate::client::Client;
use crate::clock::MovableClock;
use crate::entropy::Entropy;
use crate::fault::Faults;
use crate::inbox::Inbox;
use crate::interaction::Interactions;
use crate::journal::Journal;
use crate::otp::OtpDesk;
use crate::pairing::Pairings;
use crate::sso::{By, Consents, House, Sso, SsoSession, Who};
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
    sso_of_oidc: Sso,
    sso_of_dvcqg: Sso,
    sso_of_vneid: Sso,
    pub(crate) interactions: Interactions,
    pub(crate) consents: Consents,
    pub(crate) pairings: Pairings,
    pub(crate) phones: Phones,
    pub(crate) user_code_tries: UserCodeTries,
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
            sso_of_oidc: Sso::new(),
            sso_of_dvcqg: Sso::new(),
            sso_of_vneid: Sso::new(),
            interactions: Interactions::new(),
            consents: Consents::new(),
            pairings: Pairings::new(&entropy.bytes()),
            phones: Phones::new(),
            user_code_tries: UserCodeTries::new(),
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

    /// A provider's single-sign-on sessions.
    pub(crate) fn sso(&self, house: House) -> &Sso {
        match house {
            House::Oidc => &self.sso_of_oidc,
            House::Dvcqg => &self.sso_of_dvcqg,
            House::Vneid => &self.sso_of_vneid,
        }
    }

    /// Logs a citizen in who has just proved who they are; the cookie to set comes with the session.
    pub(crate) fn log_in(
        &self,
        username: &str,
        house: House,
        by: By,
        via: Option<&str>,
        headers: &HeaderMap,
    ) -> (String, SsoSession) {
        let level = self.accounts.find(username).map_or(0, |citizen| citizen.level);
        let previous = self.cookies.sso(headers, house);
        let who = Who { username, level, by, via };
        let (cookie, session) = self.sso(house).log_in(who, previous.as_deref(), &self.entropy, self.now());
        (self.cookies.set_sso(house, &cookie), session)
    }

    /// The browser's living session with a provider.
    pub(crate) fn session(&self, headers: &HeaderMap, house: House) -> Option<SsoSession> {
        let session = self.sso(house).find(&self.cookies.sso(headers, house)?, self.now())?;
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
