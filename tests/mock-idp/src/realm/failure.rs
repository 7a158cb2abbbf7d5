//! OAuth errors: a code of the RFCs' lists, a sentence for the developer, nobody's data.

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::web::{self, Malformed};

/// An error answer of an endpoint that machines call (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    challenge: Option<&'static str>,
}

impl Failure {
    /// A `400` with this error code.
    pub(crate) const fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description, challenge: None }
    }

    /// The client did not authenticate. Always the same, whatever was wrong.
    pub(crate) const fn invalid_client() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            challenge: Some(r#"Basic realm="mock", charset="UTF-8""#),
            ..Self::new("invalid_client", "client authentication failed")
        }
    }

    /// The code or refresh token is not good. Always the same, whatever was wrong (no oracle).
    pub(crate) const fn invalid_grant() -> Self {
        Self::new("invalid_grant", "the grant is not valid, has expired, was used, or is another client's")
    }

    /// The request itself is malformed.
    pub(crate) const fn invalid_request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    /// The parameters cannot be read.
    pub(crate) fn unreadable(malformed: Malformed) -> Self {
        Self::invalid_request(match malformed {
            Malformed::Duplicate => "a parameter was given twice",
            Malformed::Encoding => "the parameters are not percent-encoded UTF-8",
            Malformed::MediaType => "the body is not application/x-www-form-urlencoded",
        })
    }

    /// Something broke on our side.
    pub(crate) const fn server_error() -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new("server_error", "the mock could not sign") }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        let mut response = web::json(self.status, &body);
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
