//! A provider's dialect and addresses: `VNEID_DIALECT`, `VNEID_AUTHORIZE_URL` and so on.

use vneid_auth::provider::{
    Cipher, ClearAnswers, Envelope, EnvelopeKey, Environment, LogoutUri, ProviderConfig, VNEID_LOGOUT_HOSTS,
};

use super::{Env, SettingsError, wrong};

/// The profile that the variables choose, with the addresses that they set.
pub(super) fn read(env: &Env, prefix: &str, client_id: &str) -> Result<ProviderConfig, SettingsError> {
    let variable = |name: &str| format!("{prefix}_{name}");
    let text = |name: &str| env.text(&variable(name));
    let name = prefix.to_ascii_lowercase();
    let dialect = text("DIALECT").unwrap_or_else(|| "oidc".to_owned());
    let envelope = envelope(env, prefix, &dialect)?;
    let config = match (dialect.as_str(), envelope) {
        ("oidc", _) => {
            let issuer = text("ISSUER").ok_or_else(|| {
                wrong(variable("ISSUER"), "is not set, though others of this provider are, and its dialect is oidc")
            })?;
            return Ok(with_addresses(ProviderConfig::oidc(&name, &issuer, client_id), &text));
        }
        ("dvcqg", _) => ProviderConfig::dvcqg(&name, Environment::Production, client_id),
        ("vneid", _) => ProviderConfig::vneid(&name, Environment::Production, client_id),
        ("vneid-sealed", Some(envelope)) => {
            ProviderConfig::vneid_sealed(&name, Environment::Production, client_id, envelope)
        }
        _ => return Err(wrong(variable("DIALECT"), "must be oidc, dvcqg, vneid or vneid-sealed")),
    };
    let mut config = with_addresses(config, &text);
    config = match (text("ISSUER"), text("JWKS_URL")) {
        (Some(issuer), Some(keys)) => config.checked_id_token(&issuer, &keys),
        (None, None) => config,
        (Some(_), None) => {
            let problem = "is not set: an issuer without keys checks nothing; set both or, in this dialect, neither";
            return Err(wrong(variable("JWKS_URL"), problem));
        }
        (None, Some(_)) => {
            let problem = "is not set, though the keys are: it is what `iss` in the id_tokens must be";
            return Err(wrong(variable("ISSUER"), problem));
        }
    };
    if text("LOGOUT_URL").is_none() && dialect != "vneid" {
        tracing::warn!(
            "{prefix}_LOGOUT_URL is not set: logging out here leaves the provider's session alive, and the next person at \
             the same computer may be signed in as the last one"
        );
        config = match dialect.as_str() {
            "dvcqg" => config.logout_uri(LogoutUri::Instead),
            _ => config.ends_session(false),
        };
    }
    let mut hosts: Vec<String> = match text("LOGOUT_HOSTS") {
        Some(hosts) => hosts.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect(),
        None => VNEID_LOGOUT_HOSTS.map(str::to_owned).to_vec(),
    };
    // A mock that runs on this machine gives addresses of its own.
    if let Some(mock) =
        text("AUTHORIZE_URL").filter(|_| text("LOGOUT_HOSTS").is_none()).and_then(|url| this_machine(&url))
    {
        hosts.push(mock);
    }
    Ok(config.logout_hosts(hosts))
}

/// The host and port of an address on this machine.
fn this_machine(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok().filter(|_| super::is_loopback(address))?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

fn with_addresses(mut config: ProviderConfig, text: &dyn Fn(&str) -> Option<String>) -> ProviderConfig {
    let setters: [(&str, fn(ProviderConfig, &str) -> ProviderConfig); 4] = [
        ("AUTHORIZE_URL", ProviderConfig::authorize_url),
        ("TOKEN_URL", ProviderConfig::token_url),
        ("USERINFO_URL", ProviderConfig::userinfo_url),
        ("LOGOUT_URL", ProviderConfig::logout_url),
    ];
    for (name, set) in setters {
        if let Some(url) = text(name) {
            config = set(config, &url);
        }
    }
    config
}

/// The envelope of the sealed dialect; the others have none, and a variable that means nothing is a slip.
fn envelope(env: &Env, prefix: &str, dialect: &str) -> Result<Option<Envelope>, SettingsError> {
    let variable = |name: &str| format!("{prefix}_{name}");
    if dialect != "vneid-sealed" {
        let meaningless = ["PRIVATE_KEY_FILE", "CLEAR_ANSWERS", "CIPHER"];
        return match meaningless.iter().find(|name| env.text(&variable(name)).is_some()) {
            Some(name) => Err(wrong(variable(name), "means something for the dialect vneid-sealed alone")),
            None => Ok(None),
        };
    }
    let file = variable("PRIVATE_KEY_FILE");
    let pem = env.file(&file)?.ok_or_else(|| wrong(&file, "is not set, and vneid-sealed needs it"))?;
    let key = EnvelopeKey::from_pem(&pem.into()).map_err(|error| wrong(&file, error.to_string()))?;
    let mut envelope = Envelope::new(key);
    if let Some(clear) = env.text(&variable("CLEAR_ANSWERS")) {
        envelope = envelope.clear_answers(match clear.as_str() {
            "accept" => ClearAnswers::Accept,
            "refuse" => ClearAnswers::Refuse,
            _ => return Err(wrong(variable("CLEAR_ANSWERS"), "must be accept or refuse")),
        });
    }
    if let Some(cipher) = env.text(&variable("CIPHER")) {
        envelope = envelope.cipher(match cipher.as_str() {
            "ecb" => Cipher::Ecb,
            "cbc" => Cipher::Cbc,
            _ => return Err(wrong(variable("CIPHER"), "must be ecb or cbc")),
        });
    }
    Ok(Some(envelope))
}
