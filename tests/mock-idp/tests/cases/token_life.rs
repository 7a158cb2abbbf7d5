//! Refresh tokens and the other grants: D45 to D49.

use std::time::Duration;

use vneid_mock_idp::Client;

use crate::support::{Browser, RelyingParty, Tokens, frozen, start, start_with};

const SCOPE: &str = "openid profile offline_access";

async fn refreshed(portal: &RelyingParty, tokens: &Tokens) -> Tokens {
    let answer = portal.refresh(tokens.text("refresh_token")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    Tokens(answer.json())
}

#[tokio::test]
async fn d45_refresh_tokens_rotate_and_a_used_one_ends_the_family() {
    let lenient = Client::new("lenient", "l").refresh_grace(Duration::from_secs(3));
    let mock = start_with(|builder| builder.client(lenient.redirect_uri("https://portal.example/cb"))).await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock).scope(SCOPE);
    let first = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    let second = refreshed(&portal, &first).await;
    assert_ne!(first.text("refresh_token"), second.text("refresh_token"));
    assert_ne!(first.text("access_token"), second.text("access_token"));
    assert_eq!(portal.refresh(first.text("refresh_token")).await.json()["error"], "invalid_grant");
    assert_eq!(portal.refresh(second.text("refresh_token")).await.json()["error"], "invalid_grant");
    assert_eq!(portal.userinfo(second.text("access_token")).await.status, 401);

    let lenient = RelyingParty::new(&mock, "lenient", "l", "https://portal.example/cb").scope(SCOPE);
    let first = lenient.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    refreshed(&lenient, &first).await;
    mock.control().advance(Duration::from_secs(2));
    refreshed(&lenient, &first).await;
    mock.control().advance(Duration::from_secs(1));
    assert_eq!(lenient.refresh(first.text("refresh_token")).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn d46_refresh_refused() {
    let other = Client::new("other", "o").redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(other)).await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock).scope(SCOPE);
    let other = RelyingParty::new(&mock, "other", "o", "https://portal.example/cb");
    let mut browser = Browser::new(&mock);
    let tokens = portal.tokens(&mock, &mut browser, &[]).await;
    // Another client's try and a wider scope harm nobody.
    assert_eq!(other.refresh(tokens.text("refresh_token")).await.json()["error"], "invalid_grant");
    for scope in ["openid phone", "openid unheard-of"] {
        let token = tokens.text("refresh_token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
        assert_eq!(portal.post("/oidc/token", &form).await.json()["error"], "invalid_scope");
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.text("refresh_token")), ("scope", "openid")];
    let narrow = Tokens(portal.post("/oidc/token", &form).await.json());
    assert_eq!(narrow.text("scope"), "openid");
    assert!(portal.userinfo(narrow.text("access_token")).await.json().get("name").is_none());
    // After logout.
    let end = format!("/oidc/end_session?id_token_hint={}", narrow.text("id_token"));
    assert_eq!(browser.visit(&end).await.status, 200);
    assert_eq!(portal.refresh(narrow.text("refresh_token")).await.json()["error"], "invalid_grant");
    assert_eq!(portal.userinfo(narrow.text("access_token")).await.status, 401);
    // After the account was closed.
    let tokens = portal.tokens(&mock, &mut browser, &[]).await;
    mock.control().edit_citizen(crate::support::CITIZEN.0, |citizen| citizen.closed = true);
    assert_eq!(portal.userinfo(tokens.text("access_token")).await.status, 401);
    assert_eq!(portal.refresh(tokens.text("refresh_token")).await.json()["error"], "invalid_grant");
    assert!(browser.visit(&portal.url(&[])).await.has_form(), "the session is over, too");
    mock.control().edit_citizen(crate::support::CITIZEN.0, |citizen| citizen.closed = false);
    assert_eq!(portal.refresh(tokens.text("refresh_token")).await.json()["error"], "invalid_grant");
    // After a day, refreshed or not.
    let mut tokens = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    for _ in 0..23 {
        mock.control().advance(Duration::from_secs(3600));
        tokens = refreshed(&portal, &tokens).await;
    }
    mock.control().advance(Duration::from_secs(3600));
    assert_eq!(portal.refresh(tokens.text("refresh_token")).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn d47_refresh_keeps_the_subject() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock).scope(SCOPE);
    let first = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    mock.control().advance(Duration::from_secs(120));
    let second = refreshed(&portal, &first).await;
    let (before, after) = (first.id_claims(), second.id_claims());
    for same in ["sub", "iss", "aud", "auth_time", "acr", "sid"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(after["iat"].as_i64().unwrap(), before["iat"].as_i64().unwrap() + 120);
    assert_ne!(before["at_hash"], after["at_hash"]);
}

#[tokio::test]
async fn d48_client_credentials() {
    let machine = Client::new("machine", "m").client_credentials();
    let mock = start_with(|builder| builder.client(machine)).await;
    let machine = RelyingParty::new(&mock, "machine", "m", "");
    let form = [("grant_type", "client_credentials")];
    let tokens = Tokens(machine.post("/oidc/token", &form).await.json());
    assert!(tokens.0.get("id_token").is_none() && tokens.0.get("refresh_token").is_none());
    assert_eq!(machine.userinfo(tokens.text("access_token")).await.status, 401);
    let described = machine.post("/oidc/introspect", &[("token", tokens.text("access_token"))]).await.json();
    assert_eq!((described["active"].as_bool(), described["sub"].as_str()), (Some(true), Some("machine")));
    let form = [("grant_type", "client_credentials"), ("scope", "openid")];
    assert_eq!(machine.post("/oidc/token", &form).await.json()["error"], "invalid_scope");
    let portal = RelyingParty::portal(&mock);
    let refused = portal.post("/oidc/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(refused.json()["error"], "unauthorized_client");
}

#[tokio::test]
async fn d49_there_is_no_password_grant() {
    let mock = start().await;
    let form = [("grant_type", "password"), ("username", "001890000001"), ("password", "GiaLap@0001")];
    let refused = RelyingParty::portal(&mock).post("/oidc/token", &form).await;
    assert_eq!(refused.json()["error"], "unsupported_grant_type");
}
