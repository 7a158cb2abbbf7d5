//! The authorization endpoint that DVCQG and VNeID have alike: asks the citizen when it must, answers with a code.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::Dialect;
use super::request::{Rejected, Request};
use crate::interaction::{Ask, First, Outcome};
use crate::journal::Note;
use crate::login;
use crate::realm::destination::refuse;
use crate::realm::parameters::Prompt;
use crate::sso::{By, House, SsoSession};
use crate::sync::lock;
use crate::web::{Malformed, Params, preferred, with_cookie};

pub(crate) async fn get<R: Dialect>(State(realm): State<Arc<R>>, headers: HeaderMap, uri: Uri) -> Response {
    answer(&*realm, &headers, Params::query(&uri))
}

pub(crate) async fn post<R: Dialect>(State(realm): State<Arc<R>>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&*realm, &headers, Params::form(&headers, &body))
}

/// Where the login pages give the browser back.
pub(crate) async fn resume<R: Dialect>(
    State(realm): State<Arc<R>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let (world, now) = (realm.world(), realm.world().now());
    let browser = world.cookies.browser(&headers).unwrap_or_default();
    let Some(outcome) = world.interactions.finish(&id, &browser, now) else {
        return login::gone(preferred(&headers));
    };
    let Some(request) = lock(realm.pending()).take(&id, now) else {
        return login::gone(preferred(&headers));
    };
    match outcome {
        Outcome::LoggedIn(session) => complete(&*realm, &request, &session),
        // Nobody is asked for consent here; whoever went on with their session is as good as logged in.
        Outcome::Continued | Outcome::Consented(_) => match world.session(&headers, realm.house()) {
            Some(session) => complete(&*realm, &request, &session),
            None => ask(&*realm, &headers, request, First::Password),
        },
        Outcome::Declined => request.to.error(&*realm, "access_denied", "the citizen cancelled"),
        Outcome::LevelTooLow => request.to.error(&*realm, "access_denied", "account_level_too_low"),
        Outcome::WebLoginOff => request.to.error(&*realm, "access_denied", "web_login_not_permitted"),
        Outcome::ThroughVneid => realm.through_vneid(&headers, request),
    }
}

fn answer(realm: &impl Dialect, headers: &HeaderMap, params: Result<Params, Malformed>) -> Response {
    let request = match Request::read(realm, params) {
        Ok(request) => request,
        Err(Rejected::Page(reason)) => return refuse(headers, reason),
        Err(Rejected::Redirect(to, (error, description))) => return to.error(realm, error, description),
    };
    if let Some(username) = &realm.world().auto_login {
        return log_in_at_once(realm, headers, &request, username);
    }
    let session = realm.world().session(headers, realm.house());
    match (request.prompt, session) {
        (Prompt::None, None) => request.to.error(realm, "login_required", "nobody is logged in"),
        (Prompt::None | Prompt::Any, Some(session)) => complete(realm, &request, &session),
        (Prompt::SelectAccount, Some(session)) => ask(realm, headers, request, First::Account(session.username)),
        (Prompt::Any | Prompt::Login | Prompt::SelectAccount, _) => ask(realm, headers, request, First::Password),
    }
}

/// Sends the browser to the login pages.
fn ask(realm: &impl Dialect, headers: &HeaderMap, request: Request, first: First) -> Response {
    let world = realm.world();
    let ask = Ask {
        relying_party: realm.client(&request.to.client_id).map(|client| client.name.clone()).unwrap_or_default(),
        return_path: realm.return_path(),
        form_source: realm.ends_at(&request),
        login_hint: request.login_hint.clone(),
        speech: request.speech,
        house: realm.house(),
        offers_vneid: realm.offers_vneid(),
        first,
        qr: realm.qr(),
    };
    let note = Note { client: Some(request.to.client_id.clone()), ..Note::default() };
    let (id, mut response) = login::send_there(world, headers, ask);
    lock(realm.pending()).insert(id, request, world.now());
    response.extensions_mut().insert(note);
    response
}

fn log_in_at_once(realm: &impl Dialect, headers: &HeaderMap, request: &Request, username: &str) -> Response {
    let world = realm.world();
    let holds = world.accounts.find(username).is_some_and(|citizen| citizen.has_account_with(realm.house()));
    if !holds {
        return request.to.error(realm, "access_denied", "this citizen has no account here");
    }
    let session = world.session(headers, realm.house()).filter(|session| session.username == username);
    if let Some(session) = session.filter(|_| request.prompt != Prompt::Login) {
        return complete(realm, request, &session);
    }
    let (cookie, session) = world.log_in(username, realm.house(), By::Password, None, headers);
    with_cookie(complete(realm, request, &session), &cookie)
}

/// Somebody is logged in.
pub(crate) fn complete(realm: &impl Dialect, request: &Request, session: &SsoSession) -> Response {
    let Some(citizen) = realm.world().accounts.find(&session.username).filter(|citizen| !citizen.closed) else {
        return request.to.error(realm, "login_required", "the account is no more");
    };
    // The permission belongs to VNeID; DVCQG's own accounts know none.
    if !citizen.web_login && realm.house() == House::Vneid {
        return request.to.error(realm, "access_denied", "web_login_not_permitted");
    }
    realm.grant(request, session, &citizen)
}
