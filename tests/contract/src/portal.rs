//! A portal under test: the library on axum with a few pages of its own, listening on a free port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use vneid_auth::audit::MemoryAudit;
use vneid_auth::identity::Level;
use vneid_auth::portal::{Portal, PortalBuilder, Requirement};
use vneid_auth_axum::{Guard, LoggedIn, router};

use crate::SimClock;
use crate::desk::{self, Desk};

/// 32 bytes, for tests alone.
pub const SECRET: &str = "dGVzdHMgb25seSwgbmV2ZXIgYSByZWFsIHBvcnRhbCE=";

/// A running portal.
pub struct RunningPortal {
    pub portal: Portal,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    pub audit: Arc<MemoryAudit>,
    /// What its pages take.
    pub desk: Arc<Desk>,
    server: JoinHandle<()>,
}

impl RunningPortal {
    /// Starts a portal on a free port; `configure` adds its providers.
    pub async fn start(clock: SimClock, configure: impl FnOnce(PortalBuilder) -> PortalBuilder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let audit = Arc::new(MemoryAudit::new());
        let builder = Portal::builder(&base).secret(SECRET.into()).clock(Arc::new(clock)).audit(audit.clone());
        let portal = configure(builder).build().unwrap();
        let desk = Arc::new(Desk::default());
        let app = app(portal.clone()).merge(desk::pages(&portal, &desk));
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { portal, base, audit, desk, server }
    }

    /// An address of this portal.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Drop for RunningPortal {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves an application of a test's own on a free port, until the test ends: its base address.
pub async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    base
}

/// `/` greets, `/ho-so` needs a login, `/muc-2` level 2, `/nhay-cam` a fresh proof,
/// `/dang-nhap-moi` a fresh login, `/lien-ket` a linked citizen id.
fn app(portal: Portal) -> Router {
    let require = |requirement| Guard::require(portal.clone(), requirement);
    Router::new()
        .route("/muc-2", get(hello).layer(require(Requirement::login().level(Level::TWO))))
        .route(
            "/nhay-cam",
            get(hello).post(hello).layer(require(Requirement::login().fresh_within(Duration::from_secs(600)))),
        )
        .route(
            "/dang-nhap-moi",
            get(hello).layer(require(Requirement::login().fresh_login_within(Duration::from_secs(600)))),
        )
        .route("/lien-ket", get(hello).layer(require(Requirement::login().citizen_id())))
        .route("/gop-y", post(|| async { "đã nhận" }).layer(Guard::same_origin(portal.clone())))
        .route("/ho-so", get(hello).post(hello))
        .route("/", get(welcome))
        .layer(Guard::deep_link(portal.clone(), "dvcqg"))
        .merge(router(portal.clone()))
        .with_state(portal)
}

async fn hello(LoggedIn(citizen): LoggedIn) -> String {
    let name = citizen.profile().full_name.as_ref().map_or("?", |name| name.expose());
    format!("Xin chào {name}, tài khoản {}", citizen.account().as_str())
}

async fn welcome(citizen: Option<LoggedIn>) -> String {
    match citizen {
        Some(citizen) => hello(citizen).await,
        None => "Chưa đăng nhập".to_owned(),
    }
}
