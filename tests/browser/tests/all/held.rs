//! Somebody types a dossier, is logged out meanwhile, sends it, logs in again: it is all there, and is sent once.

use serde_json::json;

use crate::harness::{Browser, Wish};
use crate::visit::{PHONE, Visit};
use crate::words::{ENGLISH, VIETNAMESE, Words};

const TYPED: &str = "Kính đề nghị xác nhận <cư trú> & \"tạm trú\".\nXin cảm ơn!";

#[tokio::test]
async fn a_dossier_outlives_the_session() {
    let Some(browser) = Browser::vietnamese().await else { return };
    interrupted(browser, &VIETNAMESE, "").await;
    let Some(browser) = Browser::start(Wish { languages: ENGLISH.language, ..Wish::default() }).await else { return };
    interrupted(browser, &ENGLISH, "-en").await;
}

#[tokio::test]
async fn on_a_phone() {
    let Some(browser) = Browser::start(Wish { phone: true, ..Wish::default() }).await else { return };
    interrupted(browser, &VIETNAMESE, "").await;
}

#[tokio::test]
async fn without_scripts() {
    let Some(browser) = Browser::start(Wish { scripts: false, ..Wish::default() }).await else { return };
    interrupted(browser, &VIETNAMESE, "").await;
}

async fn interrupted(browser: Browser, words: &'static Words, suffix: &str) {
    let visit = Visit { examined: true, ..Visit::speaking(words, browser).await };
    let browser = &visit.browser;
    visit.want_service().await;
    visit.log_in().await;
    visit.arrived(words.dossier.page).await;
    type_in(&visit).await;
    log_out_elsewhere(&visit).await;

    browser.click(words.dossier.send).await;
    visit.arrived(words.log_in).await;
    visit.log_in().await;
    browser.sees(words.dossier.held).await;
    visit.arrived(words.dossier.page).await;
    assert_eq!(value(&visit, words.dossier.content).await, TYPED);
    assert_eq!(value(&visit, words.dossier.service).await, "xac-nhan-cu-tru");
    assert_eq!(value(&visit, words.dossier.phone).await, PHONE);
    assert!(!browser.text().await.contains("HS-"), "nothing is sent before the click");
    browser.shot(&format!("held{suffix}")).await;

    // The same page in a second tab: one of them sends it.
    let (first, address) = (browser.tab().await, browser.url().await);
    let second = browser.new_tab().await;
    browser.open(address.as_str()).await;
    browser.sees(words.dossier.held).await;
    browser.go_to_tab(&first).await;
    browser.click(words.dossier.send).await;
    browser.sees(words.dossier.received).await;
    browser.go_to_tab(&second).await;
    browser.click(words.dossier.send).await;
    visit.arrived(words.held.sent).await;
    browser.shot(&format!("held-sent{suffix}")).await;
    browser.open(&visit.url("/ho-so")).await;
    visit.arrived(words.dossier.page).await;
    let dossiers = browser.run("return document.querySelectorAll('.list li').length;", vec![]).await;
    assert_eq!(dossiers, json!(1));
    browser.close_tab().await;
    browser.go_to_tab(&first).await;

    // A form that the portal has no page for is shown on the library's.
    browser.open(&visit.url("/ho-so")).await;
    type_in(&visit).await;
    browser.fill(words.dossier.name, "Người Khác").await;
    log_out_elsewhere(&visit).await;
    browser.click(words.dossier.own_details).await;
    visit.arrived(words.log_in).await;
    visit.log_in().await;
    visit.arrived(words.held.page).await;
    let shown = browser.text().await;
    assert!(TYPED.lines().all(|line| shown.contains(line)) && shown.contains("Người Khác"), "{shown}");
    browser.shot(&format!("held-library{suffix}")).await;
    browser.click(words.held.send).await;
    visit.arrived(words.dossier.page).await;
    assert_eq!(value(&visit, words.dossier.content).await, TYPED, "line ends and all");
    assert_eq!(value(&visit, words.dossier.name).await, visit.citizen.full_name);
}

#[tokio::test]
async fn a_dossier_that_is_too_large_to_be_held_is_not_lost_either() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit { examined: true, ..Visit::of(browser).await };
    let (browser, words) = (&visit.browser, visit.words);
    visit.want_service().await;
    visit.log_in().await;
    visit.arrived(words.dossier.page).await;
    type_in(&visit).await;
    browser.run("document.getElementById('content').value = 'ặ'.repeat(40000);", vec![]).await;
    log_out_elsewhere(&visit).await;
    browser.click(words.dossier.send).await;
    visit.arrived("Dữ liệu quá lớn").await;
    browser.shot("held-too-large").await;
    browser.click("Xác thực trong thẻ mới").await;
    let here = browser.tab().await;
    let other = browser.other_tab(&here).await;
    browser.go_to_tab(&other).await;
    visit.arrived(words.log_in).await;
    visit.log_in().await;
    visit.arrived(words.dossier.page).await;
    browser.close_tab().await;
    browser.go_to_tab(&here).await;
    browser.back().await;
    visit.arrived(words.dossier.page).await;
    let left = browser.run("return document.getElementById('content').value.length;", vec![]).await;
    assert_eq!(left, json!(40000), "the browser still has it");
}

async fn type_in(visit: &Visit) {
    let dossier = &visit.words.dossier;
    visit.browser.choose(dossier.service, dossier.a_service).await;
    visit.browser.fill(dossier.phone, PHONE).await;
    visit.browser.fill(dossier.content, TYPED).await;
}

/// The session ends while the form is open, as it does after half an hour.
async fn log_out_elsewhere(visit: &Visit) {
    let here = visit.browser.tab().await;
    visit.browser.new_tab().await;
    visit.browser.open(&visit.url("/")).await;
    visit.log_out_at_vneid().await;
    visit.browser.close_tab().await;
    visit.browser.go_to_tab(&here).await;
}

async fn value(visit: &Visit, label: &str) -> String {
    visit.browser.field(label).await.prop("value").await.unwrap().unwrap_or_default()
}
