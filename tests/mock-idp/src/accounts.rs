//! Who may log in: the citizens, their passwords, and the temporary lock after too many wrong ones.

use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;
use vneid_auth::time::Timestamp;

use crate::bounded::Bounded;
use crate::citizen::{Citizen, seeded};
use crate::sync::lock;

/// Wrong passwords in a row that lock an account for [`LOCK`] (VNeID's norm).
const PASSWORD_TRIES: u8 = 5;
/// Wrong passcodes in a row that lock an account, as passwords do.
const PASSCODE_TRIES: u8 = 5;
/// Wrong one-time codes within an hour that lock an account, counted over all its logins.
const CODE_TRIES: u8 = 10;
/// How long a lock lasts.
const LOCK: Duration = Duration::from_secs(15 * 60);
/// How long wrong tries are remembered.
const MEMORY: Duration = Duration::from_secs(60 * 60);

/// The one account base that all realms share.
pub(crate) struct Accounts {
    citizens: Mutex<Vec<Citizen>>,
    tries: Mutex<Bounded<String, Tries>>,
    key: hmac::Key,
}

#[derive(Clone, Copy, Default)]
struct Tries {
    passwords: u8,
    codes: u8,
    passcodes: u8,
    locked_until: Option<Timestamp>,
}

impl Tries {
    /// How much longer the account is locked.
    fn locked_for(&self, now: Timestamp) -> Option<Duration> {
        self.locked_until.filter(|until| now < *until).map(|until| until.since(now))
    }
}

/// What became of a password.
pub(crate) enum Verdict {
    /// It is right.
    Right(Box<Citizen>),
    /// It is wrong, or there is no such citizen; nothing tells which.
    Wrong,
    /// Too many were wrong; the account, or the number that is none, is locked for so long.
    Locked(Duration),
    /// It is right, and the account is closed.
    Closed,
}

/// What became of a passcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasscodeVerdict {
    /// It is right.
    Right,
    /// It is wrong; so many tries are left.
    Wrong(u8),
    /// Too many were wrong; the account is locked for so long.
    Locked(Duration),
}

impl Accounts {
    /// The seeded citizens. The key only makes comparisons independent of where texts differ.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self {
            citizens: Mutex::new(seeded()),
            tries: Mutex::new(Bounded::new(MEMORY, 10_000)),
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
        }
    }

    /// Everybody.
    pub(crate) fn all(&self) -> Vec<Citizen> {
        lock(&self.citizens).clone()
    }

    /// The citizen with this user name.
    pub(crate) fn find(&self, username: &str) -> Option<Citizen> {
        lock(&self.citizens).iter().find(|citizen| citizen.username == username).cloned()
    }

    /// Changes a citizen; false when there is none.
    pub(crate) fn edit(&self, username: &str, change: impl FnOnce(&mut Citizen)) -> bool {
        lock(&self.citizens).iter_mut().find(|citizen| citizen.username == username).map(change).is_some()
    }

    /// Checks a password. Checked and counted under one lock: a thousand tries at once are a thousand tries.
    ///
    /// A number that nobody has is compared, counted and locked just the same, so neither text nor time nor the lock
    /// tells who exists. The passwords are published at `GET /citizens`, so nothing is gained by a slow hash; they are
    /// compared in constant time all the same.
    pub(crate) fn check(&self, username: &str, password: &str, now: Timestamp) -> Verdict {
        let mut tries = lock(&self.tries);
        let before = tries.get(&username.to_owned(), now).copied().unwrap_or_default();
        if let Some(left) = before.locked_for(now) {
            return Verdict::Locked(left);
        }
        let found = self.find(username);
        let expected = found.as_ref().map_or("", |citizen| citizen.password.as_str());
        let same = bool::from(self.blind(expected).as_ref().ct_eq(self.blind(password).as_ref()));
        match found {
            Some(citizen) if same => {
                tries.insert(username.to_owned(), Tries { passwords: 0, locked_until: None, ..before }, now);
                if citizen.closed { Verdict::Closed } else { Verdict::Right(Box::new(citizen)) }
            }
            _ => {
                let passwords = before.passwords.saturating_add(1);
                let after = if passwords >= PASSWORD_TRIES {
                    Tries { passwords: 0, locked_until: Some(now.plus(LOCK)), ..before }
                } else {
                    Tries { passwords, locked_until: None, ..before }
                };
                tries.insert(username.to_owned(), after, now);
                after.locked_until.map_or(Verdict::Wrong, |until| Verdict::Locked(until.since(now)))
            }
        }
    }

    /// Checks the app's passcode, counted as passwords are.
    pub(crate) fn check_passcode(&self, username: &str, passcode: &str, now: Timestamp) -> PasscodeVerdict {
        let mut tries = lock(&self.tries);
        let before = tries.get(&username.to_owned(), now).copied().unwrap_or_default();
        if let Some(left) = before.locked_for(now) {
            return PasscodeVerdict::Locked(left);
        }
        let found = self.find(username).filter(|citizen| !citizen.closed);
        let expected = found.as_ref().map_or("", |citizen| citizen.passcode.as_str());
        let same = bool::from(self.blind(expected).as_ref().ct_eq(self.blind(passcode).as_ref()));
        if same && found.is_some() {
            tries.insert(username.to_owned(), Tries { passcodes: 0, ..before }, now);
            return PasscodeVerdict::Right;
        }
        let passcodes = before.passcodes.saturating_add(1);
        let (after, verdict) = if passcodes >= PASSCODE_TRIES {
            let locked = Tries { passcodes: 0, locked_until: Some(now.plus(LOCK)), ..before };
            (locked, PasscodeVerdict::Locked(LOCK))
        } else {
            (Tries { passcodes, ..before }, PasscodeVerdict::Wrong(PASSCODE_TRIES - passcodes))
        };
        tries.insert(username.to_owned(), after, now);
        verdict
    }

    /// Counts a wrong one-time code against the account, over all its logins.
    pub(crate) fn wrong_code(&self, username: &str, now: Timestamp) {
        let mut tries = lock(&self.tries);
        let before = tries.get(&username.to_owned(), now).copied().unwrap_or_default();
        let codes = before.codes.saturating_add(1);
        let after = if codes >= CODE_TRIES {
            Tries { codes: 0, locked_until: Some(now.plus(LOCK)), ..before }
        } else {
            Tries { codes, ..before }
        };
        tries.insert(username.to_owned(), after, now);
    }

    /// Until when the account is locked by wrong tries.
    pub(crate) fn locked_until(&self, username: &str, now: Timestamp) -> Option<Timestamp> {
        lock(&self.tries).get(&username.to_owned(), now)?.locked_until.filter(|until| now < *until)
    }

    /// Forgets the wrong tries of an account.
    pub(crate) fn unlock(&self, username: &str, now: Timestamp) {
        lock(&self.tries).take(&username.to_owned(), now);
    }

    /// The citizens as they began, and no wrong tries.
    pub(crate) fn reset(&self) {
        *lock(&self.citizens) = seeded();
        lock(&self.tries).clear();
    }

    fn blind(&self, text: &str) -> hmac::Tag {
        hmac::sign(&self.key, text.as_bytes())
    }
}
