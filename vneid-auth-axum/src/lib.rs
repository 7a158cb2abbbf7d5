//! [vneid-auth](vneid_auth) for axum: mount the routes, extract the citizen, demand a level.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use vneid_auth::portal::{Portal, Requirement};
//! use vneid_auth_axum::{Guard, LoggedIn, router};
//!
//! async fn dossiers(LoggedIn(citizen): LoggedIn) -> String {
//!     format!("Hồ sơ của {}", citizen.account().as_str())
//! }
//!
//! async fn welcome(citizen: Option<LoggedIn>) -> &'static str {
//!     if citizen.is_some() { "Chào mừng bạn trở lại" } else { "Chào mừng bạn" }
//! }
//!
//! fn app(portal: Portal) -> Router {
//!     Router::new()
//!         .route("/ho-so", get(dossiers))
//!         .layer(Guard::require(portal.clone(), Requirement::login()))
//!         .route("/", get(welcome))
//!         .merge(router(portal.clone()))
//!         .with_state(portal)
//! }
//! ```
//!
//! Serve the router with `into_make_service_with_connect_info::<SocketAddr>()`, so that limits know where requests come
//! from; without it all of them count as one address.

mod extract;
mod guard;
mod routes;

pub use extract::{LoggedIn, SteppedUp};
pub use guard::Guard;
pub use routes::{problem, router};
