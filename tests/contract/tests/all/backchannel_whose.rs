//! Back-channel logout: whose sessions end, once, on all instances, and in the middle of a login.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use vneid_auth::provider::Claim;
use vneid_auth::provider::reason::{IdTokenReason, LogoutTokenReason as Reason};
use vneid_auth::store::{Kind, MemoryStore};
use vneid_contract_tests::backchannel::{
    PATH, claims, header, lives, log_in, logged_in, next_citizen, next_session, post, post_fields, refused, sign,
    taken, token, without, without_sub_and_sid,
};
use vneid_contract_tests::evil::{Evil, Part};
use vneid_contract_tests::evil_world::{client, whole_second};
use vneid_contract_tests::faulty::{Fault, Faulty};
use vneid_contract_tests::portal::RunningPortal;
use vneid_contract_tests::{Browser, EvilWorld};

#[tokio::test]
async fn c148_of_several_sessions_the_named_one_ends() {
    let (world, mut first) = logged_in().await;
    let mut second = log_in(&world, "s-2").await;
    taken(&world, &token(&world, "s-1", |_| {})).await;
    assert!(!lives(&world, &mut first).await && lives(&world, &mut second).await);
    // The same session of the provider's in a later login is another one here, and ends by another token.
    let mut again = log_in(&world, "s-1").await;
    assert!(lives(&world, &mut again).await);
    taken(&world, &token(&world, "s-1", |_| {})).await;
    assert!(!lives(&world, &mut again).await && lives(&world, &mut second).await);
}

#[tokio::test]
async fn c154_a_token_counts_once_on_all_instances_and_ends_no_later_login() {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let (config, second) = (client("vneid", evil.issuer()), store.clone());
    let world = EvilWorld::before(evil, clock.clone(), |builder| builder.provider(config).store(store)).await;
    let config = client("vneid", world.evil.issuer());
    let other = RunningPortal::start(clock.clone(), |builder| builder.provider(config).store(second)).await;

    let mut browser = log_in(&world, "s-1").await;
    let by_subject = token(&world, "s-1", without("sid"));
    taken(&world, &by_subject).await;
    assert!(!lives(&world, &mut browser).await);
    let mut later = log_in(&world, "s-1").await;
    refused(&world, "again", &by_subject, Reason::Replayed).await;
    let elsewhere = post_fields(&other.url(PATH), &[("logout_token", &by_subject)]).await;
    assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST, "the other instance knows it too");
    world.clock.advance(Duration::from_secs(120 + 59));
    refused(&world, "as long as it has not expired", &by_subject, Reason::Replayed).await;
    world.clock.advance(Duration::from_secs(2));
    refused(&world, "and then it has", &by_subject, Reason::Claim(IdTokenReason::Expired)).await;
    assert!(lives(&world, &mut later).await);
    // The same id under another provider is another token; here, under another session, it is not.
    let same_id = claims(&world, "s-1");
    taken(&world, &sign(&header(), &same_id)).await;
    let mut other_session = same_id.clone();
    other_session["sid"] = json!("s-2");
    refused(&world, "its id under another session", &sign(&header(), &other_session), Reason::Replayed).await;
}

#[tokio::test]
async fn c154_of_many_at_once_one_counts() {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let config = client("vneid", evil.issuer());
    // All of them have seen that the token is new before any of them has ended anything.
    let store = Arc::new(Faulty::new(clock.clone()).meeting(8));
    let world = EvilWorld::before(evil, clock, |builder| builder.provider(config).store(store)).await;
    let mut browser = log_in(&world, "s-1").await;
    let one = token(&world, "s-1", |_| {});
    let mut posts = JoinSet::new();
    for _ in 0..8 {
        let (url, one) = (world.portal.url(PATH), one.clone());
        posts.spawn(async move { post_fields(&url, &[("logout_token", &one)]).await.status });
    }
    let mut statuses = posts.join_all().await;
    statuses.sort();
    assert_eq!(statuses, [vec![StatusCode::OK], vec![StatusCode::BAD_REQUEST; 7]].concat());
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c154_a_store_that_fails_ends_nothing_by_half() {
    for fault in [
        Fault::Load(Kind::LogoutToken),
        Fault::Tagged,
        Fault::End,
        Fault::Insert(Kind::LogoutToken),
        Fault::Full,
        Fault::Randomness,
        Fault::Count,
    ] {
        let clock = whole_second();
        let evil = Evil::start(&clock).await;
        let config = client("vneid", evil.issuer());
        let faulty = Arc::new(Faulty::new(clock.clone()));
        let parts = faulty.clone();
        let world = EvilWorld::before(evil, clock, |builder| {
            builder.provider(config).store(parts.clone()).limits(parts.clone()).randomness(parts)
        })
        .await;
        let mut browser = log_in(&world, "s-1").await;
        faulty.set(Some(fault));
        let good = token(&world, "s-1", |_| {});
        let page = post(&world, &good).await;
        assert_eq!((page.status.as_u16(), &page.json()["code"]), (503, &json!("service_unavailable")), "{fault:?}");
        assert!(page.headers.contains_key("retry-after") && page.headers["cache-control"] == "no-store", "{fault:?}");
        assert!(!page.body.contains("xxinternalxx"));
        faulty.set(None);
        taken(&world, &good).await;
        assert!(!lives(&world, &mut browser).await, "{fault:?}: the provider's second try ends it");
    }
}

#[tokio::test]
async fn c155_by_subject_by_session_by_neither() {
    let (world, mut first) = logged_in().await;
    let mut second = log_in(&world, "s-2").await;
    next_citizen(&world.evil, "s-3", "citizen-2");
    let mut others = world.accepted("another citizen").await.browser;
    refused(&world, "nobody", &token(&world, "s-1", without_sub_and_sid), Reason::Nobody).await;
    taken(&world, &token(&world, "s-2", without("sub"))).await;
    assert!(lives(&world, &mut first).await && !lives(&world, &mut second).await, "the one of this session");
    let mut third = log_in_as(&world, "s-4", "citizen-1").await;
    taken(&world, &token(&world, "s-1", without("sid"))).await;
    assert!(
        !lives(&world, &mut first).await && !lives(&world, &mut third).await,
        "all of this citizen, the newest too"
    );
    assert!(lives(&world, &mut others).await, "and nobody else's");
    for bad in [json!(""), json!(7), json!(null)] {
        let subject = token(&world, "s-3", |claims| claims["sub"] = bad.clone());
        refused(&world, "sub", &subject, Reason::Claim(IdTokenReason::Subject)).await;
        let sid = token(&world, "s-3", |claims| claims["sid"] = bad.clone());
        refused(&world, "sid", &sid, Reason::SessionId).await;
    }
}

async fn log_in_as(world: &EvilWorld, sid: &'static str, subject: &'static str) -> Browser {
    next_citizen(&world.evil, sid, subject);
    world.accepted(subject).await.browser
}

#[tokio::test]
async fn c155_the_session_of_one_citizen_with_the_subject_of_another() {
    let (world, mut first) = logged_in().await;
    let mut others = log_in_as(&world, "s-2", "citizen-2").await;
    let mixed = token(&world, "s-2", |_| {});
    refused(&world, "citizen-1 in s-2", &mixed, Reason::OtherSubject).await;
    assert!(lives(&world, &mut first).await && lives(&world, &mut others).await);
    // It is not spent: nothing was ended by it.
    refused(&world, "once more", &mixed, Reason::OtherSubject).await;
    taken(&world, &token(&world, "s-2", |claims| claims["sub"] = json!("citizen-2"))).await;
    assert!(lives(&world, &mut first).await && !lives(&world, &mut others).await);
}

#[tokio::test]
async fn c155_a_session_of_another_provider_s_is_not_this_one_s() {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let configs = ["vneid", "dvcqg"].map(|name| client(name, evil.issuer()));
    let world = EvilWorld::before(evil, clock, |builder| configs.into_iter().fold(builder, |b, c| b.provider(c))).await;
    let mut browser = log_in(&world, "s-1").await;
    let token = token(&world, "s-1", |_| {});
    let at = |name: &str| world.portal.url(&format!("/auth/backchannel-logout/{name}"));
    assert_eq!(post_fields(&at("dvcqg"), &[("logout_token", &token)]).await.status, StatusCode::OK);
    assert!(lives(&world, &mut browser).await);
    assert_eq!(post_fields(&at("vneid"), &[("logout_token", &token)]).await.status, StatusCode::OK);
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c155_whoever_the_provider_gave_no_session_is_ended_by_subject() {
    let world = EvilWorld::start().await;
    let mut nameless = world.accepted("without sid").await.browser;
    let mut named = log_in(&world, "s-2").await;
    taken(&world, &token(&world, "s-1", |_| {})).await;
    assert!(!lives(&world, &mut nameless).await, "it may be the session that ended");
    assert!(lives(&world, &mut named).await, "this one is known to be another");
}

#[tokio::test]
async fn c155_sessions_from_before_a_new_secret_end_too() {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let (config, kept) = (client("vneid", evil.issuer()), store.clone());
    let world = EvilWorld::before(evil, clock.clone(), |builder| builder.provider(config).store(kept)).await;
    let mut browser = log_in(&world, "s-1").await;
    let config = client("vneid", world.evil.issuer());
    let renewed = RunningPortal::start(clock, |builder| {
        let new = "YW5vdGhlciBzZWNyZXQsIGZvciB0ZXN0cyBhbG9uZSE=";
        builder
            .secret(new.into())
            .previous_secret(vneid_contract_tests::portal::SECRET.into())
            .provider(config)
            .store(store)
    })
    .await;
    let mixed = token(&world, "s-1", |claims| claims["sub"] = json!("citizen-2"));
    assert_eq!(post_fields(&renewed.url(PATH), &[("logout_token", &mixed)]).await.status, StatusCode::BAD_REQUEST);
    let good = token(&world, "s-1", |_| {});
    assert_eq!(post_fields(&renewed.url(PATH), &[("logout_token", &good)]).await.status, StatusCode::OK);
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c155_the_subject_of_a_token_is_the_id_token_s_whatever_links_the_account() {
    let world = EvilWorld::with(|config| config.claim(Claim::TechId, Some("TechID"))).await;
    world.evil.change(Part::Userinfo, |claims| claims["TechID"] = json!("technical-1"));
    let mut browser = log_in(&world, "s-1").await;
    let session = browser.fetch(&world.portal.url("/auth/session")).await.json();
    assert_eq!(session["subject"], "technical-1");
    let mixed = token(&world, "s-1", |claims| claims["sub"] = json!("technical-1"));
    refused(&world, "the technical id is no sub", &mixed, Reason::OtherSubject).await;
    taken(&world, &token(&world, "s-1", |_| {})).await;
    assert!(!lives(&world, &mut browser).await);
    let mut browser = log_in(&world, "s-1").await;
    taken(&world, &token(&world, "s-1", without("sid"))).await;
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c161_a_login_that_was_ended_meanwhile_does_not_come_to_life() {
    let by: [fn(&EvilWorld) -> String; 3] = [
        |world| token(world, "s-1", |_| {}),
        |world| token(world, "s-1", without("sid")),
        |world| token(world, "s-1", without("sub")),
    ];
    for by in by {
        let world = EvilWorld::start().await;
        next_session(&world.evil, "s-1");
        let (browser, callback) = world.up_to_the_callback().await.ok().unwrap();
        world.clock.advance(Duration::from_secs(1));
        taken(&world, &by(&world)).await;
        let mut late = world.finish(browser, &callback).await;
        let why = "the provider ended this login meanwhile";
        world.check_refusal(&mut late, "late", vneid_auth::error::Code::LoginExpired, why).await;
        world.clock.advance(Duration::from_secs(1));
        world.accepted("a login that began after it").await;
    }
    // A login in progress of somebody else, or in another session, goes on.
    let world = EvilWorld::start().await;
    next_session(&world.evil, "s-2");
    let (browser, callback) = world.up_to_the_callback().await.ok().unwrap();
    world.clock.advance(Duration::from_secs(1));
    taken(&world, &token(&world, "s-1", |_| {})).await;
    assert_eq!(world.finish(browser, &callback).await.page.raw_location(), "/ho-so");
}
