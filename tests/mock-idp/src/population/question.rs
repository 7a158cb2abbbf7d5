//! What is asked, whichever way it came, and what is wrong with it.

use vneid_auth::identity::{BirthDate, CitizenId, Cmnd};

/// One question.
pub(super) struct Question {
    /// Whether a yes or no is asked for, rather than the record.
    pub(super) verify: bool,
    pub(super) request_id: String,
    pub(super) procedure: String,
    pub(super) service: String,
    pub(super) officer: String,
    /// The citizen id, or a CMND number.
    pub(super) number: String,
    /// Upper case without diacritics, when it is as it should be.
    pub(super) name: String,
    /// As it came: `yyyyMMdd`, or `yyyy`.
    pub(super) born: String,
}

/// Why nothing is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not who they say, or not now.
    Credentials(&'static str),
    /// Not as the service takes it.
    Malformed(&'static str),
    /// `004`
    Procedure,
    /// `005`
    Officer,
}

impl Refusal {
    /// The code in a fault, or in a gateway's object.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Credentials(_) => "001",
            Self::Malformed(_) => "002",
            Self::Procedure => "004",
            Self::Officer => "005",
        }
    }

    /// What the journal says.
    pub(super) fn remark(self) -> &'static str {
        match self {
            Self::Credentials(remark) | Self::Malformed(remark) => remark,
            Self::Procedure => "population_procedure_not_licensed",
            Self::Officer => "population_officer_not_permitted",
        }
    }
}

impl Question {
    /// Whether it can be answered at all.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let id = &self.request_id;
        if id.is_empty() || id.len() > 50 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Refusal::Malformed("population_request_id"));
        }
        if self.service != if self.verify { "003" } else { "037" } {
            return Err(Refusal::Malformed("population_service_code"));
        }
        if self.number.parse::<CitizenId>().is_err() && self.number.parse::<Cmnd>().is_err() {
            return Err(Refusal::Malformed("population_number"));
        }
        let compact = self.born.bytes().all(|byte| byte.is_ascii_digit());
        if !compact || BirthDate::from_wire(&self.born).is_err() {
            return Err(Refusal::Malformed("population_birth_date"));
        }
        if self.procedure.is_empty() || self.procedure.starts_with('X') {
            return Err(Refusal::Procedure);
        }
        if self.officer != "cong-dvc" && self.officer.parse::<CitizenId>().is_err() {
            return Err(Refusal::Officer);
        }
        Ok(())
    }

    /// Whether the name is in the service's form: upper case, no diacritics, nothing but letters and digits.
    pub(super) fn is_normalised(&self) -> bool {
        !self.name.is_empty() && self.name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    }
}
