//! One-time codes: sent, typed, sent again, and worth something for what they were sent for, once.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use serde_json::json;
use vneid_auth::audit::What;
use vneid_auth::portal::Policy;
use vneid_auth::store::Kind;
use vneid_auth::web::Body;
use vneid_contract_tests::codes_world::{STATED, said, wrong};
use vneid_contract_tests::faulty::Fault;
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::{Browser, CodesWorld};

const OTHER: &str = "0900000777";

#[tokio::test]
async fn a_code_comes_and_is_right_once() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let page = world.ask(&mut browser, "verify_phone", STATED).await;
    assert_eq!(page.status.as_u16(), 201, "{page:?}");
    let id = page.json()["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "masked_phone": "090****289", "expires_in": 180, "resend_in": 60, "attempts_left": 5,
    });
    assert_eq!(page.json(), expected);
    assert!(!page.body.contains(STATED));
    let (to, text) = world.inbox.all().pop().unwrap();
    assert_eq!(to, STATED);
    assert!(text.is_ascii() && text.len() <= 160 && text.starts_with("Ma xac thuc "), "{text}");
    assert!(text.contains("3 phut") && text.ends_with(" 127.0.0.1"), "{text}");

    assert_eq!(world.phones(&mut browser).await[0]["verified"], false);
    let code = world.inbox.code(STATED);
    let page = world.verify(&mut browser, &id, &code).await;
    assert_eq!((page.status.as_u16(), page.json()["return_to"].as_str()), (200, Some("/auth/phones")), "{page:?}");
    assert!(page.headers.get("set-cookie").is_none(), "a phone raises nobody");
    assert_eq!(world.phones(&mut browser).await[0]["verified"], true);
    for again in [&code, &wrong(&code)] {
        assert_eq!(said(&world.verify(&mut browser, &id, again).await), (410, "otp_expired".into()));
    }
    let audit: Vec<What> = world.portal.audit.events().iter().map(|event| event.what).collect();
    assert_eq!(audit[audit.len() - 3..], [What::LoggedIn, What::CodeSent, What::PhoneVerified]);
}

#[tokio::test]
async fn a_code_lives_180_seconds_to_the_millisecond() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "verify_phone", STATED).await;
    world.clock.advance(Duration::from_millis(180_000));
    let code = world.inbox.code(STATED);
    assert_eq!(said(&world.verify(&mut browser, &id, &code).await), (410, "otp_expired".into()));
    assert_eq!(said(&world.verify(&mut browser, &id, &code).await), (410, "otp_expired".into()));
    assert_eq!(world.phones(&mut browser).await[0]["verified"], false);
    // It can be sent again, and the new one lives as long.
    let again = world.post(&mut browser, &format!("/auth/otp/{id}/resend"), json!(null)).await;
    assert_eq!((again.status.as_u16(), again.json()["expires_in"].as_u64()), (200, Some(180)), "{again:?}");
    world.clock.advance(Duration::from_millis(179_999));
    assert_eq!(world.verify(&mut browser, &id, &world.inbox.code(STATED)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn five_wrong_codes_lock_the_challenge_whatever_was_sent_in_between() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    for left in [4, 3] {
        let page = world.verify(&mut browser, &id, &wrong(&world.inbox.code(STATED))).await;
        assert_eq!(said(&page), (422, "otp_incorrect".into()));
        assert_eq!(page.json()["attempts_left"], left);
    }
    world.clock.advance(Duration::from_secs(60));
    let old = world.inbox.code(STATED);
    let again = world.post(&mut browser, &format!("/auth/otp/{id}/resend"), json!(null)).await;
    assert_eq!(again.json()["attempts_left"], 3);
    if old != world.inbox.code(STATED) {
        assert_eq!(world.verify(&mut browser, &id, &old).await.json()["attempts_left"], 2, "the old code is dead");
    }
    let left = world.verify(&mut browser, &id, "0").await.json()["attempts_left"].as_u64().unwrap_or(0);
    for _ in 0..left {
        world.verify(&mut browser, &id, "").await;
        world.verify(&mut browser, &id, "no code at all").await;
    }
    let code = world.inbox.code(STATED);
    assert_eq!(said(&world.verify(&mut browser, &id, &code).await), (429, "otp_locked".into()), "even the right one");
    world.clock.advance(Duration::from_secs(60));
    let again = world.post(&mut browser, &format!("/auth/otp/{id}/resend"), json!(null)).await;
    assert_eq!(said(&again), (429, "otp_locked".into()), "nothing wakes it up");
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    assert_eq!(world.verify(&mut browser, &id, &world.inbox.code(STATED)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn sending_again_waits_a_minute_and_ends_after_four() {
    // The phone's own limit would end it as well.
    let mut policy = Policy::default();
    policy.codes_to_a_phone_an_hour = 100;
    let world = CodesWorld::with(policy).await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "verify_phone", STATED).await;
    let resend = format!("/auth/otp/{id}/resend");
    world.clock.advance(Duration::from_millis(59_001));
    let early = world.post(&mut browser, &resend, json!(null)).await;
    assert_eq!(said(&early), (429, "otp_resend_too_soon".into()));
    assert_eq!(early.headers["retry-after"], "1");
    world.clock.advance(Duration::from_millis(999));
    for n in 0..4 {
        let page = world.post(&mut browser, &resend, json!({})).await;
        assert_eq!((page.status.as_u16(), page.json()["resend_in"].as_u64()), (200, Some(60)), "{n}: {page:?}");
        world.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(world.inbox.all().len(), 5);
    assert_eq!(said(&world.post(&mut browser, &resend, json!({})).await), (429, "otp_resend_limit".into()));
    assert_eq!(world.verify(&mut browser, &id, &world.inbox.code(STATED)).await.status.as_u16(), 200);
}

#[tokio::test]
async fn the_newest_challenge_of_a_purpose_is_the_only_one() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let first = world.challenge(&mut browser, "verify_phone", STATED).await;
    let code = world.inbox.code(STATED);
    let step_up = world.challenge(&mut browser, "step_up", STATED).await;
    let of_step_up = world.inbox.code(STATED);
    let second = world.challenge(&mut browser, "verify_phone", STATED).await;
    assert_eq!(said(&world.verify(&mut browser, &first, &code).await), (410, "otp_expired".into()));
    let resend = world.post(&mut browser, &format!("/auth/otp/{first}/resend"), json!(null)).await;
    assert_eq!(said(&resend), (410, "otp_expired".into()));
    let of_second = world.inbox.code(STATED);
    assert_eq!(world.verify(&mut browser, &step_up, &of_step_up).await.status.as_u16(), 200, "another purpose's lives");
    // What was begun in this session is finished in it, though its id is new.
    assert_eq!(world.verify(&mut browser, &second, &of_second).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_code_of_another_purpose_challenge_or_account_is_wrong() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let mut other = world.logged_in("khac").await;
    world.confirm(&mut other, STATED).await;
    let verify = world.challenge(&mut browser, "verify_phone", STATED).await;
    let of_verify = world.inbox.code(STATED);
    let step_up = world.challenge(&mut browser, "step_up", STATED).await;
    let of_step_up = world.inbox.code(STATED);
    let theirs = world.challenge(&mut other, "step_up", STATED).await;
    let of_theirs = world.inbox.code(STATED);
    for (id, code, right) in
        [(&verify, &of_step_up, &of_verify), (&step_up, &of_verify, &of_step_up), (&step_up, &of_theirs, &of_step_up)]
    {
        if code != right {
            assert_eq!(said(&world.verify(&mut browser, id, code).await).1, "otp_incorrect");
        }
    }
    for (browser, id, code) in [(&mut browser, verify, of_verify), (&mut other, theirs, of_theirs)] {
        assert_eq!(world.verify(browser, &id, &code).await.status.as_u16(), 200, "each is right where it belongs");
    }
    assert_eq!(world.verify(&mut browser, &step_up, &of_step_up).await.status.as_u16(), 200);
}

#[tokio::test]
async fn c119_a_challenge_is_its_session_s_and_exists_for_nobody_else() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "verify_phone", STATED).await;
    let code = world.inbox.code(STATED);
    let phone = world.phone_id(&mut browser, STATED).await;
    let mut same_account = world.logged_in("lai").await;
    assert_eq!(world.phones(&mut same_account).await, world.phones(&mut browser).await, "it is the same account");
    for (stranger, expected) in [
        (&mut world.logged_in("khac").await, (404, "otp_not_found".to_owned())),
        (&mut same_account, (404, "otp_not_found".to_owned())),
        (&mut Browser::new(), (401, "not_logged_in".to_owned())),
    ] {
        for (step, body) in
            [("verify", json!({ "code": code })), ("resend", json!({})), ("phone", json!({ "phone_id": phone }))]
        {
            let page = world.post(stranger, &format!("/auth/otp/{id}/{step}"), body).await;
            assert_eq!(said(&page), expected, "{step}");
            let page = stranger.fetch(&world.url(&format!("/auth/otp/{id}/{step}"))).await;
            assert_eq!(said(&page), expected, "{step}");
        }
    }
    for no_id in ["x".repeat(43), "x".into(), "x".repeat(5000), format!("{id}%00"), format!("%2e%2e%2f{id}")] {
        let page = world.verify(&mut browser, &no_id, &code).await;
        assert_eq!(said(&page), (404, "otp_not_found".into()), "{no_id}");
    }
    // A further login in the same browser is another session.
    let mut later = browser.clone();
    later.open(&world.url("/auth/login/plain?return_to=/ho-so")).await;
    assert_eq!(said(&world.verify(&mut later, &id, &code).await), (404, "otp_not_found".into()));
    let id = world.challenge(&mut later, "verify_phone", STATED).await;
    let page = world.verify(&mut later, &id, &world.inbox.code(STATED)).await;
    assert_eq!(page.status.as_u16(), 200, "no stranger has spent anything");
}

#[tokio::test]
async fn another_phone_is_chosen_and_counts_as_sending_again() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    world.confirm(&mut browser, OTHER).await;
    let unconfirmed = "0900000888";
    world.post(&mut browser, "/auth/phones", json!({ "phone": unconfirmed })).await;
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    let old = world.inbox.code(STATED);
    let to = world.phone_id(&mut browser, OTHER).await;
    let path = format!("/auth/otp/{id}/phone");
    let early = world.post(&mut browser, &path, json!({ "phone_id": to })).await;
    assert_eq!(said(&early), (429, "otp_resend_too_soon".into()));
    world.clock.advance(Duration::from_secs(60));
    for (body, expected) in [
        (json!({ "phone_id": world.phone_id(&mut browser, unconfirmed).await }), (404, "phone_not_found")),
        (json!({ "phone_id": "0".repeat(32) }), (404, "phone_not_found")),
        (json!({ "phone_id": OTHER }), (404, "phone_not_found")),
        (json!({}), (422, "field_invalid")),
        (json!({ "phone_id": null }), (422, "field_invalid")),
        (json!({ "phone_id": 1 }), (404, "phone_not_found")),
    ] {
        let page = world.post(&mut browser, &path, body.clone()).await;
        assert_eq!(said(&page), (expected.0, expected.1.to_owned()), "{body}");
    }
    let page = world.post(&mut browser, &path, json!({ "phone_id": to })).await;
    assert_eq!((page.status.as_u16(), page.json()["masked_phone"].as_str()), (200, Some("090****777")));
    let code = world.inbox.code(OTHER);
    if code != old {
        assert_eq!(said(&world.verify(&mut browser, &id, &old).await).1, "otp_incorrect");
    }
    assert_eq!(world.verify(&mut browser, &id, &code).await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_is_asked_for_is_read_strictly() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let phone = world.phone_id(&mut browser, STATED).await;
    for (body, expected) in [
        (json!({}), (422, "field_invalid")),
        (json!({ "purpose": "step_up" }), (422, "field_invalid")),
        (json!({ "phone_id": phone }), (422, "field_invalid")),
        (json!({ "purpose": "login", "phone_id": phone }), (422, "field_invalid")),
        (json!({ "purpose": "STEP_UP", "phone_id": phone }), (422, "field_invalid")),
        (json!({ "purpose": ["step_up"], "phone_id": phone }), (400, "malformed_request")),
        (json!({ "purpose": "step_up", "phone_id": "" }), (422, "field_invalid")),
        (json!({ "purpose": "step_up", "phone_id": { "id": phone } }), (400, "malformed_request")),
        (json!({ "purpose": "step_up", "phone_id": "nobody's" }), (404, "phone_not_found")),
        (json!({ "purpose": "recover", "phone_id": phone }), (404, "phone_not_found")),
        (json!({ "purpose": "recover" }), (422, "field_invalid")),
        (json!([{ "purpose": "step_up", "phone_id": phone }]), (400, "malformed_request")),
        (json!("step_up"), (400, "malformed_request")),
    ] {
        let page = world.post(&mut browser, "/auth/otp", body.clone()).await;
        assert_eq!(said(&page), (expected.0, expected.1.to_owned()), "{body}");
    }
    let recover =
        world.post(&mut Browser::new(), "/auth/otp", json!({ "purpose": "recover", "phone_id": phone })).await;
    assert_eq!(said(&recover), (404, "phone_not_found".into()), "an outsider learns nothing");
    let outsider =
        world.post(&mut Browser::new(), "/auth/otp", json!({ "purpose": "step_up", "phone_id": phone })).await;
    assert_eq!(said(&outsider), (401, "not_logged_in".into()));
    assert!(world.inbox.all().is_empty(), "none of these sent anything");

    let id = world.challenge(&mut browser, "step_up", STATED).await;
    let code = world.inbox.code(STATED);
    let cookies: Vec<String> =
        browser.cookies("127.0.0.1").iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookie = format!("Cookie: {}", cookies.join("; "));
    let target = format!("POST /auth/otp/{id}/verify");
    let (form, json) = ("application/x-www-form-urlencoded", "application/json");
    for (media, body, expected) in [
        (json, format!(r#"{{"code":"{code}","code":"000000"}}"#), 400),
        (json, format!(r#"{{"code":["{code}"]}}"#), 400),
        (form, format!("code={code}&code={code}"), 400),
        (form, String::new(), 422),
        (form, "code=".into(), 422),
        ("text/plain", code.clone(), 415),
        (json, format!(r#"{{"code":"{}"}}"#, "1".repeat(17_000)), 413),
    ] {
        let length = format!("Content-Length: {}", body.len());
        let media = format!("Content-Type: {media}");
        let answer = raw(&world.portal.base, &target, &[&cookie, &length, &media], body.as_bytes()).await;
        assert_eq!(answer.status, expected, "{media}: {body:.60} {answer:?}");
    }
    let foreign = ["Sec-Fetch-Site: cross-site", &cookie, "Content-Length: 0"];
    assert_eq!(raw(&world.portal.base, &target, &foreign, b"").await.status, 403);
    for (request, allow) in [
        (format!("DELETE /auth/otp/{id}/verify"), "GET, HEAD, POST"),
        ("PUT /auth/otp".into(), "GET, HEAD, POST"),
        ("GET /auth/phones/x".into(), "DELETE"),
        ("POST /auth/phones/x".into(), "DELETE"),
        ("GET /auth/phones/x/remove".into(), "POST"),
    ] {
        let answer = raw(&world.portal.base, &request, &["Content-Length: 0"], b"").await;
        assert_eq!((answer.status, answer.header("allow")), (405, allow), "{request}");
    }
    // None of it was a try: the code counts, with spaces as people read it out.
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(world.verify(&mut browser, &id, &spaced).await.status.as_u16(), 200);
}

#[tokio::test]
async fn what_has_not_the_shape_of_a_code_is_a_wrong_code() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "verify_phone", STATED).await;
    let code = world.inbox.code(STATED);
    for (left, typed) in
        [(4, format!("{code}0")), (3, "１２３４５６".to_owned()), (2, "0".repeat(10_000)), (1, format!("{code}\u{0}"))]
    {
        assert_eq!(world.verify(&mut browser, &id, &typed).await.json()["attempts_left"], left, "{typed:.20}");
    }
    assert_eq!(world.verify(&mut browser, &id, &code).await.status.as_u16(), 200);
}

fn whole(body: Body) -> Bytes {
    match body {
        Body::Whole(bytes) => bytes,
        Body::Stream(_) => panic!("no stream was asked for"),
    }
}

/// Sends so many tries at once, over both instances, each of which has read before another has written; how often each
/// answer came.
async fn at_once(
    world: &CodesWorld,
    browser: &Browser,
    id: &str,
    codes: Vec<String>,
) -> BTreeMap<(u16, String), usize> {
    let second = world.another_instance().await;
    let cookies = |browser: &Browser| {
        let pairs = browser.cookies("127.0.0.1").into_iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    };
    let there = world.at(browser, &second);
    let instances = [(world.portal.portal.clone(), cookies(browser)), (second.portal.clone(), cookies(&there))];
    let tries = codes.into_iter().enumerate().map(|(n, code)| {
        let (portal, cookie) = instances[n % 2].clone();
        let request = http::Request::post(format!("/auth/otp/{id}/verify"))
            .header("cookie", cookie)
            .header("content-type", "application/json")
            .body(Bytes::from(json!({ "code": code }).to_string()))
            .unwrap();
        tokio::spawn(async move {
            let answer = portal.serve(request, None).await;
            let status = answer.status().as_u16();
            let body: serde_json::Value = serde_json::from_slice(&whole(answer.into_body())).unwrap_or_default();
            (status, body["code"].as_str().unwrap_or_default().to_owned())
        })
    });
    world.parts.set(Some(Fault::Slow(Kind::Otp)));
    let mut counts = BTreeMap::new();
    for answer in tries.collect::<Vec<_>>() {
        *counts.entry(answer.await.unwrap()).or_default() += 1;
    }
    world.parts.set(None);
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_guesses_at_once_are_a_thousand() {
    let mut policy = Policy::default();
    policy.tries_of_an_address_a_minute = 10_000;
    let world = CodesWorld::with(policy).await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    let code = world.inbox.code(STATED);
    let guesses: Vec<String> = (0..1001).map(|n| format!("{n:06}")).filter(|guess| *guess != code).take(1000).collect();
    let counts = at_once(&world, &browser, &id, guesses).await;
    assert_eq!(counts.get(&(422, "otp_incorrect".into())), Some(&4), "{counts:?}");
    assert_eq!(counts.get(&(429, "otp_locked".into())), Some(&996), "{counts:?}");
    assert_eq!(said(&world.verify(&mut browser, &id, &code).await), (429, "otp_locked".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_right_codes_at_once_one_counts() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "verify_phone", STATED).await;
    let code = world.inbox.code(STATED);
    let counts = at_once(&world, &browser, &id, vec![code; 200]).await;
    assert_eq!(counts.get(&(200, String::new())), Some(&1), "{counts:?}");
    assert_eq!(counts.get(&(410, "otp_expired".into())), Some(&199), "{counts:?}");
}

#[tokio::test]
async fn every_step_is_a_form_in_both_languages() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    browser.open(&world.url("/auth/phones")).await;
    assert!(browser.page().text().contains("090****289 Chưa xác minh"), "{}", browser.page().text());
    browser.press("Xác minh 090****289").await;
    let step = browser.page().url.clone();
    assert!(step.path().ends_with("/verify") && browser.page().status.as_u16() == 200, "{step}");
    let headers = browser.page().headers.clone();
    assert_eq!(
        (&headers["cache-control"], &headers["referrer-policy"]),
        (&"no-store".parse().unwrap(), &"no-referrer".parse().unwrap())
    );
    assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert!(!browser.page().body.contains(STATED) && !browser.page().body.contains("<script"));
    let code = world.inbox.code(STATED);
    browser.submit(&[("code", &wrong(&code))]).await;
    assert_eq!(browser.page().status.as_u16(), 422);
    assert!(browser.page().text().contains("Bạn còn 4 lần thử"), "{}", browser.page().text());
    browser.press("Gửi lại OTP").await;
    assert_eq!((browser.page().status.as_u16(), browser.page().headers.contains_key("retry-after")), (429, true));
    assert!(browser.page().text().contains("Mã OTP vừa được gửi"));
    world.clock.advance(Duration::from_secs(180));
    browser.submit(&[("code", &code)]).await;
    assert_eq!(browser.page().status.as_u16(), 410);
    assert!(browser.page().text().contains("Mã OTP đã hết hiệu lực"));
    browser.press("Gửi lại OTP").await;
    assert_eq!((browser.page().status.as_u16(), browser.page().url.path()), (200, step.path()));
    browser.click("Chọn phương thức xác thực khác").await;
    assert!(browser.page().text().contains("Gửi mã OTP đến 090****289"));
    browser.click("Quay lại").await;
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.path(), "/auth/phones");
    assert!(browser.page().text().contains("090****289 Đã xác minh"));
    // The step is over, and its page says so.
    browser.open(step.as_str()).await;
    assert_eq!(browser.page().status.as_u16(), 410);

    browser.language = "en".into();
    browser.open(&world.url("/auth/phones")).await;
    assert!(browser.page().text().contains("Confirmed, default"), "{}", browser.page().text());
    browser.open(&world.url("/auth/otp?purpose=step_up&return_to=/ho-so")).await;
    browser.press("Send a code to").await;
    assert!(browser.page().text().contains("Type the code"));
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.path(), "/ho-so");
}

#[tokio::test]
async fn a_page_of_nobody_leads_to_the_login_and_back() {
    let world = CodesWorld::start().await;
    for (path, back) in [
        ("/auth/phones", Some("/auth/phones")),
        ("/auth/otp?purpose=verify_phone", Some("/auth/otp?purpose=verify_phone")),
        ("/auth/otp/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/verify", None),
    ] {
        let page = Browser::new().open_once(&world.url(path)).await;
        let location = page.location().unwrap();
        assert_eq!((page.status.as_u16(), location.path()), (303, "/auth/login"), "{path}");
        let return_to = vneid_contract_tests::plain::parameter(&location, "return_to");
        assert_eq!(return_to.as_deref(), back, "{path}");
    }
    let url = world.url("/auth/otp?purpose=nothing").parse().unwrap();
    let mut browser = world.logged_in("plain").await;
    let page = browser.send(Method::GET, url, None, "none").await;
    assert_eq!(page.status.as_u16(), 422);
    for unfit in ["//evil.example", "https://evil.example/", "/auth/logout"] {
        browser.open(&world.url(&format!("/auth/otp?return_to={unfit}"))).await;
        assert!(
            !browser.page().body.contains("evil.example") && !browser.page().body.contains("/auth/logout\""),
            "{unfit}"
        );
    }
}
