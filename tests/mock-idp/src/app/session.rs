//! Phones that are signed in to the app, and how often each account has typed a wrong user code.

use std::sync::Mutex;
use std::time::Duration;

use vneid_auth::flow::pairing::Phone;
use vneid_auth::identity::AccountId;
use vneid_auth::time::Timestamp;

use crate::bounded::Bounded;
use crate::entropy::{Entropy, fingerprint};
use crate::sync::lock;

/// How long a phone stays signed in.
const SESSION: Duration = Duration::from_secs(30 * 60);

/// All phones that are signed in, found by the fingerprint of their cookie. An account may use several.
pub(crate) struct Phones(Mutex<Bounded<[u8; 32], Phone>>);

impl Phones {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Bounded::new(SESSION, 20_000)))
    }

    /// Signs a phone in, under an id that the server gives it; the cookie comes with it.
    pub(crate) fn sign_in(&self, username: &str, device: String, entropy: &Entropy, now: Timestamp) -> (String, Phone) {
        let phone = Phone { account: AccountId::from(username), device };
        let cookie = entropy.token();
        lock(&self.0).insert(fingerprint(&cookie), phone.clone(), now);
        (cookie, phone)
    }

    /// The phone behind a cookie.
    pub(crate) fn find(&self, cookie: &str, now: Timestamp) -> Option<Phone> {
        lock(&self.0).get(&fingerprint(cookie), now).cloned()
    }

    /// Whether this device is signed in.
    pub(crate) fn has(&self, device: &str, now: Timestamp) -> bool {
        lock(&self.0).living(now).iter().any(|phone| phone.device == device)
    }

    /// Signs a device out.
    pub(crate) fn sign_out(&self, device: &str) {
        lock(&self.0).retain(|phone| phone.device != device);
    }

    /// Signs all out.
    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}

/// How many wrong user codes an account may type in [`WINDOW`] (RFC 8628 §5.1).
const WRONG_USER_CODES: u8 = 5;
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Wrong user codes by account.
pub(crate) struct UserCodeTries(Mutex<Bounded<String, (u8, Timestamp)>>);

impl UserCodeTries {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Bounded::new(WINDOW, 10_000)))
    }

    /// Counts a try before it is compared, so that a thousand at once are a thousand.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub(crate) fn count(&self, username: &str, now: Timestamp) -> Result<(), Duration> {
        let (mut tries, key) = (lock(&self.0), username.to_owned());
        match tries.get_mut(&key, now) {
            Some((count, since)) if *count >= WRONG_USER_CODES => Err(since.plus(WINDOW).since(now)),
            Some((count, _)) => {
                *count += 1;
                Ok(())
            }
            None => {
                tries.insert(key, (1, now), now);
                Ok(())
            }
        }
    }

    /// The try that was counted was right: it alone is forgotten, so that nobody buys guesses with codes of their own.
    pub(crate) fn was_right(&self, username: &str, now: Timestamp) {
        if let Some((count, _)) = lock(&self.0).get_mut(&username.to_owned(), now) {
            *count = count.saturating_sub(1);
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d52_a_right_code_buys_no_guesses() {
        let (tries, now) = (UserCodeTries::new(), Timestamp::from_unix_seconds(1_000_000));
        for _ in 0..4 {
            assert!(tries.count("a", now).is_ok());
            assert!(tries.count("a", now).is_ok());
            tries.was_right("a", now);
        }
        assert!(tries.count("a", now).is_ok(), "the fifth wrong one");
        let later = now.plus(Duration::from_secs(60));
        assert_eq!(tries.count("a", later), Err(Duration::from_secs(14 * 60)));
        assert!(tries.count("b", later).is_ok() && tries.count("a", now.plus(WINDOW)).is_ok());
    }
}
