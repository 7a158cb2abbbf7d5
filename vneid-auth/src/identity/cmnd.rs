//! The number of an old identity card.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// The number of a CMND (chứng minh nhân dân), the identity card before the CCCD: nine digits, without a structure that
/// says anything. The cards are void since 2025; old accounts still carry their numbers, and old papers cite them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cmnd(Secret);

/// The text is not nine ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a CMND number has 9 digits")]
pub struct CmndMalformed;

impl Cmnd {
    /// All nine digits, for the one place that needs them.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Only the last three digits: `******012`.
    pub fn masked(&self) -> String {
        format!("******{}", self.expose().get(6..).unwrap_or_default())
    }
}

impl FromStr for Cmnd {
    type Err = CmndMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 9 && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(Secret::from(text))).ok_or(CmndMalformed)
    }
}

impl TryFrom<String> for Cmnd {
    type Error = CmndMalformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cmnd> for String {
    fn from(number: Cmnd) -> Self {
        number.expose().to_owned()
    }
}

impl fmt::Debug for Cmnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cmnd(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_nine_ascii_digits_and_prints_masked() {
        let number: Cmnd = "890000012".parse().unwrap();
        assert_eq!(number.masked(), "******012");
        assert_eq!(format!("{number:?}"), "Cmnd(****)");
        for bad in ["", "89000001", "8900000123", "89000001a", "８９００００012"] {
            assert_eq!(bad.parse::<Cmnd>(), Err(CmndMalformed), "{bad}");
        }
    }
}
