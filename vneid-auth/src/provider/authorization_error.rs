//! What a provider answers instead of a code (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).

use std::fmt;

/// An error code of an authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// The citizen, or the provider for them, declined.
    AccessDenied,
    /// The provider is overloaded or being maintained.
    TemporarilyUnavailable,
    /// The provider failed.
    ServerError,
    /// The request is malformed.
    InvalidRequest,
    /// The client may not ask for a code.
    UnauthorizedClient,
    /// The provider does no code flow.
    UnsupportedResponseType,
    /// A scope is unknown or malformed.
    InvalidScope,
    /// The citizen must log in, and `prompt=none` forbade it.
    LoginRequired,
    /// The citizen must do something, and `prompt=none` forbade it.
    InteractionRequired,
    /// The citizen must choose an account, and `prompt=none` forbade it.
    AccountSelectionRequired,
    /// The citizen must consent, and `prompt=none` forbade it.
    ConsentRequired,
    /// `request_uri` is unusable.
    InvalidRequestUri,
    /// `request` is unusable.
    InvalidRequestObject,
    /// `request` is not supported.
    RequestNotSupported,
    /// `request_uri` is not supported.
    RequestUriNotSupported,
    /// `registration` is not supported.
    RegistrationNotSupported,
    /// The level that was asked for was not reached (OpenID Connect Core Unmet Authentication Requirements 1.0).
    UnmetAuthenticationRequirements,
    /// A code that no specification here names.
    Other,
}

impl AuthorizationError {
    /// By its name on the wire.
    pub fn named(name: &str) -> Self {
        match name {
            "access_denied" => Self::AccessDenied,
            "temporarily_unavailable" => Self::TemporarilyUnavailable,
            "server_error" => Self::ServerError,
            "invalid_request" => Self::InvalidRequest,
            "unauthorized_client" => Self::UnauthorizedClient,
            "unsupported_response_type" => Self::UnsupportedResponseType,
            "invalid_scope" => Self::InvalidScope,
            "login_required" => Self::LoginRequired,
            "interaction_required" => Self::InteractionRequired,
            "account_selection_required" => Self::AccountSelectionRequired,
            "consent_required" => Self::ConsentRequired,
            "invalid_request_uri" => Self::InvalidRequestUri,
            "invalid_request_object" => Self::InvalidRequestObject,
            "request_not_supported" => Self::RequestNotSupported,
            "request_uri_not_supported" => Self::RequestUriNotSupported,
            "registration_not_supported" => Self::RegistrationNotSupported,
            "unmet_authentication_requirements" => Self::UnmetAuthenticationRequirements,
            _ => Self::Other,
        }
    }
}

/// An error answer: its code, and a description that is for the operator's log and for nobody's page.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationFailure {
    /// The error code.
    pub error: AuthorizationError,
    pub(super) description: Option<String>,
}

impl AuthorizationFailure {
    /// An answer with this code and without a description.
    pub fn new(error: AuthorizationError) -> Self {
        Self { error, description: None }
    }

    /// Whether the description is exactly this.
    pub(crate) fn is_described_as(&self, text: &str) -> bool {
        self.description.as_deref() == Some(text)
    }

    /// The description for the operator's log: at most 200 characters, whatever is not plain ASCII escaped. Anyone can
    /// write it into a link, so it is never shown to a citizen.
    pub fn log_text(&self) -> String {
        let plain = |c: char| c.is_ascii_graphic() || c == ' ';
        let text = self.description.as_deref().unwrap_or_default();
        text.chars().take(200).map(|c| if plain(c) { c.to_string() } else { c.escape_default().to_string() }).collect()
    }
}

impl fmt::Debug for AuthorizationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizationFailure({:?})", self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c42_descriptions_are_cut_and_escaped_for_the_log() {
        let description = Some(format!("a\r\nb\u{1b}[31mé{}", "x".repeat(5000)));
        let text = AuthorizationFailure { error: AuthorizationError::Other, description }.log_text();
        assert!(text.starts_with(r"a\r\nb\u{1b}[31m\u{e9}xxx"), "{text}");
        assert!(text.is_ascii() && text.len() < 300);
    }
}
