//! The national portal's deep link: a page of ours with `vnconnect=1` in its query, which means "log in through the
//! national account now, then show this page". It is how citizens come from the national portal to a dossier's form.

use std::net::IpAddr;

use http::request::Parts;
use http::{Method, Response};

use super::answer::Answer;
use super::body::Body;
use super::origin;
use super::request::Incoming;
use crate::portal::Portal;

/// The parameter, as the national portal writes it.
const MARK: &str = "vnconnect=1";

impl Portal {
    /// The answer to a deep link: to the login through this provider, or to choose one when it is not open, and back to
    /// the same page with every other parameter untouched. `None` when the request is no deep link. Whoever is logged in
    /// here already logs in again: at a shared computer it may be somebody else.
    pub fn deep_link(&self, parts: &Parts, peer: Option<IpAddr>, provider: &str) -> Option<Response<Body>> {
        let portal = self.inner();
        let page = without_mark(parts.uri.path_and_query()?.as_str())?;
        let incoming = Incoming::new(portal, parts, peer);
        if parts.method != Method::GET || !incoming.page || origin::is_prefetch(&parts.headers) {
            return None;
        }
        let page = portal.fit(&page);
        let login = match portal.provider(provider) {
            Ok(_) => portal.site.provider_path(provider, page.as_deref(), None, false),
            Err(_) => portal.site.login_path(page.as_deref(), None, false),
        };
        Some(Answer::see_other(&login).into_response())
    }
}

/// The page without the mark; `None` when it does not carry it.
fn without_mark(page: &str) -> Option<String> {
    let (path, query) = page.split_once('?')?;
    let rest: Vec<&str> = query.split('&').filter(|pair| *pair != MARK).collect();
    if rest.len() == query.split('&').count() {
        return None;
    }
    Some(if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_goes_and_the_rest_stays_as_it_is() {
        for (page, rest) in [
            (
                "/nop-ho-so?MaTTHCDP=1.2&vnconnect=1&MDT=YQ==&x=a+b%20c",
                Some("/nop-ho-so?MaTTHCDP=1.2&MDT=YQ==&x=a+b%20c"),
            ),
            ("/?vnconnect=1", Some("/")),
            ("/?vnconnect=1&vnconnect=1", Some("/")),
            ("/?vnconnect=0", None),
            ("/?vnconnect=11", None),
            ("/?xvnconnect=1", None),
            ("/vnconnect=1", None),
            ("/", None),
        ] {
            assert_eq!(without_mark(page).as_deref(), rest, "{page}");
        }
    }
}
