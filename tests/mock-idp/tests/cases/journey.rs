//! The whole way, as a citizen and a portal go it.

use crate::support::{Browser, CITIZEN, RelyingParty, start};

#[tokio::test]
async fn d11_a_citizen_logs_in_and_out() {
    let mock = start().await;
    let portal = RelyingParty::demo(&mock);
    let mut browser = Browser::new(&mock);

    let page = browser.visit(&portal.url(&[])).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("MÔI TRƯỜNG GIẢ LẬP") && page.body.contains("portal-demo"));
    let page = browser.submit(&page, &[("username", CITIZEN.0), ("password", CITIZEN.1)]).await;
    assert!(page.body.contains("090****001") && page.body.contains("Gửi lại OTP"), "{}", page.body);

    let inbox = portal.get("/sms?phone=0900000001", &[("accept", "application/json")]).await.json();
    let code = inbox[0]["code"].as_str().unwrap();
    let back = browser.submit(&page, &[("otp", code)]).await;
    assert!(back.location().unwrap().starts_with("http://127.0.0.1:8080/auth/callback/vneid?"));
    let back = back.redirected();
    assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("a-state", mock.issuer().as_str()));

    let answer = portal.redeem(&back["code"]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens = answer.json();
    let userinfo = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(userinfo["name"], "Nguyễn Văn Giả Lập");
    assert_eq!(userinfo["birthdate"], "2390-01-31");
    assert_eq!(userinfo["phone_number"], "0900000001");
    assert_eq!(userinfo["citizen_id"], CITIZEN.0);

    let hint = tokens["id_token"].as_str().unwrap();
    let end = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("id_token_hint", hint)
        .append_pair("post_logout_redirect_uri", "http://127.0.0.1:8080/auth/logged-out")
        .append_pair("state", "bye")
        .finish();
    let back = browser.visit(&format!("/oidc/end_session?{end}")).await;
    assert_eq!(back.location().unwrap(), "http://127.0.0.1:8080/auth/logged-out?state=bye");
    let page = browser.visit(&portal.url(&[])).await;
    assert!(page.body.contains(r#"name="password""#));
    mock.stop().await;
}
