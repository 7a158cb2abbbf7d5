//! Realms `/vneid` and `/vneid-sealed`: VNeID as observed, in the clear and in its encrypted dialect.
//!
//! Both are one provider: one single sign-on, one set of keys, one Keycloak behind it whose issuer is an internal
//! address. Nobody has published its token and userinfo paths; `/token` and `/userinfo` are this mock's own.

mod access_token;
mod authorize;
mod seal;
mod third_party;
mod token;
mod userinfo;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use vneid_auth::flow::pairing::PairingPolicy;

use super::dialect::{self, Dialect, Pending};
use super::grants::{Grants, Lifetimes};
use super::id_token::IdTokens;
use super::parameters::Wrong;
use super::{Realm, published};
use crate::bounded::Bounded;
use crate::citizen::Citizen;
use crate::client::Client;
use crate::keys::{Demonstration, Keyring};
use crate::pairing;
use crate::sso::{House, SsoSession};
use crate::sync::lock;
use crate::world::World;

/// The issuer in its tokens: an internal address, and so not the public one (seen on the wire).
pub(crate) const ISSUER: &str = "http://sso.dancuquocgia.gov.vn:8080/auth/realms/citizen";
/// DVCQG's client id here.
pub(crate) const BROKER: &str = "dvcqg-broker";

const ACCESS: Duration = Duration::from_secs(1800);
const CLEAR: Lifetimes = Lifetimes { code: Duration::from_secs(60), access: ACCESS };
/// A code of the encrypted dialect lives "a few seconds".
const SEALED: Lifetimes = Lifetimes { code: Duration::from_secs(10), access: ACCESS };

/// The provider behind both realms.
pub(crate) struct Vneid {
    world: Arc<World>,
    pub(crate) keys: Keyring,
    broker: Client,
    clear: Book,
    sealed: Book,
    id_tokens: IdTokens,
    // Where the browsers will end that DVCQG sent here, by the `state` that it gave them.
    onward: Mutex<Bounded<String, String>>,
}

/// What one of the two realms keeps.
struct Book {
    grants: Grants<()>,
    pending: Pending,
}

/// Which of the two realms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// `/vneid`.
    Clear,
    /// `/vneid-sealed`.
    Sealed,
}

/// One realm of the provider.
pub(crate) struct Side {
    vneid: Arc<Vneid>,
    wire: Wire,
}

impl Vneid {
    /// The provider over this world.
    pub(crate) fn new(world: Arc<World>, repeatable_keys: bool) -> Self {
        let broker = Client::new(BROKER, "").name("Cổng Dịch vụ công quốc gia (giả lập)");
        let broker = broker.redirect_uri(&format!("{}/dvcqg/commonauth", world.base));
        let book = |lifetimes| Book { grants: Grants::new(lifetimes), pending: dialect::pending() };
        Self {
            world,
            keys: Keyring::on_demand(repeatable_keys.then_some(&Demonstration::VNEID)),
            broker,
            clear: book(CLEAR),
            sealed: book(SEALED),
            id_tokens: IdTokens::new(),
            onward: Mutex::new(Bounded::new(Duration::from_secs(20 * 60), 10_000)),
        }
    }

    /// Forgets codes, tokens and logins in progress.
    pub(crate) fn reset(&self) {
        for book in [&self.clear, &self.sealed] {
            book.grants.clear();
            lock(&book.pending).clear();
        }
        self.id_tokens.clear();
        lock(&self.onward).clear();
    }

    /// DVCQG sends a browser here that will end there.
    pub(crate) fn expect(&self, state: &str, ends_at: Option<String>) {
        if let Some(ends_at) = ends_at {
            lock(&self.onward).insert(state.to_owned(), ends_at, self.world.now());
        }
    }

    /// Ends a session and what it gave, in both realms.
    fn end_session(&self, sid: &str) {
        self.world.sso(House::Vneid).end(sid);
        self.clear.grants.end_session(sid);
        self.sealed.grants.end_session(sid);
    }

    fn own_uri(&self, path: &str) -> String {
        format!("{}/vneid/api/idp/third-party/{path}", self.world.base)
    }

    /// The page with a citizen's details, for whoever has this token.
    pub(crate) fn profile_uri(&self, token: &str) -> String {
        format!("{}?token_id={token}", self.own_uri("view-info"))
    }

    /// Where the session ends that this token belongs to.
    pub(crate) fn logout_uri(&self, token: &str) -> String {
        format!("{}?token_id={token}", self.own_uri("logout"))
    }
}

impl Side {
    fn book(&self) -> &Book {
        match self.wire {
            Wire::Clear => &self.vneid.clear,
            Wire::Sealed => &self.vneid.sealed,
        }
    }
}

impl Realm for Side {
    fn name(&self) -> &'static str {
        match self.wire {
            Wire::Clear => "vneid",
            Wire::Sealed => "vneid-sealed",
        }
    }

    fn world(&self) -> &World {
        &self.vneid.world
    }

    fn house(&self) -> House {
        House::Vneid
    }

    /// DVCQG is a client of the clear realm alone, and authenticates nowhere: it has no secret.
    fn client(&self, id: &str) -> Option<&Client> {
        let broker = Some(&self.vneid.broker).filter(|broker| broker.id() == id && self.wire == Wire::Clear);
        broker.or_else(|| self.vneid.world.client(id))
    }

    fn leaves_plus(&self) -> bool {
        self.wire == Wire::Sealed
    }
}

/// The routes of both realms.
pub(crate) fn routes(vneid: &Arc<Vneid>) -> Router {
    [(Wire::Clear, "/vneid"), (Wire::Sealed, "/vneid-sealed")].into_iter().fold(Router::new(), |all, (wire, prefix)| {
        let side = Arc::new(Side { vneid: Arc::clone(vneid), wire });
        let path = |path: &str| format!("{prefix}{path}");
        let one = Router::new()
            .route(&path("/auth"), get(dialect::get::<Side>).post(dialect::post::<Side>))
            .route(&path("/auth/resume/{id}"), get(dialect::resume::<Side>))
            .route(&path("/token"), post(token::token))
            .route(&path("/userinfo"), get(userinfo::userinfo).post(userinfo::userinfo))
            .route(&path("/protocol/openid-connect/certs"), get(certs))
            .route(&path("/api/idp/third-party/view-info"), get(third_party::view_info))
            .route(&path("/api/idp/third-party/logout"), get(third_party::logout));
        all.merge(one.with_state(side))
    })
}

async fn certs(State(side): State<Arc<Side>>) -> Response {
    published::jwks(&*side, &side.vneid.keys)
}

impl Dialect for Side {
    fn pending(&self) -> &Pending {
        &self.book().pending
    }

    fn return_path(&self) -> &'static str {
        match self.wire {
            Wire::Clear => "/vneid/auth/resume/{id}",
            Wire::Sealed => "/vneid-sealed/auth/resume/{id}",
        }
    }

    fn admits(&self, client: &Client) -> Result<(), Wrong> {
        authorize::admits(self, client)
    }

    fn qr(&self) -> PairingPolicy {
        match self.wire {
            Wire::Clear => pairing::fixed(),
            Wire::Sealed => pairing::renewed(),
        }
    }

    fn ends_at(&self, request: &dialect::Request) -> Option<String> {
        authorize::ends_at(self, request)
    }

    fn grant(&self, request: &dialect::Request, session: &SsoSession, citizen: &Citizen) -> Response {
        authorize::grant(self, request, session, citizen)
    }
}
