//! Whom we talk to: the identity providers and their wire.
//!
//! A provider is a profile ([`ProviderConfig`]) and, at run time, a [`Provider`]: its settings with its metadata and
//! keys, fetched when they are first needed and kept. Making a request and checking the answer are two steps with a
//! type of their own each; an [`Identity`] comes out only of [`Provider::exchange`], once all of it is checked.
//!
//! What comes in is held to OpenID Connect Core §3.1.3.7, RFC 8725 and RFC 9700. Nothing of an upstream body, no token
//! and no claim is ever in an error: the [`reason`]s say what was wrong and not with what.

mod address;
mod algorithm;
mod authorization;
mod authorization_error;
mod cache;
mod call;
mod callback;
mod claims;
mod client_auth;
mod config;
mod config_check;
mod discovery;
mod end_session;
#[allow(dead_code, reason = "the sealed dialect is the next to use it")]
mod envelope;
mod http;
mod id_token;
mod json;
mod jwks;
mod jws;
mod keys;
mod metadata;
mod reqwest_client;
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
pub use self::client_auth::{ClientAuth, ClientKey, ClientKeyRejected};
pub use self::config::ProviderConfig;
pub use self::config_check::{ConfigError, ConfigProblem};
use self::discovery::Discovery;
pub use self::envelope::{Cipher, ClearAnswers, Envelope, EnvelopeKey, EnvelopeKeyRejected};
pub use self::http::{HttpClient, HttpFailure};
use self::id_token::{Expected, IdToken, IdTokenReason};
use self::jws::Jws;
use self::keys::{Keys, Wanted};
use self::metadata::Metadata;
pub use self::reqwest_client::{ReqwestClient, ReqwestClientBuilder, ReqwestClientError};
use self::token::{CodeExchange, Proof, Tokens};
use crate::error::{Code, Error, Result};
use crate::flow::login::{Exchange, ResponseIssuer};
use crate::identity::Identity;
use crate::random::Randomness;
use crate::secret::Secret;
use crate::time::Clock;

/// Why things were refused, for operators and tests: the [`source`](std::error::Error::source) of an [`Error`] is one of
/// these, always the innermost.
pub mod reason {
    pub use super::call::CallReason;
    pub use super::callback::CallbackReason;
    pub use super::envelope::EnvelopeReason;
    pub use super::id_token::IdTokenReason;
    pub use super::json::JsonReason;
    pub use super::jwks::KeySetReason;
    pub use super::jws::JwsReason;
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
}

/// What a finished login gives: who it is, and the id_token that ends the provider's session later. Made only by
/// [`Provider::exchange`].
#[derive(Debug)]
pub struct Verified {
    identity: Identity,
    id_token: Secret,
}

impl Verified {
    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The id_token, for `id_token_hint` at logout.
    pub fn id_token(&self) -> &Secret {
        &self.id_token
    }

    /// Both.
    pub fn into_parts(self) -> (Identity, Secret) {
        (self.identity, self.id_token)
    }
}

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
        let discovery = Discovery::new(&config.issuer).ok_or_else(|| ConfigError::issuer(&config.name))?;
        Ok(Self { config, http, clock, randomness, discovery, keys: Keys::new() })
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
        let issuer = self.config.issuer.clone();
        let issuer = match metadata.sends_issuer {
            true => ResponseIssuer::Required(issuer),
            false => ResponseIssuer::IfPresent(issuer),
        };
        Ok((url, issuer))
    }

    /// Exchanges the code and checks what comes: the id_token, then userinfo when the provider has it. The
    /// `redirect_uri` is the one of the authorization request. The code is spent by this, whatever comes.
    ///
    /// # Errors
    /// `provider_unavailable`, `provider_error`, `token_invalid` or `profile_invalid`; the level is not checked here.
    pub async fn exchange(&self, exchange: &Exchange, redirect_uri: &str) -> Result<Verified> {
        let metadata = self.metadata().await?;
        let with = CodeExchange {
            token_endpoint: &metadata.token_endpoint,
            client_id: &self.config.client_id,
            proof: self.proof(&metadata)?,
            code: &exchange.code,
            verifier: &exchange.verifier,
            redirect_uri,
        };
        let Tokens { access_token, id_token } = token::exchange(&*self.http, with).await?;
        let id_token = id_token.ok_or(IdTokenReason::Missing)?;
        let checked = self.checked(&metadata, &id_token, exchange, &access_token).await?;
        let userinfo = match &metadata.userinfo_endpoint {
            Some(endpoint) => Some(userinfo::claims(&*self.http, endpoint, &access_token, &checked.subject).await?),
            None => None,
        };
        let identity = claims::identity(&self.config, checked, userinfo.as_ref());
        Ok(Verified { identity, id_token })
    }

    /// Where to send the browser to end the provider's session; `None` when the provider has no such address, when it
    /// cannot be had now, or when the settings say so.
    pub async fn end_session(
        &self,
        id_token: Option<&Secret>,
        post_logout_redirect_uri: &str,
        state: &str,
    ) -> Option<Secret> {
        if !self.config.ends_session {
            return None;
        }
        let metadata = self.metadata().await.ok()?;
        let endpoint = metadata.end_session_endpoint.as_ref()?;
        Some(end_session::url(endpoint, &self.config.client_id, id_token, post_logout_redirect_uri, state))
    }

    /// The origin that the browser is sent to at logout, for `form-action`. Fetches nothing: until the metadata are
    /// known it is the issuer's, where the endpoint mostly is. `None` when the provider's session is not ended.
    pub fn end_session_origin(&self) -> Option<String> {
        let endpoint = match self.discovery.kept() {
            Some(metadata) => metadata.end_session_endpoint.clone()?,
            None => Url::parse(&self.config.issuer).ok()?,
        };
        self.config.ends_session.then(|| endpoint.origin().ascii_serialization())
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
                &self.config.issuer,
                &metadata.client_auth_algorithms,
                self.clock.now(),
                &*self.randomness,
            )?),
        })
    }

    /// The id_token, its signature and every claim checked.
    async fn checked(
        &self,
        metadata: &Metadata,
        id_token: &Secret,
        exchange: &Exchange,
        access_token: &Secret,
    ) -> Result<IdToken> {
        let jws = Jws::parse(id_token.expose(), &metadata.algorithms).map_err(IdTokenReason::from)?;
        let wanted = Wanted { id: jws.key_id.as_deref(), algorithm: jws.algorithm };
        let keys = self.keys.for_id_token(&*self.http, &*self.clock, &metadata.jwks_uri, wanted).await?;
        let claims = jws.verified(&keys.1).map_err(IdTokenReason::from)?;
        let expected = Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            trusted_audiences: &self.config.trusted_audiences,
            nonce: &exchange.nonce,
            code: &exchange.code,
            access_token,
            authenticated_after: exchange.authenticated_after,
            max_age: self.config.max_age,
            now: self.clock.now(),
        };
        Ok(id_token::check(claims, jws.algorithm, &expected)?)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("config", &self.config).finish_non_exhaustive()
    }
}
