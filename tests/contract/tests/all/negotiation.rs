//! Pages, JSON and forms; two languages; the shape of a problem; the headers of every answer.

use std::collections::HashSet;

use reqwest::Method;
use url::Url;
use vneid_contract_tests::plain::Bent;
use vneid_contract_tests::{Browser, Page, PlainWorld};

const CHROMIUM: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

async fn get(world: &PlainWorld, path: &str, pairs: &[(&str, &str)]) -> Page {
    world.send(&mut Browser::new(), Method::GET, path, pairs).await
}

#[tokio::test]
async fn a_problem_has_the_six_members_of_the_contract() {
    let world = PlainWorld::start().await;
    let mut traces = HashSet::new();
    for (path, status, code) in [
        ("/auth/session", 401, "not_logged_in"),
        ("/ho-so", 401, "not_logged_in"),
        ("/auth/nothing", 404, "not_found"),
        ("/auth/login/unknown", 404, "unknown_provider"),
        ("/auth/logout", 405, "method_not_allowed"),
        ("/auth/callback/plain", 400, "malformed_callback"),
        ("/auth/callback/plain?code=a&state=b", 400, "state_mismatch"),
    ] {
        let page = get(&world, path, &[("accept", "application/json")]).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert_eq!(page.headers["content-type"], "application/problem+json", "{path}");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        let problem = page.json();
        let members: Vec<&String> = problem.as_object().unwrap().keys().collect();
        assert_eq!(members, ["code", "detail", "status", "title", "trace_id", "type"]);
        assert_eq!((problem["status"].as_u64(), problem["code"].as_str()), (Some(status.into()), Some(code)), "{path}");
        assert_eq!(problem["type"], format!("urn:vneid-auth:problem:{code}"));
        for member in ["title", "detail", "trace_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{path}: {member}");
        }
        assert!(traces.insert(problem["trace_id"].clone()), "every answer has its own trace id");
    }
}

#[tokio::test]
async fn a_page_for_people_and_json_for_clients() {
    let world = PlainWorld::start().await;
    for (accept, page) in [
        (CHROMIUM, true),
        ("text/html", true),
        ("application/xhtml+xml", true),
        ("text/html;q=0.5, application/json;q=0.4", true),
        ("application/json", false),
        ("application/problem+json", false),
        ("application/json, text/html;q=0.9", false),
        ("*/*", false),
        ("text/*", false),
        ("text/html;q=0", false),
        ("image/png", false),
        ("", false),
        (";;,,q=", false),
    ] {
        for path in ["/auth/callback/plain?code=a&state=b", "/auth/nothing", "/auth/session"] {
            let answer = get(&world, path, &[("accept", accept)]).await;
            let media = answer.headers["content-type"].to_str().unwrap();
            assert_eq!(media.starts_with("text/html"), page, "{accept}: {path}");
        }
        let guarded = get(&world, "/ho-so", &[("accept", accept)]).await;
        assert_eq!(guarded.status.as_u16(), if page { 303 } else { 401 }, "{accept}");
    }
    let bare = get(&world, "/auth/session", &[]).await;
    assert_eq!(bare.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn vietnamese_unless_english_is_preferred_on_pages_and_in_problems() {
    let world = PlainWorld::start().await;
    for (preference, english) in [
        ("vi-VN,vi;q=0.9,en;q=0.8", false),
        ("en-GB,en;q=0.9,vi;q=0.8", true),
        ("en", true),
        ("vi", false),
        ("fr", false),
        ("fr, en;q=0.1", true),
        ("en;q=0.5, vi;q=0.6", false),
        ("en;q=0", false),
        ("*", false),
        ("", false),
    ] {
        let (tag, words) = if english { ("en", "Log in again") } else { ("vi", "Đăng nhập lại") };
        let path = "/auth/callback/plain?code=a&state=b";
        let page = get(&world, path, &[("accept", CHROMIUM), ("accept-language", preference)]).await;
        assert_eq!(page.headers["content-language"], tag, "{preference}");
        assert!(page.body.contains(&format!("<html lang=\"{tag}\">")), "{preference}");
        assert!(page.link(words).is_some(), "{preference}: {}", page.text());
        let problem = get(&world, path, &[("accept-language", preference)]).await;
        assert_eq!(problem.headers["content-language"], tag);
        let title = if english { "The login cannot go on" } else { "Không thể tiếp tục đăng nhập" };
        assert_eq!(problem.json()["title"], title, "{preference}");
        assert!(page.body.contains(title));
    }
    let request = get(&world, "/auth/login/plain", &[("accept-language", "en")]).await.location().unwrap();
    assert_eq!(vneid_contract_tests::plain::parameter(&request, "ui_locales").as_deref(), Some("en"));
}

#[tokio::test]
async fn an_error_page_says_what_to_do_and_how_to_ask_for_help() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let request = world.begin_for(&mut browser, "/ho-so%3Fbuoc=2").await;
    let page = browser.open(&world.callback(&request, "error=access_denied&state=STATE&iss=ISS")).await.clone();
    assert_eq!(page.status.as_u16(), 403);
    assert!(page.text().contains("Bạn đã hủy đăng nhập") && page.text().contains("Mã tra cứu"), "{}", page.text());
    assert_eq!(page.link("Về trang chủ").as_deref(), Some("/"));
    // Trying again leads to where the citizen wanted to go.
    browser.click("Đăng nhập lại").await;
    assert_eq!(browser.page().url.as_str(), world.url("/ho-so?buoc=2"));
    assert!(world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn every_answer_says_how_it_may_be_kept_framed_and_told_on() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    let pairs = [("accept", CHROMIUM)];
    for (method, path) in [
        (Method::GET, "/auth/login/plain"),
        (Method::HEAD, "/auth/login/plain"),
        (Method::GET, "/auth/session"),
        (Method::HEAD, "/auth/session"),
        (Method::GET, "/auth/nothing"),
        (Method::GET, "/auth/logout"),
        (Method::OPTIONS, "/auth/logout"),
        (Method::GET, "/auth/logged-out"),
        (Method::GET, "/auth/callback/plain"),
        (Method::POST, "/auth/callback/plain"),
        (Method::POST, "/auth/logout"),
    ] {
        let page = world.send(&mut browser, method.clone(), path, &pairs).await;
        assert_eq!(page.headers["cache-control"], "no-store", "{method} {path}");
        assert_eq!(page.headers["referrer-policy"], "no-referrer", "{method} {path}");
        let html =
            page.headers.get("content-type").is_some_and(|media| media.to_str().unwrap().starts_with("text/html"));
        let policy = page.headers.get("content-security-policy").map(|policy| policy.to_str().unwrap().to_owned());
        assert_eq!(html, policy.is_some(), "{method} {path}");
        if let Some(policy) = policy {
            check_policy(&policy, &world.provider.issuer);
            assert!(
                !page.body.contains("<script") && !page.body.contains(" style=") && !page.body.contains("javascript:")
            );
        }
    }
}

fn check_policy(policy: &str, issuer: &str) {
    let directives: Vec<(&str, &str)> = policy.split(';').filter_map(|part| part.trim().split_once(' ')).collect();
    let directive = |name: &str| directives.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
    assert_eq!(directive("default-src"), Some("'none'"));
    assert_eq!(directive("frame-ancestors"), Some("'none'"));
    assert_eq!(directive("base-uri"), Some("'none'"));
    assert_eq!(directive("script-src"), Some("'self'"));
    let style = directive("style-src").unwrap();
    assert!(style.starts_with("'self' 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let origin = Url::parse(issuer).unwrap().origin().ascii_serialization();
    assert_eq!(directive("form-action"), Some(format!("'self' {origin}").as_str()), "{policy}");
}

#[tokio::test]
async fn the_policy_lets_a_logout_form_through_before_the_provider_was_ever_asked() {
    let world = PlainWorld::start().await;
    let page = get(&world, "/auth/nothing", &[("accept", CHROMIUM)]).await;
    assert!(world.provider.asked().is_empty());
    // Another instance may have logged the citizen in; this one shows the page with the logout button.
    check_policy(page.headers["content-security-policy"].to_str().unwrap(), &world.provider.issuer);
    assert_eq!(
        world.portal.portal.content_security_policy(),
        page.headers["content-security-policy"].to_str().unwrap()
    );
}

#[tokio::test]
async fn the_style_in_the_page_is_the_one_that_the_policy_allows() {
    use base64::Engine as _;
    let world = PlainWorld::start().await;
    let page = get(&world, "/auth/nothing", &[("accept", CHROMIUM)]).await;
    let style = page.body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let source = format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(hash));
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains(&source));
}

#[tokio::test]
async fn head_and_prefetch_change_nothing() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    let guesses: [(Method, &[(&str, &str)]); 4] = [
        (Method::HEAD, &[]),
        (Method::GET, &[("sec-purpose", "prefetch")]),
        (Method::GET, &[("sec-purpose", "prefetch;prerender")]),
        (Method::GET, &[("purpose", "prefetch")]),
    ];
    for path in ["/auth/login", "/auth/login/plain", "/auth/logged-out?state=x", "/auth/callback/plain?code=a&state=b"]
    {
        for (method, pairs) in &guesses {
            let page = world.send(&mut browser, method.clone(), path, pairs).await;
            assert_eq!((page.status.as_u16(), page.body.as_str()), (204, ""), "{method} {path}");
            assert!(page.headers.get("set-cookie").is_none() && page.headers.get("location").is_none());
        }
    }
    for path in ["/auth/logout", "/ho-so"] {
        let page = world
            .send(&mut browser, Method::POST, path, &[("sec-purpose", "prefetch"), ("sec-fetch-site", "cross-site")])
            .await;
        assert_eq!(page.status.as_u16(), 403, "{path}");
    }
    let head = world.send(&mut browser, Method::HEAD, "/auth/session", &[]).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    // Nor do they keep a session alive that nobody uses.
    for (method, pairs) in guesses {
        let mut browser = world.logged_in().await;
        for path in ["/", "/ho-so", "/muc-2"] {
            world.clock.advance(std::time::Duration::from_secs(590));
            let page = world.send(&mut browser, method.clone(), path, pairs).await;
            assert_eq!(page.status.as_u16(), 200, "{method} {path}");
        }
        world.clock.advance(std::time::Duration::from_secs(30));
        assert!(!world.is_logged_in(&mut browser).await, "{method} {pairs:?}");
    }
}

#[tokio::test]
async fn c144_c147_logging_out_as_a_form_and_as_json() {
    let world = PlainWorld::start().await;
    for (accept, json) in
        [(Some(CHROMIUM), false), (Some("application/json"), true), (Some("*/*"), false), (None, false)]
    {
        let mut browser = world.logged_in().await;
        let pairs: Vec<(&str, &str)> = accept.map(|accept| ("accept", accept)).into_iter().collect();
        let mut thief = browser.clone();
        let page = world.send(&mut browser, Method::POST, "/auth/logout", &pairs).await;
        let onward = if json {
            assert_eq!((page.status.as_u16(), page.json().as_object().unwrap().len()), (200, 1));
            page.json()["redirect_to"].as_str().unwrap().to_owned()
        } else {
            assert_eq!(page.status.as_u16(), 303, "{accept:?}");
            page.raw_location().to_owned()
        };
        // The session is dead before the browser goes anywhere, for whoever else has its cookie too.
        assert!(!world.is_logged_in(&mut browser).await && !world.is_logged_in(&mut thief).await);
        let onward = Url::parse(&onward).unwrap();
        assert!(onward.as_str().starts_with(&format!("{}/end?", world.provider.issuer)));
        let parameter = |name| vneid_contract_tests::plain::parameter(&onward, name);
        assert_eq!(parameter("post_logout_redirect_uri").as_deref(), Some(world.url("/auth/logged-out").as_str()));
        assert_eq!(parameter("id_token_hint").unwrap().split('.').count(), 3);
        assert_eq!(parameter("client_id").as_deref(), Some("portal"));
        let state = parameter("state").unwrap();
        assert!(state.len() >= 22, "{state}");
        for _ in 0..2 {
            let back = browser.open_once(&world.url(&format!("/auth/logged-out?state={state}"))).await;
            assert_eq!((back.status.as_u16(), back.raw_location()), (303, "/"));
        }
    }
    let silent = Bent {
        metadata: |document| drop(document.as_object_mut().unwrap().remove("end_session_endpoint")),
        ..Bent::default()
    };
    let world = PlainWorld::with(silent, |portal| portal.after_logout("/tam-biet")).await;
    let mut browser = world.logged_in().await;
    let page = world.send(&mut browser, Method::POST, "/auth/logout", &[("accept", "application/json")]).await;
    assert_eq!(page.json()["redirect_to"], "/tam-biet", "there is nothing to end at the provider");
    assert!(!world.is_logged_in(&mut browser).await);
}
