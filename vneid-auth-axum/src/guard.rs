//! A layer that stands before the portal's own pages.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tower_layer::Layer;
use tower_service::Service;
use vneid_auth::portal::{Admitted, Portal, Requirement, SentForm};
use vneid_auth::web::MAX_HELD_FORM;

use crate::LoggedIn;
use crate::routes::{peer, read, response, uncut};

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
    ///
    /// A form that is posted here and interrupted, by a login, a fresh proof or the question for the citizen id, is held
    /// and offered again ([`Portal::guard_form`] says which are); the extractors hold none, since they see no body.
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

    async fn admit(&self, request: Request) -> Result<(Request, Option<SentForm>), Response> {
        let (mut parts, body) = request.into_parts();
        let peer = peer(&parts);
        let cut = uncut(&mut parts);
        let (mut body, mut sent) = (Some(body), None);
        match &self.rule {
            Rule::Require(requirement) => {
                let typed = async {
                    match body.take() {
                        Some(body) => read(body, MAX_HELD_FORM).await,
                        None => Bytes::new(),
                    }
                };
                let admitted = self.portal.guard_form(&parts, peer, requirement, typed).await;
                let Admitted { citizen, sent: form, .. } = admitted.map_err(|answer| response(*answer))?;
                parts.extensions.insert(LoggedIn(citizen));
                sent = form;
            }
            Rule::SameOrigin => self.portal.check_origin(&parts, peer).map_err(|answer| response(*answer))?,
            Rule::DeepLink(provider) => {
                if let Some(answer) = self.portal.deep_link(&parts, peer, provider) {
                    return Err(response(answer));
                }
            }
        }
        parts.uri = cut;
        // Whoever is let through has the body untouched.
        Ok((Request::from_parts(parts, body.unwrap_or_default()), sent))
    }
}

/// A held form goes through once, so whoever has it lets the handler finish, though the browser should go away (as it does
/// at a double click), and takes the form back when the handler fails.
async fn deliver<S>(portal: Portal, mut inner: S, request: Request, form: SentForm) -> Result<Response, S::Error>
where
    S: Service<Request, Response = Response> + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    let handler = tokio::spawn(async move { inner.call(request).await });
    let delivered = tokio::spawn(async move {
        let handled = handler.await;
        if !matches!(&handled, Ok(Ok(answer)) if !answer.status().is_server_error()) {
            portal.not_sent(form).await;
        }
        handled
    });
    match delivered.await.and_then(|handled| handled) {
        Ok(answer) => answer,
        Err(panicked) if panicked.is_panic() => std::panic::resume_unwind(panicked.into_panic()),
        // The runtime is shutting down.
        Err(_) => Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
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
    S::Error: Send,
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
                Ok((request, None)) => inner.call(request).await,
                Ok((request, Some(form))) => deliver(guard.portal, inner, request, form).await,
                Err(answer) => Ok(answer),
            }
        })
    }
}
