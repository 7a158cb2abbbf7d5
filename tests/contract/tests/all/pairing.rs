//! Login by QR code on the portal's own screen: the device grant, its polls, and who may do what with a pairing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use url::Url;
use vneid_auth::portal::{Policy, Sessions};
use vneid_auth::store::{Kind, MemoryStore};
use vneid_contract_tests::evil::{Part, Reply, SUBJECT, Says};
use vneid_contract_tests::faulty::{Fault, Faulty};
use vneid_contract_tests::pairing_world::send;
use vneid_contract_tests::plain_world::{headers, set_cookies};
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::yielding::Yielding;
use vneid_contract_tests::{Browser, Events, PairingWorld, World};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// How long after one poll the next was sent.
fn gaps(world: &PairingWorld) -> Vec<u64> {
    let polls = world.evil().polls();
    polls.windows(2).map(|pair| pair[1].since(pair[0]).as_secs()).collect()
}

#[tokio::test]
async fn c162_the_interval_is_kept_however_many_look() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, answer) = world.pair(&mut browser).await;
    assert_eq!((&answer["interval"], &answer["expires_in"]), (&json!(5), &json!(600)), "RFC 8628: 5 s unless said");
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(world.events(&browser, &id, None).await);
    }
    world.no_poll_after(&mut browser, &id, Duration::from_millis(4_999)).await;
    world.clock().advance(Duration::from_millis(1));
    let looks = (0..20).map(|_| {
        let (mut browser, world, id) = (browser.clone(), &world, &id);
        async move { world.status(&mut browser, id).await }
    });
    for look in looks {
        assert_eq!(look.await, "pending");
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(world.evil().polls().len(), 1);
    world.no_poll_after(&mut browser, &id, Duration::from_millis(4_999)).await;
    world.poll_after(&mut browser, &id, 1).await;
}

#[tokio::test]
async fn c162_slow_down_is_for_good_and_an_outage_backs_off() {
    let world = PairingWorld::start().await;
    world.evil().change(Part::Device, |answer| answer["interval"] = json!(7));
    let mut browser = Browser::new();
    let (id, answer) = world.pair(&mut browser).await;
    assert_eq!(answer["interval"], 7);
    world.evil().says([Says::Error("authorization_pending"), Says::Error("slow_down")]);
    world.poll_after(&mut browser, &id, 7).await;
    world.poll_after(&mut browser, &id, 7).await;
    for _ in 0..2 {
        world.no_poll_after(&mut browser, &id, seconds(11)).await;
        world.poll_after(&mut browser, &id, 1).await;
    }
    // Twice the interval, then four times, at most a minute; an answer ends that.
    world.evil().says([503, 500].map(|status| Says::Reply(Reply::new(status))));
    world.poll_after(&mut browser, &id, 12).await;
    world.no_poll_after(&mut browser, &id, seconds(23)).await;
    world.poll_after(&mut browser, &id, 1).await;
    world.no_poll_after(&mut browser, &id, seconds(47)).await;
    world.poll_after(&mut browser, &id, 1).await;
    world.poll_after(&mut browser, &id, 12).await;
    assert_eq!(gaps(&world), [7, 12, 12, 12, 24, 48, 12]);
}

#[tokio::test]
async fn c163_every_answer_means_its_own() {
    let world = PairingWorld::start().await;
    let html = Reply::new(200).header("content-type", "text/html").body("<html>");
    for (says, status) in [
        (Says::Error("access_denied"), "denied"),
        (Says::Error("expired_token"), "expired"),
        (Says::Error("invalid_grant"), "denied"),
        (Says::Error("unsupported_grant_type"), "denied"),
        (Says::Error("something_new"), "denied"),
        (Says::Reply(Reply::json(403, r#"{"error":"access_denied"}"#)), "denied"),
        (Says::Reply(Reply::json(200, r#"{"error":"expired_token"}"#)), "expired"),
        (Says::Reply(html), "denied"),
        (Says::Reply(Reply::json(200, "{}")), "denied"),
    ] {
        let mut browser = Browser::new();
        let (id, _) = world.pair(&mut browser).await;
        world.evil().says([Says::Error("authorization_pending"), says.clone()]);
        world.poll_after(&mut browser, &id, 5).await;
        assert_eq!(world.status(&mut browser, &id).await, "pending", "it goes on");
        world.poll_after(&mut browser, &id, 5).await;
        assert_eq!(world.status(&mut browser, &id).await, status, "{says:?}");
        world.no_poll_after(&mut browser, &id, seconds(60)).await;
        assert_eq!(world.status(&mut browser, &id).await, status, "its owner reads it until it would have expired");
        let page = world.complete(&mut browser, &id).await;
        assert_eq!((page.status.as_u16(), &page.json()["code"]), (409, &json!("pairing_not_approved")), "{says:?}");
        assert_eq!(world.session(&mut browser).await.status, 401);
    }
}

#[tokio::test]
async fn c164_the_code_s_life_is_the_end_whatever_the_provider_says() {
    let world = PairingWorld::start().await;
    world.evil().change(Part::Device, |answer| answer["expires_in"] = json!(30));
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    let mut stream = world.events(&browser, &id, None).await;
    assert_eq!(stream.next().await.as_deref(), Some("pending"));
    for _ in 0..5 {
        world.poll_after(&mut browser, &id, 5).await;
    }
    world.evil().says_always(Says::Tokens);
    world.no_poll_after(&mut browser, &id, seconds(5)).await;
    assert_eq!(world.status(&mut browser, &id).await, "expired");
    assert_eq!((stream.next().await.as_deref(), stream.next().await), (Some("expired"), None));
    assert_eq!(world.complete(&mut browser, &id).await.status, 409);
    // Nothing is left when it is forgotten.
    world.clock().advance(seconds(60));
    assert_eq!(world.send(&mut browser, Method::GET, &format!("/auth/pairing/{id}"), &[]).await.status, 404);
}

#[tokio::test]
async fn c165_retry_after_is_waited_for() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    let waits = |status: u16, error: &str, wait: &str| {
        let body = json!({ "error": error }).to_string();
        Says::Reply(Reply::json(status, body).header("retry-after", wait))
    };
    world.evil().says([
        waits(400, "authorization_pending", "20"),
        waits(429, "slow_down", "40"),
        waits(503, "", "90"),
        waits(400, "authorization_pending", "1"),
        waits(400, "authorization_pending", "86400"),
    ]);
    world.poll_after(&mut browser, &id, 5).await;
    for wait in [20, 40, 90, 5, 5] {
        world.no_poll_after(&mut browser, &id, seconds(wait) - Duration::from_millis(1)).await;
        world.clock().advance(Duration::from_millis(1));
        world.poll_after(&mut browser, &id, 0).await;
    }
    assert_eq!(gaps(&world), [20, 40, 90, 5, 5], "a day is not believed, and nothing shortens the interval");
}

#[tokio::test]
async fn c166_the_page_shows_code_and_qr_and_what_is_authorised() {
    let world = PairingWorld::with(|c| c.label("Tài khoản Thử", "Test account"), |portal| portal).await;
    for (language, words) in [
        ("vi", ["Quét mã để đăng nhập vào", "Tài khoản Thử", "So sánh mã này với mã trên điện thoại"]),
        ("en", ["Scan the code to log in to", "Test account", "Compare this code with the one on your phone"]),
    ] {
        let mut browser = Browser::new();
        browser.language = language.into();
        let (id, answer) = world.pair(&mut browser).await;
        let user_code = answer["user_code"].as_str().unwrap();
        assert!(answer["verification_uri_complete"].as_str().unwrap().ends_with(user_code), "{answer}");
        assert!(answer["qr_svg"].as_str().unwrap().starts_with("<svg"), "{answer}");
        let page = browser.open(&world.url(&format!("/auth/pairing/{id}"))).await.clone();
        let host = world.url("").replace("http://", "");
        for word in words.into_iter().chain([user_code, &host]) {
            assert!(page.text().contains(word), "{word}: {}", page.text());
        }
        assert!(page.body.contains("src=\"data:image/svg+xml;base64,"), "{}", page.body);
        assert_eq!(page.headers["refresh"], "5", "it comes again without a script");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("img-src 'self' data:") && !policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn c167_codes_are_in_no_log_and_the_device_code_in_no_answer() {
    let world = PairingWorld::start().await;
    let mut log = String::new();
    for last in [Says::Tokens, Says::Error("access_denied"), Says::Error("nonsense")] {
        let mut browser = Browser::new();
        let (id, answer) = world.pair(&mut browser).await;
        let mut seen = answer.to_string();
        world.evil().says([Says::Reply(Reply::new(503)), last]);
        log.push_str(&world.poll_after(&mut browser, &id, 5).await);
        log.push_str(&world.poll_after(&mut browser, &id, 10).await);
        for path in ["", "/complete", "/remove"] {
            let method = if path.is_empty() { Method::GET } else { Method::POST };
            seen.push_str(&world.send(&mut browser, method, &format!("/auth/pairing/{id}{path}"), &[]).await.body);
        }
        log.push_str(&world.world.logged());
        let (device_code, user_code) = world.evil().given().pop().unwrap();
        assert!(!seen.contains(&device_code), "the device code never leaves the server: {seen}");
        assert!(!log.contains(&device_code) && !log.contains(&user_code), "{log}");
        assert!(!log.contains(&id) && !log.contains("Nguyễn Văn Thử") && !log.contains("eyJ"), "{log}");
    }
}

#[tokio::test]
async fn an_approved_pairing_becomes_one_session_in_the_browser_that_asked() {
    let world = PairingWorld::over(|clock| Arc::new(Yielding(MemoryStore::new(Arc::new(clock.clone()))))).await;
    let mut browser = Browser::new();
    let id = world.approved(&mut browser).await;
    let completes: Vec<_> = (0..12)
        .map(|_| {
            let (mut browser, url) = (browser.clone(), world.url(&format!("/auth/pairing/{id}/complete")));
            tokio::spawn(async move {
                let page = send(&mut browser, Method::POST, &url, &[]).await;
                (page, browser)
            })
        })
        .collect();
    let mut sessions = Vec::new();
    for complete in completes {
        let (page, browser) = complete.await.unwrap();
        match page.status.as_u16() {
            200 => sessions.push((page, browser)),
            other => assert_eq!((other, set_cookies(&page, "session")), (409, vec![])),
        }
    }
    assert_eq!(sessions.len(), 1, "once");
    let (page, mut browser) = sessions.pop().unwrap();
    assert_eq!(page.json(), json!({"return_to": "/ho-so"}));
    let cookie = set_cookies(&page, "session").pop().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let session = world.session(&mut browser).await.json();
    assert_eq!((&session["provider"], &session["level"]), (&json!("vneid"), &json!(2)), "{session}");
    assert_eq!(session["citizen"]["full_name"], "Nguyễn Văn Thử");
    assert_eq!(world.status(&mut browser, &id).await, "completed");
    world.no_poll_after(&mut browser, &id, seconds(30)).await;
}

#[tokio::test]
async fn the_old_session_ends_and_logging_out_leaves_nothing_to_finish() {
    let world = PairingWorld::start().await;
    world.evil().change(Part::Metadata, |metadata| {
        metadata["end_session_endpoint"] = json!(metadata["issuer"].as_str().unwrap().to_owned() + "/end");
    });
    let mut browser = Browser::new();
    let first = world.approved(&mut browser).await;
    assert_eq!(world.complete(&mut browser, &first).await.status, 200);
    let mut last_person = browser.clone();
    let second = world.approved(&mut browser).await;
    assert_eq!(world.complete(&mut browser, &second).await.status, 200);
    assert_eq!(world.session(&mut last_person).await.status, 401, "the id is new, the old one dead");
    let third = world.approved(&mut browser).await;
    let out = world.send(&mut browser, Method::POST, "/auth/logout", &[]).await.json();
    let out = out["redirect_to"].as_str().unwrap();
    assert!(out.contains("/op/end?") && out.contains("id_token_hint=eyJ"), "the provider's session ends too: {out}");
    assert_eq!(world.complete(&mut browser, &third).await.status, 404, "the next person finishes nothing of the last");
}

#[tokio::test]
async fn what_ended_since_it_began_stays_ended() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let id = world.approved(&mut browser).await;
    let whose = Sessions::Subject { provider: "vneid", subject: SUBJECT };
    world.world.portal.portal.end_sessions(whose).await.unwrap();
    let page = world.complete(&mut browser, &id).await;
    assert_eq!((page.status.as_u16(), &page.json()["code"]), (400, &json!("login_expired")));
    assert_eq!(world.session(&mut browser).await.status, 401);
}

#[tokio::test]
async fn a_store_that_fails_for_a_moment_loses_no_approval() {
    let mut faulty = None;
    let world = PairingWorld::over(|clock| {
        let store = Arc::new(Faulty::new(clock.clone()));
        faulty = Some(store.clone());
        store
    })
    .await;
    let (faulty, mut browser) = (faulty.unwrap(), Browser::new());
    let (id, _) = world.pair(&mut browser).await;
    let userinfo = json!({"sub": SUBJECT, "name": "Nguyễn Văn Thử"}).to_string();
    world.evil().answer(Part::Userinfo, Reply::json(200, userinfo).delay(Duration::from_millis(500)));
    world.evil().says([Says::Tokens]);
    world.clock().advance(seconds(5));
    world.status(&mut browser, &id).await;
    while world.evil().polls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    faulty.set(Some(Fault::Replace(Kind::Pairing)));
    tokio::time::sleep(Duration::from_millis(900)).await;
    faulty.set(None);
    for _ in 0..200 {
        if world.status(&mut browser, &id).await == "approved" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the approval is lost:\n{}", world.world.logged());
}

#[tokio::test]
async fn a_pairing_of_another_browser_does_not_exist() {
    let world = PairingWorld::start().await;
    let mut owner = Browser::new();
    let id = world.approved(&mut owner).await;
    let mut other = Browser::new();
    world.pair(&mut other).await;
    let mut nobody = Browser::new();
    let nowhere = "A".repeat(43);
    let routes = [
        (Method::GET, ""),
        (Method::GET, "/events"),
        (Method::POST, "/complete"),
        (Method::DELETE, ""),
        (Method::POST, "/remove"),
    ];
    for (method, step) in routes {
        let (url, missing) = (format!("/auth/pairing/{id}{step}"), format!("/auth/pairing/{nowhere}{step}"));
        for stranger in [&mut other, &mut nobody] {
            let (there, not) = (
                world.send(stranger, method.clone(), &url, &[]).await,
                world.send(stranger, method.clone(), &missing, &[]).await,
            );
            let told = |page: &vneid_contract_tests::Page| (page.status.as_u16(), page.json()["code"].clone());
            assert_eq!((told(&there), told(&not)), ((404, json!("not_found")), told(&there)), "{method} {step}");
            assert_eq!(set_cookies(&there, ""), Vec::<String>::new());
        }
    }
    assert_eq!(world.complete(&mut owner, &id).await.status, 200, "and nothing happened to it");
    for path in ["/auth/pairing/", "/auth/pairing/x", "/auth/pairing/../session", &format!("/auth/pairing/{id}/x")] {
        assert_eq!(raw(&world.url(""), &format!("GET {path}"), &[], b"").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_pairing_that_is_given_up_is_over() {
    let world = PairingWorld::start().await;
    for (method, step) in [(Method::DELETE, ""), (Method::POST, "/remove")] {
        let mut browser = Browser::new();
        let (id, _) = world.pair(&mut browser).await;
        let mut stream = world.events(&browser, &id, None).await;
        assert_eq!(stream.next().await.as_deref(), Some("pending"));
        for _ in 0..2 {
            let page = world.send(&mut browser, method.clone(), &format!("/auth/pairing/{id}{step}"), &[]).await;
            assert_eq!((page.status.as_u16(), page.body.as_str()), (204, ""));
        }
        assert_eq!((stream.next().await.as_deref(), stream.next().await), (Some("cancelled"), None));
        world.evil().says_always(Says::Tokens);
        world.no_poll_after(&mut browser, &id, seconds(60)).await;
        assert_eq!(world.complete(&mut browser, &id).await.status, 409);
    }
}

#[tokio::test]
async fn an_answer_that_finds_the_pairing_cancelled_is_dropped() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    world.evil().says([Says::Reply(Reply::json(200, "{}").delay(Duration::from_millis(700)))]);
    world.clock().advance(seconds(5));
    world.status(&mut browser, &id).await;
    while world.evil().polls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.send(&mut browser, Method::DELETE, &format!("/auth/pairing/{id}"), &[]).await;
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(world.status(&mut browser, &id).await, "cancelled");
}

#[tokio::test]
async fn whoever_is_not_who_they_must_be_is_denied() {
    let world = PairingWorld::start().await;
    let claims: [(&str, fn(&mut serde_json::Value)); 6] = [
        ("a nonce, of somebody's redirect login", |claims| claims["nonce"] = json!("n")),
        ("a level too low", |claims| claims["acr"] = json!("LoA1")),
        ("no level", |claims| drop(claims.as_object_mut().unwrap().remove("acr"))),
        ("another audience", |claims| claims["aud"] = json!("another")),
        ("another issuer", |claims| claims["iss"] = json!("https://other.example")),
        ("a hash of another code", |claims| claims["c_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA")),
    ];
    for (what, change) in claims {
        let mut browser = Browser::new();
        world.evil().change(Part::Claims, change);
        let (id, _) = world.pair(&mut browser).await;
        world.evil().says([Says::Tokens]);
        world.poll_after(&mut browser, &id, 5).await;
        assert_eq!(world.status(&mut browser, &id).await, "denied", "{what}");
        world.evil().reform();
    }
    world.evil().change(Part::Userinfo, |claims| claims["sub"] = json!("somebody-else"));
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    world.evil().says([Says::Tokens]);
    world.poll_after(&mut browser, &id, 5).await;
    assert_eq!(world.status(&mut browser, &id).await, "denied");
    world.evil().reform();
    let id = world.approved(&mut browser).await;
    assert_eq!(world.complete(&mut browser, &id).await.status, 200, "an honest one goes on");
}

#[tokio::test]
async fn starts_that_cannot_be() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    for (fields, status, code) in [
        (&[][..], 422, "field_invalid"),
        (&[("provider", "nobody")], 404, "unknown_provider"),
        (&[("provider", "vneid"), ("provider", "vneid")], 400, "malformed_request"),
        (&[("provider", "vneid"), ("level", "two")], 422, "field_invalid"),
    ] {
        let page = world.send(&mut browser, Method::POST, "/auth/pairing", fields).await;
        assert_eq!((page.status.as_u16(), &page.json()["code"]), (status, &json!(code)), "{fields:?}");
    }
    for (body, status) in
        [(&b"[]"[..], 400), (br#"{"provider":["vneid"]}"#, 400), (br#"{"provider":"vneid","level":2}"#, 201)]
    {
        let length = format!("Content-Length: {}", body.len());
        let answer =
            raw(&world.url(""), "POST /auth/pairing", &["Content-Type: application/json", &length], body).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let foreign = headers(&[("accept", "application/json"), ("sec-fetch-site", "cross-site")]);
    let url = Url::parse(&world.url("/auth/pairing")).unwrap();
    let page = browser.request(Method::POST, url, foreign, Some(vec![("provider".into(), "vneid".into())])).await;
    assert_eq!((page.status.as_u16(), &page.json()["code"]), (403, &json!("cross_origin")));
    let allow = world.send(&mut browser, Method::GET, "/auth/pairing", &[]).await;
    assert_eq!((allow.status.as_u16(), allow.headers["allow"].to_str().unwrap()), (405, "POST"));
    for (reply, status, code) in [
        (Reply::new(503), 503, "provider_unavailable"),
        (Reply::json(400, r#"{"error":"unauthorized_client"}"#), 502, "provider_error"),
        (Reply::json(200, r#"{"device_code":"x"}"#), 502, "provider_error"),
        (Reply::json(200, "[]"), 502, "provider_error"),
    ] {
        world.evil().answer(Part::Device, reply);
        let page = world.send(&mut browser, Method::POST, "/auth/pairing", &[("provider", "vneid")]).await;
        assert_eq!((page.status.as_u16(), &page.json()["code"]), (status, &json!(code)));
        world.evil().reform();
    }
    world.evil().change(Part::Device, |answer| answer["verification_uri_complete"] = json!("javascript:alert(1)"));
    let page = world.send(&mut browser, Method::POST, "/auth/pairing", &[("provider", "vneid")]).await;
    assert_eq!(page.status, 502, "a phone is led to web addresses alone");
}

#[tokio::test]
async fn a_provider_without_a_device_grant_says_so() {
    let world = PairingWorld::start().await;
    world.evil().change(Part::Metadata, |metadata| {
        metadata.as_object_mut().unwrap().remove("device_authorization_endpoint");
    });
    let page = world.send(&mut Browser::new(), Method::POST, "/auth/pairing", &[("provider", "vneid")]).await;
    assert_eq!((page.status.as_u16(), &page.json()["code"]), (501, &json!("pairing_not_supported")));
    assert!(!world.world.portal.portal.has_pairing("vneid").await.unwrap());
    let other = PairingWorld::start().await;
    assert!(other.world.portal.portal.has_pairing("vneid").await.unwrap());
    assert!(other.world.portal.portal.has_pairing("nobody").await.is_err());
}

#[tokio::test]
async fn ten_thousand_of_one_address_starve_nobody() {
    let policy = |mut policy: Policy| {
        policy.pairings_of_an_address = 40;
        policy
    };
    let proxy = "127.0.0.1".parse().unwrap();
    let world =
        PairingWorld::with(|c| c, |portal| portal.trusted_proxies(vec![proxy]).policy(policy(Policy::default()))).await;
    let fresh = Browser::new();
    let from = async |address: &str| {
        let own = headers(&[("accept", "application/json"), ("x-forwarded-for", address)]);
        let url = Url::parse(&world.url("/auth/pairing")).unwrap();
        let mut browser = fresh.clone();
        let page = browser.request(Method::POST, url, own, Some(vec![("provider".into(), "vneid".into())])).await;
        (page, browser)
    };
    let mut refused = 0;
    for at in 0..700 {
        let (page, _) = from("198.51.100.7").await;
        if at < 40 {
            assert_eq!(page.status, 201, "{at}");
        } else {
            assert_eq!((page.status.as_u16(), &page.json()["code"]), (429, &json!("too_many_requests")));
            assert!(page.headers.contains_key("retry-after"));
            refused += 1;
        }
    }
    assert_eq!((refused, world.evil().given().len()), (660, 40), "what is refused is not asked of the provider");
    for at in 1..20 {
        let (page, mut browser) = from(&format!("203.0.113.{at}")).await;
        assert_eq!(page.status, 201, "others go on");
        let id = page.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(world.status(&mut browser, &id).await, "pending");
    }
    world.clock().advance(seconds(700));
    assert_eq!(from("198.51.100.7").await.0.status, 201, "its room is free again");
}

#[tokio::test]
async fn starts_of_one_address_are_counted() {
    let mut policy = Policy::default();
    policy.pairing_starts_a_minute = 3;
    let world = PairingWorld::with(|c| c, |portal| portal.policy(policy)).await;
    let mut browser = Browser::new();
    for _ in 0..3 {
        world.pair(&mut browser).await;
    }
    let fields = [("provider", "vneid")];
    let page = world.send(&mut browser, Method::POST, "/auth/pairing", &fields).await;
    assert_eq!((page.status.as_u16(), page.headers["retry-after"].to_str().unwrap()), (429, "60"));
    world.clock().advance(seconds(60));
    world.pair(&mut browser).await;
}

#[tokio::test]
async fn nobody_is_polled_for_who_has_gone() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    world.poll_after(&mut browser, &id, 5).await;
    // Half a minute without a look, then whoever attends wakes and finds nobody.
    world.clock().advance(seconds(31));
    tokio::time::sleep(seconds(6)).await;
    let polls = world.evil().polls().len();
    world.clock().advance(seconds(60));
    tokio::time::sleep(seconds(6)).await;
    assert_eq!(world.evil().polls().len(), polls);
    world.poll_after(&mut browser, &id, 0).await;
}

#[tokio::test]
async fn every_step_works_without_a_script() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let form = |fields: &[(&str, &str)]| {
        Some(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
    };
    let start = Url::parse(&world.url("/auth/pairing")).unwrap();
    let fields = form(&[("provider", "vneid"), ("return_to", "/ho-so")]);
    let page = browser.send(Method::POST, start, fields, "same-origin").await;
    assert_eq!(page.status, 303, "{page:?}");
    let path = page.location().unwrap();
    let id = path.path().rsplit('/').next().unwrap().to_owned();
    assert!(browser.open(path.as_str()).await.text().contains("Đăng nhập bằng mã QR"));
    let early = Url::parse(&format!("{path}/complete")).unwrap();
    let page = browser.send(Method::POST, early, None, "same-origin").await;
    assert!(page.status == 409 && page.text().contains("Đăng nhập bằng mã QR"), "{page:?}");
    world.evil().says([Says::Tokens]);
    world.poll_after(&mut browser, &id, 5).await;
    let page = browser.open(path.as_str()).await;
    assert!(page.text().contains("Đã xác nhận") && !page.headers.contains_key("refresh"), "{page:?}");
    let page = browser.press("Tiếp tục").await;
    assert!(page.url.path() == "/ho-so" && page.body.contains("Nguyễn Văn Thử"), "{page:?}");
    assert!(browser.open(path.as_str()).await.text().contains("Đã đăng nhập"));

    // Given up, and another code by a button.
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    browser.open(&world.url(&format!("/auth/pairing/{id}"))).await;
    assert!(browser.press("Hủy").await.text().contains("Đã hủy"));
    let again = browser.press("Lấy mã mới").await;
    assert!(again.text().contains("Đăng nhập bằng mã QR") && !again.url.path().ends_with(&id), "{again:?}");

    // Why it was denied is said there.
    world.evil().change(Part::Claims, |claims| claims["acr"] = json!("LoA1"));
    world.evil().says([Says::Tokens]);
    let id = again.url.path().rsplit('/').next().unwrap().to_owned();
    world.poll_after(&mut browser, &id, 5).await;
    let denied = browser.open(&world.url(&format!("/auth/pairing/{id}"))).await;
    assert!(denied.text().contains("mức độ 2"), "{}", denied.text());
}

#[tokio::test]
async fn two_tabs_pair_beside_each_other() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (first, _) = world.pair(&mut browser).await;
    let (second, _) = world.pair(&mut browser).await;
    let names: BTreeSet<_> = browser.cookies("127.0.0.1").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 1, "one cookie for all of them: {names:?}");
    for id in [&first, &second] {
        assert_eq!(world.status(&mut browser, id).await, "pending");
    }
}

#[tokio::test]
async fn with_the_mock_s_device_grant_and_one_of_its_phones() {
    let world = World::start().await;
    let citizen = world.citizen();
    let mut browser = Browser::new();
    let url = |path: &str| world.url(&format!("/auth/pairing{path}"));
    let start = [("provider", "vneid"), ("return_to", "/ho-so")];
    let started = send(&mut browser, Method::POST, &url(""), &start).await.json();
    let id = format!("/{}", started["id"].as_str().unwrap());
    let mut stream = Events::open(&browser, &url(&format!("{id}/events")), None).await;
    assert_eq!(stream.next().await.as_deref(), Some("pending"));
    for answered in [false, false, true] {
        if answered {
            let mut phone = world.mock.control().phone(&citizen.username).unwrap();
            phone.scan(started["user_code"].as_str().unwrap()).unwrap();
            phone.confirm().unwrap();
        }
        world.clock.advance(seconds(5));
        send(&mut browser, Method::GET, &url(&id), &[]).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(stream.next().await.as_deref(), Some("approved"));
    let done = send(&mut browser, Method::POST, &url(&format!("{id}/complete")), &[]).await;
    assert_eq!(done.json(), json!({"return_to": "/ho-so"}));
    assert!(browser.open(&world.url("/ho-so")).await.body.contains(&citizen.full_name));
}
