//! The portal's own routes, and the library's beside them.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, REFERRER_POLICY, SET_COOKIE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use portal_shared::dossier::{Dossiers, Form};
use portal_shared::{kiosk, pages};
use vneid_auth::error::Code;
use vneid_auth::portal::{Portal, Requirement};
use vneid_auth::web::{language, wants_page};
use vneid_auth_axum::{Guard, LoggedIn, SteppedUp, problem, router};

#[derive(Clone)]
struct App {
    portal: Portal,
    dossiers: Arc<Dossiers>,
}

impl FromRef<App> for Portal {
    fn from_ref(app: &App) -> Self {
        app.portal.clone()
    }
}

pub(crate) fn app(portal: Portal) -> Router {
    let app = App { portal: portal.clone(), dossiers: Arc::default() };
    let login = Requirement::login();
    // What is typed into the form outlives a login or a question in the middle, and is offered again on the same page.
    let citizen_id = Guard::require(portal.clone(), login.citizen_id().form_page("/ho-so"));
    Router::new()
        .route("/", get(home))
        .route("/ho-so", get(dossier).merge(post(submit).layer(citizen_id)))
        .route("/ho-so/nguoi-nop", post(contact).layer(Guard::require(portal.clone(), login)))
        .route("/tai-khoan", get(account))
        .route("/kiosk", get(counter))
        .route(pages::DETAILS_PATH, get(details))
        .route("/healthz", get(|| async { ([(CACHE_CONTROL, "no-store")], "ok") }))
        .route(pages::STYLE_PATH, get(style))
        .route(pages::KIOSK_SCRIPT_PATH, get(script))
        .layer(Guard::deep_link(portal.clone(), "dvcqg"))
        .merge(router(portal))
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        .with_state(app)
}

async fn home(State(app): State<App>, uri: Uri, headers: HeaderMap, citizen: Option<LoggedIn>) -> Response {
    let citizen = citizen.map(|LoggedIn(citizen)| citizen);
    let leaves = uri.query() == Some("kiosk=0");
    // Where a logout at a counter comes back to.
    if citizen.is_none() && !leaves && is_counter(&headers) {
        return ([(CACHE_CONTROL, "no-store")], Redirect::to("/kiosk")).into_response();
    }
    let page = page(&app, StatusCode::OK, pages::home(language(&headers), citizen.as_ref()));
    if leaves { marked(page, kiosk::NO_COOKIE) } else { page }
}

async fn counter(State(app): State<App>, headers: HeaderMap, citizen: Option<LoggedIn>) -> Response {
    let citizen = citizen.map(|LoggedIn(citizen)| citizen);
    let way_in = if citizen.is_none() { kiosk::way_in(&app.portal).await } else { None };
    let document = pages::kiosk(language(&headers), way_in, citizen.as_ref());
    marked(page(&app, StatusCode::OK, document), kiosk::COOKIE)
}

fn is_counter(headers: &HeaderMap) -> bool {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).any(kiosk::is_marked)
}

fn marked(mut answer: Response, cookie: &'static str) -> Response {
    answer.headers_mut().append(SET_COOKIE, HeaderValue::from_static(cookie));
    answer
}

async fn account(State(app): State<App>, LoggedIn(citizen): LoggedIn, request: Request) -> Response {
    let parts = request.into_parts().0;
    match (app.portal.account(&citizen).await, app.portal.phones(&citizen).await) {
        (Ok(account), Ok(phones)) => {
            page(&app, StatusCode::OK, pages::account(language(&parts.headers), &citizen, &account, &phones))
        }
        (Err(error), _) | (_, Err(error)) => problem(&app.portal, &parts, error.code()),
    }
}

async fn details(State(app): State<App>, headers: HeaderMap, SteppedUp(citizen): SteppedUp) -> Response {
    page(&app, StatusCode::OK, pages::details(language(&headers), &citizen))
}

async fn dossier(State(app): State<App>, LoggedIn(citizen): LoggedIn, request: Request) -> Response {
    let parts = request.into_parts().0;
    let held = match app.portal.held_form(&parts, &citizen).await {
        Ok(held) => held,
        Err(error) => return problem(&app.portal, &parts, error.code()),
    };
    let asked = Form::from_urlencoded(parts.uri.query().unwrap_or_default().as_bytes());
    let begin = match &held {
        Some(held) => pages::Begin::Held(held),
        None => pages::Begin::New { service: &asked.service },
    };
    let sent = app.dossiers.of(citizen.account());
    page(&app, StatusCode::OK, pages::dossier(language(&parts.headers), &citizen, begin, &sent))
}

/// "Lấy thông tin từ người nộp": the form again, with the contact from the identity.
async fn contact(State(app): State<App>, LoggedIn(citizen): LoggedIn, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = match read(&parts, body).await {
        Ok(Sent::Form(form) | Sent::Json(form)) => pages::with_contact(form, &citizen),
        Err(code) => return problem(&app.portal, &parts, code),
    };
    let (begin, sent) = (pages::Begin::Again(&form, &[]), app.dossiers.of(citizen.account()));
    page(&app, StatusCode::OK, pages::dossier(language(&parts.headers), &citizen, begin, &sent))
}

async fn submit(State(app): State<App>, LoggedIn(citizen): LoggedIn, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (form, to_page) = match read(&parts, body).await {
        Ok(Sent::Form(form)) => (form, !wants_json(&parts.headers)),
        Ok(Sent::Json(form)) => (form, wants_page(&parts.headers)),
        Err(code) => return problem(&app.portal, &parts, code),
    };
    let wrong = form.check();
    if wrong.is_empty() {
        let dossier = app.dossiers.submit(citizen.account(), &form);
        return if to_page {
            ([(CACHE_CONTROL, "no-store")], Redirect::to("/ho-so")).into_response()
        } else {
            (StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(dossier)).into_response()
        };
    }
    if to_page {
        let sent = app.dossiers.of(citizen.account());
        let begin = pages::Begin::Again(&form, &wrong);
        let document = pages::dossier(language(&parts.headers), &citizen, begin, &sent);
        return page(&app, StatusCode::UNPROCESSABLE_ENTITY, document);
    }
    problem(&app.portal, &parts, Code::FieldInvalid)
}

/// How a dossier came: who sends a form goes on to a page, who sends JSON gets JSON, unless they say otherwise.
enum Sent {
    Form(Form),
    Json(Form),
}

fn wants_json(headers: &HeaderMap) -> bool {
    let named = |value: &str| value.contains("application/json");
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(named) && !wants_page(headers)
}

/// The dossier's form, from a form or from JSON, of at most 64 KiB.
async fn read(parts: &Parts, body: Body) -> Result<Sent, Code> {
    let body = to_bytes(body, 64 * 1024).await.map_err(|_| Code::PayloadTooLarge)?;
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Form::from_json(&body).map(Sent::Json).ok_or(Code::MalformedRequest),
        "application/x-www-form-urlencoded" => Ok(Sent::Form(Form::from_urlencoded(&body))),
        _ => Err(Code::UnsupportedMediaType),
    }
}

async fn nothing(State(app): State<App>, request: Request) -> Response {
    problem(&app.portal, &request.into_parts().0, Code::NotFound)
}

async fn not_so(State(app): State<App>, request: Request) -> Response {
    problem(&app.portal, &request.into_parts().0, Code::MethodNotAllowed)
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "no-store")], pages::STYLE).into_response()
}

async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-store")], pages::KIOSK_SCRIPT)
        .into_response()
}

/// A page of a person: kept by no cache, framed by nobody, with no inline script.
fn page(app: &App, status: StatusCode, document: String) -> Response {
    let headers = [
        (CACHE_CONTROL, "no-store".to_owned()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (CONTENT_SECURITY_POLICY, app.portal.content_security_policy()),
    ];
    (status, headers, Html(document)).into_response()
}
