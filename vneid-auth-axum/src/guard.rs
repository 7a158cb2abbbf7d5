//! A layer that stands before the portal's own pages.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use tower_layer::Layer;
use tower_service::Service;
use vneid_auth::portal::{Portal, Requirement};

use crate::LoggedIn;
use crate::routes::{peer, response};

/// Lets through only what the portal's rules admit; what it turns away gets the contract's answer.
#[derive(Clone)]
pub struct Guard {
    portal: Portal,
    rule: Rule,
}

#[derive(Clone)]
enum Rule {
    Require(Requirement),
    SameOrigin,
    DeepLink(String),
}

impl Guard {
    /// Demands a login, and whatever else the requirement says. The handler finds the citizen with [`LoggedIn`] at no
    /// further cost.
    pub fn require(portal: Portal, requirement: Requirement) -> Self {
        Self { portal, rule: Rule::Require(requirement) }
    }

    /// Demands no login, only that a state-changing request comes from the portal's own pages: for public forms.
    pub fn same_origin(portal: Portal) -> Self {
        Self { portal, rule: Rule::SameOrigin }
    }

    /// Follows the national portal's deep links (`?vnconnect=1` on any page): to the login through this provider, and back
    /// to the page. Everything else passes. For the whole of the portal's own pages.
    pub fn deep_link(portal: Portal, provider: &str) -> Self {
        Self { portal, rule: Rule::DeepLink(provider.to_owned()) }
    }

    async fn admit(&self, request: Request) -> Result<Request, Response> {
        let (mut parts, body) = request.into_parts();
        let peer = peer(&parts);
        match &self.rule {
            Rule::Require(requirement) => {
                let admitted = self.portal.guard(&parts, peer, requirement).await;
                let citizen = admitted.map_err(|answer| response(*answer))?;
                parts.extensions.insert(LoggedIn(citizen));
            }
            Rule::SameOrigin => self.portal.check_origin(&parts, peer).map_err(|answer| response(*answer))?,
            Rule::DeepLink(provider) => {
                if let Some(answer) = self.portal.deep_link(&parts, peer, provider) {
                    return Err(response(answer));
                }
            }
        }
        Ok(Request::from_parts(parts, body))
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded { guard: self.clone(), inner }
    }
}

/// A service behind a [`Guard`].
#[derive(Clone)]
pub struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl<S> Service<Request> for Guarded<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let guard = self.guard.clone();
        // The one that was polled ready goes, its clone stays.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            match guard.admit(request).await {
                Ok(request) => inner.call(request).await,
                Err(answer) => Ok(answer),
            }
        })
    }
}
