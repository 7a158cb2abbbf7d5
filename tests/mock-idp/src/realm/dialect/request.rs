//! Authorization requests as DVCQG and VNeID take them: what they do not know they ignore.

use crate::realm::Realm;
use crate::realm::destination::{Destination, refused_on_order};
use crate::realm::parameters::{Prompt, Wrong, challenge};
use crate::realm::scope::Scope;
use crate::web::{Malformed, Params, Speech};

/// A checked authorization request.
pub(crate) struct Request {
    pub(crate) to: Destination,
    pub(crate) scope: Scope,
    pub(crate) nonce: Option<String>,
    /// The PKCE challenge: honoured when it is sent, and not missed when it is not.
    pub(crate) challenge: Option<String>,
    pub(crate) prompt: Prompt,
    pub(crate) login_hint: Option<String>,
    pub(crate) speech: Option<Speech>,
}

/// Why a request is refused.
pub(crate) enum Rejected {
    /// With a page: nobody is known to send the answer to.
    Page(&'static str),
    /// With an error to the relying party.
    Redirect(Destination, Wrong),
}

impl Request {
    /// Reads and checks a request.
    pub(crate) fn read(realm: &impl super::Dialect, params: Result<Params, Malformed>) -> Result<Self, Rejected> {
        let params = params.map_err(|_| Rejected::Page("malformed parameters"))?;
        let to = destination(realm, &params)?;
        check(realm, &to, &params).map_err(|wrong| Rejected::Redirect(to, wrong))
    }
}

fn destination(realm: &impl Realm, params: &Params) -> Result<Destination, Rejected> {
    let single = |name| params.one(name).map_err(|_| Rejected::Page("a parameter was given twice"));
    let client_id = single("client_id")?.ok_or(Rejected::Page("client_id is missing"))?;
    let client = realm.client(client_id).ok_or(Rejected::Page("client_id is not registered"))?;
    let redirect_uri = single("redirect_uri")?.ok_or(Rejected::Page("redirect_uri is missing"))?;
    if !client.may_redirect_to(redirect_uri) || refused_on_order(realm, client_id) {
        return Err(Rejected::Page("redirect_uri is not registered"));
    }
    let state = single("state")?.map(str::to_owned);
    Ok(Destination { client_id: client_id.to_owned(), redirect_uri: redirect_uri.to_owned(), state })
}

fn check(realm: &impl super::Dialect, to: &Destination, params: &Params) -> Result<Request, Wrong> {
    if params.has_duplicates() {
        return Err(("invalid_request", "a parameter was given twice"));
    }
    let text = |name| params.one(name).ok().flatten();
    match text("response_type") {
        Some("code") => {}
        None => return Err(("invalid_request", "response_type is missing")),
        Some(_) => return Err(("unsupported_response_type", "only the response type `code` is supported")),
    }
    if let Some(client) = realm.client(&to.client_id) {
        realm.admits(client)?;
    }
    let sent = text("code_challenge");
    Ok(Request {
        to: to.clone(),
        scope: Scope::read(text("scope").unwrap_or_default()),
        nonce: text("nonce").map(str::to_owned),
        challenge: sent.map(|_| challenge(sent, text("code_challenge_method"))).transpose()?,
        prompt: Prompt::read(text("prompt"))?,
        login_hint: text("login_hint").map(|hint| hint.chars().take(64).collect()),
        speech: text("ui_locales").and_then(Speech::of_locales),
    })
}
