//! The phone app: D76, D83, D84, D86, D88, D89.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use vneid_mock_idp::PhoneError;
use vneid_mock_idp::fault::{Fault, Place, What};

use crate::support::{App, Browser, CITIZEN, OTHER, Screen, WITHOUT_CCCD, frozen, start, start_with};

const LEVEL_1: (&str, &str) = ("038892000003", "GiaLap@0003");
const WEB_LOGIN_OFF: (&str, &str) = ("038993000004", "GiaLap@0004");
const CLOSED: (&str, &str) = ("033894000005", "GiaLap@0005");
const ONLY_VNEID: (&str, &str) = ("001801000013", "GiaLap@0013");
const NO_PERMISSION: &str = "Tài khoản của bạn không có quyền đăng nhập trên cổng thông tin định danh điện tử. \
                             Vui lòng cập nhật lại quyền trên thiết bị";

#[tokio::test]
async fn d76_a_level_that_is_too_low_and_web_login_off() {
    let mock = start().await;
    frozen(&mock);
    let mut screen = Screen::of(&mock, "oidc").await;
    let mut app = App::of(&mock, LEVEL_1).await;
    assert!(app.paste(&screen.link()).await.body.contains("mức độ 2"));
    assert_eq!(screen.told(&mock).await["status"], "refused");
    let back = screen.go_on().await.redirected();
    assert_eq!(
        (back["error"].as_str(), back["error_description"].as_str()),
        ("access_denied", "account_level_too_low")
    );

    // Without the permission: the message to the letter, the switch, the passcode, and on.
    let mut screen = Screen::of(&mock, "oidc").await;
    let mut app = App::of(&mock, WEB_LOGIN_OFF).await;
    let page = app.paste(&screen.link()).await;
    assert!(page.body.contains(NO_PERMISSION) && page.body.contains("Cập nhật"), "{}", page.body);
    assert_eq!(screen.told(&mock).await["status"], "permission_required");
    let id = page.url.rsplit_once('/').unwrap().1.to_owned();
    let early = app.browser.post(&format!("/app/pairing/{id}"), &[("action", "confirm")]).await;
    assert!(app.browser.visit(&early.location().unwrap()).await.body.contains(NO_PERMISSION));
    let switch = app.browser.visit(&format!("/app/permission?for={id}")).await;
    assert!(switch.body.contains(r#"name="web_login""#) && switch.body.contains("Đăng nhập trên website"));
    assert_eq!(app.browser.submit(&switch, &[]).await.status, 422, "not switched on");
    let passcode = app.browser.submit(&switch, &[("web_login", "on")]).await;
    assert!(passcode.body.contains(r#"name="passcode""#));
    let wrong = app.browser.submit(&passcode, &[("web_login", "on"), ("passcode", "000000")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("4 lần"), "{}", wrong.body);
    let question = app.browser.submit(&passcode, &[("web_login", "on"), ("passcode", "100004")]).await;
    assert!(question.body.contains("Xác nhận") && question.body.contains("portal-demo"), "{}", question.body);
    assert!(mock.control().citizens()[3].web_login);
    app.answer(&question, "confirm").await;
    assert!(screen.go_on().await.redirected().contains_key("code"));
}

#[tokio::test]
async fn d76_wrong_passcodes_are_limited_and_lock_the_account() {
    let mock = start().await;
    frozen(&mock);
    let screen = Screen::of(&mock, "oidc").await;
    let mut app = App::of(&mock, WEB_LOGIN_OFF).await;
    let page = app.paste(&screen.link()).await;
    let id = page.url.rsplit_once('/').unwrap().1.to_owned();
    let mut statuses = Vec::new();
    for passcode in ["000000", "000001", "000002", "000003", "000004", "100004"] {
        let form = [("for", id.as_str()), ("web_login", "on"), ("passcode", passcode)];
        statuses.push(app.browser.post("/app/permission", &form).await.status.as_u16());
    }
    assert_eq!(statuses, [422, 422, 422, 422, 429, 429]);
    assert!(!mock.control().citizens()[3].web_login);
    assert!(mock.control().locked_until(WEB_LOGIN_OFF.0).is_some());
    assert!(app.browser.visit(&page.url).await.body.contains("đã bị khóa"));
    // A thousand at once are a thousand.
    mock.control().reset();
    let phone = mock.control().phone(WEB_LOGIN_OFF.0).unwrap();
    let wrong = |n| phone.permit_web_login(&format!("{n:06}")) == Err(PhoneError::WrongPasscode);
    assert_eq!((0..1_000).filter(|n| wrong(*n)).count(), 4);
    assert_eq!(phone.permit_web_login("100004"), Err(PhoneError::TooMany));
}

#[tokio::test]
async fn d83_the_phone_shows_who_asks_from_where_and_when() {
    let mock = start().await;
    frozen(&mock);
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36";
    let mut screen = Screen::within(Browser::new(&mock).calling_itself(chrome), &mock, "oidc").await;
    mock.control().advance(Duration::from_secs(7));
    let mut app = App::of(&mock, CITIZEN).await;
    let question = app.paste(&screen.link()).await;
    let asked_at = mock.control().now().minus(Duration::from_secs(7)).to_rfc3339();
    for part in [
        "Cổng dịch vụ công mẫu (portal-demo)",
        "Chrome, Windows",
        "127.0.0.1",
        &format!(r#"datetime="{asked_at}""#),
        "Xác nhận",
        "Từ chối",
    ] {
        assert!(question.body.contains(part), "{part}: {}", question.body);
    }
    let told = app.answer(&question, "decline").await;
    assert!(told.body.contains("Bạn đã từ chối"));
    let told = screen.told(&mock).await;
    assert_eq!(told["status"], "declined");
    assert!(told["said"].as_str().unwrap().contains("từ chối"));
    let back = screen.go_on().await.redirected();
    assert_eq!(back["error"], "access_denied");
    // Whatever a browser calls itself is text.
    let screen = Screen::within(Browser::new(&mock).calling_itself("<script>alert(1)</script>"), &mock, "oidc").await;
    let mut app = App { browser: Browser::new(&mock).speaking("en") };
    let question = app.sign_in(&screen.link(), CITIZEN).await;
    assert!(question.body.contains("&lt;script&gt;") && question.body.contains("Confirm"), "{}", question.body);
}

#[tokio::test]
async fn d84_a_second_phone_is_nobody_and_the_same_one_may_repeat_itself() {
    let mock = start().await;
    frozen(&mock);
    let mut screen = Screen::of(&mock, "oidc").await;
    let (mut first, mut second) = (App::of(&mock, CITIZEN).await, App::of(&mock, OTHER).await);
    let link = screen.link();
    let question = first.paste(&link).await;
    assert_eq!(second.paste(&link).await.status, 404);
    assert_eq!(second.browser.visit(&question.url).await.status, 404);
    for action in ["confirm", "decline"] {
        assert_eq!(second.answer(&question, action).await.status, 404);
    }
    // The same citizen on another phone is another phone.
    let mut third = App::of(&mock, CITIZEN).await;
    assert_eq!(third.paste(&link).await.status, 404);
    assert_eq!(screen.told(&mock).await["status"], "awaiting_confirmation");
    assert_eq!(first.paste(&link).await.url, question.url);
    first.answer(&question, "confirm").await;
    let again = first.answer(&question, "confirm").await;
    assert!(again.body.contains("Đăng nhập thành công"));
    let tokens = screen.go_on().await.redirected();
    let portal = crate::support::RelyingParty::demo(&mock);
    let tokens = portal.redeem(&tokens["code"]).await.json();
    let userinfo = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(userinfo["citizen_id"], CITIZEN.0);
}

#[tokio::test]
async fn d86_a_code_that_an_attacker_shows_to_somebody_else() {
    let mock = start().await;
    let mut attacker = Screen::of(&mock, "oidc").await;
    let mut victim_browser = Screen::of(&mock, "oidc").await;
    let mut victim = App::of(&mock, CITIZEN).await;
    // The policy: the phone says whose browser it is, and who confirms all the same logs that browser in, no other.
    let question = victim.paste(&attacker.link()).await;
    assert!(question.body.contains("Chỉ xác nhận khi chính bạn"));
    victim.answer(&question, "confirm").await;
    assert!(victim_browser.press("qr").await.location().unwrap().starts_with("/login/"));
    assert!(attacker.go_on().await.redirected().contains_key("code"));
    // A provider that wants both in one place scans nothing.
    mock.control().fault(Fault::new(Place::App, What::RequireSameNetwork));
    let mut attacker = Screen::of(&mock, "oidc").await;
    let abroad = reqwest::Client::builder().local_address("127.0.0.2".parse::<std::net::IpAddr>().unwrap());
    let abroad = abroad.build().unwrap();
    let phone = App::of(&mock, CITIZEN).await;
    let (name, value) = phone.browser.cookies().iter().next().unwrap();
    let request = abroad.post(format!("{}/app/scan", mock.base_url())).header("cookie", format!("{name}={value}"));
    let answer = request.form(&[("qr", attacker.link())]).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.unwrap().contains("Đã chặn vì lý do an toàn"));
    frozen(&mock);
    assert_eq!(attacker.told(&mock).await["status"], "displayed");
    let mut here = phone;
    assert!(here.paste(&attacker.link()).await.body.contains("Xác nhận"));
}

#[tokio::test]
async fn d88_a_phone_that_is_offline_outdated_or_locked() {
    let mock = start().await;
    frozen(&mock);
    // Offline in the middle: the browser waits, until it has waited enough.
    let mut screen = Screen::of(&mock, "oidc").await;
    let mut app = App::of(&mock, CITIZEN).await;
    app.paste(&screen.link()).await;
    mock.control().advance(Duration::from_secs(118));
    assert_eq!(screen.told(&mock).await["status"], "awaiting_confirmation");
    assert_eq!(screen.told(&mock).await["status"], "expired");
    // Outdated: nothing is scanned.
    let mut screen = Screen::of(&mock, "oidc").await;
    mock.control().fault(Fault::new(Place::App, What::AppOutdated).next(1).persona(CITIZEN.0));
    let outdated = app.paste(&screen.link()).await;
    assert_eq!(outdated.status, StatusCode::UPGRADE_REQUIRED);
    assert_eq!(screen.told(&mock).await["status"], "displayed");
    // Locked while the question stands, closed, and with another provider alone.
    let question = app.paste(&screen.link()).await;
    mock.control().edit_citizen(CITIZEN.0, |citizen| citizen.web_login = false);
    assert!(app.answer(&question, "confirm").await.body.contains(NO_PERMISSION));
    for n in 0..5 {
        let wrong = [("for", ""), ("web_login", "on"), ("passcode", &format!("00000{n}"))];
        app.browser.post("/app/permission", &wrong).await;
    }
    let id = question.url.rsplit_once('/').unwrap().1.to_owned();
    app.browser.post("/app/permission", &[("for", &id), ("web_login", "on"), ("passcode", "100001")]).await;
    assert!(app.browser.visit(&question.url).await.body.contains("đã bị khóa"));
    assert_eq!(screen.told(&mock).await["status"], "refused");
    let mut nobody = App { browser: Browser::new(&mock) };
    for (citizen, told) in
        [(CLOSED, "đã bị khóa"), (WITHOUT_CCCD, "chưa có tài khoản VNeID"), (CITIZEN, "quá nhiều lần")]
    {
        let page = nobody.sign_in("/app", citizen).await;
        assert!(page.body.contains(told) && page.body.contains(r#"role="alert""#), "{}", page.body);
    }
    assert!(nobody.browser.cookies().is_empty());
    let mut dvcqg = Screen::of(&mock, "dvcqg").await;
    let told = App::of(&mock, ONLY_VNEID).await.paste(&dvcqg.link()).await;
    assert!(told.body.contains("chưa có tài khoản Cổng Dịch vụ công quốc gia"));
    assert_eq!(dvcqg.told(&mock).await["status"], "refused");
}

#[tokio::test]
async fn d89_a_phone_that_a_test_drives() {
    let mock = start_with(|builder| builder.control(true)).await;
    let mut screen = Screen::of(&mock, "vneid").await;
    let mut phone = mock.control().phone(WEB_LOGIN_OFF.0).unwrap();
    assert_eq!(phone.scan("nothing").err(), Some(PhoneError::NoSuchCode));
    assert_eq!(phone.scan(&screen.link()).err(), Some(PhoneError::WebLoginOff));
    assert_eq!(phone.confirm(), Err(PhoneError::WebLoginOff));
    phone.permit_web_login("100004").unwrap();
    assert_eq!(phone.status(), Ok("awaiting_confirmation"));
    phone.decline().unwrap();
    assert_eq!(phone.confirm(), Err(PhoneError::Over("declined")));
    assert!(mock.control().phone("nobody").is_none() && mock.control().phone(CLOSED.0).is_none());
    assert_eq!(screen.go_on().await.redirected()["error"], "access_denied");

    // The same over HTTP, for tests in any language.
    let http = reqwest::Client::new();
    let order = async |path: &str, body: serde_json::Value| {
        let answer = http.post(format!("{}/control/{path}", mock.base_url())).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap())
    };
    let mut screen = Screen::of(&mock, "vneid").await;
    let what = |what: &str| json!({"username": CITIZEN.0, "code": screen.link(), "what": what});
    assert_eq!(order("phone", what("scan")).await, (200, json!({"status": "awaiting_confirmation"})));
    assert_eq!(order("phone", what("confirm")).await, (200, json!({"status": "confirmed"})));
    assert!(screen.go_on().await.redirected().contains_key("code"));
    let mut screen = Screen::of(&mock, "vneid").await;
    let what = |what: &str| json!({"username": WEB_LOGIN_OFF.0, "code": screen.link(), "what": what});
    assert_eq!(order("phone", what("decline")).await, (200, json!({"status": "declined"})));
    assert_eq!(order("phone", what("confirm")).await.0, 409);
    assert_eq!(screen.go_on().await.redirected()["error"], "access_denied");
    let mut screen = Screen::of(&mock, "vneid").await;
    assert_eq!(order("phone/expire", json!({"code": screen.link()})).await.0, 200);
    assert_eq!(screen.status().await.json()["status"], "expired");
    assert_eq!(order("phone/expire", json!({"code": screen.link()})).await.0, 404);
    assert_eq!(order("phone", json!({"username": "nobody", "code": "x", "what": "scan"})).await.0, 404);
}

#[tokio::test]
async fn d31_the_apps_forms_are_its_own() {
    let mock = start().await;
    let screen = Screen::of(&mock, "oidc").await;
    let mut app = App::of(&mock, CITIZEN).await;
    let question = app.paste(&screen.link()).await;
    let (name, value) = app.browser.cookies().iter().next().unwrap();
    let cookie = format!("{name}={value}");
    assert!(name.starts_with("mock_app"));
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let post = async |path: &str, headers: &[(&str, &str)]| {
        let request = http.post(format!("{}{path}", mock.base_url())).header("cookie", &cookie);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.form(&[("action", "confirm")]).send().await.unwrap().status().as_u16()
    };
    let path = question.form_action();
    let base = mock.base_url();
    for foreign in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &base)],
        &[("origin", "https://attacker.test")],
        &[("origin", "null")],
    ] {
        for path in [path.as_str(), "/app/sign-in", "/app/scan", "/app/device", "/app/permission", "/app/close"] {
            assert_eq!(post(path, foreign).await, 403, "{path} {foreign:?}");
        }
    }
    assert!(app.browser.visit(&question.url).await.body.contains("Từ chối"), "nothing came of it");
    assert_eq!(post(&path, &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await, 303);
    assert!(app.browser.visit(&question.url).await.body.contains("Đăng nhập thành công"));

    // Looking ahead scans nothing, opening does.
    let screen = Screen::of(&mock, "oidc").await;
    let ahead = http.get(screen.link()).header("cookie", &cookie).header("sec-purpose", "prefetch");
    assert_eq!(ahead.send().await.unwrap().status(), 200);
    assert_eq!(http.head(screen.link()).header("cookie", &cookie).send().await.unwrap().status(), 200);
    let mut other = App::of(&mock, OTHER).await;
    assert!(other.browser.visit(&screen.link()).await.body.contains("Xác nhận"));
    // "Đóng".
    let page = other.browser.visit("/app").await;
    let closed = other.browser.post("/app/close", &[]).await;
    assert!(page.body.contains("/app/close") && closed.header("set-cookie").contains("Max-Age=0"));
    assert!(other.browser.visit("/app").await.body.contains(r#"name="password""#));
}
