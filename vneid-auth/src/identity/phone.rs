//! A Vietnamese mobile number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A mobile number in its domestic form, `0` and nine digits (domain.md §4.1). Several accounts may share one, so it
/// never identifies a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Secret);

/// The text is no Vietnamese mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mobile number is 0 or +84 and nine digits of a mobile range")]
pub struct PhoneMalformed;

impl PhoneNumber {
    /// The whole number in its domestic form, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// As VNeID shows it: the first three and the last three digits, `090****289`.
    pub fn masked(&self) -> String {
        let digits = self.expose();
        format!("{}****{}", digits.get(..3).unwrap_or_default(), digits.get(7..).unwrap_or_default())
    }
}

fn is_mobile(national: &str) -> bool {
    let mut digits = national.bytes();
    let (first, second) = (digits.next(), digits.next());
    matches!(
        (first, second),
        (Some(b'3'), Some(b'2'..=b'9'))
            | (Some(b'5'), Some(b'2' | b'5' | b'6' | b'8' | b'9'))
            | (Some(b'7'), Some(b'0' | b'6'..=b'9'))
            | (Some(b'8'), Some(b'1'..=b'9'))
            | (Some(b'9'), Some(b'0'..=b'4' | b'6'..=b'9'))
    )
}

impl FromStr for PhoneNumber {
    type Err = PhoneMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
        let national =
            digits.strip_prefix("+84").or_else(|| digits.strip_prefix('0')).or_else(|| digits.strip_prefix("84"));
        let national = national.ok_or(PhoneMalformed)?;
        let fits = national.len() == 9 && national.bytes().all(|b| b.is_ascii_digit()) && is_mobile(national);
        fits.then(|| Self(Secret::new(format!("0{national}")))).ok_or(PhoneMalformed)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneMalformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(phone: PhoneNumber) -> Self {
        phone.expose().to_owned()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_and_masks_the_middle() {
        for same in ["0900000289", "+84900000289", "84900000289", "090 000 0289"] {
            let phone: PhoneNumber = same.parse().unwrap();
            assert_eq!(phone.expose(), "0900000289");
            assert_eq!(phone.masked(), "090****289");
        }
        for bad in ["", "0950000001", "01201234567", "090000028", "+85900000289", "09000002８9"] {
            assert_eq!(bad.parse::<PhoneNumber>(), Err(PhoneMalformed), "{bad}");
        }
    }
}
