//! Back-channel logout: the request around the token, who may send it, and how often.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use vneid_auth::portal::Policy;
use vneid_auth::provider::{Environment, ProviderConfig};
use vneid_auth::time::{Clock as _, Timestamp};
use vneid_contract_tests::backchannel::{PATH, lives, logged_in, next_session, post, post_fields, taken, token};
use vneid_contract_tests::evil::Evil;
use vneid_contract_tests::evil_world::{client, whole_second};
use vneid_contract_tests::plain_world::headers;
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::{Browser, EvilWorld};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// Posts these bytes: the status and the problem's code.
async fn send(world: &EvilWorld, path: &str, headers: &[&str], body: &str) -> (u16, String) {
    let length = format!("Content-Length: {}", body.len());
    let target = format!("POST {path}");
    let answer = raw(&world.portal.base, &target, &[headers, &[&length]].concat(), body.as_bytes()).await;
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer.status, problem["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn c158_what_is_unknown_is_no_error_and_more_is_ignored() {
    let (world, mut browser) = logged_in().await;
    taken(&world, &token(&world, "nobody-s", |claims| claims["sub"] = json!("nobody"))).await;
    assert!(lives(&world, &mut browser).await);
    let more = token(&world, "s-1", |claims| claims["more"] = json!({"a": [1]}));
    let fields = [("foo", "bar"), ("logout_token", more.as_str()), ("state", "x"), ("foo", "baz")];
    assert_eq!(post_fields(&world.portal.url(PATH), &fields).await.status, StatusCode::OK);
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c158_odd_requests_are_refused() {
    let (world, mut browser) = logged_in().await;
    let good = token(&world, "s-1", |_| {});
    let field = format!("logout_token={good}");
    let malformed = (400, "malformed_request".to_owned());
    for (what, body) in [
        ("nothing", String::new()),
        ("another field", format!("id_token={good}")),
        ("twice the same", format!("{field}&{field}")),
        ("twice, once encoded", format!("{field}&logout%5Ftoken=x")),
        ("twice, once empty", format!("{field}&logout_token=")),
        ("no encoding", format!("{field}%")),
    ] {
        assert_eq!(send(&world, PATH, &[FORM], &body).await, malformed, "{what}");
    }
    assert_eq!(
        send(&world, &format!("{PATH}?{field}"), &[FORM], "").await,
        malformed,
        "it is no parameter of the query"
    );
    assert_eq!(send(&world, PATH, &[FORM], "logout_token=").await, (400, "logout_token_invalid".to_owned()));
    let in_json = json!({ "logout_token": good }).to_string();
    for (media, body) in [
        ("Content-Type: application/json", in_json.as_str()),
        ("Content-Type: application/jwt", &good),
        ("Content-Type: application/logout+jwt", &good),
        ("Content-Type: text/plain", &field),
        ("Accept: */*", &field),
    ] {
        let refused = (415, "unsupported_media_type".to_owned());
        assert_eq!(send(&world, PATH, &[media], body).await, refused, "{media}");
    }
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let url = url::Url::parse(&world.portal.url(&format!("{PATH}?{field}"))).unwrap();
        let page = Browser::new().request(method.clone(), url, headers(&[("accept", "*/*")]), None).await;
        assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(
            (&page.headers["allow"], &page.headers["cache-control"]),
            (&"POST".parse().unwrap(), &"no-store".parse().unwrap())
        );
    }
    for nowhere in [
        "/auth/backchannel-logout",
        "/auth/backchannel-logout/",
        "/auth/backchannel-logout/nobody",
        "/auth/backchannel-logout/vneid/x",
    ] {
        assert_eq!(send(&world, nowhere, &[FORM], &field).await, (404, "not_found".to_owned()), "{nowhere}");
    }
    assert!(lives(&world, &mut browser).await);
    let (status, _) =
        send(&world, PATH, &["Content-Type: application/x-www-form-urlencoded; charset=utf-8"], &field).await;
    assert_eq!(status, 200);
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c159_origins_and_cookies_play_no_part() {
    for pairs in [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://id.example")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "null")],
    ] {
        let (world, mut browser) = logged_in().await;
        let fields = vec![("logout_token".to_owned(), token(&world, "s-1", |_| {}))];
        let url = url::Url::parse(&world.portal.url(PATH)).unwrap();
        // With the cookies of a browser that somebody is logged in in: they are neither read nor changed.
        let mut others = world.accepted("another").await.browser;
        let page = others.request(Method::POST, url, headers(pairs), Some(fields)).await;
        assert_eq!((page.status, page.headers.contains_key("set-cookie")), (StatusCode::OK, false), "{pairs:?}");
        assert!(!lives(&world, &mut browser).await);
    }
}

#[tokio::test]
async fn c159_large_bodies_are_not_read() {
    let (world, mut browser) = logged_in().await;
    let good = token(&world, "s-1", |_| {});
    for size in [16 * 1024 + 1, 1 << 20] {
        let body = format!("logout_token={good}&a={}", "a".repeat(size));
        assert_eq!(send(&world, PATH, &[FORM], &body).await, (413, "payload_too_large".to_owned()));
    }
    let long = token(&world, "s-1", |claims| claims["more"] = json!("a".repeat(8 * 1024)));
    taken(&world, &long).await;
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c159_one_address_posts_so_many_a_minute() {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let config = client("vneid", evil.issuer());
    let mut policy = Policy::default();
    assert_eq!(policy.backchannel_logouts_a_minute, 6000);
    policy.backchannel_logouts_a_minute = 5;
    let world = EvilWorld::before(evil, clock, |builder| {
        builder.provider(config).policy(policy).trusted_proxies(vec!["127.0.0.1".parse().unwrap()])
    })
    .await;
    for _ in 0..5 {
        assert_eq!(post(&world, "nonsense").await.status, StatusCode::BAD_REQUEST);
    }
    let page = post(&world, &token(&world, "s-1", |_| {})).await;
    assert_eq!((page.status.as_u16(), &page.json()["code"]), (429, &json!("too_many_requests")));
    assert_eq!(
        (&page.headers["retry-after"], &page.headers["cache-control"]),
        (&"60".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let elsewhere = format!("X-Forwarded-For: {}", "198.51.100.7");
    let body = format!("logout_token={}", token(&world, "s-1", |_| {}));
    assert_eq!(send(&world, PATH, &[FORM, &elsewhere], &body).await.0, 200, "others are not held up");
    world.clock.advance(Duration::from_secs(1));
    world.accepted("nor are logins").await;
    world.clock.advance(Duration::from_secs(59));
    taken(&world, &token(&world, "s-1", |_| {})).await;
}

#[tokio::test]
async fn a_provider_whose_id_tokens_are_not_checked_has_no_such_route() {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let at = |path: &str| format!("{}{path}", evil.issuer());
    let dialect = |name: &str| {
        ProviderConfig::dvcqg(name, Environment::Test, "portal")
            .client_secret("client-secret".into())
            .authorize_url(&at("/authorize"))
            .token_url(&at("/token"))
            .userinfo_url(&at("/userinfo"))
            .logout_url(&at("/logout"))
    };
    let (plain, checked) = (dialect("plain"), dialect("vneid").checked_id_token(evil.issuer(), &at("/jwks")));
    let world = EvilWorld::before(evil, clock, |builder| builder.provider(plain).provider(checked)).await;
    let body = format!("logout_token={}", token(&world, "s-1", |_| {}));
    let nowhere = send(&world, "/auth/backchannel-logout/plain", &[FORM], &body).await;
    assert_eq!(nowhere, (404, "not_found".to_owned()), "nothing there could be believed");
    let looked = Browser::new().fetch(&world.portal.url("/auth/backchannel-logout/plain")).await;
    assert_eq!(looked.status, StatusCode::NOT_FOUND, "whatever the method");
    assert_eq!(send(&world, PATH, &[FORM], &body).await.0, 200, "with issuer and keys it is one like any other");
}

#[tokio::test]
async fn a_provider_whose_logins_are_closed_still_ends_them() {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let closes_at = clock.now().plus(Duration::from_secs(60));
    let config = client("vneid", evil.issuer()).closes_at(Some::<Timestamp>(closes_at));
    let world = EvilWorld::before(evil, clock, |builder| builder.provider(config)).await;
    next_session(&world.evil, "s-1");
    let mut browser = world.accepted("before it closes").await.browser;
    world.clock.advance(Duration::from_secs(61));
    taken(&world, &token(&world, "s-1", |_| {})).await;
    assert!(!lives(&world, &mut browser).await);
}
