//! C123–C134: the session and its cookies.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use reqwest::Method;
use url::Url;
use vneid_auth::portal::Portal;
use vneid_auth::store::MemoryStore;
use vneid_contract_tests::plain::{Bent, Plain};
use vneid_contract_tests::plain_world::set_cookies;
use vneid_contract_tests::portal::SECRET;
use vneid_contract_tests::watched::Watched;
use vneid_contract_tests::{Browser, PlainWorld, SimClock};

/// The one cookie whose name has this word.
fn cookie(browser: &Browser, word: &str) -> (String, String) {
    let mut found: Vec<_> = browser.cookies("127.0.0.1").into_iter().filter(|(name, _)| name.contains(word)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// Who `/auth/session` sees behind this `Cookie` line.
async fn seen_with(world: &PlainWorld, cookies: &str) -> u16 {
    world.send(&mut Browser::new(), Method::GET, "/auth/session", &[("cookie", cookies)]).await.status.as_u16()
}

#[tokio::test]
async fn c123_c131_every_login_and_every_fresh_one_renews_the_session() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    let mut seen = HashSet::from([cookie(&browser, "session").1]);
    for again in ["/auth/login/plain", "/auth/login/plain?fresh=1", "/auth/login/plain"] {
        let (name, old) = cookie(&browser, "session");
        world.clock.advance(Duration::from_secs(1));
        let request = browser.open_once(&world.url(again)).await.location().unwrap();
        assert_eq!(seen_with(&world, &format!("{name}={old}")).await, 200, "until the login is through");
        browser.open_once(world.provider.answer(&request).as_str()).await;
        assert_eq!(seen_with(&world, &format!("{name}={old}")).await, 401, "{again}: the old one is dead");
        assert!(seen.insert(cookie(&browser, "session").1), "{again}");
        assert!(world.is_logged_in(&mut browser).await);
    }
    let stepped_up = browser.fetch(&world.url("/auth/session")).await.json()["stepped_up_at"].clone();
    assert!(stepped_up.is_null(), "a step-up before the last login is not carried over");
}

#[tokio::test]
async fn c124_c127_an_id_that_is_not_ours_is_never_adopted() {
    let world = PlainWorld::start().await;
    let name = cookie(&world.logged_in().await, "session").0;
    let planted = "P".repeat(43);
    let mut victim = Browser::new();
    victim.plant("127.0.0.1", &name, &planted);
    let unknown = victim.fetch(&world.url("/auth/session")).await;
    assert_eq!(unknown.status.as_u16(), 401);
    assert!(unknown.headers["set-cookie"].to_str().unwrap().starts_with(&format!("{name}=;")), "it is cleared");
    victim.plant("127.0.0.1", &name, &planted);
    world.log_in(&mut victim).await;
    assert_ne!(cookie(&victim, "session").1, planted);
    assert_eq!(seen_with(&world, &format!("{name}={planted}")).await, 401);
}

#[tokio::test]
async fn c125_of_two_session_cookies_neither_counts() {
    let world = PlainWorld::start().await;
    let (name, id) = cookie(&world.logged_in().await, "session");
    let (_, other) = cookie(&world.logged_in().await, "session");
    for cookies in [
        format!("{name}={id}; {name}={other}"),
        format!("{name}={other}; {name}={id}"),
        format!("{name}={id}; {name}={id}"),
        format!("{name}={id}; a=b; {name}="),
    ] {
        assert_eq!(seen_with(&world, &cookies).await, 401, "{cookies}");
    }
    assert_eq!(seen_with(&world, &format!("a={other}; {name}={id}; {name}x={other}")).await, 200);
    let mut two_lines = Browser::new();
    let pairs = [("cookie", format!("{name}={id}")), ("cookie", format!("{name}={other}"))];
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = world.send(&mut two_lines, Method::GET, "/auth/session", &pairs).await;
    assert_eq!(page.status.as_u16(), 401, "two header lines are as two cookies");
}

#[tokio::test]
async fn c126_over_http_the_names_carry_the_port() {
    let world = PlainWorld::start().await;
    let port = Url::parse(&world.portal.base).unwrap().port().unwrap();
    let mut browser = Browser::new();
    let start = browser.open_once(&world.url("/auth/login/plain")).await;
    let login = set_cookies(&start, "login");
    assert!(login[0].starts_with(&format!("vneid-login-{port}-")), "{login:?}");
    assert!(login[0].ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=1200"), "{login:?}");
    let done = browser.open_once(world.provider.answer(&start.location().unwrap()).as_str()).await;
    let session = set_cookies(&done, "session");
    assert!(session[0].starts_with(&format!("vneid-session-{port}=")), "{session:?}");
    assert!(session[0].ends_with("; Path=/; HttpOnly; SameSite=Lax"), "it goes with the window: {session:?}");
    let all = done.headers.get_all("set-cookie").iter().count();
    assert_eq!((all, session.len()), (2, 1), "and the login's own is expired");
    assert!(browser.cookies("127.0.0.1").iter().all(|(name, _)| !name.contains("login")));
}

#[tokio::test]
async fn c126_over_https_the_names_are_bound_to_the_host() {
    let clock = SimClock::default();
    let provider = Plain::start(clock.clone()).await;
    let builder = Portal::builder("https://dvc.example.gov.vn").secret(SECRET.into()).clock(Arc::new(clock));
    let portal = builder.provider(provider.config("plain")).build().unwrap();
    let get = |uri: &str, cookies: &str| {
        let request = Request::get(uri).header("cookie", cookies).body(Bytes::new()).unwrap();
        portal.serve(request, None)
    };
    let start = get("/auth/login/plain", "").await;
    let line = start.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(line.starts_with("__Host-vneid-login-"), "{line}");
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=1200"), "{line}");
    let callback = provider.answer(&Url::parse(start.headers()["location"].to_str().unwrap()).unwrap());
    assert!(callback.as_str().starts_with("https://dvc.example.gov.vn/auth/callback/plain?"));
    let target = callback.as_str().strip_prefix("https://dvc.example.gov.vn").unwrap();
    // The same secret under a name that a sibling site could set counts for nothing.
    let pair = line.split(';').next().unwrap();
    let unbound = get(target, pair.strip_prefix("__Host-").unwrap()).await;
    assert_eq!(unbound.status().as_u16(), 400);
    let done = get(target, pair).await;
    assert_eq!(done.status().as_u16(), 303);
    let line = done.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(line.starts_with("__Host-vneid-session="), "{line}");
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure") && !line.contains("Domain"), "{line}");
    let pair = line.split(';').next().unwrap();
    assert_eq!(get("/auth/session", pair).await.status().as_u16(), 200);
    assert_eq!(get("/auth/session", pair.strip_prefix("__Host-").unwrap()).await.status().as_u16(), 401);
}

#[tokio::test]
async fn c127_a_dump_of_the_store_opens_nothing_and_names_nobody() {
    let clock = SimClock::default();
    let store = Arc::new(Watched::new(clock));
    let given = store.clone();
    let world = PlainWorld::with(Bent::default(), |portal| portal.store(given)).await;
    let mut browser = world.logged_in().await;
    world.clock.advance(Duration::from_secs(120));
    browser.open(&world.url("/ho-so")).await;
    let (name, id) = cookie(&browser, "session");
    let page = world.send(&mut browser, Method::POST, "/auth/logout", &[]).await;
    let state = vneid_contract_tests::plain::parameter(&page.location().unwrap(), "state").unwrap();
    let seen = store.seen();
    assert!(seen.len() > 2000);
    for secret in [id.as_str(), &state, "plain-1", "plain-session", "001801000001", "Thử", "/ho-so", "code_verifier"]
    {
        let found = seen.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{secret} lies in the store in clear; the cookie was {name}");
    }
    assert!(id.len() >= 22, "128 bits at least");
}

#[tokio::test]
async fn c128_one_kind_of_cookie_is_never_another() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    let (session_name, session) = cookie(&browser, "session");
    let request = world.begin(&mut browser).await;
    let (login_name, login) = cookie(&browser, "login");
    let secret = login.split_once('.').unwrap().1;
    for value in [login.as_str(), secret] {
        assert_eq!(seen_with(&world, &format!("{session_name}={value}")).await, 401, "a login is no session");
    }
    for value in [session.clone(), format!("1700000000.{session}")] {
        let mut thief = Browser::new();
        thief.plant("127.0.0.1", &login_name, &value);
        let page = thief.fetch(world.provider.answer(&request).as_str()).await;
        world.refused(&mut thief, &page, 400, "state_mismatch").await;
    }
}

#[tokio::test]
async fn c129_broken_cookies_are_absent_cookies() {
    let world = PlainWorld::start().await;
    let (name, id) = cookie(&world.logged_in().await, "session");
    let mut flipped = id.clone().into_bytes();
    flipped[0] = if flipped[0] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    for value in [
        String::new(),
        id[..42].to_owned(),
        format!("{id}A"),
        flipped,
        id.to_lowercase() + "=",
        format!("\"{id}\""),
        format!("%{}", &id[1..]),
        format!("{}=", &id[..42]),
        "A".repeat(100_000),
        "99999999".to_owned(),
        "../../etc/passwd".to_owned(),
    ] {
        assert_eq!(seen_with(&world, &format!("{name}={value}")).await, 401, "{value}");
        let page =
            world.send(&mut Browser::new(), Method::GET, "/ho-so", &[("cookie", &format!("{name}={value}"))]).await;
        assert_eq!(page.json()["code"], "not_logged_in");
    }
    for line in
        ["", ";", "=", ";;;===", "a", &name.clone(), &"a=b; ".repeat(2000), &format!("{name}-0=x; {name}-99999999=x")]
    {
        assert_eq!(seen_with(&world, line).await, 401, "{line:.80}");
    }
    // A flood of planted login cookies is cut to size.
    let flood: Vec<String> = (0..60).map(|n| format!("{}-{n:012}=1.{id}", name.replace("session", "login"))).collect();
    let page =
        world.send(&mut Browser::new(), Method::GET, "/auth/login/plain", &[("cookie", &flood.join("; "))]).await;
    assert_eq!(page.status.as_u16(), 303);
    let dropped =
        page.headers.get_all("set-cookie").iter().filter(|line| line.to_str().unwrap().contains("Max-Age=0")).count();
    assert_eq!(dropped, 53, "seven stay beside the new one");
}

#[tokio::test]
async fn c129_a_session_under_a_forgotten_secret_is_gone_and_under_the_previous_one_runs() {
    let clock = SimClock::default();
    let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let provider = Plain::start(clock.clone()).await;
    let portal = |current: &str, previous: Option<&str>| {
        let mut builder = Portal::builder("http://127.0.0.1:8080").secret(current.into()).store(store.clone());
        if let Some(previous) = previous {
            builder = builder.previous_secret(previous.into());
        }
        builder.clock(Arc::new(clock.clone())).provider(provider.config("plain")).build().unwrap()
    };
    let (old, new) = (SECRET, "YW5vdGhlciBvbmUsIGFsc28gZm9yIHRlc3RzIGFsb25lIQ==");
    let get = |portal: Portal, uri: String, cookie: String| async move {
        portal.serve(Request::get(uri).header("cookie", cookie).body(Bytes::new()).unwrap(), None).await
    };
    let pair = |response: &http::Response<vneid_auth::web::Body>| {
        response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    };
    let start = get(portal(old, None), "/auth/login/plain".into(), String::new()).await;
    let callback = provider.answer(&Url::parse(start.headers()["location"].to_str().unwrap()).unwrap());
    let target = callback.as_str().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    let done = get(portal(old, None), target, pair(&start)).await;
    let session = pair(&done);
    for (portal, status) in [(portal(old, None), 200), (portal(new, Some(old)), 200), (portal(new, None), 401)] {
        let answer = get(portal, "/auth/session".into(), session.clone()).await;
        assert_eq!(answer.status().as_u16(), status);
    }
}

#[tokio::test]
async fn c130_the_boundaries_of_a_session() {
    let world = PlainWorld::start().await;
    for (wait, alive) in [(1_799_999, true), (1_800_000, false)] {
        let mut browser = world.logged_in().await;
        world.clock.advance(Duration::from_millis(wait));
        assert_eq!(world.is_logged_in(&mut browser).await, alive, "idle for {wait} ms");
        browser.open(&world.url("/")).await;
        assert_eq!(browser.page().body.contains("Xin chào"), alive);
    }
    for (wait, alive) in [(8 * 3_600_000 - 1, true), (8 * 3_600_000, false)] {
        let mut browser = world.logged_in().await;
        let mut left = wait;
        while left > 1_500_000 {
            world.clock.advance(Duration::from_millis(1_500_000));
            left -= 1_500_000;
            browser.open(&world.url("/")).await;
        }
        world.clock.advance(Duration::from_millis(left));
        assert_eq!(world.is_logged_in(&mut browser).await, alive, "{wait} ms old");
    }
}

#[tokio::test]
async fn c133_nothing_with_a_session_is_kept_by_a_cache() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let start = browser.open_once(&world.url("/auth/login/plain?return_to=/ho-so")).await;
    let done = browser.open_once(world.provider.answer(&start.location().unwrap()).as_str()).await;
    let who = browser.fetch(&world.url("/auth/session")).await;
    let out = world.send(&mut browser, Method::POST, "/auth/logout", &[]).await;
    let back = browser.open_once(&world.url("/auth/logged-out")).await;
    let nobody = browser.fetch(&world.url("/auth/session")).await;
    for page in [&start, &done, &who, &out, &back, &nobody] {
        assert_eq!(page.headers["cache-control"], "no-store", "{page:?}");
        assert!(page.headers["vary"].to_str().unwrap().contains("Cookie"), "{page:?}");
    }
}

#[tokio::test]
async fn c134_many_requests_of_one_session_at_once_lose_nobody() {
    let world = PlainWorld::start().await;
    let mut browser = world.logged_in().await;
    for _ in 0..3 {
        // Now every one of them wants to write that the session was used.
        world.clock.advance(Duration::from_secs(90));
        let requests: Vec<_> = (0..24)
            .map(|_| {
                let (mut twin, url) = (browser.clone(), world.url("/ho-so"));
                tokio::spawn(async move { twin.open_once(&url).await.status.as_u16() })
            })
            .collect();
        for request in requests {
            assert_eq!(request.await.unwrap(), 200);
        }
    }
    assert!(world.is_logged_in(&mut browser).await);
    // Logging out among them ends it, whoever writes last.
    world.clock.advance(Duration::from_secs(90));
    let uses: Vec<_> = (0..12)
        .map(|_| {
            let (mut twin, url) = (browser.clone(), world.url("/ho-so"));
            tokio::spawn(async move { twin.open_once(&url).await.status.as_u16() })
        })
        .collect();
    let mut twin = browser.clone();
    world.send(&mut twin, Method::POST, "/auth/logout", &[]).await;
    for one in uses {
        assert!(matches!(one.await.unwrap(), 200 | 303));
    }
    assert!(!world.is_logged_in(&mut browser).await, "a late write brings no session back");
}
