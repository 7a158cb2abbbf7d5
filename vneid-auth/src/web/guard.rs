//! The guard before a portal's own pages.

use std::net::IpAddr;

use http::request::Parts;
use http::{Method, Response};

use super::answer::Answer;
use super::body::Body;
use super::origin;
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::{Citizen, Inner, Look, Portal, Purpose, Requirement};

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
    /// The answer to give instead: a browser is sent to log in (with the level, or afresh, as needed) or to a one-time
    /// code, and comes back to where it wanted; a client gets `401` or `403` problem details.
    pub async fn guard(
        &self,
        parts: &Parts,
        peer: Option<IpAddr>,
        requirement: &Requirement,
    ) -> Result<Citizen, Box<Response<Body>>> {
        let portal = self.inner();
        let incoming = Incoming::new(portal, parts, peer);
        match portal.admitted(&incoming, requirement).await {
            Ok(citizen) => Ok(citizen),
            Err(turned) => Err(Box::new(portal.turn_away(&incoming, turned, requirement).await.into_response())),
        }
    }
}

/// Somebody who is not let through, and who they are if they are logged in.
struct Turned {
    error: Error,
    citizen: Option<Citizen>,
}

impl From<Error> for Turned {
    fn from(error: Error) -> Self {
        Self { error, citizen: None }
    }
}

impl Inner {
    pub(super) async fn citizen_of(&self, incoming: &Incoming<'_>) -> Result<Option<Citizen>> {
        // What the browser only guesses, and what only asks for headers, is nobody using the session.
        let parts = incoming.parts;
        let idle = parts.method == Method::HEAD || origin::is_prefetch(&parts.headers);
        let look = if idle { Look::Peek } else { Look::Use };
        match incoming.cookies.session() {
            Some(id) => self.citizen(&id, look, &incoming.client).await,
            None => Ok(None),
        }
    }

    async fn admitted(&self, incoming: &Incoming<'_>, requirement: &Requirement) -> Result<Citizen, Turned> {
        origin::check(incoming.parts, &self.site)?;
        let citizen = self.citizen_of(incoming).await?;
        let citizen = citizen.ok_or_else(|| Error::new(Code::NotLoggedIn, "no session of this cookie runs"))?;
        match self.admit(&citizen, requirement).await {
            Ok(()) => Ok(citizen),
            Err(error) => Err(Turned { error, citizen: Some(citizen) }),
        }
    }

    async fn turn_away(&self, incoming: &Incoming<'_>, turned: Turned, requirement: &Requirement) -> Answer {
        let Turned { error, citizen } = turned;
        let error = &error;
        let fresh = match error.code() {
            // A page that wants a fresh login gets one at once, not one after another.
            Code::NotLoggedIn | Code::LevelTooLow(_) | Code::StepUpRequired => requirement.needs_freshness(),
            Code::CitizenIdRequired => false,
            _ => return Answer::problem(self, incoming, error, None),
        };
        // A client, a script and a frame have no use for a login page.
        let navigates = incoming.page && !matches!(incoming.parts.method, Method::PUT | Method::DELETE | Method::PATCH);
        if !navigates {
            return Answer::problem(self, incoming, error, None);
        }
        let wanted = incoming.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let wanted = self.fit(wanted);
        if let (Code::CitizenIdRequired, Some(citizen), Some(session)) =
            (error.code(), &citizen, incoming.cookies.session())
        {
            return match self.demand_citizen_id(citizen, &session).await {
                Ok(()) => Answer::see_other(&self.site.citizen_id_path(wanted.as_deref())),
                Err(error) => Answer::problem(self, incoming, &error, None),
            };
        }
        if let (Code::StepUpRequired, true, Some(citizen)) = (error.code(), requirement.takes_code(), &citizen) {
            return match self.prove_again(citizen, wanted.as_deref()).await {
                Ok(path) => Answer::see_other(&path),
                Err(error) => Answer::problem(self, incoming, &error, None),
            };
        }
        Answer::see_other(&self.site.login_path(wanted.as_deref(), requirement.needs_level(), fresh))
    }

    /// Where a citizen shows afresh who they are: by a code to a phone that is known to be theirs, else by logging in.
    pub(super) async fn prove_again(&self, citizen: &Citizen, return_to: Option<&str>) -> Result<String> {
        let phones = self.phones_for(citizen, Purpose::StepUp).await?;
        Ok(if phones.is_empty() {
            self.site.login_path(return_to, None, true)
        } else {
            self.site.otp_path(Purpose::StepUp, return_to)
        })
    }
}
