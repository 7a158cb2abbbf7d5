//! Authorization requests: read strictly, in the order that decides where an error may go.
//!
//! Until client and redirect URI are known to belong together, an error is a page of ours and never a redirect
//! (RFC 6749 §4.1.2.1); from then on it goes back with `state` and `iss`.

use vneid_auth::time::Timestamp;

use super::Oidc;
use super::claims::ClaimsRequest;
use crate::client::Client;
use crate::jwt;
use crate::realm::destination::{Destination, refused_on_order};
use crate::realm::parameters::{Prompt, Wrong, challenge};
use crate::realm::scope::Scope;
use crate::sso::SsoSession;
use crate::web::{Malformed, Params, Speech};

/// A checked authorization request.
pub(super) struct AuthorizationRequest {
    pub(super) to: Destination,
    pub(super) scope: Scope,
    pub(super) nonce: Option<String>,
    pub(super) challenge: String,
    pub(super) acr_values: Vec<String>,
    pub(super) acr_essential: bool,
    pub(super) prompt: Prompt,
    pub(super) max_age: Option<u64>,
    pub(super) hinted_subject: Option<String>,
    pub(super) login_hint: Option<String>,
    pub(super) claims: ClaimsRequest,
    pub(super) speech: Option<Speech>,
    /// The session of a client that shares none, while the citizen is asked for their consent.
    pub(super) alone: Option<SsoSession>,
}

/// Why a request is refused.
pub(super) enum Rejected {
    /// With a page: nobody is known to send the answer to.
    Page(&'static str),
    /// With an error to the relying party.
    Redirect(Destination, &'static str, &'static str),
}

impl AuthorizationRequest {
    /// Reads and checks a request.
    pub(super) fn read(oidc: &Oidc, params: Result<Params, Malformed>) -> Result<Self, Rejected> {
        let params = params.map_err(|_| Rejected::Page("malformed parameters"))?;
        let single = |name| params.one(name).map_err(|_| Rejected::Page("a parameter was given twice"));
        let client_id = single("client_id")?.ok_or(Rejected::Page("client_id is missing"))?;
        let client = oidc.world.client(client_id).ok_or(Rejected::Page("client_id is not registered"))?;
        let redirect_uri = single("redirect_uri")?.ok_or(Rejected::Page("redirect_uri is missing"))?;
        if !client.may_redirect_to(redirect_uri) {
            return Err(Rejected::Page("redirect_uri is not registered"));
        }
        if refused_on_order(oidc, client_id) {
            return Err(Rejected::Page("redirect_uri is not registered"));
        }
        let to = Destination {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            state: single("state")?.map(str::to_owned),
        };
        let wrong = |(error, description)| Rejected::Redirect(to.clone(), error, description);
        check(oidc, client, &to, &params).map_err(wrong)
    }

    /// Whether a session answers this request without asking anybody.
    pub(super) fn accepts(&self, session: &SsoSession, subject: &str, now: Timestamp) -> bool {
        let age = now.since(session.auth_time).as_secs();
        let fresh = self.max_age.is_none_or(|max_age| max_age > 0 && age <= max_age);
        fresh && self.hinted_subject.as_deref().is_none_or(|hinted| hinted == subject)
    }
}

fn check(oidc: &Oidc, client: &Client, to: &Destination, params: &Params) -> Result<AuthorizationRequest, Wrong> {
    const INVALID: &str = "invalid_request";
    if params.has_duplicates() {
        return Err((INVALID, "a parameter was given twice"));
    }
    let text = |name| params.one(name).ok().flatten();
    if text("request").is_some() {
        return Err(("request_not_supported", "request objects are not supported"));
    }
    if text("request_uri").is_some() {
        return Err(("request_uri_not_supported", "request_uri is not supported and was not fetched"));
    }
    match text("response_type") {
        Some("code") => {}
        None => return Err((INVALID, "response_type is missing")),
        Some(_) => return Err(("unsupported_response_type", "only the response type `code` is supported")),
    }
    if text("response_mode").is_some_and(|mode| mode != "query") {
        return Err((INVALID, "only the response mode `query` is supported"));
    }
    let scope = Scope::read(text("scope").unwrap_or_default());
    if !scope.has("openid") && !client.plain_oauth {
        return Err(("invalid_scope", "the scope `openid` is missing"));
    }
    let challenge = challenge(text("code_challenge"), text("code_challenge_method"))?;
    if client.strict_state && to.state.is_none() {
        return Err((INVALID, "state is required for this client"));
    }
    let nonce = text("nonce");
    if client.strict_nonce && nonce.is_none_or(|nonce| nonce.chars().count() < 32) {
        return Err((INVALID, "a nonce of 32 characters or more is required for this client"));
    }
    let claims = text("claims").map_or_else(|| Some(ClaimsRequest::default()), ClaimsRequest::read);
    let claims = claims.ok_or((INVALID, "claims is malformed"))?;
    let (acr_values, acr_essential) = acr(text("acr_values"), &claims);
    Ok(AuthorizationRequest {
        to: to.clone(),
        scope,
        nonce: nonce.map(str::to_owned),
        challenge,
        acr_values,
        acr_essential,
        prompt: Prompt::read(text("prompt"))?,
        max_age: text("max_age").map(max_age).transpose()?,
        hinted_subject: text("id_token_hint").map(|hint| hinted(oidc, client, hint)).transpose()?,
        login_hint: text("login_hint").map(|hint| hint.chars().take(64).collect()),
        claims,
        speech: text("ui_locales").and_then(Speech::of_locales),
        alone: None,
    })
}

fn max_age(text: &str) -> Result<u64, Wrong> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(("invalid_request", "max_age is no number of seconds"))
}

/// The subject of an id_token of ours; its age does not matter, its audience does.
fn hinted(oidc: &Oidc, client: &Client, hint: &str) -> Result<String, Wrong> {
    let token = jwt::own(hint, &oidc.keys, oidc.issuer());
    let token = token.filter(|token| token.text("aud") == Some(client.id.as_str()));
    let subject = token.as_ref().and_then(|token| token.text("sub"));
    subject.map(str::to_owned).ok_or(("invalid_request", "id_token_hint is no id_token of this client"))
}

/// The levels asked for, best first: by `acr_values`, which are wishes, or by `claims`, which may be essential.
fn acr(acr_values: Option<&str>, claims: &ClaimsRequest) -> (Vec<String>, bool) {
    let Some(wish) = claims.of_id_token("acr") else {
        let values = acr_values.unwrap_or_default().split(' ').filter(|value| !value.is_empty());
        return (values.map(str::to_owned).collect(), false);
    };
    let values = wish.value.iter().chain(wish.values.iter().flatten());
    (values.filter_map(|value| value.as_str()).map(str::to_owned).collect(), wish.essential)
}
