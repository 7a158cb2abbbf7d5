//! Where a provider's metadata come from: from the settings alone, or from `/.well-known/openid-configuration` under its
//! issuer with the settings before it, fetched when they are first needed, so that a provider that is down stops nobody
//! from starting.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::algorithm::Algorithm;
use super::cache::{Cache, FetchReason};
use super::call;
use super::config::{Endpoints, ProviderConfig};
use super::metadata::Metadata;
use crate::error::Error;
use crate::http::HttpClient;
use crate::time::Clock;

/// How long metadata are fresh.
const FRESH_FOR: Duration = Duration::from_secs(60 * 60);

/// The metadata of one provider.
pub(crate) enum Discovery {
    /// A dialect without a document.
    Set(Arc<Metadata>),
    /// A document, and what is set in the place of what it says.
    Document(Box<Document>),
}

/// Where a document is, and what is known of it.
pub(crate) struct Document {
    issuer: String,
    address: Url,
    set: Addresses,
    cache: Cache<Metadata>,
}

/// The addresses that are set, read.
pub(crate) struct Addresses {
    authorize: Option<Url>,
    token: Option<Url>,
    userinfo: Option<Url>,
    device_authorization: Option<Url>,
    jwks: Option<Url>,
    logout: Option<Url>,
}

impl Addresses {
    fn read(endpoints: &Endpoints) -> Option<Self> {
        let parse = |text: &Option<String>| text.as_deref().map(Url::parse).transpose().ok();
        Some(Self {
            authorize: parse(&endpoints.authorize)?,
            token: parse(&endpoints.token)?,
            userinfo: parse(&endpoints.userinfo)?,
            device_authorization: parse(&endpoints.device_authorization)?,
            jwks: parse(&endpoints.jwks)?,
            logout: parse(&endpoints.logout)?,
        })
    }

    fn over(&self, said: Metadata) -> Metadata {
        Metadata {
            authorization_endpoint: self.authorize.clone().unwrap_or(said.authorization_endpoint),
            token_endpoint: self.token.clone().unwrap_or(said.token_endpoint),
            userinfo_endpoint: self.userinfo.clone().or(said.userinfo_endpoint),
            device_authorization_endpoint: self.device_authorization.clone().or(said.device_authorization_endpoint),
            jwks_uri: self.jwks.clone().or(said.jwks_uri),
            end_session_endpoint: self.logout.clone().or(said.end_session_endpoint),
            ..said
        }
    }

    fn alone(self) -> Option<Metadata> {
        Some(Metadata {
            authorization_endpoint: self.authorize?,
            token_endpoint: self.token?,
            userinfo_endpoint: self.userinfo,
            device_authorization_endpoint: self.device_authorization,
            jwks_uri: self.jwks,
            end_session_endpoint: self.logout,
            algorithms: Algorithm::ALL.to_vec(),
            client_auth_methods: Vec::new(),
            client_auth_algorithms: Vec::new(),
            scopes: Vec::new(),
            acr_values: Vec::new(),
            sends_issuer: false,
        })
    }
}

impl Discovery {
    /// For the provider of these settings; `None` when an address is no URL. The document's path is appended to the
    /// issuer's (OpenID Connect Discovery 1.0 §4), not put at the host's root.
    pub(crate) fn new(config: &ProviderConfig) -> Option<Self> {
        let set = Addresses::read(&config.endpoints)?;
        if !config.discovery {
            return Some(Self::Set(Arc::new(set.alone()?)));
        }
        let issuer = config.issuer.clone()?;
        let document = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(&issuer));
        let address = Url::parse(&document).ok()?;
        Some(Self::Document(Box::new(Document { issuer, address, set, cache: Cache::new(FRESH_FOR) })))
    }

    /// The metadata, from the settings, the cache or the provider.
    ///
    /// # Errors
    /// `provider_unavailable`, or `provider_error` when the provider answers nonsense.
    pub(crate) async fn metadata(&self, http: &dyn HttpClient, clock: &dyn Clock) -> Result<Arc<Metadata>, Error> {
        match self {
            Self::Set(metadata) => Ok(metadata.clone()),
            Self::Document(document) => {
                let fetch = async {
                    let members = call::get(http, &document.address).await?;
                    Ok::<_, FetchReason>(document.set.over(Metadata::read(&members, &document.issuer)?))
                };
                document.cache.get(clock, fetch).await.map_err(|reason| reason.into_error("metadata"))
            }
        }
    }

    /// What is known of the metadata without asking anybody, however old.
    pub(crate) fn kept(&self) -> Option<Arc<Metadata>> {
        match self {
            Self::Set(metadata) => Some(metadata.clone()),
            Self::Document(document) => document.cache.kept().0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_appended() {
        for (issuer, expected) in [
            ("https://id.example/oidc", "https://id.example/oidc/.well-known/openid-configuration"),
            ("https://id.example/oidc/", "https://id.example/oidc/.well-known/openid-configuration"),
            ("https://id.example", "https://id.example/.well-known/openid-configuration"),
        ] {
            let discovery = Discovery::new(&ProviderConfig::oidc("vneid", issuer, "portal"));
            let Some(Discovery::Document(document)) = discovery else { panic!("{issuer}") };
            assert_eq!(document.address.as_str(), expected);
        }
    }
}
