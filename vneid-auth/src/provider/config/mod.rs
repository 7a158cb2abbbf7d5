//! The settings of one provider, as the portal writes them: a profile whose every value can be overridden.

mod check;
mod claims;
mod dialect;
mod endpoints;
mod policy;
mod presets;
mod setters;

use std::time::Duration;

pub use self::check::{ConfigError, ConfigProblem};
pub use self::claims::Claim;
pub(crate) use self::claims::ClaimMap;
pub(crate) use self::endpoints::{Endpoints, parse as parse_endpoint};
pub use self::policy::{
    AudiencePolicy, ClaimForms, Environment, Fresh, IdTokenPolicy, LogoutUri, NoncePolicy, Pkce, SubjectSource,
    Unreadable, UserinfoMethod, Vouching,
};
pub use self::presets::VNEID_LOGOUT_HOSTS;
use super::authorization_error::{AuthorizationError, AuthorizationFailure};
use super::client_auth::ClientAuth;
use super::envelope::Envelope;
use crate::error::{Code, Language};
use crate::flow::login::Unstated;
use crate::identity::{AccountKind, Level};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The settings of one provider.
///
/// ```
/// use vneid_auth::provider::ProviderConfig;
///
/// let config = ProviderConfig::oidc("vneid", "https://id.example", "portal").client_secret("a-secret".into());
/// config.check().expect("settings that can work");
/// ```
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    pub(crate) name: String,
    /// `None`: nobody knows it.
    pub(crate) issuer: Option<String>,
    /// Whether the issuer's metadata say what the settings do not.
    pub(crate) discovery: bool,
    pub(crate) endpoints: Endpoints,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) client_auth: ClientAuth,
    /// `None`: what the profile reads, as far as the provider lists it.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) acr_values: Vec<(String, Level)>,
    /// Sent with every request, whatever level is asked for.
    pub(crate) acr_sent: Option<String>,
    pub(crate) required_level: Option<Level>,
    pub(crate) unstated_level: Unstated,
    pub(crate) pkce: Pkce,
    pub(crate) nonce: NoncePolicy,
    pub(crate) id_token: IdTokenPolicy,
    pub(crate) audience: AudiencePolicy,
    pub(crate) trusted_audiences: Vec<String>,
    pub(crate) fresh: Fresh,
    pub(crate) userinfo: UserinfoMethod,
    pub(crate) envelope: Option<Envelope>,
    pub(crate) subject: SubjectSource,
    pub(crate) vouching: Vouching,
    pub(crate) claims: ClaimMap,
    pub(crate) claim_forms: ClaimForms,
    pub(crate) account_kinds: Vec<(String, AccountKind)>,
    pub(crate) unreadable: Unreadable,
    /// What the provider calls VNeID as a way in behind it.
    pub(crate) vneid_behind: Option<String>,
    pub(crate) callback_path: String,
    pub(crate) label: Option<(String, String)>,
    pub(crate) enabled: bool,
    pub(crate) listed: bool,
    pub(crate) closes_at: Option<Timestamp>,
    pub(crate) ends_session: bool,
    /// Sooner than the portal's own.
    pub(crate) session_idle: Option<Duration>,
    /// Added to a logout address that is no template.
    pub(crate) logout_parameters: Vec<(String, String)>,
    pub(crate) logout_uri: LogoutUri,
    pub(crate) logout_hosts: Vec<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) web_login_refusal: Option<String>,
}

impl ProviderConfig {
    /// Whether these settings can work at all.
    ///
    /// # Errors
    /// The first setting that never can, by name.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::check(self)
    }

    /// The provider's name at this portal.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The provider's issuer, where it is known.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The path of the redirect URI.
    pub fn callback(&self) -> &str {
        &self.callback_path
    }

    /// What the chooser's button says.
    pub fn button(&self, language: Language) -> &str {
        match (&self.label, language) {
            (Some((vietnamese, _)), Language::Vietnamese) => vietnamese,
            (Some((_, english)), Language::English) => english,
            (None, _) => &self.name,
        }
    }

    /// The level that logins need, raised to `asked` when that is higher: a link can only raise what is configured.
    pub fn level_for(&self, asked: Option<Level>) -> Option<Level> {
        self.required_level.max(asked)
    }

    /// What a level that nobody stated means.
    pub fn unstated(&self) -> Unstated {
        self.unstated_level
    }

    /// Whether the chooser offers it.
    pub fn is_listed(&self) -> bool {
        self.listed
    }

    /// Whether logins are open at this time.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.enabled && self.closes_at.is_none_or(|closes_at| now < closes_at)
    }

    /// The code for what the provider answered instead of a code. `required` is the level that was asked for.
    pub fn code_of(&self, failure: &AuthorizationFailure, required: Option<Level>) -> Code {
        match (failure.error, required) {
            (AuthorizationError::AccessDenied, _) => {
                let web_login = self.web_login_refusal.as_deref().is_some_and(|text| failure.is_described_as(text));
                if web_login { Code::WebLoginNotPermitted } else { Code::LoginCancelled }
            }
            (AuthorizationError::TemporarilyUnavailable, _) => Code::ProviderUnavailable,
            (AuthorizationError::UnmetAuthenticationRequirements, Some(level)) => Code::LevelTooLow(level),
            _ => Code::ProviderError,
        }
    }

    /// The scopes to ask for, of a provider that lists these; one that lists none gets the standard ones.
    pub(crate) fn scopes_of(&self, supported: &[String]) -> Vec<String> {
        const STANDARD: [&str; 3] = ["openid", "profile", "phone"];
        let fits = |scope: &str| match supported {
            [] => STANDARD.contains(&scope),
            listed => scope == "openid" || listed.iter().any(|one| one == scope),
        };
        let by_metadata = || {
            let wanted = ["openid", "profile", "phone", "citizen_id"].into_iter();
            wanted.filter(|scope| fits(scope)).map(str::to_owned).collect()
        };
        self.scopes.clone().unwrap_or_else(by_metadata)
    }

    /// Whether code, token and userinfo may come in envelopes.
    pub fn is_sealed(&self) -> bool {
        self.envelope.is_some()
    }

    /// Whether the provider can state this level: it has a name for it, or a claim with its number.
    pub fn names(&self, level: Level) -> bool {
        self.claims.name(Claim::Level).is_some() || self.acr_values.iter().any(|(_, means)| *means == level)
    }

    /// The level that an `acr` states.
    pub(crate) fn level_of(&self, acr: &str) -> Option<Level> {
        self.acr_values.iter().find(|(name, _)| name == acr).map(|(_, level)| *level)
    }

    /// The `acr` to ask with, for the level that is asked for if one is.
    pub(crate) fn acr_of(&self, level: Option<Level>, supported: &[String]) -> Option<&str> {
        let Some(level) = level.filter(|_| self.acr_sent.is_none()) else { return self.acr_sent.as_deref() };
        let mut names = self.acr_values.iter().filter(|(_, means)| *means == level).map(|(name, _)| name.as_str());
        let first = names.clone().next();
        names.find(|name| supported.iter().any(|listed| listed == name)).or(first)
    }
}
