//! The 12-digit personal identification number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::BirthDate;
use super::province::{self, Province};
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

/// What a citizen id's digits hint at.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CitizenIdHint {
    /// Where the birth was registered.
    pub registered: Registered,
    /// The sex, as it was when the number was given.
    pub sex: Sex,
    /// The year of birth, 1900 to 2399.
    pub birth_year: u16,
}

/// Where a birth was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// In a province.
    Province(&'static Province),
    /// In another country, or the number is a foreigner's.
    Abroad,
    /// In a province that there never was: a slip, or an invented number.
    Nowhere,
}

/// Sex (giới tính), as civil records have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
    /// Khác: neither, or not known.
    Other,
}

/// What in a citizen id's digits contradicts what is known otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Doubt {
    /// There never was a province of that code.
    Province,
    /// The digit says another sex.
    Sex,
    /// The digits say another year of birth.
    BirthYear,
}

impl fmt::Debug for CitizenIdHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenIdHint(****)")
    }
}

impl CitizenId {
    /// All twelve digits, for the one place that needs them.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What the digits hint at (`PPP G YY NNNNNN`, Thông tư 07/2016/TT-BCA annex). It is practice and no longer law, and a
    /// number may have been given after a sex or a year was corrected: good for a check of what was typed, never proof.
    /// The numbers of foreigners have the same length and another meaning.
    pub fn hint(&self) -> CitizenIdHint {
        let digits = self.expose();
        let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
        let century: u16 = part(3..4).parse().unwrap_or_default();
        let year: u16 = part(4..6).parse().unwrap_or_default();
        CitizenIdHint {
            registered: match (province::find(part(0..3)), part(0..1)) {
                (Some(province), _) => Registered::Province(province),
                (None, "0") => Registered::Nowhere,
                (None, _) => Registered::Abroad,
            },
            sex: if century.is_multiple_of(2) { Sex::Male } else { Sex::Female },
            birth_year: 1900 + century / 2 * 100 + year,
        }
    }

    /// What in the digits contradicts what is known otherwise. A warning to look twice, and never a proof: a sex or a year may
    /// have been corrected since, and the number stays.
    ///
    /// Of a number from abroad nothing is said: a foreigner's has another meaning.
    pub fn doubts(&self, sex: Option<Sex>, born: Option<BirthDate>) -> Vec<Doubt> {
        let hint = self.hint();
        let abroad = hint.registered == Registered::Abroad;
        let doubts = [
            (Doubt::Province, hint.registered == Registered::Nowhere),
            (Doubt::Sex, !abroad && sex.is_some_and(|sex| sex != Sex::Other && sex != hint.sex)),
            (Doubt::BirthYear, !abroad && born.is_some_and(|born| born.year() != hint.birth_year)),
        ];
        doubts.into_iter().filter(|(_, doubtful)| *doubtful).map(|(doubt, _)| doubt).collect()
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
    fn digits_hint_at_place_sex_and_year() {
        let hint = |text: &str| text.parse::<CitizenId>().unwrap().hint();
        for (digits, sex, year) in [
            ("001099000000", Sex::Male, 1999),
            ("001199000000", Sex::Female, 1999),
            ("001200000000", Sex::Male, 2000),
            ("001312000000", Sex::Female, 2012),
            ("001500000000", Sex::Female, 2100),
            ("001699000000", Sex::Male, 2299),
            ("001890000001", Sex::Male, 2390),
            ("001999000001", Sex::Female, 2399),
        ] {
            assert_eq!((hint(digits).sex, hint(digits).birth_year), (sex, year), "{digits}");
        }
        let place = |text: &str| hint(text).registered;
        assert!(matches!(place("015890000001"), Registered::Province(province) if province.name == "Yên Bái"));
        assert_eq!(place("003890000001"), Registered::Nowhere);
        assert_eq!(place("000890000001"), Registered::Nowhere);
        assert_eq!(place("104890000001"), Registered::Abroad);
        assert_eq!(format!("{:?}", hint("001890000001")), "CitizenIdHint(****)");
    }

    #[test]
    fn c121_digits_that_contradict_the_profile_are_a_warning() {
        let doubts = |number: &str, sex, born: &str| {
            let born = (!born.is_empty()).then(|| born.parse().unwrap());
            number.parse::<CitizenId>().unwrap().doubts(sex, born)
        };
        assert_eq!(doubts("001890000001", Some(Sex::Male), "2390-01-31"), []);
        assert_eq!(doubts("001890000001", Some(Sex::Other), "2390"), []);
        assert_eq!(doubts("001890000001", None, ""), []);
        assert_eq!(doubts("001890000001", Some(Sex::Female), "2390"), [Doubt::Sex]);
        assert_eq!(doubts("001890000001", Some(Sex::Male), "2391-01-31"), [Doubt::BirthYear]);
        assert_eq!(doubts("001990000001", Some(Sex::Male), "2290"), [Doubt::Sex, Doubt::BirthYear]);
        assert_eq!(doubts("003890000001", Some(Sex::Male), "2390"), [Doubt::Province]);
        assert_eq!(doubts("000890000001", None, ""), [Doubt::Province]);
        assert_eq!(doubts("104890000001", Some(Sex::Female), "1990"), [], "a foreigner's number says nothing");
    }

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
