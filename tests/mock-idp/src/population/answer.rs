//! What is said about a citizen.

use axum::http::StatusCode;
use vneid_auth::identity::{BirthDate, PersonName};

use super::question::{Question, Refusal};
use crate::accounts::Accounts;
use crate::citizen::{Citizen, InPopulation};
use crate::fault::PopulationFault;

/// What is said.
pub(super) enum Said {
    /// These records: none is how the service says no.
    Records(Vec<Record>),
    /// A refusal that belongs to the citizen.
    Refused(Refusal),
    /// Another answer altogether.
    Wrong(StatusCode, String),
    /// This, but late.
    Late(Box<Said>),
}

/// What is recorded of a citizen.
#[derive(Clone)]
pub(super) struct Record {
    number: String,
    /// Empty for a record of nobody.
    name: String,
    /// `yyyyMMdd`, or `yyyy`.
    born: String,
    sex: u8,
    dead: bool,
}

/// A part of a record.
pub(super) enum Part {
    /// A text.
    Text(String),
    /// Further parts.
    Of(Vec<(&'static str, Part)>),
}

/// What the database says to this question, and a remark for the journal.
pub(super) fn about(accounts: &Accounts, question: &Question) -> (Said, &'static str) {
    let none = || Said::Records(Vec::new());
    if !question.is_normalised() {
        return (none(), "population_name_not_normalised");
    }
    let Some(citizen) = accounts.find(&question.number) else { return (none(), "population_nobody") };
    let folded = citizen.full_name.parse::<PersonName>().map(|name| name.folded());
    if folded.as_deref() != Ok(question.name.as_str()) || !same_date(&citizen, &question.born) {
        return (none(), "population_other_name_or_date");
    }
    let record = Record::of(&citizen);
    let found = |records| Said::Records(records);
    let said = match citizen.population {
        InPopulation::Known => found(vec![record]),
        InPopulation::Absent => none(),
        InPopulation::Nameless => found(vec![Record { name: String::new(), ..record }]),
        InPopulation::OtherDiacritics => found(vec![Record { name: accented_otherwise(&record.name), ..record }]),
        InPopulation::Several => found(vec![record.clone(), record]),
        // To yes or no, the dead are nobody.
        InPopulation::Deceased if question.verify => none(),
        InPopulation::Deceased => found(vec![Record { dead: true, ..record }]),
        InPopulation::Down => Said::Wrong(StatusCode::SERVICE_UNAVAILABLE, String::new()),
        InPopulation::Slow => Said::Late(Box::new(found(vec![record]))),
        InPopulation::Nonsense => Said::Wrong(StatusCode::OK, "<html><body>Hệ thống đang bảo trì".to_owned()),
        InPopulation::NotLicensed => Said::Refused(Refusal::Procedure),
        InPopulation::OfficerRefused => Said::Refused(Refusal::Officer),
    };
    (said, "population_answered")
}

/// By the year, where either side knows no more.
fn same_date(citizen: &Citizen, born: &str) -> bool {
    match (citizen.date_of_birth.parse::<BirthDate>(), BirthDate::from_wire(born)) {
        (Ok(one @ BirthDate::Day { .. }), Ok(other @ BirthDate::Day { .. })) => one == other,
        (Ok(one), Ok(other)) => one.year() == other.year(),
        _ => false,
    }
}

/// The same letters with another tone on the first word.
fn accented_otherwise(name: &str) -> String {
    name.replacen("LƯƠNG", "LƯỢNG", 1)
}

impl Said {
    /// As a fault on order wants it.
    pub(super) fn spoilt(self, fault: PopulationFault) -> Self {
        let record = match self {
            Self::Records(records) => records.into_iter().next(),
            _ => None,
        };
        let hostile = |text: String| Self::Wrong(StatusCode::OK, text);
        let spoil = |change: &dyn Fn(&mut Record)| match record.clone() {
            Some(mut record) => {
                change(&mut record);
                Self::Records(vec![record])
            }
            None => Self::Records(Vec::new()),
        };
        match fault {
            PopulationFault::EmptyCollection => Self::Records(Vec::new()),
            PopulationFault::NameNull => spoil(&|record| record.name.clear()),
            PopulationFault::Several => Self::Records(record.into_iter().flat_map(|one| [one.clone(), one]).collect()),
            PopulationFault::Deceased => spoil(&|record| record.dead = true),
            PopulationFault::OtherNumber => spoil(&|record| record.number = "001899000999".to_owned()),
            PopulationFault::OtherName => spoil(&|record| record.name = "NGƯỜI KHÁC GIẢ LẬP".to_owned()),
            PopulationFault::OtherDate => spoil(&|record| record.born = "23991231".to_owned()),
            PopulationFault::YearOnly => spoil(&|record| record.born.truncate(4)),
            PopulationFault::NotLicensed => Self::Refused(Refusal::Procedure),
            PopulationFault::OfficerRefused => Self::Refused(Refusal::Officer),
            PopulationFault::BillionLaughs => hostile(billion_laughs()),
            PopulationFault::ExternalEntity => hostile(external_entity()),
        }
    }
}

fn billion_laughs() -> String {
    let mut xml = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n <!ENTITY lol0 \"lol\">\n");
    for level in 1..10 {
        let ten = format!("&lol{};", level - 1).repeat(10);
        xml.push_str(&format!(" <!ENTITY lol{level} \"{ten}\">\n"));
    }
    xml.push_str("]>\n<lolz>&lol9;</lolz>\n");
    xml
}

fn external_entity() -> String {
    "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>\n<a>&b;</a>\n".to_owned()
}

impl Record {
    fn of(citizen: &Citizen) -> Self {
        Self {
            number: citizen.citizen_id.clone().unwrap_or_else(|| citizen.username.clone()),
            name: citizen.full_name.to_uppercase(),
            born: citizen.compact_birth_date(),
            sex: citizen.sex().unwrap_or(1),
            dead: false,
        }
    }

    /// Whether it is a record of somebody alive.
    pub(super) fn is_somebody(&self) -> bool {
        !self.name.is_empty() && !self.dead
    }

    /// All of it, in the order in which it has been seen. Family and faith are as invented as the rest.
    pub(super) fn parts(&self) -> Vec<(&'static str, Part)> {
        let text = |text: &str| Part::Text(text.to_owned());
        let (year, day) = match self.born.len() {
            8 => (self.born.get(..4).unwrap_or_default(), self.born.as_str()),
            _ => (self.born.as_str(), ""),
        };
        let place = || {
            Part::Of(vec![
                ("MaTinhThanh", text("01")),
                ("MaPhuongXa", text("00001")),
                ("ChiTiet", text("SỐ 0 PHỐ GIẢ LẬP")),
                ("QuocGia", text("VN")),
            ])
        };
        let relative = |number: &str| {
            Part::Of(vec![
                ("HoVaTen", text("NGƯỜI NHÀ GIẢ LẬP")),
                ("QuocTich", text("VN")),
                ("SoDinhDanh", text(number)),
                ("SoCMND", text("")),
            ])
        };
        let mut parts = vec![
            ("SoDinhDanh", text(&self.number)),
            ("SoCMND", text("")),
            ("HoVaTen", Part::Of(vec![("Ho", text("")), ("ChuDem", text("")), ("Ten", text(&self.name))])),
            ("GioiTinh", text(&self.sex.to_string())),
            ("DanToc", text("01")),
            ("TonGiao", text("00")),
            ("TinhTrangHonNhan", text("2")),
            ("NhomMau", text("00")),
            ("NgayThangNamSinh", Part::Of(vec![("Nam", text(year)), ("NgayThangNam", text(day))])),
            ("NoiDangKyKhaiSinh", place()),
            ("QuocTich", text("VN")),
            ("QueQuan", place()),
            ("ThuongTru", place()),
            ("NoiOHienTai", place()),
            ("Cha", relative("001860000091")),
            ("Me", relative("001960000092")),
            ("ChuHo", Part::Of(vec![("QuanHe", text("CH01")), ("SoDinhDanh", text(&self.number))])),
            ("SoSoHoKhau", text("gl00")),
        ];
        if self.dead {
            // The mock's own: no published answer shows how the service says it.
            parts.push(("TrangThai", text("DA_MAT")));
        }
        parts
    }
}
