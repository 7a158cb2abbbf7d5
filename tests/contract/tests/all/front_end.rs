//! A front end of another origin that the portal's settings name, and all the others that they do not.

use reqwest::Method;
use vneid_auth::portal::Portal;
use vneid_contract_tests::plain::Bent;
use vneid_contract_tests::portal::SECRET;
use vneid_contract_tests::{Browser, Page, PlainWorld};

const NAMED: &str = "https://app.dvc.example";

/// What a script of another origin may read of an answer.
fn readable_by(page: &Page) -> Option<&str> {
    page.headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap())
}

#[tokio::test]
async fn a_named_front_end_asks_and_logs_out_and_nobody_else_does() {
    let world = PlainWorld::with(Bent::default(), |portal| portal.front_end(NAMED)).await;
    let mut browser = world.logged_in().await;
    for origin in [
        "https://evil.example",
        "https://app.dvc.example.evil.example",
        "https://evilapp.dvc.example",
        "http://app.dvc.example",
        "https://app.dvc.example:8443",
        "https://APP.dvc.example",
        "https://app.dvc.example/",
        "null",
        "",
        "*",
    ] {
        for site in ["same-site", "cross-site"] {
            let pairs = [("origin", origin), ("sec-fetch-site", site)];
            let page = world.send(&mut browser, Method::POST, "/auth/logout", &pairs).await;
            assert_eq!((page.status.as_u16(), readable_by(&page)), (403, None), "{origin}");
            let page = world.send(&mut browser, Method::GET, "/auth/session", &pairs).await;
            assert_eq!(readable_by(&page), None, "{origin}");
            let ask = [("origin", origin), ("access-control-request-method", "POST")];
            let page = world.send(&mut browser, Method::OPTIONS, "/auth/logout", &ask).await;
            assert_eq!((page.status.as_u16(), readable_by(&page)), (405, None), "{origin}");
        }
    }
    assert!(world.is_logged_in(&mut browser).await);

    let pairs = [("origin", NAMED), ("sec-fetch-site", "same-site"), ("accept", "application/json")];
    let page = world.send(&mut browser, Method::GET, "/auth/session", &pairs).await;
    assert_eq!((page.status.as_u16(), readable_by(&page)), (200, Some(NAMED)));
    assert_eq!(page.headers["access-control-allow-credentials"], "true");
    assert!(page.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("Origin")));
    let twice = [pairs[0], ("origin", "https://evil.example"), pairs[1]];
    assert_eq!(world.send(&mut browser, Method::POST, "/auth/logout", &twice).await.status.as_u16(), 403);
    let page = world.send(&mut browser, Method::POST, "/auth/logout", &pairs).await;
    assert_eq!((page.status.as_u16(), readable_by(&page)), (200, Some(NAMED)));
    assert!(!world.is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_named_front_end_starts_no_login_from_inside_its_page() {
    let world = PlainWorld::with(Bent::default(), |portal| portal.front_end(NAMED)).await;
    let pairs = [("origin", NAMED), ("sec-fetch-site", "same-site"), ("sec-fetch-dest", "empty")];
    let page = world.send(&mut Browser::new(), Method::GET, "/auth/login/plain", &pairs).await;
    assert_eq!(page.status.as_u16(), 403);
}

#[tokio::test]
async fn only_an_origin_can_be_named() {
    let world = PlainWorld::start().await;
    let refused = [
        "*",
        "null",
        "",
        "app.dvc.example",
        "https://app.dvc.example/",
        "https://*.dvc.example/x",
        "http://app.dvc.example",
    ];
    for origin in refused {
        let builder =
            Portal::builder("http://127.0.0.1:1").secret(SECRET.into()).provider(world.provider.config("plain"));
        assert!(builder.front_end(origin).build().is_err(), "{origin}");
    }
}
