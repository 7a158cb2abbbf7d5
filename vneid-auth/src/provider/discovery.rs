//! Where a provider's metadata come from: `/.well-known/openid-configuration` under its issuer, fetched when they are
//! first needed, so that a provider that is down stops nobody from starting.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::cache::{Cache, FetchReason};
use super::call;
use super::http::HttpClient;
use super::metadata::Metadata;
use crate::error::Error;
use crate::time::Clock;

/// How long metadata are fresh.
const FRESH_FOR: Duration = Duration::from_secs(60 * 60);

/// The metadata of one provider.
pub(crate) struct Discovery {
    issuer: String,
    document: Url,
    cache: Cache<Metadata>,
}

impl Discovery {
    /// For the provider of this issuer; `None` when the issuer is no URL. The path is appended to the issuer's
    /// (OpenID Connect Discovery 1.0 §4), not put at the host's root.
    pub(crate) fn new(issuer: &str) -> Option<Self> {
        let document = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
        let document = Url::parse(&document).ok()?;
        Some(Self { issuer: issuer.to_owned(), document, cache: Cache::new(FRESH_FOR) })
    }

    /// The metadata, from the cache or from the provider.
    ///
    /// # Errors
    /// `provider_unavailable`, or `provider_error` when the provider answers nonsense.
    pub(crate) async fn metadata(&self, http: &dyn HttpClient, clock: &dyn Clock) -> Result<Arc<Metadata>, Error> {
        let fetch = async {
            let members = call::get(http, &self.document, None).await?;
            Ok::<_, FetchReason>(Metadata::read(&members, &self.issuer)?)
        };
        self.cache.get(clock, fetch).await.map_err(|reason| reason.into_error("metadata"))
    }

    /// The metadata that were fetched last, however old.
    pub(crate) fn kept(&self) -> Option<Arc<Metadata>> {
        self.cache.kept().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_appended() {
        for issuer in ["https://id.example/oidc", "https://id.example/oidc/"] {
            let discovery = Discovery::new(issuer).unwrap();
            assert_eq!(discovery.document.as_str(), "https://id.example/oidc/.well-known/openid-configuration");
        }
        let discovery = Discovery::new("https://id.example").unwrap();
        assert_eq!(discovery.document.as_str(), "https://id.example/.well-known/openid-configuration");
    }
}
