//! Realm `/dvcqg`: the National Public Service Portal's provider as observed, a WSO2 Identity Server with Vietnamese claims.
//!
//! It has accounts of its own and takes VNeID's citizens through VNeID: the browser really goes there and comes back
//! by [`broker`]. Its session and VNeID's are two, and ending this one leaves the other.

mod broker;
mod token;
mod userinfo;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use super::dialect::{self, Dialect, Pending, Request};
use super::end_session::{self, EndSession};
use super::grants::{self, Bound, Grants, Lifetimes};
use super::id_token::IdTokens;
use super::vneid::Vneid;
use super::{Realm, published};
use crate::bounded::Bounded;
use crate::citizen::Citizen;
use crate::keys::{Demonstration, Keyring};
use crate::sso::{House, SsoSession};
use crate::sync::lock;
use crate::world::World;

/// How long codes and access tokens are good.
const LIFETIMES: Lifetimes = Lifetimes { code: Duration::from_secs(60), access: Duration::from_secs(3600) };

/// What a login gave a client here.
type Grant = grants::Grant<Detail>;

/// What this realm keeps of a login beside the usual.
#[derive(Clone)]
struct Detail {
    /// VNeID's token, when the citizen came through VNeID.
    via: Option<String>,
}

/// The realm.
pub(crate) struct Dvcqg {
    world: Arc<World>,
    vneid: Arc<Vneid>,
    pub(crate) keys: Keyring,
    // WSO2 names its token endpoint as the issuer.
    issuer: String,
    grants: Grants<Detail>,
    pending: Pending,
    // Browsers that are at VNeID, by the fingerprint of the `state` that they took there.
    away: Mutex<Bounded<[u8; 32], broker::Away>>,
    id_tokens: IdTokens,
}

impl Dvcqg {
    /// The realm over this world, a client of this VNeID.
    pub(crate) fn new(world: Arc<World>, vneid: Arc<Vneid>, repeatable_keys: bool) -> Self {
        Self {
            issuer: format!("{}/dvcqg/oauth2/token", world.base),
            world,
            vneid,
            keys: Keyring::on_demand(repeatable_keys.then_some(&Demonstration::DVCQG)),
            grants: Grants::new(LIFETIMES),
            pending: dialect::pending(),
            away: Mutex::new(Bounded::new(Duration::from_secs(20 * 60), 10_000)),
            id_tokens: IdTokens::new(),
        }
    }

    /// Forgets codes, tokens and logins in progress.
    pub(crate) fn reset(&self) {
        self.grants.clear();
        self.id_tokens.clear();
        lock(&self.pending).clear();
        lock(&self.away).clear();
    }
}

/// The realm's routes.
pub(crate) fn routes(dvcqg: Arc<Dvcqg>) -> Router {
    Router::new()
        .route("/dvcqg/oauth2/authorize", get(dialect::get::<Dvcqg>).post(dialect::post::<Dvcqg>))
        .route("/dvcqg/oauth2/authorize/resume/{id}", get(dialect::resume::<Dvcqg>))
        .route("/dvcqg/commonauth", get(broker::come_back))
        .route("/dvcqg/oauth2/token", post(token::token))
        .route("/dvcqg/oauth2/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .route("/dvcqg/oauth2/jwks", get(jwks))
        .route("/dvcqg/oauth2/token/.well-known/openid-configuration", get(discovery))
        .route("/dvcqg/oidc/logout", get(end_session::get::<Dvcqg>).post(end_session::post::<Dvcqg>))
        .with_state(dvcqg)
}

async fn jwks(State(dvcqg): State<Arc<Dvcqg>>) -> Response {
    published::jwks(&*dvcqg, &dvcqg.keys)
}

/// Where WSO2 has it: below the token endpoint, which is the issuer.
async fn discovery(State(dvcqg): State<Arc<Dvcqg>>) -> Response {
    let url = |path: &str| format!("{}/dvcqg{path}", dvcqg.world.base);
    let metadata = json!({
        "issuer": dvcqg.issuer,
        "authorization_endpoint": url("/oauth2/authorize"),
        "token_endpoint": url("/oauth2/token"),
        "userinfo_endpoint": url("/oauth2/userinfo"),
        "jwks_uri": url("/oauth2/jwks"),
        "end_session_endpoint": url("/oidc/logout"),
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": ["LoA1"],
    });
    published::metadata(&*dvcqg, metadata)
}

impl Realm for Dvcqg {
    fn name(&self) -> &'static str {
        "dvcqg"
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn house(&self) -> House {
        House::Dvcqg
    }
}

impl Dialect for Dvcqg {
    fn pending(&self) -> &Pending {
        &self.pending
    }

    fn return_path(&self) -> &'static str {
        "/dvcqg/oauth2/authorize/resume/{id}"
    }

    fn offers_vneid(&self) -> bool {
        true
    }

    fn through_vneid(&self, headers: &HeaderMap, request: Request) -> Response {
        broker::leave(self, headers, request)
    }

    fn grant(&self, request: &Request, session: &SsoSession, citizen: &Citizen) -> Response {
        let now = self.world.now();
        let grant = Grant {
            client_id: request.to.client_id.clone(),
            username: Some(session.username.clone()),
            scope: request.scope.clone(),
            nonce: request.nonce.clone(),
            auth_time: session.auth_time,
            sid: Some(session.sid.clone()),
            started_at: now,
            detail: Detail { via: session.via.clone() },
        };
        let bound = Bound {
            redirect_uri: request.to.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            companion: None,
        };
        let code = self.world.entropy.base64_code();
        self.grants.issue_code(&code, grant, bound, &self.world.entropy, now);
        request.to.code(self, &[("code", &code)], citizen)
    }
}

impl EndSession for Dvcqg {
    fn end_session_path(&self) -> &'static str {
        "/dvcqg/oidc/logout"
    }

    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn keys(&self) -> &Keyring {
        &self.keys
    }

    fn subject(&self, citizen: &Citizen) -> String {
        citizen.tech_id("dvcqg")
    }

    fn end_grants_of(&self, sid: &str) {
        self.grants.end_session(sid);
    }
}
