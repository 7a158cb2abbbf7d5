//! The authorization endpoint: asks the citizen when it must, answers with a code or an error.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use maud::html;
use url::Url;

use super::Oidc;
use super::grants::Grant;
use super::request::{AuthorizationRequest, Destination, Prompt, Rejected};
use crate::citizen::Citizen;
use crate::client::UnmetAcr;
use crate::fault::{AuthorizeFault, Occasion, Place, What};
use crate::interaction::{Ask, First, Outcome};
use crate::journal::Note;
use crate::login;
use crate::sso::SsoSession;
use crate::sync::lock;
use crate::web::{Malformed, Page, Params, form_source, page, preferred, redirect, with_cookie};

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
    let Some(request) = lock(&oidc.pending).take(&id, now) else {
        return login::gone(preferred(&headers));
    };
    match outcome {
        Outcome::LoggedIn(session) => complete(&oidc, &headers, request, &session),
        Outcome::Continued => match world.session(&headers) {
            Some(session) if fits(&oidc, &request, &session) => complete(&oidc, &headers, request, &session),
            _ => ask(&oidc, &headers, request, First::Password),
        },
        Outcome::Consented(username) => match world.session(&headers) {
            Some(session) if session.username == username => {
                world.consents.give(&username, &request.to.client_id, now);
                complete(&oidc, &headers, request, &session)
            }
            _ => ask(&oidc, &headers, request, First::Password),
        },
        Outcome::Declined => request.to.error(&oidc, "access_denied", "the citizen cancelled"),
        Outcome::WebLoginOff => request.to.error(&oidc, "access_denied", "web_login_not_permitted"),
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
    let session = oidc.world.session(headers);
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

fn fits(oidc: &Oidc, request: &AuthorizationRequest, session: &SsoSession) -> bool {
    let citizen = oidc.world.accounts.find(&session.username);
    citizen.is_some_and(|citizen| request.accepts(session, &citizen.subject(), oidc.world.now()))
}

/// Sends the browser to the login pages.
fn ask(oidc: &Oidc, headers: &HeaderMap, request: AuthorizationRequest, first: First) -> Response {
    let (world, now) = (&oidc.world, oidc.world.now());
    let known = world.cookies.browser(headers);
    let browser = known.clone().unwrap_or_else(|| world.entropy.token());
    let ask = Ask {
        relying_party: world.client(&request.to.client_id).map(|client| client.name.clone()).unwrap_or_default(),
        return_path: "/oidc/authorize/resume/{id}".to_owned(),
        form_source: form_source(&request.to.redirect_uri),
        login_hint: request.login_hint.clone(),
        speech: request.speech,
        first,
    };
    let note = Note { client: Some(request.to.client_id.clone()), ..Note::default() };
    let id = world.interactions.begin(ask, &browser, &world.entropy, now);
    lock(&oidc.pending).insert(id.clone(), request, now);
    let mut response = redirect(&login::path(&id));
    response.extensions_mut().insert(note);
    match known {
        Some(_) => response,
        None => with_cookie(response, &world.cookies.set_browser(&browser)),
    }
}

fn log_in_at_once(oidc: &Oidc, headers: &HeaderMap, request: AuthorizationRequest, username: &str) -> Response {
    let (world, now) = (&oidc.world, oidc.world.now());
    let session = world.session(headers).filter(|session| session.username == username);
    let usable = session.filter(|session| request.prompt != Prompt::Login && fits(oidc, &request, session));
    if let Some(session) = usable {
        return complete(oidc, headers, request, &session);
    }
    let level = world.accounts.find(username).map_or(0, |citizen| citizen.level);
    let previous = world.cookies.sso(headers);
    let (cookie, session) = world.sso.log_in(username, level, previous.as_deref(), &world.entropy, now);
    with_cookie(complete(oidc, headers, request, &session), &world.cookies.set_sso(&cookie))
}

/// Somebody is logged in: answers with a code, unless what was asked cannot be had or must be allowed first.
fn complete(oidc: &Oidc, headers: &HeaderMap, request: AuthorizationRequest, session: &SsoSession) -> Response {
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
        return ask(oidc, headers, request, first);
    }
    let code = world.entropy.token();
    oidc.grants.issue_code(&code, grant, &request.to.redirect_uri, &request.challenge, &world.entropy, now);
    request.to.code(oidc, &code, &citizen)
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
        acr: acr.cloned().unwrap_or_else(|| format!("LoA{}", session.level)),
        auth_time: session.auth_time,
        sid: Some(session.sid.clone()),
        claims: request.claims.clone(),
        started_at: oidc.world.now(),
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

impl Destination {
    fn code(&self, oidc: &Oidc, code: &str, citizen: &Citizen) -> Response {
        let mut response = self.send(oidc, &[("code", code)], Some(&citizen.username));
        let note = Note {
            client: Some(self.client_id.clone()),
            persona: Some(citizen.username.clone()),
            remarks: vec!["code_issued"],
        };
        response.extensions_mut().insert(note);
        response
    }

    pub(super) fn error(&self, oidc: &Oidc, error: &'static str, description: &'static str) -> Response {
        let mut response = self.send(oidc, &[("error", error), ("error_description", description)], None);
        let note = Note { client: Some(self.client_id.clone()), persona: None, remarks: vec![error] };
        response.extensions_mut().insert(note);
        response
    }

    fn send(&self, oidc: &Oidc, outcome: &[(&str, &str)], persona: Option<&str>) -> Response {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut answer: Vec<(String, String)> = outcome.iter().map(own).collect();
        answer.extend(self.state.clone().map(|state| ("state".to_owned(), state)));
        answer.push(("iss".to_owned(), oidc.issuer().to_owned()));
        let occasion = Occasion::new(Place::Authorize, &self.client_id, persona);
        let ordered = oidc.world.faults.pick(&occasion, &oidc.world.entropy, |what| match what {
            What::Authorize(fault) => Some(*fault),
            _ => None,
        });
        if let Some(fault) = ordered {
            spoil(fault, &mut answer);
        }
        let Ok(mut uri) = Url::parse(&self.redirect_uri) else {
            return redirect("");
        };
        uri.query_pairs_mut().extend_pairs(answer);
        redirect(uri.as_str())
    }
}

fn spoil(fault: AuthorizeFault, answer: &mut Vec<(String, String)>) {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut replace = |name: &str, with: Option<&str>| {
        answer.retain(|(own, _)| own != name);
        answer.extend(with.map(|value| pair(name, value)));
    };
    match fault {
        AuthorizeFault::IssMissing => replace("iss", None),
        AuthorizeFault::IssWrong => replace("iss", Some("https://attacker.test/oidc")),
        AuthorizeFault::StateMissing => replace("state", None),
        AuthorizeFault::StateWrong => replace("state", Some("a-state-that-nobody-sent")),
        AuthorizeFault::StateTwice => answer.push(pair("state", "a-state-that-nobody-sent")),
        AuthorizeFault::CodeTwice => answer.push(pair("code", "a-code-that-was-never-given")),
        AuthorizeFault::CodeAndError => answer.push(pair("error", "access_denied")),
        AuthorizeFault::CodeMissing => {
            answer.retain(|(name, _)| !matches!(name.as_str(), "code" | "error" | "error_description"));
        }
        AuthorizeFault::CodeWrong => replace("code", Some("a-code-that-was-never-given")),
        AuthorizeFault::ServerError | AuthorizeFault::TemporarilyUnavailable => {
            let error = if fault == AuthorizeFault::ServerError { "server_error" } else { "temporarily_unavailable" };
            replace("code", None);
            answer.push(pair("error", error));
        }
    }
}

/// The page for a request that cannot be sent back to anybody.
fn refuse(headers: &HeaderMap, reason: &'static str) -> Response {
    let speech = preferred(headers);
    let title = speech.say("Yêu cầu đăng nhập không hợp lệ", "This login request is not valid");
    let content = html! {
        h1 { (title) }
        p {
            (speech.say(
                "Dịch vụ đã gửi một yêu cầu mà máy chủ này không chấp nhận. Vui lòng quay lại dịch vụ và thử lại.",
                "The service sent a request that this server does not accept. Please go back to the service and try again.",
            ))
        }
        p.hint { (speech.say("Dành cho người phát triển:", "For developers:")) " " code { (reason) } }
    };
    page(StatusCode::BAD_REQUEST, Page::new(speech, title, content))
}
