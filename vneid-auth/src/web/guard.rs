//! The guard before a portal's own pages.

use std::future::{Future, Ready};
use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response};

use super::answer::Answer;
use super::body::Body;
use super::origin;
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::{Admitted, Citizen, Inner, Look, Portal, Purpose, Requirement, SentForm};

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
        let admitted = self.inner().at_the_door(parts, peer, requirement, None::<Ready<Bytes>>).await?;
        Ok(admitted.citizen)
    }

    /// As [`guard`](Self::guard), where the request may be a form: one that is interrupted is held, offered again when
    /// the citizen comes back, and let through once.
    ///
    /// Held are forms (`application/x-www-form-urlencoded`) of at most [`MAX_HELD_FORM`](super::MAX_HELD_FORM) bytes that
    /// a browser posts; a larger one is answered `413 payload_too_large` before the login. Files
    /// (`multipart/form-data`) and what scripts send are not held. `body` is awaited only when there is something to
    /// hold, and may be cut off after that many bytes and one.
    ///
    /// # Errors
    /// The answer to give instead.
    pub async fn guard_form(
        &self,
        parts: &Parts,
        peer: Option<IpAddr>,
        requirement: &Requirement,
        body: impl Future<Output = Bytes>,
    ) -> Result<Admitted, Box<Response<Body>>> {
        self.inner().at_the_door(parts, peer, requirement, Some(body)).await
    }

    /// The handler could not take a held form that [`guard_form`](Self::guard_form) let through: it waits again, so that
    /// the citizen can send it once more.
    pub async fn not_sent(&self, form: SentForm) {
        self.inner().form_not_sent(form).await;
    }
}

/// Somebody who is not let through, and who they are if they are logged in.
pub(super) struct Turned {
    pub(super) error: Error,
    pub(super) citizen: Option<Citizen>,
}

impl From<Error> for Turned {
    fn from(error: Error) -> Self {
        Self { error, citizen: None }
    }
}

impl Inner {
    pub(super) async fn citizen_of(&self, incoming: &Incoming<'_>) -> Result<Option<Citizen>> {
        // What the browser only guesses, and what only asks for headers, is nobody using the session.
        let look = if incoming.only_looks() { Look::Peek } else { Look::Use };
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

    async fn at_the_door(
        &self,
        parts: &Parts,
        peer: Option<IpAddr>,
        requirement: &Requirement,
        form: Option<impl Future<Output = Bytes>>,
    ) -> Result<Admitted, Box<Response<Body>>> {
        let incoming = Incoming::new(self, parts, peer);
        let admitted = match self.admitted(&incoming, requirement).await {
            Ok(citizen) => self.let_in(&incoming, citizen, requirement, form).await,
            Err(turned) => Err(self.turn_away(&incoming, turned, requirement, form).await),
        };
        admitted.map_err(|answer| Box::new(answer.into_response()))
    }

    async fn turn_away(
        &self,
        incoming: &Incoming<'_>,
        turned: Turned,
        requirement: &Requirement,
        form: Option<impl Future<Output = Bytes>>,
    ) -> Answer {
        let problem = |error: &Error| Answer::problem(self, incoming, error, None);
        // A client, a script and a frame have no use for a login page.
        let navigates = incoming.page && !matches!(incoming.parts.method, Method::PUT | Method::DELETE | Method::PATCH);
        if !navigates {
            return problem(&turned.error);
        }
        let wanted = incoming.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let wanted = self.fit(wanted);
        let (code, citizen) = (turned.error.code(), turned.citizen.as_ref());
        let way = match self.way_in(incoming, code, citizen, requirement, wanted.as_deref()).await {
            Ok(Some(way)) => way,
            Ok(None) => return problem(&turned.error),
            Err(error) => return problem(&error),
        };
        let Some(form) = form else { return Answer::see_other(&way) };
        match self.interrupted(incoming, &turned, requirement, form).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Answer::see_other(&way),
            Err(error) if error.code() == Code::PayloadTooLarge => self.too_large_to_hold(incoming, &error, &way),
            Err(error) => problem(&error),
        }
    }

    /// Where a citizen gets what the page misses in them, and comes back from; `None` where there is no such place.
    pub(super) async fn way_in(
        &self,
        incoming: &Incoming<'_>,
        missing: Code,
        citizen: Option<&Citizen>,
        requirement: &Requirement,
        wanted: Option<&str>,
    ) -> Result<Option<String>> {
        let fresh = match missing {
            // A page that wants a fresh login gets one at once, not one after another.
            Code::NotLoggedIn | Code::LevelTooLow(_) | Code::StepUpRequired => requirement.needs_freshness(),
            Code::CitizenIdRequired => false,
            _ => return Ok(None),
        };
        if let (Code::CitizenIdRequired, Some(citizen), Some(session)) = (missing, citizen, incoming.cookies.session())
        {
            if !incoming.only_looks() {
                self.demand_citizen_id(citizen, &session).await?;
            }
            return Ok(Some(self.site.citizen_id_path(wanted)));
        }
        if let (Code::StepUpRequired, true, Some(citizen)) = (missing, requirement.takes_code(), citizen) {
            return self.prove_again(citizen, wanted).await.map(Some);
        }
        Ok(Some(self.site.login_path(wanted, requirement.needs_level(), fresh)))
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
