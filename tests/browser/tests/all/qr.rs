//! QR login at the provider's page: two browsers that know nothing of each other, the computer and the phone.

use serde_json::{Value, json};

use crate::harness::{Browser, Citizen, Portal, Wish};
use crate::visit::Visit;
use crate::words::{App, ENGLISH, VIETNAMESE, Words};

/// A citizen at a computer, with their phone.
struct Pair {
    computer: Visit,
    phone: Browser,
}

impl Pair {
    /// Nothing when the machine has no Chromium.
    async fn at(portal: impl Future<Output = Portal>) -> Option<Self> {
        Self::speaking(&VIETNAMESE, portal, |_| true).await
    }

    async fn speaking(
        words: &'static Words,
        portal: impl Future<Output = Portal>,
        who: impl Fn(&Value) -> bool,
    ) -> Option<Self> {
        let wish = Wish { languages: words.language, ..Wish::default() };
        let phone = Browser::start(Wish { phone: true, ..wish.clone() }).await?;
        let computer = Visit::at(portal.await, words, Browser::start(wish).await?).await;
        let citizen = Citizen::who(&computer.portal.mock, who).await;
        Some(Self { computer: Visit { citizen, examined: true, ..computer }, phone })
    }

    fn app(&self) -> &'static App {
        &self.computer.words.app
    }

    /// At the provider's login page, on the way to the dossier.
    async fn at_login(&self, provider: &str, page: &str) {
        let start = format!("/auth/login/{provider}?return_to=/ho-so");
        self.computer.browser.open(&self.computer.url(&start)).await;
        self.computer.arrived(page).await;
    }

    /// The link beside the picture, once the picture says the same: it is renewed every now and then.
    async fn shown(&self) -> String {
        let browser = &self.computer.browser;
        let agreed = || async {
            let link = browser.first("#qr-link").await;
            (browser.decoded("#qr img").await == [link.clone()]).then_some(link)
        };
        browser.wait_for("a picture that says what is written beside it", agreed).await
    }

    /// What is shown once it is no more this.
    async fn shown_after(&self, before: &str) -> String {
        let browser = &self.computer.browser;
        let changed = || async { (browser.first("#qr-link").await != before).then_some(()) };
        browser.wait_for("another code", changed).await;
        self.shown().await
    }

    /// Opens the link on the phone, as its camera would, and signs in to the app.
    async fn scan(&self, link: &str) {
        let (phone, citizen) = (&self.phone, &self.computer.citizen);
        phone.open(link).await;
        self.is_signed_out().await;
        let provider = &self.computer.words.provider;
        phone.fill(provider.username, &citizen.username).await;
        phone.fill(provider.password, &citizen.password).await;
        phone.click(self.app().sign_in).await;
    }

    async fn is_signed_out(&self) {
        self.phone.sees(self.app().signed_out).await;
        self.phone.examine().await;
    }

    /// On the phone, at the page with this heading.
    async fn told(&self, heading: &str) {
        self.phone.arrived(heading).await;
        self.phone.examine().await;
    }

    async fn confirm(&self) {
        self.told(self.app().question).await;
        self.phone.sees("Chrome").await;
        self.phone.sees("127.0.0.1").await;
        self.phone.click(self.computer.words.provider.confirm).await;
        self.told(self.app().confirmed).await;
    }

    /// The computer goes on by itself to what was wanted.
    async fn is_in(&self) {
        let computer = &self.computer;
        computer.arrived(computer.words.dossier.page).await;
        computer.browser.open(&computer.url("/")).await;
        computer.arrived(&computer.greeting()).await;
    }

    async fn is_not_in(&self) {
        self.computer.browser.open(&self.computer.url("/")).await;
        self.computer.arrived(self.computer.words.home).await;
    }
}

async fn with_mock_inside() -> Portal {
    Portal::start()
}

async fn confirmed(portal: impl Future<Output = Portal>, provider: &str, page: &str) {
    let Some(pair) = Pair::at(portal).await else { return };
    pair.at_login(provider, page).await;
    pair.scan(&pair.shown().await).await;
    pair.confirm().await;
    pair.is_in().await;
    pair.phone.click(pair.app().close).await;
    pair.is_signed_out().await;
}

#[tokio::test]
async fn confirmed_at_vneid() {
    confirmed(with_mock_inside(), "vneid", VIETNAMESE.provider.vneid_page).await;
}

#[tokio::test]
async fn confirmed_at_dvcqg() {
    confirmed(with_mock_inside(), "dvcqg", VIETNAMESE.provider.dvcqg_page).await;
}

#[tokio::test]
async fn confirmed_at_a_strict_provider() {
    confirmed(Portal::of_realm("oidc"), "vneid", VIETNAMESE.provider.oidc_page).await;
}

#[tokio::test]
async fn confirmed_at_vneid_sealed() {
    confirmed(Portal::of_realm("vneid-sealed"), "vneid", VIETNAMESE.provider.vneid_page).await;
}

async fn permitted_on_the_way(words: &'static Words) {
    let is_off = |citizen: &Value| citizen["web_login"] == json!(false);
    let Some(pair) = Pair::speaking(words, with_mock_inside(), is_off).await else { return };
    let (computer, phone, app) = (&pair.computer, &pair.phone, pair.app());
    let shot = async |name: &str| phone.shot(&words.picture(name)).await;
    pair.at_login("vneid", words.provider.vneid_page).await;
    pair.scan(&pair.shown().await).await;
    pair.told(app.not_permitted).await;
    phone.sees(app.no_permission).await;
    shot("app-permission").await;
    computer.browser.sees(app.permission_awaited).await;
    computer.browser.examine().await;

    phone.click(app.update).await;
    pair.told(app.switch_page).await;
    phone.toggle(app.switch).await;
    shot("app-switch").await;
    phone.click(words.provider.confirm).await;
    pair.told(app.passcode_page).await;
    phone.fill(app.passcode, &computer.citizen.passcode).await;
    phone.click(words.provider.confirm).await;
    pair.told(app.question).await;
    shot("app-question").await;
    pair.confirm().await;
    pair.is_in().await;
}

#[tokio::test]
async fn the_permission_is_switched_on_on_the_way() {
    permitted_on_the_way(&VIETNAMESE).await;
}

#[tokio::test]
async fn the_permission_is_switched_on_in_english() {
    permitted_on_the_way(&ENGLISH).await;
}

#[tokio::test]
async fn declined_on_the_phone() {
    let Some(pair) = Pair::at(with_mock_inside()).await else { return };
    let browser = &pair.computer.browser;
    pair.at_login("vneid", VIETNAMESE.provider.vneid_page).await;
    pair.scan(&pair.shown().await).await;
    pair.told(pair.app().question).await;
    browser.sees("Đã quét mã. Vui lòng xác nhận trên điện thoại.").await;
    pair.phone.click("Từ chối").await;
    pair.told("Đã từ chối").await;
    browser.sees("Bạn đã từ chối đăng nhập trên điện thoại.").await;
    browser.examine().await;
    browser.click("Quay lại dịch vụ").await;
    browser.sees("Đăng nhập lại").await;
    pair.is_not_in().await;
}

#[tokio::test]
async fn renewed_in_place_and_only_the_last_two_are_good() {
    let Some(pair) = Pair::at(Portal::of_realm("oidc")).await else { return };
    pair.at_login("vneid", VIETNAMESE.provider.oidc_page).await;
    let first = pair.shown().await;
    pair.computer.browser.run("window.same = true;", vec![]).await;
    // Two renewals, and less than the portal's clock may differ from the provider's.
    pair.computer.portal.provider_waits(41).await;
    let last = pair.shown_after(&first).await;
    assert_eq!(
        pair.computer.browser.run("return window.same;", vec![]).await,
        json!(true),
        "the page was not loaded anew"
    );
    pair.scan(&first).await;
    // And no word of why.
    pair.told("Mã không dùng được").await;
    pair.phone.open(&last).await;
    pair.confirm().await;
    pair.is_in().await;
}

#[tokio::test]
async fn at_vneid_it_is_renewed_by_hand() {
    let Some(pair) = Pair::at(with_mock_inside()).await else { return };
    pair.at_login("vneid", VIETNAMESE.provider.vneid_page).await;
    let first = pair.shown().await;
    pair.computer.browser.click("Tải lại").await;
    pair.scan(&pair.shown_after(&first).await).await;
    pair.confirm().await;
    pair.is_in().await;
}

#[tokio::test]
async fn expired_and_another_one() {
    let Some(pair) = Pair::at(Portal::of_realm("vneid")).await else { return };
    let browser = &pair.computer.browser;
    pair.at_login("vneid", VIETNAMESE.provider.vneid_page).await;
    let first = pair.shown().await;
    pair.computer.portal.provider_waits(180).await;
    browser.sees("Mã QR đã hết hạn.").await;
    browser.examine().await;
    pair.scan(&first).await;
    pair.told("Mã không dùng được").await;
    browser.click("Tải lại").await;
    // Pasted, as where no camera is.
    pair.phone.click("Quét mã khác").await;
    pair.told("Ứng dụng VNeID giả lập").await;
    pair.phone.shot("app").await;
    pair.phone.fill("Nội dung mã QR", &pair.shown_after(&first).await).await;
    pair.phone.click("Quét").await;
    // Confirmed in time is a question of the scan.
    pair.told(pair.app().question).await;
    pair.computer.portal.provider_waits(120).await;
    browser.sees("Mã QR đã hết hạn.").await;
    pair.phone.click("Xác nhận").await;
    pair.told("Đã hết hạn").await;
    pair.is_not_in().await;
}
