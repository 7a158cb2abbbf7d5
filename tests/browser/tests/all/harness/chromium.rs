//! Chromium and chromedriver: found, started with nothing of the developer's own, and ended with the test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::process::Process;
use super::scratch::Scratch;

/// What kind of browser is wanted.
#[derive(Clone)]
pub struct Wish {
    /// `Accept-Language`, most preferred first.
    pub languages: &'static str,
    /// A phone with a touch screen instead of a desktop.
    pub phone: bool,
    /// Whether scripts run.
    pub scripts: bool,
    /// Base64 of the SHA-256 of public keys (SPKI) that are trusted beside the system's authorities.
    pub trusted_keys: Vec<String>,
}

impl Default for Wish {
    fn default() -> Self {
        Self { languages: "vi", phone: false, scripts: true, trusted_keys: vec![] }
    }
}

/// The size of a desktop's window and of a phone's screen.
pub const DESKTOP: (u32, u32) = (1280, 900);
pub const PHONE: (u32, u32) = (390, 844);
/// A phone's pixels for each of CSS, in halves.
pub const PHONE_HALVES: u32 = 3;

/// A browser's programs, until this is dropped.
pub struct Chromium {
    driver: String,
    session: String,
    // In this order: the driver ends before its profile's directory goes.
    _process: Process,
    _profile: Scratch,
}

impl Chromium {
    /// Nothing when the machine has none; with `REQUIRE_SERVICES=1` that is a failure.
    pub async fn start(wish: &Wish) -> Option<(Self, Client)> {
        let found = found("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])
            .and_then(|browser| Some((browser, found("CHROMEDRIVER", &["chromedriver"])?)));
        let Some((browser, driver)) = found else {
            assert!(std::env::var("REQUIRE_SERVICES").as_deref() != Ok("1"), "chromium or chromedriver is missing");
            // Written past the test runner, which would show it for a failing test only.
            let _ = std::io::stderr().write_all(b"skipped: no chromium\n");
            return None;
        };
        let profile = Scratch::new();
        let (process, driver) = start_driver(&driver);
        let capabilities = capabilities(wish, &browser, profile.path());
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().cloned().unwrap())
            .connect(&format!("http://{driver}"))
            .await
            .expect("chromium starts");
        let session = client.session_id().await.unwrap().unwrap();
        Some((Self { driver, session, _process: process, _profile: profile }, client))
    }
}

impl Drop for Chromium {
    /// Asks the driver to close the browser, which would outlive it: without a runtime, since a test may be panicking.
    fn drop(&mut self) {
        let Ok(mut stream) = TcpStream::connect(&self.driver) else { return };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let (driver, session) = (&self.driver, &self.session);
        let request = format!("DELETE /session/{session} HTTP/1.1\r\nHost: {driver}\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read(&mut [0; 64]);
    }
}

/// The driver takes the same free port in two address families, and gives up when the second is taken.
fn start_driver(program: &Path) -> (Process, String) {
    let mut problem = String::new();
    for _ in 0..5 {
        let mut process = Process::start("chromedriver", Command::new(program).arg("--port=0"));
        match process.announced("started successfully on port") {
            Ok(port) => return (process, format!("127.0.0.1:{}", port.trim_end_matches('.'))),
            Err(said) => problem = said,
        }
    }
    panic!("{problem}");
}

fn capabilities(wish: &Wish, browser: &Path, profile: &Path) -> Value {
    let (width, height) = DESKTOP;
    let mut arguments: Vec<String> = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--window-size={width},{height}"));
    arguments.push(format!("--lang={}", wish.languages.split(',').next().unwrap_or("vi")));
    arguments.push(format!("--user-data-dir={}", profile.display()));
    if !wish.trusted_keys.is_empty() {
        arguments.push(format!("--ignore-certificate-errors-spki-list={}", wish.trusted_keys.join(",")));
    }
    let mut preferences = json!({"intl.accept_languages": wish.languages});
    if !wish.scripts {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let mut options = json!({"binary": browser, "args": arguments, "prefs": preferences});
    if wish.phone {
        let (width, height) = PHONE;
        let ratio = f64::from(PHONE_HALVES) / 2.0;
        let metrics = json!({"width": width, "height": height, "pixelRatio": ratio, "touch": true, "mobile": true});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    json!({"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}})
}

/// A program by its variable, or by the first of its names that is in the search path.
fn found(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let places = || std::env::split_paths(&path);
    names.iter().find_map(|name| places().map(|place| place.join(name)).find(|file| file.is_file()))
}
