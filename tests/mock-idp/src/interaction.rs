//! Logins in progress: one for each tab, each bound to its browser, each with its own guard against forged forms.
//!
//! ```text
//!  begin ─► Password ──► Code ⇄ OtherPhone ──► Done(LoggedIn | WebLoginOff)
//!      └──► Account ┘      └── too many wrong codes ─► Dead
//!  Password ── the QR code beside it, confirmed on a phone ─► Done(LoggedIn), declined or refused ─► Done(Declined | LevelTooLow)
//!  Cancel, from any of them ─► Done(Declined)        from Password, where it is offered ─► Done(ThroughVneid)
//! ```
//!
//! Every step is taken under one lock, so what is counted is counted before anything is compared, and an outcome is
//! handed to the realm once.

use std::sync::Mutex;
use std::time::Duration;

use subtle::ConstantTimeEq;
use vneid_auth::flow::pairing::PairingPolicy;
use vneid_auth::time::Timestamp;

use crate::bounded::Bounded;
use crate::entropy::{Entropy, fingerprint};
use crate::otp::Challenge;
use crate::sso::{House, SsoSession};
use crate::sync::lock;
use crate::web::Speech;

const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// What a realm asks of the login pages.
pub(crate) struct Ask {
    /// The relying party's name, as the citizen sees it.
    pub(crate) relying_party: String,
    /// Where the realm takes over again, a path of this server; `{id}` stands for the login's id.
    pub(crate) return_path: &'static str,
    /// Where the browser will end, for the page's policy.
    pub(crate) form_source: Option<String>,
    /// What to write into the user name field; never trusted.
    pub(crate) login_hint: Option<String>,
    /// The language that the relying party asked for.
    pub(crate) speech: Option<Speech>,
    /// The provider that asks.
    pub(crate) house: House,
    /// Whether the citizen may choose to log in at VNeID instead.
    pub(crate) offers_vneid: bool,
    /// What the citizen is asked at first.
    pub(crate) first: First,
    /// How the QR code beside the form behaves.
    pub(crate) qr: PairingPolicy,
}

/// What a citizen is asked at first.
pub(crate) enum First {
    /// User name and password.
    Password,
    /// The same, for a login that counts for this relying party alone.
    Alone,
    /// Whether to go on with the account that is logged in.
    Account(String),
    /// Whether the relying party may know these things of this account.
    Consent(String, Vec<&'static str>),
}

/// A login in progress.
pub(crate) struct Interaction {
    browser: [u8; 32],
    csrf: String,
    /// What was asked.
    pub(crate) ask: Ask,
    /// Where it stands.
    pub(crate) step: Step,
    /// What the page says about the last try.
    pub(crate) notice: Option<Notice>,
    /// The QR code that its page shows.
    pub(crate) qr: Option<Qr>,
}

/// A login's QR code.
pub(crate) struct Qr {
    /// The pairing's id.
    pub(crate) pairing: String,
    /// When the page last asked, and what it was told then.
    pub(crate) told: Option<(Timestamp, String)>,
}

impl Interaction {
    /// Whether the login leaves this browser's session as it is.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self.ask.first, First::Alone)
    }
}

/// Where a login stands.
pub(crate) enum Step {
    /// An account is logged in here; go on with it or choose another.
    Account { username: String },
    /// An account is logged in; the relying party wants to know these things of it.
    Consent { username: String, scopes: Vec<&'static str> },
    /// User name and password.
    Password,
    /// The one-time code.
    Code { username: String, challenge: Challenge, choosing_phone: bool },
    /// Over, without an outcome but to go back.
    Dead,
    /// Over; the realm takes it from here.
    Done(Outcome),
}

/// What the realm learns.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// The citizen typed password and code; this is the session that their browser has now.
    LoggedIn(SsoSession),
    /// They chose to go on with the session they had.
    Continued,
    /// This citizen allows what was asked.
    Consented(String),
    /// They cancelled.
    Declined,
    /// Password and code were right, but web login is switched off.
    WebLoginOff,
    /// They scanned the QR code with an account whose level is too low.
    LevelTooLow,
    /// They chose to log in at VNeID.
    ThroughVneid,
}

/// What a page says about the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Wrong user name or password.
    Incorrect,
    /// The account is locked for so many minutes.
    Locked(u64),
    /// The account is closed.
    Closed,
    /// This citizen has an account, but with another provider.
    Elsewhere(House),
    /// The code was wrong; so many tries are left.
    WrongCode(u8),
    /// The code's life is over.
    CodeExpired,
    /// Too many wrong codes.
    TooManyCodes,
    /// Another code is on its way.
    Resent,
    /// Too soon for another code; so many seconds to wait.
    TooSoon(u64),
    /// No further codes.
    NoMoreCodes,
    /// The gateway did not take the message.
    NotSent,
}

/// All logins in progress.
pub(crate) struct Interactions {
    open: Mutex<Bounded<String, Interaction>>,
}

impl Interactions {
    pub(crate) fn new() -> Self {
        Self { open: Mutex::new(Bounded::new(LIFETIME, 10_000)) }
    }

    /// Begins a login in this browser; its id goes into the path.
    pub(crate) fn begin(&self, ask: Ask, browser: &str, entropy: &Entropy, now: Timestamp) -> String {
        let id = entropy.id();
        let step = match &ask.first {
            First::Password | First::Alone => Step::Password,
            First::Account(username) => Step::Account { username: username.clone() },
            First::Consent(username, scopes) => Step::Consent { username: username.clone(), scopes: scopes.clone() },
        };
        let browser = fingerprint(browser);
        let interaction = Interaction { browser, csrf: entropy.token(), ask, step, notice: None, qr: None };
        lock(&self.open).insert(id.clone(), interaction, now);
        id
    }

    /// Does something with this browser's login, under the lock. Nothing when there is no such login, its time is over,
    /// or another browser began it.
    pub(crate) fn with<T>(
        &self,
        id: &str,
        browser: &str,
        now: Timestamp,
        act: impl FnOnce(&mut Interaction) -> T,
    ) -> Option<T> {
        let mut open = lock(&self.open);
        let interaction = open.get_mut(&id.to_owned(), now)?;
        interaction.belongs_to(browser).then(|| act(interaction))
    }

    /// Hands the outcome over, once. Nothing while there is none.
    pub(crate) fn finish(&self, id: &str, browser: &str, now: Timestamp) -> Option<Outcome> {
        let mut open = lock(&self.open);
        let key = id.to_owned();
        let interaction = open.get(&key, now)?;
        match &interaction.step {
            Step::Done(outcome) if interaction.belongs_to(browser) => {
                let outcome = outcome.clone();
                open.take(&key, now);
                Some(outcome)
            }
            _ => None,
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        lock(&self.open).clear();
    }
}

impl Interaction {
    /// The guard that its forms carry.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a form carried the guard.
    pub(crate) fn guarded_by(&self, csrf: &str) -> bool {
        self.csrf.as_bytes().ct_eq(csrf.as_bytes()).into()
    }

    fn belongs_to(&self, browser: &str) -> bool {
        self.browser.ct_eq(&fingerprint(browser)).into()
    }
}
