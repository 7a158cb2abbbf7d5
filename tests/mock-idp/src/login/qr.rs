//! The QR code beside the login form: begun with the page, told to the page's own browser, completed there and once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;
use vneid_auth::flow::pairing::{Event, Pairing, Payload, Reason};
use vneid_auth::time::Timestamp;

use super::pages::Form;
use super::{Visit, qr_panel, steps};
use crate::interaction::{Interaction, Notice, Outcome, Qr, Step};
use crate::pairing::{self, Kept, Request, status as name_of};
use crate::sso::By;
use crate::web::{json as answer, preferred};
use crate::world::World;

/// A page that asks more often than this is told to wait, unless there is news.
const PACE: Duration = Duration::from_secs(1);

/// What a button of the panel does.
#[derive(Clone, Copy)]
pub(super) enum Action {
    /// Goes on with what came of the code.
    GoOn,
    /// Wants another picture of the same code, where the citizen renews it ("Tải lại").
    Renew,
    /// Wants another code.
    Another,
}

impl Action {
    /// By the button's value.
    pub(super) fn read(action: &str) -> Option<Self> {
        match action {
            "qr" => Some(Self::GoOn),
            "qr_renew" => Some(Self::Renew),
            "qr_another" => Some(Self::Another),
            _ => None,
        }
    }
}

/// What the page shows: the pairing, and the link in the picture.
pub(super) struct Seen {
    pub(super) kept: Kept,
    pub(super) link: Option<String>,
    payload: Option<Payload>,
}

/// Begins a code for a page that has none yet.
pub(super) fn offer(world: &World, login: &mut Interaction, visit: &Visit<'_>) {
    let is_forgotten = |qr: &Qr| world.pairings.find(&qr.pairing, visit.now).is_none();
    if matches!(login.step, Step::Password) && login.qr.as_ref().is_none_or(is_forgotten) {
        begin(world, login, visit);
    }
}

fn begin(world: &World, login: &mut Interaction, visit: &Visit<'_>) {
    let request = Request {
        secret: visit.browser,
        relying_party: &login.ask.relying_party,
        user_agent: &visit.caller.user_agent,
        address: visit.caller.address,
        house: login.ask.house,
        user_code: None,
        policy: login.ask.qr,
        opener: visit.caller.opener(),
    };
    let pairing = world.pairings.begin(request, &world.entropy, visit.now);
    login.qr = Some(Qr { pairing, told: None });
}

/// What the login's own browser sees; nothing when the code is forgotten.
pub(super) fn seen(world: &World, login: &Interaction, browser: &str, now: Timestamp) -> Option<Seen> {
    let kept = world.pairings.look(&login.qr.as_ref()?.pairing, browser, now)?;
    let payload = world.pairings.payload(&kept, now);
    let link = payload.as_ref().map(|payload| pairing::link(&world.base, payload));
    Some(Seen { kept, link, payload })
}

/// Where the code stands, for the page's script; to another browser there is nothing here.
pub(super) async fn status(State(world): State<Arc<World>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let browser = world.cookies.browser(&headers).unwrap_or_default();
    let now = world.now();
    let told = world.interactions.with(&id, &browser, now, |login| {
        let seen = seen(&world, login, &browser, now)?;
        let news = seen.payload.as_ref().map_or_else(|| name_of(&seen.kept.machine).to_owned(), Payload::text);
        let qr = login.qr.as_mut()?;
        if qr.told.as_ref().is_some_and(|(at, known)| now.since(*at) < PACE && *known == news) {
            return Some(too_often());
        }
        qr.told = Some((now, news));
        let speech = login.ask.speech.unwrap_or_else(|| preferred(&headers));
        let form = Form::of(&id, login, speech);
        let machine = &seen.kept.machine;
        let left = machine.waits_until().map_or(0, |until| until.since(now).as_secs());
        Some(answer(
            StatusCode::OK,
            &json!({
                "status": name_of(machine),
                "expires_in": left,
                "over": machine.waits_until().is_none(),
                "said": qr_panel::said(machine, speech),
                "panel": qr_panel::panel(&form, login, &seen).into_string(),
            }),
        ))
    });
    told.flatten().unwrap_or_else(|| answer(StatusCode::NOT_FOUND, &json!({"error": "not_found"})))
}

fn too_often() -> Response {
    let mut response = answer(StatusCode::TOO_MANY_REQUESTS, &json!({"error": "too_many_requests"}));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Does what a button of the panel says. A new session's cookie comes back when somebody has logged in.
pub(super) fn act(world: &World, login: &mut Interaction, action: Action, visit: &Visit<'_>) -> Option<String> {
    if !matches!(login.step, Step::Password) {
        return None;
    }
    login.notice = None;
    let id = login.qr.as_ref().map(|qr| qr.pairing.clone())?;
    let browser = pairing::browser(visit.browser);
    match action {
        Action::GoOn => go_on(world, login, &id, visit),
        Action::Renew => {
            // Where codes renew themselves, or this one is no more on the screen, the page shows what there is.
            let _ = pairing::tell(world, &id, &Event::Renew { browser }, visit.now);
            None
        }
        Action::Another => {
            begin(world, login, visit);
            None
        }
    }
}

fn go_on(world: &World, login: &mut Interaction, id: &str, visit: &Visit<'_>) -> Option<String> {
    let browser = pairing::browser(visit.browser);
    if let Ok(Some(account)) = pairing::tell(world, id, &Event::Complete { browser }, visit.now) {
        let (step, cookie) = steps::log_in(world, login, account.as_str(), By::App, visit.headers, visit.now);
        login.step = step;
        return cookie;
    }
    match world.pairings.look(id, visit.browser, visit.now)?.machine {
        Pairing::Declined(_) => login.step = Step::Done(Outcome::Declined),
        Pairing::Refused(refused) => match refused.reason {
            Reason::LevelTooLow(_) => login.step = Step::Done(Outcome::LevelTooLow),
            _ => {
                login.notice = Some(Notice::Closed);
                login.step = Step::Dead;
            }
        },
        _ => {}
    }
    None
}

/// A login that went on another way needs its code no more.
pub(super) fn leave(world: &World, login: &Interaction, visit: &Visit<'_>) {
    if matches!(login.step, Step::Password) {
        return;
    }
    if let Some(qr) = &login.qr {
        // One that brought the login here is over, and says so.
        let browser = pairing::browser(visit.browser);
        let _ = pairing::tell(world, &qr.pairing, &Event::Cancel { browser }, visit.now);
    }
}
