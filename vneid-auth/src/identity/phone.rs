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

    /// A number from an old record, which may be from before the conversion of 2018: an eleven-digit mobile number is given
    /// the prefix that took its place (`01641234567` is `0341234567`), one of today is read as ever. Nobody has an
    /// eleven-digit number any more, so what is typed in is never read by this.
    ///
    /// # Errors
    /// When it is neither.
    pub fn from_old_record(text: &str) -> Result<Self, PhoneMalformed> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
        let national = digits.strip_prefix("+84").or_else(|| digits.strip_prefix('0'));
        let national = national.or_else(|| digits.strip_prefix("84")).unwrap_or_default();
        let converted = CONVERSION.iter().find_map(|(old, new)| Some((new, national.strip_prefix(old)?)));
        match converted {
            Some((new, rest)) if rest.len() == 7 => format!("0{new}{rest}").parse(),
            _ => text.parse(),
        }
    }

    /// As VNeID shows it: the first three and the last three digits, `090****289`.
    pub fn masked(&self) -> String {
        let digits = self.expose();
        format!("{}****{}", digits.get(..3).unwrap_or_default(), digits.get(7..).unwrap_or_default())
    }
}

/// The mobile prefixes of eleven-digit numbers, and what took their place in 2018, both without the leading nought
/// (domain.md §4.1).
const CONVERSION: [(&str, &str); 21] = [
    ("120", "70"),
    ("121", "79"),
    ("122", "77"),
    ("126", "76"),
    ("128", "78"),
    ("123", "83"),
    ("124", "84"),
    ("125", "85"),
    ("127", "81"),
    ("129", "82"),
    ("162", "32"),
    ("163", "33"),
    ("164", "34"),
    ("165", "35"),
    ("166", "36"),
    ("167", "37"),
    ("168", "38"),
    ("169", "39"),
    ("186", "56"),
    ("188", "58"),
    ("199", "59"),
];

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
        for bad in [
            "0800000001",
            "0310000001",
            "0510000001",
            "0710000001",
            "",
            "0950000001",
            "01201234567",
            "090000028",
            "+85900000289",
            "09000002８9",
        ] {
            assert_eq!(bad.parse::<PhoneNumber>(), Err(PhoneMalformed), "{bad}");
        }
    }
    #[test]
    fn numbers_from_before_2018_are_converted_where_that_is_asked_for() {
        for (old, new) in [
            ("01200000289", "0700000289"),
            ("01290000289", "0820000289"),
            ("+841640000289", "0340000289"),
            ("84 186 0000 289", "0560000289"),
            ("01990000289", "0590000289"),
            ("0900000289", "0900000289"),
        ] {
            assert_eq!(PhoneNumber::from_old_record(old).unwrap().expose(), new, "{old}");
        }
        for (old, new) in CONVERSION {
            assert_eq!(
                PhoneNumber::from_old_record(&format!("0{old}0000289")).unwrap().expose(),
                format!("0{new}0000289")
            );
            assert!(format!("0{old}0000289").parse::<PhoneNumber>().is_err(), "nobody types one today");
        }
        for bad in ["01300000289", "0120000028", "012000002899", "01610000289", "01870000289", "", "0120000028a"] {
            assert_eq!(PhoneNumber::from_old_record(bad), Err(PhoneMalformed), "{bad}");
        }
    }
}
