//! `/app`, the phone app: a citizen signs in, scans a code, sees who asks from where, and confirms or declines.
//!
//! The pages know what a phone may do ([`desk`]) and what it sees ([`pages`]); what follows is the pairing machine's.
//! A code that cannot be used is answered alike whatever is wrong with it.

pub(crate) mod desk;
mod handlers;
mod pages;
mod question;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::world::World;
pub(crate) use session::{Phones, UserCodeTries};

/// Where a device sends people to type its code (`verification_uri`).
pub(crate) const DEVICE_PATH: &str = "/app/device";

/// The app's routes.
pub(crate) fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/app", get(handlers::home))
        .route("/app/sign-in", post(handlers::sign_in))
        .route("/app/scan", get(handlers::open).post(handlers::paste))
        .route(DEVICE_PATH, get(handlers::device).post(handlers::enter))
        .route("/app/pairing/{id}", get(handlers::show).post(handlers::decide))
        .route("/app/permission", get(handlers::permission).post(handlers::permit))
        .route("/app/close", post(handlers::close))
        .with_state(world)
}
