//! One-time codes: a challenge, from the first code sent to its end (flows.md, machine 5).
//!
//! ```text
//!            ┌── Resend ──┐  ┌─ wrong Try ─┐
//!            ▼            │  ▼             │
//!  start ──► Sent ────────┴──┴─────────────┘
//!             │ │ │ └── Supersede ─────────────► Superseded
//!             │ │ └──── wrong Try, the last ───► Locked
//!             │ └────── right Try ─────────────► Verified
//!             └──────── any event, too late ───► Expired ── Resend ──► Sent
//! ```
//!
//! A *late* row is the same state after its code's life. `TryRight` and `TryWrong` are tries of a code, `TryOld` of one
//! that a resend has replaced.
//!
//! | state \ event    | `TryRight`          | `TryWrong`          | `TryOld`            | `Resend`            | `Supersede` |
//! | ---------------- | ------------------- | ------------------- | ------------------- | ------------------- | ----------- |
//! | `Sent`           | Verified + Accept   | Sent + Incorrect    | Sent + Incorrect    | Sent + Send         | Superseded  |
//! | `Sent, too soon` | Verified + Accept   | Sent + Incorrect    | Sent + Incorrect    | ✗ ResendTooSoon     | Superseded  |
//! | `Sent, last try` | Verified + Accept   | Locked + LockedOut  | Locked + LockedOut  | Sent + Send         | Superseded  |
//! | `Sent, no resend`| Verified + Accept   | Sent + Incorrect    | Sent + Incorrect    | ✗ ResendLimit       | Superseded  |
//! | `Sent, late`     | Expired + TooLate   | Expired + TooLate   | Expired + TooLate   | Sent + Send         | Superseded  |
//! | `Expired`        | ✗ CodeExpired       | ✗ CodeExpired       | ✗ CodeExpired       | Sent + Send         | Superseded  |
//! | `Expired, spent` | ✗ CodeExpired       | ✗ CodeExpired       | ✗ CodeExpired       | ✗ ResendLimit       | Superseded  |
//! | `Verified`       | ✗ AlreadyVerified   | ✗ AlreadyVerified   | ✗ AlreadyVerified   | ✗ AlreadyVerified   | ✗ AlreadyVerified |
//! | `Locked`         | ✗ LockedOut         | ✗ LockedOut         | ✗ LockedOut         | ✗ LockedOut         | ✗ LockedOut |
//! | `Superseded`     | ✗ Superseded        | ✗ Superseded        | ✗ Superseded        | ✗ Superseded        | ✗ Superseded |
//!
//! What must never happen: a code accepted twice, after its life, after the lock, or for another purpose, account or
//! challenge (the code's hash is keyed over all three, so such a code is simply wrong); a try that is not counted. The
//! count and the comparison are one transition, and whoever drives it answers only after the compare-and-swap held: a
//! thousand tries at once are a thousand saves.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::time::Timestamp;

/// How codes behave; the defaults are the project's numbers (design.md), the life is VNeID's (S3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtpPolicy {
    /// How long a code is good.
    pub lifetime: Duration,
    /// Wrong tries that lock the challenge, counted over all its codes.
    pub tries: u8,
    /// How long to wait before another code is sent.
    pub resend_after: Duration,
    /// How many further codes a challenge may send.
    pub resends: u8,
}

impl Default for OtpPolicy {
    fn default() -> Self {
        Self { lifetime: Duration::from_secs(180), tries: 5, resend_after: Duration::from_secs(60), resends: 4 }
    }
}

/// A code as it rests: a keyed hash over purpose, account, challenge and code. Compared in constant time.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHash([u8; 32]);

impl CodeHash {
    /// Wraps the output of the keyed hash (HMAC-SHA-256).
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl PartialEq for CodeHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for CodeHash {}

impl std::fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeHash(****)")
    }
}

/// A challenge, wherever it stands. This is what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum Otp {
    /// A code is on its way or typed in.
    Sent(Sent),
    /// The code's life is over; another may be sent.
    Expired(Expired),
    /// The right code came in time. Final.
    Verified(Verified),
    /// Too many wrong tries. Final.
    Locked(Locked),
    /// A newer challenge for the same purpose took its place. Final.
    Superseded(Superseded),
}

/// A code was sent and is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    policy: OtpPolicy,
    code: CodeHash,
    sent_at: Timestamp,
    wrong: u8,
    resent: u8,
}

/// The code's life is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    was: Sent,
}

/// Verified at this time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When the right code came.
    pub at: Timestamp,
}

/// Locked at this time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// When the last wrong code came.
    pub at: Timestamp,
}

/// Replaced at this time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// When the newer challenge began.
    pub at: Timestamp,
}

/// What happens to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody typed a code; this is its keyed hash.
    Try {
        /// The hash of what was typed.
        code: CodeHash,
    },
    /// Another code is asked for, to the same phone or another.
    Resend {
        /// The hash of the new code.
        code: CodeHash,
    },
    /// A newer challenge takes this one's place.
    Supersede,
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send the new code. Safe to lose: the citizen asks again.
    Send,
    /// The challenge is met. Safe to lose: the citizen asks for a new code. Never repeated, the state is final.
    Accept,
    /// Say that the code was wrong. Safe to lose.
    Incorrect {
        /// Tries left before the lock.
        attempts_left: u8,
    },
    /// Say that the challenge is locked now, and count it against the account. Safe to lose.
    LockedOut,
    /// Say that the code's life is over. Safe to lose.
    TooLate,
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The code's life is over.
    #[error("the code has expired")]
    CodeExpired,
    /// The last code was sent just now.
    #[error("the last code was sent just now")]
    ResendTooSoon {
        /// How long to wait.
        retry_after: Duration,
    },
    /// No further code for this challenge.
    #[error("no further code may be sent for this challenge")]
    ResendLimit,
    /// The challenge has been met already.
    #[error("the challenge has been met already")]
    AlreadyVerified,
    /// Too many wrong tries.
    #[error("too many wrong codes")]
    LockedOut,
    /// A newer challenge took its place.
    #[error("a newer challenge took this one's place")]
    Superseded,
}

impl Otp {
    /// A challenge whose first code is being sent now.
    pub fn start(policy: OtpPolicy, code: CodeHash, now: Timestamp) -> Self {
        Self::Sent(Sent { policy, code, sent_at: now, wrong: 0, resent: 0 })
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the event has no place here; the state stays as it was.
    pub fn on(&self, event: &Event, now: Timestamp) -> Result<(Self, Vec<Effect>), Refusal> {
        match (self, event) {
            (Self::Sent(_) | Self::Expired(_), Event::Supersede) => {
                Ok((Self::Superseded(Superseded { at: now }), vec![]))
            }
            (Self::Sent(sent) | Self::Expired(Expired { was: sent }), Event::Resend { code }) => {
                sent.resend(*code, now)
            }
            (Self::Sent(sent), Event::Try { code }) => Ok(sent.attempt(*code, now)),
            (Self::Expired(_), Event::Try { .. }) => Err(Refusal::CodeExpired),
            (Self::Verified(_), _) => Err(Refusal::AlreadyVerified),
            (Self::Locked(_), _) => Err(Refusal::LockedOut),
            (Self::Superseded(_), _) => Err(Refusal::Superseded),
        }
    }

    /// The code that is waited for, when one is: its end of life, when another may be sent, and the tries left.
    pub fn waiting(&self) -> Option<&Sent> {
        match self {
            Self::Sent(sent) => Some(sent),
            _ => None,
        }
    }
}

impl Sent {
    /// When the code's life ends.
    pub fn expires_at(&self) -> Timestamp {
        self.sent_at.plus(self.policy.lifetime)
    }

    /// From when on another code may be asked for.
    pub fn resend_at(&self) -> Timestamp {
        self.sent_at.plus(self.policy.resend_after)
    }

    /// Wrong tries left before the lock.
    pub fn attempts_left(&self) -> u8 {
        self.policy.tries.saturating_sub(self.wrong)
    }

    fn attempt(&self, code: CodeHash, now: Timestamp) -> (Otp, Vec<Effect>) {
        if now >= self.expires_at() {
            return (Otp::Expired(Expired { was: self.clone() }), vec![Effect::TooLate]);
        }
        if code == self.code {
            return (Otp::Verified(Verified { at: now }), vec![Effect::Accept]);
        }
        let next = Self { wrong: self.wrong.saturating_add(1), ..self.clone() };
        match next.attempts_left() {
            0 => (Otp::Locked(Locked { at: now }), vec![Effect::LockedOut]),
            attempts_left => (Otp::Sent(next), vec![Effect::Incorrect { attempts_left }]),
        }
    }

    fn resend(&self, code: CodeHash, now: Timestamp) -> Result<(Otp, Vec<Effect>), Refusal> {
        if self.resent >= self.policy.resends {
            return Err(Refusal::ResendLimit);
        }
        if now < self.resend_at() {
            return Err(Refusal::ResendTooSoon { retry_after: self.resend_at().since(now) });
        }
        let next = Self { code, sent_at: now, resent: self.resent.saturating_add(1), ..self.clone() };
        Ok((Otp::Sent(next), vec![Effect::Send]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::table;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const OLD: CodeHash = CodeHash([1; 32]);
    const RIGHT: CodeHash = CodeHash([2; 32]);
    const WRONG: CodeHash = CodeHash([3; 32]);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    fn on(otp: &Otp, event: Event, now: Timestamp) -> Otp {
        otp.on(&event, now).unwrap().0
    }

    #[test]
    fn every_state_and_event_does_what_the_table_says() {
        let first = Otp::start(OtpPolicy::default(), OLD, START);
        let sent = on(&first, Event::Resend { code: RIGHT }, after(60));
        let last_try = (0..4).fold(sent.clone(), |otp, _| on(&otp, Event::Try { code: WRONG }, after(61)));
        let spent = (2..5).fold(sent.clone(), |otp, n| on(&otp, Event::Resend { code: RIGHT }, after(60 * n)));
        let expired = on(&sent, Event::Try { code: RIGHT }, after(60 + 180));
        let states = [
            ("Sent", (sent.clone(), after(120))),
            ("Sent, too soon", (sent.clone(), after(119))),
            ("Sent, last try", (last_try.clone(), after(120))),
            ("Sent, no resend", (spent.clone(), after(300))),
            ("Sent, late", (sent.clone(), after(60 + 180))),
            ("Expired", (expired, after(300))),
            ("Expired, spent", (on(&spent, Event::Try { code: RIGHT }, after(900)), after(900))),
            ("Verified", (on(&sent, Event::Try { code: RIGHT }, after(120)), after(121))),
            ("Locked", (on(&last_try, Event::Try { code: WRONG }, after(120)), after(121))),
            ("Superseded", (on(&sent, Event::Supersede, after(120)), after(121))),
        ];
        let events = [
            ("TryRight", Event::Try { code: RIGHT }),
            ("TryWrong", Event::Try { code: WRONG }),
            ("TryOld", Event::Try { code: OLD }),
            ("Resend", Event::Resend { code: WRONG }),
            ("Supersede", Event::Supersede),
        ];
        table::check(include_str!("otp.rs"), &states, &events, |(otp, now), event| table::cell(&otp.on(event, *now)));
    }

    #[test]
    fn tries_count_over_all_resends() {
        let mut otp = Otp::start(OtpPolicy::default(), OLD, START);
        for n in 0..4_u64 {
            otp = on(&otp, Event::Try { code: WRONG }, after(60 * n + 1));
            otp = on(&otp, Event::Resend { code: RIGHT }, after(60 * (n + 1)));
        }
        assert_eq!(otp.waiting().map(Sent::attempts_left), Some(1));
        let (locked, effects) = otp.on(&Event::Try { code: WRONG }, after(241)).unwrap();
        assert_eq!(effects, [Effect::LockedOut]);
        assert_eq!(locked.on(&Event::Try { code: RIGHT }, after(242)), Err(Refusal::LockedOut));
    }

    #[test]
    fn survives_the_store() {
        let otp = Otp::start(OtpPolicy::default(), RIGHT, START);
        let stored = serde_json::to_string(&otp).unwrap();
        assert_eq!(serde_json::from_str::<Otp>(&stored).unwrap(), otp);
    }
}
