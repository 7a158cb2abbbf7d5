//! Drives the core's OTP machine: one challenge for each login, its code kept only as a keyed hash.

use std::time::Duration;

use aws_lc_rs::hmac;
use vneid_auth::flow::otp::{CodeHash, Effect, Event, Otp, OtpPolicy, Refusal};
use vneid_auth::time::Timestamp;

use crate::entropy::Entropy;

/// Makes and checks codes.
pub(crate) struct OtpDesk {
    key: hmac::Key,
}

/// A challenge in progress. Whoever holds it holds the lock of the login it belongs to, so a try is counted and
/// compared in one step and a second request sees the count.
pub(crate) struct Challenge {
    id: String,
    account: String,
    machine: Otp,
    /// The phone that the last code went to.
    pub(crate) phone: String,
}

/// What a try came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The right code in time.
    Verified,
    /// Wrong; so many tries are left.
    Incorrect(u8),
    /// Its life is over.
    Expired,
    /// No further tries.
    Locked,
}

const PURPOSE: &str = "login";

impl OtpDesk {
    /// The key is random at every start.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// A new challenge and its first code, which is to be sent.
    pub(crate) fn start(&self, account: &str, phone: &str, code: &str, entropy: &Entropy, now: Timestamp) -> Challenge {
        let id = entropy.id();
        let machine = Otp::start(OtpPolicy::default(), self.hash(account, &id, code), now);
        Challenge { id, account: account.to_owned(), machine, phone: phone.to_owned() }
    }

    /// A try.
    pub(crate) fn attempt(&self, challenge: &mut Challenge, typed: &str, now: Timestamp) -> Tried {
        let code = self.hash(&challenge.account, &challenge.id, typed);
        match challenge.machine.on(&Event::Try { code }, now) {
            Ok((next, effects)) => {
                challenge.machine = next;
                match effects.first() {
                    Some(Effect::Accept) => Tried::Verified,
                    Some(Effect::Incorrect { attempts_left }) => Tried::Incorrect(*attempts_left),
                    Some(Effect::TooLate) => Tried::Expired,
                    _ => Tried::Locked,
                }
            }
            Err(Refusal::CodeExpired) => Tried::Expired,
            Err(_) => Tried::Locked,
        }
    }

    /// Another code, to this phone; the old one dies.
    pub(crate) fn resend(
        &self,
        challenge: &mut Challenge,
        phone: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let event = Event::Resend { code: self.hash(&challenge.account, &challenge.id, code) };
        let (next, _) = challenge.machine.on(&event, now)?;
        challenge.machine = next;
        phone.clone_into(&mut challenge.phone);
        Ok(())
    }

    /// A keyed hash over these parts, each with its length, so that no two lists of parts are alike.
    pub(crate) fn tag(&self, parts: &[&str]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign()
    }

    fn hash(&self, account: &str, challenge: &str, code: &str) -> CodeHash {
        let mut hash = [0_u8; 32];
        hash.copy_from_slice(self.tag(&[PURPOSE, account, challenge, code]).as_ref());
        CodeHash::new(hash)
    }
}

impl Challenge {
    /// How long the code is still good.
    pub(crate) fn good_for(&self, now: Timestamp) -> Duration {
        self.machine.waiting().map_or(Duration::ZERO, |sent| sent.expires_at().since(now))
    }
}
