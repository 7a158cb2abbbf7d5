//! Whose account it is: the trait that a portal implements over its own users.

mod memory;

use async_trait::async_trait;

pub use memory::MemoryAccounts;

use crate::error::{Code, Error};
use crate::identity::{AccountId, CitizenId, Identity, PhoneNumber, Strength};

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

/// A phone of an account. Several accounts may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// The number.
    pub number: PhoneNumber,
    /// Whether a code that was sent to it came back.
    pub verified: bool,
}

/// How many phones an account may have.
pub const MAX_PHONES: usize = 10;

/// What became of a phone that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhoneAdded {
    /// The account has it now, or had it before.
    There,
    /// The account has [`MAX_PHONES`] others.
    Full,
    /// There is no such account.
    NoAccount,
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
    /// A phone that the provider states becomes one of the account's, not verified, unless it is there or there is no
    /// room.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn sign_in(&self, identity: &Identity) -> Result<SignIn, AccountsUnavailable>;

    /// An account's phones, the oldest first; none when there is no such account.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn phones(&self, account: &AccountId) -> Result<Vec<Phone>, AccountsUnavailable>;

    /// Adds a phone that is not verified; one that is there stays as it is. Atomic.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn add_phone(&self, account: &AccountId, number: &PhoneNumber) -> Result<PhoneAdded, AccountsUnavailable>;

    /// Notes that the code sent to a phone came back; tells whether the account has the phone.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn verify_phone(&self, account: &AccountId, number: &PhoneNumber) -> Result<bool, AccountsUnavailable>;

    /// Removes a phone; tells whether the account had it.
    ///
    /// # Errors
    /// When the accounts cannot be reached.
    async fn remove_phone(&self, account: &AccountId, number: &PhoneNumber) -> Result<bool, AccountsUnavailable>;
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
