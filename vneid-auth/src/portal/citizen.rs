//! Who is logged in, as a portal's own code sees them.

use serde::Serialize;

use super::session::SessionRecord;
use crate::account::{Notice, Role};
use crate::flow::linking::Linking;
use crate::flow::login::Unstated;
use crate::identity::{AccountId, AccountKind, Identity, Level, Profile};
use crate::time::Timestamp;

/// Who is logged in. Everything here is checked; it prints masked, and its names and numbers come out only by
/// [`Profile`]'s own accessors.
#[derive(Clone, Debug)]
pub struct Citizen {
    record: SessionRecord,
}

impl Citizen {
    pub(crate) fn new(record: SessionRecord) -> Self {
        Self { record }
    }

    /// The local account.
    pub fn account(&self) -> &AccountId {
        &self.record.account
    }

    /// Whether the account is a citizen's or an official's.
    pub fn role(&self) -> Role {
        self.record.role
    }

    /// What the provider stated and was checked: provider, subject, level, kind of account.
    pub fn identity(&self) -> &Identity {
        &self.record.identity
    }

    /// Name, citizen id, birth date, phone, as far as the provider sent them.
    pub fn profile(&self) -> &Profile {
        &self.record.identity.profile
    }

    /// Whether a citizen id is linked to the account, as far as this session knows. A page that must be sure demands it
    /// ([`Requirement::citizen_id`](super::Requirement::citizen_id)), which asks the account.
    pub fn is_citizen_id_linked(&self) -> bool {
        self.record.linking.strength().is_some()
    }

    /// What the account's owner had yet to be told when the session began.
    pub fn notices(&self) -> &[Notice] {
        &self.record.notices
    }

    pub(crate) fn linking(&self) -> Linking {
        self.record.linking
    }

    /// The level of the login, when somebody stated one.
    pub fn level(&self) -> Option<Level> {
        self.record.identity.level
    }

    /// When a fresh login or one-time code was last shown.
    pub fn stepped_up_at(&self) -> Option<Timestamp> {
        self.record.session.active().and_then(|active| active.stepped_up_at)
    }

    /// When a fresh login was last shown: when the session began, if its login was asked to be one.
    pub fn fresh_login_at(&self) -> Option<Timestamp> {
        self.record.session.active().filter(|_| self.record.fresh_login).map(|active| active.started_at)
    }

    /// When the citizen last proved who they are: by logging in at the provider, or by a fresh proof since.
    pub fn proved_at(&self) -> Timestamp {
        self.stepped_up_at().map_or(self.identity().authenticated_at, |at| at.max(self.identity().authenticated_at))
    }

    /// What stays the same when the session's id changes.
    pub(crate) fn lineage(&self) -> &str {
        &self.record.lineage
    }

    /// When the session ends if nothing more happens.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.record.session.active().map(crate::flow::session::Active::expires_at)
    }

    /// Whether the session satisfies a level: it has it, or nobody stated one and the provider's policy accepts that.
    pub fn satisfies(&self, level: Level) -> bool {
        // Levels are persons'; organisations are admitted by their kind of account.
        if self.identity().kind.is_organisation() {
            return true;
        }
        match self.level() {
            Some(stated) => stated >= level,
            None => self.record.unstated_level == Unstated::Accept,
        }
    }

    /// The answer of `GET /auth/session` (contract.md §1).
    pub(crate) fn to_json(&self) -> impl Serialize + use<> {
        let identity = self.identity();
        let profile = &identity.profile;
        SessionAnswer {
            provider: identity.provider.clone(),
            via: identity.via.clone(),
            subject: identity.subject.clone(),
            level: identity.level,
            account: identity.kind,
            role: self.role(),
            authenticated_at: identity.authenticated_at.to_rfc3339(),
            stepped_up_at: self.stepped_up_at().map(Timestamp::to_rfc3339),
            expires_at: self.expires_at().map(Timestamp::to_rfc3339),
            citizen: CitizenAnswer {
                full_name: profile.full_name.as_ref().map(|name| name.expose().to_owned()),
                citizen_id: profile.citizen_id.as_ref().map(crate::identity::CitizenId::masked),
                date_of_birth: profile.date_of_birth.map(crate::identity::BirthDate::to_iso),
                linked: self.is_citizen_id_linked(),
            },
            organisation: profile.organisation.as_ref().map(|organisation| OrganisationAnswer {
                name: organisation.name.clone(),
                tax_code: organisation.tax_code.clone(),
                representative: organisation.representative.as_ref().map(|name| name.expose().to_owned()),
            }),
        }
    }
}

/// What nobody stated is absent, except `stepped_up_at`, which is `null` until it happens.
#[derive(Serialize)]
struct SessionAnswer {
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<String>,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    account: AccountKind,
    role: Role,
    authenticated_at: String,
    stepped_up_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    citizen: CitizenAnswer,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<OrganisationAnswer>,
}

#[derive(Serialize)]
struct OrganisationAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    representative: Option<String>,
}

#[derive(Serialize)]
struct CitizenAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citizen_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_birth: Option<String>,
    linked: bool,
}
