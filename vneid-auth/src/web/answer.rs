//! Answers: pages, JSON, redirects, problems, and the headers that go with each.

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    RETRY_AFTER, SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::body::{Body, Chunks};
use super::cors;
use super::frame::{Page, style_source};
use super::pages::{self, Again, WayBack};
use super::request::Incoming;
use crate::error::{Code, Error};
use crate::portal::Inner;

/// An answer being written.
pub(crate) struct Answer(Response<Body>);

impl Answer {
    /// An empty answer. Nothing of ours is ever kept by a cache, and an answer depends on who asks in which language.
    pub(crate) fn empty(status: StatusCode) -> Self {
        let mut response = Response::new(Body::default());
        *response.status_mut() = status;
        let mut answer = Self(response);
        answer.set(CACHE_CONTROL, "no-store");
        answer.set(VARY, "Accept, Accept-Language, Cookie");
        answer.set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        answer.set(REFERRER_POLICY, "no-referrer");
        answer
    }

    /// `303 See Other`: the browser goes on with a GET, whatever it came with.
    pub(crate) fn see_other(location: &str) -> Self {
        let mut answer = Self::empty(StatusCode::SEE_OTHER);
        answer.set(LOCATION, location);
        answer
    }

    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Self {
        Self::json_as("application/json", status, value)
    }

    fn json_as(media_type: &str, status: StatusCode, value: &impl Serialize) -> Self {
        let mut answer = Self::empty(status);
        answer.set(CONTENT_TYPE, media_type);
        // Values of our own with string keys always serialise.
        *answer.0.body_mut() = serde_json::to_vec(value).unwrap_or_default().into();
        answer
    }

    pub(crate) fn page(portal: &Inner, incoming: &Incoming<'_>, status: StatusCode, title: &str, main: &str) -> Self {
        let document = portal.frame.document(&Page { language: incoming.language, title, main });
        let mut answer = Self::empty(status);
        answer.set(CONTENT_TYPE, "text/html; charset=utf-8");
        answer.set(CONTENT_LANGUAGE, incoming.language.tag());
        answer.set(CONTENT_SECURITY_POLICY, &content_security_policy(portal));
        *answer.0.body_mut() = document.into();
        answer
    }

    /// Problem details (RFC 9457), or a page with the same content and a way back for a browser.
    pub(crate) fn problem(portal: &Inner, incoming: &Incoming<'_>, error: &Error, return_to: Option<&str>) -> Self {
        let code = error.code();
        note(error, incoming);
        let answer = if incoming.page {
            let again = Again::of(code).map(|again| (again, portal.site.login_path(return_to, None, again.is_fresh())));
            let way = WayBack { again, home: &portal.site.default_page };
            let (title, main) = pages::problem(code, incoming.language, &incoming.client.trace_id, &way);
            Self::page(portal, incoming, code.status(), &title, &main.into_string())
        } else {
            let (title, detail) = code.text(incoming.language);
            let problem = Problem {
                kind: format!("urn:vneid-auth:problem:{code}"),
                title,
                status: code.status().as_u16(),
                code: code.as_str(),
                detail,
                trace_id: &incoming.client.trace_id,
                attempts_left: match code {
                    Code::OtpIncorrect { attempts_left } => Some(attempts_left),
                    _ => None,
                },
            };
            let mut answer = Self::json_as("application/problem+json", code.status(), &problem);
            answer.set(CONTENT_LANGUAGE, incoming.language.tag());
            answer
        };
        answer.retry_after(error)
    }

    /// A page that says what went wrong and lets the citizen try again at once.
    pub(crate) fn page_again(
        portal: &Inner,
        incoming: &Incoming<'_>,
        error: &Error,
        (title, main): (&str, maud::Markup),
    ) -> Self {
        note(error, incoming);
        let answer = Self::page(portal, incoming, error.code().status(), title, &main.into_string());
        answer.retry_after(error)
    }

    /// When to try again, where the error says so.
    fn retry_after(mut self, error: &Error) -> Self {
        if let Some(wait) = error.retry_in() {
            self.set(RETRY_AFTER, &wait.as_secs().max(1).to_string());
        }
        self
    }

    /// What a front end of another origin may send.
    pub(crate) fn preflight() -> Self {
        let mut answer = Self::empty(StatusCode::NO_CONTENT);
        cors::let_send(answer.0.headers_mut());
        answer
    }

    pub(crate) fn method_not_allowed(portal: &Inner, incoming: &Incoming<'_>, allow: &str) -> Self {
        let mut answer = Self::problem(portal, incoming, &Error::from(Code::MethodNotAllowed), None);
        answer.set(ALLOW, allow);
        answer
    }

    /// Adds cookies; one that cannot be written (it never happens: ours are ASCII) is left out.
    pub(crate) fn cookies(mut self, cookies: impl IntoIterator<Item = Option<HeaderValue>>) -> Self {
        for cookie in cookies.into_iter().flatten() {
            self.0.headers_mut().append(SET_COOKIE, cookie);
        }
        self
    }

    /// The answer to `HEAD`: the same without its body.
    pub(crate) fn without_body(mut self) -> Self {
        *self.0.body_mut() = Body::default();
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        self.0
    }

    /// The same with this header.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// A stream of server-sent events.
    pub(crate) fn events(chunks: Chunks) -> Self {
        let mut answer = Self::empty(StatusCode::OK);
        answer.set(CONTENT_TYPE, "text/event-stream");
        // What nginx would hold back until a buffer is full.
        answer.set(HeaderName::from_static("x-accel-buffering"), "no");
        *answer.0.body_mut() = Body::Stream(chunks);
        answer
    }

    fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: &'a str,
    detail: String,
    trace_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u8>,
}

/// One line for the operator: what the citizen was told, and why, down to the root.
fn note(error: &Error, incoming: &Incoming<'_>) {
    let mut causes = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    let (code, reason, trace_id) = (error.code(), error.reason(), incoming.client.trace_id.as_str());
    if code.status().is_server_error() {
        tracing::warn!(%code, trace_id, "{reason}{causes}");
    } else {
        tracing::debug!(%code, trace_id, "{reason}{causes}");
    }
}

/// No inline script, no frame around us, forms only to ourselves and to where a logout or a login leads: Chromium applies
/// `form-action` to the redirect after a form, too, and the form that proves an account by a login leads to its provider.
pub(crate) fn content_security_policy(portal: &Inner) -> String {
    let providers = portal.providers.iter();
    let mut onward: Vec<String> = providers.clone().flat_map(|provider| provider.logout_origins()).collect();
    onward.extend(providers.filter_map(|provider| provider.login_origin()));
    onward.sort_unstable();
    onward.dedup();
    let forms = onward.iter().fold("'self'".to_owned(), |forms, origin| format!("{forms} {origin}"));
    format!(
        "default-src 'none'; style-src 'self' {}; script-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'",
        style_source()
    )
}
