//! A fresh proof in the middle of a session: by a code, or by logging in again, there and back.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vneid_auth::audit::What;
use vneid_auth::portal::Sessions;
use vneid_contract_tests::codes_world::{STATED, said};
use vneid_contract_tests::held_world::held_at;
use vneid_contract_tests::{Browser, CodesWorld, World};

fn session(browser: &Browser) -> (String, String) {
    browser.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("session")).expect("a session cookie")
}

#[tokio::test]
async fn a_page_that_needs_a_fresh_proof_asks_for_a_code_and_is_come_back_to() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    assert_eq!(said(&browser.fetch(&world.url("/nhay-cam")).await), (403, "step_up_required".into()));
    browser.open(&world.url("/nhay-cam?buoc=2&x=a%26b")).await;
    assert_eq!(browser.page().url.path(), "/auth/otp");
    browser.press("Gửi mã OTP đến 090****289").await;
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.as_str(), world.url("/nhay-cam?buoc=2&x=a%26b"));
    assert!(browser.page().body.contains("Xin chào"));
    let seen = browser.fetch(&world.url("/auth/session")).await.json();
    assert!(seen["stepped_up_at"].is_string(), "{seen}");
    world.clock.advance(Duration::from_millis(599_999));
    assert_eq!(browser.fetch(&world.url("/nhay-cam")).await.status.as_u16(), 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(said(&browser.fetch(&world.url("/nhay-cam")).await), (403, "step_up_required".into()));
}

#[tokio::test]
async fn c131_a_step_up_renews_the_session_and_the_old_id_is_dead() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let before = browser.fetch(&world.url("/auth/session")).await.json();
    let thief = browser.clone();
    let (name, old) = session(&browser);
    world.clock.advance(Duration::from_secs(1500));
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    let page = world.verify(&mut browser, &id, &world.inbox.code(STATED)).await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with(&format!("{name}=")) && cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
    assert_ne!(session(&browser).1, old);
    assert_eq!(thief.clone().fetch(&world.url("/auth/session")).await.status.as_u16(), 401);
    let after = browser.fetch(&world.url("/auth/session")).await.json();
    for same in ["subject", "provider", "authenticated_at", "level", "citizen"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(world.portal.audit.events().last().map(|event| event.what), Some(What::SteppedUp));
    // Its eight hours are counted from the login on, however busy it is.
    let mut shows = async |text: &str, then: Duration| {
        browser.open(&world.url("/")).await;
        assert!(browser.page().body.contains(text), "{}", browser.page().body);
        world.clock.advance(then);
    };
    for _ in 0..18 {
        shows("Xin chào", Duration::from_secs(1500)).await;
    }
    shows("Xin chào", Duration::from_millis(299_999)).await;
    shows("Xin chào", Duration::from_millis(1)).await;
    shows("Chưa đăng nhập", Duration::ZERO).await;
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_is_raised_by_no_code() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    let subject = Sessions::Subject { provider: "plain", subject: "plain-1" };
    assert_eq!(world.portal.portal.end_sessions(subject).await.unwrap(), 1);
    let page = world.verify(&mut browser, &id, &world.inbox.code(STATED)).await;
    assert_eq!(said(&page), (401, "not_logged_in".into()));
    // And a renewed session is ended by the same names as the one before.
    world.clock.advance(Duration::from_secs(1));
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    assert_eq!(world.verify(&mut browser, &id, &world.inbox.code(STATED)).await.status.as_u16(), 200);
    assert_eq!(world.portal.portal.end_sessions(subject).await.unwrap(), 1);
    assert_eq!(browser.fetch(&world.url("/auth/session")).await.status.as_u16(), 401);
}

#[tokio::test]
async fn who_has_no_phone_on_file_logs_in_afresh() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("khac").await;
    // One that was only typed in shows nothing.
    world.post(&mut browser, "/auth/phones", json!({ "phone": "0900000777" })).await;
    let page = world.ask(&mut browser, "step_up", "0900000777").await;
    assert_eq!(said(&page), (404, "phone_not_found".into()));
    for path in ["/nhay-cam", "/auth/otp?purpose=step_up&return_to=/nhay-cam"] {
        let page = browser.open_once(&world.url(path)).await;
        assert_eq!((page.status.as_u16(), page.raw_location()), (303, "/auth/login?return_to=/nhay-cam&fresh=1"));
    }
    browser.open(&world.url("/auth/login/khac?return_to=/nhay-cam&fresh=1")).await;
    assert!(browser.page().body.contains("Xin chào"), "{:?}", browser.page());
    world.confirm(&mut browser, "0900000777").await;
    world.clock.advance(Duration::from_secs(600));
    let page = browser.open_once(&world.url("/nhay-cam")).await;
    assert_eq!(page.raw_location(), "/auth/otp?return_to=/nhay-cam&purpose=step_up", "from then on there is one");
}

#[tokio::test]
async fn without_a_gateway_everybody_logs_in_afresh() {
    let world = World::start().await;
    let mut browser = world.logged_in(&world.citizen()).await;
    let page = browser.open_once(&world.url("/nhay-cam")).await;
    assert_eq!(page.raw_location(), "/auth/login?return_to=/nhay-cam&fresh=1");
    let phone = browser.fetch(&world.url("/auth/phones")).await.json()[0]["id"].clone();
    let body = json!({ "purpose": "verify_phone", "phone_id": phone });
    let page = browser.send_json(Method::POST, &world.url("/auth/otp"), &body).await;
    assert_eq!(said(&page), (503, "service_unavailable".into()));
}

#[tokio::test]
async fn a_page_that_needs_a_fresh_login_takes_no_code_for_it() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = world.challenge(&mut browser, "step_up", STATED).await;
    assert_eq!(world.verify(&mut browser, &id, &world.inbox.code(STATED)).await.status.as_u16(), 200);
    assert_eq!(browser.fetch(&world.url("/nhay-cam")).await.status.as_u16(), 200);
    assert_eq!(said(&browser.fetch(&world.url("/dang-nhap-moi")).await), (403, "step_up_required".into()));
    let page = browser.open_once(&world.url("/dang-nhap-moi")).await;
    assert_eq!(page.raw_location(), "/auth/login?return_to=/dang-nhap-moi&fresh=1");
    browser.open(&world.url("/auth/login/plain?return_to=/dang-nhap-moi&fresh=1")).await;
    assert!(browser.page().body.contains("Xin chào"), "{:?}", browser.page());
    // A fresh login does for both; and it grows old.
    assert_eq!(browser.fetch(&world.url("/nhay-cam")).await.status.as_u16(), 200);
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(browser.fetch(&world.url("/dang-nhap-moi")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn a_form_that_is_interrupted_and_a_script_that_cannot_follow() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let url: url::Url = world.url("/nhay-cam").parse().unwrap();
    let page = browser.send(Method::POST, url.clone(), Some(vec![]), "same-origin").await;
    let held = held_at(&page).expect("a click is held, though nothing was typed");
    assert_eq!(page.raw_location(), format!("/auth/otp?return_to={held}&purpose=step_up"));
    let page = browser.send_json(Method::POST, url.as_str(), &json!({})).await;
    assert_eq!(said(&page), (403, "step_up_required".into()));
    world.parts.set(Some(vneid_contract_tests::faulty::Fault::Find));
    let page = browser.open_once(url.as_str()).await;
    assert_eq!(page.status.as_u16(), 503, "whether there is a phone is not guessed");
}

#[tokio::test]
async fn the_login_is_offered_where_no_code_can_come() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    for _ in 0..5 {
        world.challenge(&mut browser, "step_up", STATED).await;
    }
    browser.open(&world.url("/nhay-cam")).await;
    browser.press("Gửi mã OTP đến 090****289").await;
    assert_eq!(browser.page().status.as_u16(), 429);
    assert!(browser.page().text().contains("Mã OTP đã được gửi quá nhiều lần"), "{}", browser.page().text());
    let login = browser.page().link("Đăng nhập lại").expect("another way");
    assert_eq!(login, "/auth/login?return_to=/nhay-cam&fresh=1");
    browser.open(&world.url("/auth/login/plain?return_to=/nhay-cam&fresh=1")).await;
    assert!(browser.page().body.contains("Xin chào"));
}
