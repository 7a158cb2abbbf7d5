//! The same journey with the keyboard alone.

use crate::harness::Browser;
use crate::visit::{PHONE, Visit};
use crate::words::VIETNAMESE;

#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit::of(browser).await;
    let (browser, words) = (&visit.browser, &VIETNAMESE);
    browser.open(&visit.portal.url).await;
    browser.arrived(words.home).await;

    // The first stop leads past the header.
    browser.tab_to("Đến nội dung chính").await;
    browser.enter().await;
    browser.tab_to(words.log_in).await;
    browser.tab_to(words.wanted).await;
    browser.enter().await;
    browser.arrived(words.log_in).await;
    browser.tab_to(words.vneid).await;
    browser.enter().await;

    browser.arrived(words.provider.vneid_page).await;
    browser.tab_to(words.provider.username).await;
    browser.type_in(&visit.citizen.username).await;
    browser.tab_to(words.provider.password).await;
    assert_eq!(browser.back_tab().await, words.provider.username);
    browser.tab_to(words.provider.password).await;
    browser.type_in(&visit.citizen.password).await;
    browser.enter().await;

    browser.arrived(words.provider.code_page).await;
    let code = visit.read_code().await;
    browser.tab_to(words.provider.code).await;
    browser.type_in(&code).await;
    browser.enter().await;

    browser.arrived(words.dossier.page).await;
    browser.tab_to(words.dossier.service).await;
    browser.down().await;
    browser.tab_to(words.dossier.phone).await;
    browser.type_in(PHONE).await;
    browser.tab_to(words.dossier.content).await;
    browser.type_in("Kính đề nghị xác nhận").await;
    browser.tab_to(words.dossier.send).await;
    browser.enter().await;
    browser.sees(words.dossier.received).await;

    browser.tab_to("Trang chủ").await;
    browser.enter().await;
    browser.arrived(&visit.greeting()).await;
    browser.tab_to(words.log_out).await;
    browser.enter().await;
    browser.arrived(words.provider.logged_out).await;
}
