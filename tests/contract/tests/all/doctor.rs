//! The doctor: each realm of the mock, with each fault, and exactly what is said about it.

use std::sync::Arc;

use async_trait::async_trait;
use url::Url;
use vneid_auth::provider::doctor::{Doctor, Finding, Purpose, Visitor};
use vneid_auth::provider::{Envelope, EnvelopeKey, Environment, ProviderConfig, ReqwestClient};
use vneid_auth::random::SystemRandomness;
use vneid_auth::secret::Secret;
use vneid_auth::time::SystemClock;
use vneid_mock_idp::sealed::DEMO_CLIENT_KEY;
use vneid_mock_idp::{MockIdp, Running, seeded};

struct Nobody;

#[async_trait]
impl Visitor for Nobody {
    async fn visit(&mut self, _: &Url, _: Purpose) -> Option<Secret> {
        None
    }
}

fn config(realm: &str, mock: &Running) -> ProviderConfig {
    let at = mock.realm(realm);
    let config = match realm {
        "oidc" => return ProviderConfig::oidc("vneid", &at, "portal-demo").client_secret("portal-demo-secret".into()),
        "dvcqg" => ProviderConfig::dvcqg("dvcqg", Environment::Test, "portal-demo")
            .authorize_url(&format!("{at}/oauth2/authorize"))
            .token_url(&format!("{at}/oauth2/token"))
            .userinfo_url(&format!("{at}/oauth2/userinfo"))
            .logout_url(&format!("{at}/oidc/logout")),
        "vneid" => ProviderConfig::vneid("vneid", Environment::Test, "portal-demo")
            .authorize_url(&format!("{at}/auth"))
            .token_url(&format!("{at}/token"))
            .userinfo_url(&format!("{at}/userinfo")),
        _ => {
            let key = EnvelopeKey::from_pem(&DEMO_CLIENT_KEY.into()).unwrap();
            ProviderConfig::vneid_sealed("vneid", Environment::Test, "portal-demo", Envelope::new(key))
                .authorize_url(&format!("{at}/auth"))
                .token_url(&format!("{at}/token"))
                .userinfo_url(&format!("{at}/userinfo"))
                .logout_url(&format!("{}/api/idp/third-party/logout?token_id={{access_token}}", mock.realm("vneid")))
        }
    };
    config.client_secret("portal-demo-secret".into()).logout_hosts([mock.addr().to_string()])
}

#[tokio::test]
async fn look() {
    let mock = MockIdp::builder().auto_login(&seeded()[0].username).start().await.unwrap();
    for realm in ["oidc", "dvcqg", "vneid", "vneid-sealed"] {
        let http = Arc::new(ReqwestClient::builder().build().unwrap());
        let doctor = Doctor::new(
            config(realm, &mock),
            http,
            Arc::new(SystemClock),
            Arc::new(SystemRandomness),
            "http://127.0.0.1:8080/auth/callback/vneid",
        )
        .unwrap();
        let findings: Vec<Finding> = doctor.examine(&mut Nobody).await;
        println!("{realm}: {findings:#?}");
        for finding in &findings {
            println!("{}", finding.text(vneid_auth::error::Language::Vietnamese));
        }
    }
}
