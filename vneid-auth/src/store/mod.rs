//! Where state rests between requests.
//!
//! A store keeps sealed records under hashed keys: it sees no secret, no name and no number. Everything that may happen
//! once rests on two of its promises: [`Store::take`] gives a record to one caller only, and [`Store::insert`] and
//! [`Store::replace`] are compare-and-swap.

mod hints;
mod keys;
mod limits;
mod memory;
#[cfg(test)]
pub(crate) mod suite;
mod vault;

use async_trait::async_trait;
use bytes::Bytes;

pub use hints::{Hear, Hints, MemoryHints, NoHints};
pub use keys::{Keys, KeysError};
pub use limits::{Limit, Limits, MemoryLimits, Verdict};
pub use memory::MemoryStore;
pub(crate) use vault::{Loaded, Vault};

use crate::error::{Code, Error};
use crate::time::Timestamp;

/// What a record is for. Kinds share no keys, so none can be found as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An open login.
    Login,
    /// A session.
    Session,
    /// A person who has yet to say which account is theirs.
    Pending,
    /// What the later steps of a logout need.
    Logout,
    /// That a logout token came.
    LogoutToken,
    /// A login by QR code on the portal's own screen.
    Pairing,
    /// A one-time code that is waited for.
    Otp,
    /// Which one-time code of an account is the newest for its purpose.
    OtpCurrent,
    /// A form that was interrupted.
    HeldForm,
}

impl Kind {
    /// The kind's name, the first part of its records' keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Session => "session",
            Self::Pending => "pending",
            Self::Logout => "logout",
            Self::LogoutToken => "logout-token",
            Self::Pairing => "pairing",
            Self::Otp => "otp",
            Self::OtpCurrent => "otp-current",
            Self::HeldForm => "held-form",
        }
    }
}

/// Where a record lies: its kind, and a hash of what it is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What the record is for.
    pub kind: Kind,
    /// SHA-256 of what it is found by, base64url.
    pub hash: String,
}

/// A name under which records can be ended together: a provider's session, a provider's subject, an account. A keyed
/// hash, so that a dump of the store names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(pub String);

/// A record to keep.
#[derive(Clone, Debug)]
pub struct Record {
    /// The sealed bytes.
    pub bytes: Bytes,
    /// From when on it is as if it had never been.
    pub expires_at: Timestamp,
    /// What it can be ended by.
    pub tags: Vec<Tag>,
    /// When what it stands for began; an end of one of its tags at this time or later forbids it.
    pub begun_at: Timestamp,
}

/// What became of an [`insert`](Store::insert).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is kept.
    Kept,
    /// There is a record at this key already; it stays as it was.
    Exists,
    /// One of its tags was ended at or after its beginning; it is not kept.
    Ended,
}

/// A record as it lies in the store.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The sealed bytes.
    pub bytes: Bytes,
    /// Changes with every write.
    pub version: u64,
}

/// Where state rests between requests.
///
/// Every method is atomic: whatever runs at the same time, the outcome is as if one had come after the other. An
/// expired record is as if it had never been.
#[async_trait]
pub trait Store: Send + Sync {
    /// Keeps a new record, unless the key is taken or one of its tags has ended.
    ///
    /// # Errors
    /// When the store cannot be reached or is full.
    async fn insert(&self, key: &Key, record: Record) -> Result<Inserted, StoreError>;

    /// Reads a record.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn load(&self, key: &Key) -> Result<Option<Stored>, StoreError>;

    /// Writes a record back if it is there in this version; tells whether it was. Its tags stay.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn replace(&self, key: &Key, version: u64, bytes: Bytes, expires_at: Timestamp) -> Result<bool, StoreError>;

    /// Takes a record out. Of any number of callers one gets it.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn take(&self, key: &Key) -> Result<Option<Bytes>, StoreError>;

    /// Every record with this tag, and where it lies.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn tagged(&self, tag: &Tag) -> Result<Vec<(Key, Bytes)>, StoreError>;

    /// Removes every record with this tag, and remembers the end until then, so that none which began at or before
    /// `at` is kept later. Tells how many records it removed.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn end(&self, tag: &Tag, at: Timestamp, remember_until: Timestamp) -> Result<u64, StoreError>;
}

/// The store did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It holds as much as it may.
    #[error("the store is full")]
    Full,
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::new(Code::ServiceUnavailable, error.to_string()).because(error)
    }
}
