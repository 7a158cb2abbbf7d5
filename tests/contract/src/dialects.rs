//! The mock's realms, set up as providers in their own dialects.

use vneid_auth::provider::{Envelope, EnvelopeKey, Environment, ProviderConfig};
use vneid_mock_idp::Running;

use crate::Browser;

const CLIENT: &str = "portal-demo";

/// The dialects, by their realms, which are also their names at the portal.
pub const DIALECTS: [&str; 3] = ["dvcqg", "vneid", "vneid-sealed"];

/// A realm of the mock as a provider of the same name.
pub async fn dialect(realm: &str, mock: &Running) -> ProviderConfig {
    dialect_for(CLIENT, realm, mock).await
}

/// The same for another client, with the demonstration client's secret.
pub async fn dialect_for(client: &str, realm: &str, mock: &Running) -> ProviderConfig {
    let base = mock.realm(realm);
    let at = |path: &str| format!("{base}{path}");
    let config = match realm {
        "dvcqg" => ProviderConfig::dvcqg(realm, Environment::Test, client)
            .authorize_url(&at("/oauth2/authorize"))
            .token_url(&at("/oauth2/token"))
            .userinfo_url(&at("/oauth2/userinfo"))
            .logout_url(&at("/oidc/logout")),
        "vneid" => ProviderConfig::vneid(realm, Environment::Test, client)
            .authorize_url(&at("/auth"))
            .token_url(&at("/token"))
            .userinfo_url(&at("/userinfo")),
        "vneid-sealed" => ProviderConfig::vneid_sealed(realm, Environment::Test, client, envelope(mock).await)
            .authorize_url(&at("/auth"))
            .token_url(&at("/token"))
            .userinfo_url(&at("/userinfo"))
            .logout_url(&at("/api/idp/third-party/logout")),
        _ => ProviderConfig::oidc(realm, &mock.issuer(), client),
    };
    config.client_secret("portal-demo-secret".into()).logout_hosts([mock.addr().to_string()])
}

/// Opened with the demonstration key that the mock publishes.
pub async fn envelope(mock: &Running) -> Envelope {
    let pem = Browser::new().fetch(&format!("{}/demo-key.pem", mock.base_url())).await;
    Envelope::new(EnvelopeKey::from_pem(&pem.body.as_str().into()).unwrap())
}
