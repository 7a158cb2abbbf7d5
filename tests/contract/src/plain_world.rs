//! A portal with a [`Plain`] provider, and what every case about the redirect asks in the end: was it refused rightly,
//! is nobody logged in, and does an honest login still work?

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;
use vneid_auth::portal::PortalBuilder;

use crate::plain::{Bent, Plain, parameter};
use crate::portal::RunningPortal;
use crate::{Browser, Page, SimClock};

/// A clock, a provider that is called `plain`, and a portal.
pub struct PlainWorld {
    pub clock: SimClock,
    pub provider: Plain,
    pub portal: RunningPortal,
}

/// Headers, by pairs.
pub fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.iter().map(header) {
        headers.append(name, value);
    }
    headers
}

/// The `Set-Cookie` lines of an answer that give, and do not expire, a cookie whose name has these letters.
pub fn set_cookies(page: &Page, name: &str) -> Vec<String> {
    let lines = page.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
    lines.filter(|line| line.split('=').next().unwrap().contains(name) && !line.contains("Max-Age=0")).collect()
}

impl PlainWorld {
    /// An honest provider and the usual portal.
    pub async fn start() -> Self {
        Self::with(Bent::default(), |portal| portal).await
    }

    /// A bent provider, and a portal with other settings.
    pub async fn with(bent: Bent, configure: impl FnOnce(PortalBuilder) -> PortalBuilder) -> Self {
        let clock = SimClock::default();
        let provider = Plain::bent(clock.clone(), bent).await;
        let config = provider.config("plain");
        let portal = RunningPortal::start(clock.clone(), |builder| configure(builder.provider(config))).await;
        Self { clock, provider, portal }
    }

    /// An address of the portal.
    pub fn url(&self, path: &str) -> String {
        self.portal.url(path)
    }

    /// The path of an address, if it is one of this portal.
    pub fn path<'a>(&self, url: &'a str) -> Option<&'a str> {
        url.strip_prefix(&self.portal.base)
    }

    /// Starts a login in this browser: the authorization request.
    pub async fn begin(&self, browser: &mut Browser) -> Url {
        self.begin_for(browser, "/ho-so").await
    }

    /// The same, for a citizen who wants to go there; `return_to` stands in the query as it is.
    pub async fn begin_for(&self, browser: &mut Browser, return_to: &str) -> Url {
        let page = browser.open_once(&self.url(&format!("/auth/login/plain?return_to={return_to}"))).await;
        page.location().unwrap_or_else(|| panic!("no way to the provider: {page:?}"))
    }

    /// The callback with this query; `STATE` and `ISS` in it stand for the right ones.
    pub fn callback(&self, request: &Url, query: &str) -> String {
        let (state, issuer) = (parameter(request, "state").unwrap(), self.provider.issuer.replace(':', "%3A"));
        // The state last: it is random, and may hold any three letters.
        let query = query.replace("ISS", &issuer.replace('/', "%2F")).replace("STATE", &state);
        self.url(&format!("/auth/callback/plain?{query}"))
    }

    /// A whole, honest login in this browser.
    pub async fn log_in(&self, browser: &mut Browser) {
        let request = self.begin(browser).await;
        let page = browser.open(request.as_str()).await.clone();
        assert_eq!((page.url.path(), page.status.as_u16()), ("/ho-so", 200), "{page:?}");
        assert!(page.body.contains("Nguyễn Thị Thử"), "{}", page.body);
        assert!(self.is_logged_in(browser).await);
    }

    /// A browser in which somebody is logged in.
    pub async fn logged_in(&self) -> Browser {
        let mut browser = Browser::new();
        self.log_in(&mut browser).await;
        browser
    }

    /// Whether `/auth/session` knows this browser.
    pub async fn is_logged_in(&self, browser: &mut Browser) -> bool {
        match browser.fetch(&self.url("/auth/session")).await.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("/auth/session answered {other}"),
        }
    }

    /// Asserts that an answer refuses a login with this code: the contract's problem, no session, and honest logins go on.
    pub async fn refused(&self, browser: &mut Browser, page: &Page, status: u16, code: &str) {
        assert_eq!(page.status.as_u16(), status, "{page:?}");
        assert_eq!(page.json()["code"], code, "{page:?}");
        self.no_session(browser, page).await;
        self.log_in(browser).await;
        self.log_in(&mut Browser::new()).await;
    }

    /// Asserts that an answer brought no session.
    pub async fn no_session(&self, browser: &mut Browser, page: &Page) {
        assert_eq!(set_cookies(page, "session"), Vec::<String>::new(), "{page:?}");
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(!self.is_logged_in(browser).await, "{page:?}");
    }

    /// Sends a request to the portal as a script or a foreign client would, with this browser's cookies.
    pub async fn send(&self, browser: &mut Browser, method: Method, path: &str, pairs: &[(&str, &str)]) -> Page {
        browser.request(method, Url::parse(&self.url(path)).unwrap(), headers(pairs), None).await
    }
}
