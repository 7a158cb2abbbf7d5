//! When a claim agrees with a record (flows.md, machine 6).
//!
//! | part | rule |
//! | --- | --- |
//! | number | exactly the same twelve digits |
//! | name | [`PersonName::matches`](crate::identity::PersonName::matches): the same after Unicode NFC, case, look-alike letters, and the two ways of placing a tone; diacritics count |
//! | birth date | the same day, where both sides know it; else the same year, and the agreement says so |

use super::{Agreement, BirthDateAgreement, Claim, NameAgreement};
use crate::identity::BirthDate;

/// How a claim agrees with what is recorded; `None` when it does not.
pub fn agreement(claim: &Claim, record: &Claim) -> Option<Agreement> {
    let same = claim.citizen_id == record.citizen_id && claim.full_name.matches(&record.full_name);
    let birth_date = birth_dates(claim.date_of_birth, record.date_of_birth);
    birth_date.filter(|_| same).map(|birth_date| Agreement::new(NameAgreement::Accented, birth_date))
}

fn birth_dates(one: BirthDate, other: BirthDate) -> Option<BirthDateAgreement> {
    match (one, other) {
        (BirthDate::Day { .. }, BirthDate::Day { .. }) => (one == other).then_some(BirthDateAgreement::WholeDate),
        _ => (one.year() == other.year()).then_some(BirthDateAgreement::YearOnly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: &str, name: &str, born: &str) -> Claim {
        Claim {
            citizen_id: number.parse().unwrap(),
            full_name: name.parse().unwrap(),
            date_of_birth: born.parse().unwrap(),
        }
    }

    #[test]
    fn d77_number_name_and_date_each_count() {
        let record = person("001890000001", "NGUYỄN VĂN HÒA", "2390-01-31");
        let whole = Some(BirthDateAgreement::WholeDate);
        let year = Some(BirthDateAgreement::YearOnly);
        for (number, name, born, expected) in [
            ("001890000001", "Nguyễn Văn Hòa", "2390-01-31", whole),
            ("001890000001", "nguyễn văn hoà", "2390-01-31", whole),
            ("001890000001", "Nguye\u{302}\u{303}n\u{a0} Va\u{306}n Ho\u{300}a", "2390-01-31", whole),
            ("001890000001", "Nguyễn Văn Hòa", "2390", year),
            ("001890000001", "Nguyễn Văn Hòa", "2391", None),
            ("001890000001", "Nguyễn Văn Hòa", "2390-02-01", None),
            ("001890000001", "Nguyên Văn Hòa", "2390-01-31", None),
            ("001890000001", "Nguyễn Văn Hóa", "2390-01-31", None),
            ("001890000001", "NGUYEN VAN HOA", "2390-01-31", None),
            ("001890000001", "Hòa Văn Nguyễn", "2390-01-31", None),
            ("001890000002", "Nguyễn Văn Hòa", "2390-01-31", None),
        ] {
            let found = agreement(&person(number, name, born), &record);
            assert_eq!(found.map(|found| found.birth_date), expected, "{number} {name} {born}");
            assert!(found.is_none_or(|found| found.name == NameAgreement::Accented));
        }
        let by_year = person("001890000001", "Đặng Văn Hòa", "2390");
        for look_alike in ["Ðặng Văn Hòa", "Ɖặng Văn Hòa", "đặng văn hòa"] {
            let found = agreement(&person("001890000001", look_alike, "2390-01-31"), &by_year);
            assert_eq!(found.map(|found| found.birth_date), year, "{look_alike}");
        }
    }

    #[test]
    fn a_day_and_its_mirror_are_two_days() {
        let record = person("001312000001", "Trần Thị Giả", "2012-12-20");
        assert!(agreement(&person("001312000001", "Trần Thị Giả", "2012-12-20"), &record).is_some());
        // 20122012 and 20121220 are one text away; only one of them is a date in each form.
        assert_eq!("20121220".parse::<BirthDate>().ok(), None);
        assert_eq!(BirthDate::from_wire("20121220").unwrap(), record.date_of_birth);
        assert!(BirthDate::from_wire("20122012").is_err(), "month 20 is none");
    }
}
