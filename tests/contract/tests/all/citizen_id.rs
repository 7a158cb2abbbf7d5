//! The CCCD number: asked for, skipped, demanded, matched, taken, removed (flows.md, machine 6).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vneid_auth::audit::What;
use vneid_auth::error::Code;
use vneid_auth::identity::Strength;
use vneid_auth::portal::Policy;
use vneid_auth::registry::{Outcome, Purpose, RegistryUnavailable};
use vneid_contract_tests::Browser;
use vneid_contract_tests::accounts_world::{AccountsWorld, card, claim, who};
use vneid_contract_tests::codes_world::said;
use vneid_contract_tests::plain_world::set_cookies;

async fn without_number(world: &AccountsWorld) -> Browser {
    world.arrived("dvcqg", &who("no CCCD")).await
}

async fn status(world: &AccountsWorld, browser: &mut Browser) -> Value {
    world.get(browser, "/auth/citizen-id").await
}

#[tokio::test]
async fn who_has_a_number_goes_straight_on() {
    let world = AccountsWorld::start().await;
    let mut browser = world.arrived("dvcqg", &who("ordinary; three phones")).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
    let expected = json!({ "status": "linked", "strength": "matched", "citizen_id": "********0001" });
    assert_eq!(status(&world, &mut browser).await, expected);
    let page = world.post(&mut browser, "/auth/citizen-id", card(&who("only a VNeID"))).await;
    assert_eq!(said(&page), (409, "citizen_id_linked".into()));
}

#[tokio::test]
async fn who_has_none_is_asked_and_may_skip_until_a_page_demands_it() {
    let world = AccountsWorld::start().await;
    let mut browser = without_number(&world).await;
    assert_eq!(browser.page().url.as_str(), world.url("/auth/citizen-id?return_to=/ho-so"));
    let page = browser.page().text();
    assert!(page.contains("Bỏ qua") && page.contains("Tôi đồng ý"), "{page}");
    assert!(!browser.page().body.contains("checked"), "the consent is not given for them");
    assert_eq!(status(&world, &mut browser).await, json!({ "status": "required" }));
    browser.press("Bỏ qua").await;
    assert_eq!((browser.page().url.path(), browser.page().status.as_u16()), ("/ho-so", 200));
    assert_eq!(status(&world, &mut browser).await, json!({ "status": "skipped" }));
    // A page that cannot do without it asks again, and then there is nothing to skip.
    browser.open(&world.url("/lien-ket")).await;
    assert_eq!(browser.page().url.as_str(), world.url("/auth/citizen-id?return_to=/lien-ket"));
    assert!(!browser.page().text().contains("Bỏ qua"), "{}", browser.page().text());
    assert_eq!(status(&world, &mut browser).await, json!({ "status": "required" }));
    let page = world.post(&mut browser, "/auth/citizen-id/skip", Value::Null).await;
    assert_eq!(said(&page), (403, "citizen_id_required".into()));
    let page = browser.fetch(&world.url("/lien-ket")).await;
    assert_eq!(said(&page), (403, "citizen_id_required".into()), "a script is told");
    // Linked, they go on with what they were doing.
    let citizen = who("only a VNeID");
    let before = browser.cookies("127.0.0.1");
    browser
        .submit(&[
            ("citizen_id", citizen.citizen_id.as_deref().unwrap()),
            ("full_name", &citizen.full_name),
            ("date_of_birth", &citizen.date_of_birth),
            ("consent", "true"),
        ])
        .await;
    assert_eq!((browser.page().url.path(), browser.page().status.as_u16()), ("/lien-ket", 200));
    let session = |cookies: &[(String, String)]| cookies.iter().find(|(name, _)| name.contains("session")).cloned();
    assert_ne!(session(&before), session(&browser.cookies("127.0.0.1")), "the session has a new id");
    let mut old = Browser::new();
    before.iter().for_each(|(name, value)| old.plant("127.0.0.1", name, value));
    assert_eq!(old.fetch(&world.url("/auth/session")).await.status.as_u16(), 401, "and the old one is dead");
    assert!(world.world.portal.audit.events().iter().any(|e| e.what == What::CitizenIdLinked(Strength::Matched)));
}

#[tokio::test]
async fn a_guess_of_the_browser_demands_nothing() {
    let world = AccountsWorld::start().await;
    let mut browser = without_number(&world).await;
    browser.press("Bỏ qua").await;
    let url: url::Url = world.url("/lien-ket").parse().unwrap();
    for (method, purpose) in [(Method::GET, "prefetch"), (Method::GET, "prefetch;prerender"), (Method::HEAD, "")] {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("accept", "text/html".parse().unwrap());
        if !purpose.is_empty() {
            headers.insert("sec-purpose", purpose.parse().unwrap());
        }
        browser.request(method.clone(), url.clone(), headers, None).await;
        assert_eq!(status(&world, &mut browser).await, json!({ "status": "skipped" }), "{method} {purpose}");
    }
}

#[tokio::test]
async fn a_portal_may_forbid_to_skip_or_not_ask_at_all() {
    let mut policy = Policy::default();
    policy.may_skip_citizen_id = false;
    let world = AccountsWorld::with(policy, |portal| portal).await;
    let mut browser = without_number(&world).await;
    assert!(!browser.page().text().contains("Bỏ qua"));
    let page = world.post(&mut browser, "/auth/citizen-id/skip", Value::Null).await;
    assert_eq!(said(&page), (403, "citizen_id_required".into()));
    let mut policy = Policy::default();
    policy.ask_citizen_id = false;
    let world = AccountsWorld::with(policy, |portal| portal).await;
    assert_eq!(without_number(&world).await.page().url.path(), "/ho-so");
}

#[tokio::test]
async fn c121_what_cannot_be_a_number_a_name_or_a_date_is_said_so() {
    let world = AccountsWorld::start().await;
    let mut browser = without_number(&world).await;
    let good = card(&who("only a VNeID"));
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, status, code) in [
        (with("citizen_id", json!("")), 422, "citizen_id_malformed"),
        (with("citizen_id", json!("00180100001")), 422, "citizen_id_malformed"),
        (with("citizen_id", json!("0018010000013")), 422, "citizen_id_malformed"),
        (with("citizen_id", json!("٠٠١٨٠١٠٠٠٠١٣")), 422, "citizen_id_malformed"),
        (with("citizen_id", json!("900000006")), 422, "citizen_id_malformed"),
        (with("citizen_id", json!("00180100001O")), 422, "citizen_id_malformed"),
        (with("consent", json!(false)), 422, "consent_required"),
        (with("consent", Value::Null), 422, "consent_required"),
        (with("consent", json!("no")), 422, "consent_required"),
        (with("full_name", json!("")), 422, "field_invalid"),
        (with("full_name", json!("a\u{0}b")), 422, "field_invalid"),
        (with("full_name", json!("a".repeat(201))), 422, "field_invalid"),
        (with("date_of_birth", json!("")), 422, "field_invalid"),
        (with("date_of_birth", json!("2012-02-30")), 422, "field_invalid"),
        (with("date_of_birth", json!("20121220")), 422, "field_invalid"),
        (with("date_of_birth", json!("0001")), 422, "field_invalid"),
        (with("citizen_id", json!(["001801000013"])), 400, "malformed_request"),
    ] {
        let page = world.post(&mut browser, "/auth/citizen-id", body.clone()).await;
        assert_eq!(said(&page), (status, code.to_owned()), "{body}");
    }
    // None of these was an attempt: the database was not asked.
    assert_eq!(world.post(&mut browser, "/auth/citizen-id", good).await.status.as_u16(), 200);
}

#[tokio::test]
async fn names_are_compared_as_people_write_them_and_accents_count() {
    let world = AccountsWorld::start().await;
    let mut person = who("only a VNeID");
    person.full_name = "Nguyễn Hoà Giả Lập".into();
    world.registry.add(claim(&person).unwrap());
    let mut browser = without_number(&world).await;
    for different in ["Nguyên Hoà Giả Lập", "Nguyen Hoa Gia Lap", "Nguyễn Hoà Giả Lập Hai"] {
        let mut body = card(&person);
        body["full_name"] = json!(different);
        let page = world.post(&mut browser, "/auth/citizen-id", body).await;
        assert_eq!(said(&page), (422, "citizen_not_matched".into()), "{different}");
    }
    // Decomposed, the tone placed the other way, capitals, two spaces, one of them not breaking.
    let mut body = card(&person);
    body["full_name"] = json!("NGUYE\u{302}\u{303}N  HÒA\u{a0}GIẢ LẬP");
    let page = world.post(&mut browser, "/auth/citizen-id", body).await;
    assert_eq!(page.status.as_u16(), 200, "{page:?}");
}

#[tokio::test]
async fn five_attempts_an_hour() {
    let world = AccountsWorld::start().await;
    let mut browser = without_number(&world).await;
    let mut wrong = card(&who("only a VNeID"));
    wrong["date_of_birth"] = json!("2301-02-15");
    for _ in 0..5 {
        let page = world.post(&mut browser, "/auth/citizen-id", wrong.clone()).await;
        assert_eq!(said(&page), (422, "citizen_not_matched".into()));
    }
    for body in [wrong, card(&who("only a VNeID"))] {
        let page = world.post(&mut browser, "/auth/citizen-id", body).await;
        assert_eq!(said(&page), (429, "too_many_attempts".into()));
        assert!(page.headers.contains_key("retry-after"));
    }
    world.world.clock.advance(Duration::from_secs(1700));
    assert_eq!(browser.fetch(&world.url("/ho-so")).await.status.as_u16(), 200);
    world.world.clock.advance(Duration::from_secs(1700));
    assert_eq!(browser.fetch(&world.url("/ho-so")).await.status.as_u16(), 200);
    world.world.clock.advance(Duration::from_secs(201));
    let page = world.post(&mut browser, "/auth/citizen-id", card(&who("only a VNeID"))).await;
    assert_eq!(page.status.as_u16(), 200, "{page:?}");
}

#[tokio::test]
async fn a_number_of_another_account_is_taken_whoever_has_it_first() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; shares");
    world.arrived("dvcqg", &citizen).await;
    let mut browser = without_number(&world).await;
    let page = world.post(&mut browser, "/auth/citizen-id", card(&citizen)).await;
    assert_eq!(said(&page), (409, "citizen_id_taken".into()));
    assert!(world.world.portal.audit.events().iter().any(|e| e.what == What::CitizenIdRefused(Code::CitizenIdTaken)));
    assert_eq!(world.account_in(&mut browser).await.citizen_id, None);
}

#[tokio::test]
async fn the_same_citizen_in_two_tabs_links_once() {
    let world = AccountsWorld::start().await;
    let browser = without_number(&world).await;
    let citizen = who("only a VNeID");
    let tabs = (0..8).map(|_| {
        let mut tab = Browser::new();
        for (name, value) in browser.cookies("127.0.0.1") {
            tab.plant("127.0.0.1", &name, &value);
        }
        let (url, body) = (world.url("/auth/citizen-id"), card(&citizen));
        tokio::spawn(async move { said(&tab.send_json(Method::POST, &url, &body).await) })
    });
    let mut linked = 0;
    for tab in tabs.collect::<Vec<_>>() {
        let (status, code) = tab.await.unwrap();
        match status {
            200 => linked += 1,
            _ => {
                assert!(["citizen_id_linked", "not_logged_in", "too_many_attempts"].contains(&code.as_str()), "{code}")
            }
        }
    }
    assert_eq!(linked, 1, "one tab's session goes on");
}

#[tokio::test]
async fn c122_a_database_that_does_not_answer_loses_nothing() {
    let world = AccountsWorld::start().await;
    world.registry.set_down(Some(RegistryUnavailable::Request));
    let mut browser = without_number(&world).await;
    let page = world.post(&mut browser, "/auth/citizen-id", card(&who("only a VNeID"))).await;
    assert_eq!(said(&page), (503, "registry_unavailable".into()));
    assert!(page.headers.contains_key("retry-after"));
    let event = world.world.portal.audit.events().into_iter().find(|event| event.what == What::LookedUp).unwrap();
    let lookup = event.lookup.unwrap();
    assert_eq!((lookup.outcome, lookup.record.purpose), (Outcome::Unavailable, Purpose::Linking));
    assert_eq!(lookup.record.account, event.account, "who asked is accounted for");
    assert!(!format!("{lookup:?}").contains("001801000013") && lookup.input.len() == 64);
    assert_eq!(set_cookies(&page, "session"), Vec::<String>::new());
    // As a page: what was typed stands there, and the citizen may go on without.
    browser.open(&world.url("/auth/citizen-id?return_to=/ho-so")).await;
    browser
        .submit(&[
            ("citizen_id", "001801000013"),
            ("full_name", "Lý Giả Lập"),
            ("date_of_birth", "2301"),
            ("consent", "true"),
        ])
        .await;
    assert_eq!(browser.page().status.as_u16(), 503);
    assert!(browser.page().body.contains("value=\"001801000013\"") && browser.page().body.contains("Lý Giả Lập"));
    browser.press("Bỏ qua").await;
    assert_eq!((browser.page().url.path(), browser.page().status.as_u16()), ("/ho-so", 200));
}

#[tokio::test]
async fn a_number_is_removed_and_asked_for_again() {
    let world = AccountsWorld::start().await;
    let mut browser = without_number(&world).await;
    let page = world.post(&mut browser, "/auth/citizen-id", card(&who("only a VNeID"))).await;
    assert_eq!(page.json(), json!({ "status": "linked", "strength": "matched", "citizen_id": "********0013" }));
    let page = world.delete(&mut browser, "/auth/citizen-id").await;
    assert_eq!(page.status.as_u16(), 204, "{page:?}");
    assert_eq!(set_cookies(&page, "session").len(), 1);
    assert_eq!(status(&world, &mut browser).await, json!({ "status": "required" }));
    assert!(world.world.portal.audit.events().iter().any(|e| e.what == What::CitizenIdUnlinked));
    assert_eq!(said(&world.delete(&mut browser, "/auth/citizen-id").await), (404, "not_found".into()));
    assert_eq!(browser.fetch(&world.url("/lien-ket")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn what_another_session_removed_opens_no_page() {
    let world = AccountsWorld::start().await;
    let citizen = who("ordinary; three phones");
    let (mut one, mut other) = (world.arrived("vneid", &citizen).await, world.arrived("vneid", &citizen).await);
    assert_eq!(other.fetch(&world.url("/lien-ket")).await.status.as_u16(), 200);
    assert_eq!(world.delete(&mut one, "/auth/citizen-id").await.status.as_u16(), 204);
    let page = other.fetch(&world.url("/lien-ket")).await;
    assert_eq!(said(&page), (403, "citizen_id_required".into()), "whatever the session remembers");
}

#[tokio::test]
async fn an_organisation_has_none() {
    let world = AccountsWorld::start().await;
    let mut browser = world.arrived("dvcqg", &who("an enterprise's account")).await;
    assert_eq!(browser.page().url.path(), "/ho-so", "nobody asks it");
    let page = world.post(&mut browser, "/auth/citizen-id", card(&who("only a VNeID"))).await;
    assert_eq!(said(&page), (403, "not_permitted_for_organisation".into()));
    let page = browser.fetch(&world.url("/lien-ket")).await;
    assert_eq!(said(&page), (403, "not_permitted_for_organisation".into()));
}

#[tokio::test]
async fn nobody_s_number_is_anybody_s_business() {
    let world = AccountsWorld::start().await;
    let mut stranger = Browser::new();
    let page = stranger.fetch(&world.url("/auth/citizen-id")).await;
    assert_eq!(said(&page), (401, "not_logged_in".into()));
    for path in ["/auth/citizen-id", "/auth/citizen-id/skip", "/auth/citizen-id/remove"] {
        let page = world.post(&mut stranger, path, card(&who("only a VNeID"))).await;
        assert_eq!(said(&page), (401, "not_logged_in".into()), "{path}");
    }
    let page = stranger.open(&world.url("/auth/citizen-id")).await;
    assert!(page.url.path().starts_with("/auth/login"), "a person logs in first");
}
