//! The device grant (RFC 8628): a code for the citizen's phone, and the polls that ask what became of it.
//!
//! `oauth2`'s device flow polls in a loop of its own, by its own clock. Here whichever instance of the portal is due asks
//! next, and all of them keep one interval ([`flow::device_pairing`](crate::flow::device_pairing)), so every request
//! stands alone. The answers have the one reader that a code exchange has, and the tokens go through the same checks.
//!
//! A device grant carries no nonce: RFC 8628 §3.1 has no such parameter, and none is needed where the tokens come
//! straight from the provider for a device code that nobody else ever held. So an id_token without one is accepted, and
//! one with a nonce is refused: it was made for somebody's redirect login (OpenID Connect Core §3.1.3.7, rule 11).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::call::{self, CallReason};
use super::client_auth::ASSERTION_TYPE;
use super::config::NoncePolicy;
use super::json::Members;
use super::token::{self, Proof, Reading, TokenReason};
use super::{AuthorizationError, AuthorizationFailure, HeldTo, Provider, Verified};
use crate::error::{Code, Error, Result};
use crate::http::address;
use crate::identity::Level;
use crate::secret::Secret;

/// The grant's name on the wire (RFC 8628 §3.4).
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A user code is typed by hand (RFC 8628 §6.1); no sensible one is longer.
const LONGEST_USER_CODE: usize = 64;

/// An address that becomes a QR code, and a device code, which is opaque.
const LONGEST: usize = 2048;

/// Why a device authorization is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceReason {
    /// The provider has no device authorization endpoint.
    #[error("the provider has no device grant")]
    NotSupported,
    /// The endpoint refused, or brought no usable answer.
    #[error("device authorization: {0}")]
    Refused(#[from] TokenReason),
    /// A member of the answer is missing, or has a value that it cannot have.
    #[error("the device authorization's `{0}` is missing or malformed")]
    Malformed(&'static str),
}

impl From<DeviceReason> for Error {
    fn from(reason: DeviceReason) -> Self {
        match reason {
            DeviceReason::NotSupported => Self::new(Code::PairingNotSupported, reason.to_string()).because(reason),
            DeviceReason::Refused(refused) => refused.into(),
            DeviceReason::Malformed(_) => Self::new(Code::ProviderError, reason.to_string()).because(reason),
        }
    }
}

/// A device authorization (RFC 8628 §3.2): what is shown to the citizen, and what the provider is asked with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceAuthorization {
    /// What the provider is polled with. Opaque; whoever has it gets the tokens.
    pub device_code: Secret,
    /// What the citizen compares, or types. Shown, and never logged.
    pub user_code: Secret,
    /// Where the citizen types it.
    pub verification_uri: Url,
    /// The same with the code in it, for a QR code, where the provider gives one.
    pub verification_uri_complete: Option<Url>,
    /// How long the codes live.
    pub expires_in: Duration,
    /// How long to wait between polls, when the provider says so; 5 s otherwise.
    pub interval: Option<Duration>,
}

/// What came of one poll.
#[derive(Debug)]
pub struct DevicePoll {
    /// What the provider said.
    pub outcome: DeviceOutcome,
    /// Its `Retry-After`, when it had a sane one.
    pub retry_after: Option<Duration>,
}

/// What the token endpoint answers to a poll (RFC 8628 §3.5).
#[derive(Debug)]
#[non_exhaustive]
pub enum DeviceOutcome {
    /// Tokens came, and everything about them holds.
    Approved(Box<Verified>),
    /// `authorization_pending`.
    AuthorizationPending,
    /// `slow_down`.
    SlowDown,
    /// `access_denied`.
    AccessDenied,
    /// `expired_token`.
    ExpiredToken,
    /// No answer, or one that says that the provider is out of service.
    Unreachable(Error),
    /// Any other error, or tokens that do not hold. The device code may be spent.
    Failed(Error),
}

impl Provider {
    /// Whether the provider has a device grant.
    ///
    /// # Errors
    /// `provider_unavailable`, or `provider_error`, when its metadata cannot be had.
    pub async fn has_device_grant(&self) -> Result<bool> {
        Ok(self.metadata().await?.device_authorization_endpoint.is_some())
    }

    /// Asks for a device code, for a login at this level. RFC 8628 §3.1 knows no level; `acr_values` is sent as in an
    /// authorization request, and who does not know it ignores it.
    ///
    /// # Errors
    /// `pairing_not_supported` where the provider has no device grant; `provider_unavailable`, `provider_error`.
    pub async fn device_authorization(&self, level: Option<Level>) -> Result<DeviceAuthorization> {
        let metadata = self.metadata().await?;
        let endpoint = metadata.device_authorization_endpoint.as_ref().ok_or(DeviceReason::NotSupported)?;
        let scope = self.config.scopes_of(&metadata.scopes).join(" ");
        let acr = self.config.acr_of(level, &metadata.acr_values);
        let fields = [("scope", Some(scope.as_str())), ("acr_values", acr)];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let response = self.post(endpoint, &self.proof(&metadata)?, fields).await.map_err(DeviceReason::from)?;
        match token::read(&response, None).map_err(DeviceReason::from)? {
            Reading::Answer(members) => Ok(read(&members, endpoint)?),
            Reading::Error { name, .. } => Err(DeviceReason::from(TokenReason::named(&name)).into()),
        }
    }

    /// Asks once what became of a device code, and checks the tokens when they come: the id_token as in a login, but for
    /// the nonce, then userinfo. When to ask is the caller's to know.
    pub async fn poll_device(&self, device_code: &Secret) -> DevicePoll {
        match self.polled(device_code).await {
            Ok(poll) => poll,
            Err(error) => DevicePoll { outcome: failed(error), retry_after: None },
        }
    }

    async fn polled(&self, device_code: &Secret) -> Result<DevicePoll> {
        let metadata = self.metadata().await?;
        let fields = [("grant_type", GRANT), ("device_code", device_code.expose())];
        let response = self.post(&metadata.token_endpoint, &self.proof(&metadata)?, fields).await?;
        let CallReason::Status { retry_after, .. } = call::status(&response) else {
            return Err(Error::new(Code::ServiceUnavailable, "an answer without a status"));
        };
        let outcome = match token::read(&response, self.config.envelope.as_ref()) {
            Ok(Reading::Answer(members)) => {
                let tokens = token::tokens(&members)?;
                let none = Secret::from("");
                let held_to = HeldTo {
                    nonce: &none,
                    nonce_policy: NoncePolicy::DangerousOff,
                    code: device_code,
                    authenticated_after: None,
                };
                // The device code is spent: whatever is wrong now, another poll would not mend it.
                match self.verified(&metadata, tokens, held_to).await {
                    Ok(verified) => DeviceOutcome::Approved(Box::new(verified)),
                    Err(error) => DeviceOutcome::Failed(error),
                }
            }
            Ok(Reading::Error { name, description }) => self.error(&name, description),
            Err(reason) => failed(reason.into()),
        };
        Ok(DevicePoll { outcome, retry_after })
    }

    fn error(&self, name: &str, description: Option<String>) -> DeviceOutcome {
        match name {
            "authorization_pending" => DeviceOutcome::AuthorizationPending,
            "slow_down" => DeviceOutcome::SlowDown,
            "expired_token" => DeviceOutcome::ExpiredToken,
            "access_denied" => {
                let failure = AuthorizationFailure { error: AuthorizationError::AccessDenied, description };
                match self.config.code_of(&failure, None) {
                    Code::LoginCancelled => DeviceOutcome::AccessDenied,
                    code => DeviceOutcome::Failed(Error::new(code, "the provider answered access_denied")),
                }
            }
            other => DeviceOutcome::Failed(TokenReason::named(other).into()),
        }
    }

    async fn post<'f>(
        &self,
        endpoint: &Url,
        proof: &Proof<'_>,
        fields: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Response<Bytes>, TokenReason> {
        let request = self.form(endpoint, proof, fields)?;
        Ok(self.http.send(request).await.map_err(CallReason::from)?)
    }

    /// A form with the client's proof (RFC 6749 §2.3).
    fn form<'f>(
        &self,
        endpoint: &Url,
        proof: &Proof<'_>,
        fields: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Request<Bytes>, TokenReason> {
        let client_id = self.config.client_id.as_str();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let mut request = Request::post(endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match proof {
            Proof::Basic(secret) => request = request.header(AUTHORIZATION, basic(client_id, secret)?),
            Proof::Post(secret) => {
                form.append_pair("client_id", client_id).append_pair("client_secret", secret.expose());
            }
            Proof::Assertion(assertion) => {
                form.append_pair("client_id", client_id)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", assertion.expose());
            }
        }
        request.body(Bytes::from(form.finish())).map_err(|_| TokenReason::Request)
    }
}

/// Id and secret are form-encoded each before they are joined (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &Secret) -> Result<HeaderValue, TokenReason> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    let mut value =
        HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).map_err(|_| TokenReason::Request)?;
    value.set_sensitive(true);
    Ok(value)
}

fn failed(error: Error) -> DeviceOutcome {
    if error.code() == Code::ProviderUnavailable {
        DeviceOutcome::Unreachable(error)
    } else {
        DeviceOutcome::Failed(error)
    }
}

/// Reads the answer. The addresses are led to by a QR code on the portal's own screen, so they are held to what an
/// endpoint is held to.
fn read(members: &Members, endpoint: &Url) -> Result<DeviceAuthorization, DeviceReason> {
    let text = |name: &'static str, longest: usize, fits: fn(char) -> bool| {
        let text = members.get(name).and_then(Value::as_str).unwrap_or_default();
        let sound = !text.is_empty() && text.len() <= longest && text.chars().all(fits);
        if sound { Ok(text) } else { Err(DeviceReason::Malformed(name)) }
    };
    let uri = |name: &'static str| {
        let url = Url::parse(text(name, LONGEST, |c| !c.is_control())?).map_err(|_| DeviceReason::Malformed(name))?;
        let fits = matches!(url.scheme(), "https" | "http")
            && !address::has_credentials(&url)
            && address::is_secure(&url)
            && (endpoint.scheme() != "https" || url.scheme() == "https");
        if fits { Ok(url) } else { Err(DeviceReason::Malformed(name)) }
    };
    let complete = members.get("verification_uri_complete").is_some_and(|value| !value.is_null());
    let expires_in = seconds(members, "expires_in")?.filter(|expires_in| !expires_in.is_zero());
    Ok(DeviceAuthorization {
        device_code: Secret::from(text("device_code", LONGEST, |c| c.is_ascii_graphic())?),
        user_code: Secret::from(text("user_code", LONGEST_USER_CODE, |c| c.is_alphanumeric() || "- .".contains(c))?),
        verification_uri: uri("verification_uri")?,
        verification_uri_complete: complete.then(|| uri("verification_uri_complete")).transpose()?,
        expires_in: expires_in.ok_or(DeviceReason::Malformed("expires_in"))?,
        interval: seconds(members, "interval")?,
    })
}

/// A number of whole seconds, when it is there.
fn seconds(members: &Members, name: &'static str) -> Result<Option<Duration>, DeviceReason> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_u64().map(|n| Some(Duration::from_secs(n))).ok_or(DeviceReason::Malformed(name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Value {
        json!({
            "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS", "user_code": "WDJB-MJHT",
            "verification_uri": "https://id.example/device", "expires_in": 600,
            "verification_uri_complete": "https://id.example/device?user_code=WDJB-MJHT", "interval": 5,
        })
    }

    fn read_with(change: impl FnOnce(&mut Value)) -> Result<DeviceAuthorization, DeviceReason> {
        let mut answer = answer();
        change(&mut answer);
        let Value::Object(members) = answer else { unreachable!() };
        read(&members, &Url::parse("https://id.example/device_authorization").unwrap())
    }

    #[test]
    fn reads_a_whole_answer_and_prints_no_code() {
        let read = read_with(|_| {}).unwrap();
        assert_eq!((read.expires_in, read.interval), (Duration::from_secs(600), Some(Duration::from_secs(5))));
        assert!(!format!("{read:?}").contains("GmRhmh"), "C167");
        let least = read_with(|answer| {
            answer["interval"] = Value::Null;
            answer["verification_uri_complete"] = Value::Null;
        })
        .unwrap();
        assert_eq!((least.interval, least.verification_uri_complete), (None, None));
    }

    #[test]
    fn refuses_what_cannot_be_shown_or_asked_with() {
        let long = "a".repeat(LONGEST + 1);
        let cases = [
            ("device_code", vec![json!(null), json!(""), json!(7), json!("a b"), json!(long)]),
            ("user_code", vec![json!(null), json!(""), json!("<script>"), json!("A\u{202e}B"), json!("A".repeat(65))]),
            (
                "verification_uri",
                vec![
                    json!(null),
                    json!("/device"),
                    json!("http://id.example/device"),
                    json!("javascript:alert(1)"),
                    json!("https://u:p@id.example/"),
                ],
            ),
            ("verification_uri_complete", vec![json!(""), json!(7), json!("data:text/html,x")]),
            ("expires_in", vec![json!(null), json!(0), json!(-1), json!("600")]),
            ("interval", vec![json!(-5), json!("5")]),
        ];
        for (name, values) in cases {
            for value in values {
                let refused = read_with(|answer| answer[name] = value.clone()).err();
                assert_eq!(refused, Some(DeviceReason::Malformed(name)), "{name}: {value}");
            }
        }
    }
}
