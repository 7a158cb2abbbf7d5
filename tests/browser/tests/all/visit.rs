//! Somebody with a browser at a portal: the steps that the journeys are made of.

use crate::harness::{Browser, Citizen, Portal};
use crate::words::{VIETNAMESE, Words};

/// A mobile number, plainly invented.
pub const PHONE: &str = "0900000001";

/// A citizen, their browser, and the portal.
pub struct Visit {
    pub portal: Portal,
    pub browser: Browser,
    pub citizen: Citizen,
    pub words: &'static Words,
    /// Whether every page on the way is looked over.
    pub examined: bool,
}

impl Visit {
    pub async fn of(browser: Browser) -> Self {
        Self::speaking(&VIETNAMESE, browser).await
    }

    pub async fn speaking(words: &'static Words, browser: Browser) -> Self {
        Self::at(Portal::start(), words, browser).await
    }

    pub async fn at(portal: Portal, words: &'static Words, browser: Browser) -> Self {
        let citizen = Citizen::of(&portal.mock).await;
        Self { portal, browser, citizen, words, examined: false }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.portal.url)
    }

    /// Waits for the page with this heading, and looks it over.
    pub async fn arrived(&self, heading: &str) {
        self.browser.arrived(heading).await;
        if self.examined {
            self.browser.examine().await;
        }
    }

    /// Home, then a service, which needs a login: at the chooser.
    pub async fn want_service(&self) {
        self.browser.open(&self.portal.url).await;
        self.arrived(self.words.home).await;
        self.browser.click(self.words.dossier.a_service).await;
        self.arrived(self.words.log_in).await;
    }

    /// From the chooser to the provider's login page.
    pub async fn choose_vneid(&self) {
        self.browser.click(self.words.vneid).await;
        self.arrived(self.words.provider.vneid_page).await;
    }

    /// From a page of the portal to the end of VNeID's session, and home.
    pub async fn log_out_at_vneid(&self) {
        self.browser.click(self.words.log_out).await;
        self.arrived(self.words.provider.logged_out).await;
        self.browser.open(&self.url("/")).await;
        self.arrived(self.words.home).await;
    }

    /// At the provider: id and password.
    pub async fn give_password(&self) {
        let provider = &self.words.provider;
        self.browser.fill(provider.username, &self.citizen.username).await;
        self.browser.fill(provider.password, &self.citizen.password).await;
        self.browser.click(self.words.log_in).await;
        self.arrived(provider.code_page).await;
    }

    /// Reads the code in the mock's SMS inbox, in another tab.
    pub async fn read_code(&self) -> String {
        let here = self.browser.tab().await;
        self.browser.new_tab().await;
        self.browser.open(&format!("{}/sms", self.portal.mock)).await;
        self.arrived(self.words.provider.inbox).await;
        let code = self.browser.first("td .code").await;
        self.browser.close_tab().await;
        self.browser.go_to_tab(&here).await;
        code
    }

    pub async fn give_code(&self, code: &str) {
        self.browser.fill(self.words.provider.code, code).await;
        self.browser.click(self.words.provider.confirm).await;
    }

    /// From the chooser to being logged in.
    pub async fn log_in(&self) {
        self.choose_vneid().await;
        self.prove().await;
    }

    /// From the provider's login page to being logged in: password and code.
    pub async fn prove(&self) {
        self.give_password().await;
        let code = self.read_code().await;
        self.give_code(&code).await;
    }

    /// `Xin chào, …`
    pub fn greeting(&self) -> String {
        format!("{}{}", self.words.hello, self.citizen.full_name)
    }
}
