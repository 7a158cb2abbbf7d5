//! DVCQG through VNeID: the federated way, and two sessions that end one by one.

use serde_json::json;

use crate::support::{Answer, Browser, CITIZEN, National, claims_of, start, start_with, type_in};

/// From DVCQG's login page to VNeID's.
async fn choose_vneid(browser: &mut Browser, portal: &National, changes: &[(&str, &str)]) -> Answer {
    let page = browser.visit(&portal.url(changes)).await;
    assert!(page.body.contains(r#"class="login-IDP BCA""#), "{}", page.body);
    browser.submit(&page, &[("action", "vneid")]).await
}

#[tokio::test]
async fn the_browser_goes_to_vneid_and_comes_back() {
    let mock = start().await;
    let portal = National::portal(&mock, "dvcqg");
    let mut browser = Browser::new(&mock);
    let page = choose_vneid(&mut browser, &portal, &[]).await;
    assert!(page.body.contains("tài khoản VNeID") && page.body.contains("Cổng Dịch vụ công quốc gia"));
    // Chromium applies the policy to every redirect after the form, and the last one leads to the portal.
    assert!(page.header("content-security-policy").contains("form-action 'self' https://portal.example"));
    let back = type_in(&mock, &mut browser, &page, CITIZEN).await;
    assert!(back.location().unwrap().starts_with("https://portal.example/cb?"));
    let tokens = portal.redeem(&back.redirected()["code"], &[]).await.json();
    let told = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    let names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    let mut minimal = [
        "sub",
        "TechID",
        "LoaiTaiKhoan",
        "HoVaTen",
        "SoDinhDanh",
        "NgayThangNamSinh",
        "loginIdp",
        "userProfileUri",
        "logoutUri",
    ];
    minimal.sort_unstable();
    assert_eq!(names, minimal);
    assert_eq!((&told["loginIdp"], &told["LoaiTaiKhoan"]), (&json!("BCA"), &json!("1")));
    let uri = told["logoutUri"].as_str().unwrap();
    let token = uri.strip_prefix(&format!("{}/api/idp/third-party/logout?token_id=", mock.realm("vneid"))).unwrap();
    assert_eq!(claims_of(token)["azp"], "dvcqg-broker");
    // Whichever way they came, they are the same to DVCQG, and somebody else to VNeID.
    assert_eq!(told["TechID"], portal.claims(&mock, CITIZEN).await["TechID"]);
    assert_ne!(told["TechID"], National::portal(&mock, "vneid").claims(&mock, CITIZEN).await["TechID"]);
    let routes: Vec<String> = mock.control().journal().into_iter().map(|asked| asked.route).collect();
    for route in ["/dvcqg/oauth2/authorize", "/vneid/auth", "/dvcqg/commonauth"] {
        assert!(routes.iter().any(|asked| asked == route), "{route}");
    }
}

#[tokio::test]
async fn each_logout_leaves_the_other_session_alive() {
    let mock = start().await;
    let portal = National::portal(&mock, "dvcqg");
    let vneid = National::portal(&mock, "vneid");
    for dvcqg_first in [true, false] {
        let mut browser = Browser::new(&mock);
        let page = choose_vneid(&mut browser, &portal, &[]).await;
        let back = type_in(&mock, &mut browser, &page, CITIZEN).await.redirected();
        let tokens = portal.redeem(&back["code"], &[]).await.json();
        let told = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
        let end_dvcqg = format!(
            "/dvcqg/oidc/logout?id_token_hint={}&post_logout_redirect_uri=https%3A%2F%2Fportal.example%2Fbye",
            tokens["id_token"].as_str().unwrap()
        );
        let end_vneid = told["logoutUri"].as_str().unwrap();
        // Both are logged in without a question.
        assert!(browser.visit(&portal.url(&[])).await.redirected().contains_key("code"));
        assert!(browser.visit(&vneid.url(&[])).await.redirected().contains_key("code"));
        if dvcqg_first {
            browser.get(&end_dvcqg).await;
            // The trap: the next person at this computer needs no password.
            let back = choose_vneid(&mut browser, &portal, &[]).await;
            assert!(back.redirected().contains_key("code"));
            assert!(browser.visit(&vneid.url(&[])).await.redirected().contains_key("code"));
            browser.get(end_vneid).await;
        } else {
            browser.get(end_vneid).await;
            assert!(browser.visit(&portal.url(&[])).await.redirected().contains_key("code"));
            assert!(browser.visit(&vneid.url(&[])).await.has_form());
            browser.get(&end_dvcqg).await;
            assert!(choose_vneid(&mut browser, &portal, &[]).await.has_form());
        }
    }
}

#[tokio::test]
async fn the_strict_realm_has_a_session_of_its_own() {
    let mock = start().await;
    let strict = crate::support::RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    strict.tokens(&mock, &mut browser, &[]).await;
    for realm in ["dvcqg", "vneid", "vneid-sealed"] {
        let portal =
            if realm == "vneid-sealed" { National::demo(&mock, realm) } else { National::portal(&mock, realm) };
        assert!(browser.visit(&portal.url(&[])).await.has_form(), "{realm}");
    }
    // VNeID's two realms are one provider.
    National::portal(&mock, "vneid").tokens(&mock, &mut browser, CITIZEN).await;
    let sealed = National::demo(&mock, "vneid-sealed");
    assert!(browser.visit(&sealed.url(&[])).await.redirected().contains_key("encrypt_key"));
    assert!(browser.visit(&National::portal(&mock, "dvcqg").url(&[])).await.has_form());
}

#[tokio::test]
async fn prompt_login_asks_at_both() {
    let mock = start().await;
    let portal = National::portal(&mock, "dvcqg");
    let mut browser = Browser::new(&mock);
    let page = choose_vneid(&mut browser, &portal, &[]).await;
    type_in(&mock, &mut browser, &page, CITIZEN).await.redirected();
    let page = choose_vneid(&mut browser, &portal, &[("prompt", "login")]).await;
    assert!(page.body.contains(r#"name="password""#) && page.body.contains("tài khoản VNeID"));
    // An own login after that tells no longer of VNeID.
    let page = browser.visit(&portal.url(&[("prompt", "login")])).await;
    let back = type_in(&mock, &mut browser, &page, CITIZEN).await.redirected();
    let tokens = portal.redeem(&back["code"], &[]).await.json();
    let told = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert!(told.get("loginIdp").is_none());
}

#[tokio::test]
async fn what_vneid_refuses_dvcqg_passes_on() {
    let mock = start().await;
    let portal = National::portal(&mock, "dvcqg");
    let mut browser = Browser::new(&mock);
    let page = choose_vneid(&mut browser, &portal, &[]).await;
    let back = browser.submit(&page, &[("action", "cancel")]).await.redirected();
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "a-state"));
    let page = choose_vneid(&mut browser, &portal, &[]).await;
    let back = type_in(&mock, &mut browser, &page, ("038993000004", "GiaLap@0004")).await.redirected();
    assert_eq!(back["error_description"], "web_login_not_permitted");
    // Whoever has only a VNeID account gets in this way.
    let page = choose_vneid(&mut Browser::new(&mock), &portal, &[]).await;
    assert!(page.has_form());
    let mut browser = Browser::new(&mock);
    let page = choose_vneid(&mut browser, &portal, &[]).await;
    assert!(
        type_in(&mock, &mut browser, &page, ("001801000013", "GiaLap@0013")).await.redirected().contains_key("code")
    );
}

#[tokio::test]
async fn commonauth_takes_nobody_else_s_answer() {
    let mock = start().await;
    let portal = National::portal(&mock, "dvcqg");
    let mut browser = Browser::new(&mock);
    assert_eq!(browser.get("/dvcqg/commonauth?code=x&state=y").await.status, 410);
    // An answer that was taken from one browser is worth nothing in another, nor a second time in its own.
    let page = choose_vneid(&mut browser, &portal, &[]).await;
    let page = browser.submit(&page, &[("username", CITIZEN.0), ("password", CITIZEN.1)]).await;
    let code = mock.control().last_code("0900000001").unwrap();
    let mut answer = browser.submit_once(&page, &[("otp", &code)]).await;
    while !answer.location().unwrap().contains("/dvcqg/commonauth?") {
        answer = browser.get(&answer.location().unwrap()).await;
    }
    let callback = answer.location().unwrap();
    let mut thief = Browser::new(&mock);
    choose_vneid(&mut thief, &portal, &[]).await;
    assert_eq!(thief.get(&callback).await.status, 410);
    assert!(browser.get(&callback).await.redirected().contains_key("code"));
    assert_eq!(browser.get(&callback).await.status, 410);
    // The broker has no secret, so nobody can redeem its codes from outside.
    let form =
        [("grant_type", "authorization_code"), ("code", "x"), ("client_id", "dvcqg-broker"), ("client_secret", "")];
    assert_eq!(portal.party.post_as("/vneid/token", None, &form).await.json()["error"], "invalid_client");
    let mock = start_with(|builder| builder.auto_login("001902000014")).await;
    let vneid = National::portal(&mock, "vneid");
    assert_eq!(Browser::new(&mock).get(&vneid.url(&[])).await.redirected()["error"], "access_denied");
}
