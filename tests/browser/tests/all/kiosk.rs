//! The public counter: a screen and a phone, two browsers that know nothing of each other.

use serde_json::json;

use crate::harness::{Browser, Citizen, Portal, Wish};
use crate::words::VIETNAMESE;

const PAGE: &str = "Đăng nhập bằng điện thoại";

/// A counter, and a citizen with a phone.
struct Counter {
    portal: Portal,
    citizen: Citizen,
    screen: Browser,
    phone: Browser,
}

impl Counter {
    async fn start(scripts: bool) -> Option<Self> {
        let screen = Browser::start(Wish { scripts, ..Wish::default() }).await?;
        let phone = Browser::start(Wish { phone: true, ..Wish::default() }).await?;
        let portal = Portal::start();
        let citizen = Citizen::of(&portal.mock).await;
        Some(Self { portal, citizen, screen, phone })
    }

    async fn open(&self) {
        self.screen.open(&format!("{}/kiosk", self.portal.url)).await;
        self.screen.arrived(PAGE).await;
    }

    /// The code on the screen, once it is there.
    async fn user_code(&self) -> String {
        for _ in 0..300 {
            let code = self.screen.first(".user-code").await;
            if !code.is_empty() {
                return code;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no code on the screen:\n{}", self.screen.text().await)
    }

    /// Opens on the phone what the QR code says, signs in to the app, and stands before its question.
    async fn scan(&self) {
        let code = self.user_code().await;
        self.phone.open(&format!("{}/app/device?user_code={code}", self.portal.mock)).await;
        self.phone.fill("Số định danh cá nhân", &self.citizen.username).await;
        self.phone.fill("Mật khẩu", &self.citizen.password).await;
        self.phone.click("Đăng nhập").await;
        self.phone.arrived("Đăng nhập cho một thiết bị").await;
        self.phone.click("Tiếp tục").await;
        self.phone.sees(&code).await;
    }

    fn greeting(&self) -> String {
        format!("{}{}", VIETNAMESE.hello, self.citizen.full_name)
    }

    async fn confirm(&self) {
        self.scan().await;
        self.phone.click("Xác nhận").await;
        self.screen.arrived(&self.greeting()).await;
        assert_eq!(self.screen.path().await, "/kiosk");
    }

    /// Nobody is logged in, and a new code is shown to the next person.
    async fn is_clean(&self) {
        self.screen.arrived(PAGE).await;
        let is_session = |name: &str| name.starts_with("vneid-session");
        let cookies = self.screen.cookies().await;
        assert!(!cookies.iter().any(|cookie| cookie["name"].as_str().is_some_and(is_session)), "{cookies:?}");
        self.user_code().await;
    }
}

#[tokio::test]
async fn screen_and_phone_and_a_clean_slate() {
    let Some(counter) = Counter::start(true).await else { return };
    counter.open().await;
    counter.user_code().await;
    let drawn = counter.screen.run("return document.getElementById('kiosk-qr').naturalWidth > 0;", vec![]).await;
    assert_eq!(drawn, json!(true), "the QR code is drawn");
    counter.screen.shot("kiosk").await;
    counter.scan().await;
    counter.phone.shot("kiosk-question").await;
    counter.phone.click("Xác nhận").await;
    counter.screen.arrived(&counter.greeting()).await;
    counter.screen.shot("kiosk-session").await;
    counter.screen.click("Nộp hồ sơ trực tuyến").await;
    counter.screen.arrived(VIETNAMESE.dossier.page).await;
    counter.screen.open(&format!("{}/kiosk", counter.portal.url)).await;
    counter.screen.click("Đăng xuất").await;
    counter.is_clean().await;
    counter.screen.back().await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!counter.screen.text().await.contains(&counter.citizen.full_name), "going back shows nobody");
}

#[tokio::test]
async fn declined_on_the_phone_and_a_new_code() {
    let Some(counter) = Counter::start(true).await else { return };
    counter.open().await;
    let first = counter.user_code().await;
    counter.scan().await;
    counter.phone.click("Từ chối").await;
    counter.screen.sees("Không đăng nhập được").await;
    for _ in 0..300 {
        let code = counter.screen.text().await;
        if !code.contains("Không đăng nhập được") && !code.contains(&first) && code.contains("So sánh mã này")
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no new code:\n{}", counter.screen.text().await);
}

#[tokio::test]
async fn a_minute_untouched_is_the_end_on_every_page() {
    let Some(counter) = Counter::start(true).await else { return };
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
    let Some(counter) = Counter::start(false).await else { return };
    counter.open().await;
    counter.screen.click("Hiện mã QR").await;
    counter.screen.arrived("Đăng nhập bằng mã QR").await;
    counter.scan().await;
    counter.phone.click("Xác nhận").await;
    // The page comes again by itself.
    counter.screen.arrived("Đã xác nhận").await;
    counter.screen.click("Tiếp tục").await;
    counter.screen.arrived(&counter.greeting()).await;
    counter.screen.click("Đăng xuất").await;
    counter.screen.arrived(PAGE).await;
}
