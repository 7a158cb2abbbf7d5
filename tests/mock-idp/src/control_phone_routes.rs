//! `/control/phone`: see [`control_routes`](crate::control_routes).

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::json;

use crate::control::Control;
use crate::control_routes::read;
use crate::phone::{Phone, PhoneError};
use crate::web::json as answer;

pub(crate) fn routes() -> Router<Control> {
    Router::new().route("/control/phone", post(decide)).route("/control/phone/expire", post(expire))
}

/// What a citizen's phone does with a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneOrder {
    username: String,
    /// A QR link, what it says, or a user code.
    code: String,
    what: Decision,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Scan,
    Confirm,
    Decline,
}

async fn decide(State(control): State<Control>, body: Bytes) -> Response {
    let order: PhoneOrder = match read(&body) {
        Ok(order) => order,
        Err(problem) => return *problem,
    };
    let Some(mut phone) = Phone::on_order(&control.world, &order.username, &order.code) else {
        return answer(StatusCode::NOT_FOUND, &json!({"error": "there is no such citizen, or the account is closed"}));
    };
    match carry_out(&mut phone, &order) {
        Ok(status) => answer(StatusCode::OK, &json!({ "status": status })),
        Err(problem) => answer(StatusCode::CONFLICT, &json!({"error": problem.to_string()})),
    }
}

fn carry_out(phone: &mut Phone, order: &PhoneOrder) -> Result<&'static str, PhoneError> {
    if !phone.has_scanned() {
        match (phone.scan(&order.code), order.what) {
            // Who may not confirm may still decline.
            (Err(PhoneError::WebLoginOff), Decision::Decline) => {}
            (scanned, _) => drop(scanned?),
        }
    }
    match order.what {
        Decision::Scan => {}
        Decision::Confirm => phone.confirm()?,
        Decision::Decline => phone.decline()?,
    }
    phone.status()
}

/// A code whose time is up.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireOrder {
    code: String,
}

async fn expire(State(control): State<Control>, body: Bytes) -> Response {
    let order: ExpireOrder = match read(&body) {
        Ok(order) => order,
        Err(problem) => return *problem,
    };
    if control.expire_code(&order.code) {
        answer(StatusCode::OK, &json!({"status": "expired"}))
    } else {
        answer(StatusCode::NOT_FOUND, &json!({"error": "nobody waits for this code"}))
    }
}
