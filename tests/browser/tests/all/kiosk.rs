//! The public counter: a screen and a phone, two browsers that know nothing of each other.

use crate::harness::{Browser, Citizen, Portal, Wish};
use crate::words::{ENGLISH, VIETNAMESE, Words};

/// A counter, and a citizen with a phone.
struct Counter {
    portal: Portal,
    citizen: Citizen,
    screen: Browser,
    phone: Browser,
    words: &'static Words,
}

impl Counter {
    async fn start() -> Option<Self> {
        Self::speaking(&VIETNAMESE, true).await
    }

    async fn speaking(words: &'static Words, scripts: bool) -> Option<Self> {
        let wish = Wish { languages: words.language, ..Wish::default() };
        let phone = Browser::start(Wish { phone: true, ..wish.clone() }).await?;
        let screen = Browser::start(Wish { scripts, ..wish }).await?;
        let portal = Portal::start();
        let citizen = Citizen::of(&portal.mock).await;
        Some(Self { portal, citizen, screen, phone, words })
    }

    async fn open(&self) {
        self.screen.open(&format!("{}/kiosk", self.portal.url)).await;
        self.screen.arrived(self.words.counter).await;
    }

    /// The code on the screen, once it is there.
    async fn user_code(&self) -> String {
        let shown = || async { Some(self.screen.first(".user-code").await).filter(|code| !code.is_empty()) };
        self.screen.wait_for("a code on the screen", shown).await
    }

    /// What the QR code says: the address and the code that stand beside it.
    async fn qr_code(&self) -> String {
        let code = self.user_code().await;
        let link = format!("{}?user_code={code}", self.screen.first("#kiosk-address, .code").await);
        let drawn = || async { (self.screen.decoded("img.qr").await == [link.clone()]).then_some(()) };
        self.screen.wait_for(&format!("a QR code that says {link}"), drawn).await;
        link
    }

    /// Opens on the phone what the QR code says, signs in to the app, and stands before its question.
    async fn scan(&self) {
        let (code, phone, app) = (self.user_code().await, &self.phone, &self.words.app);
        phone.open(&self.qr_code().await).await;
        phone.fill(self.words.provider.username, &self.citizen.username).await;
        phone.fill(self.words.provider.password, &self.citizen.password).await;
        phone.click(app.sign_in).await;
        phone.arrived(app.device).await;
        phone.examine().await;
        phone.click(app.go_on).await;
        phone.arrived(app.question).await;
        phone.sees(&code).await;
        phone.examine().await;
    }

    fn greeting(&self) -> String {
        format!("{}{}", self.words.hello, self.citizen.full_name)
    }

    async fn confirm(&self) {
        self.scan().await;
        self.phone.click("Xác nhận").await;
        self.screen.arrived(&self.greeting()).await;
        assert_eq!(self.screen.path().await, "/kiosk");
    }

    /// Nobody is logged in, and a new code is shown to the next person.
    async fn is_clean(&self) {
        self.screen.arrived(self.words.counter).await;
        let is_session = |name: &str| name.starts_with("vneid-session");
        let cookies = self.screen.cookies().await;
        assert!(!cookies.iter().any(|cookie| cookie["name"].as_str().is_some_and(is_session)), "{cookies:?}");
        self.user_code().await;
    }
}

async fn to_a_clean_slate(words: &'static Words) {
    let Some(counter) = Counter::speaking(words, true).await else { return };
    let (screen, phone) = (&counter.screen, &counter.phone);
    counter.open().await;
    counter.qr_code().await;
    screen.examine().await;
    screen.shot(&words.picture("kiosk")).await;
    counter.scan().await;
    phone.shot(&words.picture("kiosk-question")).await;
    phone.click(words.provider.confirm).await;
    screen.arrived(&counter.greeting()).await;
    screen.examine().await;
    screen.shot(&words.picture("kiosk-session")).await;
    screen.click(words.wanted).await;
    screen.arrived(words.dossier.page).await;
    screen.open(&format!("{}/kiosk", counter.portal.url)).await;
    screen.click(words.log_out).await;
    counter.is_clean().await;
    screen.back().await;
    counter.is_clean().await;
    assert!(!screen.text().await.contains(&counter.citizen.full_name), "going back shows nobody");
}

#[tokio::test]
async fn screen_and_phone_and_a_clean_slate() {
    to_a_clean_slate(&VIETNAMESE).await;
}

#[tokio::test]
async fn screen_and_phone_in_english() {
    to_a_clean_slate(&ENGLISH).await;
}

#[tokio::test]
async fn declined_on_the_phone_and_a_new_code() {
    let Some(counter) = Counter::start().await else { return };
    counter.open().await;
    let first = counter.user_code().await;
    counter.scan().await;
    counter.phone.click("Từ chối").await;
    counter.screen.sees("Không đăng nhập được").await;
    let another = || async {
        let text = counter.screen.text().await;
        (text.contains("So sánh mã này") && !text.contains(&first)).then_some(())
    };
    counter.screen.wait_for("a new code", another).await;
    assert_ne!(counter.user_code().await, first);
    counter.qr_code().await;
}

#[tokio::test]
async fn a_minute_untouched_is_the_end_on_every_page() {
    let Some(counter) = Counter::start().await else { return };
    for page in ["/kiosk", "/ho-so"] {
        counter.open().await;
        counter.confirm().await;
        counter.screen.open(&format!("{}{page}", counter.portal.url)).await;
        counter.screen.sees(&counter.citizen.full_name).await;
        // As if 50 seconds had passed: a warning first.
        let clock = "const now = Date.now; window.later = 50; Date.now = () => now() + window.later * 1000;";
        counter.screen.run(clock, vec![]).await;
        counter.screen.sees("Chạm vào màn hình để tiếp tục").await;
        counter.screen.run("window.later = 61;", vec![]).await;
        counter.is_clean().await;
    }
}

#[tokio::test]
async fn without_scripts_by_buttons_alone() {
    let Some(counter) = Counter::speaking(&VIETNAMESE, false).await else { return };
    counter.open().await;
    counter.screen.click("Hiện mã QR").await;
    counter.screen.arrived("Đăng nhập bằng mã QR").await;
    counter.screen.examine().await;
    counter.screen.shot("pairing").await;
    counter.scan().await;
    counter.phone.click("Xác nhận").await;
    // The page comes again by itself.
    counter.screen.arrived("Đã xác nhận").await;
    counter.screen.click("Tiếp tục").await;
    counter.screen.arrived(&counter.greeting()).await;
    counter.screen.click("Đăng xuất").await;
    counter.screen.arrived(counter.words.counter).await;
}
