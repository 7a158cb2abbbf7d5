//! The back-channel logout's route (OpenID Connect Back-Channel Logout 1.0 §2.5).

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use url::form_urlencoded;

use super::answer::Answer;
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::Inner;
use crate::secret::Secret;

impl Inner {
    /// `POST /auth/backchannel-logout/{provider}`: the provider's server says that a login has ended. No cookie of
    /// whoever sends it is looked at.
    pub(super) async fn backchannel(&self, incoming: &Incoming<'_>, provider: &str, body: &Bytes) -> Result<Answer> {
        let token = logout_token(incoming.parts, body)?;
        self.backchannel_logout(provider, &token, &incoming.bucket(), &incoming.client).await?;
        Ok(Answer::empty(StatusCode::OK))
    }
}

/// The form's one `logout_token`; other fields are ignored (§2.5).
fn logout_token(parts: &Parts, body: &[u8]) -> Result<Secret> {
    if !body.is_empty() && !is_form(&parts.headers) {
        return Err(Error::new(Code::UnsupportedMediaType, "a logout token comes in a form"));
    }
    let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token").map(|(_, token)| token);
    match (tokens.next(), tokens.next()) {
        (Some(token), None) => Ok(Secret::new(token)),
        (None, _) => Err(Error::new(Code::MalformedRequest, "there is no logout token")),
        (Some(_), Some(_)) => Err(Error::new(Code::MalformedRequest, "there are two logout tokens")),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
