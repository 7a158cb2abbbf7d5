//! From the variables to a provider's settings, as the example portals read them.

use std::sync::Arc;

use vneid_auth::flow::login::Unstated;
use vneid_auth::identity::Level;
use vneid_auth::provider::{
    Cipher, ClearAnswers, ClientAuth, ClientKey, Envelope, EnvelopeKey, Environment, HttpClient, LogoutUri,
    ProviderConfig, ReqwestClient, VNEID_LOGOUT_HOSTS,
};
use vneid_auth::secret::Secret;

use super::arguments::Arguments;

/// What is examined.
pub(crate) struct Settings {
    pub(crate) config: ProviderConfig,
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) redirect_uri: String,
    /// Of the variables.
    pub(crate) prefix: String,
}

impl Settings {
    pub(crate) fn read(arguments: &Arguments) -> Result<Self, String> {
        let mut config = profile(arguments)?;
        if let Some(path) = arguments.text("CALLBACK_PATH") {
            config = config.callback_path(path);
        }
        let at_portal = format!("{}{}", arguments.portal_url.trim_end_matches('/'), config.callback());
        let redirect_uri = arguments.redirect_uri.clone().unwrap_or(at_portal);
        let mut http = ReqwestClient::builder();
        if let Some(pem) = file(arguments, "CA_FILE")? {
            http = http
                .add_ca(pem.expose().as_bytes())
                .map_err(|error| format!("{}: {error}", arguments.variable("CA_FILE")))?;
        }
        let http = http.build().map_err(|error| error.to_string())?;
        Ok(Self { config, http: Arc::new(http), redirect_uri, prefix: arguments.prefix.clone() })
    }
}

fn profile(arguments: &Arguments) -> Result<ProviderConfig, String> {
    let text = |name| arguments.text(name);
    let name = arguments.prefix.to_ascii_lowercase();
    let client_id = text("CLIENT_ID").unwrap_or_default();
    let dialect = text("DIALECT").or(text("ISSUER").map(|_| "oidc")).unwrap_or_default();
    let config = match dialect {
        "oidc" => ProviderConfig::oidc(&name, text("ISSUER").unwrap_or_default(), client_id),
        "dvcqg" => ProviderConfig::dvcqg(&name, Environment::Production, client_id),
        "vneid" => ProviderConfig::vneid(&name, Environment::Production, client_id),
        "vneid-sealed" => ProviderConfig::vneid_sealed(&name, Environment::Production, client_id, envelope(arguments)?),
        _ => return Err("--dialect: dvcqg | vneid | vneid-sealed | oidc".to_owned()),
    };
    let config = addressed(config, arguments, dialect);
    levelled(authenticated(config, arguments)?, arguments)
}

fn addressed(mut config: ProviderConfig, arguments: &Arguments, dialect: &str) -> ProviderConfig {
    let text = |name| arguments.text(name);
    let setters: [(&str, fn(ProviderConfig, &str) -> ProviderConfig); 4] = [
        ("AUTHORIZE_URL", ProviderConfig::authorize_url),
        ("TOKEN_URL", ProviderConfig::token_url),
        ("USERINFO_URL", ProviderConfig::userinfo_url),
        ("LOGOUT_URL", ProviderConfig::logout_url),
    ];
    for (name, set) in setters {
        if let Some(url) = text(name) {
            config = set(config, url);
        }
    }
    if dialect == "oidc" {
        return config;
    }
    if text("ISSUER").is_some() || text("JWKS_URL").is_some() {
        config = config.checked_id_token(text("ISSUER").unwrap_or_default(), text("JWKS_URL").unwrap_or_default());
    }
    config = match (dialect, text("LOGOUT_URL")) {
        // What the portals do without it; the examination says what that means.
        ("dvcqg", None) => config.logout_uri(LogoutUri::Instead),
        ("vneid-sealed", None) => config.ends_session(false),
        _ => config,
    };
    let mut hosts: Vec<String> = match text("LOGOUT_HOSTS") {
        Some(hosts) => hosts.split(',').map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()).collect(),
        None => VNEID_LOGOUT_HOSTS.map(str::to_owned).to_vec(),
    };
    // A mock on this machine gives addresses of its own.
    let mock = text("AUTHORIZE_URL").filter(|_| text("LOGOUT_HOSTS").is_none()).and_then(this_machine);
    hosts.extend(mock);
    config.logout_hosts(hosts)
}

fn this_machine(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let loopback = matches!(url.host_str()?, "localhost" | "127.0.0.1" | "[::1]");
    loopback.then_some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

fn authenticated(config: ProviderConfig, arguments: &Arguments) -> Result<ProviderConfig, String> {
    let secret = match arguments.text("CLIENT_SECRET") {
        Some(secret) => Some(Secret::from(secret)),
        None => file(arguments, "CLIENT_SECRET_FILE")?.map(|text| Secret::from(text.expose().trim())),
    };
    let config = match secret {
        Some(secret) => config.client_secret(secret),
        None => config,
    };
    Ok(match arguments.text("CLIENT_AUTH") {
        None => config,
        Some("client_secret_basic") => config.client_auth(ClientAuth::ClientSecretBasic),
        Some("client_secret_post") => config.client_auth(ClientAuth::ClientSecretPost),
        Some("private_key_jwt") => {
            let pem = file(arguments, "CLIENT_KEY_FILE")?;
            let pem = pem.ok_or_else(|| format!("{}: ?", arguments.variable("CLIENT_KEY_FILE")))?;
            let key = ClientKey::from_pem(&pem);
            let key = key.map_err(|error| format!("{}: {error}", arguments.variable("CLIENT_KEY_FILE")))?;
            config.client_auth(ClientAuth::PrivateKeyJwt(key))
        }
        Some(_) => {
            return one_of(arguments, "CLIENT_AUTH", "client_secret_basic | client_secret_post | private_key_jwt");
        }
    })
}

fn levelled(mut config: ProviderConfig, arguments: &Arguments) -> Result<ProviderConfig, String> {
    if arguments.prefix == "DVCQG" {
        // Its answers carry no level.
        config = config.unstated_level(Unstated::Accept);
    }
    config = match arguments.text("REQUIRED_LEVEL") {
        None => config,
        Some(level @ ("0" | "1" | "2")) => config.required_level(level.parse().ok().and_then(Level::new)),
        Some(_) => return one_of(arguments, "REQUIRED_LEVEL", "0 | 1 | 2"),
    };
    Ok(match arguments.text("UNSTATED_LEVEL") {
        None => config,
        Some("accept") => config.unstated_level(Unstated::Accept),
        Some("refuse") => config.unstated_level(Unstated::Refuse),
        Some(_) => return one_of(arguments, "UNSTATED_LEVEL", "accept | refuse"),
    })
}

fn envelope(arguments: &Arguments) -> Result<Envelope, String> {
    let variable = arguments.variable("PRIVATE_KEY_FILE");
    let pem = file(arguments, "PRIVATE_KEY_FILE")?.ok_or_else(|| format!("{variable}: ?"))?;
    let envelope = Envelope::new(EnvelopeKey::from_pem(&pem).map_err(|error| format!("{variable}: {error}"))?);
    let envelope = match arguments.text("CLEAR_ANSWERS") {
        None | Some("accept") => envelope,
        Some("refuse") => envelope.clear_answers(ClearAnswers::Refuse),
        Some(_) => return one_of(arguments, "CLEAR_ANSWERS", "accept | refuse"),
    };
    Ok(match arguments.text("CIPHER") {
        None | Some("ecb") => envelope,
        Some("cbc") => envelope.cipher(Cipher::Cbc),
        Some(_) => return one_of(arguments, "CIPHER", "ecb | cbc"),
    })
}

/// The content of the file that a variable names.
fn file(arguments: &Arguments, name: &str) -> Result<Option<Secret>, String> {
    let Some(path) = arguments.text(name) else { return Ok(None) };
    let content = std::fs::read_to_string(path);
    content.map(|text| Some(Secret::new(text))).map_err(|error| format!("{}: {error}", arguments.variable(name)))
}

fn one_of<T>(arguments: &Arguments, name: &str, choices: &str) -> Result<T, String> {
    Err(format!("{}: {choices}", arguments.variable(name)))
}
