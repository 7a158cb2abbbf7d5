//! `/control/…` about logout; see [`control_routes`](crate::control_routes).

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use crate::control::Control;
use crate::control_routes::read;
use crate::realm::oidc::LogoutTokenKind;
use crate::web::json as answer;

pub(crate) fn routes() -> Router<Control> {
    Router::new()
        .route("/control/sessions", get(sessions))
        .route("/control/sessions/{sid}/end", post(end))
        .route("/control/logout-token", post(send))
        .route("/control/clients/{client}/backchannel-logout-uri", post(set))
}

async fn sessions(State(control): State<Control>) -> Response {
    answer(StatusCode::OK, &json!(control.sessions()))
}

async fn end(State(control): State<Control>, Path(sid): Path<String>) -> Response {
    answer(StatusCode::OK, &json!(control.end_session(&sid).await))
}

/// A logout token to send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenOrder {
    client: String,
    sid: String,
    #[serde(default)]
    what: LogoutTokenKind,
}

async fn send(State(control): State<Control>, body: Bytes) -> Response {
    let order: TokenOrder = match read(&body) {
        Ok(order) => order,
        Err(problem) => return *problem,
    };
    match control.send_logout_token(&order.client, &order.sid, order.what).await {
        Some(deliveries) => answer(StatusCode::OK, &json!(deliveries)),
        None => {
            let problem = json!({"error": "the client has no backchannel_logout_uri, or no such session is known"});
            answer(StatusCode::NOT_FOUND, &problem)
        }
    }
}

/// Where a client is to be told; nowhere when it says nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UriOrder {
    uri: Option<String>,
}

async fn set(State(control): State<Control>, Path(client): Path<String>, body: Bytes) -> Response {
    let order: UriOrder = match read(&body) {
        Ok(order) => order,
        Err(problem) => return *problem,
    };
    if control.set_backchannel_logout_uri(&client, order.uri.as_deref()) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        answer(StatusCode::BAD_REQUEST, &json!({"error": "uri is no URL"}))
    }
}
