//! Who looks somebody up, why, and what is kept of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Agreement, Answer, BirthDateAgreement, RegistryUnavailable};
use crate::identity::{AccountId, CitizenId, PhoneNumber};
use crate::secret::Secret;

/// What a look-up is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// To link a citizen id to an account.
    Linking,
    /// To bring the details of an account up to date ("Cập nhật từ CSDL Quốc gia về Dân cư").
    Updating,
}

/// On whose behalf and what for somebody is looked up. What it leaves out, the registry's own settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inquiry {
    /// What for.
    pub purpose: Purpose,
    /// The portal's account that it is about.
    pub account: Option<AccountId>,
    /// The officer at the counter who acts; the portal's own system account when there is none.
    pub officer: Option<Officer>,
    /// The procedure's code (`MaDVC`), where the look-up belongs to a dossier.
    pub procedure: Option<String>,
}

/// A value that the service's request cannot carry: empty, of more than 100 characters, or not printable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} must have 1 to 100 printable characters")]
pub struct InquiryMalformed(pub &'static str);

impl Inquiry {
    /// An inquiry for this purpose, by the portal itself.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, account: None, officer: None, procedure: None }
    }

    /// About this account of the portal's.
    #[must_use]
    pub fn account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// By this officer.
    #[must_use]
    pub fn officer(mut self, officer: Officer) -> Self {
        self.officer = Some(officer);
        self
    }

    /// For the procedure with this code (`MaDVC`).
    ///
    /// # Errors
    /// When the code cannot be sent.
    pub fn procedure(mut self, code: &str) -> Result<Self, InquiryMalformed> {
        self.procedure = Some(sendable(code, "the procedure's code")?);
        Ok(self)
    }
}

/// Who acts: an officer, or the portal's system account. Officers are often known by their own citizen id (domain.md §5.3),
/// so it prints masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Officer {
    id: Secret,
    unit: Option<String>,
    login: Option<String>,
    phone: Option<PhoneNumber>,
}

impl Officer {
    /// The officer whom the service knows by this code (`MaCanBo`).
    ///
    /// # Errors
    /// When the code cannot be sent.
    pub fn new(id: &str) -> Result<Self, InquiryMalformed> {
        let id = Secret::new(sendable(id, "the officer's code")?);
        Ok(Self { id, unit: None, login: None, phone: None })
    }

    /// Of this unit (`MaDonVi`).
    ///
    /// # Errors
    /// When the code cannot be sent.
    pub fn unit(mut self, code: &str) -> Result<Self, InquiryMalformed> {
        self.unit = Some(sendable(code, "the unit's code")?);
        Ok(self)
    }

    /// With this login name (`TaiKhoan`) and, where it is known, this phone (`SoDienThoai`), for the one service that has
    /// been seen to be told them.
    ///
    /// # Errors
    /// When the name cannot be sent.
    pub fn login(mut self, name: &str, phone: Option<PhoneNumber>) -> Result<Self, InquiryMalformed> {
        self.login = Some(sendable(name, "the officer's login name")?);
        self.phone = phone;
        Ok(self)
    }

    /// The code, for the one place that sends it.
    pub fn expose(&self) -> &str {
        self.id.expose()
    }

    /// The unit's code.
    pub fn unit_code(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// The login name.
    pub fn login_name(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// The phone.
    pub fn phone(&self) -> Option<&PhoneNumber> {
        self.phone.as_ref()
    }

    /// As the record keeps it: the code, of which only the end is shown where it is a citizen id.
    pub fn recorded(&self) -> String {
        match self.id.expose().parse::<CitizenId>() {
            Ok(id) => id.masked(),
            Err(_) => self.id.expose().to_owned(),
        }
    }
}

impl fmt::Debug for Officer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Officer").field("id", &self.recorded()).field("unit", &self.unit).finish_non_exhaustive()
    }
}

/// A code as it goes into a request.
pub(super) fn sendable(text: &str, what: &'static str) -> Result<String, InquiryMalformed> {
    let text = text.trim();
    let printable = !text.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    let fits = (1..=100).contains(&text.chars().count()) && printable;
    fits.then(|| text.to_owned()).ok_or(InquiryMalformed(what))
}

/// One look-up: what came of it, and what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookUp {
    /// What the database said; an error when it said nothing that can be used.
    pub answer: Result<Answer, RegistryUnavailable>,
    /// Who asked, for what and why.
    pub record: Record,
}

impl LookUp {
    /// This answer, and its record.
    pub fn new(answer: Result<Answer, RegistryUnavailable>, record: Record) -> Self {
        Self { answer, record }
    }

    /// What came of it, in a word for the audit.
    pub fn outcome(&self) -> Outcome {
        match &self.answer {
            Ok(Answer::Agrees(Agreement { birth_date: BirthDateAgreement::YearOnly, .. })) => Outcome::AgreesByYear,
            Ok(Answer::Agrees(_)) => Outcome::Agrees,
            Ok(Answer::DoesNotAgree) => Outcome::DoesNotAgree,
            Ok(Answer::Several) => Outcome::Several,
            Ok(Answer::Deceased) => Outcome::Deceased,
            Err(_) => Outcome::Unavailable,
        }
    }
}

/// What came of a look-up, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The claim agrees.
    Agrees,
    /// It agrees, but of the birth date only the year was compared.
    AgreesByYear,
    /// It does not agree, or there is nobody with that number.
    DoesNotAgree,
    /// Several records have the number.
    Several,
    /// Its owner has died.
    Deceased,
    /// No answer.
    Unavailable,
}

/// What must be kept of every look-up, for who has to answer for it (domain.md §6). It holds nothing about the person who
/// was looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// `MaYeuCau`, this request's own id, by which the database's operator finds it too.
    pub request_id: String,
    /// `MaDVC`, the procedure's code.
    pub procedure: String,
    /// `MaTichHop`, the service's code: `037` returns a record, another answers yes or no.
    pub service: String,
    /// `MaCanBo`, the acting officer or the system account, as [`Officer::recorded`].
    pub officer: String,
    /// `MaDonVi`, the unit.
    pub unit: Option<String>,
    /// What for.
    pub purpose: Purpose,
    /// The portal's account that it was about.
    pub account: Option<AccountId>,
}

impl Record {
    /// The record of a request with this id, of this inquiry by this officer, to this procedure and service.
    pub fn new(
        request_id: impl Into<String>,
        procedure: impl Into<String>,
        service: impl Into<String>,
        officer: &Officer,
        by: &Inquiry,
    ) -> Self {
        Self {
            request_id: request_id.into(),
            procedure: procedure.into(),
            service: service.into(),
            officer: officer.recorded(),
            unit: officer.unit.clone(),
            purpose: by.purpose,
            account: by.account.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_officer_with_a_citizen_id_is_recorded_by_its_end() {
        let officer = Officer::new(" 001890000042 ").unwrap().unit("DV-01").unwrap();
        assert_eq!((officer.expose(), officer.recorded().as_str()), ("001890000042", "********0042"));
        let record = Record::new("r-1", "VPCP", "037", &officer, &Inquiry::new(Purpose::Linking));
        assert!(!format!("{officer:?} {record:?}").contains("001890000042"));
        assert_eq!(record.unit.as_deref(), Some("DV-01"));
        assert_eq!(Officer::new("cong-dvc").unwrap().recorded(), "cong-dvc");
    }

    #[test]
    fn what_a_request_cannot_carry_is_refused_by_name() {
        for bad in ["", "  ", "a\nb", "a\u{0}", "\u{ffff}", &"a".repeat(101)] {
            assert_eq!(Officer::new(bad), Err(InquiryMalformed("the officer's code")), "{bad:?}");
            assert!(Inquiry::new(Purpose::Updating).procedure(bad).is_err(), "{bad:?}");
        }
        assert!(Inquiry::new(Purpose::Updating).procedure("1.004194").is_ok());
    }
}
