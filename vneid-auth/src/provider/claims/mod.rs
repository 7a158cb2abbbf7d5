//! From checked answers to an [`Identity`], by the claim names of the profile.
//!
//! Fields that the profile does not name are neither read nor logged. What cannot be read is told by its claim alone, and
//! refuses the login or is left out as the profile says; contact details are left out either way, since they say nothing
//! about who it is.

mod read;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use serde_json::Value;

use self::read::{PersonNumber, Said};
use super::config::{Claim, ProviderConfig, SubjectSource, Unreadable, Vouching};
use super::id_token::{self, IdToken};
use super::json::Members;
use super::logout_request;
use crate::error::{Code, Error};
use crate::identity::{AccountKind, CitizenId, Identity, Level, Organisation, Profile, Strength};
use crate::secret::Secret;
use crate::time::Timestamp;

/// A provider's session id, and the name of a way in, are not longer than this.
const LONGEST_NAME: usize = 255;

/// Why an answer does not say who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsReason {
    /// A claim has a value that it cannot have.
    #[error("the claim for {0:?} cannot be read")]
    Malformed(Claim),
    /// Neither a technical id nor a subject is there.
    #[error("nothing in the answer is a subject")]
    NoSubject,
    /// There is no citizen id where it stands for the subject.
    #[error("there is no citizen id, which stands for the subject here")]
    NoCitizenId,
    /// The address for ending VNeID's session names a host that is not allowed.
    #[error("the logout address names a host that is not allowed: set `logout_hosts` when it is VNeID's")]
    LogoutHost,
}

impl From<ClaimsReason> for Error {
    fn from(reason: ClaimsReason) -> Self {
        Self::new(Code::ProfileInvalid, reason.to_string()).because(reason)
    }
}

/// What was checked of a login's answers.
pub(crate) struct Checked<'a> {
    pub(crate) id_token: Option<&'a IdToken>,
    pub(crate) userinfo: Option<&'a Members>,
    /// The keyed hash of a citizen id, where it stands for the subject.
    pub(crate) hashed: &'a dyn Fn(&CitizenId) -> Option<String>,
    pub(crate) now: Timestamp,
}

/// Who it is, and where VNeID's session is ended.
pub(crate) struct Told {
    pub(crate) identity: Identity,
    pub(crate) logout_uri: Option<Secret>,
    /// Claims that cannot be read and are left out.
    pub(crate) left_out: Vec<Claim>,
}

/// The person of these answers.
pub(crate) fn told(config: &ProviderConfig, checked: &Checked<'_>) -> Result<Told, ClaimsReason> {
    let token = checked.id_token;
    let said = Said {
        names: &config.claims,
        forms: config.claim_forms,
        userinfo: checked.userinfo,
        token: token.map(|token| &token.claims),
    };
    let reader = Reader { config, said, left_out: RefCell::default() };
    let kind = reader.account_kind()?;
    let level = reader.level(token)?;
    let way_in = reader.way_in()?;
    let profile = reader.profile(kind)?;
    let subject = reader.subject(checked, profile.citizen_id.as_ref())?;
    let strength = profile.citizen_id.as_ref().and_then(|_| strength(config, kind, level, way_in.through_vneid));
    let identity = Identity {
        provider: config.name().to_owned(),
        subject,
        sid: token.and_then(|token| session_id(&token.claims)),
        via: way_in.via,
        level,
        kind: kind.unwrap_or_default(),
        authenticated_at: token.map_or(checked.now, |token| token.authenticated_at.unwrap_or(token.issued_at)),
        citizen_id_strength: strength,
        profile,
    };
    Ok(Told { identity, logout_uri: reader.logout_uri()?, left_out: reader.left_out.into_inner() })
}

/// An account of an organisation is not its representative's, so a number in it links nobody.
fn strength(
    config: &ProviderConfig,
    kind: Option<AccountKind>,
    level: Option<Level>,
    through_vneid: bool,
) -> Option<Strength> {
    if !matches!(kind, None | Some(AccountKind::Citizen)) {
        return None;
    }
    match config.vouching {
        Vouching::Vneid => (level >= Some(Level::TWO)).then_some(Strength::Asserted),
        // Who comes to DVCQG through VNeID has level 2 there; DVCQG does not say so.
        Vouching::Dvcqg if through_vneid => level.is_none_or(|level| level >= Level::TWO).then_some(Strength::Asserted),
        Vouching::Dvcqg => Some(Strength::Matched),
    }
}

fn session_id(claims: &Members) -> Option<String> {
    let sid = claims.get("sid").and_then(Value::as_str)?;
    is_name(sid).then(|| sid.to_owned())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

struct WayIn {
    via: Option<String>,
    through_vneid: bool,
}

struct Reader<'a> {
    config: &'a ProviderConfig,
    said: Said<'a>,
    left_out: RefCell<Vec<Claim>>,
}

impl Reader<'_> {
    /// A claim that says who it is.
    fn strict<T>(&self, claim: Claim, parse: impl Fn(&read::Text) -> Option<T>) -> Result<Option<T>, ClaimsReason> {
        match (self.said.parsed(claim, parse), self.config.unreadable) {
            (Err(reason), Unreadable::Refuse) => Err(reason),
            (Err(_), Unreadable::LeaveOut) => Ok(self.left_out(claim)),
            (read, _) => read,
        }
    }

    /// A claim that only helps: contact details, an organisation's.
    fn lenient<T>(&self, claim: Claim, parse: impl Fn(&read::Text) -> Option<T>) -> Option<T> {
        self.said.parsed(claim, parse).unwrap_or_else(|_| self.left_out(claim))
    }

    fn left_out<T>(&self, claim: Claim) -> Option<T> {
        let name = self.config.claims.name(claim).unwrap_or_default();
        tracing::warn!(provider = self.config.name(), claim = name, "a claim cannot be read and is left out");
        self.left_out.borrow_mut().push(claim);
        None
    }

    fn account_kind(&self) -> Result<Option<AccountKind>, ClaimsReason> {
        if self.config.claims.name(Claim::AccountKind).is_none() {
            return Ok(Some(AccountKind::Citizen));
        }
        let kinds = &self.config.account_kinds;
        let kind_of = |text: &str| kinds.iter().find(|(name, _)| name == text).map(|(_, kind)| *kind);
        self.strict(Claim::AccountKind, |text| Some(kind_of(&text.text).unwrap_or(AccountKind::Unknown)))
    }

    fn level(&self, token: Option<&IdToken>) -> Result<Option<Level>, ClaimsReason> {
        match self.config.claims.name(Claim::Level) {
            Some(_) => self.strict(Claim::Level, read::level),
            None => Ok(token.and_then(|token| self.config.level_of(token.acr.as_deref()?))),
        }
    }

    /// Only the provider's own word for VNeID is VNeID; whatever else calls itself so is nobody.
    fn way_in(&self) -> Result<WayIn, ClaimsReason> {
        let raw = self.strict(Claim::LoginIdp, |text| is_name(&text.text).then(|| text.text.clone()))?;
        let through_vneid = raw.is_some() && raw == self.config.vneid_behind;
        let via = match through_vneid {
            true => Some("vneid".to_owned()),
            false => raw.filter(|raw| !raw.eq_ignore_ascii_case("vneid")),
        };
        Ok(WayIn { via, through_vneid })
    }

    fn profile(&self, kind: Option<AccountKind>) -> Result<Profile, ClaimsReason> {
        let number = self.strict(Claim::CitizenId, PersonNumber::read)?;
        let card = self.lenient(Claim::IdCard, PersonNumber::read);
        let (mut citizen_id, mut cmnd) = (None, None);
        for number in [number, card].into_iter().flatten() {
            match number {
                PersonNumber::CitizenId(id) => citizen_id = citizen_id.or(Some(id)),
                PersonNumber::Cmnd(number) => cmnd = cmnd.or(Some(number)),
            }
        }
        Ok(Profile {
            full_name: self.strict(Claim::FullName, |text| text.text.parse().ok())?,
            citizen_id,
            cmnd,
            date_of_birth: self.strict(Claim::BirthDate, |text| read::birth_date(text, self.config.claim_forms))?,
            phone: self.lenient(Claim::Phone, read::phone),
            organisation: kind
                .is_some_and(AccountKind::is_organisation)
                .then(|| self.organisation())
                .filter(|organisation| !organisation.is_empty()),
        })
    }

    fn organisation(&self) -> Organisation {
        Organisation {
            name: self.lenient(Claim::OrganisationName, |text| Organisation::named(&text.text)),
            tax_code: self.lenient(Claim::TaxCode, |text| Organisation::code(&text.padded(10))),
            registration_number: self.lenient(Claim::RegistrationNumber, |text| Organisation::code(&text.padded(10))),
            representative: self.lenient(Claim::Representative, |text| text.text.parse().ok()),
        }
    }

    /// Always strict: a subject that is misread is another person.
    fn subject(&self, checked: &Checked<'_>, citizen_id: Option<&CitizenId>) -> Result<String, ClaimsReason> {
        if self.config.subject == SubjectSource::HashedCitizenId {
            return (checked.hashed)(citizen_id.ok_or(ClaimsReason::NoCitizenId)?).ok_or(ClaimsReason::NoSubject);
        }
        let name = |text: &read::Text| id_token::is_subject(&text.text).then(|| text.text.clone());
        if let Some(tech_id) = self.said.parsed(Claim::TechId, name)? {
            return Ok(tech_id);
        }
        match checked.id_token {
            Some(token) => Ok(token.subject.clone()),
            None => self.said.parsed(Claim::Subject, name)?.ok_or(ClaimsReason::NoSubject),
        }
    }

    /// Always strict: the browser is sent there.
    fn logout_uri(&self) -> Result<Option<Secret>, ClaimsReason> {
        let Some(uri) = self.said.text(Claim::LogoutUri)? else { return Ok(None) };
        logout_request::allowed(&uri.text, &self.config.logout_hosts).map(Some).ok_or(ClaimsReason::LogoutHost)
    }
}
