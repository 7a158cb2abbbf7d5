//! The guard before a portal's own pages.

use std::net::IpAddr;

use http::request::Parts;
use http::{Method, Response};

use super::answer::Answer;
use super::body::Body;
use super::origin;
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::{Citizen, Inner, Look, Portal, Requirement};

impl Portal {
    /// Who sent this request, if anybody is logged in. Counts as using the session, unless it is a
    /// `HEAD` or a prefetch.
    ///
    /// # Errors
    /// The answer to give when the store is down.
    pub async fn citizen(&self, parts: &Parts, peer: Option<IpAddr>) -> Result<Option<Citizen>, Box<Response<Body>>> {
        let portal = self.inner();
        let incoming = Incoming::new(portal, parts, peer);
        let citizen = portal.citizen_of(&incoming).await;
        citizen.map_err(|error| Box::new(Answer::problem(portal, &incoming, &error, None).into_response()))
    }

    /// Refuses a state-changing request that another site's page sent. For the portal's own forms, logged in or not.
    ///
    /// # Errors
    /// The answer to give instead.
    pub fn check_origin(&self, parts: &Parts, peer: Option<IpAddr>) -> Result<(), Box<Response<Body>>> {
        let portal = self.inner();
        origin::check(parts, &portal.site).map_err(|error| {
            let incoming = Incoming::new(portal, parts, peer);
            Box::new(Answer::problem(portal, &incoming, &error, None).into_response())
        })
    }

    /// The contract's answer to an error on one of the portal's own pages: problem details, or a page with a way back.
    pub fn problem(&self, parts: &Parts, peer: Option<IpAddr>, error: &Error) -> Response<Body> {
        let portal = self.inner();
        Answer::problem(portal, &Incoming::new(portal, parts, peer), error, None).into_response()
    }

    /// Lets a request through to one of the portal's own pages: the citizen who meets the requirement.
    ///
    /// # Errors
    /// The answer to give instead: a browser is sent to log in (with the level, or afresh, as needed) and comes back to
    /// where it wanted; a client gets `401` or `403` problem details.
    pub async fn guard(
        &self,
        parts: &Parts,
        peer: Option<IpAddr>,
        requirement: &Requirement,
    ) -> Result<Citizen, Box<Response<Body>>> {
        let portal = self.inner();
        let incoming = Incoming::new(portal, parts, peer);
        let admitted = portal.admitted(&incoming, requirement).await;
        admitted.map_err(|error| Box::new(portal.turn_away(&incoming, &error, requirement).into_response()))
    }
}

impl Inner {
    async fn citizen_of(&self, incoming: &Incoming<'_>) -> Result<Option<Citizen>> {
        // What the browser only guesses, and what only asks for headers, is nobody using the session.
        let parts = incoming.parts;
        let idle = parts.method == Method::HEAD || origin::is_prefetch(&parts.headers);
        let look = if idle { Look::Peek } else { Look::Use };
        match incoming.cookies.session() {
            Some(id) => self.citizen(&id, look, &incoming.client).await,
            None => Ok(None),
        }
    }

    async fn admitted(&self, incoming: &Incoming<'_>, requirement: &Requirement) -> Result<Citizen> {
        origin::check(incoming.parts, &self.site)?;
        let citizen = self.citizen_of(incoming).await?;
        let citizen = citizen.ok_or_else(|| Error::new(Code::NotLoggedIn, "no session of this cookie runs"))?;
        self.admit(&citizen, requirement)?;
        Ok(citizen)
    }

    fn turn_away(&self, incoming: &Incoming<'_>, error: &Error, requirement: &Requirement) -> Answer {
        let fresh = match error.code() {
            // A page that wants a fresh login gets one at once, not one after another.
            Code::NotLoggedIn | Code::LevelTooLow(_) | Code::StepUpRequired => requirement.needs_freshness(),
            _ => return Answer::problem(self, incoming, error, None),
        };
        // A client, a script and a frame have no use for a login page.
        let navigates = incoming.page && !matches!(incoming.parts.method, Method::PUT | Method::DELETE | Method::PATCH);
        if !navigates {
            return Answer::problem(self, incoming, error, None);
        }
        let wanted = incoming.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Answer::see_other(&self.site.login_path(self.fit(wanted).as_deref(), requirement.needs_level(), fresh))
    }
}
