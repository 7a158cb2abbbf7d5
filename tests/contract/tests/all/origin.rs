//! C135–C138, C146: who may change something, and what a request may say about itself.

use axum::Router;
use axum::routing::get;
use reqwest::Method;
use url::Url;
use vneid_auth::portal::Requirement;
use vneid_auth_axum::Guard;
use vneid_contract_tests::plain::{Bent, parameter};
use vneid_contract_tests::portal::serve;
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::{Browser, PlainWorld};

/// Headers of a request that would change something, and whether it passes.
fn matrix(own: &str) -> Vec<(Vec<(&'static str, String)>, bool)> {
    let text = |pairs: &[(&'static str, &str)]| pairs.iter().map(|(n, v)| (*n, (*v).to_owned())).collect::<Vec<_>>();
    let site = "sec-fetch-site";
    let shifted = own.replace("127.0.0.1", "127.0.0.2");
    vec![
        (text(&[]), true),
        (text(&[(site, "same-origin")]), true),
        (text(&[(site, "same-origin"), ("origin", "null")]), true),
        (text(&[(site, "none")]), true),
        (text(&[("origin", own)]), true),
        (text(&[(site, "same-site")]), false),
        (text(&[(site, "cross-site")]), false),
        (text(&[(site, "same-site"), ("origin", own)]), false),
        (text(&[(site, "cross-site"), ("origin", own)]), false),
        (text(&[(site, "")]), false),
        (text(&[(site, "Same-Origin")]), false),
        (text(&[(site, "same-origin"), (site, "cross-site")]), false),
        (text(&[("origin", "null")]), false),
        (text(&[("origin", "")]), false),
        (text(&[("origin", "https://evil.example")]), false),
        (text(&[("origin", "http://localhost")]), false),
        (text(&[("origin", &shifted)]), false),
        (text(&[("origin", &own.replace("http:", "https:"))]), false),
        (text(&[("origin", &format!("{own}/"))]), false),
        (text(&[("origin", &format!("{own}.evil.example"))]), false),
        (text(&[("origin", &format!("{own}, {own}"))]), false),
        (text(&[("origin", own), ("origin", "https://evil.example")]), false),
        (text(&[("origin", own.split_at(own.rfind(':').unwrap()).0)]), false),
        // `Host` is whoever's who sends it.
        (text(&[("origin", "https://evil.example"), ("host", "evil.example")]), false),
        (
            text(&[("origin", "http://evil.example"), ("host", "evil.example"), ("x-forwarded-host", "evil.example")]),
            false,
        ),
        (text(&[("origin", own), ("host", "evil.example")]), true),
    ]
}

#[tokio::test]
async fn c135_c146_only_our_own_pages_change_anything() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    for (pairs, passes) in matrix(&world.portal.base) {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for path in ["/ho-so", "/gop-y"] {
            let page = world.send(&mut browser, Method::POST, path, &pairs).await;
            assert_eq!(page.status.as_u16(), if passes { 200 } else { 403 }, "{path} {pairs:?}");
            if !passes {
                assert_eq!(page.json()["code"], "cross_origin", "{path} {pairs:?}");
            }
        }
        // A form of another site is refused before any work, so nobody is logged out by it.
        let page = world.send(&mut browser.clone(), Method::POST, "/auth/logout", &pairs).await;
        assert_eq!(page.status.as_u16(), if passes { 303 } else { 403 }, "/auth/logout {pairs:?}");
        assert_eq!(world.is_logged_in(&mut browser).await, !passes, "{pairs:?}");
        if passes {
            world.log_in(&mut browser).await;
        }
    }
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let page = world.send(&mut browser, method.clone(), "/auth/logout", &[]).await;
        assert_eq!((page.status.as_u16(), page.headers["allow"].to_str().unwrap()), (405, "POST"), "{method}");
    }
    assert!(world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn c135_a_form_page_kept_from_before_the_login_still_works_and_still_from_here_alone() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let own = [("sec-fetch-site", "same-origin"), ("origin", "null")];
    let foreign = [("sec-fetch-site", "cross-site"), ("origin", "null")];
    for _ in 0..2 {
        assert_eq!(world.send(&mut browser, Method::POST, "/gop-y", &own).await.status.as_u16(), 200);
        assert_eq!(world.send(&mut browser, Method::POST, "/gop-y", &foreign).await.status.as_u16(), 403);
        world.log_in(&mut browser).await;
    }
}

#[tokio::test]
async fn c136_what_a_client_says_of_itself_changes_nothing() {
    let world = PlainWorld::start().await;
    let claims = [
        "X-Remote-User: plain-1",
        "Remote-User: plain-1",
        "REMOTE_USER: plain-1",
        "OIDC_CLAIM_sub: plain-1",
        "X-Forwarded-User: plain-1",
        "X-Forwarded-Access-Token: access-1",
        "X-Auth-Request-User: plain-1",
        "X-Citizen-Id: 001801000001",
        "Authorization: Bearer access-1",
        "Authorization: Basic cGxhaW4tMTp4",
        "X-HTTP-Method-Override: POST",
        "X-Original-URL: /ho-so",
        "X-Rewrite-URL: /",
        "X-Forwarded-Uri: /",
        "X-Forwarded-Prefix: //evil.example",
    ];
    world.logged_in().await;
    for request in ["GET /ho-so", "OPTIONS /ho-so", "HEAD /ho-so", "POST /ho-so", "GET /auth/session", "GET /muc-2"] {
        let plain = raw(&world.portal.base, request, &[], b"").await;
        let claimed = raw(&world.portal.base, request, &claims, b"").await;
        assert_eq!(plain.status, claimed.status, "{request}");
        assert!(matches!(claimed.status, 401 | 405), "{request}: {claimed:?}");
        assert!(!claimed.body.contains("Nguyễn"));
    }
    // And beside a session they make nobody somebody else.
    let mut browser = world.logged_in().await;
    let pairs = [("x-remote-user", "other"), ("oidc_claim_sub", "other"), ("authorization", "Bearer other")];
    let page = world.send(&mut browser, Method::GET, "/auth/session", &pairs).await;
    assert_eq!((page.status.as_u16(), page.json()["subject"].as_str()), (200, Some("plain-1")));
}

/// Targets that some software reads as another path.
const ODD: [&str; 16] = [
    "//ho-so",
    "///ho-so",
    "/./ho-so",
    "/x/../ho-so",
    "/ho-so/../x",
    "/ho-so/..",
    "/ho-so;x",
    "/ho-so;x=y/",
    "/ho-so/",
    "/%68o-so",
    "/ho-so%2f",
    "/%2e%2e/ho-so",
    "/ho-so/%2e%2e/x",
    "/ho-so%00",
    "/ho-so%3f",
    "/HO-SO",
];

#[tokio::test]
async fn c137_odd_paths_lead_past_no_guard() {
    let world = PlainWorld::start().await;
    for odd in ODD {
        for request in [format!("GET {odd}"), format!("POST {odd}"), format!("GET {odd}?skip=/auth/login#/auth")] {
            let answer = raw(&world.portal.base, &request, &[], b"").await;
            assert!(matches!(answer.status, 400 | 401 | 404), "{request}: {answer:?}");
            assert!(!answer.body.contains("Xin chào"));
        }
    }
    let absolute = raw(&world.portal.base, &format!("GET {}/ho-so", world.portal.base), &[], b"").await;
    assert_eq!(absolute.status, 401, "the absolute form of a target is the same page");
    let foreign = raw(&world.portal.base, "GET http://evil.example/ho-so", &["Accept: text/html"], b"").await;
    assert_eq!((foreign.status, foreign.header("location")), (303, "/auth/login?return_to=/ho-so"));
}

#[tokio::test]
async fn c137_a_guard_over_a_whole_tree_holds_for_every_path_in_it() {
    let world = PlainWorld::start().await;
    let portal = world.portal.portal.clone();
    let inside = Router::new()
        .route("/rieng", get(|| async { "bên trong" }))
        .route("/rieng/{*rest}", get(|| async { "bên trong" }))
        .layer(Guard::require(portal, Requirement::login()));
    let base = serve(inside.route("/cong-khai", get(|| async { "bên ngoài" }))).await;
    let odd = [
        "/rieng",
        "/rieng/",
        "/rieng/x",
        "/rieng//x",
        "/rieng/../cong-khai",
        "/rieng/%2e%2e/cong-khai",
        "/rieng/;/x",
        "/cong-khai/../rieng",
        "//rieng",
        "/rieng%2fx",
        "/rieng;/x",
        "/cong-khai/..;/rieng/x",
        "/rieng/x?/cong-khai",
        "/./rieng",
    ];
    for path in odd {
        let answer = raw(&base, &format!("GET {path}"), &[], b"").await;
        assert!(matches!(answer.status, 401 | 404), "{path}: {answer:?}");
        assert!(!answer.body.contains("bên trong"));
        // A browser is sent to log in, and never from there to another host.
        let answer = raw(&base, &format!("GET {path}"), &["Accept: text/html"], b"").await;
        if answer.status == 303 {
            let to = Url::parse("http://portal.example").unwrap().join(answer.header("location")).unwrap();
            assert_eq!((to.host_str(), to.path()), (Some("portal.example"), "/auth/login"), "{path}");
            let back = parameter(&to, "return_to").unwrap_or_default();
            assert!(!back.starts_with("//") && back.split('/').all(|segment| segment != ".."), "{path}: {back}");
        }
    }
}

#[tokio::test]
async fn c138_host_and_forwarded_headers_write_no_address() {
    let world = PlainWorld::start().await;
    let lies = [
        "Host: evil.example",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Port: 443",
        "X-Forwarded-Prefix: /evil",
        "Forwarded: host=evil.example;proto=https",
        "X-Original-Host: evil.example",
        "Accept: text/html",
    ];
    let start = raw(&world.portal.base, "GET /auth/login/plain", &lies, b"").await;
    let request = Url::parse(start.header("location")).unwrap();
    assert_eq!(parameter(&request, "redirect_uri").as_deref(), Some(world.url("/auth/callback/plain").as_str()));
    for target in ["/ho-so", "/auth/logged-out", "/auth/login"] {
        let answer = raw(&world.portal.base, &format!("GET {target}"), &lies, b"").await;
        assert!(!format!("{answer:?}").contains("evil"), "{target}: {answer:?}");
    }
    let logout = raw(&world.portal.base, "POST /auth/logout", &lies, b"").await;
    assert_eq!((logout.status, logout.header("location")), (303, "/"));
    let mut browser = world.logged_in().await;
    let page = world.send(&mut browser, Method::POST, "/auth/logout", &[("host", "evil.example")]).await;
    let back = parameter(&page.location().unwrap(), "post_logout_redirect_uri");
    assert_eq!(back.as_deref(), Some(world.url("/auth/logged-out").as_str()));
}

/// How many of so many starts with these `X-Forwarded-For` lines are let through.
async fn let_through(world: &PlainWorld, starts: usize, forwarded: impl Fn(usize) -> String) -> usize {
    let (mut passed, stranger) = (0, Browser::new());
    for n in 0..starts {
        let line = forwarded(n);
        let page =
            world.send(&mut stranger.clone(), Method::GET, "/auth/login/plain", &[("x-forwarded-for", &line)]).await;
        passed += usize::from(page.status.as_u16() == 303);
    }
    passed
}

#[tokio::test]
async fn c138_a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let world = PlainWorld::start().await;
    let passed = let_through(&world, 610, |n| format!("203.0.113.{}", n % 200)).await;
    assert_eq!(passed, 600, "nobody vouches for these addresses");
    let behind = |portal: vneid_auth::portal::PortalBuilder| portal.trusted_proxies(vec!["127.0.0.1".parse().unwrap()]);
    let world = PlainWorld::with(Bent::default(), behind).await;
    assert_eq!(let_through(&world, 610, |n| format!("203.0.113.{}", n % 2)).await, 610, "two addresses, two counts");
    let world = PlainWorld::with(Bent::default(), behind).await;
    let passed = let_through(&world, 610, |n| format!("198.51.100.{}, 203.0.113.9", n % 200)).await;
    assert_eq!(passed, 600, "what the client itself wrote before the proxy's word counts for nothing");
}
