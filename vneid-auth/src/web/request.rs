//! A request, as far as every route needs it.

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use percent_encoding::{percent_decode, percent_decode_str};

use super::cookies::Cookies;
use super::{accept, address, origin};
use crate::error::{Code, Error, Language, Result};
use crate::portal::{Client, Inner};
use crate::random;

/// The greatest body that a route takes.
pub const MAX_BODY: usize = 16 * 1024;

/// A request, and what is known of who sent it.
pub(crate) struct Incoming<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) cookies: Cookies<'a>,
    pub(crate) language: Language,
    /// A person reads the answer.
    pub(crate) page: bool,
    pub(crate) client: Client,
}

impl<'a> Incoming<'a> {
    pub(crate) fn new(portal: &'a Inner, parts: &'a Parts, peer: Option<std::net::IpAddr>) -> Self {
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            cookies: Cookies::read(&portal.site.cookies, &parts.headers),
            language: accept::language(&parts.headers),
            page: accept::wants_page(&parts.headers),
            client: Client {
                address: address::client(peer, &parts.headers, &portal.trusted_proxies),
                user_agent: user_agent.map(|text| text.chars().take(200).collect()),
                trace_id: random::trace_id(portal.randomness.as_ref()),
            },
            parts,
        }
    }

    /// What this request's address is counted as.
    pub(crate) fn bucket(&self) -> String {
        address::bucket(self.client.address)
    }

    /// Nobody has asked for the page yet: the browser only guesses that they will, or wants its headers.
    pub(crate) fn only_looks(&self) -> bool {
        self.parts.method == Method::HEAD || origin::is_prefetch(&self.parts.headers)
    }

    pub(crate) fn raw_query(&self) -> &'a str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// One query parameter, percent-decoded, if it comes exactly once. A `+` stays a `+`: paths are full of them, and
    /// whoever means a space in one writes `%20`.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let mut found =
            self.raw_query().split('&').filter_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
        let (_, value) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    }
}

/// Refuses bodies that no route takes: too large, of another media type, or unreadable. No body is no fields, whatever
/// type it claims.
///
/// # Errors
/// [`Code::PayloadTooLarge`], [`Code::UnsupportedMediaType`], [`Code::MalformedRequest`].
pub(crate) fn check_body(parts: &Parts, body: &Bytes) -> Result<()> {
    if body.len() > MAX_BODY {
        return Err(Error::new(Code::PayloadTooLarge, "the body is larger than 16 KiB"));
    }
    if body.is_empty() {
        return Ok(());
    }
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let readable = match essence.as_str() {
        "application/json" => serde_json::from_slice::<serde_json::Value>(body).is_ok(),
        "application/x-www-form-urlencoded" => is_form(body),
        _ => return Err(Error::new(Code::UnsupportedMediaType, "neither JSON nor a form")),
    };
    if readable { Ok(()) } else { Err(Error::new(Code::MalformedRequest, "the body is not what its type says")) }
}

/// Percent-encoded UTF-8: no `%` without two hexadecimal digits.
pub(super) fn is_form(body: &[u8]) -> bool {
    let mut escapes = body.split(|byte| *byte == b'%').skip(1);
    escapes.all(|rest| rest.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
        && percent_decode(body).decode_utf8().is_ok()
}
