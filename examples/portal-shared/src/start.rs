//! From settings to a portal, with the mock provider inside when no other is set.

use std::net::SocketAddr;
use std::sync::Arc;

use vneid_auth::audit::SqlAudit;
use vneid_auth::portal::Portal;
use vneid_auth::provider::{Environment, ProviderConfig};
use vneid_auth::secret::Secret;
use vneid_auth::sms::{ConsoleSms, SmsTemplate};
use vneid_mock_idp::{MockIdp, Running};

use crate::pages::Look;
use crate::settings::{PROVIDERS, Settings, SettingsError, labelled, open_accounts, posting};

/// A portal, and the mock provider that runs inside it, if one does.
pub struct Started {
    /// The portal.
    pub portal: Portal,
    /// Keeps the mock provider running.
    pub mock: Option<Running>,
    /// Where the audit trail goes, when that is a database.
    pub audit: Option<SqlAudit>,
    /// The portal's public base URL.
    pub url: String,
}

/// Puts the portal together; `listens` is where its framework listens.
///
/// # Errors
/// What keeps it from starting, by the name of the variable to set.
pub async fn start(settings: &Settings, listens: SocketAddr) -> Result<Started, SettingsError> {
    let url = settings.url(listens);
    let mut builder = Portal::builder(&url)
        .secret(settings.secret.clone())
        .trusted_proxies(settings.trusted_proxies.clone())
        .frame(Look);
    if let Some(previous) = &settings.previous_secret {
        builder = builder.previous_secret(previous.clone());
    }
    let mut audit = None;
    if let Some((accounts, trail)) = open_accounts(settings).await? {
        builder = builder.accounts(Arc::new(accounts)).audit(Arc::new(trail.clone()));
        audit = Some(trail);
    }
    for provider in &settings.providers {
        builder = match &provider.http {
            Some(http) => builder.provider_through(provider.config.clone(), http.clone()),
            None => builder.provider(provider.config.clone()),
        };
    }
    let mut mock = None;
    if settings.providers.is_empty() {
        let running = MockIdp::builder().listen(settings.mock_listen).start().await;
        let running = running.map_err(|error| SettingsError::Mock(error.to_string()))?;
        for prefix in PROVIDERS {
            let config = built_in(prefix, &running);
            builder = builder.provider(labelled(config, prefix).client_secret(Secret::from("portal-demo-secret")));
        }
        // The kiosk's realm knows how to tell that a login has ended there.
        let told = format!("{url}/auth/backchannel-logout/kiosk");
        running.control().set_backchannel_logout_uri("portal-demo", Some(&told));
        mock = Some(running);
    }
    let sms = match (&settings.sms, &mock) {
        (Some(set), _) => set.clone(),
        (None, Some(mock)) => posting(&format!("{}/sms", mock.base_url()), SmsTemplate::default())?,
        (None, None) => {
            tracing::warn!("SMS_URL is not set: one-time codes are written to this console and sent to nobody");
            Arc::new(ConsoleSms::stderr())
        }
    };
    builder = builder.sms(sms);
    let population = match (settings.population.registry()?, &mock) {
        (Some(set), _) => Some(set),
        (None, Some(mock)) => Some(settings.population.of_mock(&mock.base_url())?),
        (None, None) => None,
    };
    match population {
        Some(population) => builder = builder.registry(population),
        None => tracing::warn!("POPULATION_URL is not set: no citizen's number can be matched"),
    }
    Ok(Started { portal: builder.build()?, mock, audit, url })
}

/// The mock's realm that plays this provider.
fn built_in(prefix: &str, mock: &Running) -> ProviderConfig {
    let (name, client) = (prefix.to_ascii_lowercase(), "portal-demo");
    let hosts = [mock.addr().to_string()];
    match prefix {
        "VNEID" => {
            let realm = mock.realm("vneid");
            ProviderConfig::vneid(&name, Environment::Test, client)
                .authorize_url(&format!("{realm}/auth"))
                .token_url(&format!("{realm}/token"))
                .userinfo_url(&format!("{realm}/userinfo"))
                .logout_hosts(hosts)
        }
        "DVCQG" => {
            let realm = mock.realm("dvcqg");
            ProviderConfig::dvcqg(&name, Environment::Test, client)
                .authorize_url(&format!("{realm}/oauth2/authorize"))
                .token_url(&format!("{realm}/oauth2/token"))
                .userinfo_url(&format!("{realm}/oauth2/userinfo"))
                .logout_url(&format!("{realm}/oidc/logout"))
                .logout_hosts(hosts)
        }
        _ => ProviderConfig::oidc(&name, &mock.issuer(), client),
    }
}

impl Started {
    /// What to open, and whom to log in as.
    pub fn welcome(&self) -> String {
        let mut text = format!("Cổng dịch vụ công mẫu / example portal:  {}\n", self.url);
        if let Some(mock) = &self.mock {
            let base = mock.base_url();
            text.push_str(&format!("Nhà cung cấp định danh giả lập / mock provider:  {base}\n"));
            if let Some(citizen) = vneid_mock_idp::seeded().first() {
                text.push_str(&format!(
                    "Đăng nhập với / log in as:  {}  mật khẩu / password:  {}\n",
                    citizen.username, citizen.password
                ));
            }
            text.push_str(&format!(
                "Mã OTP ở / one-time codes at:  {base}/sms\nCông dân khác / other citizens:  {base}/citizens\n"
            ));
        }
        text
    }
}
