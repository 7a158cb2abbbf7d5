//! Whom we talk to: the identity providers and their wire.
//!
//! A provider is a profile ([`ProviderConfig`]) and, at run time, a [`Provider`]: its settings with its metadata and
//! keys, fetched when they are first needed and kept. Making a request and checking the answer are two steps with a
//! type of their own each; an [`Identity`] comes out only of [`Provider::exchange`], once all of it is checked.
//!
//! What comes in is held to OpenID Connect Core §3.1.3.7, RFC 8725 and RFC 9700. Nothing of an upstream body, no token
//! and no claim is ever in an error: the [`reason`]s say what was wrong and not with what.

mod algorithm;
mod authorization;
mod authorization_error;
mod cache;
mod call;
mod callback;
mod claims;
mod client_auth;
mod config;
mod device;
mod discovery;
pub mod doctor;
mod envelope;
mod id_token;
pub(crate) mod json;
mod jwks;
mod jws;
mod keys;
mod logout_request;
mod logout_token;
mod metadata;
mod token;
mod userinfo;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use url::Url;

pub use self::authorization::AuthorizationRequest;
pub use self::authorization_error::{AuthorizationError, AuthorizationFailure};
pub use self::callback::CallbackQuery;
use self::claims::Checked;
pub use self::client_auth::{ClientAuth, ClientKey, ClientKeyRejected};
pub use self::config::{
    AudiencePolicy, Claim, ClaimForms, ConfigError, ConfigProblem, Environment, Fresh, IdTokenPolicy, LogoutUri,
    NoncePolicy, Pkce, ProviderConfig, SubjectSource, Unreadable, UserinfoMethod, VNEID_LOGOUT_HOSTS, Vouching,
};
pub use self::device::{DeviceAuthorization, DeviceOutcome, DevicePoll};
use self::discovery::Discovery;
pub use self::envelope::{Cipher, ClearAnswers, Envelope, EnvelopeKey, EnvelopeKeyRejected};

use self::id_token::{Expected, IdToken, IdTokenReason};
use self::json::Members;
use self::jws::Jws;
use self::keys::{Keys, Wanted};
pub(crate) use self::logout_request::LogoutHints;
use self::logout_request::LogoutHost;
pub use self::logout_token::{LogoutToken, Named};
use self::metadata::Metadata;

use self::token::{CodeExchange, Proof, Tokens};
use crate::error::{Code, Error, Result};
use crate::flow::login::{Exchange, ResponseIssuer};
use crate::flow::logout::Ahead;
pub use crate::http::{HttpClient, HttpFailure, ReqwestClient, ReqwestClientBuilder, ReqwestClientError};
use crate::identity::{CitizenId, Identity};
use crate::random::Randomness;
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};

/// Why things were refused, for operators and tests: the [`source`](std::error::Error::source) of an [`Error`] is one of
/// these, always the innermost.
pub mod reason {
    pub use super::call::CallReason;
    pub use super::callback::CallbackReason;
    pub use super::claims::ClaimsReason;
    pub use super::device::DeviceReason;
    pub use super::envelope::EnvelopeReason;
    pub use super::id_token::IdTokenReason;
    pub use super::json::JsonReason;
    pub use super::jwks::KeySetReason;
    pub use super::jws::JwsReason;
    pub use super::logout_token::LogoutTokenReason;
    pub use super::metadata::MetadataReason;
    pub use super::token::TokenReason;
    pub use super::userinfo::UserinfoReason;
}

/// One provider at run time: its settings, and its metadata and keys as they are known. Shared behind an [`Arc`].
pub struct Provider {
    config: ProviderConfig,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    discovery: Discovery,
    keys: Keys,
    hash_subject: Option<Box<HashSubject>>,
}

/// What a finished login gives: who it is, and what ends the provider's session later. Made only by
/// [`Provider::exchange`] and [`Provider::poll_device`].
#[derive(Debug)]
pub struct Verified {
    identity: Identity,
    logout: LogoutHints,
    /// Claims that could not be read and were left out.
    left_out: Vec<Claim>,
}

impl Verified {
    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn into_parts(self) -> (Identity, LogoutHints) {
        (self.identity, self.logout)
    }
}

/// What an id_token is held to beside the settings: that it belongs to this login.
struct HeldTo<'a> {
    nonce: &'a Secret,
    nonce_policy: NoncePolicy,
    code: &'a Secret,
    authenticated_after: Option<Timestamp>,
}

type HashSubject = dyn Fn(&CitizenId) -> String + Send + Sync;

impl Provider {
    /// A provider with these settings. Nothing is fetched yet: a provider that is down stops nobody from starting.
    ///
    /// # Errors
    /// When a setting can never work, by name.
    pub fn new(
        config: ProviderConfig,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let discovery = Discovery::new(&config).ok_or_else(|| ConfigError::issuer(&config.name))?;
        Ok(Self { config, http, clock, randomness, discovery, keys: Keys::new(), hash_subject: None })
    }

    /// What stands for the subject where the dialect has none ([`SubjectSource::HashedCitizenId`]): a keyed hash of the
    /// citizen id, the same at every login. A portal that is put together by its builder has one; without it no login of
    /// such a dialect succeeds.
    #[must_use]
    pub fn hashing_subjects(mut self, hash: impl Fn(&CitizenId) -> String + Send + Sync + 'static) -> Self {
        self.hash_subject = Some(Box::new(hash));
        self
    }

    /// Its settings.
    pub fn config(&self) -> &ProviderConfig {
        &self.config
    }

    /// Where to send the browser, and what `iss` in the answer must be (RFC 9207).
    ///
    /// # Errors
    /// `provider_unavailable` when the provider's metadata cannot be had, `provider_error` when they are nonsense.
    pub async fn authorization_request(&self, ask: &AuthorizationRequest) -> Result<(Url, ResponseIssuer)> {
        let metadata = self.metadata().await?;
        let url = authorization::url(&self.config, &metadata, ask)?;
        let issuer = match (&self.config.issuer, metadata.sends_issuer) {
            (Some(issuer), true) => ResponseIssuer::Required(issuer.clone()),
            (Some(issuer), false) => ResponseIssuer::IfPresent(issuer.clone()),
            (None, _) => ResponseIssuer::DangerousUnchecked,
        };
        Ok((url, issuer))
    }

    /// Exchanges the code and checks what comes: the id_token as the profile holds it, then userinfo. The `redirect_uri`
    /// is the one of the authorization request. The code is spent by this, whatever comes.
    ///
    /// # Errors
    /// `provider_unavailable`, `provider_error`, `token_invalid` or `profile_invalid`; the level is not checked here.
    pub async fn exchange(&self, exchange: &Exchange, redirect_uri: &str) -> Result<Verified> {
        let metadata = self.metadata().await?;
        let envelope = self.config.envelope.as_ref();
        // A dialect without envelopes knows no `encrypt_key`.
        let encrypt_key = exchange.encrypt_key.as_ref().filter(|_| envelope.is_some());
        let code = match envelope {
            Some(envelope) => &envelope.code(&exchange.code, encrypt_key)?,
            None => &exchange.code,
        };
        let with = CodeExchange {
            token_endpoint: &metadata.token_endpoint,
            client_id: &self.config.client_id,
            proof: self.proof(&metadata)?,
            code,
            encrypt_key,
            verifier: (self.config.pkce != Pkce::DangerousOff).then_some(&exchange.verifier),
            redirect_uri,
            envelope,
        };
        let tokens = token::exchange(&*self.http, with).await?;
        let held_to = HeldTo {
            nonce: &exchange.nonce,
            nonce_policy: self.config.nonce,
            code,
            authenticated_after: exchange.authenticated_after,
        };
        self.verified(&metadata, tokens, held_to).await
    }

    /// Who it is that these tokens were given for, by an id_token and userinfo of which everything is checked.
    async fn verified(&self, metadata: &Metadata, tokens: Tokens, held_to: HeldTo<'_>) -> Result<Verified> {
        let checked = self.checked(metadata, &tokens, held_to).await?;
        let userinfo = self.userinfo(metadata, &tokens, checked.as_ref()).await?;
        let told = claims::told(
            &self.config,
            &Checked {
                id_token: checked.as_ref(),
                userinfo: userinfo.as_ref(),
                hashed: &|number| Some(self.hash_subject.as_ref()?(number)),
                now: self.clock.now(),
            },
        )?;
        let hints = self.logout_hints(metadata, tokens, told.logout_uri);
        let logout = LogoutHints { subject: checked.map(|token| token.subject), ..hints };
        Ok(Verified { identity: told.identity, logout, left_out: told.left_out })
    }

    async fn userinfo(
        &self,
        metadata: &Metadata,
        tokens: &Tokens,
        checked: Option<&IdToken>,
    ) -> Result<Option<Members>> {
        let Some(endpoint) = &metadata.userinfo_endpoint else { return Ok(None) };
        let request = userinfo::Request {
            endpoint,
            method: self.config.userinfo,
            access_token: &tokens.access_token,
            envelope: self.config.envelope.as_ref(),
        };
        let subject = checked.map(|token| token.subject.as_str());
        Ok(Some(userinfo::claims(&*self.http, request, subject).await?))
    }

    /// What the day of the logout needs, and no more.
    fn logout_hints(&self, metadata: &Metadata, tokens: Tokens, logout_uri: Option<Secret>) -> LogoutHints {
        if !self.config.ends_session {
            return LogoutHints::default();
        }
        let added = &self.config.logout_parameters;
        let by_token = metadata.end_session_endpoint.as_ref();
        let by_token = by_token.is_some_and(|endpoint| logout_request::asks_for(endpoint, added, "{access_token}"));
        let access_token = by_token.then_some(tokens.access_token);
        LogoutHints { id_token: tokens.id_token, access_token, logout_uri, subject: None }
    }

    /// Where to send the browser to end the provider's session, and then the one behind it; nowhere when the provider has
    /// no such address, when it cannot be had now, or when the settings say so.
    pub(crate) async fn logout(&self, hints: &LogoutHints, post_logout_redirect_uri: &str, state: &str) -> Ahead {
        if !self.config.ends_session {
            return Ahead::default();
        }
        let origin = hints.logout_uri.clone();
        if origin.is_some() && self.config.logout_uri == LogoutUri::Instead {
            return Ahead { origin, ..Ahead::default() };
        }
        let endpoint = self.metadata().await.ok().and_then(|metadata| metadata.end_session_endpoint.clone());
        let values =
            logout_request::Values { hints, client_id: &self.config.client_id, post_logout_redirect_uri, state };
        let added = &self.config.logout_parameters;
        let provider = endpoint.map(|endpoint| logout_request::url(&endpoint, added, &values));
        Ahead { provider, origin, ..Ahead::default() }
    }

    /// The origins that the browser may be sent to at logout, for `form-action`. Fetches nothing: until the metadata are
    /// known it is the issuer's, where the endpoint mostly is. None when the provider's session is not ended.
    pub fn logout_origins(&self) -> Vec<String> {
        if !self.config.ends_session {
            return Vec::new();
        }
        let endpoint = match self.discovery.kept() {
            Some(metadata) => metadata.end_session_endpoint.clone(),
            None => self.config.issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok()),
        };
        let by_claim = self.config.claims.name(Claim::LogoutUri).is_some();
        let hosts = self.config.logout_hosts.iter().filter(|_| by_claim);
        let hosts = hosts.filter_map(|host| LogoutHost::parse(host)?.origin());
        endpoint.map(|endpoint| endpoint.origin().ascii_serialization()).into_iter().chain(hosts).collect()
    }

    /// The origin that the browser is sent to at login, for `form-action`: a form may lead there. Fetches nothing, as above.
    pub fn login_origin(&self) -> Option<String> {
        let endpoint = match self.discovery.kept() {
            Some(metadata) => Some(metadata.authorization_endpoint.clone()),
            None => self.config.issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok()),
        };
        endpoint.map(|endpoint| endpoint.origin().ascii_serialization())
    }

    async fn metadata(&self) -> Result<Arc<Metadata>> {
        self.discovery.metadata(&*self.http, &*self.clock).await
    }

    fn proof(&self, metadata: &Metadata) -> Result<Proof<'_>> {
        let secret = || {
            let secret = self.config.client_secret.as_ref();
            secret.ok_or_else(|| Error::new(Code::ServiceUnavailable, "the client has no secret"))
        };
        let listed = |method: &str| metadata.client_auth_methods.iter().any(|listed| listed == method);
        Ok(match &self.config.client_auth {
            ClientAuth::ClientSecretBasic => Proof::Basic(secret()?),
            ClientAuth::Discovered if listed("client_secret_basic") => Proof::Basic(secret()?),
            ClientAuth::ClientSecretPost | ClientAuth::Discovered => Proof::Post(secret()?),
            ClientAuth::PrivateKeyJwt(key) => Proof::Assertion(key.assertion(
                &self.config.client_id,
                self.config.issuer.as_deref().unwrap_or(metadata.token_endpoint.as_str()),
                &metadata.client_auth_algorithms,
                self.clock.now(),
                &*self.randomness,
            )?),
        })
    }

    /// The id_token, its signature and every claim checked; `None` where the profile takes none for identity.
    async fn checked(&self, metadata: &Metadata, tokens: &Tokens, held_to: HeldTo<'_>) -> Result<Option<IdToken>> {
        let config = &self.config;
        if config.id_token == IdTokenPolicy::DangerousNoIdToken {
            return Ok(None);
        }
        let id_token = tokens.id_token.as_ref().ok_or(IdTokenReason::Missing)?;
        let no_keys = || Error::new(Code::ServiceUnavailable, "the provider's keys have no address");
        let (jwks_uri, issuer) = match (&metadata.jwks_uri, &config.issuer) {
            (Some(jwks_uri), Some(issuer)) => (jwks_uri, issuer),
            _ => return Err(no_keys()),
        };
        let jws = Jws::parse(id_token.expose(), &metadata.algorithms).map_err(IdTokenReason::from)?;
        let wanted = Wanted { id: jws.key_id.as_deref(), algorithm: jws.algorithm };
        let keys = self.keys.for_id_token(&*self.http, &*self.clock, jwks_uri, wanted).await?;
        let claims = jws.verified(&keys.1).map_err(IdTokenReason::from)?;
        let expected = Expected {
            issuer,
            client_id: &config.client_id,
            audience: config.audience,
            trusted_audiences: &config.trusted_audiences,
            nonce: held_to.nonce,
            nonce_policy: held_to.nonce_policy,
            code: held_to.code,
            access_token: &tokens.access_token,
            authenticated_after: held_to.authenticated_after,
            max_age: config.max_age,
            fresh: config.fresh,
            now: self.clock.now(),
        };
        Ok(Some(id_token::check(claims, jws.algorithm, &expected)?))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("config", &self.config).finish_non_exhaustive()
    }
}
