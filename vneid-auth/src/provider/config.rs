//! The settings of one provider, as the portal writes them: a profile whose every value can be overridden.

use std::time::Duration;

use super::authorization_error::{AuthorizationError, AuthorizationFailure};
use super::client_auth::ClientAuth;
use super::config_check::{self, ConfigError};
use crate::error::{Code, Language};
use crate::flow::login::Unstated;
use crate::identity::Level;
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
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) client_auth: ClientAuth,
    /// `None`: what the profile reads, as far as the provider lists it.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) acr_values: Vec<(String, Level)>,
    pub(crate) required_level: Option<Level>,
    pub(crate) unstated_level: Unstated,
    pub(crate) callback_path: String,
    pub(crate) label: Option<(String, String)>,
    pub(crate) enabled: bool,
    pub(crate) listed: bool,
    pub(crate) closes_at: Option<Timestamp>,
    pub(crate) trusted_audiences: Vec<String>,
    pub(crate) ends_session: bool,
    pub(crate) prompt: Option<String>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) web_login_refusal: Option<String>,
}

impl ProviderConfig {
    /// A provider that speaks OpenID Connect with every check on: metadata by discovery, state, nonce and PKCE S256,
    /// a signed id_token, `iss` in the response when the provider promises it.
    ///
    /// `name` is the provider's name at this portal, 1 to 32 of `[a-z0-9-]`; it stands in the portal's paths. `issuer`
    /// is the provider's, byte for byte as its metadata state it. Level 2 is required and must be stated; the levels
    /// are called `LoA1`, `LoA2`, also `1`, `2`.
    pub fn oidc(name: &str, issuer: &str, client_id: &str) -> Self {
        let acr = |name: &str, level| (name.to_owned(), level);
        Self {
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: None,
            client_auth: ClientAuth::Discovered,
            scopes: None,
            acr_values: vec![
                acr("LoA1", Level::ONE),
                acr("LoA2", Level::TWO),
                acr("1", Level::ONE),
                acr("2", Level::TWO),
            ],
            required_level: Some(Level::TWO),
            unstated_level: Unstated::Refuse,
            callback_path: format!("/auth/callback/{name}"),
            label: None,
            enabled: true,
            listed: true,
            closes_at: None,
            trusted_audiences: Vec::new(),
            ends_session: true,
            prompt: None,
            max_age: None,
            parameters: Vec::new(),
            web_login_refusal: Some("web_login_not_permitted".to_owned()),
        }
    }

    /// The client's secret, unless it proves itself with a key.
    #[must_use]
    pub fn client_secret(mut self, secret: Secret) -> Self {
        self.client_secret = Some(secret);
        self
    }

    /// How the client proves itself; by default as the provider's metadata say.
    #[must_use]
    pub fn client_auth(mut self, method: ClientAuth) -> Self {
        self.client_auth = method;
        self
    }

    /// Exactly these scopes; `openid` must be among them. By default `openid` and those of `profile`, `phone` and
    /// `citizen_id` that the provider's metadata list; some providers refuse what they do not know.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// What the provider's `acr` values mean. To ask for a level, the first of its names that the metadata list is sent,
    /// or else its first name. An `acr` that is not in the table states no level.
    #[must_use]
    pub fn acr_values<S: Into<String>>(mut self, table: impl IntoIterator<Item = (S, Level)>) -> Self {
        self.acr_values = table.into_iter().map(|(acr, level)| (acr.into(), level)).collect();
        self
    }

    /// The level that every login through this provider needs; `None` for any.
    #[must_use]
    pub fn required_level(mut self, level: Option<Level>) -> Self {
        self.required_level = level;
        self
    }

    /// What a level that nobody stated means.
    #[must_use]
    pub fn unstated_level(mut self, meaning: Unstated) -> Self {
        self.unstated_level = meaning;
        self
    }

    /// The path of the registered redirect URI, by default `/auth/callback/{name}`.
    #[must_use]
    pub fn callback_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.callback_path);
        self
    }

    /// What the chooser's button says, in Vietnamese and in English; by default the name.
    #[must_use]
    pub fn label(mut self, vietnamese: &str, english: &str) -> Self {
        self.label = Some((vietnamese.to_owned(), english.to_owned()));
        self
    }

    /// Whether the chooser offers it; a link to its login works either way.
    #[must_use]
    pub fn listed(mut self, listed: bool) -> Self {
        self.listed = listed;
        self
    }

    /// Whether logins through this provider are open.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// From when on this way in is closed.
    #[must_use]
    pub fn closes_at(mut self, at: Option<Timestamp>) -> Self {
        self.closes_at = at;
        self
    }

    /// Who may stand in an id_token's `aud` beside us. By default nobody.
    #[must_use]
    pub fn trusted_audiences<S: Into<String>>(mut self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.trusted_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Whether logging out also ends the provider's session, when it has an end-session endpoint. By default yes: on a
    /// shared computer the next person would otherwise be signed in as the last one.
    #[must_use]
    pub fn ends_session(mut self, ends: bool) -> Self {
        self.ends_session = ends;
        self
    }

    /// `prompt` of every authorization request; a login that asks for a new authentication sends `login` instead.
    #[must_use]
    pub fn prompt(mut self, prompt: &str) -> Self {
        self.prompt = Some(prompt.to_owned());
        self
    }

    /// `max_age` of every authorization request, and the age that `auth_time` is held to.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// A further parameter of the authorization request. Those that this crate sets cannot be set.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The `error_description` that, beside `access_denied`, means that the citizen has web login switched off.
    #[must_use]
    pub fn web_login_refusal(mut self, description: Option<&str>) -> Self {
        self.web_login_refusal = description.map(str::to_owned);
        self
    }

    /// Whether these settings can work at all.
    ///
    /// # Errors
    /// The first setting that never can, by name.
    pub fn check(&self) -> Result<(), ConfigError> {
        config_check::check(self)
    }

    /// The provider's name at this portal.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The provider's issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
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

    /// Whether the provider has a name for this level.
    pub fn names(&self, level: Level) -> bool {
        self.acr_values.iter().any(|(_, means)| *means == level)
    }

    /// The level that an `acr` states.
    pub(crate) fn level_of(&self, acr: &str) -> Option<Level> {
        self.acr_values.iter().find(|(name, _)| name == acr).map(|(_, level)| *level)
    }

    /// The `acr` to ask for a level with.
    pub(crate) fn acr_of(&self, level: Level, supported: &[String]) -> Option<&str> {
        let mut names = self.acr_values.iter().filter(|(_, means)| *means == level).map(|(name, _)| name.as_str());
        let first = names.clone().next();
        names.find(|name| supported.iter().any(|listed| listed == name)).or(first)
    }
}
