//! The HTTP contract: a request in, an answer out, whatever the framework.
//!
//! An adapter hands every request under [`Portal::mounts`] to [`Portal::serve`], and asks [`Portal::guard`] before the
//! portal's own pages. It decides nothing itself.

mod accept;
mod account;
mod account_pages;
mod address;
mod answer;
mod backchannel;
mod body;
mod citizen_id;
mod citizen_id_page;
mod cookies;
mod cors;
mod deep_link;
mod events;
mod fields;
mod frame;
mod guard;
mod held;
mod held_door;
mod held_pages;
mod login;
mod logout;
mod origin;
mod otp;
mod otp_pages;
mod pages;
mod pairing;
mod pairing_pages;
mod phones;
mod request;
mod return_to;
mod session;
mod site;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};

pub use accept::{language, wants_page};
pub use body::{Body, Chunks};
pub use frame::{DefaultFrame, Frame, Page, STYLE};
pub use held_door::MAX_HELD_FORM;
pub use request::MAX_BODY;
pub(crate) use site::Site;
pub use site::SiteError;

use crate::error::{Code, Error};
use crate::portal::{Inner, Portal};
use answer::Answer;
use pairing::PairingStep;
use request::Incoming;

/// What a path is.
enum Route<'a> {
    Chooser,
    Start(&'a str),
    Callback(&'a str),
    UnknownProvider,
    Session,
    Logout,
    LoggedOut,
    BackChannelLogout(&'a str),
    Pairings,
    Pairing(&'a str, PairingStep),
    Phones(phones::Route<'a>),
    Otp(otp::Step<'a>),
    Account(account::Route<'a>),
    CitizenId(citizen_id::Route),
    Held(held::Step<'a>),
}

impl Route<'_> {
    /// The methods of the route, as `Allow` names them.
    fn methods(&self) -> &'static str {
        match self {
            Self::Logout | Self::BackChannelLogout(_) | Self::Pairings => "POST",
            Self::Pairing(_, step) => step.methods(),
            Self::Phones(route) => route.methods(),
            Self::Otp(_) => "GET, HEAD, POST",
            Self::Account(route) => route.methods(),
            Self::CitizenId(route) => route.methods(),
            Self::Held(step) => step.methods(),
            _ => "GET, HEAD",
        }
    }

    /// Whether a `GET` of it changes anything, so that a guess of the browser must not reach it.
    fn changes_state(&self) -> bool {
        matches!(self, Self::Chooser | Self::Start(_) | Self::Callback(_) | Self::LoggedOut | Self::Held(_))
    }
}

impl Portal {
    /// Whether a path is the library's: under the prefix, or a provider's callback path outside it.
    pub fn mounts(&self, path: &str) -> bool {
        let portal = self.inner();
        let rest = path.strip_prefix(&portal.site.prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) || portal.callback(path).is_some()
    }

    /// The paths to hand to [`Portal::serve`]: the prefix, with all below it, and the callback paths outside it.
    pub fn mount_paths(&self) -> (String, Vec<String>) {
        let site = &self.inner().site;
        let callbacks = self.inner().providers.iter().map(|provider| provider.config().callback().to_owned());
        let outside =
            callbacks.filter(|path| path.strip_prefix(&site.prefix).is_none_or(|rest| !rest.starts_with('/')));
        (site.prefix.clone(), outside.collect())
    }

    /// Answers a request under the prefix or at a callback path.
    ///
    /// `peer` is the address of the connection. The body may be cut off after [`MAX_BODY`] + 1 bytes.
    pub async fn serve(&self, request: Request<Bytes>, peer: Option<IpAddr>) -> Response<Body> {
        let portal = self.inner();
        let (parts, body) = request.into_parts();
        let incoming = Incoming::new(portal, &parts, peer);
        let answer = portal.route(&incoming, &body).await;
        let answer = answer.unwrap_or_else(|error| Answer::problem(portal, &incoming, &error, None));
        let answer = if parts.method == Method::HEAD { answer.without_body() } else { answer };
        let mut response = answer.into_response();
        if let Some(origin) = cors::allowed(&parts.headers, &portal.site.front_ends) {
            cors::let_read(origin, response.headers_mut());
        }
        response
    }

    /// The `Content-Security-Policy` for the portal's own pages: what the library's pages carry, with the origins that
    /// a logout form may lead to.
    pub fn content_security_policy(&self) -> String {
        answer::content_security_policy(self.inner())
    }
}

impl Inner {
    fn callback(&self, path: &str) -> Option<&str> {
        let provider = self.providers.iter().find(|provider| provider.config().callback() == path)?;
        Some(provider.config().name())
    }

    fn find<'a>(&'a self, path: &'a str) -> Option<Route<'a>> {
        if let Some(provider) = self.callback(path) {
            return Some(Route::Callback(provider));
        }
        match path.strip_prefix(&self.site.prefix)? {
            "/login" => Some(Route::Chooser),
            "/session" => Some(Route::Session),
            "/logout" => Some(Route::Logout),
            "/logged-out" => Some(Route::LoggedOut),
            "/pairing" => Some(Route::Pairings),
            rest => {
                let segment = |prefix| rest.strip_prefix(prefix).filter(|name| !name.is_empty() && !name.contains('/'));
                let known = |name: &str| self.providers.iter().any(|provider| provider.config().name() == name);
                if let Some(rest) = rest.strip_prefix("/pairing/") {
                    return PairingStep::find(rest).map(|(id, step)| Route::Pairing(id, step));
                }
                if let Some(provider) = segment("/backchannel-logout/") {
                    return self.has_backchannel_logout(provider).then_some(Route::BackChannelLogout(provider));
                }
                if let Some(step) = held::Step::find(rest) {
                    return Some(Route::Held(step));
                }
                match (segment("/login/"), segment("/callback/")) {
                    (Some(provider), _) => Some(Route::Start(provider)),
                    (_, Some(name)) if !known(name) => Some(Route::UnknownProvider),
                    _ => (phones::Route::find(rest).map(Route::Phones))
                        .or_else(|| otp::Step::find(rest).map(Route::Otp))
                        .or_else(|| account::Route::find(rest).map(Route::Account))
                        .or_else(|| citizen_id::Route::find(rest).map(Route::CitizenId)),
                }
            }
        }
    }

    async fn route(self: &Arc<Self>, incoming: &Incoming<'_>, body: &Bytes) -> Result<Answer, Error> {
        let parts = incoming.parts;
        let route = self.find(parts.uri.path()).ok_or_else(|| Error::from(Code::NotFound))?;
        let methods = route.methods();
        if cors::is_preflight(parts) && cors::allowed(&parts.headers, &self.site.front_ends).is_some() {
            return Ok(Answer::preflight());
        }
        if !methods.split(", ").any(|method| method == parts.method.as_str()) {
            return Ok(Answer::method_not_allowed(self, incoming, methods));
        }
        let head = parts.method == Method::HEAD;
        // A provider's own server posts there; its signature is the proof that a page's origin is elsewhere.
        if !matches!(route, Route::BackChannelLogout(_)) {
            origin::check(parts, &self.site)?;
        }
        request::check_body(parts, body)?;
        if route.changes_state() && (head || origin::is_prefetch(&parts.headers)) {
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        match route {
            Route::Chooser => self.choose(incoming).await,
            Route::Start(provider) => self.start(incoming, provider).await,
            Route::Callback(provider) => Ok(self.finish(incoming, provider).await),
            Route::UnknownProvider => Err(Error::from(Code::UnknownProvider)),
            Route::Session => self.who(incoming).await,
            Route::Logout => self.end(incoming).await,
            Route::LoggedOut => self.ended(incoming).await,
            Route::BackChannelLogout(provider) => self.backchannel(incoming, provider, body).await,
            Route::Pairings => self.start_pairing_route(incoming, body).await,
            Route::Pairing(id, step) => self.pairing_route(incoming, id, step).await,
            Route::Phones(route) => self.serve_phones(incoming, body, route).await,
            Route::Otp(step) => self.serve_otp(incoming, body, step).await,
            Route::Account(route) => self.serve_account(incoming, body, route).await,
            Route::CitizenId(route) => self.serve_citizen_id(incoming, body, route).await,
            Route::Held(step) => self.serve_held(incoming, step).await,
        }
    }
}
