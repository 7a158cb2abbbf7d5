//! Whose account it is: the trait that a portal implements over its own users, accounts in memory, and accounts in a
//! database of their own.

mod memory;
mod password;
mod record;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(test)]
pub(crate) mod suite;

use async_trait::async_trait;

pub use memory::MemoryAccounts;
pub use password::{PasswordFailed, hash as hash_password};
pub use record::{Account, Link, LinkedCitizenId, MAX_NOTICES, MAX_PHONES, Notice, Phone, Role, Told};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use sql::SqlAccounts;

use crate::error::{Code, Error, RandomnessFailed};
use crate::identity::{AccountId, CitizenId};
use crate::random::{Randomness, account_id};
use crate::secret::Secret;

/// What an account is found by. Never an e-mail address or a phone (flows.md, machine 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By<'a> {
    /// The portal's name for it.
    Id(&'a AccountId),
    /// A provider's name for the person.
    Subject {
        /// The provider's name at this portal.
        provider: &'a str,
        /// The provider's name for the person.
        subject: &'a str,
    },
    /// The citizen id on it.
    CitizenId(&'a CitizenId),
    /// The tax code on it, without a hyphen.
    TaxCode(&'a str),
    /// What its owner logs in with.
    Username(&'a str),
}

/// What became of a [`save`](Accounts::save).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// All of it is written.
    Done,
    /// Nothing is: an account has changed or gone since it was read, or something on it is on another account already.
    Conflict,
}

/// The portal's accounts.
///
/// It decides nothing. What may be linked to whom is decided by [`flow::resolution`](crate::flow::resolution) and
/// [`flow::linking`](crate::flow::linking) over what [`find`](Self::find) found; [`save`](Self::save) writes it if nothing
/// has changed since, and whoever loses that race looks and decides again.
///
/// # What an implementation promises
///
/// 1. A subject (provider and name together), a citizen id, a tax code and a user name are on one account at most, whatever
///    is saved at the same time: by unique indexes, not by a look.
/// 2. A save is all or nothing, also of several accounts.
/// 3. What was saved is found by everybody from then on.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account of this id, subject, number, tax code or user name.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn find(&self, by: By<'_>) -> Result<Option<Account>, AccountsUnavailable>;

    /// Writes accounts, all of them or none. Those of version 0 are new; any other must be there in its version. An
    /// account may give up what another of the same save takes.
    ///
    /// # Errors
    /// When the accounts cannot be reached; whether anything was written is unknown then.
    async fn save(&self, accounts: &[Account]) -> Result<Saved, AccountsUnavailable>;

    /// Removes an account with all that is on it; tells whether it was there.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn remove(&self, id: &AccountId) -> Result<bool, AccountsUnavailable>;

    /// An id for a new account. Random unless the portal gives numbers of its own; one that nobody uses then is no harm.
    ///
    /// # Errors
    /// When the accounts cannot be reached or there is no randomness.
    async fn new_id(&self, randomness: &dyn Randomness) -> Result<AccountId, AccountsUnavailable> {
        account_id(randomness).map_err(|failed: RandomnessFailed| AccountsUnavailable(Box::new(failed)))
    }

    /// Whether this is the account's password. Ours are Argon2id in [`Account::password`]; a portal that keeps its own
    /// elsewhere asks there. It takes the same time when there is none.
    ///
    /// # Errors
    /// When it cannot be checked.
    async fn check_password(&self, account: Option<&Account>, password: &Secret) -> Result<bool, AccountsUnavailable> {
        let known = account.and_then(|account| account.password.clone());
        password::check(known, password.clone()).await.map_err(|failed| AccountsUnavailable(Box::new(failed)))
    }
}

/// The accounts cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("the accounts cannot be reached")]
pub struct AccountsUnavailable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl From<AccountsUnavailable> for Error {
    fn from(error: AccountsUnavailable) -> Self {
        Self::new(Code::ServiceUnavailable, error.to_string()).because(error)
    }
}
