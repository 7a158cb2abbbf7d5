//! Sessions: new at every login, dead at their end, never adopted.

use std::time::Duration;

use reqwest::StatusCode;
use vneid_auth::portal::Sessions;
use vneid_contract_tests::{Browser, World};

fn session_cookie(browser: &Browser) -> (String, String) {
    browser.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("session")).expect("a session cookie")
}

#[tokio::test]
async fn c123_c124_a_login_gives_a_new_session_and_kills_the_old_one() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    let mut thief = browser.clone();
    let (name, old) = session_cookie(&browser);

    browser.open(&world.url("/auth/login/vneid?return_to=/ho-so")).await;
    let (_, new) = session_cookie(&browser);
    assert_ne!(old, new);
    assert_eq!(thief.fetch(&world.url("/auth/session")).await.status, StatusCode::UNAUTHORIZED);

    // A planted id is never adopted, before or after a login.
    let mut victim = Browser::new();
    let planted = "A".repeat(43);
    victim.plant("127.0.0.1", &name, &planted);
    victim.open(&world.url("/ho-so")).await;
    world.log_in(&mut victim, &world.citizen()).await;
    assert_ne!(session_cookie(&victim).1, planted);
    thief.plant("127.0.0.1", &name, &planted);
    assert_eq!(thief.fetch(&world.url("/auth/session")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn c130_idle_and_absolute_ends_are_the_server_s() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    let asked = |browser: &mut Browser| {
        let (mut browser, url) = (browser.clone(), world.url("/auth/session"));
        async move { browser.fetch(&url).await.status }
    };
    world.clock.advance(Duration::from_secs(1799));
    assert_eq!(asked(&mut browser).await, StatusCode::OK);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(asked(&mut browser).await, StatusCode::UNAUTHORIZED, "asking did not prolong it");

    let mut browser = world.logged_in(&world.citizen()).await;
    for _ in 0..19 {
        world.clock.advance(Duration::from_secs(1500));
        browser.open(&world.url("/")).await;
        assert!(browser.page().body.contains("Xin chào"), "use prolongs it");
    }
    world.clock.advance(Duration::from_secs(8 * 3600 - 19 * 1500));
    browser.open(&world.url("/")).await;
    assert_eq!(browser.page().body, "Chưa đăng nhập", "eight hours are the end");
}

#[tokio::test]
async fn c161_sessions_end_by_account_and_a_login_under_way_does_not_outlive_it() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    let subject = browser.fetch(&world.url("/auth/session")).await.json()["subject"].as_str().unwrap().to_owned();
    let mut under_way = Browser::new();
    under_way.open(&world.url("/ho-so")).await;

    let whose = Sessions::Subject { provider: "vneid", subject: &subject };
    assert_eq!(world.portal.portal.end_sessions(whose).await.unwrap(), 1);
    assert_eq!(browser.fetch(&world.url("/auth/session")).await.status, StatusCode::UNAUTHORIZED);
    world.log_in(&mut under_way, &world.citizen()).await;
    assert_eq!(under_way.page().status, StatusCode::BAD_REQUEST, "a login begun before the end");
    world.clock.advance(Duration::from_secs(1));
    world.logged_in(&world.citizen()).await;
}
