//! The login pages that all realms share: user name and password, then a one-time code; or a QR code and the phone app.
//!
//! A realm begins a login with [`send_there`] and gets the browser back at its own path with an outcome. The pages know nothing of protocols.

mod pages;
mod qr;
mod qr_panel;
mod steps;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use vneid_auth::time::Timestamp;

use crate::interaction::{Ask, Step};
use crate::web::{Caller, Params, Speech, page, preferred, redirect, with_cookie};
use crate::world::World;

/// The path of a login's page.
fn path(id: &str) -> String {
    format!("/login/{id}")
}

/// A request of the browser that the login belongs to.
struct Visit<'a> {
    /// The secret in its cookie.
    browser: &'a str,
    headers: &'a HeaderMap,
    caller: &'a Caller,
    now: Timestamp,
}

/// The login pages' routes.
pub(crate) fn routes(world: Arc<World>) -> Router {
    Router::new().route("/login/{id}", get(show).post(act)).route("/login/{id}/qr", get(qr::status)).with_state(world)
}

/// Begins a login and sends the browser to its page; its id comes with the answer.
pub(crate) fn send_there(world: &World, headers: &HeaderMap, ask: Ask) -> (String, Response) {
    let known = world.cookies.browser(headers);
    let browser = known.clone().unwrap_or_else(|| world.entropy.token());
    let id = world.interactions.begin(ask, &browser, &world.entropy, world.now());
    let response = redirect(&path(&id));
    let response = match known {
        Some(_) => response,
        None => with_cookie(response, &world.cookies.set_browser(&browser)),
    };
    (id, response)
}

async fn show(State(world): State<Arc<World>>, Path(id): Path<String>, headers: HeaderMap, caller: Caller) -> Response {
    let browser = world.cookies.browser(&headers).unwrap_or_default();
    let now = world.now();
    let shown = world.interactions.with(&id, &browser, now, |login| {
        let speech = login.ask.speech.unwrap_or_else(|| preferred(&headers));
        qr::offer(&world, login, &Visit { browser: &browser, headers: &headers, caller: &caller, now });
        match &login.step {
            Step::Done(_) => redirect(&login.ask.return_path.replace("{id}", &id)),
            _ => page(StatusCode::OK, pages::render(&world, &id, login, speech, &browser, now)),
        }
    });
    shown.unwrap_or_else(|| gone(preferred(&headers)))
}

async fn act(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    caller: Caller,
    body: Bytes,
) -> Response {
    let speech = preferred(&headers);
    let Ok(form) = Params::form(&headers, &body) else {
        return page(StatusCode::BAD_REQUEST, pages::forged(speech));
    };
    let browser = world.cookies.browser(&headers).unwrap_or_default();
    let now = world.now();
    let done = world.interactions.with(&id, &browser, now, |login| {
        if !login.guarded_by(form.text("csrf")) {
            return page(StatusCode::FORBIDDEN, pages::forged(speech));
        }
        let visit = Visit { browser: &browser, headers: &headers, caller: &caller, now };
        let session = match qr::Action::read(form.text("action")) {
            Some(action) => qr::act(&world, login, action, &visit),
            None => steps::take(&world, login, &form, &headers, now),
        };
        qr::leave(&world, login, &visit);
        let next = match &login.step {
            Step::Done(_) => redirect(&login.ask.return_path.replace("{id}", &id)),
            _ => redirect(&path(&id)),
        };
        match session {
            Some(cookie) => with_cookie(next, &cookie),
            None => next,
        }
    });
    done.unwrap_or_else(|| gone(speech))
}

/// The friendly end of what is over: reloaded, gone back to, expired, or begun in another browser.
pub(crate) fn gone(speech: Speech) -> Response {
    page(StatusCode::GONE, pages::gone(speech))
}
