//! The claims of an id_token, held to what was asked (OpenID Connect Core §3.1.3.7).
//!
//! Its signature is verified before (`jws`); the clock is ours, never the token library's.

use std::time::Duration;

use aws_lc_rs::digest::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::algorithm::Algorithm;
use super::config::{AudiencePolicy, Fresh, NoncePolicy};
use super::json::Members;
use super::jws::JwsReason;
use super::logout_token;
use crate::error::{Code, Error};
use crate::secret::Secret;
use crate::time::Timestamp;

/// Clocks may differ by so much, both ways.
pub(super) const TOLERANCE: Duration = Duration::from_secs(60);

/// The last second of the year 9999: a later time is no time.
const END_OF_TIME: i64 = 253_402_300_799;

/// A subject has at most so many characters (OpenID Connect Core §2).
const LONGEST_SUBJECT: usize = 255;

/// Why an id_token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenReason {
    /// The token answer holds none.
    #[error("there is no id_token")]
    Missing,
    /// It is no token signed by the provider.
    #[error("{0}")]
    Jws(#[from] JwsReason),
    /// `iss` is not, byte for byte, the provider's issuer.
    #[error("`iss` is not the provider's issuer")]
    Issuer,
    /// `aud` is missing, is not us, or names somebody whom we do not trust beside us.
    #[error("`aud` is not us alone")]
    Audience,
    /// `azp` is somebody else.
    #[error("`azp` is not us")]
    AuthorizedParty,
    /// `sub` is missing, empty, too long, no text, or has control characters.
    #[error("`sub` is missing or malformed")]
    Subject,
    /// `exp` is missing or no sensible number.
    #[error("`exp` is missing or malformed")]
    ExpiryMalformed,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// `iat` is missing or no sensible number.
    #[error("`iat` is missing or malformed")]
    IssuedAtMalformed,
    /// It was issued in the future.
    #[error("the token was issued in the future")]
    IssuedLater,
    /// `nbf` is no sensible number.
    #[error("`nbf` is malformed")]
    NotBeforeMalformed,
    /// It is not valid yet.
    #[error("the token is not valid yet")]
    NotYet,
    /// `nonce` is missing or not the one of this login.
    #[error("`nonce` is not the one of this login")]
    Nonce,
    /// `at_hash` is not that of the access token.
    #[error("`at_hash` is not that of the access token")]
    AccessTokenHash,
    /// `c_hash` is not that of the code.
    #[error("`c_hash` is not that of the code")]
    CodeHash,
    /// `auth_time` is missing where it is needed, or no sensible number, or lies in the future.
    #[error("`auth_time` is missing or malformed")]
    AuthTimeMalformed,
    /// The person authenticated longer ago than was asked for.
    #[error("the authentication is older than was asked for")]
    AuthenticatedBefore,
    /// `acr` is no text.
    #[error("`acr` is malformed")]
    Acr,
    /// It is a logout token (OpenID Connect Back-Channel Logout 1.0 §4.1).
    #[error("it is a logout token")]
    LogoutToken,
}

impl From<IdTokenReason> for Error {
    fn from(reason: IdTokenReason) -> Self {
        Self::new(Code::TokenInvalid, reason.to_string()).because(reason)
    }
}

/// What the claims are held to.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) audience: AudiencePolicy,
    pub(crate) trusted_audiences: &'a [String],
    pub(crate) nonce: &'a Secret,
    pub(crate) nonce_policy: NoncePolicy,
    pub(crate) code: &'a Secret,
    pub(crate) access_token: &'a Secret,
    /// A new authentication was asked for at this time.
    pub(crate) authenticated_after: Option<Timestamp>,
    /// The authentication may be this old.
    pub(crate) max_age: Option<Duration>,
    /// Whether either must be shown.
    pub(crate) fresh: Fresh,
    pub(crate) now: Timestamp,
}

/// A checked id_token. It has no `Debug`, since it would print a person.
pub(crate) struct IdToken {
    pub(crate) subject: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) authenticated_at: Option<Timestamp>,
    pub(crate) acr: Option<String>,
    /// All of its claims, for what is read leniently.
    pub(crate) claims: Members,
}

/// Checks the claims of a token that was signed with this algorithm.
pub(crate) fn check(claims: Members, algorithm: Algorithm, expected: &Expected<'_>) -> Result<IdToken, IdTokenReason> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(IdTokenReason::Issuer);
    }
    check_audience(&claims, expected.client_id, expected.audience, expected.trusted_audiences)?;
    if logout_token::has_event(&claims) {
        return Err(IdTokenReason::LogoutToken);
    }
    let subject = subject(&claims).ok_or(IdTokenReason::Subject)?;
    let issued_at = check_times(&claims, expected.now)?;
    check_nonce(&claims, expected)?;
    check_hash(&claims, "at_hash", expected.access_token, algorithm, IdTokenReason::AccessTokenHash)?;
    check_hash(&claims, "c_hash", expected.code, algorithm, IdTokenReason::CodeHash)?;
    let authenticated_at = check_authentication(&claims, expected)?;
    let acr = match claims.get("acr") {
        None | Some(Value::Null) => None,
        Some(Value::String(acr)) => Some(acr.clone()),
        Some(_) => return Err(IdTokenReason::Acr),
    };
    Ok(IdToken { subject, issued_at, authenticated_at, acr, claims })
}

/// `aud` and `azp`: we alone, and whom the settings trust beside us.
pub(super) fn check_audience(
    claims: &Members,
    client_id: &str,
    policy: AudiencePolicy,
    trusted: &[String],
) -> Result<(), IdTokenReason> {
    let trusted = |audience: &str| trusted.iter().any(|trusted| trusted == audience);
    let fits = match claims.get("aud") {
        Some(Value::String(audience)) => audience == client_id,
        Some(Value::Array(audiences)) => {
            let texts: Option<Vec<&str>> = audiences.iter().map(Value::as_str).collect();
            texts.is_some_and(|texts| {
                texts.contains(&client_id) && texts.iter().all(|audience| *audience == client_id || trusted(audience))
            })
        }
        _ => false,
    };
    let is_party = claims.get("azp").and_then(Value::as_str) == Some(client_id);
    let other = policy == AudiencePolicy::DangerousAuthorizedParty && is_party && claims.contains_key("aud");
    if !fits && !other {
        return Err(IdTokenReason::Audience);
    }
    match claims.get("azp") {
        None => Ok(()),
        Some(party) if party.as_str() == Some(client_id) => Ok(()),
        Some(_) => Err(IdTokenReason::AuthorizedParty),
    }
}

/// `sub`, as an id_token and userinfo both name the person.
pub(crate) fn subject(claims: &Members) -> Option<String> {
    let subject = claims.get("sub")?.as_str()?;
    is_subject(subject).then(|| subject.to_owned())
}

/// Whether a text can name a person.
pub(crate) fn is_subject(subject: &str) -> bool {
    !subject.is_empty()
        && subject.chars().count() <= LONGEST_SUBJECT
        && !subject.chars().any(|c| c.is_control() || c == '\u{2028}' || c == '\u{2029}')
}

/// `exp`, `iat` and `nbf`; gives `iat`.
pub(super) fn check_times(claims: &Members, now: Timestamp) -> Result<Timestamp, IdTokenReason> {
    let expires_at = claims.get("exp").and_then(date).ok_or(IdTokenReason::ExpiryMalformed)?;
    if now > expires_at.plus(TOLERANCE) {
        return Err(IdTokenReason::Expired);
    }
    let issued_at = claims.get("iat").and_then(date).ok_or(IdTokenReason::IssuedAtMalformed)?;
    if issued_at > now.plus(TOLERANCE) {
        return Err(IdTokenReason::IssuedLater);
    }
    if let Some(value) = claims.get("nbf")
        && date(value).ok_or(IdTokenReason::NotBeforeMalformed)? > now.plus(TOLERANCE)
    {
        return Err(IdTokenReason::NotYet);
    }
    Ok(issued_at)
}

/// A `NumericDate` (RFC 7519 §2): a number, never a text, of seconds that lie in this calendar.
pub(super) fn date(value: &Value) -> Option<Timestamp> {
    // A fraction of a second is allowed and dropped; the cast saturates, and what it saturates to is out of range.
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
    (0..=END_OF_TIME).contains(&seconds).then(|| Timestamp::from_unix_seconds(seconds))
}

fn check_nonce(claims: &Members, expected: &Expected<'_>) -> Result<(), IdTokenReason> {
    match (claims.get("nonce"), expected.nonce_policy) {
        (None, NoncePolicy::Sent | NoncePolicy::DangerousOff) => Ok(()),
        // A nonce that was never sent belongs to somebody else's login.
        (None, NoncePolicy::Required) | (Some(_), NoncePolicy::DangerousOff) => Err(IdTokenReason::Nonce),
        (Some(nonce), NoncePolicy::Required | NoncePolicy::Sent) => {
            let nonce = nonce.as_str().ok_or(IdTokenReason::Nonce)?;
            let same: bool = nonce.as_bytes().ct_eq(expected.nonce.expose().as_bytes()).into();
            if same { Ok(()) } else { Err(IdTokenReason::Nonce) }
        }
    }
}

/// The left half of the hash that goes with the token's algorithm (OpenID Connect Core §3.1.3.6, §3.3.2.11).
fn check_hash(
    claims: &Members,
    name: &str,
    of: &Secret,
    algorithm: Algorithm,
    wrong: IdTokenReason,
) -> Result<(), IdTokenReason> {
    let Some(stated) = claims.get(name) else { return Ok(()) };
    let hash = digest(algorithm.hash(), of.expose().as_bytes());
    let half = hash.as_ref().get(..hash.as_ref().len() / 2).unwrap_or_default();
    if stated.as_str() == Some(URL_SAFE_NO_PAD.encode(half).as_str()) { Ok(()) } else { Err(wrong) }
}

fn check_authentication(claims: &Members, expected: &Expected<'_>) -> Result<Option<Timestamp>, IdTokenReason> {
    let authenticated_at = match claims.get("auth_time") {
        None | Some(Value::Null) => None,
        Some(value) => Some(date(value).ok_or(IdTokenReason::AuthTimeMalformed)?),
    };
    if authenticated_at.is_some_and(|at| at > expected.now.plus(TOLERANCE)) {
        return Err(IdTokenReason::AuthTimeMalformed);
    }
    let oldest = expected.max_age.map(|age| expected.now.minus(age)).max(expected.authenticated_after);
    match (oldest, authenticated_at) {
        (Some(oldest), Some(at)) if at < oldest.minus(TOLERANCE) => return Err(IdTokenReason::AuthenticatedBefore),
        (Some(_), None) if expected.fresh == Fresh::Proved => return Err(IdTokenReason::AuthTimeMalformed),
        _ => {}
    }
    Ok(authenticated_at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example/oidc";
    const NOW: i64 = 1_800_000_000;

    fn claims() -> Value {
        json!({"iss": ISSUER, "aud": "portal", "sub": "s-1", "exp": NOW + 300, "iat": NOW, "nonce": "n-1"})
    }

    fn checked(
        change: impl FnOnce(&mut Value),
        expect: impl FnOnce(&mut Expected<'_>),
    ) -> Result<IdToken, IdTokenReason> {
        let mut claims = claims();
        change(&mut claims);
        let Value::Object(claims) = claims else { unreachable!() };
        let (nonce, code, access_token) = ("n-1".into(), "code".into(), "access".into());
        let mut expected = Expected {
            issuer: ISSUER,
            client_id: "portal",
            audience: AudiencePolicy::Client,
            nonce_policy: NoncePolicy::Required,
            fresh: Fresh::Proved,
            trusted_audiences: &["statistics".to_owned()],
            nonce: &nonce,
            code: &code,
            access_token: &access_token,
            authenticated_after: None,
            max_age: None,
            now: Timestamp::from_unix_seconds(NOW),
        };
        expect(&mut expected);
        check(claims, Algorithm::Rs256, &expected)
    }

    fn with(name: &str, value: Value) -> Result<IdToken, IdTokenReason> {
        checked(|claims| claims[name] = value, |_| {})
    }

    fn without(name: &str) -> Result<IdToken, IdTokenReason> {
        checked(|claims| drop(claims.as_object_mut().unwrap().remove(name)), |_| {})
    }

    fn expect(outcome: Result<IdToken, IdTokenReason>, reason: IdTokenReason, what: &Value) {
        assert_eq!(outcome.err(), Some(reason), "{what}");
    }

    #[test]
    fn c92_the_issuer_is_exact() {
        assert_eq!(without("iss").err(), Some(IdTokenReason::Issuer));
        for bad in
            [json!("https://id.example/oidc/"), json!("https://id.example"), json!([ISSUER]), json!(1), json!(null)]
        {
            expect(with("iss", bad.clone()), IdTokenReason::Issuer, &bad);
        }
    }

    #[test]
    fn c93_c94_the_audience_is_us() {
        for good in [json!("portal"), json!(["portal"]), json!(["statistics", "portal"])] {
            assert!(with("aud", good.clone()).is_ok(), "{good}");
        }
        for bad in [
            json!("other"),
            json!("portal2"),
            json!("porta"),
            json!(7),
            json!([]),
            json!(["portal", "other"]),
            json!(["statistics"]),
            json!(["portal", 7]),
            json!({"portal": true}),
        ] {
            expect(with("aud", bad.clone()), IdTokenReason::Audience, &bad);
        }
        assert_eq!(without("aud").err(), Some(IdTokenReason::Audience));
        assert!(with("azp", json!("portal")).is_ok());
        for bad in [json!("other"), json!(["portal"]), json!(null)] {
            expect(with("azp", bad.clone()), IdTokenReason::AuthorizedParty, &bad);
        }
    }

    #[test]
    fn c95_the_subject_is_a_sensible_text() {
        assert!(with("sub", json!("x".repeat(255))).is_ok());
        assert_eq!(without("sub").err(), Some(IdTokenReason::Subject));
        for bad in [json!(""), json!("x".repeat(256)), json!(7), json!("a\u{0}b"), json!("a\nb"), json!(["s"])] {
            expect(with("sub", bad.clone()), IdTokenReason::Subject, &bad);
        }
    }

    #[test]
    fn c96_c97_c98_times_are_sensible_numbers() {
        let bad = [json!("99999999999"), json!(-1), json!(1e300), json!(null), json!(true), json!([NOW])];
        for (name, reason) in [
            ("exp", IdTokenReason::ExpiryMalformed),
            ("iat", IdTokenReason::IssuedAtMalformed),
            ("nbf", IdTokenReason::NotBeforeMalformed),
            ("auth_time", IdTokenReason::AuthTimeMalformed),
        ] {
            for bad in bad.iter().filter(|bad| !(name == "auth_time" && bad.is_null())) {
                expect(with(name, bad.clone()), reason, bad);
            }
        }
        assert_eq!(without("exp").err(), Some(IdTokenReason::ExpiryMalformed));
        assert_eq!(without("iat").err(), Some(IdTokenReason::IssuedAtMalformed));
        assert!(with("exp", json!(1_800_000_000.5)).is_ok());
        assert!(with("iat", json!(NOW - 7 * 86_400)).is_ok());
    }

    #[test]
    fn c99_the_tolerance_is_60_seconds_both_ways() {
        for (name, at_limit, beyond, reason) in [
            ("exp", NOW - 60, NOW - 61, IdTokenReason::Expired),
            ("iat", NOW + 60, NOW + 61, IdTokenReason::IssuedLater),
            ("nbf", NOW + 60, NOW + 61, IdTokenReason::NotYet),
        ] {
            assert!(with(name, json!(at_limit)).is_ok(), "{name}");
            expect(with(name, json!(beyond)), reason, &json!(name));
        }
    }

    #[test]
    fn c100_the_nonce_is_this_logins() {
        assert_eq!(without("nonce").err(), Some(IdTokenReason::Nonce));
        for bad in [json!("n-2"), json!(""), json!(["n-1"]), json!(null)] {
            expect(with("nonce", bad.clone()), IdTokenReason::Nonce, &bad);
        }
    }

    #[test]
    fn c103_hashes_that_are_there_are_right() {
        // The left halves of SHA-256 over "access" and "code".
        let half = |text: &str, algorithm: Algorithm| {
            let hash = digest(algorithm.hash(), text.as_bytes());
            json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2]))
        };
        assert!(with("at_hash", half("access", Algorithm::Rs256)).is_ok());
        assert!(with("c_hash", half("code", Algorithm::Rs256)).is_ok());
        for bad in [half("other", Algorithm::Rs256), half("access", Algorithm::Rs512), json!(""), json!(null), json!(1)]
        {
            expect(with("at_hash", bad.clone()), IdTokenReason::AccessTokenHash, &bad);
            expect(with("c_hash", bad.clone()), IdTokenReason::CodeHash, &bad);
        }
    }

    #[test]
    fn c106_a_fresh_login_is_fresh() {
        let after = |at: Option<i64>| {
            let started = Timestamp::from_unix_seconds(NOW - 30);
            let change = |claims: &mut Value| {
                if let Some(at) = at {
                    claims["auth_time"] = json!(at);
                }
            };
            checked(change, |expected| expected.authenticated_after = Some(started))
        };
        assert!(after(Some(NOW - 30)).is_ok());
        assert!(after(Some(NOW - 90)).is_ok());
        assert_eq!(after(Some(NOW - 91)).err(), Some(IdTokenReason::AuthenticatedBefore));
        assert_eq!(after(Some(NOW + 61)).err(), Some(IdTokenReason::AuthTimeMalformed));
        assert_eq!(after(None).err(), Some(IdTokenReason::AuthTimeMalformed));
        let aged = |at: i64| {
            let age = |expected: &mut Expected<'_>| expected.max_age = Some(Duration::from_secs(600));
            checked(|claims| claims["auth_time"] = json!(at), age)
        };
        assert!(aged(NOW - 660).is_ok());
        assert_eq!(aged(NOW - 661).err(), Some(IdTokenReason::AuthenticatedBefore));
    }
}
