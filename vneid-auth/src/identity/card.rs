//! What the QR code on an identity card says.

use std::fmt;

use super::{BirthDate, CitizenId, Cmnd, PersonName, Sex};
use crate::secret::Secret;

/// No card's text is longer, in bytes.
const LONGEST: usize = 2048;
/// No card's text has more fields: the seven of 2021, and what 2024 adds.
const FIELDS: usize = 16;

/// The text of the QR code on a CCCD of 2021 (Thông tư 06/2021/TT-BCA) or a thẻ căn cước of 2024 (Thông tư 16/2024/TT-BCA):
/// `number|CMND|name|ddMMyyyy|Nam or Nữ|residence|ddMMyyyy`, whose last date is the day of issue.
///
/// Nothing in it is signed and anybody can print one: it saves typing and proves nothing. The order of the fields of 2024 has
/// not been published; its first seven are taken for those of 2021, and what follows is kept as it is.
///
/// ```
/// use vneid_auth::identity::{IdentityCard, QrForm};
///
/// let card = IdentityCard::from_qr("001890000001||Nguyễn Văn Giả Lập|01012390|Nam|Phường X, Hà Nội|15042021").unwrap();
/// assert_eq!(card.citizen_id.masked(), "********0001");
/// assert_eq!(card.date_of_birth.to_iso(), "2390-01-01");
/// assert_eq!(card.form, QrForm::Cccd2021);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentityCard {
    /// The number.
    pub citizen_id: CitizenId,
    /// The number of the old card, where it is there.
    pub cmnd: Option<Cmnd>,
    /// The whole name.
    pub full_name: PersonName,
    /// The birth date.
    pub date_of_birth: BirthDate,
    /// The sex, where it is one of the two words.
    pub sex: Option<Sex>,
    /// The residence, as it is written.
    pub residence: Secret,
    /// The day of issue, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Fields beyond the seventh, whatever they are.
    pub further: Vec<Secret>,
    /// Whether it is as the rules have it.
    pub form: QrForm,
}

/// How the text of a QR code compares with what the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QrForm {
    /// The seven fields of 2021, each in its form.
    Cccd2021,
    /// The same and more, as a card of 2024 has.
    Card2024,
    /// Readable, but without the field of the CMND, with dates that are written otherwise, or with another word for the sex: it
    /// has been met, and comes from no card that follows the rules.
    NonStandard,
}

/// The text is no identity card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not that of an identity card's QR code")]
pub struct QrMalformed;

impl IdentityCard {
    /// Reads the text of the code.
    ///
    /// # Errors
    /// When number, name or birth date are missing or malformed, or it is no card's text at all.
    pub fn from_qr(text: &str) -> Result<Self, QrMalformed> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(QrMalformed);
        }
        let fields: Vec<&str> = text.split('|').map(str::trim).collect();
        match fields.as_slice() {
            [number, cmnd, name, born, sex, residence, issued, further @ ..] if fields.len() <= FIELDS => {
                let form = if further.is_empty() { QrForm::Cccd2021 } else { QrForm::Card2024 };
                Self::of([number, cmnd, name, born, sex, residence, issued], further, form)
            }
            [number, name, born, sex, residence, issued] => {
                Self::of([number, "", name, born, sex, residence, issued], &[], QrForm::NonStandard)
            }
            _ => Err(QrMalformed),
        }
    }

    fn of(fields: [&str; 7], further: &[&str], form: QrForm) -> Result<Self, QrMalformed> {
        let [number, cmnd, name, born, sex, residence, issued] = fields;
        let mut standard = true;
        let mut date = |text: &str| {
            let (date, as_ruled) = day(text).ok_or(QrMalformed)?;
            standard &= as_ruled;
            Ok(date)
        };
        let (date_of_birth, issued_on) = (date(born)?, date(issued)?);
        let sex = match sex {
            "Nam" => Some(Sex::Male),
            "Nữ" | "Nư\u{303}" => Some(Sex::Female),
            _ => None,
        };
        let cmnd = if cmnd.is_empty() { None } else { Some(cmnd.parse().map_err(|_| QrMalformed)?) };
        // A year alone is a birth date, but no day of issue.
        let BirthDate::Day { .. } = issued_on else { return Err(QrMalformed) };
        Ok(Self {
            citizen_id: number.parse().map_err(|_| QrMalformed)?,
            cmnd,
            full_name: name.parse().map_err(|_| QrMalformed)?,
            date_of_birth,
            residence: Secret::from(residence),
            issued_on: issued_on.to_iso(),
            further: further.iter().map(|field| Secret::from(*field)).collect(),
            form: if standard && sex.is_some() { form } else { QrForm::NonStandard },
            sex,
        })
    }

    /// The text, in the form of the rules: what a card with these particulars would say.
    pub fn to_qr(&self) -> Secret {
        let sex = match self.sex {
            Some(Sex::Male) => "Nam",
            Some(Sex::Female) => "Nữ",
            _ => "",
        };
        let issued = self.issued_on.parse().map_or_else(|_| String::new(), compact);
        let mut fields = vec![
            self.citizen_id.expose().to_owned(),
            self.cmnd.as_ref().map(|cmnd| cmnd.expose().to_owned()).unwrap_or_default(),
            self.full_name.expose().to_owned(),
            compact(self.date_of_birth),
            sex.to_owned(),
            self.residence.expose().to_owned(),
            issued,
        ];
        fields.extend(self.further.iter().map(|field| field.expose().to_owned()));
        Secret::new(fields.join("|"))
    }
}

/// A date of a card, and whether it is written as the rules say: `ddMMyyyy`, which nothing else here writes.
fn day(text: &str) -> Option<(BirthDate, bool)> {
    let from = |day: &str, month: &str, year: &str| format!("{year}-{month}-{day}").parse().ok();
    match text.len() {
        8 => Some((from(text.get(..2)?, text.get(2..4)?, text.get(4..)?)?, true)),
        10 => Some((BirthDate::from_wire(text).ok()?, false)),
        4 => Some((text.parse().ok()?, false)),
        _ => None,
    }
}

fn compact(date: BirthDate) -> String {
    match date {
        BirthDate::Day { year, month, day } => format!("{day:02}{month:02}{year:04}"),
        BirthDate::Year(year) => format!("{year:04}"),
    }
}

impl fmt::Debug for IdentityCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityCard").field("form", &self.form).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_of_2021_and_2024_and_what_has_been_met() {
        let seven = "001890000001|890000012|Nguyễn Văn Giả Lập|31012390|Nam|Phường X, Hà Nội|15042021";
        for (text, form, born) in [
            (seven.to_owned(), QrForm::Cccd2021, "2390-01-31"),
            (format!("{seven}\r\n"), QrForm::Cccd2021, "2390-01-31"),
            (seven.replace("890000012", ""), QrForm::Cccd2021, "2390-01-31"),
            (seven.replace("Nam", "Nữ"), QrForm::Cccd2021, "2390-01-31"),
            (format!("{seven}|001890000099|CHA|MẸ"), QrForm::Card2024, "2390-01-31"),
            (format!("{seven}|"), QrForm::Card2024, "2390-01-31"),
            (seven.replace("|890000012", ""), QrForm::NonStandard, "2390-01-31"),
            (seven.replace("31012390", "31/01/2390"), QrForm::NonStandard, "2390-01-31"),
            (seven.replace("15042021", "15/04/2021"), QrForm::NonStandard, "2390-01-31"),
            (seven.replace("31012390", "2390"), QrForm::NonStandard, "2390"),
            (seven.replace("Nam", "M"), QrForm::NonStandard, "2390-01-31"),
        ] {
            let card = IdentityCard::from_qr(&text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!((card.form, card.date_of_birth.to_iso().as_str()), (form, born), "{text}");
            assert_eq!((card.issued_on.as_str(), card.residence.expose()), ("2021-04-15", "Phường X, Hà Nội"));
            assert_eq!(format!("{card:?}"), format!("IdentityCard {{ form: {form:?}, .. }}"));
        }
        assert_eq!(IdentityCard::from_qr(&format!("{seven}|a|b")).unwrap().further, ["a".into(), "b".into()]);
    }

    #[test]
    fn days_are_read_the_card_s_way_and_no_other() {
        let card = |born: &str| {
            let text = format!("001312000001||Trần Thị Giả Lập|{born}|Nữ|X|15042021");
            IdentityCard::from_qr(&text).map(|card| card.date_of_birth.to_iso())
        };
        assert_eq!(card("20122012").as_deref(), Ok("2012-12-20"));
        assert_eq!(card("20121220"), Err(QrMalformed), "what other systems write for the same day");
        assert_eq!(card("01022012").as_deref(), Ok("2012-02-01"), "never the second of January");
        for bad in ["30022012", "00012012", "01132012", "2012", "01/2/2012", "1/1/2012", "01-02-2012", "", "áááá"] {
            assert_eq!(card(bad).is_ok(), bad == "2012", "{bad}");
        }
    }

    #[test]
    fn what_is_no_card() {
        let seven = "001890000001||Nguyễn Văn Giả Lập|31012390|Nam|Hà Nội|15042021";
        for bad in [
            "",
            "|||||||",
            "https://example.com/",
            "001890000001",
            &seven.replace("001890000001", "00189000000"),
            &seven.replace("Nguyễn Văn Giả Lập", ""),
            &seven.replace("||", "|12345|"),
            &seven.replace("15042021", "2021"),
            &seven.replace("15042021", ""),
            &seven.replace("Hà Nội", "Hà\nNội"),
            &seven.replace("Hà Nội", &"a".repeat(3000)),
            &format!("{seven}{}", "|x".repeat(10)),
        ] {
            assert_eq!(IdentityCard::from_qr(bad).err(), Some(QrMalformed), "{bad}");
        }
    }
}
