//! A portal whose provider has a device grant, and browsers that pair.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use url::Url;
use vneid_auth::portal::PortalBuilder;
use vneid_auth::provider::ProviderConfig;
use vneid_auth::store::Store;

use crate::evil::{Evil, Says};
use crate::evil_world::{EvilWorld, client, whole_second};
use crate::plain_world::headers;
use crate::{Browser, Page, SimClock};

/// How long a test waits, in real time, for what must happen at once.
pub const AT_ONCE: Duration = Duration::from_secs(20);

/// The world of an [`Evil`], seen from its device grant.
pub struct PairingWorld {
    pub world: EvilWorld,
}

impl PairingWorld {
    /// An honest provider, to which nobody has answered yet.
    pub async fn start() -> Self {
        Self::with(|config| config, |portal| portal).await
    }

    /// The same with other settings.
    pub async fn with(
        provider: impl FnOnce(ProviderConfig) -> ProviderConfig,
        portal: impl FnOnce(PortalBuilder) -> PortalBuilder,
    ) -> Self {
        Self::made(provider, |_, builder| portal(builder)).await
    }

    /// The usual portal over another store.
    pub async fn over(store: impl FnOnce(&SimClock) -> Arc<dyn Store>) -> Self {
        Self::made(|config| config, |clock, builder| builder.store(store(clock))).await
    }

    async fn made(
        provider: impl FnOnce(ProviderConfig) -> ProviderConfig,
        portal: impl FnOnce(&SimClock, PortalBuilder) -> PortalBuilder,
    ) -> Self {
        let clock = whole_second();
        let evil = Evil::start(&clock).await;
        let config = provider(client("vneid", evil.issuer()));
        let own = clock.clone();
        Self { world: EvilWorld::before(evil, clock, |builder| portal(&own, builder.provider(config))).await }
    }

    pub fn evil(&self) -> &Evil {
        &self.world.evil
    }

    pub fn clock(&self) -> &SimClock {
        &self.world.clock
    }

    pub fn url(&self, path: &str) -> String {
        self.world.portal.url(path)
    }

    /// What a script of the portal's own page sends: fields, and JSON wanted.
    pub async fn send(&self, browser: &mut Browser, method: Method, path: &str, fields: &[(&str, &str)]) -> Page {
        send(browser, method, &self.url(path), fields).await
    }

    /// Starts a pairing: its id, and what the portal answered.
    pub async fn pair(&self, browser: &mut Browser) -> (String, Value) {
        let fields = [("provider", "vneid"), ("return_to", "/ho-so")];
        let page = self.send(browser, Method::POST, "/auth/pairing", &fields).await;
        assert_eq!(page.status, 201, "{page:?}");
        let answer = page.json();
        (answer["id"].as_str().unwrap().to_owned(), answer)
    }

    /// Where a pairing stands.
    pub async fn status(&self, browser: &mut Browser, id: &str) -> String {
        let page = self.send(browser, Method::GET, &format!("/auth/pairing/{id}"), &[]).await;
        assert_eq!(page.status, 200, "{page:?}");
        page.json()["status"].as_str().unwrap().to_owned()
    }

    /// Moves time on, looks, and waits until the poll that must follow was answered. What the portal logged comes back.
    pub async fn poll_after(&self, browser: &mut Browser, id: &str, seconds: u64) -> String {
        let mut log = self.world.logged();
        log.clear();
        let polls = self.evil().polls().len();
        self.clock().advance(Duration::from_secs(seconds));
        self.status(browser, id).await;
        let answered = async {
            while !log.contains("a poll was answered") {
                tokio::time::sleep(Duration::from_millis(5)).await;
                log.push_str(&self.world.logged());
            }
        };
        let waited = tokio::time::timeout(AT_ONCE, answered).await;
        assert!(waited.is_ok(), "no poll after {seconds} s");
        assert_eq!(self.evil().polls().len(), polls + 1, "one poll, and no other");
        log
    }

    /// Moves time on, looks a few times, and holds that nobody polls.
    pub async fn no_poll_after(&self, browser: &mut Browser, id: &str, time: Duration) {
        let polls = self.evil().polls().len();
        self.clock().advance(time);
        for _ in 0..3 {
            self.status(browser, id).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        assert_eq!(self.evil().polls().len(), polls, "nobody polls after {time:?}");
    }

    /// A pairing that the citizen has approved.
    pub async fn approved(&self, browser: &mut Browser) -> String {
        let (id, _) = self.pair(browser).await;
        self.evil().says([Says::Tokens]);
        let log = self.poll_after(browser, &id, 5).await;
        assert_eq!(self.status(browser, &id).await, "approved", "{log}");
        id
    }

    /// Completes a pairing.
    pub async fn complete(&self, browser: &mut Browser, id: &str) -> Page {
        self.send(browser, Method::POST, &format!("/auth/pairing/{id}/complete"), &[]).await
    }

    /// Opens a pairing's stream; `last` is what the browser saw last.
    pub async fn events(&self, browser: &Browser, id: &str, last: Option<&str>) -> Events {
        Events::open(browser, &self.url(&format!("/auth/pairing/{id}/events")), last).await
    }

    /// Whether `/auth/session` knows this browser.
    pub async fn session(&self, browser: &mut Browser) -> Page {
        browser.fetch(&self.url("/auth/session")).await
    }
}

/// Sends a request as a script of the portal's own page does.
pub async fn send(browser: &mut Browser, method: Method, url: &str, fields: &[(&str, &str)]) -> Page {
    let own = headers(&[("accept", "application/json"), ("sec-fetch-site", "same-origin")]);
    let fields: Vec<(String, String)> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let fields = (!fields.is_empty()).then_some(fields);
    browser.request(method, Url::parse(url).unwrap(), own, fields).await
}

/// A stream of Server-Sent Events.
pub struct Events {
    pub response: reqwest::Response,
    buffer: String,
}

impl Events {
    /// Opens a stream with this browser's cookies.
    pub async fn open(browser: &Browser, url: &str, last: Option<&str>) -> Self {
        let cookies: Vec<String> =
            browser.cookies("127.0.0.1").iter().map(|(name, value)| format!("{name}={value}")).collect();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(url).header("accept", "text/event-stream").header("cookie", cookies.join("; "));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        Self { response: request.send().await.unwrap(), buffer: String::new() }
    }

    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The next block, as it was sent; nothing at the end.
    pub async fn block(&mut self) -> Option<String> {
        let next = async {
            loop {
                if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.buffer = rest;
                    return Some(block);
                }
                let chunk = self.response.chunk().await.unwrap()?;
                self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(AT_ONCE, next).await.expect("something comes, or the stream ends")
    }

    /// The status of the next event; comments are passed over.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            let block = self.block().await?;
            let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let Some(data) = line("data: ") {
                assert_eq!(line("event: ").as_deref(), Some("status"), "{block}");
                let data: Value = serde_json::from_str(&data).unwrap();
                assert!(data["expires_in"].is_u64(), "{block}");
                return Some(data["status"].as_str().unwrap().to_owned());
            }
        }
    }
}
