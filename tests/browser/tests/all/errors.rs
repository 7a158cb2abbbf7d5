//! What people see when a login does not come about.

use crate::harness::Browser;
use crate::visit::Visit;

#[tokio::test]
async fn cancelling_at_the_provider_leads_back_to_the_login() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit { examined: true, ..Visit::of(browser).await };
    visit.want_service().await;
    visit.choose_vneid().await;
    visit.browser.click(visit.words.provider.cancel).await;
    visit.browser.sees("Đăng nhập lại").await;
    visit.browser.examine().await;
    assert_eq!(visit.browser.url().await.path(), "/auth/callback/vneid");
    visit.browser.click("Đăng nhập lại").await;
    visit.arrived(visit.words.log_in).await;
    visit.log_in().await;
    // What was wanted is not forgotten over it.
    visit.arrived(visit.words.dossier.page).await;
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_code_can_be_corrected_and_a_used_callback_cannot() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit { examined: true, ..Visit::of(browser).await };
    let (browser, provider) = (&visit.browser, &visit.words.provider);
    visit.want_service().await;
    visit.choose_vneid().await;
    browser.fill(provider.username, &visit.citizen.username).await;
    browser.fill(provider.password, "không phải mật khẩu này").await;
    browser.click(visit.words.log_in).await;
    browser.sees("Số định danh cá nhân hoặc mật khẩu không đúng.").await;
    visit.arrived(provider.vneid_page).await;
    visit.give_password().await;

    let code = visit.read_code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    visit.give_code(wrong).await;
    browser.sees("Mã OTP không đúng. Bạn còn 4 lần thử.").await;
    visit.arrived(provider.code_page).await;
    visit.give_code(&code).await;
    visit.arrived(visit.words.dossier.page).await;

    // The pages of the login that is over say so, at the provider and at the portal, and the session stands.
    browser.back().await;
    visit.arrived("Phiên đăng nhập không còn").await;
    browser.open(&visit.url("/auth/callback/vneid?code=used&state=used")).await;
    browser.sees("Về trang chủ").await;
    browser.examine().await;
    browser.click("Về trang chủ").await;
    visit.arrived(&visit.greeting()).await;
}

#[tokio::test]
async fn an_unknown_page_says_so() {
    let Some(browser) = Browser::vietnamese().await else { return };
    let visit = Visit::of(browser).await;
    for path in ["/nothing", "/auth/nothing", "/auth/login/nobody"] {
        visit.browser.open(&visit.url(path)).await;
        visit.browser.sees("Về trang chủ").await;
        visit.browser.examine().await;
    }
}
