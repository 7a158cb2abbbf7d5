//! The device grant (RFC 8628): D50 to D52.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use vneid_mock_idp::{AuthMethod, Client, PhoneError, Running};

use crate::support::{App, CITIZEN, RelyingParty, claims_of, frozen, is_signed, start, start_with};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn begin(party: &RelyingParty) -> Value {
    let answer = party.post("/oidc/device_authorization", &[("scope", "openid profile citizen_id")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.body);
    answer.json()
}

fn text<'a>(device: &'a Value, name: &str) -> &'a str {
    device[name].as_str().unwrap()
}

/// One poll: the error, or `tokens`.
async fn poll(party: &RelyingParty, device: &Value) -> String {
    let form = [("grant_type", GRANT), ("device_code", text(device, "device_code"))];
    let answer = party.post("/oidc/token", &form).await.json();
    answer["error"].as_str().unwrap_or("tokens").to_owned()
}

fn wait(mock: &Running, seconds: u64) {
    mock.control().advance(Duration::from_secs(seconds));
}

fn agree(mock: &Running, device: &Value) {
    let mut phone = mock.control().phone(CITIZEN.0).unwrap();
    phone.scan(text(device, "user_code")).unwrap();
    phone.confirm().unwrap();
}

#[tokio::test]
async fn d50_what_a_device_authorization_answers() {
    let public = Client::new("kiosk", "").auth_method(AuthMethod::None).redirect_uri("https://kiosk.example/cb");
    let mock = start_with(|builder| builder.client(public)).await;
    let portal = RelyingParty::portal(&mock);
    let metadata = portal.get("/oidc/.well-known/openid-configuration", &[]).await.json();
    assert_eq!(metadata["device_authorization_endpoint"], format!("{}/oidc/device_authorization", mock.base_url()));
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&Value::from(GRANT)));
    let (mut device_codes, mut user_codes) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..50 {
        let device = begin(&portal).await;
        let (code, user_code) = (text(&device, "device_code"), text(&device, "user_code"));
        assert!(code.len() >= 43, "256 bits");
        let (left, right) = user_code.split_once('-').unwrap();
        assert!(left.len() == 4 && right.len() == 4, "{user_code}");
        assert!(format!("{left}{right}").bytes().all(|c| b"BCDFGHJKLMNPQRSTVWXZ".contains(&c)), "{user_code}");
        assert_eq!(device["verification_uri"], format!("{}/app/device", mock.base_url()));
        let complete = format!("{}/app/device?user_code={user_code}", mock.base_url());
        assert_eq!(device["verification_uri_complete"], complete);
        assert_eq!((device["expires_in"].as_u64(), device["interval"].as_u64()), (Some(600), Some(5)));
        assert!(device_codes.insert(code.to_owned()) && user_codes.insert(user_code.to_owned()));
    }
    let refused = async |form: &[(&str, &str)]| {
        let answer = portal.post_as("/oidc/device_authorization", None, form).await;
        (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or("begun").to_owned())
    };
    let with = |status, error: &str| (status, error.to_owned());
    assert_eq!(refused(&[("client_id", "kiosk"), ("scope", "openid")]).await, with(200, "begun"));
    assert_eq!(refused(&[("client_id", "portal"), ("scope", "openid")]).await, with(401, "invalid_client"));
    assert_eq!(refused(&[("scope", "openid")]).await, with(401, "invalid_client"));
    assert_eq!(refused(&[("client_id", "kiosk")]).await, with(400, "invalid_scope"));
    let twice = [("client_id", "kiosk"), ("scope", "openid"), ("scope", "profile")];
    assert_eq!(refused(&twice).await, with(400, "invalid_request"));
}

#[tokio::test]
async fn d51_polling_until_the_citizen_agrees_and_once() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let device = begin(&portal).await;
    assert_eq!(poll(&portal, &device).await, "authorization_pending");
    wait(&mock, 4);
    assert_eq!(poll(&portal, &device).await, "slow_down");
    // Five seconds more from now on, for good.
    wait(&mock, 9);
    assert_eq!(poll(&portal, &device).await, "slow_down");
    wait(&mock, 15);
    assert_eq!(poll(&portal, &device).await, "authorization_pending");

    let mut app = App::of(&mock, CITIZEN).await;
    let question = app.type_in(text(&device, "user_code")).await;
    assert!(question.body.contains(text(&device, "user_code")) && question.body.contains("portal"));
    wait(&mock, 15);
    assert_eq!(poll(&portal, &device).await, "authorization_pending");
    app.answer(&question, "confirm").await;
    // Another client finds nothing, and spends nothing.
    assert_eq!(poll(&RelyingParty::demo(&mock), &device).await, "invalid_grant");
    wait(&mock, 15);
    let form = [("grant_type", GRANT), ("device_code", text(&device, "device_code"))];
    let answer = portal.post("/oidc/token", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens = answer.json();
    let id_token = text(&tokens, "id_token");
    assert!(is_signed(&portal, id_token).await);
    let claims = claims_of(id_token);
    assert_eq!((claims["aud"].as_str(), claims["acr"].as_str()), (Some("portal"), Some("LoA2")));
    assert_eq!(claims["amr"], serde_json::json!(["pwd", "mca"]), "no one-time code was typed");
    assert!(claims["sid"].is_string() && claims["auth_time"].is_i64() && !claims.contains_key("nonce"));
    let access_token = text(&tokens, "access_token");
    assert_eq!(portal.userinfo(access_token).await.json()["citizen_id"], CITIZEN.0);
    assert!(app.browser.visit("/app").await.body.contains(r#"name="password""#), "the app is signed out");
    // Once; a second use takes back what the first gave.
    wait(&mock, 15);
    assert_eq!(poll(&portal, &device).await, "invalid_grant");
    assert_eq!(portal.userinfo(access_token).await.status, 401);
    for nothing in ["", "never-given"] {
        let form = [("grant_type", GRANT), ("device_code", nothing)];
        let error = if nothing.is_empty() { "invalid_request" } else { "invalid_grant" };
        assert_eq!(portal.post("/oidc/token", &form).await.json()["error"], error);
    }
}

#[tokio::test]
async fn d51_denied_refused_expired_and_many_at_once() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let device = begin(&portal).await;
    let mut phone = mock.control().phone(CITIZEN.0).unwrap();
    phone.scan(text(&device, "user_code")).unwrap();
    phone.decline().unwrap();
    assert_eq!(poll(&portal, &device).await, "access_denied");
    wait(&mock, 5);
    assert_eq!(poll(&portal, &device).await, "access_denied");
    // A level that is too low.
    let device = begin(&portal).await;
    let mut phone = mock.control().phone("038892000003").unwrap();
    assert_eq!(phone.scan(text(&device, "user_code")).err(), Some(PhoneError::LevelTooLow));
    assert_eq!(poll(&portal, &device).await, "access_denied");
    // Nobody came; and somebody who came at the last moment finds the device gone.
    let device = begin(&portal).await;
    wait(&mock, 599);
    assert_eq!(poll(&portal, &device).await, "authorization_pending");
    wait(&mock, 1);
    let mut late = mock.control().phone(CITIZEN.0).unwrap();
    assert_eq!(late.scan(text(&device, "user_code")).err(), Some(PhoneError::NoSuchCode));
    wait(&mock, 4);
    assert_eq!(poll(&portal, &device).await, "expired_token");
    wait(&mock, 1_000);
    assert_eq!(poll(&portal, &device).await, "expired_token");
    // Who scans at the last moment has time to confirm, but the device has stopped asking.
    let device = begin(&portal).await;
    wait(&mock, 599);
    let mut late = mock.control().phone(CITIZEN.0).unwrap();
    late.scan(text(&device, "user_code")).unwrap();
    wait(&mock, 1);
    late.confirm().unwrap();
    assert_eq!(poll(&portal, &device).await, "expired_token");
    let device = begin(&portal).await;
    assert!(mock.control().expire_code(text(&device, "user_code")));
    assert_eq!(poll(&portal, &device).await, "expired_token");
    // However many ask at the same moment, one is given tokens.
    let device = begin(&portal).await;
    agree(&mock, &device);
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let (portal, device) = (portal.clone(), device.clone());
            tokio::spawn(async move { poll(&portal, &device).await })
        })
        .collect();
    let mut answers = Vec::new();
    for one in asking {
        answers.push(one.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| *answer == "tokens").count(), 1, "{answers:?}");
    // A mock that logs everybody in does so here.
    let mock = start_with(|builder| builder.auto_login(CITIZEN.0)).await;
    let portal = RelyingParty::portal(&mock);
    let device = begin(&portal).await;
    assert_eq!(poll(&portal, &device).await, "tokens");
}

#[tokio::test]
async fn d52_typing_a_user_code() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut app = App::of(&mock, CITIZEN).await;
    let device = begin(&portal).await;
    let user_code = text(&device, "user_code").to_owned();
    // In any case, with a hyphen or without; the same phone may type it again.
    for typed in [user_code.to_lowercase(), user_code.replace('-', ""), format!(" {} ", user_code.replace('-', " "))] {
        let question = app.type_in(&typed).await;
        assert!(question.body.contains(&user_code) && question.body.contains("Xác nhận"), "{typed}: {}", question.body);
    }
    // The complete link shows the code, and still asks: to go on, and then to confirm.
    let device = begin(&portal).await;
    let user_code = text(&device, "user_code").to_owned();
    let mut fresh = App { browser: crate::support::Browser::new(&mock) };
    let page = fresh.sign_in(text(&device, "verification_uri_complete"), CITIZEN).await;
    assert!(page.body.contains(&format!(r#"value="{user_code}""#)) && page.body.contains("giống mã trên màn hình"));
    assert_eq!(poll(&portal, &device).await, "authorization_pending");
    let question = fresh.type_in(&user_code).await;
    assert!(question.body.contains(&user_code) && question.body.contains("Từ chối"));
    let pasted = App::of(&mock, CITIZEN).await.paste(text(&begin(&portal).await, "verification_uri_complete")).await;
    assert!(pasted.body.contains("Xác nhận"));

    // Five wrong ones, and that citizen waits; a right one of their own in between buys nothing.
    let mut guesser = App::of(&mock, crate::support::OTHER).await;
    let own = begin(&portal).await;
    let mut statuses = Vec::new();
    for wrong in ["BCDF-BCDF", "BCDF-BCDG", "own", "BCDF-BCDH", "nonsense", "BCDF-BCDJ", "BCDF-BCDK", "own"] {
        let typed = if wrong == "own" { text(&own, "user_code") } else { wrong };
        statuses.push(guesser.type_in(typed).await.status.as_u16());
    }
    assert_eq!(statuses, [404, 404, 200, 404, 404, 404, 429, 429]);
    let answer = guesser.browser.post("/app/device", &[("user_code", &user_code)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "900"));
    assert_eq!(guesser.paste(&user_code).await.status, 429, "the other field counts, too");
    wait(&mock, 900);
    assert_eq!(guesser.type_in("BCDF-BCDF").await.status, 404);
    // A thousand at once are a thousand.
    let mut phone = mock.control().phone(CITIZEN.0).unwrap();
    let wrong = (0..1_000).filter(|_| phone.scan("BCDF-BCDF").err() == Some(PhoneError::NoSuchCode)).count();
    assert_eq!(wrong, 5);
    assert_eq!(phone.scan(&user_code).err(), Some(PhoneError::TooMany));
}
