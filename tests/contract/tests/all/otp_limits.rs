//! How often codes are sent and missed: by account, by phone and by address, over two instances of the portal.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vneid_auth::portal::Policy;
use vneid_contract_tests::codes_world::{STATED, said, wrong};
use vneid_contract_tests::{Browser, CodesWorld, Page};

/// Asks an instance for a code to the stated phone.
async fn ask(world: &CodesWorld, base: &str, browser: &mut Browser, purpose: &str) -> Page {
    let phone = world.phone_id(browser, STATED).await;
    let body = json!({ "purpose": purpose, "phone_id": phone });
    browser.send_json(Method::POST, &format!("{base}/auth/otp"), &body).await
}

#[tokio::test]
async fn a_phone_gets_five_codes_an_hour_from_all_accounts_and_instances_together() {
    let world = CodesWorld::start().await;
    let second = world.another_instance().await;
    let mut one = world.at(&world.logged_in("plain").await, &second);
    let mut two = world.at(&world.logged_in("khac").await, &second);
    let added = world.post(&mut two, "/auth/phones", json!({ "phone": STATED })).await;
    assert_eq!(added.status.as_u16(), 201);
    let bases = [world.portal.base.clone(), second.base.clone()];
    for n in 0..5 {
        let browser = if n % 3 == 0 { &mut two } else { &mut one };
        assert_eq!(ask(&world, &bases[n % 2], browser, "verify_phone").await.status.as_u16(), 201, "{n}");
        world.clock.advance(Duration::from_secs(1));
    }
    for base in &bases {
        for browser in [&mut one, &mut two] {
            let page = ask(&world, base, browser, "verify_phone").await;
            assert_eq!(said(&page), (429, "otp_resend_limit".into()));
            assert_eq!(page.headers["retry-after"], "3595");
        }
    }
    assert_eq!(world.inbox.all().len(), 5);
    world.clock.advance(Duration::from_secs(3595));
    let mut one = world.at(&world.logged_in("plain").await, &second);
    for n in 0..5 {
        assert_eq!(
            ask(&world, &bases[n % 2], &mut one, "verify_phone").await.status.as_u16(),
            201,
            "the next hour {n}"
        );
    }
    world.clock.advance(Duration::from_secs(3600));
    let mut one = world.logged_in("plain").await;
    let page = ask(&world, &bases[0], &mut one, "verify_phone").await;
    assert_eq!(said(&page), (429, "otp_resend_limit".into()), "ten are enough for a day");
    assert!(page.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 16 * 3600);
}

#[tokio::test]
async fn an_account_gets_ten_codes_an_hour_whatever_its_phones() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("khac").await;
    let phones: Vec<String> = (1..=6).map(|n| format!("090000030{n}")).collect();
    for phone in &phones {
        world.post(&mut browser, "/auth/phones", json!({ "phone": phone })).await;
    }
    for n in 0..10 {
        assert_eq!(world.ask(&mut browser, "verify_phone", &phones[n % 5]).await.status.as_u16(), 201, "{n}");
    }
    let page = world.ask(&mut browser, "verify_phone", &phones[5]).await;
    assert_eq!(said(&page), (429, "otp_resend_limit".into()));
    // What the account was refused is not spent at the phone.
    let mut other = world.logged_in("plain").await;
    world.post(&mut other, "/auth/phones", json!({ "phone": phones[5] })).await;
    for n in 0..5 {
        assert_eq!(world.ask(&mut other, "verify_phone", &phones[5]).await.status.as_u16(), 201, "{n}");
    }
}

#[tokio::test]
async fn ten_wrong_codes_lock_the_account_s_codes_for_half_an_hour_at_every_instance() {
    let world = CodesWorld::start().await;
    let second = world.another_instance().await;
    let mut browser = world.at(&world.logged_in("plain").await, &second);
    for round in 0..2 {
        let id = world.challenge(&mut browser, "step_up", STATED).await;
        for n in 1..=5 {
            let base = if n % 2 == 0 { &world.portal.base } else { &second.base };
            let body = json!({ "code": wrong(&world.inbox.code(STATED)) });
            let page = browser.send_json(Method::POST, &format!("{base}/auth/otp/{id}/verify"), &body).await;
            let expected = if n < 5 { "otp_incorrect" } else { "otp_locked" };
            assert_eq!(said(&page).1, expected, "{round} {n}");
            assert_eq!(page.headers.contains_key("retry-after"), (round, n) == (1, 5));
        }
    }
    // Nothing is sent, and nothing is looked at, for any purpose, anywhere; another account is not concerned.
    for base in [&world.portal.base, &second.base] {
        for purpose in ["step_up", "verify_phone"] {
            let page = ask(&world, base, &mut browser, purpose).await;
            assert_eq!(said(&page), (429, "otp_locked".into()));
            assert_eq!(page.headers["retry-after"], "1800");
        }
    }
    let mut other = world.logged_in("khac").await;
    world.confirm(&mut other, "0900000777").await;
    world.clock.advance(Duration::from_millis(1_799_999));
    let mut browser = world.logged_in("plain").await;
    assert_eq!(said(&world.ask(&mut browser, "step_up", STATED).await), (429, "otp_locked".into()));
    world.clock.advance(Duration::from_millis(1));
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    assert_eq!(world.verify(&mut browser, &id, &world.inbox.code(STATED)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_lock_stops_a_challenge_under_way_even_with_the_right_code() {
    let mut policy = Policy::default();
    policy.wrong_codes_an_hour = 3;
    let world = CodesWorld::with(policy).await;
    let mut browser = world.logged_in("plain").await;
    let verify = world.challenge(&mut browser, "verify_phone", STATED).await;
    let right = world.inbox.code(STATED);
    let step_up = world.challenge(&mut browser, "step_up", STATED).await;
    for _ in 0..3 {
        world.verify(&mut browser, &step_up, &wrong(&world.inbox.code(STATED))).await;
    }
    assert_eq!(said(&world.verify(&mut browser, &verify, &right).await), (429, "otp_locked".into()));
    world.clock.advance(Duration::from_secs(60));
    let page = world.post(&mut browser, &format!("/auth/otp/{verify}/resend"), json!({})).await;
    assert_eq!(said(&page), (429, "otp_locked".into()));
}

#[tokio::test]
async fn an_address_has_loose_limits_of_its_own() {
    let mut policy = Policy::default();
    (policy.codes_of_an_address_a_minute, policy.tries_of_an_address_a_minute) = (2, 3);
    let world = CodesWorld::with(policy).await;
    let mut browser = world.logged_in("plain").await;
    world.challenge(&mut browser, "verify_phone", STATED).await;
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    let page = world.ask(&mut browser, "step_up", STATED).await;
    assert_eq!(said(&page), (429, "too_many_requests".into()));
    assert_eq!(page.headers["retry-after"], "60");
    for _ in 0..3 {
        world.verify(&mut browser, &id, &wrong(&world.inbox.code(STATED))).await;
    }
    let code = world.inbox.code(STATED);
    assert_eq!(said(&world.verify(&mut browser, &id, &code).await), (429, "too_many_requests".into()));
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.verify(&mut browser, &id, &code).await.status.as_u16(), 200, "and no try was spent by it");
}
