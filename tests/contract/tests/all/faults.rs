//! When a part of the portal fails: `503`, nobody is logged in or out by it, and it works again afterwards.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use vneid_auth::portal::Sessions;
use vneid_auth::store::Kind;
use vneid_contract_tests::faulty::{Fault, Faulty};
use vneid_contract_tests::plain::Plain;
use vneid_contract_tests::plain_world::set_cookies;
use vneid_contract_tests::portal::RunningPortal;
use vneid_contract_tests::{Browser, Page, PlainWorld, SimClock};

/// A world on parts that can fail.
async fn world() -> (PlainWorld, Arc<Faulty>) {
    let clock = SimClock::default();
    let faulty = Arc::new(Faulty::new(clock.clone()));
    let provider = Plain::start(clock.clone()).await;
    let (config, parts) = (provider.config("plain"), faulty.clone());
    let portal = RunningPortal::start(clock.clone(), |builder| {
        let builder = builder.store(parts.clone()).limits(parts.clone()).accounts(parts.clone());
        builder.randomness(parts).provider(config)
    })
    .await;
    (PlainWorld { clock, provider, portal }, faulty)
}

fn unavailable(page: &Page) {
    assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (503, Some("service_unavailable")), "{page:?}");
    assert!(page.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(page.headers.get("location").is_none() && set_cookies(page, "session").is_empty());
    assert!(!page.body.contains("xxinternalxx"), "what failed is for the operator alone: {}", page.body);
}

#[tokio::test]
async fn a_login_that_cannot_be_kept_or_counted_does_not_start() {
    let (world, faulty) = world().await;
    for fault in [Fault::Insert(Kind::Login), Fault::Full, Fault::Count, Fault::Randomness] {
        let mut browser = Browser::new();
        faulty.set(Some(fault));
        let page = browser.fetch(&world.url("/auth/login/plain")).await;
        unavailable(&page);
        assert!(page.headers.get("set-cookie").is_none(), "{fault:?}");
        faulty.set(None);
        world.log_in(&mut browser).await;
    }
}

#[tokio::test]
async fn a_callback_while_the_store_is_down_spends_nothing() {
    let (world, faulty) = world().await;
    let mut browser = Browser::new();
    let request = world.begin(&mut browser).await;
    let callback = world.provider.answer(&request);
    faulty.set(Some(Fault::Take(Kind::Login)));
    unavailable(&browser.fetch(callback.as_str()).await);
    assert!(world.provider.exchanges().is_empty());
    faulty.set(None);
    let page = browser.open_once(callback.as_str()).await;
    assert_eq!((page.status.as_u16(), page.raw_location()), (303, "/ho-so"), "the same callback counts when it is up");
    assert!(world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_login_whose_account_or_session_cannot_be_kept_logs_nobody_in() {
    let (world, faulty) = world().await;
    for fault in [Fault::Save, Fault::Find, Fault::Insert(Kind::Session), Fault::Full, Fault::Randomness] {
        let mut browser = Browser::new();
        let request = world.begin(&mut browser).await;
        let callback = world.provider.answer(&request);
        faulty.set(Some(fault));
        let page = browser.fetch(callback.as_str()).await;
        unavailable(&page);
        faulty.set(None);
        assert!(!world.is_logged_in(&mut browser).await, "{fault:?}");
        let again = browser.fetch(callback.as_str()).await;
        assert_eq!(again.json()["code"], "state_mismatch", "the code was exchanged, so the login is spent");
        world.log_in(&mut browser).await;
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_neither_there_nor_gone() {
    let (world, faulty) = world().await;
    let mut browser = world.logged_in().await;
    world.clock.advance(Duration::from_secs(120));
    for fault in [Fault::Load(Kind::Session), Fault::Replace(Kind::Session)] {
        faulty.set(Some(fault));
        for path in ["/ho-so", "/", "/muc-2"] {
            for accept in ["application/json", "text/html"] {
                let page = world.send(&mut browser, Method::GET, path, &[("accept", accept)]).await;
                assert_eq!(page.status.as_u16(), 503, "{fault:?} {path}: not a login page, and not somebody's name");
                assert!(page.headers.contains_key("retry-after") && !page.body.contains("Xin chào"));
                assert!(page.headers.get("set-cookie").is_none(), "the cookie is kept");
            }
        }
        faulty.set(None);
    }
    faulty.set(Some(Fault::Load(Kind::Session)));
    unavailable(&browser.fetch(&world.url("/auth/session")).await);
    faulty.set(None);
    assert!(world.is_logged_in(&mut browser).await, "it works again");
}

#[tokio::test]
async fn a_logout_that_cannot_end_the_session_says_so_and_can_be_repeated() {
    let (world, faulty) = world().await;
    let mut browser = world.logged_in().await;
    for fault in [Fault::Take(Kind::Session), Fault::Randomness] {
        faulty.set(Some(fault));
        let page = world.send(&mut browser, Method::POST, "/auth/logout", &[]).await;
        assert_eq!(page.status.as_u16(), 503);
        faulty.set(None);
        assert!(
            world.is_logged_in(&mut browser).await,
            "{fault:?}: nobody is told that they are logged out while they are not"
        );
    }
    let page = world.send(&mut browser, Method::POST, "/auth/logout", &[]).await;
    assert!(page.raw_location().starts_with(&world.provider.issuer));
    assert!(!world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_logout_after_closing_time_ends_the_provider_s_session_too() {
    let world = PlainWorld::start().await;
    let closes = vneid_auth::time::Clock::now(&world.clock).plus(Duration::from_secs(60));
    let config = world.provider.config("plain").closes_at(Some(closes));
    let portal = RunningPortal::start(world.clock.clone(), |builder| builder.provider(config)).await;
    let world = PlainWorld { portal, ..world };
    let mut browser = world.logged_in().await;
    world.clock.advance(Duration::from_secs(60));
    let page = world.send(&mut browser, Method::POST, "/auth/logout", &[]).await;
    assert!(page.raw_location().starts_with(&world.provider.issuer), "{page:?}");
    assert!(!world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_logout_that_cannot_remember_its_way_still_ends_the_provider_s_session() {
    let (world, faulty) = world().await;
    for fault in [Fault::Insert(Kind::Logout), Fault::Full] {
        let mut browser = world.logged_in().await;
        faulty.set(Some(fault));
        let page = world.send(&mut browser, Method::POST, "/auth/logout", &[]).await;
        faulty.set(None);
        assert!(!world.is_logged_in(&mut browser).await, "local first");
        // Otherwise the next person at this computer is let in by the provider without a password.
        assert!(page.raw_location().starts_with(&format!("{}/end?", world.provider.issuer)), "{page:?}");
        let state = vneid_contract_tests::plain::parameter(&page.location().unwrap(), "state").unwrap();
        let back = browser.open_once(&world.url(&format!("/auth/logged-out?state={state}"))).await;
        assert_eq!((back.status.as_u16(), back.raw_location()), (303, "/"));
    }
}

#[tokio::test]
async fn ending_sessions_by_name_fails_loudly() {
    let (world, faulty) = world().await;
    let mut browser = world.logged_in().await;
    let whose = Sessions::Subject { provider: "plain", subject: "plain-1" };
    faulty.set(Some(Fault::End));
    assert!(world.portal.portal.end_sessions(whose).await.is_err());
    faulty.set(None);
    assert!(world.is_logged_in(&mut browser).await);
    assert_eq!(world.portal.portal.end_sessions(whose).await.unwrap(), 1);
    assert!(!world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_fresh_login_is_fresh_for_ten_minutes_to_the_millisecond() {
    let (world, _) = world().await;
    let mut browser = Browser::new();
    let request =
        browser.open_once(&world.url("/auth/login/plain?fresh=1&return_to=/nhay-cam")).await.location().unwrap();
    browser.open(world.provider.answer(&request).as_str()).await;
    assert!(browser.page().body.contains("Xin chào"), "{:?}", browser.page());
    world.clock.advance(Duration::from_millis(599_999));
    assert_eq!(browser.fetch(&world.url("/nhay-cam")).await.status.as_u16(), 200);
    world.clock.advance(Duration::from_millis(1));
    let stale = browser.fetch(&world.url("/nhay-cam")).await;
    assert_eq!((stale.status.as_u16(), stale.json()["code"].as_str()), (403, Some("step_up_required")));
}
