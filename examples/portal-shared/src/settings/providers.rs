//! One provider's variables: `VNEID_…`, `DVCQG_…`, `KIOSK_…`.

use std::sync::Arc;

use vneid_auth::flow::login::Unstated;
use vneid_auth::identity::Level;
use vneid_auth::provider::{ClientAuth, ClientKey, HttpClient, ProviderConfig, ReqwestClient};
use vneid_auth::time::Timestamp;

use super::{Env, SettingsError, dialect, wrong};
use crate::kiosk::SERVER_IDLE;

/// A provider that the environment sets.
pub(crate) struct ProviderSettings {
    pub(crate) config: ProviderConfig,
    /// Its own HTTP client, when it has a private certificate authority.
    pub(crate) http: Option<Arc<dyn HttpClient>>,
}

impl ProviderSettings {
    /// Nothing when none of the provider's own variables is set.
    pub(super) fn read(env: &Env, prefix: &str) -> Result<Option<Self>, SettingsError> {
        let variable = |name: &str| format!("{prefix}_{name}");
        let text = |name: &str| env.text(&variable(name));
        let needed = |name: &str| {
            text(name).ok_or_else(|| wrong(variable(name), "is not set, though others of this provider are"))
        };
        let secret = env.secret(&variable("CLIENT_SECRET"))?;
        let names = ["ISSUER", "CLIENT_ID", "DIALECT"];
        if names.iter().all(|name| text(name).is_none()) && secret.is_none() {
            return Ok(None);
        }
        let mut config = dialect::read(env, prefix, &needed("CLIENT_ID")?)?;
        config = labelled(config, prefix);
        if prefix == "DVCQG" {
            // Its answers carry no level.
            config = config.unstated_level(Unstated::Accept);
        }
        if let Some(secret) = secret {
            config = config.client_secret(secret);
        }
        if let Some(method) = text("CLIENT_AUTH") {
            config = config.client_auth(match method.as_str() {
                "client_secret_basic" => ClientAuth::ClientSecretBasic,
                "client_secret_post" => ClientAuth::ClientSecretPost,
                "private_key_jwt" => {
                    let file = variable("CLIENT_KEY_FILE");
                    let pem =
                        env.file(&file)?.ok_or_else(|| wrong(&file, "is not set, and private_key_jwt needs it"))?;
                    let key = ClientKey::from_pem(&pem.into()).map_err(|error| wrong(&file, error.to_string()))?;
                    ClientAuth::PrivateKeyJwt(key)
                }
                _ => {
                    let known = "must be client_secret_basic, client_secret_post or private_key_jwt";
                    return Err(wrong(variable("CLIENT_AUTH"), known));
                }
            });
        }
        if let Some(level) = text("REQUIRED_LEVEL") {
            let problem = "must be 0 (any), 1 or 2";
            let level: u8 = level.parse().map_err(|_| wrong(variable("REQUIRED_LEVEL"), problem))?;
            if level > 2 {
                return Err(wrong(variable("REQUIRED_LEVEL"), problem));
            }
            config = config.required_level(Level::new(level));
        }
        if let Some(unstated) = text("UNSTATED_LEVEL") {
            config = config.unstated_level(match unstated.as_str() {
                "accept" => Unstated::Accept,
                "refuse" => Unstated::Refuse,
                _ => return Err(wrong(variable("UNSTATED_LEVEL"), "must be accept or refuse")),
            });
        }
        if let Some(date) = text("UNTIL") {
            let closes_at = Timestamp::start_of_day_in_vietnam(&date);
            let problem = "must be a date like 2027-01-01, from which on this way in is closed";
            config = config.closes_at(Some(closes_at.ok_or_else(|| wrong(variable("UNTIL"), problem))?));
        }
        if let Some(path) = text("CALLBACK_PATH") {
            config = config.callback_path(&path);
        }
        config.check().map_err(|error| {
            let setting = error.setting().to_ascii_uppercase();
            wrong(variable(&setting), error.problem().to_string())
        })?;
        let http = match env.file(&variable("CA_FILE"))? {
            Some(pem) => Some(client_trusting(&pem).map_err(|problem| wrong(variable("CA_FILE"), problem))?),
            None => None,
        };
        Ok(Some(Self { config, http }))
    }
}

/// What the chooser calls them; the kiosk's provider is not offered there.
pub(crate) fn labelled(config: ProviderConfig, prefix: &str) -> ProviderConfig {
    match prefix {
        "VNEID" => config.label("Tài khoản VNeID (Bộ Công an)", "VNeID account (Ministry of Public Security)"),
        "DVCQG" => config.label("Tài khoản Cổng Dịch vụ công quốc gia", "National Public Service Portal account"),
        _ => config
            .label("Tài khoản định danh điện tử", "Electronic identity account")
            .listed(false)
            .session_idle(SERVER_IDLE),
    }
}

pub(super) fn client_trusting(pem: &str) -> Result<Arc<dyn HttpClient>, String> {
    let client = ReqwestClient::builder().add_ca(pem.as_bytes()).and_then(|builder| builder.build());
    client.map(|client| Arc::new(client) as Arc<dyn HttpClient>).map_err(|error| error.to_string())
}
