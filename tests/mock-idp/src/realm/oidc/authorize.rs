//! The authorization endpoint: asks the citizen when it must, answers with a code or an error.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::request::{AuthorizationRequest, Rejected};
use super::{Detail, Grant, Oidc};
use crate::citizen::Citizen;
use crate::client::UnmetAcr;
use crate::interaction::{Ask, First, Outcome};
use crate::journal::Note;
use crate::login;
use crate::pairing;
use crate::realm::destination::refuse;
use crate::realm::grants::Bound;
use crate::realm::parameters::Prompt;
use crate::sso::{By, House, SsoSession};
use crate::sync::lock;
use crate::web::{Malformed, Params, form_source, preferred, with_cookie};

pub(super) async fn get(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, uri: Uri) -> Response {
    answer(&oidc, &headers, Params::query(&uri))
}

pub(super) async fn post(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&oidc, &headers, Params::form(&headers, &body))
}

/// Where the login pages give the browser back.
pub(super) async fn resume(State(oidc): State<Arc<Oidc>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let (world, now) = (&oidc.world, oidc.world.now());
    let browser = world.cookies.browser(&headers).unwrap_or_default();
    let Some(outcome) = world.interactions.finish(&id, &browser, now) else {
        return login::gone(preferred(&headers));
    };
    let Some(mut request) = lock(&oidc.pending).take(&id, now) else {
        return login::gone(preferred(&headers));
    };
    match outcome {
        Outcome::LoggedIn(session) => complete(&oidc, &headers, request, &session),
        Outcome::Continued => match world.session(&headers, House::Oidc) {
            Some(session) if fits(&oidc, &request, &session) => complete(&oidc, &headers, request, &session),
            _ => ask(&oidc, &headers, request, First::Password),
        },
        Outcome::Consented(username) => match request.alone.take().or_else(|| shared(&oidc, &request, &headers)) {
            Some(session) if session.username == username => {
                world.consents.give(&username, &request.to.client_id, now);
                complete(&oidc, &headers, request, &session)
            }
            _ => ask(&oidc, &headers, request, First::Password),
        },
        Outcome::Declined => request.to.error(&*oidc, "access_denied", "the citizen cancelled"),
        Outcome::LevelTooLow => request.to.error(&*oidc, "access_denied", "account_level_too_low"),
        Outcome::WebLoginOff | Outcome::ThroughVneid => {
            request.to.error(&*oidc, "access_denied", "web_login_not_permitted")
        }
    }
}

fn answer(oidc: &Oidc, headers: &HeaderMap, params: Result<Params, Malformed>) -> Response {
    let request = match AuthorizationRequest::read(oidc, params) {
        Ok(request) => request,
        Err(Rejected::Page(reason)) => return refuse(headers, reason),
        Err(Rejected::Redirect(to, error, description)) => return to.error(oidc, error, description),
    };
    if let Some(citizen) = &oidc.world.auto_login {
        return log_in_at_once(oidc, headers, request, citizen);
    }
    let session = shared(oidc, &request, headers);
    let fitting = session.as_ref().filter(|session| fits(oidc, &request, session));
    match (request.prompt, fitting) {
        (Prompt::None, None) => request.to.error(oidc, "login_required", "nobody fitting is logged in"),
        (Prompt::None | Prompt::Any, Some(session)) => complete(oidc, headers, request, session),
        (Prompt::Any | Prompt::Login, _) => ask(oidc, headers, request, First::Password),
        (Prompt::SelectAccount, _) => {
            let first = session.map_or(First::Password, |session| First::Account(session.username));
            ask(oidc, headers, request, first)
        }
    }
}

/// The browser's session, unless the relying party shares none.
fn shared(oidc: &Oidc, request: &AuthorizationRequest, headers: &HeaderMap) -> Option<SsoSession> {
    if is_isolated(oidc, request) { None } else { oidc.world.session(headers, House::Oidc) }
}

fn is_isolated(oidc: &Oidc, request: &AuthorizationRequest) -> bool {
    oidc.world.client(&request.to.client_id).is_some_and(|client| client.isolated_session)
}

fn fits(oidc: &Oidc, request: &AuthorizationRequest, session: &SsoSession) -> bool {
    let citizen = oidc.world.accounts.find(&session.username);
    citizen.is_some_and(|citizen| request.accepts(session, &citizen.subject(), oidc.world.now()))
}

/// Sends the browser to the login pages.
fn ask(oidc: &Oidc, headers: &HeaderMap, request: AuthorizationRequest, first: First) -> Response {
    let (world, now) = (&oidc.world, oidc.world.now());
    let ask = Ask {
        relying_party: world.client(&request.to.client_id).map(|client| client.name.clone()).unwrap_or_default(),
        return_path: "/oidc/authorize/resume/{id}",
        form_source: form_source(&request.to.redirect_uri),
        login_hint: request.login_hint.clone(),
        speech: request.speech,
        house: House::Oidc,
        offers_vneid: false,
        qr: pairing::renewed(),
        first: if is_isolated(oidc, &request) && matches!(first, First::Password) { First::Alone } else { first },
    };
    let note = Note { client: Some(request.to.client_id.clone()), ..Note::default() };
    let (id, mut response) = login::send_there(world, headers, ask);
    lock(&oidc.pending).insert(id, request, now);
    response.extensions_mut().insert(note);
    response
}

fn log_in_at_once(oidc: &Oidc, headers: &HeaderMap, request: AuthorizationRequest, username: &str) -> Response {
    let world = &oidc.world;
    let session = shared(oidc, &request, headers).filter(|session| session.username == username);
    let usable = session.filter(|session| request.prompt != Prompt::Login && fits(oidc, &request, session));
    if let Some(session) = usable {
        return complete(oidc, headers, request, &session);
    }
    if is_isolated(oidc, &request) {
        let (_, session) = world.log_in(username, House::Oidc, By::Password, None, &HeaderMap::new());
        return complete(oidc, headers, request, &session);
    }
    let (cookie, session) = world.log_in(username, House::Oidc, By::Password, None, headers);
    with_cookie(complete(oidc, headers, request, &session), &cookie)
}

/// Somebody is logged in: answers with a code, unless what was asked cannot be had or must be allowed first.
fn complete(oidc: &Oidc, headers: &HeaderMap, mut request: AuthorizationRequest, session: &SsoSession) -> Response {
    let (world, now) = (&oidc.world, oidc.world.now());
    let Some(citizen) = world.accounts.find(&session.username) else {
        return request.to.error(oidc, "login_required", "the account is no more");
    };
    let grant = match decide(oidc, &request, session, &citizen) {
        Ok(grant) => grant,
        Err((error, description)) => return request.to.error(oidc, error, description),
    };
    let asks = world.client(&request.to.client_id).is_some_and(|client| client.consent);
    let must_allow = asks && world.auto_login.is_none();
    if must_allow && !world.consents.given(&session.username, &request.to.client_id, now) {
        if request.prompt == Prompt::None {
            return request.to.error(oidc, "consent_required", "the citizen was not asked yet");
        }
        let first = First::Consent(session.username.clone(), request.scope.words());
        request.alone = is_isolated(oidc, &request).then(|| session.clone());
        return ask(oidc, headers, request, first);
    }
    let code = world.entropy.token();
    let bound = Bound {
        redirect_uri: request.to.redirect_uri.clone(),
        challenge: Some(request.challenge.clone()),
        companion: None,
    };
    oidc.grants.issue_code(&code, grant, bound, &world.entropy, now);
    request.to.code(oidc, &[("code", &code)], &citizen)
}

fn decide(
    oidc: &Oidc,
    request: &AuthorizationRequest,
    session: &SsoSession,
    citizen: &Citizen,
) -> Result<Grant, (&'static str, &'static str)> {
    if !citizen.web_login {
        return Err(("access_denied", "web_login_not_permitted"));
    }
    let subject = citizen.subject();
    if request.hinted_subject.as_ref().is_some_and(|hinted| *hinted != subject) {
        return Err(("login_required", "another citizen than the hinted one logged in"));
    }
    if request.claims.subject().is_some_and(|wanted| wanted != subject) {
        return Err(("login_required", "another citizen than the requested one logged in"));
    }
    if request.claims.lacks_essential(citizen) {
        return Err(("access_denied", "an essential claim is not known of this citizen"));
    }
    let acr = request.acr_values.iter().find(|wish| level_of(wish).is_some_and(|level| level <= session.level));
    if acr.is_none() && !request.acr_values.is_empty() {
        let unmet = oidc.world.client(&request.to.client_id).map(|client| client.unmet_acr).unwrap_or_default();
        const UNMET: &str = "unmet_authentication_requirements";
        match unmet {
            UnmetAcr::AccessDenied => return Err(("access_denied", "account_level_too_low")),
            UnmetAcr::Refuse => return Err((UNMET, "account_level_too_low")),
            UnmetAcr::Answer if request.acr_essential => return Err((UNMET, "account_level_too_low")),
            UnmetAcr::Answer => {}
        }
    }
    Ok(Grant {
        client_id: request.to.client_id.clone(),
        username: Some(session.username.clone()),
        scope: request.scope.clone(),
        nonce: request.nonce.clone(),
        auth_time: session.auth_time,
        sid: Some(session.sid.clone()),
        started_at: oidc.world.now(),
        detail: Detail {
            acr: acr.cloned().unwrap_or_else(|| format!("LoA{}", session.level)),
            by: session.by,
            claims: request.claims.clone(),
        },
    })
}

/// The level that an `acr` value stands for.
pub(super) fn level_of(acr: &str) -> Option<u8> {
    match acr {
        "LoA1" => Some(1),
        "LoA2" => Some(2),
        _ => None,
    }
}
