//! One browser, several tabs.

use crate::harness::{Browser, Portal};
use crate::visit::Visit;

#[tokio::test]
async fn two_tabs_of_one_browser_log_in_beside_each_other() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit::of(browser).await;
    let browser = &visit.browser;
    let first = browser.tab().await;
    browser.open(&visit.url("/ho-so")).await;
    visit.choose_vneid().await;
    let second = browser.new_tab().await;
    browser.open(&visit.url("/tai-khoan")).await;
    visit.choose_vneid().await;

    // The tab that began last ends first; each comes to its own page.
    visit.give_password().await;
    let code = visit.read_code().await;
    visit.give_code(&code).await;
    visit.arrived(visit.words.account).await;
    browser.go_to_tab(&first).await;
    visit.give_password().await;
    let code = visit.read_code().await;
    visit.give_code(&code).await;
    visit.arrived(visit.words.dossier.page).await;

    // Logged out in one tab is logged out in the other.
    browser.open(&visit.url("/")).await;
    visit.log_out_at_vneid().await;
    browser.go_to_tab(&second).await;
    browser.open(&visit.url("/tai-khoan")).await;
    visit.arrived(visit.words.log_in).await;
}

#[tokio::test]
async fn two_portals_on_two_ports_of_one_host_do_not_meet() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit::of(browser).await;
    let other = Portal::start();
    let browser = &visit.browser;
    visit.want_service().await;
    visit.log_in().await;
    visit.arrived(visit.words.dossier.page).await;

    // Cookies know no ports: the other portal is sent them all, and knows nobody.
    browser.open(&format!("{}/tai-khoan", other.url)).await;
    visit.arrived(visit.words.log_in).await;
    browser.open(&visit.url("/")).await;
    visit.arrived(&visit.greeting()).await;
}
