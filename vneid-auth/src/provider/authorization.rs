//! The authorization request: where the browser is sent, and with what (OpenID Connect Core §3.1.2.1).

use std::borrow::Cow;

use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use url::Url;

use super::config::{NoncePolicy, Pkce, ProviderConfig};
use super::metadata::Metadata;
use crate::error::{Code, Error, Language, Result};
use crate::identity::Level;
use crate::secret::Secret;

/// What one login asks of the provider. `state`, `nonce` and `verifier` are new for every login.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// What ties the answer to this login and this browser.
    pub state: Secret,
    /// What ties the id_token to this login.
    pub nonce: Secret,
    /// The PKCE code verifier, 43 to 128 characters of `[A-Za-z0-9-._~]` (RFC 7636 §4.1). Only its hash is sent.
    pub verifier: Secret,
    /// Where the answer goes: the registered address, absolute, byte for byte.
    pub redirect_uri: String,
    /// The level that is asked for, when one is required.
    pub level: Option<Level>,
    /// A new authentication is asked for, whatever session the provider has: `prompt=login`, `max_age=0`.
    pub fresh: bool,
    /// The language for the provider's pages (`ui_locales`).
    pub language: Language,
}

/// The parameters that are ours to set, in requests as in an endpoint's own query.
pub(crate) fn is_ours(name: &str) -> bool {
    const OURS: [&str; 16] = [
        "response_type",
        "response_mode",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
        "acr_values",
        "ui_locales",
        "request",
        "request_uri",
        "client_secret",
    ];
    OURS.contains(&name)
}

/// The address for the browser. `state` is always there, PKCE is never anything but S256.
pub(crate) fn url(config: &ProviderConfig, metadata: &Metadata, ask: &AuthorizationRequest) -> Result<Url> {
    let verifier = ask.verifier.expose();
    // `oauth2` panics on a verifier of another length.
    let fits = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    if !fits {
        return Err(Error::new(Code::ServiceUnavailable, "the code verifier is not that of RFC 7636 §4.1"));
    }
    let redirect_uri = RedirectUrl::new(ask.redirect_uri.clone())
        .map_err(|_| Error::new(Code::ServiceUnavailable, "the redirect URI is no absolute URL"))?;
    let client = BasicClient::new(ClientId::new(config.client_id.clone()))
        .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()));
    let mut request = client
        .authorize_url(|| CsrfToken::new(ask.state.expose().to_owned()))
        .set_redirect_uri(Cow::Owned(redirect_uri))
        .add_scopes(config.scopes_of(&metadata.scopes).into_iter().map(Scope::new));
    if config.pkce != Pkce::DangerousOff {
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    }
    if config.nonce != NoncePolicy::DangerousOff {
        request = request.add_extra_param("nonce", ask.nonce.expose().to_owned());
    }
    // The dialects' servers were never seen to be asked for a language.
    if config.discovery {
        request = request.add_extra_param("ui_locales", ask.language.tag());
    }
    if let Some(acr) = config.acr_of(ask.level, &metadata.acr_values) {
        request = request.add_extra_param("acr_values", acr.to_owned());
    }
    let (prompt, max_age) = if ask.fresh {
        (Some("login"), Some(0))
    } else {
        (config.prompt.as_deref(), config.max_age.map(|age| age.as_secs()))
    };
    if let Some(prompt) = prompt {
        request = request.add_extra_param("prompt", prompt.to_owned());
    }
    if let Some(seconds) = max_age {
        request = request.add_extra_param("max_age", seconds.to_string());
    }
    for (name, value) in &config.parameters {
        request = request.add_extra_param(name.clone(), value.clone());
    }
    Ok(request.url().0)
}
