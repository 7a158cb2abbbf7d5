//! What a provider said about a person, once it is checked.

use serde::{Deserialize, Serialize};

use super::{AccountKind, BirthDate, CitizenId, Cmnd, Doubt, Level, Organisation, PersonName, PhoneNumber};
use crate::time::Timestamp;

/// What is known of the person. Every part may be absent: providers send little (domain.md §1.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// The whole name.
    pub full_name: Option<PersonName>,
    /// The citizen id, as the provider states it.
    pub citizen_id: Option<CitizenId>,
    /// The birth date, or only its year.
    pub date_of_birth: Option<BirthDate>,
    /// The mobile number.
    pub phone: Option<PhoneNumber>,
    /// The number of an old identity card.
    #[serde(default)]
    pub cmnd: Option<Cmnd>,
    /// The enterprise or organisation whose account it is.
    #[serde(default)]
    pub organisation: Option<Organisation>,
}

impl Profile {
    /// What in the citizen id's digits contradicts the rest: something to look at, and no reason to refuse anybody.
    pub fn doubts(&self) -> Vec<Doubt> {
        self.citizen_id.as_ref().map(|number| number.doubts(None, self.date_of_birth)).unwrap_or_default()
    }
}

/// How strongly a citizen id belongs to who states it (flows.md, machine 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// The number exists and name and birth date agree; so they do on every photocopy.
    Matched,
    /// VNeID at level 2 states it.
    Asserted,
}

/// A person whom a provider has identified in this login, everything checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The provider's name at this portal.
    pub provider: String,
    /// The provider's name for the person, unique there and nowhere else.
    pub subject: String,
    /// The provider's session, when it names one.
    pub sid: Option<String>,
    /// The way in behind the provider, when it tells: `vneid` for VNeID behind DVCQG, any other as the provider calls it.
    pub via: Option<String>,
    /// The level, when somebody stated one.
    pub level: Option<Level>,
    /// The kind of account.
    pub kind: AccountKind,
    /// When the person authenticated: `auth_time`, else when the token was issued.
    pub authenticated_at: Timestamp,
    /// How strongly the citizen id in the profile is theirs, when the provider states it strongly enough to count.
    pub citizen_id_strength: Option<Strength>,
    /// What the provider said about them.
    pub profile: Profile,
}
