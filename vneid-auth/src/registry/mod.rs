//! The population database (CSDL quốc gia về dân cư), as far as linking a citizen id needs it: a yes or a no.
//!
//! ```
//! # async fn example() {
//! use vneid_auth::registry::{Answer, Claim, Inquiry, MemoryRegistry, PopulationRegistry as _, Purpose};
//!
//! let person = Claim {
//!     citizen_id: "001890000001".parse().unwrap(),
//!     full_name: "Nguyễn Văn Giả Lập".parse().unwrap(),
//!     date_of_birth: "2390-01-31".parse().unwrap(),
//! };
//! let registry = MemoryRegistry::new();
//! registry.add(person.clone());
//!
//! let looked_up = registry.check(&person, &Inquiry::new(Purpose::Linking)).await;
//! assert!(matches!(looked_up.answer, Ok(Answer::Agrees(_))));
//! # }
//! ```
//!
//! Every look-up is answered for: beside its answer, [`LookUp`] carries the [`Record`] of who asked, for which procedure
//! and why, good or bad as the answer may be. The record holds nothing of what was asked about; the audit adds a keyed
//! hash of that.

mod inquiry;
mod matching;
mod memory;
#[cfg(feature = "population")]
pub mod population;
mod unavailable;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use self::inquiry::{Inquiry, InquiryMalformed, LookUp, Officer, Outcome, Purpose, Record};
pub use self::matching::agreement;
pub use self::memory::MemoryRegistry;
pub use self::unavailable::{Nonsense, RegistryUnavailable};
use crate::identity::{BirthDate, CitizenId, PersonName};

/// What somebody claims about themselves; in the same form, what the database says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The number.
    pub citizen_id: CitizenId,
    /// The whole name.
    pub full_name: PersonName,
    /// The birth date, or only its year.
    pub date_of_birth: BirthDate,
}

impl Claim {
    /// What the audit keeps of it: a keyed hash of all three, the same for the same input.
    pub(crate) fn hashed(&self, hash: impl FnOnce(&[&str]) -> String) -> String {
        hash(&[self.citizen_id.expose(), self.full_name.expose(), &self.date_of_birth.to_iso()])
    }
}

/// What the database says about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// One person has this number, and name and birth date agree, as surely as is said here.
    Agrees(Agreement),
    /// Nobody does, or name or date differ: the real service does not tell these apart (domain.md §5.4), so nobody does.
    DoesNotAgree,
    /// Several records have it.
    Several,
    /// Its owner has died.
    Deceased,
}

/// How surely a claim agrees. The number is always exactly the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Agreement {
    /// What of the name was compared.
    pub name: NameAgreement,
    /// What of the birth date was compared.
    pub birth_date: BirthDateAgreement,
}

impl Agreement {
    /// An agreement of this much.
    pub const fn new(name: NameAgreement, birth_date: BirthDateAgreement) -> Self {
        Self { name, birth_date }
    }
}

/// What of two names was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameAgreement {
    /// The letters without their diacritics: a service that answers yes or no compares no more than it was sent, and
    /// takes `Nguyên` for `Nguyễn` (domain.md §5.5).
    Folded,
    /// All of it, diacritics included.
    Accented,
}

/// What of two birth dates was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BirthDateAgreement {
    /// The year, since one side knows no more (domain.md §5.6): weaker, and kept as such.
    YearOnly,
    /// Day, month and year.
    WholeDate,
}

/// Asks the population database.
#[async_trait]
pub trait PopulationRegistry: Send + Sync {
    /// Whether the claim agrees with the database. Asked once, whatever comes: a look-up has to be answered for, so none is
    /// repeated on its own. It ends in bounded time. An answer that cannot be had is [`RegistryUnavailable`] and says
    /// nothing about the claim.
    async fn check(&self, claim: &Claim, by: &Inquiry) -> LookUp;
}
