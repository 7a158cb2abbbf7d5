//! The example portals' settings: environment variables, and nothing else (contract.md §2).

mod accounts;
mod dialect;
mod env;
mod population;
mod providers;
mod sms;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use vneid_auth::portal::PortalError;
use vneid_auth::secret::Secret;
use vneid_auth::sms::SmsGateway;
use vneid_auth::store::Keys;

pub(crate) use accounts::open as open_accounts;
pub use env::{Env, Variables};
pub(crate) use population::PopulationSettings;
pub(crate) use providers::{ProviderSettings, labelled};
pub(crate) use sms::posting;

/// The providers that can be set, by the prefix of their variables; the names they have at the portal are the same in
/// lower case.
pub(crate) const PROVIDERS: [&str; 3] = ["VNEID", "DVCQG", "KIOSK"];

/// The portal's own pages, which no provider's callback may cover.
const OWN_PATHS: [&str; 9] = [
    "/",
    "/ho-so",
    "/tai-khoan",
    crate::pages::DETAILS_PATH,
    "/kiosk",
    "/can-bo/trang-ca-nhan",
    "/healthz",
    crate::pages::STYLE_PATH,
    crate::pages::KIOSK_SCRIPT_PATH,
];

/// What the environment says.
pub struct Settings {
    /// `PORTAL_LISTEN`: where to listen.
    pub listen: SocketAddr,
    /// `PORTAL_URL`: the public base URL; where it listens when it is not set.
    url: Option<String>,
    /// `PORTAL_SECRET` or `PORTAL_SECRET_FILE`; random for a portal that forgets everything at its end anyway.
    pub(crate) secret: Secret,
    /// `PORTAL_SECRET_PREVIOUS`.
    pub(crate) previous_secret: Option<Secret>,
    /// `TRUSTED_PROXIES`.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// The providers that are set; none means the built-in mock.
    pub(crate) providers: Vec<ProviderSettings>,
    /// `ACCOUNTS_URL`: the database of accounts, links and the audit trail; none means memory, and the log.
    pub(crate) accounts_url: Option<String>,
    /// `SMS_URL` and `SMS_TEMPLATE_FILE`; none means the mock's inbox, or the console where there is no mock.
    pub(crate) sms: Option<Arc<dyn SmsGateway>>,
    /// `POPULATION_…`: the population database; with no URL the mock's service, where there is a mock.
    pub(crate) population: PopulationSettings,
    /// `MOCK_IDP_LISTEN`: where the built-in mock listens.
    pub(crate) mock_listen: SocketAddr,
}

/// Why the portal does not start. Each names what to set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A variable's value cannot be used.
    #[error("{variable}: {problem}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong with its value, without the value.
        problem: String,
    },
    /// The mock provider is for loopback only.
    #[error(
        "{0} is not loopback, and no provider is set: the built-in mock provider is for this machine alone. Set \
         VNEID_ISSUER, VNEID_CLIENT_ID and VNEID_CLIENT_SECRET (or VNEID_CLIENT_SECRET_FILE), or listen on 127.0.0.1"
    )]
    NoProvider(String),
    /// The built-in mock provider does not start.
    #[error("the built-in mock provider does not start: {0}; MOCK_IDP_LISTEN says where it listens")]
    Mock(String),
}

pub(crate) fn wrong(variable: impl Into<String>, problem: impl Into<String>) -> SettingsError {
    SettingsError::Variable { variable: variable.into(), problem: problem.into() }
}

impl Settings {
    /// Reads the settings; `default_listen` is what the framework's example listens on.
    ///
    /// # Errors
    /// What is missing or unfit, by the name of its variable.
    pub fn read(env: &Env, default_listen: &str) -> Result<Self, SettingsError> {
        let listen: SocketAddr =
            env.parsed("PORTAL_LISTEN", default_listen, "must be an address like 127.0.0.1:8080")?;
        let url = env.text("PORTAL_URL");
        if env.text("STORE_URL").is_some_and(|value| value != "memory:") {
            return Err(wrong("STORE_URL", "only memory: is built in so far, not redis://"));
        }
        let accounts_url = accounts::read(env)?;
        let proxies = env.text("TRUSTED_PROXIES").unwrap_or_default();
        let proxies = proxies.split(',').map(str::trim).filter(|part| !part.is_empty());
        let trusted_proxies = proxies
            .map(|part| {
                part.parse().map_err(|_| wrong("TRUSTED_PROXIES", "must be addresses, with commas between them"))
            })
            .collect::<Result<_, _>>()?;
        let mut providers = Vec::new();
        for prefix in PROVIDERS {
            providers.extend(ProviderSettings::read(env, prefix)?);
        }
        if providers.is_empty() {
            for (variable, loopback) in
                [("PORTAL_LISTEN", listen.ip().is_loopback()), ("PORTAL_URL", url.as_deref().is_none_or(is_loopback))]
            {
                if !loopback {
                    return Err(SettingsError::NoProvider(variable.to_owned()));
                }
            }
        }
        let secret = match fit_secret(env, "PORTAL_SECRET")? {
            Some(secret) => secret,
            None if accounts_url.is_some() => {
                let problem = "is not set, and what ACCOUNTS_URL keeps can be read again with the same secret alone: give \
                               32 random bytes as base64";
                return Err(wrong("PORTAL_SECRET", problem));
            }
            None => random_secret()?,
        };
        for provider in &providers {
            if OWN_PATHS.contains(&provider.config.callback()) {
                let variable = format!("{}_CALLBACK_PATH", provider.config.name().to_ascii_uppercase());
                return Err(wrong(variable, "is one of the portal's own pages"));
            }
        }
        Ok(Self {
            listen,
            url,
            secret,
            previous_secret: fit_secret(env, "PORTAL_SECRET_PREVIOUS")?,
            trusted_proxies,
            providers,
            accounts_url,
            sms: sms::read(env)?,
            population: PopulationSettings::read(env)?,
            mock_listen: env.parsed("MOCK_IDP_LISTEN", "127.0.0.1:0", "must be an address like 127.0.0.1:9000")?,
        })
    }
}

impl Settings {
    /// The public base URL of a portal that listens there.
    pub fn url(&self, listens: SocketAddr) -> String {
        self.url.clone().unwrap_or_else(|| format!("http://{listens}"))
    }
}

/// What the library finds wrong, by the variable that says it.
impl From<PortalError> for SettingsError {
    fn from(error: PortalError) -> Self {
        let callback = |provider: &str| format!("{}_CALLBACK_PATH", provider.to_ascii_uppercase());
        let variable = match &error {
            PortalError::Site(_) => "PORTAL_URL".to_owned(),
            PortalError::NoSecret | PortalError::Secret(_) => "PORTAL_SECRET".to_owned(),
            PortalError::SharedByProviders(name) | PortalError::CallbackPath { provider: name, .. } => callback(name),
            _ => "VNEID_ISSUER".to_owned(),
        };
        wrong(variable, error.to_string())
    }
}

/// A secret that can be used, or the name of the variable whose cannot.
fn fit_secret(env: &Env, variable: &str) -> Result<Option<Secret>, SettingsError> {
    let secret = env.secret(variable)?;
    if let Some(secret) = &secret {
        Keys::new(secret).map_err(|error| wrong(variable, error.to_string()))?;
    }
    Ok(secret)
}

/// Decided on the parsed host; a URL that is none is refused later, by name.
fn is_loopback(url: &str) -> bool {
    match url::Url::parse(url).ok().as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(domain)) => domain == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    }
}

/// Good for a portal in memory: at its end nothing is left that the secret could open.
fn random_secret() -> Result<Secret, SettingsError> {
    use aws_lc_rs::rand::SecureRandom as _;
    use base64::Engine as _;

    let mut bytes = [0_u8; 32];
    let filled = aws_lc_rs::rand::SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| wrong("PORTAL_SECRET", "is not set, and the system gives no random one"))?;
    tracing::warn!("PORTAL_SECRET is not set: a random one is used, and everybody is logged out at the next start");
    Ok(Secret::new(base64::engine::general_purpose::STANDARD.encode(bytes)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(&Env::of(variables), "127.0.0.1:8080")
    }

    #[test]
    fn nothing_set_means_the_mock_on_loopback() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.url(settings.listen), "http://127.0.0.1:8080");
        assert!(settings.providers.is_empty() && settings.sms.is_none());
        for url in ["console:", "https://sms.example/send", "http://127.0.0.1:9000/sms"] {
            assert!(read(&[("SMS_URL", url)]).unwrap().sms.is_some(), "{url}");
        }
    }

    #[test]
    fn without_a_provider_only_loopback_starts_and_the_message_says_what_to_set() {
        for variables in [&[("PORTAL_LISTEN", "0.0.0.0:8080")][..], &[("PORTAL_URL", "https://dvc.example.gov.vn")]] {
            let message = read(variables).err().unwrap().to_string();
            assert!(message.contains("VNEID_ISSUER") && message.contains(variables[0].0), "{message}");
        }
        let provider = [("VNEID_ISSUER", "https://id.example"), ("VNEID_CLIENT_ID", "c"), ("VNEID_CLIENT_SECRET", "s")];
        let with = [&[("PORTAL_LISTEN", "0.0.0.0:8080"), ("PORTAL_URL", "https://dvc.example.gov.vn")][..], &provider]
            .concat();
        assert_eq!(read(&with).unwrap().providers.len(), 1);
    }

    #[test]
    fn accounts_that_are_kept_need_a_secret_that_is_kept() {
        for url in ["sqlite:accounts.db", "postgres://portal@db.example/portal", "postgresql://db.example/portal"] {
            let message = read(&[("ACCOUNTS_URL", url)]).err().unwrap().to_string();
            assert!(message.starts_with("PORTAL_SECRET: "), "{message}");
            let secret = ("PORTAL_SECRET", "dGVzdHMgb25seSwgbmV2ZXIgYSByZWFsIHBvcnRhbCE=");
            assert_eq!(read(&[("ACCOUNTS_URL", url), secret]).unwrap().accounts_url.as_deref(), Some(url));
        }
        assert_eq!(read(&[("ACCOUNTS_URL", "memory:")]).unwrap().accounts_url, None);
    }

    #[test]
    fn dvcqg_needs_a_client_and_nothing_else() {
        let settings = read(&[("DVCQG_DIALECT", "dvcqg"), ("DVCQG_CLIENT_ID", "c"), ("DVCQG_CLIENT_SECRET", "s")]);
        let config = &settings.unwrap().providers[0].config;
        assert_eq!((config.name(), config.issuer()), ("dvcqg", None));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (variable, value) in [
            ("PORTAL_LISTEN", "nowhere"),
            ("TRUSTED_PROXIES", "10.0.0.1, proxy"),
            ("STORE_URL", "redis://127.0.0.1"),
            ("ACCOUNTS_URL", "mysql://127.0.0.1/portal"),
            ("ACCOUNTS_URL", "accounts.db"),
            ("MOCK_IDP_LISTEN", "9000"),
            ("VNEID_REQUIRED_LEVEL", "two"),
            ("PORTAL_SECRET_FILE", "/no/such/file"),
            ("PORTAL_SECRET", "c2hvcnQ="),
            ("PORTAL_SECRET_PREVIOUS", "no base64!"),
            ("VNEID_UNTIL", "31/12/2026"),
            ("VNEID_CALLBACK_PATH", "/ho-so"),
            ("VNEID_CALLBACK_PATH", "/cb/{x}"),
            ("VNEID_DIALECT", "saml"),
            ("VNEID_PRIVATE_KEY_FILE", "/some/file"),
            ("VNEID_CIPHER", "ecb"),
            ("VNEID_TOKEN_URL", "http://id.example/token"),
            ("SMS_URL", "http://sms.example/"),
            ("SMS_URL", "sms.example"),
        ] {
            let provider =
                [("VNEID_ISSUER", "https://id.example"), ("VNEID_CLIENT_ID", "c"), ("VNEID_CLIENT_SECRET", "s")];
            let message = read(&[&provider[..], &[(variable, value)]].concat()).err().unwrap().to_string();
            assert!(message.starts_with(variable), "{message}");
        }
        for (dialect, others, named) in [
            ("vneid", &[][..], "VNEID_TOKEN_URL"),
            ("vneid", &[("VNEID_TOKEN_URL", "https://id.example/token")], "VNEID_USERINFO_URL"),
            ("vneid-sealed", &[], "VNEID_PRIVATE_KEY_FILE"),
            ("dvcqg", &[("VNEID_ISSUER", "https://id.example")], "VNEID_JWKS_URL"),
            ("dvcqg", &[("VNEID_JWKS_URL", "https://id.example/jwks")], "VNEID_ISSUER"),
            ("dvcqg", &[("VNEID_LOGOUT_HOSTS", "https://id.example/")], "VNEID_LOGOUT_HOSTS"),
            ("dvcqg", &[("VNEID_LOGOUT_URL", "https://id.example/out?x={token}")], "VNEID_LOGOUT_URL"),
        ] {
            let provider = [("VNEID_DIALECT", dialect), ("VNEID_CLIENT_ID", "c"), ("VNEID_CLIENT_SECRET", "s")];
            let message = read(&[&provider[..], others].concat()).err().unwrap().to_string();
            assert!(message.starts_with(named), "{dialect}: {message}");
        }
        for (variables, named) in [
            (&[("SMS_TEMPLATE_FILE", "/no/such/file")][..], "SMS_URL"),
            (&[("SMS_URL", "console:"), ("SMS_TEMPLATE_FILE", "/no/such/file")], "SMS_TEMPLATE_FILE"),
            (&[("SMS_URL", "https://sms.example/"), ("SMS_TEMPLATE_FILE", "/no/such/file")], "SMS_TEMPLATE_FILE"),
        ] {
            let message = read(variables).err().unwrap().to_string();
            assert!(message.starts_with(named), "{message}");
        }
        assert!(
            read(&[("VNEID_ISSUER", "https://id.example")]).err().unwrap().to_string().starts_with("VNEID_CLIENT_ID")
        );
    }
}
