//! State-changing requests come from this portal's own pages.

use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use super::{Site, cors};
use crate::error::{Code, Error, Result};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const PURPOSE: HeaderName = HeaderName::from_static("purpose");

/// Refuses a state-changing request of another origin. Ours is known by configuration, since `Host` is the attacker's
/// to choose; a front end elsewhere passes when the settings name it.
///
/// `Sec-Fetch-Site` decides where it is there, since a browser sends `Origin: null` with a form of a page under
/// `no-referrer`. `same-site` is refused: `gov.vn` is a public suffix, so a province's other sites are same-site. A
/// request with neither header comes from no browser.
///
/// # Errors
/// [`Code::CrossOrigin`].
pub(crate) fn check(parts: &Parts, site: &Site) -> Result<()> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    if cors::allowed(&parts.headers, &site.front_ends).is_some() {
        return Ok(());
    }
    let own_page = match (single(&parts.headers, &SEC_FETCH_SITE), single(&parts.headers, &http::header::ORIGIN)) {
        (Header::Once(site), _) => site == "same-origin" || site == "none",
        (Header::Absent, Header::Once(origin)) => origin == site.origin,
        (Header::Absent, Header::Absent) => true,
        _ => false,
    };
    if own_page { Ok(()) } else { Err(Error::new(Code::CrossOrigin, "a state-changing request of another origin")) }
}

/// A login may be started by a link anywhere, but not by another site's picture, frame or script.
///
/// # Errors
/// [`Code::CrossOrigin`].
pub(crate) fn check_navigation(headers: &HeaderMap) -> Result<()> {
    let (site, dest) = (single(headers, &SEC_FETCH_SITE), single(headers, &SEC_FETCH_DEST));
    match (site, dest) {
        (Header::Absent | Header::Once("same-origin" | "none"), _) | (_, Header::Absent | Header::Once("document")) => {
            Ok(())
        }
        _ => Err(Error::new(Code::CrossOrigin, "a login started from inside another site's page")),
    }
}

/// Whether the browser only guesses that the citizen may want this next.
pub(crate) fn is_prefetch(headers: &HeaderMap) -> bool {
    let says = |name: &HeaderName| {
        headers.get_all(name).iter().any(|value| value.to_str().is_ok_and(|value| value.contains("prefetch")))
    };
    says(&SEC_PURPOSE) || says(&PURPOSE)
}

enum Header<'a> {
    Absent,
    Once(&'a str),
    Odd,
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Header<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Header::Absent,
        (Some(value), None) => value.to_str().map_or(Header::Odd, Header::Once),
        _ => Header::Odd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://dvc.example.gov.vn";

    fn parts(method: Method, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().method(method).uri("/auth/logout");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_our_own_pages_change_state() {
        let site = Site::new(OWN, "/auth", "/", "/").unwrap();
        for (headers, passes) in [
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site"), ("origin", OWN)], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", OWN)], true),
            (&[("origin", "null")], false),
            (&[("origin", "https://dvc.example.gov.vn.evil.example")], false),
            (&[("origin", "http://dvc.example.gov.vn")], false),
            (&[("origin", OWN), ("host", "evil.example")], true),
            (&[("origin", "https://evil.example"), ("host", "evil.example")], false),
            (&[], true),
        ] {
            assert_eq!(check(&parts(Method::POST, headers), &site).is_ok(), passes, "{headers:?}");
            assert!(check(&parts(Method::GET, headers), &site).is_ok());
        }
    }

    #[test]
    fn a_front_end_elsewhere_passes_when_it_is_named() {
        let site =
            Site { front_ends: vec!["https://app.example".into()], ..Site::new(OWN, "/auth", "/", "/").unwrap() };
        let from = |origin| check(&parts(Method::POST, &[("sec-fetch-site", "cross-site"), ("origin", origin)]), &site);
        assert!(from("https://app.example").is_ok());
        assert!(from("https://app.example.evil.example").is_err() && from("null").is_err());
    }

    #[test]
    fn a_link_may_start_a_login_and_a_picture_may_not() {
        for (headers, passes) in [
            (&[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "document")][..], true),
            (&[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "image")], false),
            (&[("sec-fetch-site", "same-site"), ("sec-fetch-dest", "iframe")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "empty")], true),
            (&[], true),
        ] {
            assert_eq!(check_navigation(&parts(Method::GET, headers).headers).is_ok(), passes, "{headers:?}");
        }
    }
}
