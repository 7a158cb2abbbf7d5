//! The phones of an account: listed, added, confirmed, removed, and nobody else's.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vneid_auth::audit::What;
use vneid_contract_tests::codes_world::{STATED, said};
use vneid_contract_tests::{Browser, CodesWorld};

#[tokio::test]
async fn phones_are_listed_masked_and_the_first_confirmed_one_is_the_default() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let phones = world.phones(&mut browser).await;
    let id = phones[0]["id"].clone();
    assert_eq!(json!(phones), json!([{ "id": id, "masked": "090****289", "default": true, "verified": false }]));
    let added = world.post(&mut browser, "/auth/phones", json!({ "phone": "+84 900 000 777" })).await;
    assert_eq!(added.status.as_u16(), 201);
    let expected = json!({ "id": added.json()["id"], "masked": "090****777", "default": false, "verified": false });
    assert_eq!(added.json(), expected);
    world.confirm(&mut browser, "0900000777").await;
    let phones = world.phones(&mut browser).await;
    let seen: Vec<_> = phones.iter().map(|phone| (phone["default"] == true, phone["verified"] == true)).collect();
    assert_eq!(seen, [(false, false), (true, true)], "{phones:?}");
    let again = world.post(&mut browser, "/auth/phones", json!({ "phone": "0900000777" })).await;
    assert_eq!((again.status.as_u16(), &again.json()["verified"]), (201, &json!(true)), "added again it stays");
    let body = browser.fetch(&world.url("/auth/phones")).await.body;
    assert!(!body.contains("0900000777") && !body.contains(STATED));
}

#[tokio::test]
async fn what_is_no_mobile_number_is_not_added() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    for phone in [
        json!("0241234567"),
        json!("12"),
        json!(""),
        json!(900_000_289),
        json!(null),
        json!("090000028９"),
        json!("\u{0}"),
    ] {
        let page = world.post(&mut browser, "/auth/phones", json!({ "phone": phone })).await;
        assert_eq!(said(&page), (422, "phone_malformed".into()), "{phone}");
    }
    let page = world.post(&mut browser, "/auth/phones", json!({})).await;
    assert_eq!(said(&page), (422, "phone_malformed".into()));
    for n in 0..9 {
        let page = world.post(&mut browser, "/auth/phones", json!({ "phone": format!("090000020{n}") })).await;
        assert_eq!(page.status.as_u16(), 201, "{n}");
    }
    let page = world.post(&mut browser, "/auth/phones", json!({ "phone": "0900000300" })).await;
    assert_eq!(said(&page), (422, "field_invalid".into()), "ten are enough");
    browser.open(&world.url("/auth/phones")).await;
    browser.submit(&[("phone", "12 <b>")]).await;
    assert_eq!(browser.page().status.as_u16(), 422);
    assert!(browser.page().text().contains("Số điện thoại di động gồm 10 chữ số"), "{}", browser.page().text());
    assert!(browser.page().body.contains("value=\"12 &lt;b&gt;\""), "what was typed stands there, escaped");
}

#[tokio::test]
async fn another_account_s_phone_does_not_exist() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let mut other = world.logged_in("khac").await;
    assert_eq!(world.phones(&mut other).await.len(), 0);
    let theirs = world.phone_id(&mut browser, STATED).await;
    for purpose in ["verify_phone", "step_up"] {
        let page = world.post(&mut other, "/auth/otp", json!({ "purpose": purpose, "phone_id": theirs })).await;
        assert_eq!(said(&page), (404, "phone_not_found".into()));
    }
    let url = world.url(&format!("/auth/phones/{theirs}"));
    let page = other.send_json(Method::DELETE, &url, &json!(null)).await;
    assert_eq!(said(&page), (404, "phone_not_found".into()));
    let page = world.post(&mut other, &format!("/auth/phones/{theirs}/remove"), json!(null)).await;
    assert_eq!(said(&page), (404, "phone_not_found".into()));
    // The same number is another phone there, with a name of its own.
    world.post(&mut other, "/auth/phones", json!({ "phone": STATED })).await;
    assert_ne!(world.phone_id(&mut other, STATED).await, theirs);
    assert_eq!(world.phones(&mut browser).await.len(), 1);
    assert_eq!(said(&Browser::new().fetch(&world.url("/auth/phones")).await), (401, "not_logged_in".into()));
    assert_eq!(
        said(&Browser::new().send_json(Method::DELETE, &url, &json!(null)).await),
        (401, "not_logged_in".into())
    );
}

#[tokio::test]
async fn a_removed_phone_is_gone_and_a_code_on_its_way_is_worth_nothing() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    for purpose in ["step_up", "verify_phone"] {
        world.post(&mut browser, "/auth/phones", json!({ "phone": STATED })).await;
        let id = world.challenge(&mut browser, purpose, STATED).await;
        let phone = world.phone_id(&mut browser, STATED).await;
        let url = world.url(&format!("/auth/phones/{phone}"));
        let page = browser.send_json(Method::DELETE, &url, &json!(null)).await;
        assert_eq!((page.status.as_u16(), page.body.as_str()), (204, ""));
        let page = world.verify(&mut browser, &id, &world.inbox.code(STATED)).await;
        assert_eq!(said(&page), (404, "phone_not_found".into()), "{purpose}");
        assert!(page.headers.get("set-cookie").is_none());
        assert!(world.phones(&mut browser).await.is_empty(), "it does not come back by its code");
        let again = browser.send_json(Method::DELETE, &url, &json!(null)).await;
        assert_eq!(said(&again), (404, "phone_not_found".into()));
    }
    let audit = world.portal.audit.events();
    assert_eq!(audit.iter().filter(|event| event.what == What::PhoneRemoved).count(), 2);
}

#[tokio::test]
async fn a_phone_is_added_only_after_a_recent_proof() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    // Providers say when in whole seconds.
    world.clock.advance(Duration::from_secs(599));
    assert_eq!(world.post(&mut browser, "/auth/phones", json!({ "phone": "0900000701" })).await.status.as_u16(), 201);
    world.clock.advance(Duration::from_secs(1));
    let late = world.post(&mut browser, "/auth/phones", json!({ "phone": "0900000702" })).await;
    assert_eq!(said(&late), (403, "step_up_required".into()), "a stolen session brings no phone of its own");
    // By the page: a code to a phone that is known, then the form is there.
    browser.open(&world.url("/auth/phones")).await;
    assert!(browser.page().link("Xác thực lại").is_some() && !browser.page().body.contains("name=\"phone\""));
    browser.click("Xác thực lại").await;
    browser.press("Gửi mã OTP đến 090****289").await;
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.path(), "/auth/phones");
    browser.submit(&[("phone", "0900000702")]).await;
    assert!(browser.page().text().contains("090****702"), "{}", browser.page().text());
    // Who has no phone that is known to be theirs logs in afresh.
    let mut other = world.logged_in("khac").await;
    world.clock.advance(Duration::from_secs(600));
    let url = world.url("/auth/phones").parse().unwrap();
    let page = other.send(Method::POST, url, Some(vec![("phone".into(), "0900000703".into())]), "same-origin").await;
    assert_eq!((page.status.as_u16(), page.raw_location()), (303, "/auth/login?return_to=/auth/phones&fresh=1"));
}

#[tokio::test]
async fn the_forms_lead_on_to_where_the_portal_s_own_page_wants() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let post = |path: String, fields: Vec<(&str, &str)>| {
        let fields = fields.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect::<Vec<_>>();
        (Method::POST, path.parse::<url::Url>().unwrap(), Some(fields))
    };
    for (return_to, onward) in [("/ho-so", "/ho-so"), ("//evil.example", "/auth/phones"), ("", "/auth/phones")] {
        let (method, url, fields) =
            post(world.url("/auth/phones"), vec![("phone", "0900000777"), ("return_to", return_to)]);
        let page = browser.send(method, url, fields, "same-origin").await;
        assert_eq!((page.status.as_u16(), page.raw_location()), (303, onward));
        let phone = world.phone_id(&mut browser, "0900000777").await;
        let (method, url, fields) =
            post(world.url(&format!("/auth/phones/{phone}/remove")), vec![("return_to", return_to)]);
        let page = browser.send(method, url, fields, "same-origin").await;
        assert_eq!((page.status.as_u16(), page.raw_location()), (303, onward));
    }
    let (method, url, fields) = post(world.url("/auth/phones"), vec![("phone", "0900000777")]);
    let page = browser.send(method, url, fields, "cross-site").await;
    assert_eq!(page.status.as_u16(), 403, "another site's form adds nothing");
}
