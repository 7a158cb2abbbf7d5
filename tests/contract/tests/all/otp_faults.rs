//! When a part fails in the middle of a code: `503`, no try is free, nothing is raised, and it works again afterwards.

use std::time::Duration;

use serde_json::json;
use vneid_auth::sms::SmsFailed;
use vneid_auth::store::Kind;
use vneid_contract_tests::codes_world::{STATED, said, wrong};
use vneid_contract_tests::faulty::Fault;
use vneid_contract_tests::{CodesWorld, Page};

fn unavailable(page: &Page) {
    assert_eq!(said(page), (503, "service_unavailable".into()), "{page:?}");
    assert!(page.headers.contains_key("retry-after") && page.headers.get("set-cookie").is_none());
    assert!(!page.body.contains("xxinternalxx") && !page.body.contains(STATED), "{}", page.body);
}

#[tokio::test]
async fn a_code_that_cannot_be_counted_or_kept_is_not_sent() {
    let world = CodesWorld::start().await;
    for fault in [
        Fault::Find,
        Fault::Count,
        Fault::Insert(Kind::Otp),
        Fault::Insert(Kind::OtpCurrent),
        Fault::Load(Kind::OtpCurrent),
        Fault::Full,
        Fault::Randomness,
    ] {
        let mut browser = world.logged_in("plain").await;
        let phone = world.phone_id(&mut browser, STATED).await;
        world.parts.set(Some(fault));
        let body = json!({ "purpose": "step_up", "phone_id": phone });
        unavailable(&world.post(&mut browser, "/auth/otp", body).await);
        world.parts.set(None);
        assert!(world.inbox.all().is_empty(), "{fault:?}");
        world.clock.advance(Duration::from_secs(1200));
    }
    let mut browser = world.logged_in("plain").await;
    world.challenge(&mut browser, "step_up", STATED).await;
}

#[tokio::test]
async fn a_new_challenge_that_cannot_end_the_old_one_is_not_begun() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let old = world.challenge(&mut browser, "step_up", STATED).await;
    let code = world.inbox.code(STATED);
    for fault in [Fault::Replace(Kind::Otp), Fault::Load(Kind::Otp)] {
        world.parts.set(Some(fault));
        unavailable(&world.ask(&mut browser, "step_up", STATED).await);
        world.parts.set(None);
    }
    assert_eq!(world.inbox.all().len(), 1);
    assert_eq!(world.verify(&mut browser, &old, &code).await.status.as_u16(), 200, "the old one stands");
}

#[tokio::test]
async fn a_try_that_cannot_be_counted_is_not_compared() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "verify_phone", STATED).await;
    let code = world.inbox.code(STATED);
    let faults = [Fault::Load(Kind::Otp), Fault::Replace(Kind::Otp), Fault::Count, Fault::Load(Kind::Session)];
    // Without randomness the try cannot be sealed, so it cannot be kept.
    for fault in faults.into_iter().chain([Fault::Randomness]) {
        world.parts.set(Some(fault));
        for typed in [&code, &wrong(&code)] {
            unavailable(&world.verify(&mut browser, &id, typed).await);
        }
        world.parts.set(None);
        assert_eq!(world.phones(&mut browser).await[0]["verified"], false, "{fault:?}");
    }
    assert_eq!(world.verify(&mut browser, &id, &wrong(&code)).await.json()["attempts_left"], 4);
    assert_eq!(world.verify(&mut browser, &id, &code).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_right_code_whose_effect_fails_is_spent_and_raises_nobody() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    for (purpose, fault) in [
        ("verify_phone", Fault::Save),
        ("step_up", Fault::Insert(Kind::Session)),
        ("step_up", Fault::Full),
        ("step_up", Fault::Take(Kind::Session)),
    ] {
        let id = world.challenge(&mut browser, purpose, STATED).await;
        let code = world.inbox.code(STATED);
        world.parts.set(Some(fault));
        unavailable(&world.verify(&mut browser, &id, &code).await);
        world.parts.set(None);
        assert_eq!(said(&world.verify(&mut browser, &id, &code).await), (410, "otp_expired".into()), "{fault:?}");
        let session = browser.fetch(&world.url("/auth/session")).await;
        assert_eq!(session.status.as_u16(), 200, "{fault:?}: nobody is logged out by it");
        assert!(session.json()["stepped_up_at"].is_null());
        assert_eq!(world.phones(&mut browser).await[0]["verified"], false);
    }
}

#[tokio::test]
async fn a_gateway_that_fails_is_told_apart_for_the_operator_and_costs_the_citizen_a_minute() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    for failed in [SmsFailed::Refused("xxinternalxx".into()), SmsFailed::Down("xxinternalxx".into())] {
        world.inbox.set(Some(failed));
        unavailable(&world.ask(&mut browser, "verify_phone", STATED).await);
    }
    world.inbox.set(None);
    let id = world.challenge(&mut browser, "verify_phone", STATED).await;
    let old = world.inbox.code(STATED);
    world.clock.advance(Duration::from_secs(60));
    world.inbox.set(Some(SmsFailed::Down("xxinternalxx".into())));
    unavailable(&world.post(&mut browser, &format!("/auth/otp/{id}/resend"), json!({})).await);
    world.inbox.set(None);
    assert_eq!(
        said(&world.verify(&mut browser, &id, &old).await).1,
        "otp_incorrect",
        "the old one is dead all the same"
    );
    world.clock.advance(Duration::from_secs(60));
    world.post(&mut browser, &format!("/auth/otp/{id}/resend"), json!({})).await;
    assert_eq!(world.verify(&mut browser, &id, &world.inbox.code(STATED)).await.status.as_u16(), 200);
}
