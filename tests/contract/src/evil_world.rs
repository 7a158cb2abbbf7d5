//! A portal before a provider that misbehaves: a login that is refused, for this reason and no other, or accepted.

use std::fmt::Display;
use std::io;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use reqwest::StatusCode;
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing_subscriber::EnvFilter;
use url::Url;
use vneid_auth::error::Code;
use vneid_auth::portal::PortalBuilder;
use vneid_auth::provider::ProviderConfig;
use vneid_auth::time::Clock as _;

use crate::evil::Evil;
use crate::portal::RunningPortal;
use crate::{Browser, Page, SimClock};

/// How long a portal lets a failing provider be.
const LET_BE: Duration = Duration::from_secs(30);

/// A portal whose one provider, `vneid`, is an [`Evil`].
pub struct EvilWorld {
    pub clock: SimClock,
    pub evil: Evil,
    pub portal: RunningPortal,
    log: Log,
}

/// How a login ended.
pub struct Attempt {
    pub browser: Browser,
    /// The portal's last answer.
    pub page: Page,
    /// What the portal logged meanwhile.
    pub log: String,
}

/// The evil provider's client, set up as a provider of this name.
pub fn client(name: &str, issuer: &str) -> ProviderConfig {
    ProviderConfig::oidc(name, issuer, "portal").client_secret("client-secret".into())
}

/// A clock that stands on a whole second, since tokens know no parts of one.
pub fn whole_second() -> SimClock {
    let clock = SimClock::default();
    let past = clock.now().unix_millis().rem_euclid(1000);
    clock.advance(Duration::from_millis(1000 - u64::try_from(past).unwrap()));
    clock
}

impl EvilWorld {
    /// The provider is honest until it is told otherwise.
    pub async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// The same with other settings.
    pub async fn with(configure: impl FnOnce(ProviderConfig) -> ProviderConfig) -> Self {
        let clock = whole_second();
        let evil = Evil::start(&clock).await;
        let config = configure(client("vneid", evil.issuer()));
        Self::before(evil, clock, |builder| builder.provider(config)).await
    }

    /// A portal with whatever providers, of whom this is one.
    pub async fn before(evil: Evil, clock: SimClock, build: impl FnOnce(PortalBuilder) -> PortalBuilder) -> Self {
        let log = Log::start();
        let portal = RunningPortal::start(clock.clone(), build).await;
        Self { clock, evil, portal, log }
    }

    /// The authorization request that a login in this browser begins with.
    pub async fn begin(&self, browser: &mut Browser) -> Result<Url, Page> {
        let page = browser.fetch(&self.portal.url("/auth/login/vneid?return_to=/ho-so")).await;
        page.location().ok_or(page)
    }

    /// A login in a fresh browser, up to the callback's address, which is not opened yet.
    pub async fn up_to_the_callback(&self) -> Result<(Browser, Url), Attempt> {
        let mut browser = Browser::new();
        match self.begin(&mut browser).await {
            Ok(at_provider) if at_provider.scheme() == "https" => Ok((browser, self.evil.authorize(&at_provider))),
            Ok(at_provider) => {
                let back = browser.open_once(at_provider.as_str()).await;
                Ok((browser, back.location().expect("the provider sends the browser back")))
            }
            Err(page) => Err(Attempt { browser, page, log: self.log.take() }),
        }
    }

    /// A login in a fresh browser, as far as it goes.
    pub async fn attempt(&self) -> Attempt {
        self.log.take();
        match self.up_to_the_callback().await {
            Ok((browser, callback)) => self.finish(browser, &callback).await,
            Err(stopped) => stopped,
        }
    }

    /// Opens the callback.
    pub async fn finish(&self, mut browser: Browser, callback: &Url) -> Attempt {
        let page = browser.fetch(callback.as_str()).await;
        Attempt { browser, page, log: self.log.take() }
    }

    /// What the portal has logged since the last time.
    pub fn logged(&self) -> String {
        self.log.take()
    }

    /// A login that is refused: with this code, for this reason, without a session, and without a secret in the log.
    pub async fn refused(&self, what: &str, code: Code, why: impl Display) -> Attempt {
        let mut attempt = self.attempt().await;
        self.check_refusal(&mut attempt, what, code, why).await;
        attempt
    }

    /// What a refusal must be.
    pub async fn check_refusal(&self, attempt: &mut Attempt, what: &str, code: Code, why: impl Display) {
        let Attempt { browser, page, log } = attempt;
        assert_eq!(page.status, code.status(), "{what}: {page:?}\n{log}");
        assert_eq!(page.json()["code"], code.as_str(), "{what}");
        assert!(log.contains(&why.to_string()), "{what}: not because {why}, but\n{log}");
        assert_eq!(page.headers.contains_key("retry-after"), page.status == StatusCode::SERVICE_UNAVAILABLE, "{what}");
        for secret in self.evil.secrets() {
            assert!(!log.contains(&secret) && !page.body.contains(&secret), "{what}: {secret:?} shows in\n{log}");
        }
        let cookies = browser.cookies("127.0.0.1");
        assert!(!cookies.iter().any(|(name, _)| name.contains("session")), "{what}: {cookies:?}");
        let session = browser.fetch(&self.portal.url("/auth/session")).await;
        assert_eq!(session.status, StatusCode::UNAUTHORIZED, "{what}");
    }

    /// A login that succeeds.
    pub async fn accepted(&self, what: &str) -> Attempt {
        let mut attempt = self.attempt().await;
        let Attempt { browser, page, log } = &mut attempt;
        assert_eq!((page.status, page.raw_location()), (StatusCode::SEE_OTHER, "/ho-so"), "{what}: {page:?}\n{log}");
        let session = browser.fetch(&self.portal.url("/auth/session")).await;
        assert_eq!((session.status, &session.json()["level"]), (StatusCode::OK, &2.into()), "{what}");
        attempt
    }

    /// A login that is refused, and after it, with an honest provider, one that succeeds.
    pub async fn refuses(&self, what: &str, code: Code, why: impl Display) {
        self.refused(what, code, why).await;
        self.evil.reform();
        self.clock.advance(LET_BE);
        self.accepted(&format!("an honest login after: {what}")).await;
    }

    /// A login that succeeds whatever the provider was told; after it the provider is honest again.
    pub async fn accepts(&self, what: &str) {
        self.accepted(what).await;
        self.evil.reform();
        self.clock.advance(LET_BE);
    }
}

/// What this thread logs, and with it the portal, whose tasks run on the test's own thread.
struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    _subscriber: DefaultGuard,
}

impl Log {
    fn start() -> Self {
        // While there is one subscriber alone, `tracing` asks only the thread that first comes to a line whether anybody
        // wants it, and takes its "nobody" for everybody's. A second one makes it ask all.
        static SECOND: Once = Once::new();
        SECOND.call_once(|| drop(tracing::subscriber::set_global_default(NoSubscriber::default())));
        let text = Arc::new(Mutex::new(Vec::new()));
        let writer = Writer(text.clone());
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("vneid_auth=trace"))
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        Self { text, _subscriber: tracing::subscriber::set_default(subscriber) }
    }

    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.text.lock().unwrap())).unwrap()
    }
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
