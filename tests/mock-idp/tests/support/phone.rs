//! Two screens of one login: the computer's, with the QR code, and the phone's, with the app.

use serde_json::Value;
use vneid_mock_idp::Running;

use super::{Answer, Browser, National, RelyingParty};

/// The computer: a browser on a login page.
pub(crate) struct Screen {
    pub(crate) browser: Browser,
    pub(crate) page: Answer,
}

impl Screen {
    /// The login page of a realm, in a fresh browser.
    pub(crate) async fn of(mock: &Running, realm: &'static str) -> Self {
        Self::within(Browser::new(mock), mock, realm).await
    }

    /// The same, in this browser.
    pub(crate) async fn within(mut browser: Browser, mock: &Running, realm: &'static str) -> Self {
        let page = browser.visit(&url(mock, realm, &[])).await;
        assert!(page.has_form(), "{}", page.body);
        Self { browser, page }
    }

    /// The path of the page.
    pub(crate) fn path(&self) -> String {
        self.page.form_action()
    }

    /// What the page's script is told.
    pub(crate) async fn status(&mut self) -> Answer {
        self.browser.get(&format!("{}/qr", self.path())).await
    }

    /// The same, waited for as the script does.
    pub(crate) async fn told(&mut self, mock: &Running) -> Value {
        mock.control().advance(std::time::Duration::from_secs(1));
        let answer = self.status().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// The link beside the picture.
    pub(crate) fn link(&self) -> String {
        link_in(&self.page.body)
    }

    /// Loads the page again.
    pub(crate) async fn reload(&mut self) {
        self.page = self.browser.get(&self.path()).await;
    }

    /// The page, loaded again.
    pub(crate) async fn reloaded(&mut self) -> String {
        self.reload().await;
        self.page.body.clone()
    }

    /// Presses one of the buttons below the code; redirects are not followed.
    pub(crate) async fn press(&mut self, action: &str) -> Answer {
        self.browser.submit_once(&self.page, &[("action", action)]).await
    }

    /// Goes on with what came of the code, as far as it goes.
    pub(crate) async fn go_on(&mut self) -> Answer {
        self.browser.submit(&self.page, &[("action", "qr")]).await
    }
}

/// The link beside the picture in a page or panel.
pub(crate) fn link_in(html: &str) -> String {
    let (_, rest) =
        html.split_once(r#"<a class="code" id="qr-link" href=""#).unwrap_or_else(|| panic!("no link: {html}"));
    rest.split('"').next().unwrap().to_owned()
}

/// The URL at which a realm's login begins for the client `portal-demo`.
pub(crate) fn url(mock: &Running, realm: &'static str, changes: &[(&str, &str)]) -> String {
    match realm {
        "oidc" => RelyingParty::demo(mock).url(changes),
        realm => National::demo(mock, realm).url(changes),
    }
}

/// The phone: a browser on the app's pages.
pub(crate) struct App {
    pub(crate) browser: Browser,
}

impl App {
    /// Signed in as this citizen.
    pub(crate) async fn of(mock: &Running, citizen: (&str, &str)) -> Self {
        let mut app = Self { browser: Browser::new(mock) };
        let page = app.sign_in("/app", citizen).await;
        assert!(page.body.contains(r#"name="qr""#), "{}", page.body);
        app
    }

    /// Signs in on the page at this path, and follows on.
    pub(crate) async fn sign_in(&mut self, path: &str, (username, password): (&str, &str)) -> Answer {
        let page = self.browser.visit(path).await;
        self.browser.submit(&page, &[("username", username), ("password", password)]).await
    }

    /// Pastes what a code says.
    pub(crate) async fn paste(&mut self, code: &str) -> Answer {
        let answer = self.browser.post("/app/scan", &[("qr", code)]).await;
        self.follow(answer).await
    }

    /// Types a device's code.
    pub(crate) async fn type_in(&mut self, user_code: &str) -> Answer {
        let answer = self.browser.post("/app/device", &[("user_code", user_code)]).await;
        self.follow(answer).await
    }

    /// Presses a button of a question.
    pub(crate) async fn answer(&mut self, question: &Answer, action: &str) -> Answer {
        self.browser.submit(question, &[("action", action)]).await
    }

    async fn follow(&mut self, answer: Answer) -> Answer {
        match answer.location() {
            Some(to) => self.browser.visit(&to).await,
            None => answer,
        }
    }
}
