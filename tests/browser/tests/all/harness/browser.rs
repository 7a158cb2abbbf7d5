//! One browser, driven as a person would: by what is written on its links, buttons and labels.

use std::future::Future;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::{WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, Locator};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use super::chromium::{Chromium, DESKTOP, Wish};

/// How long a page may take to show what is expected of it.
const PATIENCE: Duration = Duration::from_secs(15);

/// A browser of its own, with nothing in it. It is closed when this is dropped.
pub struct Browser {
    pub(super) client: Client,
    pub(super) wish: Wish,
    _chromium: Chromium,
}

impl Browser {
    /// Nothing when the machine has no Chromium.
    pub async fn start(wish: Wish) -> Option<Self> {
        let (chromium, client) = Chromium::start(&wish).await?;
        let browser = Self { client, wish, _chromium: chromium };
        if !browser.wish.phone {
            browser.fit_window().await;
        }
        Some(browser)
    }

    /// A desktop that speaks Vietnamese.
    pub async fn vietnamese() -> Option<Self> {
        Self::start(Wish::default()).await
    }

    /// Makes the page itself as large as a desktop's, whatever stands around it.
    async fn fit_window(&self) {
        let (width, height) = DESKTOP;
        let inside = self.run("return [innerWidth, innerHeight];", vec![]).await;
        let (outer_width, outer_height) = self.client.get_window_size().await.unwrap();
        let around = |outer: u64, inner: &Value| u32::try_from(outer - inner.as_u64().unwrap()).unwrap();
        let (right, top) = (around(outer_width, &inside[0]), around(outer_height, &inside[1]));
        self.client.set_window_size(width + right, height + top).await.unwrap();
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Clicks the link or button on which this is written.
    pub async fn click(&self, written: &str) {
        let quoted = quoted(written);
        let path = format!("//a[normalize-space()={quoted}] | //button[normalize-space()={quoted}]");
        self.wait_for(&format!("a link or button {written:?}"), || self.find(&path)).await.click().await.unwrap();
    }

    /// The field that has this label.
    pub async fn field(&self, label: &str) -> Element {
        let path = format!("//*[@id=//label[normalize-space()={}]/@for]", quoted(label));
        self.wait_for(&format!("a field {label:?}"), || self.find(&path)).await
    }

    /// Replaces what is in the field that has this label.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses from the list that has this label.
    pub async fn choose(&self, label: &str, option: &str) {
        self.field(label).await.select_by_label(option).await.unwrap();
    }

    /// Switches on or off what has this label around it.
    pub async fn toggle(&self, label: &str) {
        let path = format!("//label[normalize-space()={}]", quoted(label));
        self.wait_for(&format!("a switch {label:?}"), || self.find(&path)).await.click().await.unwrap();
    }

    /// Waits for the page with this heading.
    pub async fn arrived(&self, heading: &str) {
        let path = format!("//h1[normalize-space()={}]", quoted(heading));
        self.wait_for(&format!("a page with the heading {heading:?}"), || self.find(&path)).await;
    }

    /// Waits until this can be read on the page.
    pub async fn sees(&self, text: &str) {
        self.wait_for(&format!("the text {text:?}"), || async { self.text().await.contains(text).then_some(()) }).await;
    }

    /// What can be read on the page.
    pub async fn text(&self) -> String {
        match self.find("//body").await {
            // Gone from under us: the next page is coming.
            Some(body) => body.text().await.unwrap_or_default(),
            None => String::new(),
        }
    }

    pub async fn url(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    /// Path and query of the page.
    pub async fn path(&self) -> String {
        let url = self.url().await;
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// A new tab, and goes there.
    pub async fn new_tab(&self) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.go_to_tab(&tab).await;
        tab
    }

    pub async fn tab(&self) -> WindowHandle {
        self.client.window().await.unwrap()
    }

    pub async fn go_to_tab(&self, tab: &WindowHandle) {
        self.client.switch_to_window(tab.clone()).await.unwrap();
    }

    /// A tab that a link has opened beside this one.
    pub async fn other_tab(&self, here: &WindowHandle) -> WindowHandle {
        let found = || async { self.client.windows().await.ok()?.into_iter().find(|tab| tab != here) };
        self.wait_for("another tab", found).await
    }

    pub async fn close_tab(&self) {
        self.client.close_window().await.unwrap();
    }

    /// What can be read in the first element that this selector finds.
    pub async fn first(&self, selector: &str) -> String {
        let found = || async { self.client.find(Locator::Css(selector)).await.ok()?.text().await.ok() };
        self.wait_for(selector, found).await
    }

    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// The cookies that go with this page, as WebDriver lists them (`name`, `secure`, `httpOnly`, `sameSite`, `path`).
    pub async fn cookies(&self) -> Vec<Value> {
        let cookies = self.command(Method::GET, "cookie", None).await;
        cookies.as_array().cloned().unwrap_or_default()
    }

    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// A command of the browser's own debugging protocol.
    pub(super) async fn debug(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.command(Method::POST, "goog/cdp/execute", Some(body)).await
    }

    pub(super) async fn command(&self, method: Method, path: &'static str, body: Option<Value>) -> Value {
        self.client.issue_cmd(Command { method, path, body }).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// What this path finds and a person sees.
    async fn find(&self, path: &str) -> Option<Element> {
        let element = self.client.find(Locator::XPath(path)).await.ok()?;
        element.is_displayed().await.ok()?.then_some(element)
    }

    /// Asks again until it is there; a test that waits in vain says where the browser stood.
    pub async fn wait_for<T, F: Future<Output = Option<T>>>(&self, what: &str, ask: impl Fn() -> F) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            if Instant::now() > until {
                panic!("{what} does not come; at {} the browser shows:\n{}", self.url().await, self.text().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Text as an XPath literal; none of the pages has both kinds of quotes in one label.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

/// What the library has no method for.
#[derive(Debug)]
struct Command {
    method: Method,
    path: &'static str,
    body: Option<Value>,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.as_ref().map(Value::to_string))
    }
}
