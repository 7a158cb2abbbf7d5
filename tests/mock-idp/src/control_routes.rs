//! `/control/…`: [`Control`] over HTTP, only with `--control`, only from this machine.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `POST /control/faults` | a [`Fault`] | `201` |
//! | `GET /control/faults`, `POST /control/faults/clear` | | the faults with their use; `204` |
//! | `POST /control/clock` | `{"advance_seconds": 61}`, `{"freeze": true}`, `{"freeze_at": 1767323045}`, `{"freeze": false}` | `{"now": …}` |
//! | `POST /control/keys/rotate` | none, or `{"realm": "dvcqg"}` | `{"kid": …}` |
//! | `GET /control/journal` | | what was asked |
//! | `POST /control/citizens/{username}` | a [`CitizenEdit`] | `204`, `404` |
//! | `GET /control/citizens/{username}/lock`, `POST /control/citizens/{username}/unlock` | | `{"locked_until": …}`; `204` |
//! | `POST /control/mint` | `{"realm": "oidc", "header": {}, "claims": {}, "key": "current"}` | `{"token": …}` |
//! | `GET /control/sessions` | | `[{"sid", "subject", "clients"}]` |
//! | `POST /control/sessions/{sid}/end` | | `[{"client", "status", "outcome"}]` |
//! | `POST /control/logout-token` | `{"client": …, "sid": …, "what": "alg_none"}`, a [`LogoutTokenKind`](crate::LogoutTokenKind) | the same; `404` |
//! | `POST /control/clients/{client}/backchannel-logout-uri` | `{"uri": …}` | `204` |
//! | `POST /control/phone` | `{"username": …, "code": …, "what": "scan"}`, or `"confirm"`, `"decline"`; the code a QR link or a user code | `{"status": …}`; `404`, `409` |
//! | `POST /control/phone/expire` | `{"code": …}` | `{"status": "expired"}`; `404` |
//! | `POST /control/reset` | | `204` |

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::Url;
use vneid_auth::time::Timestamp;

use crate::client::is_loopback;
use crate::control::{CitizenEdit, Control, MintKey};
use crate::control_logout_routes;
use crate::control_phone_routes;
use crate::fault::Fault;
use crate::web::json as answer;
use crate::wire::Peer;

/// The control routes.
pub(crate) fn routes(control: Control) -> Router {
    Router::new()
        .route("/control/faults", get(faults).post(order))
        .route("/control/faults/clear", post(clear))
        .route("/control/clock", post(clock))
        .route("/control/keys/rotate", post(rotate))
        .route("/control/journal", get(journal))
        .route("/control/citizens/{username}", post(edit))
        .route("/control/citizens/{username}/lock", get(lock))
        .route("/control/citizens/{username}/unlock", post(unlock))
        .route("/control/mint", post(mint))
        .route("/control/reset", post(reset))
        .merge(control_logout_routes::routes())
        .merge(control_phone_routes::routes())
        .layer(from_fn(only_from_here))
        .with_state(control)
}

/// Refuses whoever is not on this machine, and every web page: their requests name an origin, or a host that a name
/// server made them believe in.
async fn only_from_here(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let local = peer.is_none_or(|peer| peer.0.address.ip().to_canonical().is_loopback());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let here = Url::parse(&format!("http://{host}/")).is_ok_and(|url| is_loopback(&url));
    if local && here && !request.headers().contains_key(ORIGIN) {
        next.run(request).await
    } else {
        answer(StatusCode::FORBIDDEN, &json!({"error": "control is only for programs on this machine"}))
    }
}

pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response>> {
    let problem = |error: serde_json::Error| json!({ "error": error.to_string() });
    serde_json::from_slice(body).map_err(|error| Box::new(answer(StatusCode::BAD_REQUEST, &problem(error))))
}

async fn faults(State(control): State<Control>) -> Response {
    answer(StatusCode::OK, &json!(control.faults()))
}

async fn order(State(control): State<Control>, body: Bytes) -> Response {
    match read::<Fault>(&body) {
        Ok(fault) => {
            control.fault(fault);
            answer(StatusCode::CREATED, &json!({"status": "ordered"}))
        }
        Err(problem) => *problem,
    }
}

async fn clear(State(control): State<Control>) -> StatusCode {
    control.clear_faults();
    StatusCode::NO_CONTENT
}

/// What to do with the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockOrder {
    #[serde(default)]
    advance_seconds: Option<u64>,
    #[serde(default)]
    freeze: Option<bool>,
    #[serde(default)]
    freeze_at: Option<i64>,
}

async fn clock(State(control): State<Control>, body: Bytes) -> Response {
    let order: ClockOrder = match read(&body) {
        Ok(order) => order,
        Err(problem) => return *problem,
    };
    match (order.freeze, order.freeze_at) {
        (_, Some(at)) => control.freeze_at(Timestamp::from_unix_seconds(at)),
        (Some(true), None) => control.freeze(),
        (Some(false), None) => control.unfreeze(),
        (None, None) => {}
    }
    if let Some(seconds) = order.advance_seconds {
        control.advance(Duration::from_secs(seconds));
    }
    answer(StatusCode::OK, &json!({"now": control.now().to_rfc3339()}))
}

/// Whose keys rotate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotateOrder {
    #[serde(default = "strict_realm")]
    realm: String,
}

fn strict_realm() -> String {
    "oidc".to_owned()
}

async fn rotate(State(control): State<Control>, body: Bytes) -> Response {
    let body = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    let order: RotateOrder = match read(&body) {
        Ok(order) => order,
        Err(problem) => return *problem,
    };
    match control.rotate_keys_of(&order.realm) {
        Ok(kid) => answer(StatusCode::OK, &json!({ "kid": kid })),
        Err(failure) => answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({"error": failure.to_string()})),
    }
}

async fn journal(State(control): State<Control>) -> Response {
    answer(StatusCode::OK, &json!(control.journal()))
}

async fn edit(State(control): State<Control>, Path(username): Path<String>, body: Bytes) -> Response {
    let change: CitizenEdit = match read(&body) {
        Ok(change) => change,
        Err(problem) => return *problem,
    };
    if control.edit_citizen(&username, |citizen| change.apply(citizen)) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        answer(StatusCode::NOT_FOUND, &json!({"error": "there is no such citizen"}))
    }
}

async fn lock(State(control): State<Control>, Path(username): Path<String>) -> Response {
    let until = control.locked_until(&username).map(Timestamp::to_rfc3339);
    answer(StatusCode::OK, &json!({ "locked_until": until }))
}

async fn unlock(State(control): State<Control>, Path(username): Path<String>) -> StatusCode {
    control.unlock(&username);
    StatusCode::NO_CONTENT
}

/// A token to make.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MintOrder {
    #[serde(default = "strict_realm")]
    realm: String,
    #[serde(default)]
    header: Map<String, Value>,
    claims: Map<String, Value>,
    #[serde(default)]
    key: MintKey,
}

async fn mint(State(control): State<Control>, body: Bytes) -> Response {
    let order: MintOrder = match read(&body) {
        Ok(order) => order,
        Err(problem) => return *problem,
    };
    match control.mint_of(&order.realm, &order.header, &order.claims, order.key) {
        Ok(token) => answer(StatusCode::OK, &json!({ "token": token })),
        Err(failure) => answer(StatusCode::BAD_REQUEST, &json!({"error": failure.to_string()})),
    }
}

async fn reset(State(control): State<Control>) -> StatusCode {
    control.reset();
    StatusCode::NO_CONTENT
}
