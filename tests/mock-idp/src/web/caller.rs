//! Who asks: the browser as it calls itself, and where it is.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::extract::connect_info::ConnectInfo;
use axum::http::header::{ORIGIN, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::wire::Peer;

/// Where a request comes from.
pub(crate) struct Caller {
    /// The browser, as it calls itself; nobody has checked it.
    pub(crate) user_agent: String,
    /// The other end of the connection; unspecified when these routes are served by somebody else's listener.
    pub(crate) address: IpAddr,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|peer| peer.0.address.ip().to_canonical());
        let address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self { user_agent: user_agent.to_owned(), address })
    }
}

impl Caller {
    /// Whose share of a bounded table this is: the address, or the network of an IPv6 subscriber.
    pub(crate) fn opener(&self) -> String {
        match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// Whether a form is posted by a page of ours, or by a program: never by another site's page. Browsers say so in
/// `Sec-Fetch-Site`; those that do not, in `Origin`.
pub(crate) fn is_own_form(headers: &HeaderMap, base: &str) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        None => headers.get(ORIGIN).is_none_or(|origin| origin == base),
    }
}

/// Whether the request only looks ahead: nothing may come of it.
pub(crate) fn looks_ahead(method: &Method, headers: &HeaderMap) -> bool {
    let purpose = headers.get("sec-purpose").and_then(|value| value.to_str().ok()).unwrap_or_default();
    method == Method::HEAD || purpose.contains("prefetch")
}
