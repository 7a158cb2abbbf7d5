//! Realm `/dvcqg`: what real portals have seen of the National Public Service Portal's provider.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vneid_mock_idp::Client;

use crate::support::{
    Browser, CHALLENGE, CITIZEN, National, VERIFIER, WITHOUT_CCCD, claims_of, frozen, is_signed_by, start, start_with,
    type_in,
};

#[tokio::test]
async fn a_citizen_logs_in_with_password_and_code() {
    let mock = start().await;
    let portal = National::demo(&mock, "dvcqg");
    let mut browser = Browser::new(&mock);
    let page = browser.visit(&portal.url(&[])).await;
    assert!(page.body.contains("Cổng Dịch vụ công quốc gia") && page.body.contains(r#"class="login-IDP BCA""#));
    let back = type_in(&mock, &mut browser, &page, CITIZEN).await;
    assert!(back.location().unwrap().starts_with("http://127.0.0.1:8080/auth/callback/vneid?"));
    let back = back.redirected();
    assert_eq!((back["state"].as_str(), back.len()), ("a-state", 2), "a code, the state and no iss: {back:?}");

    let tokens = portal.redeem(&back["code"], &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let tokens = tokens.json();
    assert_eq!((tokens["expires_in"].as_u64(), tokens["token_type"].as_str()), (Some(3600), Some("Bearer")));
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!((access_token.len(), access_token.matches('-').count()), (36, 4), "an opaque UUID");
    let id_token = tokens["id_token"].as_str().unwrap();
    let claims = claims_of(id_token);
    assert_eq!(claims["iss"], format!("{}/oauth2/token", mock.realm("dvcqg")));
    assert_eq!(claims["aud"], "portal-demo");
    assert!(claims.get("nonce").is_none());
    assert!(is_signed_by(&portal.party, "/dvcqg/oauth2/jwks", id_token).await);

    let told = portal.userinfo(access_token).await;
    assert_eq!(told.header("content-type"), "application/json");
    let told = told.json();
    assert_eq!(told, portal.userinfo_by_post(access_token).await.json());
    assert_eq!((&told["sub"], &told["TechID"]), (&claims["sub"], &claims["sub"]));
    assert_eq!(told["TechID"].as_str().unwrap().len(), 36);
    assert_eq!(told["LoaiTaiKhoan"], "1");
    assert_eq!(told["HoVaTen"], "Nguyễn Văn Giả Lập");
    assert_eq!(told["SoDinhDanh"], CITIZEN.0);
    assert_eq!(told["NgayThangNamSinh"], "23900131");
    assert_eq!(told["GioiTinh"], "1");
    assert_eq!(told["ThuDienTu"], Value::Null);
    for absent in ["loginIdp", "logoutUri", "userProfileUri", "IAL", "SoCMND"] {
        assert!(told.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn discovery_is_below_the_token_endpoint() {
    let mock = start().await;
    let portal = National::demo(&mock, "dvcqg");
    let metadata = portal.party.get("/dvcqg/oauth2/token/.well-known/openid-configuration", &[]).await.json();
    let base = mock.realm("dvcqg");
    assert_eq!(metadata["issuer"], format!("{base}/oauth2/token"));
    assert_eq!(metadata["end_session_endpoint"], format!("{base}/oidc/logout"));
    assert_eq!(portal.party.get("/dvcqg/.well-known/openid-configuration", &[]).await.status, 404);
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        assert!(metadata[name].as_str().unwrap().starts_with(&format!("{base}/oauth2/")), "{name}");
    }
}

#[tokio::test]
async fn codes_hold_a_plus_and_a_slash_and_count_once_for_a_minute() {
    let mock = start_with(|builder| builder.auto_login(CITIZEN.0)).await;
    frozen(&mock);
    let portal = National::portal(&mock, "dvcqg");
    let code = async || Browser::new(&mock).get(&portal.url(&[])).await.redirected()["code"].clone();
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let code = code().await;
        assert!(code.contains('+') && code.contains('/'), "{code}");
        seen.insert(code);
    }
    assert_eq!(seen.len(), 5);
    for (seconds, status) in [(59, 200), (60, 400)] {
        let code = code().await;
        mock.control().advance(std::time::Duration::from_secs(seconds));
        assert_eq!(portal.redeem(&code, &[]).await.status, status, "{seconds}");
    }
    // What a form decoder makes of the code is none.
    let good = code().await;
    assert_eq!(portal.redeem(&good.replace('+', " "), &[]).await.json()["error"], "invalid_grant");
    let tokens = portal.redeem(&good, &[]).await.json();
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(portal.userinfo(access_token).await.status, 200);
    // A second use takes back what the first gave.
    let again = portal.redeem(&good, &[]).await;
    assert_eq!((again.status.as_u16(), again.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(portal.userinfo(access_token).await.status, 401);
    let journal = mock.control().journal();
    assert!(journal.iter().any(|asked| asked.route == "/dvcqg/oauth2/token" && asked.remarks == ["grant_reused"]));
}

#[tokio::test]
async fn pkce_and_nonce_are_honoured_when_they_are_sent() {
    let mock = start_with(|builder| builder.auto_login(CITIZEN.0)).await;
    let portal = National::portal(&mock, "dvcqg");
    let sent = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256"), ("nonce", "a-nonce")];
    let code = async || Browser::new(&mock).get(&portal.url(&sent)).await.redirected()["code"].clone();
    let tokens = portal.redeem(&code().await, &[("code_verifier", VERIFIER)]).await.json();
    assert_eq!(claims_of(tokens["id_token"].as_str().unwrap())["nonce"], "a-nonce");
    for wrong in [&[][..], &[("code_verifier", CHALLENGE)]] {
        assert_eq!(portal.redeem(&code().await, wrong).await.json()["error"], "invalid_grant");
    }
}

#[tokio::test]
async fn requests_are_read_leniently_and_addresses_strictly() {
    let mock = start_with(|builder| builder.auto_login(CITIZEN.0)).await;
    let portal = National::portal(&mock, "dvcqg");
    let ask = async |changes: &[(&str, &str)]| Browser::new(&mock).get(&portal.url(changes)).await;
    assert!(
        ask(&[("vnconnect", "1"), ("unheard_of", "x"), ("acr_values", "LoA9")]).await.redirected()["code"].len() > 9
    );
    assert!(ask(&[("state", "")]).await.redirected().contains_key("code"));
    for unregistered in ["https://portal.example/cb/", "https://portal.example/cb?x=1", "https://attacker.test/cb"] {
        let page = ask(&[("redirect_uri", unregistered)]).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{unregistered}");
    }
    assert_eq!(ask(&[("client_id", "nobody")]).await.status, 400);
    assert_eq!(ask(&[("response_type", "token")]).await.redirected()["error"], "unsupported_response_type");
    // By form, and another client's redirect URI at the token endpoint.
    let mut browser = Browser::new(&mock);
    let back = browser.post(
        "/dvcqg/oauth2/authorize",
        &[
            ("response_type", "code"),
            ("client_id", "portal"),
            ("redirect_uri", "https://portal.example/cb"),
            ("scope", "openid"),
        ],
    );
    let code = back.await.redirected()["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://portal.example/other"),
    ];
    let answer = portal.party.post("/dvcqg/oauth2/token", &form).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn clients_authenticate_by_body_or_header() {
    let mock = start_with(|builder| builder.auto_login(CITIZEN.0)).await;
    let portal = National::portal(&mock, "dvcqg");
    let code = async || Browser::new(&mock).get(&portal.url(&[])).await.redirected()["code"].clone();
    let code_1 = code().await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code_1.as_str()),
        ("redirect_uri", portal.party.redirect_uri.as_str()),
    ];
    assert_eq!(portal.party.post("/dvcqg/oauth2/token", &form).await.status, 200);
    let mut stranger = portal.clone();
    stranger.party.secret = "wrong".to_owned();
    let refused = stranger.redeem(&code().await, &[]).await;
    assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (401, Some("invalid_client")));
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(portal.party.post("/dvcqg/oauth2/token", &form).await.json()["error"], "unsupported_grant_type");
    // Without `openid` there is no id_token and no userinfo.
    let back = Browser::new(&mock).get(&portal.url(&[("scope", "")])).await.redirected();
    let tokens = portal.redeem(&back["code"], &[]).await.json();
    assert!(tokens.get("id_token").is_none());
    assert_eq!(portal.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 403);
}

#[tokio::test]
async fn what_is_told_of_whom() {
    let mock = start().await;
    let portal = National::portal(&mock, "dvcqg");
    let told = portal.claims(&mock, WITHOUT_CCCD).await;
    assert_eq!((&told["SoCMND"], &told["SoDinhDanh"]), (&json!("900000006"), &Value::Null));
    let told = portal.claims(&mock, ("025840000007", "GiaLap@0007")).await;
    assert_eq!(told["NgayThangNamSinh"], "2340");
    let told = portal.claims(&mock, ("001898000011", "GiaLap@0011")).await;
    assert_eq!((&told["LoaiTaiKhoan"], &told["MaSoThue"]), (&json!("2"), &json!("0199999911")));
    assert_eq!(
        (&told["TenDoanhNghiep"], &told["MaSoDoanhNghiep"]),
        (&json!("Công ty TNHH Giả Lập"), &told["MaSoThue"])
    );
    assert_eq!(told["NguoiDaiDien"], "Ngô Giả Lập Doanh Nghiệp");
    assert!(told.get("SoDinhDanh").is_none());
    let told = portal.claims(&mock, ("001999000012", "GiaLap@0012")).await;
    assert_eq!((&told["LoaiTaiKhoan"], told.get("MaSoDoanhNghiep")), (&json!("3"), None));
    // VNeID's permission for the web is none of DVCQG's business.
    assert_eq!(portal.claims(&mock, ("038993000004", "GiaLap@0004")).await["LoaiTaiKhoan"], "1");
    // Whoever has no account here is told so kindly, and the portal that they gave up.
    let mut browser = Browser::new(&mock);
    let page = browser.visit(&portal.url(&[])).await;
    let page = browser.submit(&page, &[("username", "001801000013"), ("password", "GiaLap@0013")]).await;
    assert!(page.body.contains("chưa có tài khoản Cổng Dịch vụ công quốc gia"), "{}", page.body);
    assert!(mock.control().sms().iter().all(|sms| sms.phone != "0900000013"));
    assert_eq!(browser.submit(&page, &[("action", "cancel")]).await.redirected()["error"], "access_denied");
}

#[tokio::test]
async fn a_session_answers_until_prompt_login_or_logout() {
    let client = Client::new("other", "o").redirect_uri("https://other.example/cb");
    let mock = start_with(|builder| builder.client(client)).await;
    let portal = National::portal(&mock, "dvcqg");
    let mut browser = Browser::new(&mock);
    let tokens = portal.tokens(&mock, &mut browser, CITIZEN).await;
    assert!(browser.visit(&portal.url(&[])).await.redirected().contains_key("code"));
    assert!(browser.visit(&portal.url(&[("prompt", "login")])).await.has_form());
    assert_eq!(
        Browser::new(&mock).get(&portal.url(&[("prompt", "none")])).await.redirected()["error"],
        "login_required"
    );

    let end = |changes: &[(&str, &str)]| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(changes);
        format!("/dvcqg/oidc/logout?{}", query.finish())
    };
    let hint = ("id_token_hint", tokens["id_token"].as_str().unwrap());
    for wrong in ["https://portal.example/bye?x", "https://attacker.test/"] {
        let page = browser.get(&end(&[hint, ("post_logout_redirect_uri", wrong)])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None));
    }
    assert!(browser.visit(&portal.url(&[])).await.redirected().contains_key("code"), "a bad request ends nothing");
    let home = ("post_logout_redirect_uri", "https://portal.example/bye");
    let back = browser.get(&end(&[hint, home, ("state", "bye")])).await;
    assert_eq!(back.location().unwrap(), "https://portal.example/bye?state=bye");
    assert!(browser.visit(&portal.url(&[])).await.has_form());
    assert_eq!(portal.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
    // An access token is no hint, though some portals send one.
    let token = ("id_token_hint", tokens["access_token"].as_str().unwrap());
    assert_eq!(browser.get(&end(&[token, home])).await.status, 400);
}
