//! A session, from the login to its end (flows.md, machine 8).
//!
//! ```text
//!  start ──► Active ── End, idle too long, too old ──► Ended
//!            ▲    │
//!            └────┘ Seen, Asked, SteppedUp, Linked
//! ```
//!
//! `Seen` is a request that the citizen made; `Asked` only asks who is logged in, or watches events, and prolongs
//! nothing. `Active, noted` was seen less than the write interval ago, so that a busy session is not written at every
//! request.
//!
//! | state \ event    | `Seen`         | `Asked` | `SteppedUp`    | `Linked`       | `End`          |
//! | ---------------- | -------------- | ------- | -------------- | -------------- | -------------- |
//! | `Active`         | Active + Save  | Active  | Active + Renew | Active + Renew | Ended + Forget |
//! | `Active, noted`  | Active         | Active  | Active + Renew | Active + Renew | Ended + Forget |
//! | `Active, idle`   | Ended + Forget | Ended + Forget | Ended + Forget | Ended + Forget | Ended + Forget |
//! | `Active, old`    | Ended + Forget | Ended + Forget | Ended + Forget | Ended + Forget | Ended + Forget |
//! | `Ended`          | ✗ Over         | ✗ Over  | ✗ Over         | ✗ Over         | ✗ Over         |
//!
//! What must never happen: a session that comes back after its end, whatever arrives late; a rise of privilege under
//! the old id (`Renew` is a new id, the old one dead).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How long sessions live (design.md, numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPolicy {
    /// A session that nobody uses for this long ends.
    pub idle: Duration,
    /// No session lives longer than this.
    pub absolute: Duration,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30 * 60), absolute: Duration::from_secs(8 * 3600) }
    }
}

impl SessionPolicy {
    /// How often a session in use is written: a thirtieth of the idle time, a minute by default.
    fn write_interval(&self) -> Duration {
        self.idle / 30
    }
}

/// A session. This is what a store keeps, beside what is known of the citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum Session {
    /// Somebody is logged in.
    Active(Active),
    /// Over. Final.
    Ended(Ended),
}

/// Somebody is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    policy: SessionPolicy,
    /// When the session began.
    pub started_at: Timestamp,
    /// When a request of the citizen was last noted.
    pub seen_at: Timestamp,
    /// When a fresh one-time code or login was last shown.
    pub stepped_up_at: Option<Timestamp>,
}

/// Why and when it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Why.
    pub why: Why,
    /// When.
    pub at: Timestamp,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// Nobody used it for too long.
    Idle,
    /// It reached its greatest age.
    Expired,
    /// The citizen logged out.
    LoggedOut,
    /// The same browser logged in again.
    Replaced,
    /// The provider said so (OpenID Connect Back-Channel Logout 1.0).
    BackChannel,
    /// The link to the provider was removed.
    Unlinked,
    /// An administrator, or the citizen from elsewhere, said so.
    Administrator,
}

/// What happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The citizen made a request.
    Seen,
    /// Somebody only looks.
    Asked,
    /// A fresh one-time code or login was shown.
    SteppedUp,
    /// The account has a number that it had not, or has lost the one it had.
    Linked,
    /// It is to end.
    End(Why),
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write the session back, unless it is gone or changed. Safe to lose: it ends a minute earlier.
    Save,
    /// Give the session a new id and kill the old one. Not safe to lose: without it the rise does not count.
    Renew,
    /// Remove the session and expire the cookie. Safe to repeat.
    Forget,
}

/// The session has ended; nothing brings it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The session has ended.
    #[error("the session has ended")]
    Over,
}

impl Session {
    /// A session that begins now.
    pub fn start(policy: SessionPolicy, now: Timestamp) -> Self {
        Self::Active(Active { policy, started_at: now, seen_at: now, stepped_up_at: None })
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the session has ended.
    pub fn on(&self, event: Event, now: Timestamp) -> Result<(Self, Vec<Effect>), Refusal> {
        let Self::Active(active) = self else {
            return Err(Refusal::Over);
        };
        if let Some(why) = active.over(now) {
            return Ok(end(why, now));
        }
        Ok(match event {
            Event::Asked => (self.clone(), vec![]),
            Event::Seen if now.since(active.seen_at) < active.policy.write_interval() => (self.clone(), vec![]),
            Event::Seen => (Self::Active(Active { seen_at: now, ..active.clone() }), vec![Effect::Save]),
            Event::SteppedUp => {
                let next = Active { seen_at: now, stepped_up_at: Some(now), ..active.clone() };
                (Self::Active(next), vec![Effect::Renew])
            }
            Event::Linked => (Self::Active(Active { seen_at: now, ..active.clone() }), vec![Effect::Renew]),
            Event::End(why) => end(why, now),
        })
    }

    /// The running session, if it runs.
    pub fn active(&self) -> Option<&Active> {
        match self {
            Self::Active(active) => Some(active),
            Self::Ended(_) => None,
        }
    }
}

fn end(why: Why, now: Timestamp) -> (Session, Vec<Effect>) {
    (Session::Ended(Ended { why, at: now }), vec![Effect::Forget])
}

impl Active {
    /// When it ends if nothing more happens.
    pub fn expires_at(&self) -> Timestamp {
        self.seen_at.plus(self.policy.idle).min(self.started_at.plus(self.policy.absolute))
    }

    fn over(&self, now: Timestamp) -> Option<Why> {
        if now >= self.started_at.plus(self.policy.absolute) {
            Some(Why::Expired)
        } else {
            (now >= self.seen_at.plus(self.policy.idle)).then_some(Why::Idle)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::table;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn every_state_and_event_does_what_the_table_says() {
        let fresh = Session::start(SessionPolicy::default(), START);
        let kept_alive = (1..20).fold(fresh.clone(), |s, n| s.on(Event::Seen, after(n * 1500)).unwrap().0);
        let ended = fresh.on(Event::End(Why::LoggedOut), after(1)).unwrap().0;
        let states = [
            ("Active", (fresh.clone(), after(60))),
            ("Active, noted", (fresh.clone(), after(59))),
            ("Active, idle", (fresh.clone(), after(1800))),
            ("Active, old", (kept_alive, after(8 * 3600))),
            ("Ended", (ended, after(2))),
        ];
        let events = [
            ("Seen", Event::Seen),
            ("Asked", Event::Asked),
            ("SteppedUp", Event::SteppedUp),
            ("Linked", Event::Linked),
            ("End", Event::End(Why::BackChannel)),
        ];
        table::check(include_str!("session.rs"), &states, &events, |(s, now), event| table::cell(&s.on(*event, *now)));
    }

    #[test]
    fn asking_does_not_prolong_and_use_does() {
        let session = Session::start(SessionPolicy::default(), START);
        let asked = session.on(Event::Asked, after(1700)).unwrap().0;
        assert_eq!(asked.active().map(Active::expires_at), Some(after(1800)));
        let used = session.on(Event::Seen, after(1700)).unwrap().0;
        assert_eq!(used.active().map(Active::expires_at), Some(after(3500)));
    }
}
