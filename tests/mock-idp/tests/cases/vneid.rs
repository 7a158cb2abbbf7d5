//! Realm `/vneid`: VNeID in the clear, with the Keycloak behind it.

use serde_json::json;
use vneid_mock_idp::Client;

use crate::support::{
    Browser, CHALLENGE, CITIZEN, National, VERIFIER, WITHOUT_CCCD, claims_of, is_signed_by, start, start_with, type_in,
};

const ISSUER: &str = "http://sso.dancuquocgia.gov.vn:8080/auth/realms/citizen";
const CERTS: &str = "/vneid/protocol/openid-connect/certs";

#[tokio::test]
async fn a_citizen_logs_in_and_the_token_is_keycloak_s() {
    let mock = start().await;
    let portal = National::demo(&mock, "vneid");
    let mut browser = Browser::new(&mock);
    let page = browser.visit(&portal.url(&[])).await;
    assert!(page.body.contains("VNeID") && !page.body.contains("login-IDP"));
    let back = type_in(&mock, &mut browser, &page, CITIZEN).await.redirected();
    assert_eq!((back["state"].as_str(), back.len()), ("a-state", 2));
    let answer = portal.redeem(&back["code"], &[]).await.json();
    assert!(answer.get("id_token").is_none() && answer.get("refresh_token").is_none());
    assert_eq!(answer["expires_in"], 1800);
    let token = answer["access_token"].as_str().unwrap();
    assert!(is_signed_by(&portal.party, CERTS, token).await);
    assert!(!is_signed_by(&portal.party, "/dvcqg/oauth2/jwks", token).await, "every provider has keys of its own");
    let claims = claims_of(token);
    for (name, value) in [
        ("iss", ISSUER),
        ("aud", "account"),
        ("azp", "portal-demo"),
        ("typ", "Bearer"),
        ("acr", "1"),
        ("scope", "openid email profile"),
        ("preferred_username", CITIZEN.0),
        ("name", "Nguyễn Văn Giả Lập"),
        ("given_name", "Nguyễn"),
        ("family_name", "Văn Giả Lập"),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert_eq!(claims["sid"], claims["session_state"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    assert_eq!(claims["email_verified"], false);

    let told = portal.userinfo(token).await.json();
    assert_eq!(told, portal.userinfo_by_post(token).await.json());
    assert_eq!(told["sub"], claims["sub"]);
    assert_ne!(told["sub"], told["TechID"]);
    assert_eq!((told["sub"].as_str().unwrap().len(), told["TechID"].as_str().unwrap().len()), (36, 36));
    assert_eq!((&told["LoaiTaiKhoan"], &told["IAL"]), (&json!(1), &json!(2)));
    assert_eq!((&told["SoDinhDanh"], &told["NgayThangNamSinh"]), (&json!(CITIZEN.0), &json!("23900131")));
    let base = format!("{}/api/idp/third-party", mock.realm("vneid"));
    assert_eq!(told["logoutUri"], format!("{base}/logout?token_id={token}"));
    assert_eq!(told["userProfileUri"], format!("{base}/view-info?token_id={token}"));

    let profile = browser.get(told["userProfileUri"].as_str().unwrap()).await;
    assert!(profile.status == 200 && profile.body.contains(CITIZEN.0));
    assert_eq!(profile.header("referrer-policy"), "no-referrer");
    mock.control().advance(std::time::Duration::from_secs(1800));
    assert_eq!(browser.get(told["userProfileUri"].as_str().unwrap()).await.status, 401);
    assert_eq!(portal.userinfo(token).await.status, 401);
}

#[tokio::test]
async fn logging_out_by_the_token_ends_the_session_and_goes_nowhere() {
    let mock = start().await;
    let portal = National::portal(&mock, "vneid");
    let mut browser = Browser::new(&mock);
    let tokens = portal.tokens(&mock, &mut browser, CITIZEN).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert!(browser.visit(&portal.url(&[])).await.redirected().contains_key("code"));
    let end = |token: &str| format!("/vneid/api/idp/third-party/logout?token_id={token}");
    for bad in ["", "nonsense", &token[..token.len() - 2]] {
        assert_eq!(browser.get(&end(bad)).await.status, 400, "{bad}");
    }
    assert!(browser.visit(&portal.url(&[])).await.redirected().contains_key("code"), "a bad token ends nothing");
    // From another browser, and long after the token's end: the session is the token's.
    mock.control().advance(std::time::Duration::from_secs(1799));
    let page = Browser::new(&mock).get(&end(token)).await;
    assert_eq!((page.status.as_u16(), page.location()), (200, None));
    assert!(page.body.contains("đã đăng xuất"));
    assert_eq!(portal.userinfo(token).await.status, 401);
    assert!(browser.visit(&portal.url(&[])).await.has_form());
}

#[tokio::test]
async fn an_id_token_only_for_whoever_is_registered_so() {
    let client = Client::new("checking", "c").redirect_uri("https://portal.example/cb").vneid_id_token();
    let mock = start_with(|builder| builder.client(client).auto_login(CITIZEN.0)).await;
    let mut portal = National::portal(&mock, "vneid");
    (portal.party.id, portal.party.secret) = ("checking".to_owned(), "c".to_owned());
    let back = Browser::new(&mock).get(&portal.url(&[("nonce", "a-nonce")])).await.redirected();
    let tokens = portal.redeem(&back["code"], &[]).await.json();
    let id_token = tokens["id_token"].as_str().unwrap();
    let claims = claims_of(id_token);
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["nonce"]),
        (&json!(ISSUER), &json!("checking"), &json!("a-nonce"))
    );
    assert!(is_signed_by(&portal.party, CERTS, id_token).await);
    let back = Browser::new(&mock).get(&portal.url(&[])).await.redirected();
    let tokens = portal.redeem(&back["code"], &[]).await.json();
    assert!(!claims_of(tokens["id_token"].as_str().unwrap()).contains_key("nonce"));
}

#[tokio::test]
async fn codes_pkce_and_secrets() {
    let mock = start_with(|builder| builder.auto_login(CITIZEN.0)).await;
    crate::support::frozen(&mock);
    let portal = National::portal(&mock, "vneid");
    let sent = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let code = async |changes: &[(&str, &str)]| {
        Browser::new(&mock).get(&portal.url(changes)).await.redirected()["code"].clone()
    };
    assert_eq!(portal.redeem(&code(&sent).await, &[("code_verifier", VERIFIER)]).await.status, 200);
    assert_eq!(portal.redeem(&code(&sent).await, &[]).await.json()["error"], "invalid_grant");
    for (seconds, status) in [(59, 200), (60, 400)] {
        let code = code(&[]).await;
        mock.control().advance(std::time::Duration::from_secs(seconds));
        assert_eq!(portal.redeem(&code, &[]).await.status, status, "{seconds}");
    }
    let good = code(&[]).await;
    // A code of this realm is none in another, nor another's here.
    for realm in ["dvcqg", "vneid-sealed"] {
        let other = National::portal(&mock, realm);
        assert_ne!(other.redeem(&good, &[]).await.status, 200, "{realm}");
    }
    let tokens = portal.redeem(&good, &[]).await.json();
    assert_eq!(portal.redeem(&good, &[]).await.status, 400);
    assert_eq!(portal.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401, "the second use revokes");
    let mut stranger = portal.clone();
    stranger.party.secret = "wrong".to_owned();
    assert_eq!(stranger.redeem(&code(&[]).await, &[]).await.json()["error"], "invalid_client");
    let page = Browser::new(&mock).get(&portal.url(&[("redirect_uri", "https://portal.example/other")])).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None));
}

#[tokio::test]
async fn who_may_log_in() {
    let mock = start().await;
    let portal = National::portal(&mock, "vneid");
    assert_eq!(portal.claims(&mock, ("038892000003", "GiaLap@0003")).await["IAL"], 1);
    assert_eq!(portal.claims(&mock, ("025840000007", "GiaLap@0007")).await["NgayThangNamSinh"], "2340");
    let told = portal.claims(&mock, ("001898000011", "GiaLap@0011")).await;
    assert_eq!((&told["LoaiTaiKhoan"], &told["MaSoThue"]), (&json!(2), &json!("0199999911")));
    let back = portal.log_in(&mock, &mut Browser::new(&mock), ("038993000004", "GiaLap@0004"), &[]).await.redirected();
    assert_eq!(back["error_description"], "web_login_not_permitted");
    for citizen in [WITHOUT_CCCD, ("001902000014", "GiaLap@0014")] {
        let mut browser = Browser::new(&mock);
        let page = browser.visit(&portal.url(&[])).await;
        let page = browser.submit(&page, &[("username", citizen.0), ("password", citizen.1)]).await;
        assert!(page.body.contains("chưa có tài khoản VNeID"), "{}", page.body);
    }
}
