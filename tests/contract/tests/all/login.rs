//! Logging in, by redirect, as a citizen's browser does it.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use vneid_auth::audit::What;
use vneid_auth::error::Code;
use vneid_auth::time::Clock as _;
use vneid_contract_tests::evil::Part;
use vneid_contract_tests::portal::RunningPortal;
use vneid_contract_tests::world::provider;
use vneid_contract_tests::{Browser, EvilWorld, SimClock, World};
use vneid_mock_idp::MockIdp;

/// The address in the browser's trail that came back to the callback.
fn callback_of(browser: &Browser) -> String {
    let callback = browser.trail.iter().rev().find(|page| page.url.path().starts_with("/auth/callback/"));
    callback.expect("a callback").url.to_string()
}

/// Goes to the provider and back without opening the callback: its address.
async fn up_to_the_callback(world: &World, browser: &mut Browser) -> String {
    world.log_in(browser, &world.citizen()).await;
    callback_of(browser)
}

#[tokio::test]
async fn a_citizen_comes_back_to_the_page_they_wanted_logged_in_by_name() {
    let world = World::start().await;
    let citizen = world.citizen();
    let mut browser = Browser::new();

    browser.open(&world.url("/ho-so?buoc=2")).await;
    assert!(browser.page().url.as_str().starts_with(&world.mock.base_url()), "at the provider's page");
    world.log_in(&mut browser, &citizen).await;

    assert_eq!(browser.page().url.as_str(), world.url("/ho-so?buoc=2"));
    assert!(browser.page().body.contains(&citizen.full_name));
    let session = browser.fetch(&world.url("/auth/session")).await;
    assert_eq!(session.status, StatusCode::OK);
    let json = session.json();
    assert_eq!((&json["provider"], &json["level"], &json["account"]), (&"vneid".into(), &2.into(), &"citizen".into()));
    assert_eq!(json["citizen"]["linked"], true);
    assert!(json["citizen"]["citizen_id"].as_str().unwrap().starts_with("********"));
    assert!(!session.body.contains(citizen.citizen_id.as_deref().unwrap()));
    assert_eq!(world.portal.audit.events().last().map(|event| event.what), Some(What::LoggedIn));
}

#[tokio::test]
async fn with_two_providers_the_citizen_chooses() {
    let world = World::builder().providers(&["vneid", "dvcqg"]).start().await;
    let mut browser = Browser::new();
    browser.open(&world.url("/ho-so")).await;
    assert_eq!(browser.page().url.path(), "/auth/login");
    browser.click("dvcqg").await;
    world.log_in(&mut browser, &world.citizen()).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
    assert_eq!(browser.fetch(&world.url("/auth/session")).await.json()["provider"], "dvcqg");
}

#[tokio::test]
async fn c5_two_tabs_of_a_fresh_browser_both_finish() {
    let world = World::start().await;
    let mut first = Browser::new();
    let one = first.open_once(&world.url("/auth/login/vneid?return_to=/ho-so%3Ftab%3D1")).await.location().unwrap();
    let two = first.open_once(&world.url("/auth/login/vneid?return_to=/ho-so%3Ftab%3D2")).await.location().unwrap();

    first.open(two.as_str()).await;
    world.log_in(&mut first, &world.citizen()).await;
    assert_eq!(first.page().url.as_str(), world.url("/ho-so?tab=2"));
    // The other tab finds the provider's session and comes straight back.
    first.open(one.as_str()).await;
    assert_eq!(first.page().url.as_str(), world.url("/ho-so?tab=1"));
    assert!(first.page().body.contains("Xin chào"));
}

#[tokio::test]
async fn c36_a_replayed_callback_is_refused_and_the_session_lives() {
    let world = World::start().await;
    let mut browser = Browser::new();
    browser.open(&world.url("/ho-so")).await;
    let callback = up_to_the_callback(&world, &mut browser).await;

    let again = browser.open(&callback).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(again.text().contains("đã được dùng"), "{}", again.text());
    browser.open(&world.url("/ho-so")).await;
    assert!(browser.page().body.contains("Xin chào"));
    assert_eq!(world.portal.audit.events().last().map(|event| event.what), Some(What::LoggedIn), "nothing was spent");
}

#[tokio::test]
async fn c34_c35_a_callback_in_another_browser_is_refused_and_spends_nothing() {
    let world = World::start().await;
    let mut thief = Browser::new();
    // With the provider's session, the next login comes straight to the callback, which is stopped on the way.
    let mut owner = world.logged_in(&world.citizen()).await;
    let at_provider = owner.open_once(&world.url("/auth/login/vneid?return_to=/ho-so")).await.location().unwrap();
    let callback = stop_before_callback(&mut owner, at_provider.as_str()).await;

    assert_eq!(thief.open(&callback).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(thief.fetch(&world.url("/auth/session")).await.status, StatusCode::UNAUTHORIZED);
    owner.open(&callback).await;
    assert_eq!(owner.page().url.as_str(), world.url("/ho-so"), "the owner's login was not spent");
}

/// Follows redirects until the next one would open the callback: its address.
async fn stop_before_callback(browser: &mut Browser, from: &str) -> String {
    let mut next = from.to_owned();
    for _ in 0..10 {
        if next.contains("/auth/callback/") {
            return next;
        }
        next = browser.open_once(&next).await.location().expect("still on the way").to_string();
    }
    panic!("no callback on the way");
}

#[tokio::test]
async fn back_from_the_provider_and_forward_again() {
    let world = World::start().await;
    let mut browser = Browser::new();
    browser.open(&world.url("/ho-so")).await;
    let login_page = browser.page().url.to_string();
    // Back to the portal, and on again from there: a new login beside the old one.
    browser.open(&world.url("/ho-so")).await;
    world.log_in(&mut browser, &world.citizen()).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
    // Back to the first login page: the provider says so kindly, or goes on by its session; never a fault.
    let page = browser.open(&login_page).await;
    assert!(page.status.as_u16() < 500, "{page:?}");
}

#[tokio::test]
async fn c37_a_login_that_took_too_long_says_so_and_starts_again() {
    let world = World::start().await;
    let mut browser = Browser::new();
    let at_provider = browser.open_once(&world.url("/auth/login/vneid?return_to=/ho-so")).await.location().unwrap();
    let state = at_provider.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    world.clock.advance(Duration::from_secs(600));
    let late = browser.open(&world.url(&format!("/auth/callback/vneid?code=x&state={state}"))).await.clone();
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    assert!(late.text().contains("hết hạn"), "{}", late.text());
    assert_eq!(world.portal.audit.events().last().map(|e| e.what), Some(What::LoginRefused(Code::LoginExpired)));
    browser.click("Đăng nhập lại").await;
    world.log_in(&mut browser, &world.citizen()).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
}

#[tokio::test]
async fn c170_a_provider_that_is_down_at_start_and_up_later() {
    let clock = SimClock::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let issuer = format!("http://{address}/oidc");
    let portal = RunningPortal::start(clock.clone(), |builder| builder.provider(provider("vneid", &issuer))).await;
    let mut browser = Browser::new();

    let down = browser.open(&portal.url("/ho-so")).await.clone();
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(down.headers.contains_key("retry-after"));
    let api = browser.fetch(&portal.url("/auth/login/vneid")).await;
    assert_eq!(api.json()["code"], "provider_unavailable");

    let mock = MockIdp::builder().listen(address).clock(std::sync::Arc::new(clock.clone())).start().await.unwrap();
    clock.advance(Duration::from_secs(30));
    let world = World { clock, mock, portal };
    browser.open(&world.url("/ho-so")).await;
    world.log_in(&mut browser, &world.citizen()).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
}

#[tokio::test]
async fn c79_keys_rotate_between_two_logins() {
    let world = World::start().await;
    world.logged_in(&world.citizen()).await;
    world.mock.control().rotate_keys().unwrap();
    world.logged_in(&world.citizen()).await;
}

#[tokio::test]
async fn two_portals_on_two_ports_of_one_host_in_one_browser() {
    let world = World::start().await;
    let issuer = world.mock.issuer();
    let other = RunningPortal::start(world.clock.clone(), |builder| builder.provider(provider("vneid", &issuer))).await;
    let mut browser = world.logged_in(&world.citizen()).await;

    browser.open(&other.url("/")).await;
    assert_eq!(browser.page().body, "Chưa đăng nhập");
    browser.open(&other.url("/ho-so")).await;
    assert!(browser.page().body.contains("Xin chào"), "through the provider's session");
    for portal in [&world.portal, &other] {
        assert_eq!(browser.fetch(&portal.url("/auth/session")).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn c6_the_ninth_open_login_drops_the_oldest() {
    let world = World::start().await;
    let mut browser = Browser::new();
    for n in 0..12 {
        browser.open_once(&world.url(&format!("/auth/login/vneid?return_to=/{n}"))).await;
        world.clock.advance(Duration::from_secs(1));
    }
    let open = browser.cookies("127.0.0.1").into_iter().filter(|(name, _)| name.contains("login")).count();
    assert_eq!(open, 8);
}

#[tokio::test]
async fn a_page_that_needs_a_level_or_freshness_sends_there_and_back() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    browser.open(&world.url("/muc-2")).await;
    assert!(browser.page().body.contains("Xin chào"));
    browser.open(&world.url("/nhay-cam")).await;
    assert!(
        browser.page().url.as_str().starts_with(&world.mock.base_url()),
        "the provider asks again: {}",
        browser.page().url
    );
    world.clock.advance(Duration::from_secs(61));
    world.log_in(&mut browser, &world.citizen()).await;
    assert_eq!(browser.page().url.path(), "/nhay-cam");
    assert!(browser.page().body.contains("Xin chào"));
    world.clock.advance(Duration::from_secs(600));
    let stale = browser.fetch(&world.url("/nhay-cam")).await;
    assert_eq!((stale.status, stale.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some("step_up_required")));
}

#[tokio::test]
async fn c107_a_provider_that_repeats_an_old_authentication_gives_no_fresh_login() {
    let world = EvilWorld::start().await;
    let then = world.clock.now().unix_seconds();
    let authenticated = |at: i64| world.evil.change(Part::Claims, move |claims| claims["auth_time"] = json!(at));
    let mut browser = Browser::new();
    authenticated(then);
    browser.open(&world.portal.url("/auth/login/vneid?return_to=/ho-so")).await;
    assert!(browser.page().body.contains("tài khoản"), "{}", browser.page().body);

    // Well within what clocks may differ by.
    world.clock.advance(Duration::from_secs(20));
    let fresh = world.portal.url("/auth/login/vneid?return_to=/nhay-cam&fresh=1");
    assert_eq!(browser.open(&fresh).await.status, StatusCode::BAD_GATEWAY);
    authenticated(then + 20);
    assert_eq!(browser.open(&fresh).await.url.path(), "/nhay-cam");
}

#[tokio::test]
async fn a_level_that_the_provider_has_no_name_for_is_refused_before_the_way_there() {
    let world = World::start().await;
    for level in ["3", "9"] {
        let page = Browser::new().fetch(&world.url(&format!("/auth/login/vneid?level={level}"))).await;
        assert_eq!((page.status, page.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some("level_too_low")));
    }
}

#[tokio::test]
async fn c104_who_has_too_low_a_level_may_log_in_as_somebody_else() {
    let world = World::start().await;
    let low = vneid_mock_idp::seeded().into_iter().find(|citizen| citizen.level == 1).unwrap();
    let mut browser = Browser::new();
    browser.open(&world.url("/ho-so")).await;
    world.log_in(&mut browser, &low).await;
    assert_eq!(browser.page().status, StatusCode::FORBIDDEN);
    assert!(browser.page().text().contains("mức độ 2"));
    // The provider still knows the last person, and is told to ask.
    browser.click("tài khoản khác").await;
    assert!(browser.page().body.contains("name=\"password\""), "{}", browser.page().text());
    world.clock.advance(Duration::from_secs(61));
    world.log_in(&mut browser, &world.citizen()).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
}
