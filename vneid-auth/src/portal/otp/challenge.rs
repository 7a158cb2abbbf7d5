//! A challenge as it rests, found by its owner alone, and driven by the drive rule.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{By, Purpose};
use crate::error::{Code, Error, Result};
use crate::flow::otp::{CodeHash, Effect, Event, Otp, OtpPolicy, Refusal};
use crate::identity::{AccountId, PhoneNumber};
use crate::portal::Inner;
use crate::secret::Secret;
use crate::store::{Inserted, Kind, Loaded, Vault};
use crate::time::Timestamp;

/// How often a lost race is run again. A challenge changes a dozen times in its life at most, and only a change loses
/// others their race.
const RACES: usize = 32;

/// What a challenge's record holds, sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Challenge {
    pub(super) purpose: Purpose,
    account: AccountId,
    /// The session that asked for it, whatever its id is by now.
    lineage: String,
    pub(super) phone: PhoneNumber,
    /// A checked path of this portal.
    pub(super) return_to: Option<String>,
    pub(super) otp: Otp,
}

/// Which challenge of an account is the newest for its purpose.
#[derive(Serialize, Deserialize)]
struct Current {
    #[serde(with = "crate::secret::at_rest")]
    id: Secret,
}

/// A challenge that begins.
pub(super) struct New<'a> {
    pub(super) id: &'a Secret,
    pub(super) purpose: Purpose,
    pub(super) phone: PhoneNumber,
    pub(super) return_to: Option<String>,
    pub(super) code: &'a Secret,
}

/// A challenge that an event moved on.
pub(super) struct Moved {
    pub(super) challenge: Challenge,
    pub(super) effect: Option<Effect>,
}

impl Challenge {
    fn belongs_to(&self, by: &By<'_>) -> bool {
        self.account == *by.citizen.account() && self.lineage == by.citizen.lineage()
    }

    /// When the record may go.
    fn until(&self, now: Timestamp, kept_for: Duration) -> Timestamp {
        self.otp.waiting().map_or(now, |sent| sent.expires_at()).max(now).plus(kept_for)
    }
}

impl Inner {
    /// Keeps a new challenge as the newest of its account and purpose; the one before it is dead then.
    pub(super) async fn keep_challenge(&self, by: &By<'_>, new: New<'_>, policy: OtpPolicy) -> Result<Challenge> {
        let now = self.now();
        let account = by.citizen.account();
        let challenge = Challenge {
            otp: Otp::start(policy, code_hash(&self.vault, new.purpose, account, new.id, new.code), now),
            purpose: new.purpose,
            account: account.clone(),
            lineage: by.citizen.lineage().to_owned(),
            phone: new.phone,
            return_to: new.return_to,
        };
        let until = challenge.until(now, self.policy.code_kept_for());
        match self.vault.insert(Kind::Otp, &[new.id.expose()], &challenge, until, vec![], now).await? {
            Inserted::Kept => {}
            Inserted::Exists | Inserted::Ended => {
                return Err(Error::new(Code::ServiceUnavailable, "a random challenge id came twice"));
            }
        }
        self.make_current(&challenge, new.id, until).await?;
        Ok(challenge)
    }

    /// Whoever takes another's place ends it first, so of any number that begin at once one is left.
    async fn make_current(&self, challenge: &Challenge, id: &Secret, until: Timestamp) -> Result<()> {
        let name = self.vault.tag(&["current code", challenge.account.as_str(), challenge.purpose.as_str()]).0;
        let current = Current { id: id.clone() };
        for _ in 0..RACES {
            match self.vault.load::<Current>(Kind::OtpCurrent, &[&name]).await? {
                Some(before) => {
                    self.supersede(&before.value.id).await?;
                    if self.vault.replace(&before, &current, until).await? {
                        return Ok(());
                    }
                }
                None => {
                    let now = self.now();
                    let inserted = self.vault.insert(Kind::OtpCurrent, &[&name], &current, until, vec![], now).await?;
                    if inserted == Inserted::Kept {
                        return Ok(());
                    }
                }
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "too many challenges of one account began at once"))
    }

    async fn supersede(&self, id: &Secret) -> Result<()> {
        for _ in 0..RACES {
            let Some(loaded) = self.vault.load::<Challenge>(Kind::Otp, &[id.expose()]).await? else { return Ok(()) };
            // Whatever refuses to end has ended already.
            let Ok((otp, _)) = loaded.value.otp.on(&Event::Supersede, self.now()) else { return Ok(()) };
            if self.save_challenge(&loaded, otp, None).await?.is_some() {
                return Ok(());
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "a challenge changed too often"))
    }

    /// The challenge of this id, for its owner. To everybody else it does not exist.
    pub(super) async fn challenge(&self, by: &By<'_>, id: &Secret) -> Result<Loaded<Challenge>> {
        let loaded = self.vault.load::<Challenge>(Kind::Otp, &[id.expose()]).await?;
        let mine = loaded.filter(|loaded| loaded.value.belongs_to(by));
        mine.ok_or_else(|| Error::new(Code::OtpNotFound, "the session has no challenge of this id"))
    }

    /// Somebody typed this code: counted and compared in one transition, which is answered only once it is saved.
    pub(super) async fn try_code(&self, by: &By<'_>, id: &Secret, code: &Secret) -> Result<Moved> {
        for _ in 0..RACES {
            let loaded = self.challenge(by, id).await?;
            let code = code_hash(&self.vault, loaded.value.purpose, by.citizen.account(), id, code);
            let (otp, effects) = loaded.value.otp.on(&Event::Try { code }, self.now()).map_err(refused)?;
            if let Some(challenge) = self.save_challenge(&loaded, otp, None).await? {
                return Ok(Moved { challenge, effect: effects.into_iter().next() });
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "a challenge changed too often"))
    }

    /// A further code takes the last one's place, for this phone. It is counted against the limits once the challenge
    /// allows it.
    pub(super) async fn renew_code(
        &self,
        by: &By<'_>,
        id: &Secret,
        phone: &PhoneNumber,
        code: &Secret,
    ) -> Result<Challenge> {
        let mut counted = false;
        for _ in 0..RACES {
            let loaded = self.challenge(by, id).await?;
            let hash = code_hash(&self.vault, loaded.value.purpose, by.citizen.account(), id, code);
            let (otp, _) = loaded.value.otp.on(&Event::Resend { code: hash }, self.now()).map_err(refused)?;
            if !counted {
                self.count_send(by.bucket, by.citizen.account(), phone).await?;
                counted = true;
            }
            if let Some(challenge) = self.save_challenge(&loaded, otp, Some(phone)).await? {
                return Ok(challenge);
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "a challenge changed too often"))
    }

    /// Writes a challenge back if nobody has changed it since; nothing when somebody has.
    async fn save_challenge(
        &self,
        was: &Loaded<Challenge>,
        otp: Otp,
        phone: Option<&PhoneNumber>,
    ) -> Result<Option<Challenge>> {
        let mut challenge = Challenge { otp, ..was.value.clone() };
        if let Some(phone) = phone {
            challenge.phone = phone.clone();
        }
        let until = challenge.until(self.now(), self.policy.code_kept_for());
        Ok(self.vault.replace(was, &challenge, until).await?.then_some(challenge))
    }
}

/// Over all that a code is for: one of another purpose, account or challenge is simply wrong.
fn code_hash(vault: &Vault, purpose: Purpose, account: &AccountId, id: &Secret, code: &Secret) -> CodeHash {
    vault.code_hash(&[purpose.as_str(), account.as_str(), id.expose(), code.expose()])
}

/// The machine's refusal, as the contract says it.
fn refused(refusal: Refusal) -> Error {
    let error = |code| Error::new(code, refusal.to_string());
    match refusal {
        Refusal::CodeExpired | Refusal::AlreadyVerified | Refusal::Superseded => error(Code::OtpExpired),
        Refusal::LockedOut => error(Code::OtpLocked),
        Refusal::ResendLimit => error(Code::OtpResendLimit),
        // In whole seconds, rounded up: who waits as long as told is not told to wait again.
        Refusal::ResendTooSoon { retry_after } => {
            let seconds = retry_after.as_millis().div_ceil(1000);
            error(Code::OtpResendTooSoon).retry_after(Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::random::SystemRandomness;
    use crate::store::{Keys, MemoryStore};
    use crate::time::SystemClock;

    #[test]
    fn a_code_s_hash_is_over_all_that_it_is_for() {
        let keys = Keys::new(&"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".into()).unwrap();
        let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let vault = Vault::new(store, Arc::new(keys), Arc::new(SystemRandomness));
        let hash = |purpose, account: &str, id: &str, code: &str| {
            code_hash(&vault, purpose, &account.into(), &id.into(), &code.into())
        };
        let right = hash(Purpose::StepUp, "account", "challenge", "012345");
        assert_eq!(right, hash(Purpose::StepUp, "account", "challenge", "012345"));
        assert_ne!(right, hash(Purpose::VerifyPhone, "account", "challenge", "012345"));
        assert_ne!(right, hash(Purpose::StepUp, "another", "challenge", "012345"));
        assert_ne!(right, hash(Purpose::StepUp, "account", "another", "012345"));
        assert_ne!(right, hash(Purpose::StepUp, "account", "challenge", "012346"));
    }
}
