//! Who is logged in, as an argument of a handler.

use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http;
use axum::http::request::Parts;
use axum::response::Response;
use vneid_auth::portal::{Citizen, Portal, Requirement};
use vneid_auth::web::Body;

use crate::routes::{peer, response, uncut};

/// The citizen who is logged in.
///
/// As `LoggedIn` it must be somebody: a browser without a session is sent to log in and comes back, a client gets `401`
/// problem details. As `Option<LoggedIn>` it may be nobody. Either way a state-changing request from another site's page
/// is refused. The router's state must give a [`Portal`].
#[derive(Clone, Debug)]
pub struct LoggedIn(pub Citizen);

impl<S> FromRequestParts<S> for LoggedIn
where
    Portal: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        guard(parts, state, &Requirement::login()).await.map(Self).map_err(|answer| response(*answer))
    }
}

/// The citizen who is logged in and has shown within the last ten minutes that it is still them, by a one-time code or by
/// logging in afresh: for what matters, deleting or changing what belongs to them.
///
/// A browser is sent to show it and comes back, a client gets `403` problem details. [`Guard`](crate::Guard) with another
/// [`Requirement`] demands other times.
#[derive(Clone, Debug)]
pub struct SteppedUp(pub Citizen);

impl<S> FromRequestParts<S> for SteppedUp
where
    Portal: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        const TEN_MINUTES: Duration = Duration::from_secs(10 * 60);
        let requirement = Requirement::login().fresh_within(TEN_MINUTES);
        guard(parts, state, &requirement).await.map(Self).map_err(|answer| response(*answer))
    }
}

async fn guard<S>(parts: &mut Parts, state: &S, requirement: &Requirement) -> Result<Citizen, Box<http::Response<Body>>>
where
    Portal: FromRef<S>,
{
    let cut = uncut(parts);
    let admitted = Portal::from_ref(state).guard(parts, peer(parts), requirement).await;
    parts.uri = cut;
    admitted
}

impl<S> OptionalFromRequestParts<S> for LoggedIn
where
    Portal: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Self::Rejection> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(Some(known.clone()));
        }
        let portal = Portal::from_ref(state);
        let peer = peer(parts);
        portal.check_origin(parts, peer).map_err(|answer| response(*answer))?;
        let citizen = portal.citizen(parts, peer).await.map_err(|answer| response(*answer))?;
        Ok(citizen.map(Self))
    }
}
