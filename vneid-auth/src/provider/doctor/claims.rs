//! What a login told of a person, as names and shapes and never as values.

use super::{Doctor, Finding, Part, Shape};
use crate::identity::{BirthDate, Identity, Level};
use crate::provider::{Claim, SubjectSource, Verified};

impl Doctor {
    /// The claims that came, those that did not, and whether the level is enough.
    pub(super) fn told(&self, verified: &Verified) -> Vec<Finding> {
        let identity = verified.identity();
        let came = self.shapes(verified).into_iter().flatten();
        let came = came.map(|(claim, shape)| Finding::Came { claim, name: self.name_of(claim), shape });
        let left_out = verified.left_out.iter().map(|claim| self.unreadable(*claim, false));
        let mut findings: Vec<Finding> = came.chain(self.missing(verified)).chain(left_out).collect();
        findings.extend(self.level(identity));
        findings.extend(self.session_stays(verified).then_some(Finding::SessionStays));
        let passed = findings.iter().all(|finding| finding.severity() < super::Severity::Problem);
        findings.extend(passed.then_some(Finding::LoginPassed));
        findings
    }

    fn shapes(&self, verified: &Verified) -> [Option<(Claim, Shape)>; 14] {
        let (identity, profile) = (verified.identity(), &verified.identity().profile);
        let config = &self.provider.config;
        let organisation = profile.organisation.as_ref();
        let text = |claim, came: bool| came.then_some((claim, Shape::Text));
        let named = |claim| config.claims.name(claim).is_some();
        [
            self.subject(),
            text(Claim::FullName, profile.full_name.is_some()),
            profile.citizen_id.as_ref().map(|id| (Claim::CitizenId, Shape::Digits(id.expose().len()))),
            profile.cmnd.as_ref().map(|number| (Claim::IdCard, Shape::Digits(number.expose().len()))),
            profile.date_of_birth.map(|date| match date {
                BirthDate::Year(_) => (Claim::BirthDate, Shape::Year),
                BirthDate::Day { .. } => (Claim::BirthDate, Shape::Date),
            }),
            text(Claim::Phone, profile.phone.is_some()),
            identity.level.map(|level| (Claim::Level, Shape::Level(level))),
            named(Claim::AccountKind).then_some((Claim::AccountKind, Shape::Kind(identity.kind))),
            text(Claim::LoginIdp, identity.via.is_some()),
            verified.logout.logout_uri.as_ref().map(|_| (Claim::LogoutUri, Shape::Address)),
            text(Claim::OrganisationName, organisation.is_some_and(|it| it.name.is_some())),
            text(Claim::TaxCode, organisation.is_some_and(|it| it.tax_code.is_some())),
            text(Claim::RegistrationNumber, organisation.is_some_and(|it| it.registration_number.is_some())),
            text(Claim::Representative, organisation.is_some_and(|it| it.representative.is_some())),
        ]
    }

    /// What stands for the person; where the citizen id does, it is told as that.
    fn subject(&self) -> Option<(Claim, Shape)> {
        let config = &self.provider.config;
        if config.subject == SubjectSource::HashedCitizenId {
            return None;
        }
        let answer = self.opened(Part::Userinfo).unwrap_or_default();
        let tech_id = config.claims.name(Claim::TechId).and_then(|name| answer.get(name));
        let claim = if tech_id.is_some_and(|value| !value.is_null()) { Claim::TechId } else { Claim::Subject };
        Some((claim, Shape::Text))
    }

    /// What portals want of a citizen. None of it must come (domain.md §1.4).
    fn missing(&self, verified: &Verified) -> impl Iterator<Item = Finding> {
        let (identity, profile) = (verified.identity(), &verified.identity().profile);
        let absent = [
            (Claim::FullName, profile.full_name.is_none()),
            (Claim::CitizenId, profile.citizen_id.is_none()),
            (Claim::BirthDate, profile.date_of_birth.is_none()),
        ];
        let wanted = !identity.kind.is_organisation();
        let absent =
            absent.into_iter().filter(move |(claim, absent)| wanted && *absent && !verified.left_out.contains(claim));
        absent.map(|(claim, _)| Finding::Missing { claim, name: self.name_of(claim) })
    }

    fn session_stays(&self, verified: &Verified) -> bool {
        let metadata = self.provider.discovery.kept();
        let by_endpoint = metadata.is_some_and(|metadata| metadata.end_session_endpoint.is_some());
        !self.provider.config.ends_session || (!by_endpoint && verified.logout.logout_uri.is_none())
    }

    /// Held to what a login is held to; an organisation's account has no level.
    fn level(&self, identity: &Identity) -> Option<Finding> {
        let config = &self.provider.config;
        let required = config.level_for(None).filter(|_| !identity.kind.is_organisation())?;
        match identity.level {
            None => {
                let refused = config.unstated() == crate::flow::login::Unstated::Refuse;
                Some(Finding::LevelNotStated { refused })
            }
            Some(stated) if stated < required => Some(Finding::LevelTooLow { stated, required }),
            Some(Level { .. }) => None,
        }
    }
}
