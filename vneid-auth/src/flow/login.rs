//! A redirect login, from the click to the session (flows.md, machine 1).
//!
//! ```text
//!  start ──► AwaitingCallback ── a code ──► Exchanging ── identity ──► Identified ──┬── account ────────► LoggedIn
//!                 │                             │                          │        ├── no number yet ──► CitizenIdRequired
//!                 │ error, wrong provider       │ failed, level too low    │        └── must be proved ─► AccountChoice
//!                 ▼                             ▼                          ▼ refused
//!               Refused ◄───────────────────────┴──────────────────────────┘        any of the three, too late ─► Expired
//! ```
//!
//! Events: `Code` and `Denied` are the provider's answer at our callback, `CodeElsewhere` one at another provider's
//! route, `CodeMixedUp` one with another issuer (RFC 9207); `Person` an identity checked by [`crate::provider`],
//! `PersonLow` one below the level, `PersonUnstated` one whose level nobody stated, `Organisation` an enterprise's or
//! organisation's account, which has no level, `PersonStale` one who did not
//! authenticate anew though that was asked for; `Failed` what went wrong instead.
//! The last four are the account's answer. `Refused: …` names the code that the citizen gets.
//!
//! | state \ event            | `Code`                | `CodeElsewhere`           | `CodeMixedUp`             | `Denied`                | `Person`                    | `PersonLow`           | `PersonUnstated`      | `Organisation`              | `PersonStale`           | `Failed`                | `Account`               | `AccountWithoutNumber`                           | `AccountChoice`             | `AccountRefused`        |
//! | ------------------------ | --------------------- | ------------------------- | ------------------------- | ----------------------- | --------------------------- | --------------------- | --------------------- | --------------------------- | ----------------------- | ----------------------- | ----------------------- | ------------------------------------------------ | --------------------------- | ----------------------- |
//! | `AwaitingCallback`       | Exchanging + Exchange | Refused: ProviderMismatch | Refused: ProviderMismatch | Refused: LoginCancelled | ✗ OutOfTurn                 | ✗ OutOfTurn           | ✗ OutOfTurn           | ✗ OutOfTurn                 | ✗ OutOfTurn             | ✗ OutOfTurn             | ✗ OutOfTurn             | ✗ OutOfTurn                                      | ✗ OutOfTurn                 | ✗ OutOfTurn             |
//! | `AwaitingCallback, late` | Expired               | Expired                   | Expired                   | Expired                 | Expired                     | Expired               | Expired               | Expired                     | Expired                 | Expired                 | Expired                 | Expired                                          | Expired                     | Expired                 |
//! | `Exchanging`             | ✗ OutOfTurn           | ✗ OutOfTurn               | ✗ OutOfTurn               | ✗ OutOfTurn             | Identified + ResolveAccount | Refused: LevelTooLow  | Refused: LevelTooLow  | Identified + ResolveAccount | Refused: TokenInvalid   | Refused: TokenInvalid   | ✗ OutOfTurn             | ✗ OutOfTurn                                      | ✗ OutOfTurn                 | ✗ OutOfTurn             |
//! | `Exchanging, late`       | Expired               | Expired                   | Expired                   | Expired                 | Expired                     | Expired               | Expired               | Expired                     | Expired                 | Expired                 | Expired                 | Expired                                          | Expired                     | Expired                 |
//! | `Identified`             | ✗ OutOfTurn           | ✗ OutOfTurn               | ✗ OutOfTurn               | ✗ OutOfTurn             | ✗ OutOfTurn                 | ✗ OutOfTurn           | ✗ OutOfTurn           | ✗ OutOfTurn                 | ✗ OutOfTurn             | Refused: TokenInvalid   | LoggedIn + BeginSession | CitizenIdRequired + BeginSession + AskCitizenId  | AccountChoice + AskAccount  | Refused: AccountRefused |
//! | `Identified, late`       | Expired               | Expired                   | Expired                   | Expired                 | Expired                     | Expired               | Expired               | Expired                     | Expired                 | Expired                 | Expired                 | Expired                                          | Expired                     | Expired                 |
//! | `LoggedIn`               | ✗ Over                | ✗ Over                    | ✗ Over                    | ✗ Over                  | ✗ Over                      | ✗ Over                | ✗ Over                | ✗ Over                      | ✗ Over                  | ✗ Over                  | ✗ Over                  | ✗ Over                                           | ✗ Over                      | ✗ Over                  |
//! | `CitizenIdRequired`      | ✗ Over                | ✗ Over                    | ✗ Over                    | ✗ Over                  | ✗ Over                      | ✗ Over                | ✗ Over                | ✗ Over                      | ✗ Over                  | ✗ Over                  | ✗ Over                  | ✗ Over                                           | ✗ Over                      | ✗ Over                  |
//! | `AccountChoice`          | ✗ Over                | ✗ Over                    | ✗ Over                    | ✗ Over                  | ✗ Over                      | ✗ Over                | ✗ Over                | ✗ Over                      | ✗ Over                  | ✗ Over                  | ✗ Over                  | ✗ Over                                           | ✗ Over                      | ✗ Over                  |
//! | `Refused`                | ✗ Over                | ✗ Over                    | ✗ Over                    | ✗ Over                  | ✗ Over                      | ✗ Over                | ✗ Over                | ✗ Over                      | ✗ Over                  | ✗ Over                  | ✗ Over                  | ✗ Over                                           | ✗ Over                      | ✗ Over                  |
//! | `Expired`                | ✗ Over                | ✗ Over                    | ✗ Over                    | ✗ Over                  | ✗ Over                      | ✗ Over                | ✗ Over                | ✗ Over                      | ✗ Over                  | ✗ Over                  | ✗ Over                  | ✗ Over                                           | ✗ Over                      | ✗ Over                  |
//!
//! What must never happen: a callback accepted twice, for another provider or after expiry; a session before the
//! identity is verified; a session below the required level. Another browser's callback never reaches the machine: the
//! stored flow is found only with the secret in that browser's cookie. It is taken out of the store when found, so
//! `Exchanging` and `Identified` live in one request and a second callback finds nothing.

use serde::{Deserialize, Serialize};

use crate::error::Code;
use crate::identity::{AccountId, Identity, Level};
use crate::secret::{self, Secret};
use crate::time::Timestamp;

/// What a level that nobody stated means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Unstated {
    /// The login is refused.
    #[default]
    Refuse,
    /// The login goes on, and the session has no level.
    Accept,
}

/// What is expected of `iss` in the authorization response (RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseIssuer {
    /// It must be there and be this, byte for byte: the provider's metadata promises it.
    Required(String),
    /// It may be absent; when it is there it is this.
    IfPresent(String),
    /// The provider's issuer is not known, so it is not looked at. Only the route, the state and the browser's secret
    /// then tell providers apart.
    DangerousUnchecked,
}

impl ResponseIssuer {
    /// Whether this `iss`, or none, is what was expected.
    pub(crate) fn admits(&self, issuer: Option<&str>) -> bool {
        match (self, issuer) {
            (Self::DangerousUnchecked, _) | (Self::IfPresent(_), None) => true,
            (Self::Required(_), None) => false,
            (Self::Required(expected) | Self::IfPresent(expected), Some(issuer)) => expected == issuer,
        }
    }
}

/// A login, wherever it stands. This is what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum Login {
    /// The citizen is at the provider.
    AwaitingCallback(Box<AwaitingCallback>),
    /// The code is being exchanged and the answer checked.
    Exchanging(Box<Exchanging>),
    /// The person is known; their account is being looked for.
    Identified(Box<Identified>),
    /// A session begins. Final.
    LoggedIn(LoggedIn),
    /// A session begins and the citizen is asked for the CCCD number. Final.
    CitizenIdRequired(LoggedIn),
    /// A local account must be proved before it is linked. Final.
    AccountChoice(Box<AccountChoice>),
    /// Refused for this reason. Final.
    Refused(Refused),
    /// Took too long. Final.
    Expired(Expired),
}

/// The citizen is at the provider; what was asked, and what the answer is held to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitingCallback {
    /// The provider asked, by its name at this portal.
    pub provider: String,
    /// What `iss` in the response must be.
    pub issuer: ResponseIssuer,
    /// The nonce that the id_token must carry.
    #[serde(with = "secret::at_rest")]
    pub nonce: Secret,
    /// The PKCE code verifier (RFC 7636).
    #[serde(with = "secret::at_rest")]
    pub verifier: Secret,
    /// Where the citizen wanted to go: a checked path of this portal.
    pub return_to: String,
    /// The level that the session needs at least.
    pub required_level: Option<Level>,
    /// What a level that nobody stated means.
    pub unstated_level: Unstated,
    /// A new authentication was asked for (`prompt=login`, `max_age=0`).
    pub fresh: bool,
    /// Who is logged in already, and when they authenticated: a new authentication must be later than that one.
    #[serde(default)]
    pub before: Option<Before>,
    /// Whose account this login is to prove, by the name under which they wait for it: another session begins then, theirs.
    #[serde(default)]
    pub proves: Option<String>,
    /// When the login began.
    pub started_at: Timestamp,
    /// Until when the answer is accepted.
    pub expires_at: Timestamp,
}

/// An earlier authentication in the same browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The provider's name for the person.
    pub subject: String,
    /// When they authenticated.
    pub authenticated_at: Timestamp,
}

/// The code is being exchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanging {
    asked: AwaitingCallback,
}

/// The person is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identified {
    asked: AwaitingCallback,
    identity: Identity,
}

/// The session's account, and where the citizen wanted to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    /// The account.
    pub account: AccountId,
    /// A checked path of this portal.
    pub return_to: String,
}

/// A local account waits to be proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChoice {
    /// Who logged in.
    pub identity: Identity,
    /// A checked path of this portal.
    pub return_to: String,
}

/// Why the login was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The code that the citizen gets.
    pub code: Code,
}

/// The login took too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// Where the citizen wanted to go, to start again from there.
    pub return_to: String,
}

/// What happens to a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The browser came back.
    Callback(Callback),
    /// The provider's answers were checked, and this is who it is.
    Identified(Box<Identity>),
    /// They could not be had or did not hold.
    Failed(Code),
    /// The person's account was looked for.
    Resolved(Resolved),
}

/// The authorization response, once its form is checked (RFC 6749 §4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The provider whose redirect URI was called.
    pub provider: String,
    /// The `iss` parameter (RFC 9207).
    pub issuer: Option<String>,
    /// What a sealed code is sealed with (`encrypt_key`), sealed itself.
    pub encrypt_key: Option<Secret>,
    /// The code, or the code of the error that the provider answered with.
    pub answer: Result<Secret, Code>,
}

/// What became of the person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// This is their account.
    Account(AccountId),
    /// This is their account, and policy wants a CCCD number on it that it does not have.
    AccountWithoutNumber(AccountId),
    /// A local account with the same number must be proved first.
    Choice,
    /// The account is locked or closed.
    Refused,
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Exchange the code and check what comes. Never repeated: a code works once. Safe to lose: the citizen starts again.
    Exchange(Box<Exchange>),
    /// Look for the person's account. Safe to repeat.
    ResolveAccount(Box<Identity>),
    /// Begin a session for this account under a new id, and end the browser's old one. Safe to lose.
    BeginSession(AccountId),
    /// Send the citizen to the page that asks for the CCCD number.
    AskCitizenId,
    /// Keep the identity and send the citizen to the page that asks which account.
    AskAccount,
}

/// What the code exchange needs, and what its answer is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The authorization code, sealed where the dialect seals it: it is opened only now, when the login is taken.
    pub code: Secret,
    /// What a sealed code is sealed with, sealed itself.
    pub encrypt_key: Option<Secret>,
    /// The PKCE code verifier.
    pub verifier: Secret,
    /// The nonce that the id_token must carry.
    pub nonce: Secret,
    /// `Some` when a new authentication was asked for: it may not be older than this.
    pub authenticated_after: Option<Timestamp>,
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The event belongs to another moment of the login.
    #[error("the event belongs to another moment of the login")]
    OutOfTurn,
    /// The login has ended.
    #[error("the login has ended")]
    Over,
}

type Step = Result<(Login, Vec<Effect>), Refusal>;

impl Login {
    /// A login whose citizen is being sent to the provider.
    pub fn start(asked: AwaitingCallback) -> Self {
        Self::AwaitingCallback(Box::new(asked))
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the event has no place here; the state stays as it was.
    pub fn on(&self, event: Event, now: Timestamp) -> Step {
        let asked = match self {
            Self::AwaitingCallback(asked) => asked,
            Self::Exchanging(state) => &state.asked,
            Self::Identified(state) => &state.asked,
            _ => return Err(Refusal::Over),
        };
        if now >= asked.expires_at {
            return Ok((Self::Expired(Expired { return_to: asked.return_to.clone() }), vec![]));
        }
        match (self, event) {
            (Self::AwaitingCallback(state), Event::Callback(callback)) => Ok(state.answered(callback)),
            (Self::Exchanging(state), Event::Identified(identity)) => Ok(state.identified(*identity)),
            (Self::Identified(state), Event::Resolved(resolved)) => Ok(state.resolved(resolved)),
            (Self::Exchanging(_) | Self::Identified(_), Event::Failed(code)) => Ok(refused(code)),
            _ => Err(Refusal::OutOfTurn),
        }
    }
}

fn refused(code: Code) -> (Login, Vec<Effect>) {
    (Login::Refused(Refused { code }), vec![])
}

impl AwaitingCallback {
    fn answered(&self, callback: Callback) -> (Login, Vec<Effect>) {
        if callback.provider != self.provider || !self.issuer.admits(callback.issuer.as_deref()) {
            return refused(Code::ProviderMismatch);
        }
        let code = match callback.answer {
            Ok(code) => code,
            Err(code) => return refused(code),
        };
        let exchange = Exchange {
            code,
            encrypt_key: callback.encrypt_key,
            verifier: self.verifier.clone(),
            nonce: self.nonce.clone(),
            authenticated_after: self.fresh.then_some(self.started_at),
        };
        let next = Login::Exchanging(Box::new(Exchanging { asked: self.clone() }));
        (next, vec![Effect::Exchange(Box::new(exchange))])
    }

    /// Whether the provider only repeated an earlier authentication where a new one was asked for.
    fn is_stale(&self, identity: &Identity) -> bool {
        let repeats = |before: &Before| {
            before.subject == identity.subject && identity.authenticated_at <= before.authenticated_at
        };
        // Times come in whole seconds: who is quick authenticates anew in the second of the last time.
        let earlier = identity.authenticated_at.unix_seconds() < self.started_at.unix_seconds();
        self.fresh && earlier && self.before.as_ref().is_some_and(repeats)
    }

    /// The level that is needed, when a session of this identity is not allowed. Levels are persons'; organisations are
    /// admitted by their kind of account.
    fn lacks(&self, identity: &Identity) -> Option<Level> {
        let required = self.required_level.filter(|_| !identity.kind.is_organisation())?;
        match identity.level {
            Some(level) if level >= required => None,
            None if self.unstated_level == Unstated::Accept => None,
            _ => Some(required),
        }
    }
}

impl Exchanging {
    fn identified(&self, identity: Identity) -> (Login, Vec<Effect>) {
        if self.asked.is_stale(&identity) {
            return refused(Code::TokenInvalid);
        }
        if let Some(required) = self.asked.lacks(&identity) {
            return refused(Code::LevelTooLow(required));
        }
        let effects = vec![Effect::ResolveAccount(Box::new(identity.clone()))];
        (Login::Identified(Box::new(Identified { asked: self.asked.clone(), identity })), effects)
    }
}

impl Identified {
    fn resolved(&self, resolved: Resolved) -> (Login, Vec<Effect>) {
        let return_to = self.asked.return_to.clone();
        match resolved {
            Resolved::Account(account) => {
                (Login::LoggedIn(LoggedIn { account: account.clone(), return_to }), vec![Effect::BeginSession(account)])
            }
            Resolved::AccountWithoutNumber(account) => (
                Login::CitizenIdRequired(LoggedIn { account: account.clone(), return_to }),
                vec![Effect::BeginSession(account), Effect::AskCitizenId],
            ),
            Resolved::Choice => (
                Login::AccountChoice(Box::new(AccountChoice { identity: self.identity.clone(), return_to })),
                vec![Effect::AskAccount],
            ),
            Resolved::Refused => refused(Code::AccountRefused),
        }
    }
}

#[cfg(test)]
mod tests;
