//! One call to a provider that is answered in JSON, and what can be wrong with the answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use url::Url;

use super::config::UserinfoMethod;
use super::json::{self, JsonReason, Members};
use crate::error::{Code, Error};
use crate::http::{HttpClient, HttpFailure};
use crate::secret::Secret;

/// An answer may be this large, whatever the client behind [`HttpClient`] lets through.
const LARGEST: usize = 1024 * 1024;

/// A `Retry-After` beyond this is not believed.
const LONGEST_WAIT: u64 = 600;

/// Why a call to a provider brought no usable answer. No part of the answer is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallReason {
    /// No whole answer came.
    #[error("{0}")]
    Http(#[from] HttpFailure),
    /// Another status than was asked for; redirects are not followed.
    #[error("the answer's status is {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the provider asks us to wait, when it says so in seconds and not absurdly many.
        retry_after: Option<Duration>,
    },
    /// The media type is another than JSON.
    #[error("the answer is not JSON by its media type")]
    MediaType,
    /// The body is no JSON object.
    #[error("the answer cannot be read: {0}")]
    Json(#[from] JsonReason),
    /// What the provider gave us cannot be sent in a header.
    #[error("the request cannot be written")]
    Request,
}

impl CallReason {
    /// Whether the provider was not there at all, rather than there and wrong.
    pub(crate) fn is_unavailability(self) -> bool {
        match self {
            Self::Http(failure) => !matches!(failure, HttpFailure::TooLarge | HttpFailure::Insecure),
            Self::Status { status, .. } => status >= 500 || status == StatusCode::TOO_MANY_REQUESTS.as_u16(),
            Self::MediaType | Self::Json(_) | Self::Request => false,
        }
    }

    /// The error for the portal: `provider_unavailable`, or `nonsense` where the provider did answer.
    pub(crate) fn into_error(self, asked_for: &str, nonsense: Code) -> Error {
        let code = if self.is_unavailability() { Code::ProviderUnavailable } else { nonsense };
        let error = Error::new(code, format!("{asked_for}: {self}")).because(self);
        match self {
            Self::Status { retry_after: Some(after), .. } if code == Code::ProviderUnavailable => {
                error.retry_after(after)
            }
            _ => error,
        }
    }
}

/// Asks for a JSON object.
pub(crate) async fn get(http: &dyn HttpClient, url: &Url) -> Result<Members, CallReason> {
    object(http, Request::get(url.as_str())).await
}

/// Asks for a JSON object with a bearer token, which goes into the header and nowhere else (RFC 9700 §4.3.2).
pub(crate) async fn userinfo(
    http: &dyn HttpClient,
    url: &Url,
    method: UserinfoMethod,
    bearer: &Secret,
) -> Result<Members, CallReason> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", bearer.expose())).map_err(|_| CallReason::Request)?;
    value.set_sensitive(true);
    let request = match method {
        UserinfoMethod::Get => Request::get(url.as_str()),
        UserinfoMethod::Post => Request::post(url.as_str()).header(CONTENT_LENGTH, "0"),
    };
    object(http, request.header(AUTHORIZATION, value)).await
}

async fn object(http: &dyn HttpClient, request: http::request::Builder) -> Result<Members, CallReason> {
    let request = request.header(ACCEPT, "application/json").body(Bytes::new()).map_err(|_| CallReason::Request)?;
    let response = http.send(request).await?;
    if response.status() != StatusCode::OK {
        return Err(status(&response));
    }
    read(&response)
}

/// The answer's object, whatever its status.
pub(crate) fn read(response: &Response<Bytes>) -> Result<Members, CallReason> {
    if response.body().len() > LARGEST {
        return Err(HttpFailure::TooLarge.into());
    }
    if !is_json(response.headers().get(CONTENT_TYPE)) {
        return Err(CallReason::MediaType);
    }
    Ok(json::object(response.body())?)
}

/// What a status that was not asked for means.
pub(crate) fn status(response: &Response<Bytes>) -> CallReason {
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let retry_after = seconds.filter(|seconds| (1..=LONGEST_WAIT).contains(seconds)).map(Duration::from_secs);
    CallReason::Status { status: response.status().as_u16(), retry_after }
}

/// `application/json`, any `…+json`, or nothing said.
fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let Some(value) = content_type else { return true };
    let Ok(text) = value.to_str() else { return false };
    let media_type = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Response<Bytes> {
        let response = Response::builder().status(status).header(CONTENT_TYPE, content_type);
        response.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
    }

    #[test]
    fn reads_json_by_its_media_type() {
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/jwk-set+json"] {
            assert!(read(&answer(200, good, "{}")).is_ok(), "{good}");
        }
        for bad in ["text/html", "application/jwt", "application/jsonx", "json"] {
            assert_eq!(read(&answer(200, bad, "{}")), Err(CallReason::MediaType), "{bad}");
        }
        let large = " ".repeat(LARGEST + 1);
        assert_eq!(read(&answer(200, "application/json", &large)), Err(HttpFailure::TooLarge.into()));
    }

    #[test]
    fn tells_down_from_wrong() {
        for (code, down) in [(500, true), (502, true), (503, true), (429, true), (302, false), (404, false)] {
            assert_eq!(status(&answer(code, "text/html", "")).is_unavailability(), down, "{code}");
        }
        for (failure, down) in
            [(HttpFailure::Timeout, true), (HttpFailure::Broken, true), (HttpFailure::TooLarge, false)]
        {
            assert_eq!(CallReason::from(failure).is_unavailability(), down, "{failure:?}");
        }
    }

    #[test]
    fn believes_a_sane_retry_after() {
        for (said, believed) in [("7", Some(7)), ("0", None), ("-1", None), ("999999999999", None), ("soon", None)] {
            let mut response = answer(503, "text/plain", "");
            response.headers_mut().insert(RETRY_AFTER, said.parse().unwrap());
            let error = status(&response).into_error("keys", Code::ProviderError);
            assert_eq!(error.code(), Code::ProviderUnavailable);
            assert_eq!(error.retry_in(), Some(Duration::from_secs(believed.unwrap_or(30))), "{said}");
        }
    }
}
