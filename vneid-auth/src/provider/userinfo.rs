//! The userinfo request (OpenID Connect Core §5.3): the claims that are not in the id_token.

use url::Url;

use super::call::{self, CallReason};
use super::http::HttpClient;
use super::id_token;
use super::json::Members;
use crate::error::{Code, Error};
use crate::secret::Secret;

/// Why userinfo is not used, and the login with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserinfoReason {
    /// The call brought no usable answer; a signed answer (`application/jwt`) is none either, since none was asked for.
    #[error("{0}")]
    Call(#[from] CallReason),
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
            UserinfoReason::Call(call) => call.into_error("userinfo", Code::ProfileInvalid),
            _ => Self::new(Code::ProfileInvalid, reason.to_string()).because(reason),
        }
    }
}

/// The claims about this subject.
pub(crate) async fn claims(
    http: &dyn HttpClient,
    endpoint: &Url,
    access_token: &Secret,
    subject: &str,
) -> Result<Members, UserinfoReason> {
    let members = call::get(http, endpoint, Some(access_token)).await?;
    match id_token::subject(&members) {
        None => Err(UserinfoReason::NoSubject),
        Some(other) if other != subject => Err(UserinfoReason::OtherSubject),
        Some(_) => Ok(members),
    }
}
