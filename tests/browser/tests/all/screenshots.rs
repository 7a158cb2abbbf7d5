//! The pictures in `docs/screenshots`, taken anew at every run and written only when `SCREENSHOTS` says where.

use crate::harness::{Browser, Wish};
use crate::visit::{PHONE, Visit};
use crate::words::{ENGLISH, VIETNAMESE, Words};

#[tokio::test]
async fn screenshots_of_a_desktop() {
    let Some(browser) = Browser::vietnamese().await else { return };
    album(browser, &VIETNAMESE).await;
    let Some(browser) = Browser::start(Wish { languages: ENGLISH.language, ..Wish::default() }).await else { return };
    album(browser, &ENGLISH).await;
}

#[tokio::test]
async fn screenshots_of_a_phone() {
    let Some(browser) = Browser::start(Wish { phone: true, ..Wish::default() }).await else { return };
    album(browser, &VIETNAMESE).await;
}

async fn album(browser: Browser, words: &'static Words) {
    let visit = Visit::speaking(words, browser).await;
    let shot = async |name: &str| visit.browser.shot(&words.picture(name)).await;
    visit.browser.open(&visit.portal.url).await;
    visit.arrived(words.home).await;
    shot("home").await;
    visit.want_service().await;
    shot("chooser").await;
    visit.browser.click(words.dvcqg).await;
    visit.arrived(words.provider.dvcqg_page).await;
    shot("provider-dvcqg").await;
    visit.want_service().await;
    visit.choose_vneid().await;
    shot("provider-login").await;
    visit.give_password().await;
    shot("provider-otp").await;
    let code = visit.read_code().await;
    visit.give_code(&code).await;
    visit.arrived(words.dossier.page).await;
    visit.browser.choose(words.dossier.service, words.dossier.a_service).await;
    visit.browser.fill(words.dossier.content, "Kính đề nghị xác nhận thông tin về cư trú để nộp hồ sơ nhập học.").await;
    visit.browser.fill(words.dossier.phone, PHONE).await;
    visit.browser.click(words.dossier.send).await;
    visit.browser.sees(words.dossier.received).await;
    shot("dossier").await;
    visit.browser.open(&visit.url("/tai-khoan")).await;
    visit.arrived(words.account).await;
    shot("account").await;
    visit.browser.open(&visit.url("/")).await;
    visit.arrived(&visit.greeting()).await;
    shot("logged-in").await;

    visit.browser.open(&visit.url("/auth/login/vneid?return_to=/ho-so&fresh=1")).await;
    visit.arrived(words.provider.vneid_page).await;
    visit.browser.click(words.provider.cancel).await;
    visit.browser.sees(if words.language == "en" { "Log in again" } else { "Đăng nhập lại" }).await;
    shot("error").await;
}
