//! How often codes may be asked for and missed. The counts are the store's, so they hold over all instances.

use std::time::Duration;

use super::Inner;
use crate::error::{Code, Error, Result};
use crate::identity::{AccountId, PhoneNumber};
use crate::store::{Limit, Verdict};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Inner {
    /// Counts one code to be sent, for its address, its account and its phone.
    pub(super) async fn count_send(&self, bucket: &str, account: &AccountId, phone: &PhoneNumber) -> Result<()> {
        let limit = |name, count, per| Limit { name, count, per };
        let policy = &self.policy;
        let address = limit("codes of an address", policy.codes_of_an_address_a_minute, MINUTE);
        self.count(&address, bucket).await?;
        let (account, phone) = (self.counted_as(account), self.vault.tag(&["limits of a phone", phone.expose()]).0);
        let tight = [
            (limit("codes of an account", policy.codes_of_an_account_an_hour, HOUR), &account),
            (limit("codes to a phone in an hour", policy.codes_to_a_phone_an_hour, HOUR), &phone),
            (limit("codes to a phone in a day", policy.codes_to_a_phone_a_day, DAY), &phone),
        ];
        // First a look at all of them, so that what one refuses is not spent at the others.
        for (limit, subject) in &tight {
            within(limit, self.limits.look(limit, subject).await?)?;
        }
        for (limit, subject) in &tight {
            within(limit, self.limits.count(limit, subject).await?)?;
        }
        Ok(())
    }

    /// Counts one code to be tried, for its address.
    pub(super) async fn count_try(&self, bucket: &str) -> Result<()> {
        let count = self.policy.tries_of_an_address_a_minute;
        self.count(&Limit { name: "tried codes of an address", count, per: MINUTE }, bucket).await
    }

    /// Refuses while the account's codes are locked.
    pub(super) async fn check_unlocked(&self, account: &AccountId) -> Result<()> {
        match self.limits.look(&self.lock(), &self.counted_as(account)).await? {
            Verdict::Allowed => Ok(()),
            Verdict::Wait(wait) => Err(locked(wait)),
        }
    }

    /// Counts one wrong code of the account, and locks its codes when there were too many: for how long, then.
    pub(super) async fn count_wrong(&self, account: &AccountId) -> Result<Option<Duration>> {
        let wrong = Limit { name: "wrong codes of an account", count: self.policy.wrong_codes_an_hour, per: HOUR };
        let subject = self.counted_as(account);
        let counted = self.limits.count(&wrong, &subject).await?;
        if counted == Verdict::Allowed && self.limits.look(&wrong, &subject).await? == Verdict::Allowed {
            return Ok(None);
        }
        match self.limits.count(&self.lock(), &subject).await? {
            Verdict::Allowed => Ok(Some(self.policy.codes_locked_for)),
            Verdict::Wait(wait) => Ok(Some(wait)),
        }
    }

    /// The lock is a limit of one: whoever counts it closes it until its time is over.
    fn lock(&self) -> Limit {
        Limit { name: "locked codes of an account", count: 1, per: self.policy.codes_locked_for }
    }

    fn counted_as(&self, account: &AccountId) -> String {
        self.vault.tag(&["limits of an account", account.as_str()]).0
    }
}

pub(super) fn locked(wait: Duration) -> Error {
    Error::new(Code::OtpLocked, "too many wrong codes of the account").retry_after(wait)
}

fn within(limit: &Limit, verdict: Verdict) -> Result<()> {
    match verdict {
        Verdict::Allowed => Ok(()),
        Verdict::Wait(wait) => Err(Error::new(Code::OtpResendLimit, limit.name).retry_after(wait)),
    }
}
