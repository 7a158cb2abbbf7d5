//! Faults on order: D90 to D92.

use std::time::{Duration, Instant};

use serde_json::Value;
use vneid_mock_idp::Running;
use vneid_mock_idp::fault::{
    AuthorizeFault, DiscoveryFault, Fault, Place, TokenFault, TokenResponseFault, UserinfoFault, What, When,
};

use crate::support::{Answer, Browser, CITIZEN, OTHER, RelyingParty, header_of, is_signed, start, start_with};

const DISCOVERY: &str = "/oidc/.well-known/openid-configuration";

async fn logged_in() -> Running {
    start_with(|builder| builder.auto_login(CITIZEN.0)).await
}

async fn redeem(portal: &RelyingParty, mock: &Running) -> Answer {
    let back = Browser::new(mock).get(&portal.url(&[])).await.redirected();
    portal.redeem(&back["code"]).await
}

#[tokio::test]
async fn d90_faults_by_place_kind_and_time() {
    let mock = logged_in().await;
    let portal = RelyingParty::portal(&mock);
    let order = |place, what| mock.control().fault(Fault::new(place, what).next(1));
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("{}{DISCOVERY}", mock.base_url());
    let get = || http.get(&url).timeout(Duration::from_secs(5)).send();

    order(Place::Discovery, What::Status(503));
    assert_eq!(get().await.unwrap().status(), 503);
    order(Place::Discovery, What::Html);
    let html = get().await.unwrap();
    assert_eq!((html.status().as_u16(), html.headers()["content-type"].to_str().unwrap()), (200, "text/html"));
    order(Place::Discovery, What::BadJson);
    assert!(get().await.unwrap().json::<Value>().await.is_err());
    order(Place::Discovery, What::RedirectTo("https://attacker.test/".to_owned()));
    assert_eq!(get().await.unwrap().headers()["location"], "https://attacker.test/");
    order(Place::Discovery, What::OversizeBytes(2 << 20));
    assert_eq!(get().await.unwrap().bytes().await.unwrap().len(), 2 << 20);
    let headers = vec![("x-odd".to_owned(), "yes".to_owned())];
    order(Place::Discovery, What::Respond { status: 418, headers, body: "tea".to_owned() });
    let odd = get().await.unwrap();
    assert_eq!((odd.status().as_u16(), odd.headers()["x-odd"].to_str().unwrap()), (418, "yes"));
    order(Place::Discovery, What::DelayMillis(300));
    let begun = Instant::now();
    assert_eq!(get().await.unwrap().status(), 200);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    for cut in [What::Close, What::Reset] {
        order(Place::Discovery, cut);
        let whole = async { get().await?.bytes().await };
        assert!(whole.await.is_err());
    }
    order(Place::Discovery, What::SlowDripMillis(30));
    let begun = Instant::now();
    let slow = async { http.get(&url).timeout(Duration::from_millis(700)).send().await?.bytes().await };
    assert!(slow.await.is_err() && begun.elapsed() >= Duration::from_millis(650));
    assert_eq!(get().await.unwrap().status(), 200, "consumed faults do not happen again");
    mock.control().check_faults().unwrap();
    assert!(mock.control().faults().iter().all(|order| order.consumed && order.used == 1));

    // By client, by what the request contains, always, and never: the last is told at the end of a test.
    mock.control().clear_faults();
    mock.control().fault(Fault::new(Place::Token, What::Status(500)).client("portal-demo"));
    assert_eq!(redeem(&portal, &mock).await.status, 200);
    let unused = mock.control().check_faults().unwrap_err();
    assert_eq!(unused.0.len(), 1);
    let demo = RelyingParty::demo(&mock);
    for _ in 0..2 {
        assert_eq!(redeem(&demo, &mock).await.status, 500);
    }
    mock.control().check_faults().unwrap();
    mock.control().clear_faults();
    let when = When { matching: Some("state=marked".to_owned()), ..When::default() };
    mock.control().fault(Fault { when, ..Fault::new(Place::Authorize, What::Status(500)) });
    assert_eq!(Browser::new(&mock).get(&portal.url(&[])).await.status, 303);
    assert_eq!(Browser::new(&mock).get(&portal.url(&[("state", "marked")])).await.status, 500);

    // The other endpoints.
    mock.control().clear_faults();
    let access = redeem(&portal, &mock).await.json()["access_token"].as_str().unwrap().to_owned();
    for place in [Place::Jwks, Place::Userinfo, Place::Logout, Place::Revoke, Place::Introspect] {
        order(place, What::Status(500));
    }
    assert_eq!(portal.get("/oidc/jwks", &[]).await.status, 500);
    assert_eq!(portal.userinfo(&access).await.status, 500);
    assert_eq!(portal.get("/oidc/end_session", &[]).await.status, 500);
    assert_eq!(portal.post("/oidc/revoke", &[("token", "x")]).await.status, 500);
    assert_eq!(portal.post("/oidc/introspect", &[("token", "x")]).await.status, 500);
    mock.control().check_faults().unwrap();

    for fault in AuthorizeFault::ALL {
        order(Place::Authorize, What::Authorize(*fault));
        let wrong = Browser::new(&mock).get(&portal.url(&[])).await.location().unwrap();
        let wrong = url::Url::parse(&wrong).unwrap();
        let mut pairs: Vec<(String, String)> = wrong.query_pairs().into_owned().collect();
        pairs.sort();
        let known = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let right = pairs.len() == 3
            && pairs[0].0 == "code"
            && pairs[0].1.len() == 43
            && pairs[1..] == [known("iss", &mock.issuer()), known("state", "a-state")];
        assert!(!right, "{fault:?} {wrong}");
    }
    let right = portal.get(DISCOVERY, &[]).await;
    for fault in DiscoveryFault::ALL {
        order(Place::Discovery, What::Discovery(*fault));
        let wrong = portal.get(DISCOVERY, &[]).await;
        assert!(wrong.body != right.body || wrong.header("content-type") != "application/json", "{fault:?}");
    }
    for fault in UserinfoFault::ALL {
        order(Place::Userinfo, What::Userinfo(*fault));
        let (wrong, right) = (portal.userinfo(&access).await, portal.userinfo(&access).await);
        assert_ne!(wrong.body, right.body, "{fault:?}");
    }
    for fault in TokenResponseFault::ALL {
        order(Place::Token, What::TokenResponse(*fault));
        let wrong = redeem(&portal, &mock).await;
        let body = serde_json::from_str::<Value>(&wrong.body).ok();
        let usual = body.as_ref().is_some_and(|body| {
            body["access_token"].as_str().is_some_and(|token| token.len() == 43)
                && body["token_type"] == "Bearer"
                && body["expires_in"] == 600
                && body["id_token"].is_string()
        });
        let doubled = wrong.body.matches("\"access_token\"").count() == 2;
        assert!(
            !usual || wrong.status != 200 || doubled || wrong.header("content-type") != "application/json",
            "{fault:?} {}",
            wrong.body
        );
    }
    mock.control().check_faults().unwrap();
}

/// What a strict relying party has against an id_token; nothing when it is right.
async fn objection(portal: &RelyingParty, mock: &Running, token: &str) -> Option<&'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    if parts.len() != 3 {
        return Some("segments");
    }
    let decode = |part: &str| base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, part).ok();
    let header: Option<Value> = decode(parts[0]).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(header) = header else {
        return Some("header");
    };
    if header["alg"] != "RS256" || !matches!(header["typ"].as_str(), Some("JWT")) || header["kid"].as_str().is_none() {
        return Some("alg, typ or kid");
    }
    if ["crit", "b64", "jwk", "jku", "x5u", "x5c", "cty"].iter().any(|name| header.get(*name).is_some()) {
        return Some("header members");
    }
    let Some(text) = decode(parts[1]).and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Some("utf-8");
    };
    let Ok(claims) = serde_json::from_str::<Value>(&text) else {
        return Some("json");
    };
    if text.matches("\"sub\":").count() != 1 || text.matches("\"exp\":").count() != 1 {
        return Some("duplicates or absence");
    }
    if header_of(token)["kid"].as_str().is_none_or(|kid| kid.len() != 16) || !is_signed(portal, token).await {
        return Some("signature");
    }
    let now = mock.control().now().unix_seconds();
    let time = |name: &str| claims[name].as_i64();
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    let subject = text("sub");
    let wrong = [
        ("iss", text("iss") != mock.issuer()),
        ("aud", claims["aud"] != "portal"),
        ("azp", claims.get("azp").is_some()),
        ("sub", subject.is_empty() || subject.len() > 255 || subject.contains('\0')),
        ("exp", time("exp").is_none_or(|at| at < now || at > now + 3600)),
        ("iat", time("iat").is_none_or(|at| at > now + 60 || at < now - 3600)),
        ("nbf", claims.get("nbf").is_some()),
        ("nonce", text("nonce") != portal_nonce()),
        ("acr", text("acr") != "LoA2"),
        ("auth_time", time("auth_time").is_none_or(|at| at < now - 3600)),
        ("c_hash", claims.get("c_hash").is_some()),
        ("types", claims.get("birthdate").is_some()),
        ("deep", claims.get("deep").is_some()),
        ("extra", claims.get("urn:mock:extra").is_some()),
    ];
    wrong.into_iter().find(|(_, wrong)| *wrong).map(|(name, _)| name)
}

fn portal_nonce() -> &'static str {
    "a-nonce"
}

#[tokio::test]
async fn d91_faulty_tokens_by_name() {
    let mock = logged_in().await;
    let portal = RelyingParty::portal(&mock);
    let right = redeem(&portal, &mock).await.json();
    assert_eq!(objection(&portal, &mock, right["id_token"].as_str().unwrap()).await, None);
    for fault in TokenFault::ALL {
        mock.control().fault(Fault::new(Place::Token, What::IdToken(*fault)).next(1));
        let tokens = redeem(&portal, &mock).await.json();
        let token = tokens["id_token"].as_str().unwrap();
        match fault {
            // The one before, whole and genuine: only its nonce and at_hash are another login's.
            TokenFault::Replayed => {
                let hash = |token: &str| crate::support::claims_of(token)["at_hash"].clone();
                assert_ne!(hash(token), hash(redeem(&portal, &mock).await.json()["id_token"].as_str().unwrap()));
            }
            TokenFault::AtHashWrong => {
                let of = |text: &str| {
                    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
                    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &hash.as_ref()[..16])
                };
                assert_ne!(crate::support::claims_of(token)["at_hash"], of(tokens["access_token"].as_str().unwrap()));
            }
            _ => assert!(objection(&portal, &mock, token).await.is_some(), "{fault:?} is right: {token}"),
        }
        // Named as in the documentation, so that a file or a POST can order it.
        let name = serde_json::to_string(fault).unwrap();
        assert_eq!(serde_json::from_str::<TokenFault>(&name).unwrap(), *fault);
    }
    mock.control().check_faults().unwrap();

    // By persona: whoever logs in as this citizen gets it, without any call.
    let fault = Fault::new(Place::Token, What::IdToken(TokenFault::NonceWrong)).persona(OTHER.0);
    let mock = start_with(|builder| builder.fault(fault)).await;
    let portal = RelyingParty::portal(&mock);
    for (citizen, wrong) in [(CITIZEN, false), (OTHER, true)] {
        let back = portal.log_in(&mock, &mut Browser::new(&mock), citizen, &[]).await.redirected();
        let tokens = portal.redeem(&back["code"]).await.json();
        assert_eq!(objection(&portal, &mock, tokens["id_token"].as_str().unwrap()).await.is_some(), wrong);
    }
}

#[tokio::test]
async fn d92_an_error_rate() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let when = When { rate: Some(0.5), ..When::default() };
    mock.control().fault(Fault { when, ..Fault::new(Place::Jwks, What::Status(500)) });
    let mut failed = 0;
    for _ in 0..100 {
        failed += i32::from(portal.get("/oidc/jwks", &[]).await.status == 500);
    }
    assert!((20..80).contains(&failed), "{failed}");
}
