//! Sessions and what a request wants of them: D22 to D28.

use std::time::Duration;

use vneid_mock_idp::{Client, Running, UnmetAcr};

use crate::support::{Browser, CITIZEN, OTHER, RelyingParty, claims_of, frozen, start, start_with};

async fn silent(portal: &RelyingParty, browser: &mut Browser, changes: &[(&str, &str)]) -> String {
    let back = browser.get(&portal.url(&[&[("prompt", "none")], changes].concat())).await.redirected();
    back.get("error").cloned().unwrap_or_else(|| format!("code {}", back["code"]))
}

async fn claims(portal: &RelyingParty, answer: &str) -> serde_json::Map<String, serde_json::Value> {
    let tokens = portal.redeem(answer.strip_prefix("code ").unwrap_or(answer)).await.json();
    claims_of(tokens["id_token"].as_str().unwrap())
}

fn wait(mock: &Running, seconds: u64) {
    mock.control().advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn d22_prompt_none() {
    let careful = Client::new("careful", "c").consent().redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(careful)).await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    assert_eq!(silent(&portal, &mut browser, &[]).await, "login_required");
    let first = portal.tokens(&mock, &mut browser, &[]).await.id_claims();
    wait(&mock, 60);
    let answer = silent(&portal, &mut browser, &[]).await;
    let second = claims(&portal, &answer).await;
    assert_eq!((&first["sub"], &first["auth_time"]), (&second["sub"], &second["auth_time"]));
    assert_eq!(silent(&portal, &mut browser, &[("prompt", "none login")]).await, "invalid_request");

    let careful = RelyingParty::new(&mock, "careful", "c", "https://portal.example/cb");
    assert_eq!(silent(&careful, &mut browser, &[]).await, "consent_required");
    let page = browser.visit(&careful.url(&[])).await;
    assert!(page.body.contains("Đồng ý") && page.body.contains("Số điện thoại"));
    let back = browser.submit(&page, &[("action", "allow")]).await.redirected();
    assert!(back.contains_key("code"));
    assert!(silent(&careful, &mut browser, &[]).await.starts_with("code "));
}

#[tokio::test]
async fn d23_prompt_login_and_select_account() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let first = portal.tokens(&mock, &mut browser, &[]).await.id_claims();
    wait(&mock, 5);
    let mut copy = Browser::new(&mock);
    copy.cookies_mut().clone_from(browser.cookies());
    let second = portal.tokens(&mock, &mut browser, &[("prompt", "login")]).await.id_claims();
    assert_eq!(silent(&portal, &mut copy, &[]).await, "login_required", "the session from before is over");
    assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
    assert_eq!(first["sid"], second["sid"]);

    let page = browser.visit(&portal.url(&[("prompt", "select_account")])).await;
    assert!(page.body.contains("Nguyễn Văn Giả Lập") && page.body.contains("Dùng tài khoản khác"));
    let back = browser.submit(&page, &[("action", "continue")]).await.redirected();
    assert_eq!(claims(&portal, &back["code"]).await["auth_time"], second["auth_time"]);

    let page = browser.visit(&portal.url(&[("prompt", "select_account")])).await;
    let page = browser.submit(&page, &[("action", "another")]).await;
    let page = browser.submit(&page, &[("username", OTHER.0), ("password", OTHER.1)]).await;
    let code = mock.control().last_code("0900000002").unwrap();
    let back = browser.submit(&page, &[("otp", &code)]).await.redirected();
    let third = claims(&portal, &back["code"]).await;
    assert_ne!(third["sub"], second["sub"]);
    assert_ne!(third["sid"], second["sid"]);
}

#[tokio::test]
async fn d24_max_age() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let first = portal.tokens(&mock, &mut browser, &[]).await.id_claims();
    wait(&mock, 2);
    let back = browser.visit(&portal.url(&[("max_age", "10000")])).await.redirected();
    assert_eq!(claims(&portal, &back["code"]).await["auth_time"], first["auth_time"]);
    assert_eq!(silent(&portal, &mut browser, &[("max_age", "1")]).await, "login_required");
    assert_eq!(silent(&portal, &mut browser, &[("max_age", "0")]).await, "login_required");
    let again = portal.tokens(&mock, &mut browser, &[("max_age", "1")]).await.id_claims();
    assert_eq!(again["auth_time"].as_i64().unwrap(), first["auth_time"].as_i64().unwrap() + 2);
    assert!(browser.visit(&portal.url(&[("max_age", "0")])).await.has_form());
    for bad in ["-1", "soon", "1.5", "99999999999999999999999", "+1"] {
        assert_eq!(silent(&portal, &mut browser, &[("max_age", bad)]).await, "invalid_request", "{bad}");
    }
}

#[tokio::test]
async fn d25_acr_values() {
    let uri = "https://portal.example/cb";
    let refusing = Client::new("refusing", "r").unmet_acr(UnmetAcr::Refuse).redirect_uri(uri);
    let denying = Client::new("denying", "d").unmet_acr(UnmetAcr::AccessDenied).redirect_uri(uri);
    let mock = start_with(|builder| builder.client(refusing).client(denying)).await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    portal.tokens(&mock, &mut browser, &[]).await;
    for (asked, told) in
        [("LoA2 LoA1", "LoA2"), ("LoA1 LoA2", "LoA1"), ("LoA3 LoA2", "LoA2"), ("LoA9", "LoA2"), ("", "LoA2")]
    {
        let answer = silent(&portal, &mut browser, &[("acr_values", asked)]).await;
        assert_eq!(claims(&portal, &answer).await["acr"], told, "{asked}");
    }
    // A citizen of level 1: the wish is answered with what there is, or refused as the client is registered.
    let level_1 = ("038892000003", "GiaLap@0003");
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["LoA2"]}}}"#;
    let mut browser = Browser::new(&mock);
    let back = portal.log_in(&mock, &mut browser, level_1, &[("acr_values", "LoA2")]).await.redirected();
    assert_eq!(claims(&portal, &back["code"]).await["acr"], "LoA1");
    let unmet = "unmet_authentication_requirements";
    assert_eq!(silent(&portal, &mut browser, &[("claims", essential)]).await, unmet);
    let refusing = RelyingParty::new(&mock, "refusing", "r", uri);
    let denying = RelyingParty::new(&mock, "denying", "d", uri);
    assert_eq!(silent(&refusing, &mut browser, &[("acr_values", "LoA2")]).await, unmet);
    assert_eq!(silent(&denying, &mut browser, &[("acr_values", "LoA2")]).await, "access_denied");
    assert!(silent(&denying, &mut browser, &[("acr_values", "LoA2 LoA1")]).await.starts_with("code "));
}

#[tokio::test]
async fn d26_the_claims_parameter() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock).scope("openid");
    let mut browser = Browser::new(&mock);
    let name = r#"{"userinfo":{"name":{"essential":true},"citizen_id":null},"id_token":{"birthdate":null}}"#;
    let tokens = portal.tokens(&mock, &mut browser, &[("claims", name)]).await;
    assert_eq!(tokens.id_claims()["birthdate"], "2390-01-31");
    let userinfo = portal.userinfo(tokens.text("access_token")).await.json();
    assert_eq!(
        (userinfo["name"].as_str(), userinfo["citizen_id"].as_str()),
        (Some("Nguyễn Văn Giả Lập"), Some(CITIZEN.0))
    );
    assert!(userinfo.get("phone_number").is_none());
    for malformed in ["{", "[]", "name", r#"{"userinfo":[]}"#, r#"{"id_token":{"acr":7}}"#] {
        assert_eq!(silent(&portal, &mut browser, &[("claims", malformed)]).await, "invalid_request", "{malformed}");
    }
    let stranger = r#"{"id_token":{"sub":{"value":"somebody-else"}}}"#;
    assert_eq!(silent(&portal, &mut browser, &[("claims", stranger)]).await, "login_required");
    // Who has no CCCD cannot give it.
    let without = ("900000006", "GiaLap@0006");
    let essential = r#"{"userinfo":{"citizen_id":{"essential":true}}}"#;
    let back = portal.log_in(&mock, &mut Browser::new(&mock), without, &[("claims", essential)]).await.redirected();
    assert_eq!(back["error"], "access_denied");
    let back = portal.log_in(&mock, &mut Browser::new(&mock), without, &[]).await.redirected();
    assert!(back.contains_key("code"));
}

#[tokio::test]
async fn d27_id_token_hint() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let own = portal.tokens(&mock, &mut browser, &[]).await.text("id_token").to_owned();
    let back = portal.log_in(&mock, &mut Browser::new(&mock), OTHER, &[]).await.redirected();
    let others = portal.redeem(&back["code"]).await.json()["id_token"].as_str().unwrap().to_owned();
    assert!(silent(&portal, &mut browser, &[("id_token_hint", &own)]).await.starts_with("code "));
    assert_eq!(silent(&portal, &mut browser, &[("id_token_hint", &others)]).await, "login_required");
    wait(&mock, 20 * 60);
    mock.control().rotate_keys().unwrap();
    assert!(silent(&portal, &mut browser, &[("id_token_hint", &own)]).await.starts_with("code "), "expired is fine");
    assert_eq!(silent(&portal, &mut browser, &[("id_token_hint", "nonsense")]).await, "invalid_request");
    let demo = RelyingParty::demo(&mock);
    let of_another_client = silent(&demo, &mut browser, &[("id_token_hint", &own)]).await;
    assert_eq!(of_another_client, "invalid_request");
    // Asked for somebody else, and the same citizen logs in again: not whom the relying party meant.
    let back = portal.log_in(&mock, &mut browser, CITIZEN, &[("id_token_hint", &others)]).await.redirected();
    assert_eq!(back["error"], "login_required");
}

#[tokio::test]
async fn d28_a_login_hint_is_written_in_and_never_trusted() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let page = Browser::new(&mock).visit(&portal.url(&[("login_hint", OTHER.0)])).await;
    assert!(page.body.contains(&format!(r#"value="{}""#, OTHER.0)));
    let page = Browser::new(&mock).visit(&portal.url(&[("login_hint", "\"><script>alert(1)</script>")])).await;
    assert!(!page.body.contains("<script>"));
    let mut browser = Browser::new(&mock);
    let back = portal.log_in(&mock, &mut browser, CITIZEN, &[("login_hint", OTHER.0)]).await.redirected();
    let tokens = portal.redeem(&back["code"]).await.json();
    let userinfo = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(userinfo["citizen_id"], CITIZEN.0);
}
