//! C31–C44, C50–C54: the way back from the provider.

use std::time::Duration;

use reqwest::Method;
use vneid_auth::audit::What;
use vneid_contract_tests::plain::parameter;
use vneid_contract_tests::plain_world::set_cookies;
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::{Browser, PlainWorld};

/// Asserts that callbacks with these queries are refused with this code, nothing is asked of the provider, and the login
/// that they pretend to answer is as good as before.
async fn refused_and_nothing_spent(queries: &[&str], code: &str) {
    let world = PlainWorld::start().await;
    for query in queries {
        let mut browser = Browser::new();
        let request = world.begin(&mut browser).await;
        let asked = world.provider.asked().len();
        world.provider.consent(&request, "good");
        let page = browser.fetch(&world.callback(&request, query)).await;
        assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (400, Some(code)), "{query}: {page:?}");
        world.no_session(&mut browser, &page).await;
        assert_eq!(world.provider.asked().len(), asked, "{query}: the provider is not asked");
        let page = browser.open_once(world.provider.answer(&request).as_str()).await;
        assert_eq!(
            (page.status.as_u16(), page.raw_location()),
            (303, "/ho-so"),
            "{query}: the true answer still counts"
        );
        assert!(world.is_logged_in(&mut browser).await);
    }
}

#[tokio::test]
async fn c31_c32_c33_without_our_state_nothing_happens() {
    refused_and_nothing_spent(
        &[
            "code=good&iss=ISS",
            "code=good&iss=ISS&state=",
            "code=good&iss=ISS&state",
            "code=good&iss=ISS&state=unknown",
            "code=good&iss=ISS&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "code=good&iss=ISS&state=STATEx",
            "code=good&iss=ISS&state=xSTATE",
            "code=good&iss=ISS&state=%20STATE",
            "code=good&iss=ISS&state=STATE%00",
            "code=good&iss=ISS&STATE=STATE",
            "code=good&iss=ISS&state%5B%5D=STATE",
            "code=good&iss=ISS#state=STATE",
        ],
        "state_mismatch",
    )
    .await;
}

#[tokio::test]
async fn c34_c35_another_browser_s_state_is_nobody_s() {
    let world = PlainWorld::start().await;
    let (mut owner, mut victim) = (Browser::new(), Browser::new());
    let attack = world.begin(&mut owner).await;
    let callback = world.provider.answer(&attack);
    // The victim has a login of their own open, a session, or nothing at all.
    world.begin(&mut victim).await;
    let mut logged_in = world.logged_in().await;
    let page = logged_in.fetch(callback.as_str()).await;
    assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (400, Some("state_mismatch")));
    assert!(set_cookies(&page, "session").is_empty() && world.is_logged_in(&mut logged_in).await);
    for mut browser in [victim, Browser::new()] {
        let exchanges = world.provider.exchanges().len();
        let page = browser.fetch(callback.as_str()).await;
        assert_eq!(world.provider.exchanges().len(), exchanges, "the code is not exchanged");
        world.refused(&mut browser, &page, 400, "state_mismatch").await;
    }
    // Even with a secret of its own in a cookie of the right name.
    let (name, _) = owner.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("login")).unwrap();
    let mut forger = Browser::new();
    forger.plant("127.0.0.1", &name, &format!("1700000000.{}", "A".repeat(43)));
    let page = forger.fetch(callback.as_str()).await;
    world.refused(&mut forger, &page, 400, "state_mismatch").await;
    assert_eq!(owner.open_once(callback.as_str()).await.raw_location(), "/ho-so", "the owner's login was not spent");
}

#[tokio::test]
async fn c36_of_many_callbacks_at_once_one_counts() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let request = world.begin(&mut browser).await;
    let callback = world.provider.answer(&request);
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let (mut twin, callback) = (browser.clone(), callback.clone());
            tokio::spawn(async move { twin.open_once(callback.as_str()).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for one in tries {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![303], vec![400; 11]].concat());
    assert_eq!(world.provider.exchanges().len(), 1, "the code was exchanged once");
    // A failed exchange spends the login too: it is taken before the provider is asked.
    let request = world.begin(&mut browser).await;
    let wrong = world.callback(&request, "code=never-given&state=STATE&iss=ISS");
    let first = browser.fetch(&wrong).await;
    assert_eq!((first.status.as_u16(), first.json()["code"].as_str()), (502, Some("provider_error")));
    let again = browser.fetch(world.provider.answer(&request).as_str()).await;
    world.refused(&mut browser, &again, 400, "state_mismatch").await;
}

#[tokio::test]
async fn c37_ten_minutes_to_the_millisecond() {
    for (waited, status, code) in [
        (599_999, 303, None),
        (600_000, 400, Some("login_expired")),
        (1_199_999, 400, Some("login_expired")),
        (1_200_000, 400, Some("state_mismatch")),
    ] {
        let world = PlainWorld::start().await;
        let mut browser = Browser::new();
        let request = world.begin(&mut browser).await;
        let callback = world.provider.answer(&request);
        world.clock.advance(Duration::from_millis(waited));
        let page = browser.fetch(callback.as_str()).await;
        assert_eq!(page.status.as_u16(), status, "{waited}: {page:?}");
        if let Some(code) = code {
            assert!(world.provider.exchanges().is_empty());
            world.refused(&mut browser, &page, 400, code).await;
        }
    }
}

#[tokio::test]
async fn c38_c39_c40_malformed_answers() {
    refused_and_nothing_spent(
        &[
            "code=good&code=good&state=STATE&iss=ISS",
            "code=good&code=other&state=STATE&iss=ISS",
            "code=good&c%6fde=other&state=STATE&iss=ISS",
            "code=good&state=STATE&state=STATE&iss=ISS",
            "code=good&state=other&state=STATE&iss=ISS",
            "code=good&state=STATE&iss=ISS&iss=ISS",
            "code=good&state=STATE&iss=ISS&iss=https%3A%2F%2Fevil.example",
            "error=a&error=b&state=STATE&iss=ISS",
            "error=a&error_description=b&error_description=c&state=STATE&iss=ISS",
            "code=good&session_state=a&session_state=b&state=STATE&iss=ISS",
            "code=good&encrypt_key=a&encrypt_key=b&state=STATE&iss=ISS",
            "code=good&error=access_denied&state=STATE&iss=ISS",
            "code=good&error=&state=STATE&iss=ISS",
            "state=STATE&iss=ISS",
            "code=&state=STATE&iss=ISS",
            "error=&state=STATE&iss=ISS",
            "code=%ff&state=STATE&iss=ISS",
            "code=%zz&state=STATE&iss=ISS",
            "code=good&state=STATE&iss=%",
            "",
        ],
        "malformed_callback",
    )
    .await;
    let long = format!("code=good&state=STATE&iss=ISS&x={}", "a".repeat(20_000));
    refused_and_nothing_spent(&[&long], "malformed_callback").await;
}

#[tokio::test]
async fn c41_c44_what_the_provider_answers_instead_of_a_code() {
    let world = PlainWorld::start().await;
    for (error, status, code) in [
        ("access_denied", 403, "login_cancelled"),
        ("access_denied&error_description=web_login_not_permitted", 403, "web_login_not_permitted"),
        ("temporarily_unavailable", 503, "provider_unavailable"),
        ("unmet_authentication_requirements", 403, "level_too_low"),
        ("login_required", 502, "provider_error"),
        ("interaction_required", 502, "provider_error"),
        ("consent_required", 502, "provider_error"),
        ("account_selection_required", 502, "provider_error"),
        ("invalid_request", 502, "provider_error"),
        ("unauthorized_client", 502, "provider_error"),
        ("unsupported_response_type", 502, "provider_error"),
        ("invalid_scope", 502, "provider_error"),
        ("server_error", 502, "provider_error"),
        ("invalid_request_uri", 502, "provider_error"),
        ("request_not_supported", 502, "provider_error"),
        ("registration_not_supported", 502, "provider_error"),
        ("something_else", 502, "provider_error"),
        ("ACCESS_DENIED", 502, "provider_error"),
    ] {
        let mut browser = Browser::new();
        let request = world.begin(&mut browser).await;
        let page = browser.fetch(&world.callback(&request, &format!("error={error}&state=STATE&iss=ISS"))).await;
        assert_eq!(page.headers.contains_key("retry-after"), status == 503, "{error}");
        assert!(world.provider.exchanges().is_empty(), "{error}");
        assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (status, Some(code)), "{error}");
        world.no_session(&mut browser, &page).await;
        let refused = world.portal.audit.events().last().map(|event| event.what);
        assert!(matches!(refused, Some(What::LoginRefused(refused)) if refused.as_str() == code), "{refused:?}");
    }
    world.logged_in().await;
}

#[tokio::test]
async fn c41_a_refused_login_leaves_the_session_alone() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    for query in
        ["error=access_denied&state=STATE&iss=ISS", "code=bad&state=STATE&iss=ISS", "code=a&code=a&state=STATE"]
    {
        let request = world.begin(&mut browser).await;
        let page = browser.open_once(&world.callback(&request, query)).await;
        assert!(page.status.is_client_error() || page.status.is_server_error(), "{page:?}");
        assert!(world.is_logged_in(&mut browser).await, "{query}");
    }
}

#[tokio::test]
async fn c42_c70_no_word_of_the_answer_is_shown() {
    let world = PlainWorld::start().await;
    let hostile = [
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
        "xxsecretxx%0d%0aSet-Cookie:%20xxsecretxx%3D1",
        &"xxsecretxx".repeat(1000),
    ];
    for text in hostile {
        for query in [
            format!("error={text}&error_description=xxsecretxx&state=STATE&iss=ISS"),
            format!("error=access_denied&error_description={text}&error_uri={text}&state=STATE&iss=ISS"),
            format!("code={text}&state=STATE&iss=ISS"),
            format!("code=xxsecretxx&state={text}&iss=ISS"),
            format!("code=xxsecretxx&state=STATE&iss={text}"),
        ] {
            let mut browser = Browser::new();
            let request = world.begin(&mut browser).await;
            let mut json = browser.clone();
            let state = parameter(&request, "state").unwrap();
            let pages = [
                browser.open_once(&world.callback(&request, &query)).await,
                json.fetch(&world.callback(&request, &query)).await,
            ];
            for page in pages {
                assert!(page.status.as_u16() >= 400, "{query}");
                let whole = format!("{:?}{}", page.headers, page.body);
                for word in ["xxsecretxx", "<script", "onerror", "alert(", &state] {
                    assert!(!whole.contains(word), "{word} from {query} in {whole}");
                }
            }
        }
    }
    world.logged_in().await;
}

#[tokio::test]
async fn c43_an_error_with_a_wrong_state_is_not_even_told() {
    refused_and_nothing_spent(
        &[
            "error=access_denied&state=wrong&iss=ISS",
            "error=server_error&iss=ISS",
            "error=access_denied&state=&iss=ISS",
        ],
        "state_mismatch",
    )
    .await;
}

#[tokio::test]
async fn c50_a_code_reaches_the_provider_as_it_left() {
    let world = PlainWorld::start().await;
    for (sent, meant) in [
        ("a+b/c==", "a+b/c=="),
        ("a%2Bb%2Fc%3D", "a+b/c="),
        ("a%252Bb", "a%2Bb"),
        ("a%20b", "a b"),
        ("%26state%3Dx", "&state=x"),
        ("%C4%91", "đ"),
    ] {
        let mut browser = Browser::new();
        let request = world.begin(&mut browser).await;
        world.provider.consent(&request, meant);
        let page = browser.open_once(&world.callback(&request, &format!("code={sent}&state=STATE&iss=ISS"))).await;
        assert_eq!((page.status.as_u16(), page.raw_location()), (303, "/ho-so"), "{sent}: {page:?}");
        assert_eq!(world.provider.exchanges().last().unwrap()["code"], meant);
    }
}

#[tokio::test]
async fn c51_c52_c54_other_methods_and_guesses_spend_nothing() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let request = world.begin(&mut browser).await;
    assert_eq!(parameter(&request, "response_mode"), None, "form_post is never asked for");
    let callback = world.provider.answer(&request).to_string();
    let path = callback.strip_prefix(&world.portal.base).unwrap();
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let page = world.send(&mut browser, method.clone(), path, &[]).await;
        assert_eq!((page.status.as_u16(), page.headers["allow"].to_str().unwrap()), (405, "GET, HEAD"), "{method}");
        assert!(set_cookies(&page, "").is_empty());
    }
    let head = world.send(&mut browser, Method::HEAD, path, &[]).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (204, ""));
    for guess in [("sec-purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")] {
        let page = world.send(&mut browser, Method::GET, path, &[guess, ("accept", "text/html")]).await;
        assert_eq!(page.status.as_u16(), 204, "{guess:?}");
        assert!(page.headers.get("set-cookie").is_none());
    }
    assert!(world.provider.exchanges().is_empty());
    // A fragment stays in the browser, so the answer is not there.
    let fragment = browser.fetch(&world.callback(&request, "").replace('?', "#code=x")).await;
    assert_eq!(fragment.json()["code"], "malformed_callback");
    assert_eq!(browser.open_once(&callback).await.raw_location(), "/ho-so", "the login is still open");
}

#[tokio::test]
async fn c53_the_page_after_the_callback_knows_nothing_of_the_code() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let request = world.begin(&mut browser).await;
    let page = browser.open_once(world.provider.answer(&request).as_str()).await;
    assert_eq!((page.status.as_u16(), page.raw_location(), page.body.as_str()), (303, "/ho-so", ""));
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    // An error page brings nothing from elsewhere and runs nothing.
    let page = browser.open_once(&world.url("/auth/callback/plain?code=x&state=y")).await;
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    for foreign in ["src=", "@import", "url(", "<script", "<link", "http://", "https://"] {
        assert!(!page.body.contains(foreign), "{foreign} in {}", page.body);
    }
}

#[tokio::test]
async fn callbacks_of_nobody_and_of_unknown_providers() {
    let world = PlainWorld::start().await;
    for (path, code) in [
        ("/auth/callback/other?code=a&state=b", "unknown_provider"),
        ("/auth/callback/Plain?code=a&state=b", "unknown_provider"),
        ("/auth/callback/plain%20?code=a&state=b", "unknown_provider"),
        ("/auth/callback/", "not_found"),
        ("/auth/callback", "not_found"),
        ("/auth/callback/plain/", "not_found"),
        ("/auth/callback/plain/x", "not_found"),
    ] {
        let page = Browser::new().fetch(&world.url(path)).await;
        assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (404, Some(code)), "{path}");
    }
    for path in
        ["//auth/callback/plain", "/auth//callback/plain", "/auth/./callback/plain", "/auth/x/../callback/plain"]
    {
        let answer = raw(&world.portal.base, &format!("GET {path}?code=a&state=b"), &[], b"").await;
        assert_eq!(answer.status, 404, "{path}");
    }
}
