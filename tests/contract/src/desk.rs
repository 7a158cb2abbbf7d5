//! Pages of a portal that take forms, and what they took.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, OriginalUri, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::Notify;
use vneid_auth::portal::{Portal, Requirement};
use vneid_auth_axum::{Guard, LoggedIn};

/// What the portal's pages took, in order, and how they answer.
#[derive(Default)]
pub struct Desk {
    taken: Mutex<Vec<Taken>>,
    answers: Mutex<VecDeque<u16>>,
    slow: Mutex<Option<Arc<Notify>>>,
}

/// A form that a page took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub account: String,
    pub path: String,
    pub body: String,
}

impl Desk {
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    /// The next form is taken with this status; 200 otherwise.
    pub fn answer_next(&self, status: u16) {
        self.answers.lock().unwrap().push_back(status);
    }

    /// The next form is only taken once this is notified.
    pub fn wait_for(&self, notify: &Arc<Notify>) {
        *self.slow.lock().unwrap() = Some(notify.clone());
    }
}

#[derive(Clone)]
struct Pages {
    portal: Portal,
    desk: Arc<Desk>,
}

impl FromRef<Pages> for Portal {
    fn from_ref(pages: &Pages) -> Self {
        pages.portal.clone()
    }
}

/// `POST /don` needs a login, `/don-moi` a fresh proof, `/don-dang-nhap-moi` a fresh login; `/don-rieng` is offered
/// again on a page of the portal's own, `/trang-don`, and needs a fresh proof too; `/don-lien-ket` a CCCD number;
/// `/don-mat` takes a secret; `/xa/don` stands in a nested router.
pub fn pages(portal: &Portal, desk: &Arc<Desk>) -> Router {
    const TEN_MINUTES: Duration = Duration::from_secs(600);
    let login = Requirement::login();
    let guarded = |requirement| post(take).layer(Guard::require(portal.clone(), requirement));
    Router::new()
        .route("/don", guarded(login))
        .route("/don-moi", guarded(login.fresh_within(TEN_MINUTES)))
        .route("/don-dang-nhap-moi", guarded(login.fresh_login_within(TEN_MINUTES)))
        .route("/don-rieng", guarded(login.fresh_within(TEN_MINUTES).form_page("/trang-don?buoc=2")))
        .route("/don-lien-ket", guarded(login.citizen_id()))
        .route("/don-mat", guarded(login.holds_no_forms()))
        .route("/trang-don", get(own_page).layer(Guard::require(portal.clone(), login)))
        .nest("/xa", Router::new().route("/don", guarded(login)))
        .with_state(Pages { portal: portal.clone(), desk: desk.clone() })
}

async fn take(
    State(pages): State<Pages>,
    LoggedIn(citizen): LoggedIn,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let slow = pages.desk.slow.lock().unwrap().take();
    if let Some(slow) = slow {
        slow.notified().await;
    }
    let status = pages.desk.answers.lock().unwrap().pop_front().unwrap_or(200);
    if status == 200 {
        let (account, body) = (citizen.account().as_str().to_owned(), String::from_utf8(body.to_vec()).unwrap());
        pages.desk.taken.lock().unwrap().push(Taken { account, path: uri.to_string(), body });
    }
    (StatusCode::from_u16(status).unwrap(), if status == 200 { "đã nhận" } else { "chưa nhận" }).into_response()
}

/// As a portal would: its own form, filled in with what is held.
async fn own_page(State(pages): State<Pages>, LoggedIn(citizen): LoggedIn, request: Request) -> Response {
    let parts = request.into_parts().0;
    let Ok(held) = pages.portal.held_form(&parts, &citizen).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let content = held.as_ref().and_then(|form| form.fields().into_iter().find(|(name, _)| name == "noi_dung"));
    let action = held.as_ref().map_or("/don-rieng", |form| form.action());
    let content = content.map(|(_, value)| value).unwrap_or_default();
    axum::response::Html(format!(
        "<form method=\"post\" action=\"{action}\"><input name=\"noi_dung\" value=\"{content}\"><button>Gửi đi</button></form>"
    ))
    .into_response()
}
