//! A birth date, or only its year.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::{Date, Month};

/// A birth date. Civil records of older citizens often hold only the year, and that is kept as such (domain.md §5.6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BirthDate {
    /// Only the year is known.
    Year(u16),
    /// The whole date.
    Day {
        /// Year, 1900 to 2399 (the span of the citizen id's century digit).
        year: u16,
        /// Month, 1 to 12.
        month: u8,
        /// Day of the month.
        day: u8,
    },
}

/// The text is no birth date of the accepted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a birth date is YYYY-MM-DD or YYYY")]
pub struct BirthDateMalformed;

impl BirthDate {
    /// The year, which is always known.
    pub fn year(self) -> u16 {
        match self {
            Self::Year(year) | Self::Day { year, .. } => year,
        }
    }

    /// A whole date, checked against the calendar.
    ///
    /// # Errors
    /// When there is no such day, or its year is out of range.
    pub fn from_ymd(year: u16, month: u8, day: u8) -> Result<Self, BirthDateMalformed> {
        let named = Month::try_from(month).map_err(|_| BirthDateMalformed)?;
        Date::from_calendar_date(i32::from(year), named, day).map_err(|_| BirthDateMalformed)?;
        Self::from_year(year).map(|_| Self::Day { year, month, day })
    }

    /// Only a year.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn from_year(year: u16) -> Result<Self, BirthDateMalformed> {
        (1900..=2399).contains(&year).then_some(Self::Year(year)).ok_or(BirthDateMalformed)
    }

    /// A date as the providers' dialects write it: `yyyyMMdd`, `yyyy-MM-dd`, `dd/MM/yyyy`, or only `yyyy`. The forms cannot
    /// be taken for one another; `ddMMyyyy`, as on the card's QR code, is none of them and would be.
    ///
    /// # Errors
    /// When it is none of these, or no day of the calendar.
    pub fn from_wire(text: &str) -> Result<Self, BirthDateMalformed> {
        match (text.as_bytes(), text.len()) {
            ([_, _, b'/', _, _, b'/', ..], 10) => match (text.get(6..), text.get(3..5), text.get(..2)) {
                (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}").parse(),
                _ => Err(BirthDateMalformed),
            },
            (_, 8) => match (text.get(..4), text.get(4..6), text.get(6..)) {
                (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}").parse(),
                _ => Err(BirthDateMalformed),
            },
            _ => text.parse(),
        }
    }

    /// As dates are written in Vietnam: `dd/MM/yyyy`, or the year alone.
    pub fn to_vietnamese(self) -> String {
        match self {
            Self::Year(year) => format!("{year:04}"),
            Self::Day { year, month, day } => format!("{day:02}/{month:02}/{year:04}"),
        }
    }

    /// `YYYY-MM-DD` or `YYYY` (OpenID Connect Core §5.1, `birthdate`).
    pub fn to_iso(self) -> String {
        match self {
            Self::Year(year) => format!("{year:04}"),
            Self::Day { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
        }
    }
}

impl FromStr for BirthDate {
    type Err = BirthDateMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |part: &str, width: usize| -> Result<u16, BirthDateMalformed> {
            if part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(BirthDateMalformed);
            }
            part.parse().map_err(|_| BirthDateMalformed)
        };
        let mut parts = text.split('-');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(year), None, None, None) => Self::from_year(number(year, 4)?),
            (Some(year), Some(month), Some(day), None) => {
                let small = |n: u16| u8::try_from(n).map_err(|_| BirthDateMalformed);
                Self::from_ymd(number(year, 4)?, small(number(month, 2)?)?, small(number(day, 2)?)?)
            }
            _ => Err(BirthDateMalformed),
        }
    }
}

impl TryFrom<String> for BirthDate {
    type Error = BirthDateMalformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BirthDate> for String {
    fn from(date: BirthDate) -> Self {
        date.to_iso()
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_of_the_dialects() {
        for (text, iso) in [
            ("23900131", Some("2390-01-31")),
            ("2390-01-31", Some("2390-01-31")),
            ("31/01/2390", Some("2390-01-31")),
            ("2390", Some("2390")),
            ("20121220", Some("2012-12-20")),
            ("31012390", None),
            ("23901301", None),
            ("23900000", None),
            ("01/31/2390", None),
            ("1/1/2390", None),
            ("2390-1-31", None),
            ("2390/01/31", None),
            ("239001", None),
            ("２３９０", None),
            ("áá/á/á", None),
            ("", None),
        ] {
            assert_eq!(BirthDate::from_wire(text).ok().map(BirthDate::to_iso).as_deref(), iso, "{text}");
        }
    }

    #[test]
    fn reads_days_and_years_and_nothing_else() {
        for good in ["2390-01-31", "1950", "2000-02-29"] {
            assert_eq!(good.parse::<BirthDate>().map(BirthDate::to_iso), Ok(good.to_owned()));
        }
        for bad in
            ["", "19500", "1950-13-01", "1999-02-29", "01/02/1950", "1950-1-1", "１９５０", "0000", "1950-01-01-01"]
        {
            assert_eq!(bad.parse::<BirthDate>(), Err(BirthDateMalformed), "{bad}");
        }
    }
}
