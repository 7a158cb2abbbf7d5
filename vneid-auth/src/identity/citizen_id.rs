//! The 12-digit personal identification number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A citizen id: số định danh cá nhân, the number of the CCCD (căn cước công dân). Twelve digits, no check digit
/// (Luật Căn cước 26/2023/QH15 article 12). It can be replaced, so it is an attribute of a person and never a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CitizenId(Secret);

/// The text is not twelve ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a citizen id has 12 digits")]
pub struct CitizenIdMalformed;

impl CitizenId {
    /// All twelve digits, for the one place that needs them.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Only the last four digits: `********0001`.
    pub fn masked(&self) -> String {
        format!("********{}", self.expose().get(8..).unwrap_or_default())
    }
}

impl FromStr for CitizenId {
    type Err = CitizenIdMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(Secret::from(text))).ok_or(CitizenIdMalformed)
    }
}

impl TryFrom<String> for CitizenId {
    type Error = CitizenIdMalformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CitizenId> for String {
    fn from(id: CitizenId) -> Self {
        id.expose().to_owned()
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenId(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_twelve_ascii_digits_and_prints_masked() {
        let id: CitizenId = "001890000001".parse().unwrap();
        assert_eq!(id.masked(), "********0001");
        assert_eq!(format!("{id:?}"), "CitizenId(****)");
        for bad in ["", "00189000000", "0018900000011", "00189000000a", "００１８９０００００", "001890 00001"]
        {
            assert_eq!(bad.parse::<CitizenId>(), Err(CitizenIdMalformed), "{bad}");
        }
    }
}
