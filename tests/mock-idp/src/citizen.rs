//! The people of the mock: all invented, and plainly so.

use serde::Serialize;
use vneid_auth::identity::PhoneNumber;

use crate::entropy::{fingerprint, uuid_of};
use crate::sso::House;

/// A citizen, in the order and the names in which `GET /citizens` lists them.
///
/// There is no `Debug` on purpose: even invented people's data stays out of logs, so that a test for leaks means something.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Citizen {
    /// What they type to log in: the citizen id, or the CMND number of whom has none.
    pub username: String,
    /// The citizen id, 12 digits with the century digit 8 or 9 (born from 2300 on), so that it is nobody's.
    pub citizen_id: Option<String>,
    /// The whole name.
    pub full_name: String,
    /// `YYYY-MM-DD`, or `YYYY` where only the year is known.
    pub date_of_birth: String,
    /// The password, in clear: it is listed for everybody to see.
    pub password: String,
    /// The app's passcode, six digits.
    pub passcode: String,
    /// The level of the account, 1 or 2.
    pub level: u8,
    /// Mobile numbers in their domestic form; the first is where codes go unless another is chosen.
    pub phones: Vec<String>,
    /// Whether the permission "Đăng nhập trên website" is on.
    pub web_login: bool,
    /// What this citizen is good for.
    pub note: String,
    /// Whether the account may be used at all.
    #[serde(skip)]
    pub closed: bool,
    /// With whom they have an account; realm `/oidc` takes everybody.
    #[serde(skip)]
    pub holds: Holds,
    /// The enterprise or organisation whose account it is, where it is not the citizen's own.
    #[serde(skip)]
    pub organisation: Option<Organisation>,
    /// What the population database answers when it is asked for them.
    #[serde(skip)]
    pub population: InPopulation,
}

/// What the population database answers when it is asked for a citizen by number, name and birth date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InPopulation {
    /// Their record.
    #[default]
    Known,
    /// No record: the collection is empty.
    Absent,
    /// A record without a name, which means the same.
    Nameless,
    /// Their record, whose name has other diacritics.
    OtherDiacritics,
    /// Two records.
    Several,
    /// Their record, with a word that they have died.
    Deceased,
    /// Nothing: it is down.
    Down,
    /// Their record, after twenty seconds.
    Slow,
    /// A page that is no answer.
    Nonsense,
    /// `004`: the procedure is not licensed.
    NotLicensed,
    /// `005`: the officer lacks the permission.
    OfficerRefused,
}

/// With whom a citizen has an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// With VNeID and with the National Public Service Portal.
    Both,
    /// With VNeID alone: DVCQG takes them through VNeID only.
    Vneid,
    /// With the National Public Service Portal alone.
    Dvcqg,
}

/// An enterprise or organisation; invented, as its people are.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Organisation {
    /// As `LoaiTaiKhoan` says it: 2 for an enterprise, 3 for an organisation.
    pub kind: u8,
    /// Its name.
    pub name: String,
    /// Its tax code; enterprises are registered under the same number.
    pub tax_code: String,
}

impl Citizen {
    /// The technical id (`TechID`) that a realm tells of them: a UUID, the same at every start. Realm `dvcqg` has one
    /// of its own, the two realms of VNeID share theirs.
    pub fn tech_id(&self, realm: &str) -> String {
        let house = if realm == "dvcqg" { "dvcqg" } else { "vneid" };
        uuid_of(fingerprint(&format!("vneid-mock-idp tech id {house} {}", self.username)))
    }

    /// The subject in VNeID's tokens and userinfo: a UUID, and not its `TechID`.
    pub fn vneid_subject(&self) -> String {
        uuid_of(fingerprint(&format!("vneid-mock-idp vneid subject {}", self.username)))
    }

    /// As `LoaiTaiKhoan` says it: 1 citizen, 2 enterprise, 3 organisation.
    pub(crate) fn account_kind(&self) -> u8 {
        self.organisation.as_ref().map_or(1, |organisation| organisation.kind)
    }

    pub(crate) fn has_account_with(&self, house: House) -> bool {
        match house {
            House::Oidc => true,
            House::Dvcqg => self.holds != Holds::Vneid,
            House::Vneid => self.holds != Holds::Dvcqg,
        }
    }

    /// As `GioiTinh` says it, out of the century digit: 1 male, 2 female.
    pub(crate) fn sex(&self) -> Option<u8> {
        let digit = self.citizen_id.as_ref()?.as_bytes().get(3)?;
        Some(if digit % 2 == 0 { 1 } else { 2 })
    }

    /// The birth date as these realms write it: `yyyyMMdd`, or the year alone.
    pub(crate) fn compact_birth_date(&self) -> String {
        self.date_of_birth.replace('-', "")
    }

    /// The subject (`sub`): opaque, the same at every start, and not the citizen id.
    pub fn subject(&self) -> String {
        let hash = fingerprint(&format!("vneid-mock-idp subject {}", self.username));
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The phone as the login page shows it: `090****001`.
    pub(crate) fn masked(phone: &str) -> String {
        phone.parse::<PhoneNumber>().map_or_else(|_| "****".to_owned(), |phone| phone.masked())
    }
}

/// The citizens that every mock begins with. The first is the ordinary one: level 2, nothing special.
pub fn seeded() -> Vec<Citizen> {
    let level_2 = |username: &str, name: &str, born: &str, note: &str| Citizen {
        username: username.to_owned(),
        citizen_id: Some(username.to_owned()),
        full_name: name.to_owned(),
        date_of_birth: born.to_owned(),
        password: format!("GiaLap@{}", last(username, 4)),
        passcode: format!("10{}", last(username, 4)),
        level: 2,
        phones: vec![format!("0900000{}", last(username, 3))],
        web_login: true,
        note: note.to_owned(),
        closed: false,
        holds: Holds::Both,
        organisation: None,
        population: InPopulation::Known,
    };
    let organisation = |kind, name: &str, tax_code: &str| {
        Some(Organisation { kind, name: name.to_owned(), tax_code: tax_code.to_owned() })
    };
    let phones = |all: &[&str]| all.iter().map(|&phone| phone.to_owned()).collect::<Vec<_>>();
    vec![
        Citizen {
            phones: phones(&["0900000001", "0900000011", "0900000012"]),
            ..level_2("001890000001", "Nguyễn Văn Giả Lập", "2390-01-31", "ordinary; three phones")
        },
        Citizen {
            phones: phones(&["0900000002", "0900000099"]),
            ..level_2("001991000002", "Trần Thị Giả Lập", "2391-03-08", "ordinary; shares her second phone")
        },
        Citizen {
            level: 1,
            phones: phones(&["0900000099"]),
            ..level_2("038892000003", "Lê Giả Lập Mức Một", "2392-09-02", "level 1; shares his phone")
        },
        Citizen {
            web_login: false,
            ..level_2("038993000004", "Phạm Giả Lập Chưa Bật Web", "2393-12-01", "web login is off")
        },
        Citizen {
            closed: true,
            ..level_2("033894000005", "Hoàng Giả Lập Bị Khóa", "2394-05-19", "the account is locked")
        },
        Citizen {
            citizen_id: None,
            holds: Holds::Dvcqg,
            ..level_2("900000006", "Vũ Giả Lập Chưa Căn Cước", "2375-07-27", "no CCCD; logs in with a CMND")
        },
        level_2("025840000007", "Đặng Giả Lập Năm Sinh", "2340", "only the year of birth is known"),
        Citizen {
            population: InPopulation::Deceased,
            ..level_2("025995000008", "Bùi Giả Lập Đã Mất", "2395-02-28", "population database: deceased")
        },
        Citizen {
            population: InPopulation::Several,
            ..level_2("001896000009", "Đỗ Giả Lập Trùng Tên", "2396-10-10", "population database: several matches")
        },
        Citizen {
            population: InPopulation::Down,
            ..level_2("001997000010", "Hồ Giả Lập Mất Mạng", "2397-11-20", "population database: does not answer")
        },
        Citizen {
            organisation: organisation(2, "Công ty TNHH Giả Lập", "0199999911"),
            ..level_2("001898000011", "Ngô Giả Lập Doanh Nghiệp", "2398-04-30", "an enterprise's account")
        },
        Citizen {
            organisation: organisation(3, "Hội Giả Lập Việt Nam", "0199999912"),
            ..level_2("001999000012", "Dương Giả Lập Tổ Chức", "2399-06-01", "an organisation's account")
        },
        Citizen {
            holds: Holds::Vneid,
            ..level_2("001801000013", "Lý Giả Lập Chỉ Định Danh", "2301-02-14", "has only a VNeID account")
        },
        Citizen {
            holds: Holds::Dvcqg,
            ..level_2("001902000014", "Mai Giả Lập Chỉ Dịch Vụ Công", "2302-05-15", "has only a DVCQG account")
        },
        Citizen {
            holds: Holds::Vneid,
            ..level_2("001875000015", "Vũ Giả Lập Chưa Căn Cước", "2375-07-27", "900000006 with a CCCD, at VNeID")
        },
        Citizen {
            population: InPopulation::Slow,
            ..level_2("001803000015", "Đinh Giả Lập Tra Chậm", "2303-03-15", "population database: answers after 20 s")
        },
        Citizen {
            population: InPopulation::Nonsense,
            ..level_2("001904000016", "Trịnh Giả Lập Trả Rác", "2304-04-16", "population database: answers nonsense")
        },
        Citizen {
            population: InPopulation::Nameless,
            ..level_2(
                "001805000017",
                "Phan Giả Lập Tên Trống",
                "2305-05-17",
                "population database: a record without a name",
            )
        },
        Citizen {
            population: InPopulation::NotLicensed,
            ..level_2(
                "001906000018",
                "Tạ Giả Lập Chưa Cấp Phép",
                "2306-06-18",
                "population database: 004, not licensed",
            )
        },
        Citizen {
            population: InPopulation::OfficerRefused,
            ..level_2(
                "001807000019",
                "Cao Giả Lập Không Quyền",
                "2307-07-19",
                "population database: 005, officer without permission",
            )
        },
        Citizen {
            population: InPopulation::Absent,
            ..level_2("001908000020", "Quách Giả Lập Chưa Có Tên", "2308-08-20", "population database: unknown")
        },
        Citizen {
            population: InPopulation::OtherDiacritics,
            ..level_2("001809000021", "Lương Giả Lập Khác Dấu", "2309-09-21", "population database: other diacritics")
        },
    ]
}

fn last(text: &str, digits: usize) -> &str {
    text.get(text.len().saturating_sub(digits)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vneid_auth::identity::{BirthDate, CitizenId};

    use super::*;

    #[test]
    fn d78_everybody_is_plainly_invented_and_well_formed() {
        let everybody = seeded();
        assert_eq!(everybody.iter().map(Citizen::subject).collect::<BTreeSet<_>>().len(), everybody.len());
        for citizen in &everybody {
            assert!(citizen.full_name.contains("Giả Lập"), "{}", citizen.full_name);
            assert!(citizen.date_of_birth.parse::<BirthDate>().unwrap().year() >= 2300);
            assert_eq!(citizen.passcode.len(), 6);
            assert!(citizen.phones.iter().all(|phone| phone.starts_with("0900000")));
            assert!(citizen.phones.iter().all(|phone| phone.parse::<PhoneNumber>().is_ok()));
            match &citizen.citizen_id {
                Some(id) => {
                    assert!(id.parse::<CitizenId>().is_ok() && *id == citizen.username);
                    assert!(matches!(id.as_bytes()[3], b'8' | b'9'), "{id}");
                }
                None => assert!(citizen.username.len() == 9 && citizen.username.starts_with('9')),
            }
        }
    }
}
