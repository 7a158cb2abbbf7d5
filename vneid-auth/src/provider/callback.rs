//! The authorization response's form: the raw query of the callback, taken apart (RFC 6749 §4.1.2).
//!
//! A `+` stays a `+`: codes may be base64, and one provider's are (domain.md §2.5). Everything is percent-decoded
//! exactly once. What is ours may stand there once (RFC 6749 §3.1); what is not ours is not looked at.

use percent_encoding::percent_decode_str;

use super::authorization_error::{AuthorizationError, AuthorizationFailure};
use crate::error::{Code, Error};
use crate::secret::Secret;

/// A query longer than this is no answer of a provider.
const LONGEST: usize = 16 * 1024;

/// Why a callback's query cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackReason {
    /// It is absurdly long.
    #[error("the query is too long")]
    TooLong,
    /// A parameter of ours is not percent-encoded UTF-8.
    #[error("a parameter is not percent-encoded UTF-8")]
    Encoding,
    /// A parameter of ours stands there twice.
    #[error("a parameter stands there twice")]
    Duplicate,
    /// `code` and `error` are both there.
    #[error("`code` and `error` are both there")]
    CodeAndError,
    /// Neither `code` nor `error` is there.
    #[error("neither `code` nor `error` is there")]
    Neither,
}

impl From<CallbackReason> for Error {
    fn from(reason: CallbackReason) -> Self {
        Self::new(Code::MalformedCallback, reason.to_string()).because(reason)
    }
}

/// An authorization response whose form is right. Whether it is ours is for its `state` and `iss` to show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackQuery {
    /// `state`; `None` when it is missing or empty, which the portal answers with `state_mismatch`.
    pub state: Option<Secret>,
    /// `iss` (RFC 9207), as it stands there.
    pub issuer: Option<String>,
    /// `encrypt_key`: what a sealed code is sealed with, itself sealed to the portal's key. As it stands there.
    pub encrypt_key: Option<Secret>,
    /// The code, or what the provider answered instead.
    pub answer: Result<Secret, AuthorizationFailure>,
}

#[derive(Default)]
struct Parameters {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    encrypt_key: Option<String>,
    /// Known by name so that it cannot stand there twice, and used by nobody.
    others: [Option<String>; 2],
}

impl Parameters {
    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        let [error_uri, session_state] = &mut self.others;
        Some(match name {
            "code" => &mut self.code,
            "state" => &mut self.state,
            "iss" => &mut self.iss,
            "error" => &mut self.error,
            "error_description" => &mut self.error_description,
            "error_uri" => error_uri,
            "encrypt_key" => &mut self.encrypt_key,
            "session_state" => session_state,
            _ => return None,
        })
    }

    fn read(query: &str) -> Result<Self, CallbackReason> {
        let mut parameters = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A name that cannot be decoded is none of ours.
            let Ok(name) = decode(name) else { continue };
            let Some(slot) = parameters.slot(&name) else { continue };
            if slot.replace(decode(value)?).is_some() {
                return Err(CallbackReason::Duplicate);
            }
        }
        Ok(parameters)
    }
}

impl CallbackQuery {
    /// Reads the query of the callback's URI as it came, without the `?`.
    ///
    /// # Errors
    /// `malformed_callback` for an unreadable parameter, one that stands there twice, `code` and `error` together, or
    /// neither.
    pub fn parse(raw_query: &str) -> Result<Self, CallbackReason> {
        if raw_query.len() > LONGEST {
            return Err(CallbackReason::TooLong);
        }
        let parameters = Parameters::read(raw_query)?;
        let answer = match (parameters.code, parameters.error) {
            (Some(_), Some(_)) => return Err(CallbackReason::CodeAndError),
            (Some(code), None) if !code.is_empty() => Ok(Secret::new(code)),
            (None, Some(error)) if !error.is_empty() => Err(AuthorizationFailure {
                error: AuthorizationError::named(&error),
                description: parameters.error_description,
            }),
            _ => return Err(CallbackReason::Neither),
        };
        let state = parameters.state.filter(|state| !state.is_empty()).map(Secret::new);
        let encrypt_key = parameters.encrypt_key.filter(|key| !key.is_empty()).map(Secret::new);
        Ok(Self { state, issuer: parameters.iss, encrypt_key, answer })
    }
}

/// Percent-decodes once; a `%` without two hexadecimal digits is an error, and so is what is no UTF-8 then.
fn decode(text: &str) -> Result<String, CallbackReason> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => {}
            _ => return Err(CallbackReason::Encoding),
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| CallbackReason::Encoding)?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<CallbackQuery, CallbackReason> {
        CallbackQuery::parse(query)
    }

    #[test]
    fn c50_codes_are_decoded_once_and_a_plus_stays() {
        for (raw, code) in [
            ("a+b/c==", "a+b/c=="),
            ("a%2Bb%2Fc%3D", "a+b/c="),
            ("a%252Bb", "a%2Bb"),
            ("SplxlOBeZQQYbYS6WxSbIA", "SplxlOBeZQQYbYS6WxSbIA"),
        ] {
            let query = parse(&format!("code={raw}&state=s&encrypt_key={raw}")).unwrap();
            assert_eq!(query.answer, Ok(code.into()), "{raw}");
            assert_eq!(query.encrypt_key, Some(code.into()), "{raw}");
        }
    }

    #[test]
    fn c38_c39_c40_forms_that_are_refused() {
        for (query, reason) in [
            ("", CallbackReason::Neither),
            ("state=s", CallbackReason::Neither),
            ("code=&state=s", CallbackReason::Neither),
            ("error=&state=s", CallbackReason::Neither),
            ("code=a&error=b&state=s", CallbackReason::CodeAndError),
            ("code=a&error=&state=s", CallbackReason::CodeAndError),
            ("code=a&code=a&state=s", CallbackReason::Duplicate),
            ("code=a&c%6Fde=b&state=s", CallbackReason::Duplicate),
            ("code=a&state=s&state=s", CallbackReason::Duplicate),
            ("code=a&state=s&iss=i&iss=i", CallbackReason::Duplicate),
            ("error=a&state=s&error_description=x&error_description=y", CallbackReason::Duplicate),
            ("code=a&state=s&encrypt_key=x&encrypt_key=x", CallbackReason::Duplicate),
            ("code=%&state=s", CallbackReason::Encoding),
            ("code=%2&state=s", CallbackReason::Encoding),
            ("code=%zz&state=s", CallbackReason::Encoding),
            ("code=%ff&state=s", CallbackReason::Encoding),
        ] {
            assert_eq!(parse(query), Err(reason), "{query}");
        }
        assert_eq!(parse(&format!("code={}", "a".repeat(LONGEST))), Err(CallbackReason::TooLong));
    }

    #[test]
    fn unknown_parameters_are_ignored_and_a_missing_state_is_told_apart() {
        let query = parse("x=%ff&x=1&%zz=1&code=a&iss=https%3A%2F%2Fid.example&&state=").unwrap();
        assert_eq!(query.issuer.as_deref(), Some("https://id.example"));
        assert_eq!(query.state, None);
        assert_eq!(parse("code=a&encrypt_key=").unwrap().encrypt_key, None);
        assert_eq!(parse("code=a").unwrap().state, None);
        assert_eq!(parse("code=a&state=s%2B").unwrap().state, Some("s+".into()));
        assert_eq!(parse("code=a&state=s&iss").unwrap().issuer.as_deref(), Some(""));
    }

    #[test]
    fn c44_every_error_code_is_known_and_no_text_is_printed() {
        for (name, error) in [
            ("access_denied", AuthorizationError::AccessDenied),
            ("login_required", AuthorizationError::LoginRequired),
            ("interaction_required", AuthorizationError::InteractionRequired),
            ("consent_required", AuthorizationError::ConsentRequired),
            ("account_selection_required", AuthorizationError::AccountSelectionRequired),
            ("invalid_request", AuthorizationError::InvalidRequest),
            ("unauthorized_client", AuthorizationError::UnauthorizedClient),
            ("unsupported_response_type", AuthorizationError::UnsupportedResponseType),
            ("invalid_scope", AuthorizationError::InvalidScope),
            ("server_error", AuthorizationError::ServerError),
            ("temporarily_unavailable", AuthorizationError::TemporarilyUnavailable),
            ("invalid_request_uri", AuthorizationError::InvalidRequestUri),
            ("request_not_supported", AuthorizationError::RequestNotSupported),
            ("registration_not_supported", AuthorizationError::RegistrationNotSupported),
            ("unmet_authentication_requirements", AuthorizationError::UnmetAuthenticationRequirements),
            ("<script>", AuthorizationError::Other),
        ] {
            let query = parse(&format!("error={name}&error_description=<script>&state=s")).unwrap();
            assert!(!format!("{query:?}").contains("script"));
            assert_eq!(query.answer.unwrap_err().error, error);
        }
    }
}
