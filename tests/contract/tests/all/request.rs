//! C1–C11: the authorization request, as it leaves for the provider.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use url::Url;
use vneid_auth::portal::{Portal, PortalError};
use vneid_contract_tests::plain::{Bent, parameter};
use vneid_contract_tests::portal::SECRET;
use vneid_contract_tests::{Browser, PlainWorld};

fn names(url: &Url) -> Vec<String> {
    let mut names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn c1_c3_c8_what_is_asked_of_the_provider() {
    let world = PlainWorld::start().await;
    let request = world.begin(&mut Browser::new()).await;
    assert!(request.as_str().starts_with(&format!("{}/authorize?", world.provider.issuer)));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "portal"),
        ("code_challenge_method", "S256"),
        ("scope", "openid profile phone"),
        ("acr_values", "LoA2"),
        ("ui_locales", "vi"),
        ("redirect_uri", &world.url("/auth/callback/plain")),
    ] {
        assert_eq!(parameter(&request, name).as_deref(), Some(value), "{name}");
    }
    let expected = [
        "acr_values",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "ui_locales",
    ];
    // Each once, and no `response_mode`: the answer comes as a query (C51, C52).
    assert_eq!(names(&request), expected);
    for name in ["state", "nonce", "code_challenge"] {
        let bytes = URL_SAFE_NO_PAD.decode(parameter(&request, name).unwrap()).unwrap();
        assert!(bytes.len() >= 16, "{name} has 128 bits at least");
    }
}

#[tokio::test]
async fn c1_c2_ten_thousand_starts_repeat_nothing() {
    let world = PlainWorld::start().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let mut seen = HashSet::new();
    for n in 0..10_000 {
        if n % 500 == 0 {
            // The limit counts starts by the minute.
            world.clock.advance(Duration::from_secs(61));
        }
        let page = client.get(world.url("/auth/login/plain")).send().await.unwrap();
        let request = Url::parse(page.headers()["location"].to_str().unwrap()).unwrap();
        let cookie = page.headers()["set-cookie"].to_str().unwrap().split([';', '.']).nth(1).unwrap().to_owned();
        for name in ["state", "nonce", "code_challenge"] {
            assert!(seen.insert(parameter(&request, name).unwrap()), "{name} came twice");
        }
        assert!(seen.insert(cookie), "a browser's secret came twice");
    }
}

#[tokio::test]
async fn c2_c56_the_verifier_is_that_of_rfc_7636_and_the_exchange_that_of_rfc_6749() {
    let world = PlainWorld::start().await;
    let mut verifiers = HashSet::new();
    for _ in 0..3 {
        world.logged_in().await;
    }
    for exchange in world.provider.exchanges() {
        let verifier = &exchange["code_verifier"];
        assert!((43..=128).contains(&verifier.len()));
        assert!(verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{verifier}");
        assert!(verifiers.insert(verifier.clone()));
        assert_eq!(exchange["grant_type"], "authorization_code");
        assert_eq!(exchange["redirect_uri"], world.url("/auth/callback/plain"));
    }
}

#[tokio::test]
async fn c4_without_a_word_about_pkce_s256_is_sent_all_the_same() {
    for metadata in [
        (|document: &mut serde_json::Value| {
            document.as_object_mut().unwrap().remove("code_challenge_methods_supported");
        }) as fn(&mut serde_json::Value),
        |document| document["code_challenge_methods_supported"] = serde_json::json!(["plain"]),
        |document| document["code_challenge_methods_supported"] = serde_json::json!([]),
    ] {
        let world = PlainWorld::with(Bent { metadata, ..Bent::default() }, |portal| portal).await;
        let mut browser = Browser::new();
        let request = world.begin(&mut browser).await;
        assert_eq!(parameter(&request, "code_challenge_method").as_deref(), Some("S256"));
        for name in ["state", "nonce", "code_challenge"] {
            assert!(parameter(&request, name).is_some(), "{name}");
        }
        world.log_in(&mut browser).await;
    }
}

#[tokio::test]
async fn c7_a_link_to_the_login_adds_nothing_to_the_request() {
    let world = PlainWorld::start().await;
    let ours = "redirect_uri=https://evil.example&state=fixed&nonce=fixed&client_id=evil&scope=all&prompt=none&\
                code_challenge=x&code_challenge_method=plain&response_mode=form_post&acr_values=LoA1&max_age=1";
    let mut browser = Browser::new();
    let honest = world.begin(&mut browser).await;
    for query in [ours.to_owned(), format!("return_to=/ho-so%26{}", ours.replace('&', "%26"))] {
        let page = browser.open_once(&world.url(&format!("/auth/login/plain?{query}"))).await;
        let request = page.location().unwrap();
        assert_eq!(names(&request), names(&honest), "{query}");
        assert!(!request.as_str().contains("evil") && !request.as_str().contains("fixed"), "{request}");
        assert_eq!(parameter(&request, "acr_values").as_deref(), Some("LoA2"));
        assert_eq!(parameter(&request, "code_challenge_method").as_deref(), Some("S256"));
    }
}

#[tokio::test]
async fn c7_a_link_can_raise_the_level_and_never_lower_it() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    for level in ["1", "0", "-1", "", "x", "%31", "01", "1&level=1"] {
        let page = browser.open_once(&world.url(&format!("/auth/login/plain?level={level}"))).await;
        assert_eq!(parameter(&page.location().unwrap(), "acr_values").as_deref(), Some("LoA2"), "{level}");
    }
    let raised = browser.fetch(&world.url("/auth/login/plain?level=3")).await;
    world.refused(&mut browser, &raised, 403, "level_too_low").await;
    let fresh = browser.open_once(&world.url("/auth/login/plain?fresh=1")).await.location().unwrap();
    assert_eq!(parameter(&fresh, "prompt").as_deref(), Some("login"));
    assert_eq!(parameter(&fresh, "max_age").as_deref(), Some("0"));
}

#[tokio::test]
async fn c7_c9_settings_that_contradict_the_request_stop_the_portal() {
    let world = PlainWorld::start().await;
    let build = |config| Portal::builder("http://127.0.0.1:8080").secret(SECRET.into()).provider(config).build();
    let config = || world.provider.config("plain");
    build(config()).map(drop).unwrap();
    for name in ["redirect_uri", "state", "client_id", "nonce", "code_challenge", "response_mode", "request", "scope"] {
        let error = build(config().parameter(name, "x")).err().unwrap();
        assert!(matches!(error, PortalError::Provider(_)), "{name}: {error}");
    }
    let error = build(config().prompt("none").max_age(Duration::ZERO)).err().unwrap();
    assert!(error.to_string().contains("prompt"), "{error}");
}

#[tokio::test]
async fn c10_the_answers_of_a_login_are_kept_by_nobody() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let start = browser.open_once(&world.url("/auth/login/plain")).await;
    let callback = world.provider.answer(&start.location().unwrap());
    let done = browser.open_once(callback.as_str()).await;
    let replayed = browser.open_once(callback.as_str()).await;
    for (page, status) in [(&start, 303), (&done, 303), (&replayed, 400)] {
        assert_eq!(page.status.as_u16(), status);
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
    }
}

#[tokio::test]
async fn c11_another_site_s_picture_or_frame_starts_no_login() {
    let world = PlainWorld::start().await;
    for path in ["/auth/login/plain", "/auth/login", "/auth/login/plain?fresh=1"] {
        for site in ["cross-site", "same-site"] {
            for dest in ["image", "iframe", "script", "empty", "object", "embed"] {
                let pairs = [("sec-fetch-site", site), ("sec-fetch-dest", dest), ("sec-fetch-mode", "no-cors")];
                let page = world.send(&mut Browser::new(), Method::GET, path, &pairs).await;
                assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (403, Some("cross_origin")), "{dest}");
                assert!(!page.headers.contains_key("set-cookie"), "{path} {site} {dest}");
            }
            let link = [("sec-fetch-site", site), ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")];
            let page = world.send(&mut Browser::new(), Method::GET, path, &link).await;
            assert_eq!(page.status.as_u16(), 303, "a link elsewhere may lead to the login");
        }
    }
    assert!(!world.provider.asked().contains(&"token".to_owned()));
}
