//! Requests that fit nothing: too large, of another type, malformed, nowhere, with another method, too many.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vneid_contract_tests::plain_world::set_cookies;
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::{Browser, PlainWorld};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const JSON: &str = "Content-Type: application/json";

async fn post(world: &PlainWorld, headers: &[&str], body: &[u8]) -> (u16, serde_json::Value) {
    let length = format!("Content-Length: {}", body.len());
    let answer = raw(&world.portal.base, "POST /auth/logout", &[headers, &[&length]].concat(), body).await;
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    let code = serde_json::from_str::<serde_json::Value>(&answer.body).map_or(json!(null), |body| body["code"].clone());
    (answer.status, code)
}

#[tokio::test]
async fn bodies_over_16_kib_are_refused_and_nobody_is_logged_out() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    let (name, id) = browser.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("session")).unwrap();
    let cookie = format!("Cookie: {name}={id}");
    for (size, status) in [(16 * 1024 + 1, 413), (1024 * 1024, 413)] {
        let (got, code) = post(&world, &[FORM, &cookie], &vec![b'a'; size]).await;
        assert_eq!((got, code), (status, json!("payload_too_large")), "{size}");
        assert!(world.is_logged_in(&mut browser).await);
    }
    // Without a length, too.
    let chunk = format!("5000\r\n{}\r\n0\r\n\r\n", "a".repeat(0x5000));
    let answer =
        raw(&world.portal.base, "POST /auth/logout", &[FORM, "Transfer-Encoding: chunked"], chunk.as_bytes()).await;
    assert_eq!(answer.status, 413);
    assert_eq!(post(&world, &[FORM, &cookie], &[b'a'; 16 * 1024]).await.0, 303, "16 KiB are enough for everybody");
    assert!(!world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn bodies_of_another_media_type_are_refused() {
    let world = PlainWorld::start().await;
    for media in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "application/jsonx", "", "\u{e9}"]
    {
        let (status, code) = post(&world, &[&format!("Content-Type: {media}")], b"{}").await;
        assert_eq!((status, code), (415, json!("unsupported_media_type")), "{media}");
    }
    assert_eq!(post(&world, &[], b"x").await.0, 415, "a body says what it is");
    for media in ["application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(post(&world, &[&format!("Content-Type: {media}")], b"{}").await.0, 303, "{media}");
    }
    assert_eq!(post(&world, &[FORM], b"a=b&c=d%20e").await.0, 303);
    for media in ["", "text/plain", "application/json", "application/x-www-form-urlencoded"] {
        assert_eq!(
            post(&world, &[&format!("Content-Type: {media}")], b"").await.0,
            303,
            "no body is no fields: {media}"
        );
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_malformed() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    let (name, id) = browser.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("session")).unwrap();
    let cookie = format!("Cookie: {name}={id}");
    let deep = [vec![b'['; 8000], vec![b']'; 8000]].concat();
    for (media, body) in [
        (JSON, &b"{"[..]),
        (JSON, b"{}x"),
        (JSON, b"{\"a\":\"\xff\"}"),
        (JSON, &deep),
        (FORM, b"a=%ff"),
        (FORM, b"a=%zz"),
        (FORM, b"a=\xff"),
    ] {
        let (status, code) = post(&world, &[media, &cookie], body).await;
        assert_eq!((status, code), (400, json!("malformed_request")), "{media} {:?}", String::from_utf8_lossy(body));
    }
    assert!(world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn unknown_paths_and_providers_are_told_apart() {
    let world = PlainWorld::start().await;
    for (path, code) in [
        ("/auth", "not_found"),
        ("/auth/", "not_found"),
        ("/auth/nothing", "not_found"),
        ("/auth/login/", "not_found"),
        ("/auth/login/plain/x", "not_found"),
        ("/auth/session/", "not_found"),
        ("/auth/sessionx", "not_found"),
        ("/auth/login/unknown", "unknown_provider"),
        ("/auth/login/PLAIN", "unknown_provider"),
        ("/auth/login/plain%00", "unknown_provider"),
        ("/auth/login/%ff", "unknown_provider"),
        ("/auth/callback/unknown?code=a&state=b", "unknown_provider"),
    ] {
        for method in [Method::GET, Method::POST] {
            if method == Method::POST && code == "unknown_provider" {
                continue;
            }
            let page = world.send(&mut Browser::new(), method, path, &[]).await;
            assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (404, Some(code)), "{path}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_switched_off_takes_nobody() {
    let world = PlainWorld::start().await;
    let off = world.provider.config("plain").enabled(false);
    let portal =
        vneid_contract_tests::portal::RunningPortal::start(world.clock.clone(), |builder| builder.provider(off)).await;
    for path in ["/auth/login/plain", "/auth/callback/plain?code=a&state=b"] {
        let page = Browser::new().fetch(&portal.url(path)).await;
        let expected =
            if path.contains("login") { (403, Some("provider_disabled")) } else { (400, Some("state_mismatch")) };
        assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), expected, "{path}");
    }
    let page = Browser::new().fetch(&portal.url("/auth/login")).await;
    assert_eq!(page.status.as_u16(), 200, "a chooser without a choice");
}

#[tokio::test]
async fn closing_time_is_to_the_millisecond_and_holds_for_logins_under_way() {
    let world = PlainWorld::start().await;
    let closes = vneid_auth::time::Clock::now(&world.clock).plus(Duration::from_secs(60));
    let config = world.provider.config("plain").closes_at(Some(closes));
    let portal =
        vneid_contract_tests::portal::RunningPortal::start(world.clock.clone(), |builder| builder.provider(config))
            .await;
    world.clock.advance(Duration::from_millis(59_999));
    let mut browser = Browser::new();
    let start = browser.open_once(&portal.url("/auth/login/plain")).await;
    assert_eq!(start.status.as_u16(), 303);
    world.clock.advance(Duration::from_millis(1));
    let late = browser.fetch(world.provider.answer(&start.location().unwrap()).as_str()).await;
    assert_eq!((late.status.as_u16(), late.json()["code"].as_str()), (403, Some("provider_disabled")));
    assert!(set_cookies(&late, "session").is_empty());
    assert_eq!(browser.fetch(&portal.url("/auth/login/plain")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn the_601st_start_of_a_minute_waits_for_its_end() {
    let world = PlainWorld::start().await;
    let browser = Browser::new();
    let start = |at: &str| {
        let (mut browser, url) = (browser.clone(), world.url(at));
        async move { browser.fetch(&url).await }
    };
    for n in 0..600 {
        // The chooser with one choice is a start as well.
        let page = start(if n % 2 == 0 { "/auth/login/plain" } else { "/auth/login" }).await;
        assert_eq!(page.status.as_u16(), 303, "{n}");
        if n == 299 {
            world.clock.advance(Duration::from_secs(30));
        }
    }
    let page = start("/auth/login/plain").await;
    assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (429, Some("too_many_requests")));
    assert_eq!(page.headers["retry-after"], "30");
    assert!(page.headers.get("set-cookie").is_none() && page.headers.get("location").is_none());
    world.clock.advance(Duration::from_millis(29_999));
    assert_eq!(start("/auth/login/plain").await.headers["retry-after"], "1", "never 0");
    // Nobody else is kept waiting: sessions are asked for and pages read.
    assert_eq!(start("/auth/session").await.status.as_u16(), 401);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(start("/auth/login/plain").await.status.as_u16(), 303);
    world.logged_in().await;
}
