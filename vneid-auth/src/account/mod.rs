//! Whose account it is: the trait that a portal implements over its own users.

mod memory;

use async_trait::async_trait;

pub use memory::MemoryAccounts;

use crate::error::{Code, Error};
use crate::identity::{AccountId, CitizenId, Identity, Strength};

/// A local account, as much as a login needs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The portal's name for it.
    pub id: AccountId,
    /// Whether it is a citizen's or an official's.
    pub role: Role,
    /// The citizen id linked to it.
    pub citizen_id: Option<LinkedCitizenId>,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// A citizen's, or an organisation's.
    #[default]
    Citizen,
    /// An official's (cán bộ).
    Official,
}

/// A citizen id on an account, and how strongly it belongs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedCitizenId {
    /// The number.
    pub number: CitizenId,
    /// How strongly.
    pub strength: Strength,
}

/// What the accounts say about an identified person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignIn {
    /// This is their account, found or made.
    Account(Account),
    /// Their account is locked or closed.
    Refused,
}

/// The portal's accounts.
///
/// An account is found by provider and subject, never by e-mail or phone (flows.md, machine 2). A citizen id that
/// [`Strength::Asserted`] states belongs to one person, so it finds their account too; it never lets anybody into an
/// account that only matched the number.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Finds the person's account, or makes one. Atomic: of two first logins at once, both get the same account.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn sign_in(&self, identity: &Identity) -> Result<SignIn, AccountsUnavailable>;
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
