//! The population database (CSDL quốc gia về dân cư), as far as a login needs it.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::identity::{BirthDate, CitizenId, PersonName};

/// What somebody claims about themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The number.
    pub citizen_id: CitizenId,
    /// The whole name.
    pub full_name: PersonName,
    /// The birth date, or only its year.
    pub date_of_birth: BirthDate,
}

/// What the database says about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// One person has this number, and name and birth date agree.
    Agrees,
    /// Nobody does, or name or date differ: the real service does not tell these apart (domain.md §5.4).
    DoesNotAgree,
    /// Several records have it.
    Several,
    /// Its owner has died.
    Deceased,
}

/// Asks the population database.
#[async_trait]
pub trait PopulationRegistry: Send + Sync {
    /// Whether the claim agrees with the database.
    ///
    /// # Errors
    /// When the database cannot be reached or answers nonsense.
    async fn check(&self, claim: &Claim) -> Result<Answer, RegistryUnavailable>;
}

/// The population database cannot be reached or answers nonsense.
#[derive(Debug, thiserror::Error)]
#[error("the population database is not available: {0}")]
pub struct RegistryUnavailable(pub String);

/// A [`PopulationRegistry`] in memory: whoever was put in.
#[derive(Default)]
pub struct MemoryRegistry {
    people: Mutex<Vec<(Claim, Answer)>>,
}

impl MemoryRegistry {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a person in, and what the database says about them.
    pub fn put(&self, person: Claim, answer: Answer) {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).push((person, answer));
    }
}

#[async_trait]
impl PopulationRegistry for MemoryRegistry {
    async fn check(&self, claim: &Claim) -> Result<Answer, RegistryUnavailable> {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(people.iter().find(|(person, _)| person == claim).map_or(Answer::DoesNotAgree, |(_, answer)| *answer))
    }
}
