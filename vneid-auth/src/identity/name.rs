//! A person's name, whole.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A full name (họ, chữ đệm và tên), never split: the parts' order differs between systems (domain.md §2.3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// The text is no name: empty, too long, or with control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 200 characters and no control characters")]
pub struct PersonNameMalformed;

impl PersonName {
    /// The whole name, to show to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonName {
    type Err = PersonNameMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(PersonNameMalformed)
    }
}

impl TryFrom<String> for PersonName {
    type Error = PersonNameMalformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(****)")
    }
}
