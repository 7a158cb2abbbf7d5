//! A logout token: the provider says, server to server, whose login has ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! Anyone can post one. So everything that costs nothing is checked before anything is asked of the provider, and the
//! signature last: a [`LogoutToken`] comes out only of [`Provider::logout_token`], once all of it is right. That it
//! came for the first time is for the portal to see, which remembers [`LogoutToken::id`].

use std::time::Duration;

use serde_json::Value;

use super::config::{AudiencePolicy, IdTokenPolicy};
use super::id_token::{IdTokenReason, TOLERANCE, check_audience, check_times, date, subject};
use super::json::Members;
use super::jws::{Jws, JwsReason};
use super::keys::{KeysReason, Wanted};
use super::{Provider, ProviderConfig};
use crate::error::{Code, Error, Result};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The member of `events` that makes it a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The type in the header (§2.4); case does not matter.
const TYPE: &str = "logout+jwt";

/// A logout token is good for no longer than this. §2.4 recommends two minutes at most and demands nothing; widely used
/// providers give five. What is good for longer only serves whoever stole it.
const LONGEST_LIFE: Duration = Duration::from_secs(5 * 60);

/// A provider's session id is not longer than this.
const LONGEST_SESSION_ID: usize = 255;

/// Why a logout token ends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogoutTokenReason {
    /// It is no token signed by the provider, or of another type.
    #[error("{0}")]
    Jws(#[from] JwsReason),
    /// `iss`, `aud`, `sub`, `iat`, `exp` or `nbf` is not what an id_token's would have to be (§2.6).
    #[error("{0}")]
    Claim(#[from] IdTokenReason),
    /// `events` is no object with an object as its logout member.
    #[error("`events` does not say that a login has ended")]
    Events,
    /// `nonce` is there: it may be an id_token.
    #[error("`nonce` must not be there")]
    Nonce,
    /// `jti` is missing, empty or no text.
    #[error("`jti` is missing or malformed")]
    Id,
    /// `sid` is empty, too long, no text, or has control characters.
    #[error("`sid` is malformed")]
    SessionId,
    /// Neither `sub` nor `sid` is there.
    #[error("neither `sub` nor `sid` is there")]
    Nobody,
    /// `exp` lies further ahead than a logout token may live.
    #[error("`exp` lies too far ahead")]
    LivesTooLong,
    /// It came before.
    #[error("the logout token was used already")]
    Replayed,
    /// The session that `sid` names is not that of `sub`.
    #[error("the session of `sid` is not that of `sub`")]
    OtherSubject,
}

impl From<LogoutTokenReason> for Error {
    fn from(reason: LogoutTokenReason) -> Self {
        Self::new(Code::LogoutTokenInvalid, reason.to_string()).because(reason)
    }
}

/// A checked logout token.
pub struct LogoutToken {
    names: Named,
    id: String,
    expires_at: Timestamp,
}

/// Whose login has ended: `sub` is the person, by the `sub` of their id_tokens, `sid` the provider's session.
#[derive(Clone, PartialEq, Eq)]
pub enum Named {
    /// This session, whosever it is.
    Sid(String),
    /// Every session of this person.
    Sub(String),
    /// This session, which is this person's.
    Both {
        /// The session.
        sid: String,
        /// The person.
        sub: String,
    },
}

impl LogoutToken {
    /// Whose login has ended.
    pub fn names(&self) -> &Named {
        &self.names
    }

    /// Its id (`jti`), by which a second one of it is known.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Until when it must be known again: nothing accepts it after that.
    pub fn remember_until(&self) -> Timestamp {
        // Twice: an instance whose clock is slow accepts it while the store's clock is ahead.
        self.expires_at.plus(TOLERANCE).plus(TOLERANCE)
    }
}

impl Provider {
    /// Whether its logout tokens can be checked at all: where its issuer and keys are known and its id_tokens are checked.
    pub fn has_logout_tokens(&self) -> bool {
        self.config.issuer.is_some() && self.config.id_token == IdTokenPolicy::Checked
    }

    /// Checks a logout token, but not whether it came before. A token that is not ours to begin with leads to no
    /// request of ours, and any number of well-made forgeries to one fetch of the key set a minute.
    ///
    /// # Errors
    /// `logout_token_invalid`; `provider_unavailable` or `provider_error` when the provider's metadata or keys cannot be
    /// had, and the provider may try again.
    pub async fn logout_token(&self, token: &Secret) -> Result<LogoutToken> {
        let jws = Jws::parse_typed(token.expose(), TYPE).map_err(LogoutTokenReason::from)?;
        let claims = jws.unverified().map_err(LogoutTokenReason::from)?;
        let checked = Expected::of(&self.config)?.check(&claims, self.clock.now())?;
        let metadata = self.metadata().await?;
        let no_keys = || Error::new(Code::ServiceUnavailable, "the provider's keys have no address");
        let jwks_uri = metadata.jwks_uri.as_ref().ok_or_else(no_keys)?;
        let jws = jws.restricted_to(&metadata.algorithms).map_err(LogoutTokenReason::from)?;
        let wanted = Wanted { id: jws.key_id.as_deref(), algorithm: jws.algorithm };
        let keys = self.keys.for_logout_token(&*self.http, &*self.clock, jwks_uri, wanted).await;
        let keys = keys.map_err(|reason| match reason {
            KeysReason::Fetch(reason) => reason.into_error("key set"),
            KeysReason::Unknown => LogoutTokenReason::from(JwsReason::UnknownKey).into(),
        })?;
        jws.verified(&keys.1).map_err(LogoutTokenReason::from)?;
        Ok(checked)
    }
}

/// Whether the claims say that a login has ended. An empty object is all that stands there (§2.4).
pub(super) fn has_event(claims: &Members) -> bool {
    let event = claims.get("events").and_then(Value::as_object).and_then(|events| events.get(EVENT));
    event.is_some_and(Value::is_object)
}

/// What the claims are held to.
struct Expected<'a> {
    issuer: &'a str,
    client_id: &'a str,
    audience: AudiencePolicy,
    trusted_audiences: &'a [String],
}

impl<'a> Expected<'a> {
    /// As the id_tokens of this provider.
    fn of(config: &'a ProviderConfig) -> Result<Self> {
        let no_issuer = || Error::new(Code::NotFound, "the provider's logout tokens cannot be checked");
        Ok(Self {
            issuer: config.issuer.as_deref().ok_or_else(no_issuer)?,
            client_id: &config.client_id,
            audience: config.audience,
            trusted_audiences: &config.trusted_audiences,
        })
    }

    /// Holds the claims to §2.6, all but the signature.
    fn check(&self, claims: &Members, now: Timestamp) -> Result<LogoutToken, LogoutTokenReason> {
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer) {
            return Err(IdTokenReason::Issuer.into());
        }
        check_audience(claims, self.client_id, self.audience, self.trusted_audiences)?;
        if !has_event(claims) {
            return Err(LogoutTokenReason::Events);
        }
        if claims.contains_key("nonce") {
            return Err(LogoutTokenReason::Nonce);
        }
        check_times(claims, now)?;
        let expires_at = claims.get("exp").and_then(date).ok_or(IdTokenReason::ExpiryMalformed)?;
        if expires_at > now.plus(LONGEST_LIFE).plus(TOLERANCE) {
            return Err(LogoutTokenReason::LivesTooLong);
        }
        let id = claims.get("jti").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or(LogoutTokenReason::Id)?.to_owned();
        let sub = match claims.contains_key("sub") {
            true => Some(subject(claims).ok_or(IdTokenReason::Subject)?),
            false => None,
        };
        let sid = claims.get("sid").map(session_id).transpose()?;
        let names = match (sid, sub) {
            (Some(sid), Some(sub)) => Named::Both { sid, sub },
            (Some(sid), None) => Named::Sid(sid),
            (None, Some(sub)) => Named::Sub(sub),
            (None, None) => return Err(LogoutTokenReason::Nobody),
        };
        Ok(LogoutToken { names, id, expires_at })
    }
}

fn session_id(value: &Value) -> Result<String, LogoutTokenReason> {
    let fits = |sid: &&str| !sid.is_empty() && sid.len() <= LONGEST_SESSION_ID && !sid.chars().any(char::is_control);
    value.as_str().filter(fits).map(str::to_owned).ok_or(LogoutTokenReason::SessionId)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example/oidc";
    const NOW: i64 = 1_800_000_000;

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "aud": "portal", "sub": "s-1", "sid": "session-1", "iat": NOW, "exp": NOW + 120, "jti": "t-1",
            "events": {EVENT: {}},
        })
    }

    fn checked(change: impl FnOnce(&mut Value)) -> Result<LogoutToken, LogoutTokenReason> {
        let mut claims = claims();
        change(&mut claims);
        let Value::Object(claims) = claims else { unreachable!() };
        let expected = Expected {
            issuer: ISSUER,
            client_id: "portal",
            audience: AudiencePolicy::Client,
            trusted_audiences: &["statistics".to_owned()],
        };
        expected.check(&claims, Timestamp::from_unix_seconds(NOW))
    }

    fn with(name: &str, value: &Value) -> Option<LogoutTokenReason> {
        checked(|claims| claims[name] = value.clone()).err()
    }

    fn without(name: &str) -> Option<LogoutTokenReason> {
        checked(|claims| drop(claims.as_object_mut().unwrap().remove(name))).err()
    }

    #[test]
    fn c148_a_good_one_says_whom_and_which_and_more_is_ignored() {
        let token = checked(|claims| claims["more"] = json!({"a": 1})).ok().unwrap();
        assert!(*token.names() == Named::Both { sid: "session-1".to_owned(), sub: "s-1".to_owned() });
        assert_eq!(token.id(), "t-1");
        assert_eq!(token.remember_until(), Timestamp::from_unix_seconds(NOW + 240));
        for one in ["sub", "sid"] {
            assert_eq!(without(one), None, "{one} is not needed");
        }
    }

    #[test]
    fn c150_c151_the_event_is_there_and_no_nonce() {
        for events in [
            json!(null),
            json!([]),
            json!([EVENT]),
            json!(EVENT),
            json!({}),
            json!({"http://schemas.openid.net/event/other": {}}),
            json!({EVENT: null}),
            json!({EVENT: []}),
            json!({EVENT: ""}),
            json!({EVENT: true}),
        ] {
            assert_eq!(with("events", &events), Some(LogoutTokenReason::Events), "{events}");
        }
        assert_eq!(without("events"), Some(LogoutTokenReason::Events));
        assert_eq!(with("events", &json!({EVENT: {"x": 1}, "urn:other": 1})), None);
        for nonce in [json!("n"), json!(""), json!(null)] {
            assert_eq!(with("nonce", &nonce), Some(LogoutTokenReason::Nonce), "{nonce}");
        }
    }

    #[test]
    fn c152_issuer_and_audience_are_as_in_an_id_token() {
        for bad in [json!("https://id.example/oidc/"), json!([ISSUER]), json!(null)] {
            assert_eq!(with("iss", &bad), Some(IdTokenReason::Issuer.into()), "{bad}");
        }
        for bad in [json!("other"), json!(["portal", "other"]), json!([]), json!(null)] {
            assert_eq!(with("aud", &bad), Some(IdTokenReason::Audience.into()), "{bad}");
        }
        assert_eq!(with("aud", &json!(["portal", "statistics"])), None);
        assert_eq!(with("azp", &json!("other")), Some(IdTokenReason::AuthorizedParty.into()));
    }

    #[test]
    fn c153_times_are_there_and_close() {
        assert_eq!(without("exp"), Some(IdTokenReason::ExpiryMalformed.into()));
        assert_eq!(without("iat"), Some(IdTokenReason::IssuedAtMalformed.into()));
        for (name, value, reason) in [
            ("exp", NOW - 60, None),
            ("exp", NOW - 61, Some(IdTokenReason::Expired.into())),
            ("exp", NOW + 360, None),
            ("exp", NOW + 361, Some(LogoutTokenReason::LivesTooLong)),
            ("exp", i64::MAX, Some(IdTokenReason::ExpiryMalformed.into())),
            ("iat", NOW + 60, None),
            ("iat", NOW + 61, Some(IdTokenReason::IssuedLater.into())),
            ("nbf", NOW + 61, Some(IdTokenReason::NotYet.into())),
        ] {
            assert_eq!(with(name, &json!(value)), reason, "{name} {value}");
        }
        assert_eq!(without("jti"), Some(LogoutTokenReason::Id));
        for bad in [json!(""), json!(7), json!(null)] {
            assert_eq!(with("jti", &bad), Some(LogoutTokenReason::Id), "{bad}");
        }
    }

    #[test]
    fn c155_somebody_is_named_and_legibly() {
        let nobody = checked(|claims| {
            let claims = claims.as_object_mut().unwrap();
            claims.remove("sub");
            claims.remove("sid");
        });
        assert_eq!(nobody.err(), Some(LogoutTokenReason::Nobody));
        for bad in [json!(""), json!(7), json!(null), json!("a\nb"), json!("x".repeat(256))] {
            assert_eq!(with("sub", &bad), Some(IdTokenReason::Subject.into()), "{bad}");
            assert_eq!(with("sid", &bad), Some(LogoutTokenReason::SessionId), "{bad}");
        }
    }
}
