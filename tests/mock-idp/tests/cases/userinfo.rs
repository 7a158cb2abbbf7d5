//! Userinfo, introspection and revocation: D53 to D57.

use std::time::Duration;

use vneid_mock_idp::{AuthMethod, Client, SigningAlg};

use crate::support::{Browser, RelyingParty, claims_of, frozen, header_of, is_signed, start, start_with};

#[tokio::test]
async fn d53_where_the_access_token_may_stand() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let tokens = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    let token = tokens.text("access_token");
    let header = format!("Bearer {token}");
    assert_eq!(portal.userinfo(token).await.status, 200);
    assert_eq!(portal.get("/oidc/userinfo", &[("authorization", &format!("bearer {token}"))]).await.status, 200);
    assert_eq!(portal.post_as("/oidc/userinfo", Some(&header), &[]).await.status, 200);
    let in_query = format!("/oidc/userinfo?access_token={token}");
    assert_eq!(portal.get(&in_query, &[]).await.status, 400);
    assert_eq!(portal.get(&in_query, &[("authorization", &header)]).await.status, 400);
    assert_eq!(portal.post_as("/oidc/userinfo", None, &[("access_token", token)]).await.status, 401);
}

#[tokio::test]
async fn d54_bad_tokens() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let tokens = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    let missing = portal.get("/oidc/userinfo", &[]).await;
    assert_eq!((missing.status.as_u16(), missing.header("www-authenticate")), (401, "Bearer"));
    mock.control().advance(Duration::from_secs(600));
    for bad in [tokens.text("access_token"), tokens.text("id_token"), "garbage", ""] {
        let answer = portal.userinfo(bad).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("www-authenticate"), r#"Bearer error="invalid_token""#);
    }
}

#[tokio::test]
async fn d55_claims_by_scope() {
    let mock = start().await;
    let mut browser = Browser::new(&mock);
    for (scope, claims) in [
        ("openid", vec!["sub"]),
        ("openid profile", vec!["birthdate", "name", "sub"]),
        ("openid phone", vec!["phone_number", "sub"]),
        ("openid citizen_id", vec!["citizen_id", "sub"]),
        ("openid citizen_id phone profile", vec!["birthdate", "citizen_id", "name", "phone_number", "sub"]),
    ] {
        let portal = RelyingParty::portal(&mock).scope(scope);
        let tokens = portal.tokens(&mock, &mut browser, &[("prompt", "login")]).await;
        let userinfo = portal.userinfo(tokens.text("access_token")).await.json();
        let mut names: Vec<&str> = userinfo.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, claims);
        assert_eq!(userinfo["sub"], tokens.id_claims()["sub"]);
    }
    // Only the year of birth, and no CCCD.
    for (username, name, value) in [("025840000007", "birthdate", Some("2340")), ("900000006", "citizen_id", None)] {
        let portal = RelyingParty::portal(&mock);
        let citizen = (username, format!("GiaLap@{}", &username[username.len() - 4..]));
        let back = portal.log_in(&mock, &mut Browser::new(&mock), (citizen.0, &citizen.1), &[]).await.redirected();
        let tokens = portal.redeem(&back["code"]).await.json();
        let userinfo = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!(userinfo.get(name).and_then(|claim| claim.as_str()), value);
    }
}

#[tokio::test]
async fn d56_signed_userinfo_by_client() {
    let signed =
        Client::new("signed", "s").signed_userinfo(SigningAlg::Es256).redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(signed)).await;
    let party = RelyingParty::new(&mock, "signed", "s", "https://portal.example/cb");
    let tokens = party.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    let answer = party.userinfo(tokens.text("access_token")).await;
    assert_eq!(answer.header("content-type"), "application/jwt");
    assert_eq!(header_of(&answer.body)["alg"], "ES256");
    assert!(is_signed(&party, &answer.body).await);
    let claims = claims_of(&answer.body);
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(mock.issuer().as_str()), Some("signed")));
    assert_eq!(claims["name"], "Nguyễn Văn Giả Lập");
}

#[tokio::test]
async fn d57_revocation_and_introspection() {
    let uri = "https://portal.example/cb";
    let other = Client::new("other", "o").redirect_uri(uri);
    let public = Client::new("public", "").auth_method(AuthMethod::None).redirect_uri(uri);
    let mock = start_with(|builder| builder.client(other).client(public)).await;
    let portal = RelyingParty::portal(&mock).scope("openid offline_access");
    let other = RelyingParty::new(&mock, "other", "o", uri);
    let mut browser = Browser::new(&mock);
    let tokens = portal.tokens(&mock, &mut browser, &[]).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let active = async |party: &RelyingParty, token: &str| {
        let answer = party.post("/oidc/introspect", &[("token", token)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let described = active(&portal, access).await;
    assert_eq!((described["active"].as_bool(), described["client_id"].as_str()), (Some(true), Some("portal")));
    assert_eq!(described["sub"], tokens.id_claims()["sub"]);
    assert_eq!(active(&portal, refresh).await["active"], true);
    assert_eq!(active(&portal, "unknown").await, serde_json::json!({"active": false}));
    assert_eq!(active(&other, access).await, serde_json::json!({"active": false}));
    assert_eq!(portal.post_as("/oidc/introspect", None, &[("token", access)]).await.status, 401);
    let by_public = portal.post_as("/oidc/introspect", None, &[("token", access), ("client_id", "public")]).await;
    assert_eq!(by_public.status, 401);

    // Unknown tokens and other clients' are fine, and nothing happens to them.
    for (party, token) in [(&portal, "unknown"), (&other, access), (&other, refresh)] {
        assert_eq!(party.post("/oidc/revoke", &[("token", token)]).await.status, 200);
    }
    assert_eq!(portal.userinfo(access).await.status, 200);
    assert_eq!(portal.post_as("/oidc/revoke", None, &[("token", access)]).await.status, 401);
    assert_eq!(portal.post("/oidc/revoke", &[]).await.json()["error"], "invalid_request");
    let second = portal.refresh(refresh).await.json();
    let form = [("token", second["refresh_token"].as_str().unwrap()), ("token_type_hint", "access_token")];
    assert_eq!(portal.post("/oidc/revoke", &form).await.status, 200);
    assert_eq!(active(&portal, second["access_token"].as_str().unwrap()).await["active"], false);
    assert_eq!(portal.userinfo(access).await.status, 401);
    // A public client revokes its own.
    let public = RelyingParty::new(&mock, "public", "", uri);
    let back = browser.get(&public.url(&[])).await.redirected();
    let mut form = public.code_form(&back["code"]).to_vec();
    form.push(("client_id", "public"));
    let tokens = public.post_as("/oidc/token", None, &form).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(public.userinfo(token).await.status, 200);
    let form = [("token", token), ("client_id", "public")];
    assert_eq!(public.post_as("/oidc/revoke", None, &form).await.status, 200);
    assert_eq!(public.userinfo(token).await.status, 401);
}
