//! Logging out, here and at the provider.

use reqwest::{Method, StatusCode};
use vneid_contract_tests::{Browser, World};

async fn log_out(world: &World, browser: &mut Browser) {
    let url = world.url("/auth/logout").parse().unwrap();
    let page = browser.send(Method::POST, url, Some(vec![]), "same-origin").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    browser.open(page.location().unwrap().as_str()).await;
}

#[tokio::test]
async fn c132_c144_logging_out_and_in_again_asks_for_the_password() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    let thief = browser.clone();

    log_out(&world, &mut browser).await;
    assert_eq!(browser.page().url.as_str(), world.url("/"), "by the provider and back");
    assert_eq!(browser.page().body, "Chưa đăng nhập");
    let mut replay = thief;
    replay.open(&world.url("/")).await;
    assert_eq!(replay.page().body, "Chưa đăng nhập", "the old cookie is dead");

    browser.open(&world.url("/ho-so")).await;
    assert!(browser.page().body.contains("name=\"password\""), "{}", browser.page().text());
}

#[tokio::test]
async fn c145_a_return_with_a_wrong_or_no_state_leads_home() {
    let world = World::start().await;
    let mut browser = Browser::new();
    for query in ["", "?state=", "?state=unknown", "?state=a&state=b", "?state=%ff", "?next=//evil.example"] {
        let page = browser.open_once(&world.url(&format!("/auth/logged-out{query}"))).await;
        assert_eq!((page.status, page.raw_location()), (StatusCode::SEE_OTHER, "/"), "{query}");
    }
}

#[tokio::test]
async fn c146_only_our_own_pages_log_out() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    let url: url::Url = world.url("/auth/logout").parse().unwrap();
    for site in ["cross-site", "same-site"] {
        let page = browser.send(Method::POST, url.clone(), Some(vec![]), site).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    let page = browser.open_once(url.as_str()).await;
    assert_eq!((page.status, page.headers["allow"].to_str().unwrap()), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    assert_eq!(browser.fetch(&world.url("/auth/session")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn logging_out_is_the_same_when_nobody_is_logged_in() {
    let world = World::start().await;
    let mut browser = Browser::new();
    let page =
        browser.send(Method::POST, world.url("/auth/logout").parse().unwrap(), Some(vec![]), "same-origin").await;
    assert_eq!((page.status, page.raw_location()), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn logging_out_leaves_no_open_login_to_the_next_person() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    browser.open_once(&world.url("/auth/login/vneid?return_to=/ho-so")).await;
    assert!(browser.cookies("127.0.0.1").iter().any(|(name, _)| name.contains("-login-")));
    log_out(&world, &mut browser).await;
    let left: Vec<String> = browser.cookies("127.0.0.1").into_iter().map(|(name, _)| name).collect();
    assert!(
        !left.iter().any(|name| name.starts_with("vneid-login-") || name.starts_with("vneid-session-")),
        "{left:?}"
    );
}
