//! The dialects' settings, as a portal would write them, and the few that a golden file may change.

use serde::Deserialize;
use vneid_auth::provider::{
    AudiencePolicy, ClearAnswers, Envelope, EnvelopeKey, Environment, NoncePolicy, Pkce, ProviderConfig, Unreadable,
    UserinfoMethod,
};

use crate::seal::{Cipher, KEY};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Dvcqg,
    Vneid,
    VneidSealed,
    Oidc,
}

/// The issuer of the strict dialect.
pub(super) const ISSUER: &str = "https://id.example/oidc";

pub(super) const CLIENT: &str = "portal";

/// Where a provider is asked.
pub(super) struct Addresses {
    pub(super) token: &'static str,
    pub(super) userinfo: &'static str,
    pub(super) jwks: &'static str,
}

impl Dialect {
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Dvcqg => "dvcqg",
            Self::Vneid => "vneid",
            Self::VneidSealed => "vneid-sealed",
            Self::Oidc => "oidc",
        }
    }

    /// DVCQG's are the profile's own; nobody has published VNeID's.
    pub(super) fn addresses(self) -> Addresses {
        match self {
            Self::Dvcqg => Addresses {
                token: "https://xacthuc.dichvucong.gov.vn/oauth2/token",
                userinfo: "https://xacthuc.dichvucong.gov.vn/oauth2/userinfo",
                jwks: "https://xacthuc.dichvucong.gov.vn/oauth2/jwks",
            },
            Self::Vneid | Self::VneidSealed => Addresses {
                token: "https://vneid.example/token",
                userinfo: "https://vneid.example/userinfo",
                jwks: "https://vneid.example/jwks",
            },
            Self::Oidc => Addresses {
                token: "https://id.example/oidc/token",
                userinfo: "https://id.example/oidc/userinfo",
                jwks: "https://id.example/oidc/jwks",
            },
        }
    }

    fn config(self, cipher: Option<Cipher>, clear: Clear) -> ProviderConfig {
        let Addresses { token, userinfo, .. } = self.addresses();
        let config = match self {
            Self::Dvcqg => ProviderConfig::dvcqg("dvcqg", Environment::Production, CLIENT)
                .logout_url("https://xacthuc.dichvucong.gov.vn/oidc/logout"),
            Self::Vneid => {
                ProviderConfig::vneid("vneid", Environment::Production, CLIENT).token_url(token).userinfo_url(userinfo)
            }
            Self::VneidSealed => {
                let mut envelope = Envelope::new(EnvelopeKey::from_pem(&KEY.into()).unwrap());
                if let Some(cipher) = cipher {
                    envelope = envelope.cipher(cipher.into());
                }
                envelope = envelope.clear_answers(clear.into());
                ProviderConfig::vneid_sealed("vneid", Environment::Production, CLIENT, envelope)
                    .token_url(token)
                    .userinfo_url(userinfo)
                    .logout_url("https://vneid.example/logout")
            }
            Self::Oidc => ProviderConfig::oidc("vneid", ISSUER, CLIENT),
        };
        config.client_secret("portal-secret".into())
    }
}

/// What a file changes of its dialect's settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Every id_token is checked, and this is the issuer in it.
    checked_by_issuer: Option<String>,
    #[serde(default)]
    audience: Audience,
    nonce: Option<Nonce>,
    pkce: Option<Strictness>,
    userinfo_method: Option<Method>,
    unreadable: Option<Reading>,
    cipher: Option<Cipher>,
    #[serde(default)]
    clear_answers: Clear,
    logout_hosts: Option<Vec<String>>,
    ends_session: Option<bool>,
    /// The login had to be a fresh one.
    #[serde(default)]
    pub(super) fresh: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Audience {
    #[default]
    Client,
    DangerousAuthorizedParty,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Nonce {
    Required,
    Sent,
    DangerousOff,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Strictness {
    Required,
    DangerousOff,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Method {
    Get,
    Post,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reading {
    LeaveOut,
    Refuse,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Clear {
    #[default]
    Accept,
    Refuse,
}

impl From<Clear> for ClearAnswers {
    fn from(clear: Clear) -> Self {
        match clear {
            Clear::Accept => Self::Accept,
            Clear::Refuse => Self::Refuse,
        }
    }
}

impl Settings {
    pub(super) fn config(&self, dialect: Dialect) -> ProviderConfig {
        let mut config = dialect.config(self.cipher, self.clear_answers);
        if let Some(issuer) = &self.checked_by_issuer {
            config = config.checked_id_token(issuer, dialect.addresses().jwks);
        }
        if let Audience::DangerousAuthorizedParty = self.audience {
            config = config.audience(AudiencePolicy::DangerousAuthorizedParty);
        }
        config = match self.nonce {
            None => config,
            Some(Nonce::Required) => config.nonce(NoncePolicy::Required),
            Some(Nonce::Sent) => config.nonce(NoncePolicy::Sent),
            Some(Nonce::DangerousOff) => config.nonce(NoncePolicy::DangerousOff),
        };
        config = match self.pkce {
            None => config,
            Some(Strictness::Required) => config.pkce(Pkce::Required),
            Some(Strictness::DangerousOff) => config.pkce(Pkce::DangerousOff),
        };
        config = match self.unreadable {
            None => config,
            Some(Reading::LeaveOut) => config.unreadable(Unreadable::LeaveOut),
            Some(Reading::Refuse) => config.unreadable(Unreadable::Refuse),
        };
        if let Some(hosts) = &self.logout_hosts {
            config = config.logout_hosts(hosts);
        }
        if let Some(ends) = self.ends_session {
            config = config.ends_session(ends);
        }
        config.userinfo_method(match self.userinfo_method {
            Some(Method::Post) => UserinfoMethod::Post,
            _ => UserinfoMethod::Get,
        })
    }

    /// Whether the token request proves by PKCE that it is this login's.
    pub(super) fn sends_verifier(&self) -> bool {
        self.pkce != Some(Strictness::DangerousOff)
    }

    /// How userinfo must be asked for.
    pub(super) fn method(&self) -> http::Method {
        match self.userinfo_method {
            Some(Method::Post) => http::Method::POST,
            _ => http::Method::GET,
        }
    }
}
