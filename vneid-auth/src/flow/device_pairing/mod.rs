//! A login by QR code, the portal's side: from the device authorization to the session (RFC 8628; flows.md, machine 4).
//!
//! ```text
//!             ┌──────┐ Due, AuthorizationPending, SlowDown, Unreachable
//!             ▼      │
//!  start ──► Pending ┴── Tokens ──► Approved ── Complete ──► Completed
//!             │  │  │                 │   │
//!             │  │  └── AccessDenied, OtherError, TokensLow ──► Denied
//!             │  └── ExpiredToken, too late ──► Expired ◄──┘   │
//!             └── Cancel ──► Cancelled ◄──────────────────────┘
//! ```
//!
//! `Due` is an instance of the portal that would poll, the next seven are what its poll led to: `Tokens` an identity,
//! checked, `TokensLow` one below the level or, where that is refused, without one; then the errors of RFC 8628 §3.5,
//! any other error, and no answer at all. `OtherPoll` is any of these from a poll that does not hold the lease.
//! `Look`, `Complete` and `Cancel` come from the browser that asked, `OtherBrowser` is any of them from another.
//! A `Pending` row is *leased* while a poll is out, *lapsed* when that took too long.
//!
//! | state \ event      | `Look`             | `Due`          | `Tokens`            | `TokensLow`       | `AuthorizationPending` | `SlowDown`   | `AccessDenied`    | `ExpiredToken`     | `OtherError`      | `Unreachable` | `OtherPoll`  | `Complete`                   | `Cancel`             | `OtherBrowser` |
//! | ------------------ | ------------------ | -------------- | ------------------- | ----------------- | ---------------------- | ------------ | ----------------- | ------------------ | ----------------- | ------------- | ------------ | ---------------------------- | -------------------- | -------------- |
//! | `Pending`          | Pending            | Pending + Poll | ✗ LeaseLost         | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | ✗ NotApproved                | Cancelled + Announce | ✗ Stranger     |
//! | `Pending, early`   | Pending            | ✗ NotDue       | ✗ LeaseLost         | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | ✗ NotApproved                | Cancelled + Announce | ✗ Stranger     |
//! | `Pending, leased`  | Pending            | ✗ Leased       | Approved + Announce | Denied + Announce | Pending                | Pending      | Denied + Announce | Expired + Announce | Denied + Announce | Pending       | ✗ LeaseLost  | ✗ NotApproved                | Cancelled + Announce | ✗ Stranger     |
//! | `Pending, lapsed`  | Pending            | Pending + Poll | Approved + Announce | Denied + Announce | Pending                | Pending      | Denied + Announce | Expired + Announce | Denied + Announce | Pending       | ✗ LeaseLost  | ✗ NotApproved                | Cancelled + Announce | ✗ Stranger     |
//! | `Pending, late`    | Expired + Announce | Expired + Announce | Expired + Announce | Expired + Announce | Expired + Announce | Expired + Announce | Expired + Announce | Expired + Announce | Expired + Announce | Expired + Announce | ✗ LeaseLost | Expired + Announce     | Expired + Announce   | ✗ Stranger     |
//! | `Approved`         | Approved           | ✗ OutOfTurn    | ✗ LeaseLost         | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | Completed + LogIn + Announce | Cancelled + Announce | ✗ Stranger     |
//! | `Approved, late`   | Expired + Announce | Expired + Announce | ✗ LeaseLost      | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | Expired + Announce           | Expired + Announce   | ✗ Stranger     |
//! | `Completed`        | Completed          | ✗ Over         | ✗ LeaseLost         | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | ✗ Over                       | ✗ Over               | ✗ Stranger     |
//! | `Denied`           | Denied             | ✗ Over         | ✗ LeaseLost         | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | ✗ Over                       | ✗ Over               | ✗ Stranger     |
//! | `Cancelled`        | Cancelled          | ✗ Over         | ✗ LeaseLost         | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | ✗ Over                       | ✗ Over               | ✗ Stranger     |
//! | `Expired`          | Expired            | ✗ Over         | ✗ LeaseLost         | ✗ LeaseLost       | ✗ LeaseLost            | ✗ LeaseLost  | ✗ LeaseLost       | ✗ LeaseLost        | ✗ LeaseLost       | ✗ LeaseLost   | ✗ LeaseLost  | ✗ Over                       | ✗ Over               | ✗ Stranger     |
//!
//! Who has no part in it is refused before the time is looked at. A poll that finds the pairing cancelled is refused as
//! any poll without the lease: what it brought is dropped.
//!
//! What must never happen: completion twice, in a browser that did not ask, without the provider's approval, below the
//! level, or after an end; a poll earlier than the interval that holds then, or than the provider said; two polls out at
//! once, while the first one's lease runs; an answer that counts without the lease, or twice; a poll after the end, or
//! past the device code's life by the portal's own clock.

mod event;
mod schedule;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::event::{Answer, Effect, Event, Refusal, Status};
pub use self::schedule::PollId;
use self::schedule::Schedule;
use super::browser::BrowserHash;
use super::login::Unstated;
use crate::error::Code;
use crate::identity::{Identity, Level};
use crate::secret::{self, Secret};
use crate::time::Timestamp;

/// How long an approved pairing waits for its browser at least, however late the approval came.
pub const COMPLETE_WITHIN: Duration = Duration::from_secs(60);

/// No pairing is open longer than this, whatever the provider's `expires_in` says.
pub const LONGEST: Duration = Duration::from_secs(30 * 60);

/// A pairing that a provider has just agreed to (RFC 8628 §3.2).
#[derive(Clone, Debug)]
pub struct Ask {
    /// The browser that asked.
    pub browser: BrowserHash,
    /// The provider, by its name at this portal.
    pub provider: String,
    /// Where the citizen wants to go: a checked path of this portal.
    pub return_to: String,
    /// The level that the session needs at least.
    pub required_level: Option<Level>,
    /// What a level that nobody stated means.
    pub unstated_level: Unstated,
    /// The provider's `device_code`.
    pub device_code: Secret,
    /// The provider's `expires_in`.
    pub expires_in: Duration,
    /// The provider's `interval`, when it names one.
    pub interval: Option<Duration>,
}

/// A pairing, wherever it stands. This is what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum DevicePairing {
    /// The citizen has not answered yet; the provider is polled.
    Pending(Box<Pending>),
    /// The citizen agreed; the browser may complete.
    Approved(Box<Approved>),
    /// A session begins. Final.
    Completed(Ended),
    /// The citizen declined, or the provider's answer does not do. Final.
    Denied(Denied),
    /// Took too long. Final.
    Expired(Ended),
    /// The browser gave up. Final.
    Cancelled(Ended),
}

/// What was asked for; every state remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    browser: BrowserHash,
    provider: String,
    return_to: String,
    required_level: Option<Level>,
    unstated_level: Unstated,
    expires_at: Timestamp,
}

/// The provider is polled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    asked: Asked,
    #[serde(with = "secret::at_rest")]
    device_code: Secret,
    schedule: Schedule,
}

/// The citizen agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    asked: Asked,
    identity: Identity,
    complete_by: Timestamp,
}

/// The pairing is over; the device code is forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    asked: Asked,
    /// When it ended.
    pub at: Timestamp,
}

/// Denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    ended: Ended,
    /// Why: `login_cancelled` when the citizen declined.
    pub code: Code,
}

type Step = Result<(DevicePairing, Vec<Effect>), Refusal>;

impl DevicePairing {
    /// A pairing that waits for the citizen from now on.
    pub fn start(ask: Ask, now: Timestamp) -> Self {
        let asked = Asked {
            browser: ask.browser,
            provider: ask.provider,
            return_to: ask.return_to,
            required_level: ask.required_level,
            unstated_level: ask.unstated_level,
            expires_at: now.plus(ask.expires_in.min(LONGEST)),
        };
        let schedule = Schedule::start(ask.interval, now);
        Self::Pending(Box::new(Pending { asked, device_code: ask.device_code, schedule }))
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the event has no place here; the state stays as it was.
    pub fn on(&self, event: &Event, now: Timestamp) -> Step {
        self.admit(event)?;
        if self.waits_until().is_some_and(|until| now >= until) {
            return Ok((Self::Expired(self.ended(now)), vec![Effect::Announce]));
        }
        match (self, event) {
            (_, Event::Look { .. }) => Ok((self.clone(), vec![])),
            (Self::Pending(state), Event::Due { poll }) => state.polled(poll, now),
            (Self::Pending(state), Event::Answered { answer, retry_after, .. }) => {
                Ok(state.answered(answer, *retry_after, now))
            }
            (Self::Pending(_), Event::Complete { .. }) => Err(Refusal::NotApproved),
            (Self::Approved(state), Event::Complete { .. }) => {
                let log_in = Effect::LogIn(Box::new(state.identity.clone()));
                Ok((Self::Completed(self.ended(now)), vec![log_in, Effect::Announce]))
            }
            (Self::Pending(_) | Self::Approved(_), Event::Cancel { .. }) => {
                Ok((Self::Cancelled(self.ended(now)), vec![Effect::Announce]))
            }
            (Self::Approved(_), _) => Err(Refusal::OutOfTurn),
            _ => Err(Refusal::Over),
        }
    }

    /// Where it stands, as its owner may read it.
    pub fn status(&self) -> Status {
        match self {
            Self::Pending(_) => Status::Pending,
            Self::Approved(_) => Status::Approved,
            Self::Completed(_) => Status::Completed,
            Self::Denied(_) => Status::Denied,
            Self::Expired(_) => Status::Expired,
            Self::Cancelled(_) => Status::Cancelled,
        }
    }

    /// From when on somebody may poll, while the citizen is waited for.
    pub fn poll_due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending(state) => Some(state.schedule.due_at()),
            _ => None,
        }
    }

    /// The interval that holds now, while the citizen is waited for.
    pub fn interval(&self) -> Option<Duration> {
        match self {
            Self::Pending(state) => Some(state.schedule.interval()),
            _ => None,
        }
    }

    /// When the wait of this state ends; nothing is waited for in a final one.
    pub fn waits_until(&self) -> Option<Timestamp> {
        match self {
            Self::Pending(state) => Some(state.asked.expires_at),
            Self::Approved(state) => Some(state.complete_by),
            _ => None,
        }
    }

    /// How long a store keeps the pairing: no state outlives this, and the final ones can be looked at until then.
    pub fn kept_until(&self) -> Timestamp {
        self.asked().expires_at.plus(COMPLETE_WITHIN)
    }

    /// The provider, by its name at this portal.
    pub fn provider(&self) -> &str {
        &self.asked().provider
    }

    /// Where the citizen wanted to go.
    pub fn return_to(&self) -> &str {
        &self.asked().return_to
    }

    /// Refuses who has no part in this pairing.
    fn admit(&self, event: &Event) -> Result<(), Refusal> {
        match (event, self) {
            (Event::Look { browser } | Event::Complete { browser } | Event::Cancel { browser }, _) => {
                (*browser == self.asked().browser).then_some(()).ok_or(Refusal::Stranger)
            }
            (Event::Answered { poll, .. }, Self::Pending(state)) if state.schedule.is_held_by(poll) => Ok(()),
            (Event::Answered { .. }, _) => Err(Refusal::LeaseLost),
            (Event::Due { .. }, _) => Ok(()),
        }
    }

    fn asked(&self) -> &Asked {
        match self {
            Self::Pending(state) => &state.asked,
            Self::Approved(state) => &state.asked,
            Self::Completed(end) | Self::Expired(end) | Self::Cancelled(end) => &end.asked,
            Self::Denied(state) => &state.ended.asked,
        }
    }

    fn ended(&self, now: Timestamp) -> Ended {
        Ended { asked: self.asked().clone(), at: now }
    }
}

impl Pending {
    fn polled(&self, poll: &PollId, now: Timestamp) -> Step {
        let next = Self { schedule: self.schedule.claimed(poll, now)?, ..self.clone() };
        let effect = Effect::Poll { device_code: self.device_code.clone() };
        Ok((DevicePairing::Pending(Box::new(next)), vec![effect]))
    }

    fn answered(&self, answer: &Answer, retry_after: Option<Duration>, now: Timestamp) -> (DevicePairing, Vec<Effect>) {
        let schedule = match answer {
            Answer::Tokens(identity) => return self.identified(identity, now),
            Answer::AccessDenied => return self.denied(Code::LoginCancelled, now),
            Answer::Failed(code) => return self.denied(*code, now),
            Answer::ExpiredToken => {
                let ended = Ended { asked: self.asked.clone(), at: now };
                return (DevicePairing::Expired(ended), vec![Effect::Announce]);
            }
            Answer::AuthorizationPending => self.schedule.answered(retry_after, now),
            Answer::SlowDown => self.schedule.slowed(retry_after, now),
            Answer::Unreachable => self.schedule.unreached(retry_after, now),
        };
        (DevicePairing::Pending(Box::new(Self { schedule, ..self.clone() })), vec![])
    }

    fn identified(&self, identity: &Identity, now: Timestamp) -> (DevicePairing, Vec<Effect>) {
        if let Some(required) = self.asked.lacks(identity) {
            return self.denied(Code::LevelTooLow(required), now);
        }
        let complete_by = self.asked.expires_at.max(now.plus(COMPLETE_WITHIN));
        let next = Approved { asked: self.asked.clone(), identity: identity.clone(), complete_by };
        (DevicePairing::Approved(Box::new(next)), vec![Effect::Announce])
    }

    fn denied(&self, code: Code, now: Timestamp) -> (DevicePairing, Vec<Effect>) {
        let ended = Ended { asked: self.asked.clone(), at: now };
        (DevicePairing::Denied(Denied { ended, code }), vec![Effect::Announce])
    }
}

impl Asked {
    /// The level that is needed, when a session of this identity is not allowed, as in a redirect login: levels are
    /// persons'; organisations are admitted by their kind of account.
    fn lacks(&self, identity: &Identity) -> Option<Level> {
        let required = self.required_level.filter(|_| !identity.kind.is_organisation())?;
        match identity.level {
            Some(level) if level >= required => None,
            None if self.unstated_level == Unstated::Accept => None,
            _ => Some(required),
        }
    }
}
