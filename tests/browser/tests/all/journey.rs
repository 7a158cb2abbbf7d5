//! The journey: wants a service, logs in, is back where they wanted to be, by name, sends a dossier, logs out.

use serde_json::json;

use crate::harness::{Browser, Wish};
use crate::visit::{PHONE, Visit};
use crate::words::{ENGLISH, VIETNAMESE, Words};

#[tokio::test]
async fn by_mouse_in_vietnamese() {
    let Some(browser) = Browser::vietnamese().await else { return };
    whole_journey(browser, &VIETNAMESE).await;
}

#[tokio::test]
async fn by_mouse_in_english() {
    let wish = Wish { languages: "en-GB,en", ..Wish::default() };
    let Some(browser) = Browser::start(wish).await else { return };
    whole_journey(browser, &ENGLISH).await;
}

#[tokio::test]
async fn on_a_phone() {
    let Some(browser) = Browser::start(Wish { phone: true, ..Wish::default() }).await else { return };
    whole_journey(browser, &VIETNAMESE).await;
}

#[tokio::test]
async fn without_scripts() {
    let Some(browser) = Browser::start(Wish { scripts: false, ..Wish::default() }).await else { return };
    browser.open("data:text/html,<h1>off</h1><script>document.querySelector('h1').innerText='on'</script>").await;
    browser.arrived("off").await;
    whole_journey(browser, &VIETNAMESE).await;
}

async fn whole_journey(browser: Browser, words: &'static Words) {
    let visit = Visit { examined: true, ..Visit::speaking(words, browser).await };
    let browser = &visit.browser;
    visit.want_service().await;
    visit.log_in().await;

    visit.arrived(words.dossier.page).await;
    assert_eq!(browser.path().await, "/ho-so?service=xac-nhan-cu-tru");
    let name = browser.field(words.dossier.name).await.prop("value").await.unwrap();
    assert_eq!(name.as_deref(), Some(visit.citizen.full_name.as_str()));

    browser.click(words.dossier.send).await;
    browser.sees(words.dossier.not_sent).await;
    visit.arrived(words.dossier.page).await;
    browser.fill(words.dossier.content, "Kính đề nghị xác nhận.\nXin cảm ơn!").await;
    // VNeID tells no phone.
    browser.fill(words.dossier.phone, PHONE).await;
    browser.click(words.dossier.send).await;
    browser.sees(words.dossier.received).await;
    visit.arrived(words.dossier.page).await;

    browser.open(&visit.url("/tai-khoan")).await;
    visit.arrived(words.account).await;
    browser.sees(&visit.citizen.full_name).await;
    browser.open(&visit.url("/")).await;
    visit.arrived(&visit.greeting()).await;

    let session = session_cookie(browser).await;
    visit.log_out_at_vneid().await;
    assert_eq!(session_cookie(browser).await, None);

    // A copy that somebody kept opens nothing.
    let kept = session.unwrap();
    browser.run("document.cookie = arguments[0]", vec![json!(format!("{}={}; path=/", kept.0, kept.1))]).await;
    browser.open(&visit.url("/tai-khoan")).await;
    visit.arrived(words.log_in).await;
    browser.open(&visit.url("/")).await;
    visit.arrived(words.home).await;

    // Nobody slips into the last person's login at the provider either.
    browser.click(words.log_in).await;
    visit.arrived(words.log_in).await;
    visit.log_in().await;
    visit.arrived(&visit.greeting()).await;
    assert_eq!(browser.path().await, "/");
}

/// Name and value of the session's cookie.
async fn session_cookie(browser: &Browser) -> Option<(String, String)> {
    let cookies = browser.cookies().await;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = cookies.iter().map(|cookie| (text(&cookie["name"]), text(&cookie["value"])));
    all.find(|(name, _)| name.starts_with("vneid-session"))
}
