//! Realm `/oidc`: a strict OpenID Provider.
//!
//! Strict means: PKCE with S256 always, redirect URIs character by character, codes for one minute and once, `iss` in
//! every authorization response (RFC 9207), nothing advertised that does not work and nothing that works unadvertised.

mod assertion;
mod authorize;
mod claims;
mod device;
mod id_token;
mod logout;
mod metadata;
mod request;
mod token;
mod token_tools;
mod userinfo;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::bounded::Bounded;
use crate::citizen::Citizen;
use crate::client::Client;
use crate::keys::{Demonstration, KeyFailure, Keyring};
use crate::realm::Realm;
use crate::realm::end_session::{self, EndSession};
use crate::realm::ending::Ending;
use crate::realm::grants::{self, Grants, Lifetimes};
use crate::realm::id_token::IdTokens;
use crate::sso::{By, House};
use crate::sync::lock;
use crate::web::cors;
use crate::world::World;

pub use logout::{KnownSession, LogoutDelivery, LogoutTokenKind};

use assertion::SeenAssertions;
use claims::ClaimsRequest;
use device::Devices;
use logout::Logout;
use request::AuthorizationRequest;

/// How long codes and access tokens are good.
const LIFETIMES: Lifetimes = Lifetimes { code: Duration::from_secs(60), access: Duration::from_secs(600) };

/// What a login gave a client here.
type Grant = grants::Grant<Detail>;

/// What this realm keeps of a login beside the usual.
#[derive(Clone, Default)]
struct Detail {
    acr: String,
    by: By,
    claims: ClaimsRequest,
}

/// The realm.
pub(crate) struct Oidc {
    pub(crate) world: Arc<World>,
    pub(crate) keys: Keyring,
    pub(crate) logout: Logout,
    issuer: String,
    grants: Grants<Detail>,
    // Authorization requests whose citizens are at the login pages, by the login's id.
    pending: Mutex<Bounded<String, AuthorizationRequest>>,
    assertions: SeenAssertions,
    devices: Devices,
    id_tokens: IdTokens,
}

impl Oidc {
    /// The realm over this world, with keys of its own.
    pub(crate) fn new(world: Arc<World>, repeatable_keys: bool) -> Result<Self, KeyFailure> {
        let issuer = format!("{}/oidc", world.base);
        Ok(Self {
            logout: Logout::new(&world.clients),
            world,
            keys: Keyring::new(repeatable_keys.then_some(&Demonstration::OIDC))?,
            issuer,
            grants: Grants::new(LIFETIMES),
            pending: Mutex::new(Bounded::new(Duration::from_secs(20 * 60), 10_000)),
            assertions: SeenAssertions::new(),
            devices: Devices::new(),
            id_tokens: IdTokens::new(),
        })
    }

    /// The issuer identifier.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Forgets codes, tokens and logins in progress.
    pub(crate) fn reset(&self) {
        self.grants.clear();
        self.assertions.clear();
        self.devices.clear();
        self.logout.clear();
        lock(&self.pending).clear();
        self.id_tokens.clear();
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

impl Realm for Oidc {
    fn name(&self) -> &'static str {
        "oidc"
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn house(&self) -> House {
        House::Oidc
    }

    fn response_issuer(&self) -> Option<&str> {
        Some(&self.issuer)
    }
}

impl EndSession for Oidc {
    fn end_session_path(&self) -> &'static str {
        "/oidc/end_session"
    }

    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn keys(&self) -> &Keyring {
        &self.keys
    }

    fn subject(&self, citizen: &Citizen) -> String {
        citizen.subject()
    }

    fn end_grants_of(&self, sid: &str) {
        self.grants.end_session(sid);
    }

    fn stands_alone(&self, client: &Client) -> bool {
        client.isolated_session
    }

    fn tell(self: &Arc<Self>, sid: &str, ending: &mut Ending) {
        self.tell_parties(sid, ending);
    }
}

/// The realm's routes.
pub(crate) fn routes(oidc: Arc<Oidc>) -> Router {
    let open = Router::new()
        .route("/oidc/.well-known/openid-configuration", get(metadata::discovery).options(preflight))
        .route("/.well-known/oauth-authorization-server/oidc", get(metadata::discovery).options(preflight))
        .route("/oidc/jwks", get(metadata::jwks).options(preflight))
        .route("/oidc/token", post(token::token).options(preflight))
        .route("/oidc/userinfo", get(userinfo::userinfo).post(userinfo::userinfo).options(preflight))
        .route("/oidc/revoke", post(token_tools::revoke).options(preflight))
        .layer(from_fn(cors));
    let closed = Router::new()
        .route("/oidc/authorize", get(authorize::get).post(authorize::post))
        .route("/oidc/authorize/resume/{id}", get(authorize::resume))
        .route("/oidc/end_session", get(end_session::get::<Oidc>).post(end_session::post::<Oidc>))
        .route("/oidc/device_authorization", post(device::authorize))
        .route("/oidc/introspect", post(token_tools::introspect));
    open.merge(closed).with_state(oidc)
}

/// Answers `OPTIONS`; the layer around it adds what a cross-origin page needs to know.
async fn preflight() -> axum::http::StatusCode {
    axum::http::StatusCode::NO_CONTENT
}
