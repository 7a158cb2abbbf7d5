//! What a page of the portal demands of whoever opens it.

use std::time::Duration;

use super::{Citizen, Inner};
use crate::error::{Code, Error, Result};
use crate::identity::Level;

/// What a page demands beside a login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    level: Option<Level>,
    fresh_within: Option<Duration>,
    citizen_id: bool,
}

impl Requirement {
    /// Only that somebody is logged in.
    pub const fn login() -> Self {
        Self { level: None, fresh_within: None, citizen_id: false }
    }

    /// This level at least.
    #[must_use]
    pub const fn level(self, level: Level) -> Self {
        Self { level: Some(level), ..self }
    }

    /// A fresh login within this time; 10 minutes is the project's number for a sensitive step.
    #[must_use]
    pub const fn fresh_within(self, time: Duration) -> Self {
        Self { fresh_within: Some(time), ..self }
    }

    /// A linked citizen id.
    #[must_use]
    pub const fn citizen_id(self) -> Self {
        Self { citizen_id: true, ..self }
    }

    pub(crate) fn needs_level(&self) -> Option<Level> {
        self.level
    }

    pub(crate) fn needs_freshness(&self) -> bool {
        self.fresh_within.is_some()
    }
}

impl Inner {
    /// Whether this citizen meets the requirement.
    pub(crate) fn admit(&self, citizen: &Citizen, requirement: &Requirement) -> Result<()> {
        if let Some(level) = requirement.level
            && !citizen.satisfies(level)
        {
            return Err(Error::new(Code::LevelTooLow(level), "the page needs a higher level"));
        }
        if let Some(within) = requirement.fresh_within {
            let fresh = citizen.stepped_up_at().is_some_and(|at| self.now() < at.plus(within));
            if !fresh {
                return Err(Error::new(Code::StepUpRequired, "the page needs a fresh login"));
            }
        }
        if requirement.citizen_id && !citizen.is_citizen_id_linked() {
            return Err(Error::new(Code::CitizenIdRequired, "the page needs a linked citizen id"));
        }
        Ok(())
    }
}
