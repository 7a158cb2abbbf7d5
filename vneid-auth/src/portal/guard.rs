//! What a page of the portal demands of whoever opens it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Citizen, Inner};
use crate::error::{Code, Error, Result};
use crate::identity::{Level, Strength};
use crate::time::Timestamp;

/// What a page demands beside a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    level: Option<Level>,
    fresh_within: Option<Duration>,
    fresh_login_within: Option<Duration>,
    citizen_id: Option<Strength>,
    // Each page's own; what a held form is offered by is written beside it.
    #[serde(skip)]
    pub(crate) forms: Forms,
}

/// What becomes of a form that is sent to the page and interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Forms {
    /// It is held, and offered on a page of the library's.
    #[default]
    Held,
    /// It is held, and offered on this page of the portal's.
    OfferedAt(&'static str),
    /// It is forgotten.
    Forgotten,
}

impl Requirement {
    /// Only that somebody is logged in.
    pub const fn login() -> Self {
        Self { level: None, fresh_within: None, fresh_login_within: None, citizen_id: None, forms: Forms::Held }
    }

    /// This level at least.
    #[must_use]
    pub const fn level(self, level: Level) -> Self {
        Self { level: Some(level), ..self }
    }

    /// A fresh proof within this time, a one-time code or a fresh login; 10 minutes is the project's number for a
    /// sensitive step. Who has a phone on file is asked for a code, who has none logs in afresh.
    #[must_use]
    pub const fn fresh_within(self, time: Duration) -> Self {
        Self { fresh_within: Some(time), ..self }
    }

    /// A fresh login within this time; a one-time code does not do.
    #[must_use]
    pub const fn fresh_login_within(self, time: Duration) -> Self {
        Self { fresh_login_within: Some(time), ..self }
    }

    /// A linked citizen id, as the account has it now. One that was only matched with the population database will do:
    /// it shows that such a person exists, not that they are at the keyboard.
    #[must_use]
    pub const fn citizen_id(self) -> Self {
        Self { citizen_id: Some(Strength::Matched), ..self }
    }

    /// A citizen id that VNeID states at level 2 in a login of this account; for what must not open to whoever holds a
    /// photocopy.
    #[must_use]
    pub const fn asserted_citizen_id(self) -> Self {
        Self { citizen_id: Some(Strength::Asserted), ..self }
    }

    /// A form that is sent here and interrupted (by a login, a fresh proof, the question for the citizen id) is offered
    /// again on this page of the portal's, a path like `/ho-so`, which asks [`Portal::held_form`](super::Portal::held_form)
    /// for it. Without this a page of the library's shows what was typed.
    #[must_use]
    pub const fn form_page(self, path: &'static str) -> Self {
        Self { forms: Forms::OfferedAt(path), ..self }
    }

    /// A form that is sent here and interrupted is not held: for pages that take a password or another secret.
    #[must_use]
    pub const fn holds_no_forms(self) -> Self {
        Self { forms: Forms::Forgotten, ..self }
    }

    pub(crate) fn needs_level(&self) -> Option<Level> {
        self.level
    }

    pub(crate) fn needs_freshness(&self) -> bool {
        self.fresh_within.is_some() || self.fresh_login_within.is_some()
    }

    /// Whether a one-time code gives what is missing.
    pub(crate) fn takes_code(&self) -> bool {
        self.fresh_within.is_some() && self.fresh_login_within.is_none()
    }
}

impl Inner {
    /// Whether this citizen meets the requirement.
    pub(crate) async fn admit(&self, citizen: &Citizen, requirement: &Requirement) -> Result<()> {
        if let Some(level) = requirement.level
            && !citizen.satisfies(level)
        {
            return Err(Error::new(Code::LevelTooLow(level), "the page needs a higher level"));
        }
        let stale = |at: Option<Timestamp>, within: Duration| at.is_none_or(|at| self.now() >= at.plus(within));
        if requirement.fresh_within.is_some_and(|within| stale(citizen.stepped_up_at(), within)) {
            return Err(Error::new(Code::StepUpRequired, "the page needs a fresh login or one-time code"));
        }
        if requirement.fresh_login_within.is_some_and(|within| stale(citizen.fresh_login_at(), within)) {
            return Err(Error::new(Code::StepUpRequired, "the page needs a fresh login"));
        }
        if requirement.citizen_id.is_some() && citizen.identity().kind.is_organisation() {
            return Err(Error::new(Code::NotPermittedForOrganisation, "the page is for persons"));
        }
        if let Some(least) = requirement.citizen_id
            && !self.has_citizen_id(citizen, least).await?
        {
            return Err(Error::new(Code::CitizenIdRequired, "the page needs a linked citizen id"));
        }
        Ok(())
    }
}
