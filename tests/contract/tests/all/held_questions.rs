//! A form that is interrupted by more than a login: the question for the CCCD number, the choice of an account.

use reqwest::Method;
use serde_json::{Value, json};
use vneid_contract_tests::Browser;
use vneid_contract_tests::accounts_world::{AccountsWorld, who};
use vneid_contract_tests::codes_world::said;
use vneid_contract_tests::held_world::{TYPED, encoded, held_at};

/// Sends the usual form: where it is held.
async fn interrupted(world: &AccountsWorld, browser: &mut Browser, path: &str) -> String {
    let fields = TYPED.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let page = browser.send(Method::POST, world.url(path).parse().unwrap(), Some(fields), "same-origin").await;
    held_at(&page).unwrap_or_else(|| panic!("not held: {page:?}"))
}

/// Logs in, wanting to go there.
async fn log_in_for(world: &AccountsWorld, browser: &mut Browser, provider: &str, note: &str, back: &str) {
    browser.open(&world.url(&format!("/auth/login/{provider}?return_to={back}"))).await;
    world.world.log_in(browser, &who(note)).await;
}

async fn link(browser: &mut Browser) {
    let card = who("only a VNeID");
    let fields = [
        ("citizen_id", card.citizen_id.as_deref().unwrap()),
        ("full_name", card.full_name.as_str()),
        ("date_of_birth", card.date_of_birth.as_str()),
        ("consent", "true"),
    ];
    browser.submit(&fields).await;
}

#[tokio::test]
async fn by_a_login_then_by_the_number_that_was_skipped() {
    let world = AccountsWorld::start().await;
    let mut browser = Browser::new();
    let held = interrupted(&world, &mut browser, "/don-lien-ket").await;
    log_in_for(&world, &mut browser, "dvcqg", "no CCCD", &held).await;
    assert_eq!(browser.page().url.as_str(), world.url(&format!("/auth/citizen-id?return_to={held}")));
    // They skip it; the form cannot do without it, so they are asked again, and then cannot skip.
    browser.press("Bỏ qua").await;
    assert_eq!(browser.page().url.as_str(), world.url(&format!("/auth/citizen-id?return_to={held}")));
    assert!(!browser.page().text().contains("Bỏ qua"), "{}", browser.page().text());
    assert_eq!(said(&browser.fetch(&world.url(&held)).await), (403, "citizen_id_required".into()));
    assert!(!browser.trail.iter().any(|page| page.body.contains("Gõ Dở")), "nothing is shown before it can be sent");
    link(&mut browser).await;
    assert_eq!(browser.page().url.path(), held);
    browser.press("Gửi tiếp").await;
    let taken = world.world.portal.desk.taken();
    assert_eq!((taken.len(), taken[0].body.as_str()), (1, encoded(&TYPED).as_str()));
}

#[tokio::test]
async fn by_the_number_while_they_are_logged_in() {
    let world = AccountsWorld::start().await;
    let mut browser = world.arrived("dvcqg", &who("no CCCD")).await;
    browser.press("Bỏ qua").await;
    let held = interrupted(&world, &mut browser, "/don-lien-ket").await;
    browser.open(&world.url(&format!("/auth/citizen-id?return_to={held}"))).await;
    link(&mut browser).await;
    assert_eq!(browser.page().url.path(), held, "the session has a new id, and the form is the account's all the same");
    browser.press("Gửi tiếp").await;
    assert_eq!(world.world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn by_the_choice_of_an_account() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    let account = world.from_before("nguoi.cu", "Mat-khau-cu-1", &citizen).await;
    let mut browser = Browser::new();
    let held = interrupted(&world, &mut browser, "/don").await;
    log_in_for(&world, &mut browser, "dvcqg", "ordinary; three phones", &held).await;
    assert_eq!(browser.page().url.path(), "/auth/account", "{}", browser.page().text());
    assert_eq!(said(&browser.fetch(&world.url(&held)).await), (401, "not_logged_in".into()), "nobody is logged in yet");
    let proof = json!({ "username": "nguoi.cu", "password": "Mat-khau-cu-1" });
    let page = world.post(&mut browser, "/auth/account/link", proof).await;
    assert_eq!(page.status.as_u16(), 200, "{page:?}");
    browser.open(&world.url(&held)).await;
    browser.press("Gửi tiếp").await;
    let taken = world.world.portal.desk.taken();
    assert_eq!((taken.len(), taken[0].account.as_str()), (1, account.as_str()));
    assert_eq!(world.get(&mut browser, &held).await["code"], Value::from("held_form_sent"));
}
