//! The app's requests.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use url::form_urlencoded::byte_serialize;
use vneid_auth::flow::pairing::Phone;
use vneid_auth::time::Timestamp;

use super::desk::{self, NoCode, NotSignedIn};
use super::pages::{self, Onward};
use super::{DEVICE_PATH, question};
use crate::accounts::PasscodeVerdict;
use crate::web::{Caller, Page, Params, is_own_form, looks_ahead, page, preferred, redirect, with_cookie};
use crate::world::World;

/// A request of the app, read.
struct Visit {
    world: Arc<World>,
    headers: HeaderMap,
    params: Params,
    now: Timestamp,
}

impl Visit {
    /// A page that is opened.
    fn opened(world: Arc<World>, headers: HeaderMap, uri: &Uri) -> Self {
        let params = Params::query(uri).unwrap_or_default();
        Self { now: world.now(), world, headers, params }
    }

    /// A form of ours; another site's is refused before anything comes of it.
    fn posted(world: Arc<World>, headers: HeaderMap, body: &[u8]) -> Result<Self, Box<Response>> {
        let refused = |status| Box::new(page(status, pages::forged(preferred(&headers))));
        if !is_own_form(&headers, &world.base) {
            return Err(refused(StatusCode::FORBIDDEN));
        }
        let params = Params::form(&headers, body).map_err(|_| refused(StatusCode::BAD_REQUEST))?;
        Ok(Self { now: world.now(), world, headers, params })
    }

    fn text(&self, name: &str) -> &str {
        self.params.text(name)
    }

    /// The phone that is signed in here.
    fn phone(&self) -> Option<Phone> {
        let phone = self.world.phones.find(&self.world.cookies.app(&self.headers)?, self.now)?;
        // Whose account was closed meanwhile is signed out.
        let usable = self.world.accounts.find(phone.account.as_str()).is_some_and(|citizen| !citizen.closed);
        usable.then_some(phone)
    }

    fn show(&self, status: StatusCode, content: Page) -> Response {
        page(status, content)
    }

    /// What a phone sees that is not signed in; what it wanted comes after that.
    fn sign_in_first(&self, onward: &Onward) -> Response {
        self.show(StatusCode::OK, pages::sign_in(preferred(&self.headers), onward, None))
    }

    /// What a phone sees whose code leads nowhere.
    fn nowhere(&self, why: NoCode) -> Response {
        let speech = preferred(&self.headers);
        match why {
            NoCode::NoSuchCode => self.show(StatusCode::NOT_FOUND, pages::no_such_code(speech)),
            NoCode::Outdated => self.show(StatusCode::UPGRADE_REQUIRED, pages::outdated(speech)),
            NoCode::RiskBlocked => self.show(StatusCode::FORBIDDEN, pages::risk_blocked(speech)),
            NoCode::TooMany(wait) => {
                later(self.show(StatusCode::TOO_MANY_REQUESTS, pages::too_many(speech, wait)), wait)
            }
        }
    }
}

fn later(mut response: Response, wait: Duration) -> Response {
    let seconds = wait.as_secs().max(1).to_string();
    if let Ok(seconds) = HeaderValue::from_str(&seconds) {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

fn to_pairing(id: &str) -> Response {
    redirect(&format!("/app/pairing/{id}"))
}

pub(super) async fn home(State(world): State<Arc<World>>, headers: HeaderMap, uri: Uri) -> Response {
    let visit = Visit::opened(world, headers, &uri);
    match visit.phone() {
        Some(phone) => visit.show(StatusCode::OK, pages::home(&visit.world, &phone, preferred(&visit.headers))),
        None => visit.sign_in_first(&Onward::Home),
    }
}

pub(super) async fn sign_in(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let visit = match Visit::posted(world, headers, &body) {
        Ok(visit) => visit,
        Err(refused) => return *refused,
    };
    let onward = Onward::read(&visit.params);
    match desk::sign_in(&visit.world, visit.text("username"), visit.text("password"), visit.now) {
        Ok((cookie, _)) => {
            // Whoever was signed in on this phone is not any more.
            if let Some(before) = visit.phone() {
                visit.world.phones.sign_out(&before.device);
            }
            with_cookie(redirect(&onward.path()), &visit.world.cookies.set_app(&cookie))
        }
        Err(why) => {
            let content = pages::sign_in(preferred(&visit.headers), &onward, Some(why));
            match why {
                NotSignedIn::Locked(wait) => later(visit.show(StatusCode::TOO_MANY_REQUESTS, content), wait),
                _ => visit.show(StatusCode::UNPROCESSABLE_ENTITY, content),
            }
        }
    }
}

/// A QR link that was opened: as good as scanned, since nothing but a question comes of it.
pub(super) async fn open(
    State(world): State<Arc<World>>,
    method: Method,
    headers: HeaderMap,
    caller: Caller,
    uri: Uri,
) -> Response {
    let visit = Visit::opened(world, headers, &uri);
    let onward = Onward::Scan(visit.text("qr").to_owned());
    match visit.phone() {
        Some(phone) if !looks_ahead(&method, &visit.headers) => scan(&visit, &phone, &caller),
        _ => visit.sign_in_first(&onward),
    }
}

pub(super) async fn paste(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    caller: Caller,
    body: Bytes,
) -> Response {
    let visit = match Visit::posted(world, headers, &body) {
        Ok(visit) => visit,
        Err(refused) => return *refused,
    };
    match visit.phone() {
        Some(phone) => scan(&visit, &phone, &caller),
        None => visit.sign_in_first(&Onward::Scan(visit.text("qr").to_owned())),
    }
}

fn scan(visit: &Visit, phone: &Phone, caller: &Caller) -> Response {
    let (world, code) = (&visit.world, visit.text("qr"));
    let may = desk::may_scan(world, phone, caller.address, code, visit.now);
    match may.and_then(|()| desk::read(world, phone, code, visit.now)) {
        Ok(id) => to_pairing(&id),
        Err(why) => visit.nowhere(why),
    }
}

/// Where a device sends people; a code that came with the link still has to be looked at and sent (RFC 8628 §3.3.1).
pub(super) async fn device(State(world): State<Arc<World>>, headers: HeaderMap, uri: Uri) -> Response {
    let visit = Visit::opened(world, headers, &uri);
    let user_code = visit.text("user_code").chars().take(32).collect::<String>();
    match visit.phone() {
        Some(_) => visit.show(StatusCode::OK, pages::device(preferred(&visit.headers), &user_code)),
        None => visit.sign_in_first(&Onward::Device(user_code)),
    }
}

pub(super) async fn enter(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let visit = match Visit::posted(world, headers, &body) {
        Ok(visit) => visit,
        Err(refused) => return *refused,
    };
    let Some(phone) = visit.phone() else {
        return visit.sign_in_first(&Onward::Device(visit.text("user_code").to_owned()));
    };
    match desk::type_in(&visit.world, &phone, visit.text("user_code"), visit.now) {
        Ok(id) => to_pairing(&id),
        Err(why) => visit.nowhere(why),
    }
}

pub(super) async fn show(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let visit = Visit::opened(world, headers, &uri);
    let Some(phone) = visit.phone() else {
        return visit.sign_in_first(&Onward::Home);
    };
    match desk::own(&visit.world, &phone, &id, visit.now) {
        Some(kept) => visit.show(
            StatusCode::OK,
            question::page(&visit.world, &id, &kept, phone.account.as_str(), preferred(&visit.headers)),
        ),
        None => visit.nowhere(NoCode::NoSuchCode),
    }
}

pub(super) async fn decide(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let visit = match Visit::posted(world, headers, &body) {
        Ok(visit) => visit,
        Err(refused) => return *refused,
    };
    let Some(phone) = visit.phone() else {
        return visit.sign_in_first(&Onward::Home);
    };
    // What the machine refuses leaves things as they are, which the page then shows.
    let _ = match visit.text("action") {
        "confirm" => desk::confirm(&visit.world, &phone, &id, visit.now),
        "decline" => desk::decline(&visit.world, &phone, &id, visit.now),
        _ => Ok(()),
    };
    to_pairing(&id)
}

pub(super) async fn permission(State(world): State<Arc<World>>, headers: HeaderMap, uri: Uri) -> Response {
    let visit = Visit::opened(world, headers, &uri);
    match visit.phone() {
        Some(_) => {
            let content = pages::permission(preferred(&visit.headers), visit.text("for"), false);
            visit.show(StatusCode::OK, content)
        }
        None => visit.sign_in_first(&Onward::Home),
    }
}

pub(super) async fn permit(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let visit = match Visit::posted(world, headers, &body) {
        Ok(visit) => visit,
        Err(refused) => return *refused,
    };
    let Some(phone) = visit.phone() else {
        return visit.sign_in_first(&Onward::Home);
    };
    let (speech, id) = (preferred(&visit.headers), visit.text("for"));
    if visit.text("web_login").is_empty() {
        return visit.show(StatusCode::UNPROCESSABLE_ENTITY, pages::permission(speech, id, true));
    }
    if visit.text("passcode").is_empty() {
        return visit.show(StatusCode::OK, pages::passcode(speech, id, None));
    }
    let verdict =
        desk::permit(&visit.world, &phone, visit.text("passcode"), Some(id).filter(|id| !id.is_empty()), visit.now);
    match verdict {
        PasscodeVerdict::Right if id.is_empty() => redirect("/app"),
        PasscodeVerdict::Right => to_pairing(id),
        PasscodeVerdict::Wrong(_) => {
            visit.show(StatusCode::UNPROCESSABLE_ENTITY, pages::passcode(speech, id, Some(verdict)))
        }
        PasscodeVerdict::Locked(wait) => {
            later(visit.show(StatusCode::TOO_MANY_REQUESTS, pages::passcode(speech, id, Some(verdict))), wait)
        }
    }
}

/// "Đóng": the app signs itself out.
pub(super) async fn close(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let visit = match Visit::posted(world, headers, &body) {
        Ok(visit) => visit,
        Err(refused) => return *refused,
    };
    if let Some(phone) = visit.phone() {
        visit.world.phones.sign_out(&phone.device);
    }
    with_cookie(redirect("/app"), &visit.world.cookies.drop_app())
}

impl Onward {
    /// What a sign-in form carries.
    fn read(params: &Params) -> Self {
        match (params.text("qr"), params.text("user_code")) {
            ("", "") => Self::Home,
            ("", user_code) => Self::Device(user_code.to_owned()),
            (qr, _) => Self::Scan(qr.to_owned()),
        }
    }

    fn path(&self) -> String {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        match self {
            Self::Home => "/app".to_owned(),
            Self::Scan(qr) => format!("/app/scan?qr={}", encoded(qr)),
            Self::Device(user_code) => format!("{DEVICE_PATH}?user_code={}", encoded(user_code)),
        }
    }
}
