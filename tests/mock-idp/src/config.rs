//! The configuration file: JSON, every key known, every mistake named with file, line and key.
//!
//! ```json
//! {
//!   "listen": "127.0.0.1:9000",
//!   "clients": [{ "id": "portal", "secret": "…", "redirect_uris": ["https://portal.example/cb"] }],
//!   "faults": [{ "where": "token", "what": { "id_token": "nonce_wrong" }, "when": { "persona": "001991000002" } }]
//! }
//! ```

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use vneid_mock_idp::fault::Fault;
use vneid_mock_idp::sealed::Cipher;
use vneid_mock_idp::{AuthMethod, BirthDateForm, Builder, Client, OtpDelivery, SigningAlg, UnmetAcr};

/// The file's content.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) listen: Option<SocketAddr>,
    issuer_base: Option<String>,
    auto_login: Option<String>,
    control: bool,
    public: bool,
    deterministic: Option<u64>,
    otp: Otp,
    clients: Vec<ClientEntry>,
    faults: Vec<Fault>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Otp {
    #[default]
    Inbox,
    OnPage,
    Static(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientEntry {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    #[serde(default)]
    auth_methods: Vec<Method>,
    #[serde(default)]
    jwks: Option<serde_json::Value>,
    #[serde(default)]
    public_key_pem: Option<String>,
    #[serde(default)]
    id_token_alg: Alg,
    #[serde(default)]
    signed_userinfo: Option<Alg>,
    #[serde(default)]
    consent: bool,
    #[serde(default)]
    client_credentials: bool,
    #[serde(default)]
    plain_oauth: bool,
    #[serde(default)]
    strict_state: bool,
    #[serde(default)]
    strict_nonce: bool,
    #[serde(default)]
    unmet_acr: Unmet,
    #[serde(default)]
    refresh_grace_seconds: u64,
    #[serde(default)]
    vneid_id_token: bool,
    #[serde(default)]
    sealing_key_pem: Option<String>,
    #[serde(default)]
    sealed_cipher: SealedCipher,
    #[serde(default)]
    birth_date_form: DateForm,
    #[serde(default)]
    backchannel_logout_uri: Option<String>,
    #[serde(default)]
    backchannel_logout_session_required: Option<bool>,
    #[serde(default)]
    frontchannel_logout_uri: Option<String>,
    #[serde(default)]
    isolated_session: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
    None,
}

#[derive(Clone, Copy, Default, Deserialize)]
enum Alg {
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
}

impl From<Alg> for SigningAlg {
    fn from(alg: Alg) -> Self {
        match alg {
            Alg::Rs256 => Self::Rs256,
            Alg::Es256 => Self::Es256,
        }
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SealedCipher {
    #[default]
    Ecb,
    Cbc,
}

/// How `/vneid-sealed` writes a birth date.
#[derive(Clone, Copy, Default, Deserialize)]
enum DateForm {
    #[default]
    #[serde(rename = "yyyyMMdd")]
    Compact,
    #[serde(rename = "yyyy-MM-dd")]
    Dashes,
    #[serde(rename = "dd/MM/yyyy")]
    Slashes,
    #[serde(rename = "yyyy")]
    Year,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unmet {
    #[default]
    Answer,
    #[serde(rename = "unmet_authentication_requirements")]
    Refuse,
    AccessDenied,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// `FILE:LINE: key: what is wrong`.
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::parse(&text).map_err(|(line, problem)| format!("{}:{line}: {problem}", file.display()))
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let config: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let key = error.path().to_string();
            let inner = error.into_inner();
            (inner.line(), format!("{key}: {inner}"))
        })?;
        reader.end().map_err(|error| (error.line(), error.to_string()))?;
        for client in &config.clients {
            client.register().map_err(|problem| (line_of(text, &client.id), format!("clients: {problem}")))?;
        }
        Ok(config)
    }

    /// Applies the settings.
    ///
    /// # Errors
    /// When a client's key cannot be read.
    pub(crate) fn apply(self, mut builder: Builder) -> Result<Builder, String> {
        if let Some(base) = &self.issuer_base {
            builder = builder.issuer_base(base);
        }
        if let Some(citizen) = &self.auto_login {
            builder = builder.auto_login(citizen);
        }
        if let Some(seed) = self.deterministic {
            builder = builder.deterministic(seed);
        }
        for client in &self.clients {
            builder = builder.client(client.register()?);
        }
        for fault in self.faults {
            builder = builder.fault(fault);
        }
        let delivery = match self.otp {
            Otp::Inbox => OtpDelivery::Inbox,
            Otp::OnPage => OtpDelivery::OnPage,
            Otp::Static(code) => OtpDelivery::Static(code),
        };
        Ok(builder.otp_delivery(delivery).control(self.control).public(self.public))
    }

    /// Whether the file says so.
    pub(crate) fn flags(&self) -> (bool, bool) {
        (self.control, self.public)
    }
}

impl ClientEntry {
    fn register(&self) -> Result<Client, String> {
        let mut client = Client::new(&self.id, &self.secret);
        if let Some(name) = &self.name {
            client = client.name(name);
        }
        for uri in &self.redirect_uris {
            client = client.redirect_uri(uri);
        }
        for uri in &self.post_logout_redirect_uris {
            client = client.post_logout_redirect_uri(uri);
        }
        for method in &self.auth_methods {
            client = client.auth_method(match method {
                Method::ClientSecretBasic => AuthMethod::ClientSecretBasic,
                Method::ClientSecretPost => AuthMethod::ClientSecretPost,
                Method::PrivateKeyJwt => AuthMethod::PrivateKeyJwt,
                Method::None => AuthMethod::None,
            });
        }
        if let Some(jwks) = &self.jwks {
            client = client.jwks(&jwks.to_string()).map_err(|error| error.to_string())?;
        }
        if let Some(pem) = &self.public_key_pem {
            client = client.public_key_pem(pem).map_err(|error| error.to_string())?;
        }
        for (on, switch) in [
            (self.consent, Client::consent as fn(Client) -> Client),
            (self.client_credentials, Client::client_credentials),
            (self.plain_oauth, Client::plain_oauth),
            (self.strict_state, Client::strict_state),
            (self.strict_nonce, Client::strict_nonce),
            (self.vneid_id_token, Client::vneid_id_token),
            (self.isolated_session, Client::isolated_session),
        ] {
            client = if on { switch(client) } else { client };
        }
        if let Some(pem) = &self.sealing_key_pem {
            client = client.sealing_key_pem(pem).map_err(|error| error.to_string())?;
        }
        client = client.sealed_cipher(match self.sealed_cipher {
            SealedCipher::Ecb => Cipher::Ecb,
            SealedCipher::Cbc => Cipher::Cbc,
        });
        client = client.birth_date_form(match self.birth_date_form {
            DateForm::Compact => BirthDateForm::Compact,
            DateForm::Dashes => BirthDateForm::Dashes,
            DateForm::Slashes => BirthDateForm::Slashes,
            DateForm::Year => BirthDateForm::Year,
        });
        if let Some(alg) = self.signed_userinfo {
            client = client.signed_userinfo(alg.into());
        }
        if let Some(uri) = &self.backchannel_logout_uri {
            client = client.backchannel_logout_uri(absolute("backchannel_logout_uri", uri)?);
        }
        if let Some(uri) = &self.frontchannel_logout_uri {
            client = client.frontchannel_logout_uri(absolute("frontchannel_logout_uri", uri)?);
        }
        if let Some(required) = self.backchannel_logout_session_required {
            client = client.backchannel_logout_session_required(required);
        }
        let unmet = match self.unmet_acr {
            Unmet::Answer => UnmetAcr::Answer,
            Unmet::Refuse => UnmetAcr::Refuse,
            Unmet::AccessDenied => UnmetAcr::AccessDenied,
        };
        let grace = Duration::from_secs(self.refresh_grace_seconds);
        Ok(client.id_token_alg(self.id_token_alg.into()).unmet_acr(unmet).refresh_grace(grace))
    }
}

/// An http or https URL, as it stands there.
fn absolute<'a>(key: &str, uri: &'a str) -> Result<&'a str, String> {
    let fits = url::Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if fits { Ok(uri) } else { Err(format!("{key}: no http or https URL")) }
}

/// The line on which a client's id stands.
fn line_of(text: &str, id: &str) -> usize {
    let quoted = format!("\"{id}\"");
    text.lines().position(|line| line.contains(&quoted)).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d100_mistakes_are_named_with_line_and_key() {
        for (text, line, key) in [
            ("{\n \"lisen\": \"127.0.0.1:1\"\n}", 2, "lisen"),
            ("{\n \"control\": 1\n}", 2, "control"),
            ("{\n \"clients\": [\n  {\"id\": \"a\", \"secrets\": \"b\"}\n ]\n}", 3, "secrets"),
            ("{\n \"clients\": [\n  {\"id\": \"a\", \"auth_methods\": [\"basic\"]}\n ]\n}", 3, "auth_methods"),
            ("{\n \"clients\": [\n\n  {\"id\": \"a\", \"jwks\": {}}\n ]\n}", 4, "client a"),
            ("{\n \"clients\": [\n  {\"id\": \"a\", \"sealed_cipher\": \"gcm\"}\n ]\n}", 3, "sealed_cipher"),
            ("{\n \"faults\": [{\"where\": \"token\", \"what\": \"burn\"}]\n}", 2, "faults[0].what"),
            ("{}\n{}", 2, "trailing"),
        ] {
            let (found, problem) = Config::parse(text).err().unwrap();
            assert_eq!(found, line, "{problem}");
            assert!(problem.contains(key), "{problem}");
            assert!(!problem.contains("\"b\""));
        }
        assert!(Config::parse("{\"otp\": {\"static\": \"123456\"}, \"deterministic\": 7}").is_ok());
    }
}
