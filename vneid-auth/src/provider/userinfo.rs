//! The userinfo request (OpenID Connect Core §5.3): the claims that are not in the id_token.

use url::Url;

use super::call::{self, CallReason};
use super::config::UserinfoMethod;
use super::envelope::{Envelope, EnvelopeReason};
use super::id_token;
use super::json::Members;
use crate::error::{Code, Error};
use crate::http::HttpClient;
use crate::secret::Secret;

/// Why userinfo is not used, and the login with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserinfoReason {
    /// The call brought no usable answer; a signed answer (`application/jwt`) is none either, since none was asked for.
    #[error("{0}")]
    Call(#[from] CallReason),
    /// The answer's envelope does not open.
    #[error("{0}")]
    Envelope(#[from] EnvelopeReason),
    /// `sub` is missing or malformed.
    #[error("userinfo has no `sub`")]
    NoSubject,
    /// `sub` is not the id_token's: the answer is about somebody else (§5.3.2).
    #[error("userinfo is about another subject")]
    OtherSubject,
}

impl From<UserinfoReason> for Error {
    fn from(reason: UserinfoReason) -> Self {
        match reason {
            UserinfoReason::Envelope(envelope) => envelope.into(),
            UserinfoReason::Call(call) => call.into_error("userinfo", Code::ProfileInvalid),
            _ => Self::new(Code::ProfileInvalid, reason.to_string()).because(reason),
        }
    }
}

/// Where and how userinfo is asked for.
pub(crate) struct Request<'a> {
    pub(crate) endpoint: &'a Url,
    pub(crate) method: UserinfoMethod,
    pub(crate) access_token: &'a Secret,
    pub(crate) envelope: Option<&'a Envelope>,
}

/// The claims; about this subject, where an id_token has named one.
pub(crate) async fn claims(
    http: &dyn HttpClient,
    request: Request<'_>,
    subject: Option<&str>,
) -> Result<Members, UserinfoReason> {
    let members = call::userinfo(http, request.endpoint, request.method, request.access_token).await?;
    let members = match request.envelope {
        Some(envelope) => envelope.members(members)?,
        None => members,
    };
    match (subject, id_token::subject(&members)) {
        (None, _) => Ok(members),
        (Some(_), None) => Err(UserinfoReason::NoSubject),
        (Some(subject), Some(other)) if other != subject => Err(UserinfoReason::OtherSubject),
        (Some(_), Some(_)) => Ok(members),
    }
}
