//! Settings that can never work are told at start, by name, and not to the first citizen.

use url::Url;

use super::endpoints::{parse, parse_authorize};
use super::policy::{Fresh, IdTokenPolicy, LogoutUri, SubjectSource};
use super::{Claim, ProviderConfig};
use crate::http::address;
use crate::provider::authorization;
use crate::provider::client_auth::ClientAuth;
use crate::provider::logout_request::{self, LogoutHost};

/// A provider's setting that can never work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("provider `{provider}`: set `{setting}`: {problem}")]
pub struct ConfigError {
    provider: String,
    setting: &'static str,
    problem: ConfigProblem,
}

impl ConfigError {
    /// The issuer is no URL.
    pub(crate) fn issuer(provider: &str) -> Self {
        Self { provider: provider.to_owned(), setting: "issuer", problem: ConfigProblem::Url }
    }

    /// The redirect URI is no absolute URL.
    pub(crate) fn redirect_uri(provider: &str) -> Self {
        Self { provider: provider.to_owned(), setting: "redirect_uri", problem: ConfigProblem::Url }
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The setting to change, by the name of its method.
    pub fn setting(&self) -> &'static str {
        self.setting
    }

    /// What is wrong with it.
    pub fn problem(&self) -> ConfigProblem {
        self.problem
    }
}

/// What is wrong with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// The name does not fit into a path.
    #[error("a name is 1 to 32 characters of a-z, 0-9 and -")]
    Name,
    /// It is empty.
    #[error("it is missing")]
    Missing,
    /// It is no absolute http or https URL, or one with a user name, a password or a fragment; an issuer has no query either.
    #[error("it is not an absolute URL without fragment and credentials, or an issuer with a query")]
    Url,
    /// Plain http to a host that is not loopback.
    #[error("plain http is only for loopback hosts; use https")]
    PlainHttp,
    /// It is no absolute path.
    #[error("it is a path that begins with one `/`, without query and fragment")]
    Path,
    /// `openid` is missing, or a scope has characters that it cannot have.
    #[error("`openid` must be among them, and each is one word")]
    Scopes,
    /// The required level has no name in the table of `acr` values.
    #[error("the required level has no `acr` value")]
    Level,
    /// `prompt=none` with `max_age=0`: the provider may neither ask nor not ask.
    #[error("`prompt=none` and `max_age=0` contradict each other")]
    Prompt,
    /// `prompt` is none of the known values.
    #[error("it is `none`, `login`, `consent` or `select_account`")]
    UnknownPrompt,
    /// It is no host, or no host and port.
    #[error("each is a host, or host:port where the port is not 443")]
    Host,
    /// A placeholder of the logout address is none that is known, or does not stand alone as a parameter's value.
    #[error(
        "a placeholder is the whole value of a parameter: {{id_token}}, {{access_token}}, {{client_id}}, \
         {{post_logout_redirect_uri}} or {{state}}"
    )]
    Template,
    /// A claim's name is empty, or two claims have the same.
    #[error("every claim has a name of its own")]
    Claim,
    /// A fresh login cannot be proved without an id_token.
    #[error("a fresh login can only be proved by a checked id_token")]
    Fresh,
    /// The parameter is one that this crate sets, or it is set twice.
    #[error("this parameter is set by the library itself, or twice")]
    Parameter,
}

/// The first setting that can never work.
pub(crate) fn check(config: &ProviderConfig) -> Result<(), ConfigError> {
    let problems = [
        ("name", name(&config.name)),
        ("issuer", issuer(config)),
        ("authorize_url", endpoint(config, config.endpoints.authorize.as_deref(), parse_authorize)),
        ("token_url", endpoint(config, config.endpoints.token.as_deref(), parse)),
        ("userinfo_url", userinfo(config)),
        ("device_authorization_url", config.endpoints.device_authorization.as_deref().and_then(|url| parse(url).err())),
        ("checked_id_token", keys(config)),
        ("logout_url", logout(config)),
        ("logout_hosts", logout_hosts(config)),
        ("claim", claims(config)),
        ("fresh", fresh(config)),
        ("client_id", config.client_id.is_empty().then_some(ConfigProblem::Missing)),
        ("client_secret", client_secret(config)),
        ("scopes", config.scopes.as_deref().and_then(scopes)),
        ("acr_values", level(config)),
        ("callback_path", path(&config.callback_path)),
        ("prompt", prompt(config)),
        ("parameter", parameters(&config.parameters)),
    ];
    match problems.into_iter().find_map(|(setting, problem)| problem.map(|problem| (setting, problem))) {
        None => Ok(()),
        Some((setting, problem)) => Err(ConfigError { provider: config.name.clone(), setting, problem }),
    }
}

fn name(name: &str) -> Option<ConfigProblem> {
    let fits = (1..=32).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (!fits).then_some(ConfigProblem::Name)
}

fn issuer(config: &ProviderConfig) -> Option<ConfigProblem> {
    if !config.discovery {
        // A name that stands in tokens, never an address that is asked; keys without it would be keys for anything.
        let nameless = config.id_token == IdTokenPolicy::Checked && config.issuer.as_deref().is_none_or(str::is_empty);
        return nameless.then_some(ConfigProblem::Missing);
    }
    let issuer = config.issuer.as_deref().unwrap_or_default();
    if issuer.is_empty() {
        return Some(ConfigProblem::Missing);
    }
    let Ok(url) = Url::parse(issuer) else { return Some(ConfigProblem::Url) };
    if address::has_credentials(&url) || url.query().is_some() || url.fragment().is_some() {
        return Some(ConfigProblem::Url);
    }
    match url.scheme() {
        "https" => None,
        "http" if address::is_secure(&url) => None,
        "http" => Some(ConfigProblem::PlainHttp),
        _ => Some(ConfigProblem::Url),
    }
}

/// An address that a dialect without discovery cannot do without.
fn endpoint(
    config: &ProviderConfig,
    text: Option<&str>,
    parse: fn(&str) -> Result<Url, ConfigProblem>,
) -> Option<ConfigProblem> {
    match text {
        Some(text) => parse(text).err(),
        None => (!config.discovery).then_some(ConfigProblem::Missing),
    }
}

fn userinfo(config: &ProviderConfig) -> Option<ConfigProblem> {
    match &config.endpoints.userinfo {
        Some(text) => parse(text).err(),
        // Without an id_token there is nothing else that says who it is.
        None => (config.id_token == IdTokenPolicy::DangerousNoIdToken).then_some(ConfigProblem::Missing),
    }
}

fn keys(config: &ProviderConfig) -> Option<ConfigProblem> {
    match &config.endpoints.jwks {
        Some(text) => parse(text).err(),
        None => (!config.discovery && config.id_token == IdTokenPolicy::Checked).then_some(ConfigProblem::Missing),
    }
}

/// On a shared computer the next person would be signed in as the last one, so a dialect must say how its session is
/// ended, or say that it is not.
fn logout(config: &ProviderConfig) -> Option<ConfigProblem> {
    if !logout_request::check_parameters(config.logout_parameters.iter().map(|(name, value)| (name, value))) {
        return Some(ConfigProblem::Template);
    }
    match &config.endpoints.logout {
        Some(text) => logout_request::check(text).err(),
        None => {
            let by_claim = config.logout_uri == LogoutUri::Instead && config.claims.name(Claim::LogoutUri).is_some();
            (config.ends_session && !config.discovery && !by_claim).then_some(ConfigProblem::Missing)
        }
    }
}

fn logout_hosts(config: &ProviderConfig) -> Option<ConfigProblem> {
    let wrong = config.logout_hosts.iter().any(|host| LogoutHost::parse(host).is_none());
    wrong.then_some(ConfigProblem::Host)
}

fn claims(config: &ProviderConfig) -> Option<ConfigProblem> {
    let needed = match (config.id_token, config.subject) {
        (_, SubjectSource::HashedCitizenId) => config.claims.name(Claim::CitizenId),
        // A checked id_token always has a subject.
        (IdTokenPolicy::Checked, SubjectSource::Claims) => return claim_names(config),
        (IdTokenPolicy::DangerousNoIdToken, SubjectSource::Claims) => {
            config.claims.name(Claim::TechId).or_else(|| config.claims.name(Claim::Subject))
        }
    };
    if needed.is_some() { claim_names(config) } else { Some(ConfigProblem::Missing) }
}

/// One claim never says two things: a name that is read twice is a slip that would mix people up.
fn claim_names(config: &ProviderConfig) -> Option<ConfigProblem> {
    let mut names: Vec<&str> = config.claims.names().collect();
    names.sort_unstable();
    let twice = names.windows(2).any(|pair| pair.first() == pair.last());
    (twice || names.iter().any(|name| name.is_empty())).then_some(ConfigProblem::Claim)
}

fn fresh(config: &ProviderConfig) -> Option<ConfigProblem> {
    let impossible = config.fresh == Fresh::Proved && config.id_token == IdTokenPolicy::DangerousNoIdToken;
    impossible.then_some(ConfigProblem::Fresh)
}

fn client_secret(config: &ProviderConfig) -> Option<ConfigProblem> {
    let has_key = matches!(config.client_auth, ClientAuth::PrivateKeyJwt(_));
    let has_secret = config.client_secret.as_ref().is_some_and(|secret| !secret.expose().is_empty());
    (!has_key && !has_secret).then_some(ConfigProblem::Missing)
}

fn scopes(scopes: &[String]) -> Option<ConfigProblem> {
    let is_scope = |scope: &String| {
        !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    };
    let fits = scopes.iter().any(|scope| scope == "openid") && scopes.iter().all(is_scope);
    (!fits).then_some(ConfigProblem::Scopes)
}

fn level(config: &ProviderConfig) -> Option<ConfigProblem> {
    let level = config.required_level?;
    let has_name =
        config.claims.name(Claim::Level).is_some() || config.acr_values.iter().any(|(_, means)| *means >= level);
    (!has_name).then_some(ConfigProblem::Level)
}

fn path(path: &str) -> Option<ConfigProblem> {
    let fits = path.starts_with('/')
        && path.split('/').skip(1).all(|segment| !matches!(segment, "" | "." | ".."))
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~'));
    (!fits).then_some(ConfigProblem::Path)
}

fn prompt(config: &ProviderConfig) -> Option<ConfigProblem> {
    match config.prompt.as_deref()? {
        "none" if config.max_age.is_some_and(|age| age.as_secs() == 0) => Some(ConfigProblem::Prompt),
        "none" | "login" | "consent" | "select_account" => None,
        _ => Some(ConfigProblem::UnknownPrompt),
    }
}

fn parameters(parameters: &[(String, String)]) -> Option<ConfigProblem> {
    let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).any(|pair| pair.first() == pair.last());
    let ours = names.iter().any(|name| name.is_empty() || authorization::is_ours(name));
    (twice || ours).then_some(ConfigProblem::Parameter)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::{Code, Language};
    use crate::identity::Level;
    use crate::provider::{AuthorizationError, AuthorizationFailure};
    use crate::time::Timestamp;

    fn good() -> ProviderConfig {
        ProviderConfig::oidc("vneid", "https://id.example", "portal").client_secret("s".into())
    }

    fn wrong(config: ProviderConfig) -> (&'static str, ConfigProblem) {
        let error = config.check().unwrap_err();
        assert!(error.to_string().contains(error.setting()), "{error}");
        (error.setting(), error.problem())
    }

    #[test]
    fn settings_that_can_work() {
        good().check().unwrap();
        for issuer in ["http://127.0.0.1:9000/oidc", "http://localhost:9000/oidc", "https://id.example/realms/a"] {
            ProviderConfig::oidc("a-1", issuer, "p").client_secret("s".into()).check().unwrap();
        }
        good().prompt("none").max_age(Duration::from_secs(60)).parameter("kc_idp_hint", "x").check().unwrap();
        good().required_level(None).acr_values::<String>([]).check().unwrap();
    }

    #[test]
    fn what_can_never_work_is_named() {
        for issuer in ["http://id.example", "http://localhost.id.example"] {
            let config = ProviderConfig::oidc("vneid", issuer, "p").client_secret("s".into());
            assert_eq!(wrong(config), ("issuer", ConfigProblem::PlainHttp), "{issuer}");
        }
        for issuer in [
            "id.example",
            "https://id.example?x",
            "https://id.example#x",
            "http://localhost:80@id.example",
            "ftp://localhost",
        ] {
            let config = ProviderConfig::oidc("vneid", issuer, "p").client_secret("s".into());
            assert_eq!(wrong(config), ("issuer", ConfigProblem::Url), "{issuer}");
        }
        for name in ["", "VNeID", "a/b", "a_b", &"a".repeat(33)] {
            let config = ProviderConfig::oidc(name, "https://id.example", "p").client_secret("s".into());
            assert_eq!(wrong(config), ("name", ConfigProblem::Name), "{name}");
        }
        let no_secret = ProviderConfig::oidc("vneid", "https://id.example", "p");
        assert_eq!(wrong(no_secret), ("client_secret", ConfigProblem::Missing));
        let no_client = ProviderConfig::oidc("vneid", "https://id.example", "");
        assert_eq!(wrong(no_client), ("client_id", ConfigProblem::Missing));
        assert_eq!(wrong(good().scopes(["profile"])), ("scopes", ConfigProblem::Scopes));
        assert_eq!(wrong(good().scopes(["openid", "a b"])), ("scopes", ConfigProblem::Scopes));
        assert_eq!(wrong(good().acr_values([("LoA1", Level::ONE)])), ("acr_values", ConfigProblem::Level));
        for path in ["auth", "//x", "/a?b", "/a b", "/a\\b", ""] {
            assert_eq!(wrong(good().callback_path(path)), ("callback_path", ConfigProblem::Path), "{path}");
        }
    }

    #[test]
    fn c7_c9_parameters_of_ours_and_contradictions() {
        for name in ["state", "nonce", "redirect_uri", "client_id", "code_challenge_method", "prompt", ""] {
            assert_eq!(wrong(good().parameter(name, "x")), ("parameter", ConfigProblem::Parameter), "{name}");
        }
        let twice = good().parameter("a", "1").parameter("a", "2");
        assert_eq!(wrong(twice), ("parameter", ConfigProblem::Parameter));
        assert_eq!(wrong(good().prompt("none").max_age(Duration::ZERO)), ("prompt", ConfigProblem::Prompt));
        assert_eq!(wrong(good().prompt("always")), ("prompt", ConfigProblem::UnknownPrompt));
    }

    #[test]
    fn what_a_provider_answers_instead_of_a_code() {
        use AuthorizationError as E;
        let config = good();
        let code = |error, description: Option<&str>, level| {
            config.code_of(&AuthorizationFailure { error, description: description.map(Into::into) }, level)
        };
        assert_eq!(code(E::AccessDenied, None, None), Code::LoginCancelled);
        assert_eq!(code(E::AccessDenied, Some("no"), None), Code::LoginCancelled);
        assert_eq!(code(E::AccessDenied, Some("web_login_not_permitted"), None), Code::WebLoginNotPermitted);
        assert_eq!(code(E::Other, Some("web_login_not_permitted"), None), Code::ProviderError);
        assert_eq!(code(E::TemporarilyUnavailable, None, None), Code::ProviderUnavailable);
        let level = Some(Level::TWO);
        assert_eq!(code(E::UnmetAuthenticationRequirements, None, level), Code::LevelTooLow(Level::TWO));
        assert_eq!(code(E::UnmetAuthenticationRequirements, None, None), Code::ProviderError);
        assert_eq!(code(E::ServerError, None, level), Code::ProviderError);
    }

    #[test]
    fn labels_levels_and_closing_time() {
        let config = good().label("Tài khoản", "Account").closes_at(Some(Timestamp::from_unix_seconds(10)));
        assert_eq!(config.button(Language::English), "Account");
        assert_eq!(good().button(Language::Vietnamese), "vneid");
        assert!(
            config.is_open(Timestamp::from_unix_millis(9_999)) && !config.is_open(Timestamp::from_unix_seconds(10))
        );
        assert!(!good().enabled(false).is_open(Timestamp::from_unix_seconds(0)));
        assert_eq!(config.level_for(Some(Level::ONE)), Some(Level::TWO));
        assert_eq!(good().required_level(None).level_for(Some(Level::ONE)), Some(Level::ONE));
        assert_eq!(config.acr_of(Some(Level::TWO), &[]), Some("LoA2"));
        assert_eq!(config.acr_of(Some(Level::TWO), &["2".to_owned()]), Some("2"));
    }
}
