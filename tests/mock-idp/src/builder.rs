//! How a mock is set up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use url::Url;
use vneid_auth::time::{Clock, SystemClock};

use crate::client::{Client, ClientKeyError};
use crate::control::Control;
use crate::fault::Fault;
use crate::keys::KeyFailure;
use crate::realm::dvcqg::{self, Dvcqg};
use crate::realm::oidc::{self, Oidc};
use crate::realm::vneid::{self, BROKER, Vneid};
use crate::server::{self, Running};
use crate::web::Cookies;
use crate::world::{OtpDelivery, Settings, World};
use crate::{app, control_routes, home, login, observe, population};

/// The largest request body that is read.
const BODY_LIMIT: usize = 64 * 1024;

/// The mock identity provider; everything begins with [`MockIdp::builder`].
pub struct MockIdp;

impl MockIdp {
    /// A mock with the defaults: `127.0.0.1` at a free port, the seeded citizens, the client `portal-demo`.
    pub fn builder() -> Builder {
        Builder {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            issuer_base: None,
            clients: vec![Client::portal_demo()],
            auto_login: None,
            otp_delivery: OtpDelivery::default(),
            control: false,
            clock: Arc::new(SystemClock),
            seed: None,
            public: false,
            faults: vec![],
        }
    }
}

/// A mock's settings.
#[derive(Clone)]
pub struct Builder {
    pub(crate) listen: SocketAddr,
    issuer_base: Option<String>,
    clients: Vec<Client>,
    auto_login: Option<String>,
    otp_delivery: OtpDelivery,
    control: bool,
    clock: Arc<dyn Clock>,
    seed: Option<u64>,
    public: bool,
    faults: Vec<Fault>,
}

/// Settings that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The address is not loopback, and nobody said that this is meant.
    #[error(
        "{0} is not a loopback address: a mock must not be reachable by accident; say `public` (--public) if it is meant"
    )]
    NotLoopback(SocketAddr),
    /// The public address is no `http` or `https` URL without path, query and fragment.
    #[error(
        "issuer base `{0}` must be an http or https URL without path, query and fragment, such as https://idp.example"
    )]
    IssuerBase(String),
    /// A router has no address of its own.
    #[error("a router needs `issuer_base`, or `listen` with a port: it does not know where it will be served")]
    NoAddress,
    /// Two clients have the same id.
    #[error("client `{0}` is registered twice")]
    DuplicateClient(String),
    /// Nobody who can log in has the user name that is to be logged in.
    #[error("auto login: there is no citizen with this user name, or the account is locked; GET /citizens lists them")]
    NoSuchCitizen,
    /// A signing key could not be made.
    #[error(transparent)]
    Keys(#[from] KeyFailure),
}

/// Why a mock did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

impl Builder {
    /// Where to listen; `127.0.0.1:0`, a free port, by default.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The public address when it differs from the one that is listened on, such as `https://localhost:8443` behind a
    /// TLS proxy. What a request says about its host is never believed.
    #[must_use]
    pub fn issuer_base(mut self, url: &str) -> Self {
        self.issuer_base = Some(url.to_owned());
        self
    }

    /// Registers a client, beside `portal-demo`.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// The key that realm `/vneid-sealed` seals to for a client that is registered already: see
    /// [`Client::sealing_key_pem`].
    ///
    /// # Errors
    /// When there is no such client, or no usable RSA key in the text.
    pub fn client_key(mut self, id: &str, pem: &str) -> Result<Self, ClientKeyError> {
        let client = self.clients.iter_mut().find(|client| client.id == id);
        let client = client.ok_or_else(|| ClientKeyError::unknown(id))?;
        *client = client.clone().sealing_key_pem(pem)?;
        Ok(self)
    }

    /// Answers every authorization request at once as the citizen with this user name.
    #[must_use]
    pub fn auto_login(mut self, citizen_id: &str) -> Self {
        self.auto_login = Some(citizen_id.to_owned());
        self
    }

    /// How one-time codes reach whoever types them.
    #[must_use]
    pub fn otp_delivery(mut self, delivery: OtpDelivery) -> Self {
        self.otp_delivery = delivery;
        self
    }

    /// Serves `/control/…` over HTTP, for programs on this machine. Off by default.
    #[must_use]
    pub fn control(mut self, on: bool) -> Self {
        self.control = on;
        self
    }

    /// Another clock than the system's; control can still move and stop it.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same ids, codes and RSA keys at every start, for snapshots. Nothing is secret then.
    #[must_use]
    pub fn deterministic(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Allows an address that is not loopback, and switches control off.
    #[must_use]
    pub fn public(mut self, public: bool) -> Self {
        self.public = public;
        self
    }

    /// Orders a fault from the start.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Starts, and returns once the socket listens.
    ///
    /// # Errors
    /// When the settings cannot work, or the address cannot be listened on.
    pub async fn start(self) -> Result<Running, StartError> {
        server::start(self).await
    }

    /// The routes alone, to be served by somebody else. Faults of the wire (close, reset, slow drip) need [`Builder::start`].
    ///
    /// # Errors
    /// When the settings cannot work, or do not say at which address the routes will be served.
    pub fn router(self) -> Result<(Router, Control), ConfigError> {
        let address = self.listen;
        if self.issuer_base.is_none() && address.port() == 0 {
            return Err(ConfigError::NoAddress);
        }
        self.check()?;
        self.build(address)
    }

    /// Checks the settings without starting anything.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !self.public && !self.listen.ip().is_loopback() {
            return Err(ConfigError::NotLoopback(self.listen));
        }
        if let Some(base) = &self.issuer_base {
            parse_base(base)?;
        }
        for (at, client) in self.clients.iter().enumerate() {
            let again = self.clients.iter().skip(at + 1).any(|other| other.id == client.id);
            if again || client.id == BROKER {
                return Err(ConfigError::DuplicateClient(client.id.clone()));
            }
        }
        let able = |username: &String| {
            crate::citizen::seeded().iter().any(|citizen| citizen.username == *username && !citizen.closed)
        };
        if self.auto_login.as_ref().is_some_and(|username| !able(username)) {
            return Err(ConfigError::NoSuchCitizen);
        }
        Ok(())
    }

    /// The routes for a mock that listens here.
    pub(crate) fn build(self, address: SocketAddr) -> Result<(Router, Control), ConfigError> {
        let base = self.issuer_base.unwrap_or_else(|| format!("http://{address}"));
        let url = parse_base(&base)?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let world = Arc::new(World::new(Settings {
            base,
            cookies: Cookies::new(url.scheme() == "https", url.port_or_known_default()),
            clients: self.clients,
            auto_login: self.auto_login,
            otp_delivery: self.otp_delivery,
            clock: self.clock,
            seed: self.seed,
        }));
        for fault in self.faults {
            world.faults.order(fault);
        }
        let oidc = Arc::new(Oidc::new(Arc::clone(&world), self.seed.is_some())?);
        let vneid = Arc::new(Vneid::new(Arc::clone(&world), self.seed.is_some()));
        let dvcqg = Arc::new(Dvcqg::new(Arc::clone(&world), Arc::clone(&vneid), self.seed.is_some()));
        let control = Control {
            world: Arc::clone(&world),
            oidc: Arc::clone(&oidc),
            dvcqg: Arc::clone(&dvcqg),
            vneid: Arc::clone(&vneid),
        };
        let mut router = home::routes(Arc::clone(&world))
            .merge(login::routes(Arc::clone(&world)))
            .merge(app::routes(Arc::clone(&world)))
            .merge(population::routes(Arc::clone(&world)))
            .merge(oidc::routes(oidc))
            .merge(dvcqg::routes(dvcqg))
            .merge(vneid::routes(&vneid));
        if self.control && !self.public {
            router = router.merge(control_routes::routes(control.clone()));
        }
        let router = router.layer(DefaultBodyLimit::max(BODY_LIMIT)).layer(from_fn_with_state(world, observe::observe));
        Ok((router, control))
    }
}

/// An issuer base: scheme and authority, nothing else.
fn parse_base(base: &str) -> Result<Url, ConfigError> {
    let wrong = || ConfigError::IssuerBase(base.to_owned());
    let url = Url::parse(base).map_err(|_| wrong())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let scheme = url.scheme() == "https" || url.scheme() == "http";
    if bare && scheme && url.has_host() { Ok(url) } else { Err(wrong()) }
}
