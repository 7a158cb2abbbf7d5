//! The QR code on the login page: D79 to D82, D85, D87.

use std::time::Duration;

use vneid_mock_idp::Running;

use crate::support::{App, Browser, CITIZEN, OTHER, RelyingParty, Screen, frozen, link_in, realm_url, start};

const REALMS: [&str; 4] = ["oidc", "dvcqg", "vneid", "vneid-sealed"];

fn wait(mock: &Running, seconds: u64) {
    mock.control().advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn d79_the_code_changes_and_its_link_is_a_payload() {
    let mock = start().await;
    frozen(&mock);
    for realm in REALMS {
        let mut screen = Screen::of(&mock, realm).await;
        let (first, begins) = (screen.link(), format!("{}/app/scan?qr=", mock.base_url()));
        let (transaction, hash) = first.strip_prefix(&begins).unwrap().split_once('.').unwrap();
        assert_eq!((transaction.len(), hash.len()), (22, 22), "{first}");
        assert!(screen.page.body.contains(r#"<img class="code" src="data:image/svg+xml;base64,"#));
        assert!(screen.page.body.contains("qr_images"));
        let policy = screen.page.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && policy.contains("img-src 'self' data:;"), "{policy}");
        wait(&mock, 19);
        screen.reload().await;
        assert_eq!(screen.link(), first);
        wait(&mock, 1);
        let told = screen.told(&mock).await;
        assert_eq!(told["status"], "displayed");
        let second = link_in(told["panel"].as_str().unwrap());
        assert_eq!(second == first, realm == "vneid", "{realm}");
        assert!(second.starts_with(&format!("{begins}{transaction}.")));
        // "Tải lại" at `/vneid`: another picture at once, and the one before is worth nothing.
        if realm == "vneid" {
            assert_eq!(screen.press("qr_renew").await.status, 303);
            screen.reload().await;
            assert_ne!(screen.link(), first);
            assert_eq!(App::of(&mock, CITIZEN).await.paste(&first).await.status, 404);
        }
        assert_eq!(App::of(&mock, CITIZEN).await.paste(&link_in(&screen.reloaded().await)).await.status, 200);
    }
}

#[tokio::test]
async fn d80_stale_forged_foreign_and_used_codes_are_all_the_same() {
    let (mock, other) = (start().await, start().await);
    frozen(&mock);
    let mut screen = Screen::of(&mock, "oidc").await;
    let mut app = App::of(&mock, CITIZEN).await;
    let shown = screen.link();
    let last = shown.chars().last().unwrap();
    let (transaction, _) = shown.rsplit_once('.').unwrap();
    let foreign = Screen::of(&mock, "oidc").await.link();
    let forged = [
        format!("{}{}", &shown[..shown.len() - 1], if last == 'A' { 'Q' } else { 'A' }),
        format!("{transaction}.{}", foreign.rsplit_once('.').unwrap().1),
        format!("{transaction}.{}", "A".repeat(22)),
        transaction.to_owned(),
        Screen::of(&other, "oidc").await.link(),
        Screen::of(&other, "oidc").await.link().replace(&other.base_url(), &mock.base_url()),
        "https://attacker.test/app/scan?qr=x.y".to_owned(),
        "nothing".to_owned(),
        String::new(),
    ];
    let mut answers = Vec::new();
    for code in &forged {
        answers.push(app.paste(code).await);
    }
    // The last two payloads are good, those before are not.
    wait(&mock, 40);
    answers.push(app.paste(&shown).await);
    screen.reload().await;
    let newest = screen.link();
    wait(&mock, 39);
    assert!(app.paste(&newest).await.body.contains("Xác nhận"));
    // Used: another phone reads the same.
    answers.push(App::of(&mock, OTHER).await.paste(&newest).await);
    let first = answers[0].clone();
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (404, &first.body));
    }
    for reason in ["stale", "forged", "expired", "hết hạn từ", transaction] {
        assert!(!first.body.contains(reason), "{reason}");
    }
}

#[tokio::test]
async fn d81_not_scanned_in_time_and_not_confirmed_in_time() {
    let mock = start().await;
    frozen(&mock);
    let mut screen = Screen::of(&mock, "oidc").await;
    wait(&mock, 178);
    assert_eq!(screen.told(&mock).await["status"], "displayed");
    let last = screen.reloaded().await;
    wait(&mock, 1);
    assert_eq!(App::of(&mock, CITIZEN).await.paste(&link_in(&last)).await.status, 404);
    let told = screen.told(&mock).await;
    assert_eq!((told["status"].as_str(), told["over"].as_bool()), (Some("expired"), Some(true)));
    assert!(told["panel"].as_str().unwrap().contains("Tải lại"));
    // Another one, on the same page.
    let path = screen.path();
    assert_eq!(screen.press("qr_another").await.location().unwrap(), path);
    screen.reload().await;

    let mut app = App::of(&mock, CITIZEN).await;
    let question = app.paste(&screen.link()).await;
    wait(&mock, 119);
    assert!(app.browser.visit(&question.url).await.body.contains("Xác nhận"));
    wait(&mock, 1);
    let late = app.answer(&question, "confirm").await;
    assert!(late.body.contains("Đã quá thời gian xác nhận"), "{}", late.body);
    assert_eq!(screen.told(&mock).await["status"], "expired");
    // Confirmed, and the browser comes too late.
    screen.press("qr_another").await;
    screen.reload().await;
    let question = app.paste(&screen.link()).await;
    app.answer(&question, "confirm").await;
    wait(&mock, 60);
    let page = screen.go_on().await;
    assert!(page.body.contains("Mã QR đã hết hạn") && page.has_form());
}

#[tokio::test]
async fn d82_who_asks_for_the_status_how_often_and_what_it_says_in_the_end() {
    let mock = start().await;
    frozen(&mock);
    let mut screen = Screen::of(&mock, "oidc").await;
    let status = format!("{}/qr", screen.path());
    assert_eq!(Browser::new(&mock).get(&status).await.status, 404);
    let mut stranger = Screen::of(&mock, "oidc").await;
    assert_eq!(stranger.browser.get(&status).await.status, 404);
    assert_eq!(stranger.browser.get(&status).await.body, Browser::new(&mock).get("/login/never/qr").await.body);

    assert_eq!(screen.status().await.status, 200);
    let early = screen.status().await;
    assert_eq!((early.status.as_u16(), early.header("retry-after")), (429, "1"));
    // News comes however early it is asked for.
    let mut app = App::of(&mock, CITIZEN).await;
    let question = app.paste(&screen.link()).await;
    assert_eq!(screen.status().await.json()["status"], "awaiting_confirmation");
    assert_eq!(screen.status().await.status, 429);
    app.answer(&question, "decline").await;
    for _ in 0..3 {
        assert_eq!(screen.told(&mock).await["status"], "declined");
    }
    // Once: the browser that goes on twice is logged in once.
    screen.press("qr_another").await;
    screen.reload().await;
    let mut app = App::of(&mock, CITIZEN).await;
    let question = app.paste(&screen.link()).await;
    assert!(screen.press("qr").await.location().unwrap().starts_with("/login/"), "not confirmed yet");
    app.answer(&question, "confirm").await;
    assert_eq!(screen.told(&mock).await["status"], "confirmed");
    let first = screen.press("qr").await;
    assert!(first.headers.contains_key("set-cookie"));
    assert_eq!(screen.told(&mock).await["status"], "completed");
    let second = screen.press("qr").await;
    assert!(!second.headers.contains_key("set-cookie"));
    let back = screen.browser.visit(&first.location().unwrap()).await;
    assert!(back.redirected().contains_key("code"));
    assert_eq!(screen.go_on().await.status, 410);
    assert_eq!(screen.status().await.status, 404);
}

#[tokio::test]
async fn d82_a_confirmed_code_takes_its_browser_to_the_portal_in_every_realm() {
    let mock = start().await;
    for realm in REALMS {
        let mut screen = Screen::of(&mock, realm).await;
        let mut app = App::of(&mock, CITIZEN).await;
        let question = app.browser.visit(&screen.link()).await;
        assert!(question.body.contains("portal-demo") && question.body.contains("Từ chối"), "{realm}");
        let told = app.answer(&question, "confirm").await;
        assert!(told.body.contains("Đăng nhập thành công") && told.body.contains("Đóng"));
        screen.reload().await;
        assert!(screen.page.body.contains("Tiếp tục"), "for who has no script");
        let back = screen.go_on().await.redirected();
        assert!(back.contains_key("code"), "{realm}: {back:?}");
        // As after a password: nobody is asked again in this browser.
        let again = screen.browser.visit(&realm_url(&mock, realm, &[("prompt", "none")])).await.redirected();
        assert!(again.contains_key("code"), "{realm}: {again:?}");
        // And the app has signed itself out.
        assert!(app.browser.visit("/app").await.body.contains(r#"name="password""#));
    }
    let portal = RelyingParty::demo(&mock);
    let mut screen = Screen::of(&mock, "oidc").await;
    let mut phone = mock.control().phone(CITIZEN.0).unwrap();
    phone.scan(&screen.link()).unwrap();
    phone.confirm().unwrap();
    let back = screen.go_on().await.redirected();
    let tokens = portal.redeem(&back["code"]).await.json();
    let userinfo = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(userinfo["citizen_id"], CITIZEN.0);
}

#[tokio::test]
async fn d85_a_second_code_in_the_same_browser_cancels_the_first() {
    let mock = start().await;
    frozen(&mock);
    let mut first = Screen::of(&mock, "oidc").await;
    let mut app = App::of(&mock, CITIZEN).await;
    let question = app.paste(&first.link()).await;
    let mut copy = Browser::new(&mock);
    copy.cookies_mut().clone_from(first.browser.cookies());
    let second = Screen::within(copy, &mock, "dvcqg").await;
    assert_eq!(first.told(&mock).await["status"], "cancelled");
    let over = app.answer(&question, "confirm").await;
    assert!(over.body.contains("không còn chờ"), "{}", over.body);
    assert!(app.paste(&second.link()).await.body.contains("Xác nhận"));
    // Both logins go on, each by its password.
    let fields = [("username", CITIZEN.0), ("password", CITIZEN.1)];
    let page = first.browser.submit(&first.page, &fields).await;
    assert!(page.body.contains(r#"name="otp""#));
    // A login that goes on by password, or is given up, takes its code with it.
    let mut third = Screen::of(&mock, "oidc").await;
    let (link, mut fourth) = (third.link(), Screen::of(&mock, "oidc").await);
    third.browser.submit(&third.page, &fields).await;
    let given_up = fourth.link();
    fourth.browser.submit(&fourth.page, &[("action", "cancel")]).await;
    for gone in [link, given_up] {
        assert_eq!(app.paste(&gone).await.status, 404);
    }
    // One citizen in two browsers at once: two sessions.
    let (mut one, mut two) = (Screen::of(&mock, "oidc").await, Screen::of(&mock, "oidc").await);
    for screen in [&mut one, &mut two] {
        let mut phone = mock.control().phone(CITIZEN.0).unwrap();
        phone.scan(&screen.link()).unwrap();
        phone.confirm().unwrap();
    }
    assert!(one.go_on().await.redirected().contains_key("code"));
    assert!(two.go_on().await.redirected().contains_key("code"));
}

#[tokio::test]
async fn d87_only_the_browser_that_asked_goes_on() {
    let mock = start().await;
    let mut screen = Screen::of(&mock, "oidc").await;
    let mut phone = mock.control().phone(CITIZEN.0).unwrap();
    phone.scan(&screen.link()).unwrap();
    phone.confirm().unwrap();
    // The same page in another browser, or its form from there: told to go back, and nothing is spent.
    let mut other = Screen::of(&mock, "oidc").await;
    let friendly = other.browser.visit(&screen.path()).await;
    assert_eq!(friendly.status, 410);
    assert!(friendly.body.contains("hãy quay lại trình duyệt đó"));
    assert_eq!(other.browser.submit_once(&screen.page, &[("action", "qr")]).await.status, 410);
    assert_eq!(other.browser.submit_once(&other.page.clone(), &[("action", "qr")]).await.status, 303);
    assert_eq!(phone.status(), Ok("confirmed"));
    let browser = other.browser;
    assert!(!browser.cookies().keys().any(|name| name.starts_with("mock_sso")));
    assert!(screen.go_on().await.redirected().contains_key("code"));
    assert_eq!(phone.status(), Ok("completed"));
    assert!(!phone.is_signed_in());
}
