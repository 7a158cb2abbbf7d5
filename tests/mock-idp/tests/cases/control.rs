//! Control, isolation and load: D93 to D99.

use std::time::Duration;

use serde_json::{Map, Value, json};
use vneid_mock_idp::fault::{Fault, Place, What};
use vneid_mock_idp::{MintKey, MockIdp, Running};

use crate::support::{Browser, CITIZEN, RelyingParty, claims_of, frozen, header_of, is_signed, start, start_with};

#[tokio::test]
async fn d93_the_clock() {
    let mock = start_with(|builder| builder.control(true)).await;
    let portal = RelyingParty::portal(&mock);
    let at = frozen(&mock);
    let mut browser = Browser::new(&mock);
    let first = portal.tokens(&mock, &mut browser, &[]).await.id_claims();
    assert_eq!(first["iat"].as_i64(), Some(at.unix_seconds()));
    // Over HTTP.
    let now = control(&mock, "clock", json!({"freeze_at": 1_900_000_000})).await.1;
    assert_eq!(now["now"], "2030-03-17T17:46:40Z");
    let now = control(&mock, "clock", json!({"advance_seconds": 61})).await.1;
    assert_eq!(now["now"], "2030-03-17T17:47:41Z");
    control(&mock, "clock", json!({"freeze": false})).await;
    assert_eq!(control(&mock, "clock", json!({"forward": 1})).await.0, 400);
}

#[tokio::test]
async fn d67_how_long_a_single_sign_on_lasts() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    portal.tokens(&mock, &mut browser, &[]).await;
    let silent = portal.url(&[("prompt", "none")]);
    for _ in 0..4 {
        mock.control().advance(Duration::from_secs(29 * 60));
        assert!(browser.get(&silent).await.redirected().contains_key("code"));
    }
    mock.control().advance(Duration::from_secs(4 * 60));
    assert_eq!(browser.get(&silent).await.redirected()["error"], "login_required");
    portal.tokens(&mock, &mut browser, &[]).await;
    mock.control().advance(Duration::from_secs(30 * 60));
    assert_eq!(browser.get(&silent).await.redirected()["error"], "login_required");
}

async fn control(mock: &Running, what: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/control/{what}", mock.base_url());
    let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn d94_the_journal_of_requests() {
    let mock = start_with(|builder| builder.control(true)).await;
    let portal = RelyingParty::portal(&mock);
    portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    assert_eq!(mock.control().asked("/oidc/token"), 1);
    let journal = mock.control().journal();
    let routes: Vec<&str> = journal.iter().map(|asked| asked.route.as_str()).collect();
    let first = routes.iter().position(|route| *route == "/oidc/authorize").unwrap();
    let last = routes.iter().position(|route| *route == "/oidc/token").unwrap();
    assert!(first < last && routes.contains(&"/login/{id}"));
    assert_eq!(journal[first].client.as_deref(), Some("portal"));
    assert!(journal[first].parameters.iter().any(|name| name == "code_challenge"));
    assert!(journal[last].remarks.contains(&"verifier_matched"));
    let answer = portal.get("/control/journal", &[]).await;
    let text = answer.body;
    for secret in [CITIZEN.0, CITIZEN.1, "0900000001", "a-nonce", "a-state", "s3cret"] {
        assert!(!text.contains(secret), "{secret}");
    }
    portal.get("/?0900000001=x&Nguyen+Van=1", &[]).await;
    assert!(!portal.get("/control/journal", &[]).await.body.contains("0900000001"));
}

#[tokio::test]
async fn d95_reset_and_instances_side_by_side() {
    let (one, two) = (start_with(|builder| builder.control(true)).await, start().await);
    let (portal, other) = (RelyingParty::portal(&one), RelyingParty::portal(&two));
    let mut browser = Browser::new(&one);
    let tokens = portal.clone().scope("openid offline_access").tokens(&one, &mut browser, &[]).await;
    let back = browser.get(&portal.url(&[])).await.redirected();
    one.control().fault(Fault::new(Place::Jwks, What::Status(500)));
    one.control().edit_citizen(CITIZEN.0, |citizen| citizen.level = 1);
    one.control().advance(Duration::from_secs(3600));
    assert_eq!(other.get("/oidc/jwks", &[]).await.status, 200);
    assert!(two.control().sms().is_empty() && two.control().now() < one.control().now());
    assert_eq!(two.control().citizens()[0].level, 2);
    assert_eq!(other.userinfo(tokens.text("access_token")).await.status, 401);

    assert_eq!(control(&one, "reset", json!({})).await.0, 204);
    assert_eq!(portal.userinfo(tokens.text("access_token")).await.status, 401);
    assert_eq!(portal.redeem(&back["code"]).await.json()["error"], "invalid_grant");
    assert_eq!(portal.refresh(tokens.text("refresh_token")).await.json()["error"], "invalid_grant");
    assert!(one.control().sms().is_empty() && one.control().faults().is_empty());
    assert!(browser.visit(&portal.url(&[])).await.has_form());
    assert_eq!(one.control().citizens()[0].level, 2);
    assert!(one.control().now().since(two.control().now()) < Duration::from_secs(60));
}

#[tokio::test]
async fn d96_seeds() {
    let run = async |seed: Option<u64>| {
        let mock = start_with(|builder| seed.map_or(builder.clone(), |seed| builder.deterministic(seed))).await;
        let at = vneid_auth::time::Timestamp::from_unix_seconds(1_900_000_000);
        mock.control().freeze_at(at);
        let portal = RelyingParty::portal(&mock);
        let tokens = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
        let code = mock.control().last_code("0900000001").unwrap();
        let mut claims = tokens.id_claims();
        claims.remove("iss");
        (tokens.text("access_token").to_owned(), code, claims, header_of(tokens.text("id_token")))
    };
    let (one, two) = (run(Some(7)).await, run(Some(7)).await);
    assert_eq!(one, two);
    assert_ne!(one.0, run(Some(8)).await.0);
    let (one, two) = (run(None).await, run(None).await);
    assert!(one.0 != two.0 && one.3["kid"] != two.3["kid"]);
}

#[tokio::test]
async fn d97_tokens_made_to_order() {
    let mock = start_with(|builder| builder.control(true)).await;
    let portal = RelyingParty::portal(&mock);
    let object = |value: Value| value.as_object().unwrap().clone();
    let header = object(json!({"typ": "logout+jwt"}));
    let claims = object(json!({"iss": mock.issuer(), "events": {}, "odd": [1, null]}));
    let make = |key| mock.control().mint(&header, &claims, key).unwrap();
    let current = make(MintKey::Current);
    assert_eq!((header_of(&current)["typ"].as_str(), claims_of(&current)), (Some("logout+jwt"), claims.clone()));
    assert!(mock.control().mint(&Map::new(), &claims, MintKey::Old).is_err());
    mock.control().rotate_keys().unwrap();
    for (token, signed) in [
        (current.clone(), true),
        (make(MintKey::Old), true),
        (make(MintKey::Current), true),
        (make(MintKey::Es256), true),
        (make(MintKey::Foreign), false),
    ] {
        assert_eq!(is_signed(&portal, &token).await, signed);
    }
    assert_eq!(header_of(&make(MintKey::Old))["kid"], header_of(&current)["kid"]);
    let (status, made) = control(&mock, "mint", json!({"claims": {"a": 1}, "key": "foreign"})).await;
    assert_eq!((status, claims_of(made["token"].as_str().unwrap())["a"].as_i64()), (200, Some(1)));
}

#[tokio::test]
async fn d98_the_control_api_keeps_to_itself() {
    let off = start().await;
    let public = start_with(|builder| builder.control(true).public(true)).await;
    let on = start_with(|builder| builder.control(true)).await;
    let http = reqwest::Client::new();
    for path in ["faults", "journal"] {
        for mock in [&off, &public] {
            let answer = http.get(format!("{}/control/{path}", mock.base_url())).send().await.unwrap();
            assert_eq!(answer.status(), 404);
        }
        let url = format!("{}/control/{path}", on.base_url());
        assert_eq!(http.get(&url).send().await.unwrap().status(), 200);
        for (name, value) in [("origin", "https://attacker.test"), ("host", "attacker.test"), ("origin", "null")] {
            assert_eq!(http.get(&url).header(name, value).send().await.unwrap().status(), 403, "{name}");
        }
    }
    let order = json!({"where": "jwks", "what": {"status": 500}, "when": {"next": 1}});
    assert_eq!(control(&on, "faults", order).await.0, 201);
    assert_eq!(RelyingParty::portal(&on).get("/oidc/jwks", &[]).await.status, 500);
    assert_eq!(control(&on, "faults", json!({"where": "jwks", "what": "burn"})).await.0, 400);
    assert_eq!(control(&on, "citizens/nobody", json!({"level": 1})).await.0, 404);
    assert_eq!(control(&on, &format!("citizens/{}", CITIZEN.0), json!({"level": 1})).await.0, 204);
    assert_eq!(on.control().citizens()[0].level, 1);
    assert_eq!(control(&on, &format!("citizens/{}/unlock", CITIZEN.0), json!({})).await.0, 204);
    assert!(control(&on, "keys/rotate", json!({})).await.1["kid"].is_string());
    // A browser and the control of one mock are nothing to another: there is no global state.
    assert!(MockIdp::builder().start().await.unwrap().control().journal().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d99_a_thousand_logins_at_once() {
    let mock = start_with(|builder| builder.auto_login(CITIZEN.0)).await;
    let portal = RelyingParty::portal(&mock);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(64));
    for number in 0..1000 {
        let (portal, http, gate) = (portal.clone(), http.clone(), gate.clone());
        tasks.spawn(async move {
            let _permit = gate.acquire().await.unwrap();
            let (state, nonce) = (format!("state-{number}"), format!("nonce-{number}"));
            let url = portal.url(&[("state", &state), ("nonce", &nonce)]);
            let back = http.get(url).send().await.unwrap();
            let back = url::Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
            let back: std::collections::BTreeMap<_, _> = back.query_pairs().into_owned().collect();
            assert_eq!(back["state"], state);
            let tokens = portal.redeem(&back["code"]).await.json();
            assert_eq!(claims_of(tokens["id_token"].as_str().unwrap())["nonce"], nonce);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(mock.control().asked("/oidc/token"), 1000);
}
