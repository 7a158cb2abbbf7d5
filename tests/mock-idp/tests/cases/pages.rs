//! The login pages as pages: D31 to D34, D75, D78.

use crate::support::{Answer, Browser, CITIZEN, RelyingParty, start, start_with};

fn guarded(page: &Answer) {
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    // The login page has one script of ours, from a file.
    let body = page.body.replace(r#"<script src="/assets/qr.js" defer></script>"#, "");
    assert!(body.len() == page.body.len() || policy.contains("script-src 'self'"), "{policy}");
    assert!(!body.contains("<script") && !page.body.contains(" style=") && !page.body.contains("http-equiv"));
    assert!(page.body.contains("MÔI TRƯỜNG GIẢ LẬP"));
}

#[tokio::test]
async fn d31_headers_and_forgery_protection_of_the_login_pages() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let page = browser.visit(&portal.url(&[])).await;
    guarded(&page);
    assert!(page.header("content-security-policy").contains("form-action 'self' https://portal.example;"));
    let fields = [("username", CITIZEN.0), ("password", CITIZEN.1)];
    for forged in [None, Some("wrong")] {
        let mut form = fields.to_vec();
        form.extend(forged.map(|csrf| ("csrf", csrf)));
        let answer = browser.post(&page.form_action(), &form).await;
        assert_eq!(answer.status, 403);
        guarded(&answer);
    }
    assert!(mock.control().sms().is_empty());
    let answer = browser.submit_once(&page, &fields).await;
    assert_eq!(answer.status, 303);
    let page = browser.visit(&answer.location().unwrap()).await;
    guarded(&page);
    let code = mock.control().last_code("0900000001").unwrap();
    assert_eq!(browser.submit_once(&page, &[("otp", &code)]).await.status, 303);
}

#[tokio::test]
async fn d32_cancel_at_every_step() {
    let careful = vneid_mock_idp::Client::new("careful", "c").consent().redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(careful)).await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let cancelled = |back: Answer| {
        assert_eq!(back.redirected().len(), 4);
        let back = back.redirected();
        assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "a-state"));
        assert_eq!(back["iss"], mock.issuer());
    };
    let page = browser.visit(&portal.url(&[])).await;
    cancelled(browser.submit(&page, &[("action", "cancel")]).await);
    let page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
    cancelled(browser.submit(&page, &[("action", "cancel")]).await);
    let page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
    let page = browser.submit(&page, &[("action", "other")]).await;
    assert!(page.body.contains("090****011"));
    cancelled(browser.submit(&page, &[("action", "cancel")]).await);
    portal.log_in(&mock, &mut browser, CITIZEN, &[]).await;
    let page = browser.visit(&portal.url(&[("prompt", "select_account")])).await;
    cancelled(browser.submit(&page, &[("action", "cancel")]).await);
    let careful = RelyingParty::new(&mock, "careful", "c", "https://portal.example/cb");
    let page = browser.visit(&careful.url(&[])).await;
    cancelled(browser.submit(&page, &[("action", "cancel")]).await);
}

#[tokio::test]
async fn d33_reload_back_button_two_tabs_and_expiry() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let friendly = |page: &Answer| {
        assert_eq!(page.status, 410);
        assert!(page.body.contains("bắt đầu lại từ dịch vụ"));
        guarded(page);
    };
    // Two tabs in a fresh browser, each with its own login.
    let first = browser.visit(&portal.url(&[("state", "one")])).await;
    let second = browser.visit(&portal.url(&[("state", "two")])).await;
    let fields = [("username", CITIZEN.0), ("password", CITIZEN.1)];
    let first_code = browser.submit(&first, &fields).await;
    let one = mock.control().last_code("0900000001").unwrap();
    let second_code = browser.submit(&second, &fields).await;
    let two = mock.control().last_code("0900000001").unwrap();
    // A reload shows the same step again.
    let reloaded = browser.get(&first_code.url).await;
    assert!(reloaded.body.contains(r#"name="otp""#));
    let back = browser.submit(&first_code, &[("otp", &one)]).await.redirected();
    assert_eq!(back["state"], "one");
    let back = browser.submit(&second_code, &[("otp", &two)]).await.redirected();
    assert_eq!(back["state"], "two");
    // Back button: the form again, the page again, the way back again.
    friendly(&browser.submit(&first_code, &[("otp", &one)]).await);
    friendly(&browser.visit(&first_code.url).await);
    let resume = first_code.url.replace("/login/", "/oidc/authorize/resume/");
    friendly(&browser.visit(&resume).await);
    friendly(&browser.visit("/login/never-begun").await);
    friendly(&browser.visit("/oidc/authorize/resume/never-begun").await);
    // Expired, and another browser.
    let mut browser = Browser::new(&mock);
    let page = browser.visit(&portal.url(&[])).await;
    friendly(&Browser::new(&mock).visit(&page.url).await);
    friendly(&Browser::new(&mock).submit(&page, &fields).await);
    // What a login came to is for its own browser, too.
    let mut owner = Browser::new(&mock);
    let code_page = portal.to_code_page(&mut owner, CITIZEN, &[]).await;
    let code = mock.control().last_code("0900000001").unwrap();
    let resume = owner.submit_once(&code_page, &[("otp", &code)]).await.location().unwrap();
    friendly(&Browser::new(&mock).visit(&resume).await);
    assert!(owner.get(&resume).await.redirected().contains_key("code"));
    mock.control().advance(std::time::Duration::from_secs(15 * 60));
    friendly(&browser.submit(&page, &fields).await);
}

#[tokio::test]
async fn d34_cookies_over_http_and_https() {
    let plain = start().await;
    let secure = start_with(|builder| builder.issuer_base("https://localhost:8443")).await;
    for (mock, is_secure) in [(plain, false), (secure, true)] {
        let portal = RelyingParty::portal(&mock);
        let local = format!("http://{}", mock.addr());
        let url = portal.url(&[]).replace(&mock.base_url(), &local);
        let answer = Browser::new(&mock).get(&url).await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly; SameSite=Lax") && cookie.contains("Path=/;"), "{cookie}");
        assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"));
        assert_eq!(cookie.contains("Secure") && cookie.starts_with("__Host-"), is_secure, "{cookie}");
        assert_eq!(cookie.contains(&format!("_{}=", mock.addr().port())), !is_secure);
    }
}

#[tokio::test]
async fn d75_pasting_autofill_and_leading_zeros() {
    let zeros = vneid_mock_idp::OtpDelivery::Static("000012".to_owned());
    let mock = start_with(|builder| builder.otp_delivery(zeros)).await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let page = browser.visit(&portal.url(&[])).await;
    for part in [r#"autocomplete="username""#, r#"autocomplete="current-password""#, r#"<label for="username">"#] {
        assert!(page.body.contains(part), "{part}");
    }
    let page = browser.submit(&page, &[("username", " 001 890 000 001 "), ("password", CITIZEN.1)]).await;
    for part in [
        r#"type="text" name="otp" inputmode="numeric" autocomplete="one-time-code""#,
        r#"<label for="otp">"#,
        "autofocus",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    let page = browser.submit(&page, &[("otp", "12")]).await;
    assert!(page.body.contains(r#"role="alert""#) && page.body.contains(r#"aria-invalid="true""#));
    assert!(browser.submit(&page, &[("otp", " 000 012 ")]).await.redirected().contains_key("code"));
}

#[tokio::test]
async fn d78_everybody_is_invented_and_the_pages_say_so() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let people = portal.get("/citizens", &[("accept", "application/json")]).await;
    assert_eq!(people.header("content-type"), "application/json");
    let members = [
        "username",
        "citizen_id",
        "full_name",
        "date_of_birth",
        "password",
        "passcode",
        "level",
        "phones",
        "web_login",
        "note",
    ];
    for person in people.json().as_array().unwrap() {
        let object = person.as_object().unwrap();
        assert_eq!(object.len(), members.len());
        assert!(members.iter().all(|member| object.contains_key(*member)));
        assert!(person["full_name"].as_str().unwrap().contains("Giả Lập"));
        match person["citizen_id"].as_str() {
            Some(id) => assert!(matches!(id.as_bytes()[3], b'8' | b'9')),
            None => assert_eq!(person["username"].as_str().unwrap().len(), 9),
        }
    }
    let mut browser = Browser::new(&mock);
    for path in [
        "/",
        "/citizens",
        "/sms",
        "/nowhere",
        "/oidc/end_session",
        "/oidc/authorize",
        "/dvcqg/oauth2/authorize",
        "/dvcqg/oidc/logout",
        "/vneid/auth",
        "/vneid/api/idp/third-party/view-info",
        "/vneid/api/idp/third-party/logout",
        "/vneid-sealed/auth",
        "/dvcqg/commonauth",
        "/app",
        "/app/scan?qr=nothing",
        "/app/device",
        "/app/pairing/never-begun",
        "/app/permission",
        &portal.url(&[]),
    ] {
        let page = browser.visit(path).await;
        guarded(&page);
    }
    let english = Browser::new(&mock).speaking("en").visit("/").await;
    assert!(english.body.contains("MOCK ENVIRONMENT"));
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let refused = vneid_mock_idp::MockIdp::builder().listen(everywhere).start().await;
    assert!(refused.is_err_and(|error| error.to_string().contains("--public")));
}
