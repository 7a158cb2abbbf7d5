//! What DVCQG and VNeID do alike and the strict realm does not: they ask for little, and answer with Vietnamese claims.

mod authorize;
mod claims;
mod request;
mod token;

use std::sync::Mutex;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use vneid_auth::flow::pairing::PairingPolicy;

use super::Realm;
use super::parameters::Wrong;
use crate::bounded::Bounded;
use crate::citizen::Citizen;
use crate::client::Client;
use crate::pairing;
use crate::sso::SsoSession;
use crate::web::form_source;

pub(crate) use authorize::{complete, get, post, resume};
pub(crate) use claims::{claims, userinfo};
pub(crate) use request::Request;
pub(crate) use token::{Redeemed, answer, read, redeem};

/// Authorization requests whose citizens are at the login pages, by the login's id.
pub(crate) type Pending = Mutex<Bounded<String, Request>>;

/// An empty [`Pending`].
pub(crate) fn pending() -> Pending {
    Mutex::new(Bounded::new(Duration::from_secs(20 * 60), 10_000))
}

/// What the shared authorization endpoint asks of a realm.
pub(crate) trait Dialect: Realm + Sized {
    /// The requests that wait.
    fn pending(&self) -> &Pending;

    /// Where the login pages give the browser back, `{id}` for the login's id.
    fn return_path(&self) -> &'static str;

    /// Whether this client can be served at all.
    ///
    /// # Errors
    /// The error that it gets instead.
    fn admits(&self, _client: &Client) -> Result<(), Wrong> {
        Ok(())
    }

    /// Whether its login page offers VNeID as another way in.
    fn offers_vneid(&self) -> bool {
        false
    }

    /// How the QR code on its login page behaves.
    fn qr(&self) -> PairingPolicy {
        pairing::renewed()
    }

    /// Where the browser will end, for the policy of the login page.
    fn ends_at(&self, request: &Request) -> Option<String> {
        form_source(&request.to.redirect_uri)
    }

    /// The citizen chose VNeID, where it is offered.
    fn through_vneid(&self, _headers: &HeaderMap, request: Request) -> Response {
        request.to.error(self, "server_error", "VNeID is no way in here")
    }

    /// Somebody is logged in: the answer with a code.
    fn grant(&self, request: &Request, session: &SsoSession, citizen: &Citizen) -> Response;
}
