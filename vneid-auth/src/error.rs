//! What can go wrong: one error type, one list of codes.
//!
//! A [`Code`] is what a browser or a client sees, and it never changes its meaning. An [`Error`] adds, for the operator
//! only, what it came from.
//!
//! | code | status | when |
//! | --- | --- | --- |
//! | `login_expired` | 400 | The login took longer than it may. |
//! | `state_mismatch` | 400 | `state` is missing, unknown, used, or another browser's. |
//! | `malformed_callback` | 400 | The callback's parameters are duplicated, contradictory or missing. |
//! | `login_cancelled` | 403 | The citizen declined at the provider. |
//! | `provider_error` | 502 | The provider answered nonsense or an error of its own. |
//! | `provider_unavailable` | 503 | The provider cannot be reached. |
//! | `provider_mismatch` | 400 | `iss` or the route is another provider's. |
//! | `token_invalid` | 502 | The id_token does not hold: signature, issuer, audience, nonce, time, hash, algorithm, or none came. |
//! | `level_too_low` | 403 | The account's level is below this one. |
//! | `web_login_not_permitted` | 403 | The citizen must switch on web login in the app. |
//! | `profile_invalid` | 502 | Userinfo is unreadable, or of another subject. |
//! | `account_refused` | 403 | The local account is locked or closed. |
//! | `account_not_proved` | 422 | The local account was not proved: the name, the password or the login is another's. |
//! | `last_login_method` | 409 | Nothing would be left to come into the account by. |
//! | `unknown_provider` | 404 | There is no such provider here. |
//! | `provider_disabled` | 403 | The provider is switched off here. |
//! | `not_logged_in` | 401 | Nobody is logged in. |
//! | `pairing_not_supported` | 501 | The provider has no device grant. |
//! | `pairing_not_approved` | 409 | The pairing is not approved, or over. |
//! | `step_up_required` | 403 | A fresh login or one-time code is needed. |
//! | `citizen_id_required` | 403 | The account needs a CCCD number. |
//! | `citizen_id_malformed` | 422 | The number has not twelve digits. |
//! | `consent_required` | 422 | The citizen has not agreed that the number is looked up. |
//! | `citizen_not_matched` | 422 | The population database does not confirm number, name and birth date. |
//! | `citizen_id_taken` | 409 | Another account has the number. |
//! | `citizen_id_linked` | 409 | The account has a number already. |
//! | `registry_unavailable` | 503 | The population database does not answer. |
//! | `too_many_attempts` | 429 | Too many numbers tried for an account. |
//! | `not_permitted_for_organisation` | 403 | Organisations may not do this. |
//! | `cross_origin` | 403 | A state-changing request came from another origin. |
//! | `malformed_request` | 400 | The request cannot be read. |
//! | `field_invalid` | 422 | A field's value cannot be taken. |
//! | `phone_malformed` | 422 | The phone is no Vietnamese mobile number. |
//! | `phone_not_found` | 404 | The account has no such phone, or none that such a code may go to. |
//! | `otp_incorrect` | 422 | The one-time code is wrong; `attempts_left` says how many tries are left. |
//! | `otp_expired` | 410 | The one-time code's life is over. |
//! | `otp_locked` | 429 | Too many wrong one-time codes. |
//! | `otp_not_found` | 404 | This session has no such challenge. |
//! | `otp_resend_too_soon` | 429 | The last code was sent just now. |
//! | `otp_resend_limit` | 429 | No further code for now: for this challenge, phone or account. |
//! | `held_form_gone` | 410 | No such form is held for this browser and account, or no longer. |
//! | `held_form_sent` | 409 | The held form was sent already. |
//! | `payload_too_large` | 413 | The request's body is too large. |
//! | `logout_token_invalid` | 400 | A back-channel logout does not hold: its token's signature, claims or type, or it came before. |
//! | `unsupported_media_type` | 415 | The body's media type is not understood. |
//! | `not_found` | 404 | There is nothing at this path. |
//! | `method_not_allowed` | 405 | Not with this method. |
//! | `too_many_requests` | 429 | Too many requests from one address, browser, account or phone. |
//! | `service_unavailable` | 503 | The portal's own store or randomness is not available. |

mod texts;

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::identity::Level;

/// A stable error code of the HTTP contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Code {
    /// The login took longer than it may.
    LoginExpired,
    /// `state` is missing, unknown, used, or another browser's.
    StateMismatch,
    /// The callback's parameters are duplicated, contradictory or missing.
    MalformedCallback,
    /// The citizen declined at the provider.
    LoginCancelled,
    /// The provider answered nonsense or an error of its own.
    ProviderError,
    /// The provider cannot be reached.
    ProviderUnavailable,
    /// `iss` or the route is another provider's.
    ProviderMismatch,
    /// The id_token does not hold: signature, issuer, audience, nonce, time, hash, algorithm, or none came.
    TokenInvalid,
    /// The account's level is below this one.
    LevelTooLow(Level),
    /// The citizen must switch on web login in the app.
    WebLoginNotPermitted,
    /// Userinfo is unreadable, or of another subject.
    ProfileInvalid,
    /// The local account is locked or closed.
    AccountRefused,
    /// The local account was not proved: the name, the password or the login is another's.
    AccountNotProved,
    /// Nothing would be left to come into the account by.
    LastLoginMethod,
    /// There is no such provider here.
    UnknownProvider,
    /// The provider is switched off here.
    ProviderDisabled,
    /// Nobody is logged in.
    NotLoggedIn,
    /// The provider has no device grant.
    PairingNotSupported,
    /// The pairing is not approved, or over.
    PairingNotApproved,
    /// A fresh login or one-time code is needed.
    StepUpRequired,
    /// The account needs a CCCD number.
    CitizenIdRequired,
    /// The number has not twelve digits.
    CitizenIdMalformed,
    /// The citizen has not agreed that the number is looked up.
    ConsentRequired,
    /// The population database does not confirm number, name and birth date.
    CitizenNotMatched,
    /// Another account has the number.
    CitizenIdTaken,
    /// The account has a number already.
    CitizenIdLinked,
    /// The population database does not answer.
    RegistryUnavailable,
    /// Too many numbers tried for an account.
    TooManyAttempts,
    /// Organisations may not do this.
    NotPermittedForOrganisation,
    /// A state-changing request came from another origin.
    CrossOrigin,
    /// The request cannot be read.
    MalformedRequest,
    /// A field's value cannot be taken.
    FieldInvalid,
    /// The phone is no Vietnamese mobile number.
    PhoneMalformed,
    /// The account has no such phone, or none that such a code may go to.
    PhoneNotFound,
    /// The one-time code is wrong.
    OtpIncorrect {
        /// Tries left before the challenge is locked.
        attempts_left: u8,
    },
    /// The one-time code's life is over.
    OtpExpired,
    /// Too many wrong one-time codes.
    OtpLocked,
    /// This session has no such challenge.
    OtpNotFound,
    /// The last code was sent just now.
    OtpResendTooSoon,
    /// No further code for now: for this challenge, phone or account.
    OtpResendLimit,
    /// No such form is held for this browser and account, or no longer.
    HeldFormGone,
    /// The held form was sent already.
    HeldFormSent,
    /// The request's body is too large.
    PayloadTooLarge,
    /// A back-channel logout does not hold: its token's signature, claims or type, or it came before.
    LogoutTokenInvalid,
    /// The body's media type is not understood.
    UnsupportedMediaType,
    /// There is nothing at this path.
    NotFound,
    /// Not with this method.
    MethodNotAllowed,
    /// Too many requests from one address, browser, account or phone.
    TooManyRequests,
    /// The portal's own store or randomness is not available.
    ServiceUnavailable,
}

/// A code's fixed part: its name, its status, whether trying again can help, and its words.
struct Entry {
    name: &'static str,
    status: StatusCode,
    retry_helps: bool,
    vi: (&'static str, &'static str),
    en: (&'static str, &'static str),
}

/// The languages that answers are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// Vietnamese, unless English is preferred.
    #[default]
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// The tag for `lang` and `Content-Language` (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }
}

impl Code {
    /// The code as the contract writes it.
    pub fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// The HTTP status that goes with it.
    pub fn status(self) -> StatusCode {
        self.entry().status
    }

    /// Whether the same again can succeed.
    pub fn retry_helps(self) -> bool {
        self.entry().retry_helps
    }

    /// A title and a sentence for the citizen.
    pub fn text(self, language: Language) -> (String, String) {
        let entry = self.entry();
        let (title, detail) = match language {
            Language::Vietnamese => entry.vi,
            Language::English => entry.en,
        };
        let detail = match self {
            Self::LevelTooLow(level) => detail.replace("{level}", &level.number().to_string()),
            Self::OtpIncorrect { attempts_left } => detail.replace("{attempts_left}", &attempts_left.to_string()),
            _ => detail.to_owned(),
        };
        (title.to_owned(), detail)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error: a code for whoever asked, a reason for the operator.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    retry_after: Option<Duration>,
    reason: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of what can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a reason for the operator. The reason may reach a log: no secret and nobody's data in it.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self(Box::new(Inner { code, retry_after: None, reason: reason.into(), source: None }))
    }

    /// The error that this one came from.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// What the browser or client sees.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Whether this is, at some depth, why.
    pub(crate) fn is_because<R: std::error::Error + PartialEq + 'static>(&self, reason: &R) -> bool {
        let first = std::error::Error::source(self);
        std::iter::successors(first, |error| error.source()).any(|error| error.downcast_ref() == Some(reason))
    }

    /// What the operator sees.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When to try again, for `Retry-After`: what was said, else 30 s for whatever is unavailable.
    pub fn retry_in(&self) -> Option<Duration> {
        let unavailable = self.0.code.status() == StatusCode::SERVICE_UNAVAILABLE;
        self.0.retry_after.or_else(|| unavailable.then_some(Duration::from_secs(30)))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {})", self.0.code, self.0.reason)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.reason)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code, "")
    }
}

/// The source of randomness gave none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct RandomnessFailed;

impl From<RandomnessFailed> for Error {
    fn from(failed: RandomnessFailed) -> Self {
        Self::new(Code::ServiceUnavailable, failed.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Code; 49] = [
        Code::LoginExpired,
        Code::StateMismatch,
        Code::MalformedCallback,
        Code::LoginCancelled,
        Code::ProviderError,
        Code::ProviderUnavailable,
        Code::ProviderMismatch,
        Code::TokenInvalid,
        Code::LevelTooLow(Level::TWO),
        Code::WebLoginNotPermitted,
        Code::ProfileInvalid,
        Code::AccountRefused,
        Code::AccountNotProved,
        Code::LastLoginMethod,
        Code::UnknownProvider,
        Code::ProviderDisabled,
        Code::NotLoggedIn,
        Code::PairingNotSupported,
        Code::PairingNotApproved,
        Code::StepUpRequired,
        Code::CitizenIdRequired,
        Code::CitizenIdMalformed,
        Code::ConsentRequired,
        Code::CitizenNotMatched,
        Code::CitizenIdTaken,
        Code::CitizenIdLinked,
        Code::RegistryUnavailable,
        Code::TooManyAttempts,
        Code::NotPermittedForOrganisation,
        Code::CrossOrigin,
        Code::MalformedRequest,
        Code::FieldInvalid,
        Code::PhoneMalformed,
        Code::PhoneNotFound,
        Code::OtpIncorrect { attempts_left: 4 },
        Code::OtpExpired,
        Code::OtpLocked,
        Code::OtpNotFound,
        Code::OtpResendTooSoon,
        Code::OtpResendLimit,
        Code::HeldFormGone,
        Code::HeldFormSent,
        Code::PayloadTooLarge,
        Code::LogoutTokenInvalid,
        Code::UnsupportedMediaType,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::TooManyRequests,
        Code::ServiceUnavailable,
    ];

    #[test]
    fn the_documentation_lists_every_code_with_its_status() {
        let listed: Vec<String> = include_str!("error.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | `"))
            .map(|row| {
                row.split('|').take(2).map(|cell| cell.replace('`', "").trim().to_owned()).collect::<Vec<_>>().join(" ")
            })
            .collect();
        let known: Vec<String> = ALL.iter().map(|code| format!("{code} {}", code.status().as_u16())).collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn every_code_has_words_in_both_languages() {
        for code in ALL {
            let (vi, en) = (code.text(Language::Vietnamese), code.text(Language::English));
            assert!(
                vi != en && !vi.0.is_empty() && !en.1.is_empty() && !vi.1.contains('{') && !en.1.contains('{'),
                "{code}"
            );
        }
    }
}
