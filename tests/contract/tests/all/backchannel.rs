//! Back-channel logout: which tokens end which sessions (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use vneid_auth::audit::What;
use vneid_auth::flow::session::Why;
use vneid_auth::provider::reason::{IdTokenReason, JsonReason, JwsReason, LogoutTokenReason as Reason};
use vneid_auth::time::Clock as _;
use vneid_contract_tests::backchannel::{
    EVENT, claims, header, lives, log_in, logged_in, post, refused, sign, taken, token, without, without_sub_and_sid,
};
use vneid_contract_tests::evil::key::compact;
use vneid_contract_tests::evil::{Key, Part, Reply};
use vneid_contract_tests::{EvilWorld, World};
use vneid_mock_idp::LogoutTokenKind;

/// Each of these claims refuses the token for this reason; the session lives, and a right token ends it.
async fn refuses_claims(cases: &[(&str, Value, Reason)]) {
    let (world, mut browser) = logged_in().await;
    for (name, value, why) in cases {
        let bad = token(&world, "s-1", |claims| claims[*name] = value.clone());
        refused(&world, &format!("{name}: {value}"), &bad, why).await;
    }
    assert!(lives(&world, &mut browser).await);
    taken(&world, &token(&world, "s-1", |_| {})).await;
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c148_logging_out_at_the_provider_logs_out_here() {
    let world = World::start().await;
    let told = world.url("/auth/backchannel-logout/vneid");
    assert!(world.mock.control().set_backchannel_logout_uri("portal-demo", Some(&told)));
    let citizen = world.citizen();
    let (mut here, mut elsewhere) = (world.logged_in(&citizen).await, world.logged_in(&citizen).await);
    here.open(&format!("{}/end_session", world.mock.issuer())).await;
    here.press("Đăng xuất").await;
    here.open(&world.url("/")).await;
    assert_eq!(here.page().body, "Chưa đăng nhập");
    elsewhere.open(&world.url("/")).await;
    assert!(elsewhere.page().body.contains("Xin chào"), "another session of the same citizen goes on");
    let ended: Vec<_> =
        world.portal.audit.events().into_iter().filter(|e| matches!(e.what, What::SessionEnded(_))).collect();
    assert_eq!((ended.len(), ended[0].what), (1, What::SessionEnded(Why::BackChannel)));
    assert!(ended[0].account.is_some() && ended[0].provider.as_deref() == Some("vneid"));
    // And when somebody ends it there without a browser.
    let sid = world.mock.control().sessions()[0].sid.clone();
    let deliveries = world.mock.control().end_session(&sid).await;
    assert_eq!((deliveries.len(), deliveries[0].status), (1, Some(200)));
    assert_eq!(elsewhere.fetch(&world.url("/auth/session")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn c149_c150_c151_c152_the_seven_of_the_openid_foundation() {
    use LogoutTokenKind as Kind;
    let world = World::start().await;
    let told = world.url("/auth/backchannel-logout/vneid");
    world.mock.control().set_backchannel_logout_uri("portal-demo", Some(&told));
    let mut browser = world.logged_in(&world.citizen()).await;
    let sid = world.mock.control().sessions()[0].sid.clone();
    let send = async |kind| {
        let deliveries = world.mock.control().send_logout_token("portal-demo", &sid, kind).await.unwrap();
        deliveries.into_iter().map(|delivery| delivery.status.unwrap()).collect::<Vec<u16>>()
    };
    for bad in [
        Kind::AlgNone,
        Kind::WrongAlg,
        Kind::NoEvent,
        Kind::WrongEvent,
        Kind::WithNonce,
        Kind::WrongIss,
        Kind::WrongAud,
        Kind::OtherSub,
        Kind::BadSignature,
        Kind::UnknownKid,
        Kind::Expired,
        Kind::NoJti,
        Kind::WrongTyp,
    ] {
        assert_eq!(send(bad).await, [400], "{bad:?}");
        assert_eq!(browser.fetch(&world.url("/auth/session")).await.status, StatusCode::OK, "{bad:?}");
    }
    assert_eq!(send(Kind::UnknownSid).await, [200]);
    assert_eq!(browser.fetch(&world.url("/auth/session")).await.status, StatusCode::OK);
    assert_eq!(send(Kind::Replayed).await, [200, 400]);
    assert_eq!(browser.fetch(&world.url("/auth/session")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn c149_only_the_provider_s_keys_and_algorithms_count() {
    let (world, mut browser) = logged_in().await;
    let keys_asked = world.evil.count("/jwks");
    let claims = claims(&world, "s-1");
    let text = claims.to_string();
    let with = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        header
    };
    let hmac = |key: &[u8]| {
        let header = with("alg", json!("HS256")).to_string();
        compact(header.as_bytes(), text.as_bytes(), |message| {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
            aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
        })
    };
    let algorithm = Reason::Jws(JwsReason::Algorithm);
    let none = |name: &str| compact(with("alg", json!(name)).to_string().as_bytes(), text.as_bytes(), |_| vec![]);
    for name in ["none", "None", "nOnE", ""] {
        refused(&world, name, &none(name), algorithm).await;
    }
    for (form, key) in Key::rsa("rsa-1").public_forms() {
        refused(&world, form, &hmac(&key), algorithm).await;
    }
    refused(&world, "the client's secret", &hmac(b"client-secret"), algorithm).await;
    let unlisted = with("alg", json!("PS256")).to_string();
    let unlisted = Key::rsa("rsa-1").signing("PS256").sign(unlisted.as_bytes(), text.as_bytes());
    refused(&world, "not listed", &unlisted, algorithm).await;
    let strangers = Key::other_rsa("rsa-1").sign(header().to_string().as_bytes(), text.as_bytes());
    refused(&world, "a stranger's key", &strangers, Reason::Jws(JwsReason::Signature)).await;
    let good = sign(&header(), &claims);
    let (message, signature) = good.rsplit_once('.').unwrap();
    refused(&world, "no signature", &format!("{message}."), Reason::Jws(JwsReason::Signature)).await;
    refused(&world, "two parts", message, Reason::Jws(JwsReason::Segments)).await;
    let mut other = claims.clone();
    other["sid"] = json!("s-2");
    let mixed = format!("{}.{signature}", sign(&header(), &other).rsplit_once('.').unwrap().0);
    refused(&world, "another's signature", &mixed, Reason::Jws(JwsReason::Signature)).await;
    refused(&world, "crit", &sign(&with("crit", json!(["exp"])), &claims), Reason::Jws(JwsReason::Critical)).await;
    let twice = text.replacen('{', r#"{"sid":"s-2","#, 1);
    let twice = Key::rsa("rsa-1").sign(header().to_string().as_bytes(), twice.as_bytes());
    refused(&world, "a claim twice", &twice, Reason::Jws(JwsReason::Claims(JsonReason::Duplicate))).await;
    refused(&world, "nonsense", "nonsense", Reason::Jws(JwsReason::Segments)).await;
    assert_eq!(world.evil.count("/jwks"), keys_asked, "none of these is a reason to ask for keys");
    let unknown = Key::other_rsa("x").sign(with("kid", json!("x")).to_string().as_bytes(), text.as_bytes());
    refused(&world, "an unknown key", &unknown, Reason::Jws(JwsReason::UnknownKey)).await;
    assert!(lives(&world, &mut browser).await);
    taken(&world, &good).await;
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c149_unknown_keys_cost_one_fetch_a_minute_and_nothing_of_a_login_s() {
    let (world, _) = logged_in().await;
    assert_eq!(world.evil.count("/jwks"), 1);
    let unknown = |id: String, change: fn(&mut Value)| {
        let (mut header, mut claims) = (header(), claims(&world, "s-1"));
        header["kid"] = json!(id);
        change(&mut claims);
        sign(&header, &claims)
    };
    let wrong: [fn(&mut Value); 5] = [
        |claims| claims["iss"] = json!("https://attacker.test"),
        |claims| claims["aud"] = json!("other"),
        |claims| claims["exp"] = json!(1),
        |claims| claims["nonce"] = json!("n"),
        without_sub_and_sid,
    ];
    for change in wrong {
        assert_eq!(post(&world, &unknown("a".into(), change)).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.evil.count("/jwks"), 1, "what is wrong anyway fetches nothing");
    for n in 0..50 {
        let why = Reason::Jws(JwsReason::UnknownKey);
        refused(&world, "unknown", &unknown(format!("k{n}"), |_| {}), why).await;
    }
    assert_eq!(world.evil.count("/jwks"), 2);
    world.evil.rotate(Key::other_rsa("rsa-2"));
    world.accepted("a login finds the new key all the same").await;
    assert_eq!(world.evil.count("/jwks"), 3);
}

#[tokio::test]
async fn c149_while_keys_cannot_be_had_the_provider_may_try_again() {
    let world = EvilWorld::start().await;
    world.evil.answer(Part::Metadata, Reply::new(503));
    let good = token(&world, "s-1", |_| {});
    let page = post(&world, &good).await;
    assert_eq!((page.status.as_u16(), &page.json()["code"]), (503, &json!("provider_unavailable")));
    assert!(page.headers.contains_key("retry-after") && page.headers["cache-control"] == "no-store");
    world.evil.reform();
    world.clock.advance(Duration::from_secs(30));
    taken(&world, &good).await;
}

#[tokio::test]
async fn c150_events_say_that_a_login_has_ended() {
    let mut cases: Vec<(&str, Value, Reason)> = Vec::new();
    for bad in [
        json!(null),
        json!([]),
        json!([EVENT]),
        json!(EVENT),
        json!({}),
        json!({EVENT: null}),
        json!({EVENT: []}),
        json!({EVENT: ""}),
        json!({EVENT: true}),
        json!({"http://schemas.openid.net/event/backchannel-logout/": {}}),
    ] {
        cases.push(("events", bad, Reason::Events));
    }
    refuses_claims(&cases).await;
    let (world, mut browser) = logged_in().await;
    let typo = token(&world, "s-1", |claims| {
        without("events")(claims);
        claims["event"] = json!({EVENT: {}});
    });
    refused(&world, "event", &typo, Reason::Events).await;
    assert!(lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c151_a_nonce_makes_it_none() {
    let cases = [json!("n"), json!(""), json!(null), json!(7)].map(|nonce| ("nonce", nonce, Reason::Nonce));
    refuses_claims(&cases).await;
}

#[tokio::test]
async fn c152_issuer_and_audience_are_exact() {
    let (issuer, audience) = (Reason::Claim(IdTokenReason::Issuer), Reason::Claim(IdTokenReason::Audience));
    refuses_claims(&[
        ("iss", json!("https://attacker.test"), issuer),
        ("iss", json!(null), issuer),
        ("aud", json!("other"), audience),
        ("aud", json!(["portal", "other"]), audience),
        ("aud", json!([]), audience),
        ("aud", json!(null), audience),
    ])
    .await;
    let (world, mut browser) = logged_in().await;
    let slash = format!("{}/", world.evil.issuer());
    refused(&world, "a slash more", &token(&world, "s-1", |claims| claims["iss"] = json!(slash)), issuer).await;
    taken(&world, &token(&world, "s-1", |claims| claims["aud"] = json!(["portal"]))).await;
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c153_times_and_id_are_there_and_near() {
    let (world, mut browser) = logged_in().await;
    let now = world.clock.now().unix_seconds();
    let missing = [
        ("iat", Reason::Claim(IdTokenReason::IssuedAtMalformed)),
        ("exp", Reason::Claim(IdTokenReason::ExpiryMalformed)),
        ("jti", Reason::Id),
    ];
    for (name, why) in missing {
        refused(&world, name, &token(&world, "s-1", without(name)), why).await;
    }
    for (name, value, why) in [
        ("exp", json!(now - 61), Reason::Claim(IdTokenReason::Expired)),
        ("exp", json!(now + 361), Reason::LivesTooLong),
        ("exp", json!(now + 365 * 86_400), Reason::LivesTooLong),
        ("exp", json!("later"), Reason::Claim(IdTokenReason::ExpiryMalformed)),
        ("exp", json!(1e300), Reason::Claim(IdTokenReason::ExpiryMalformed)),
        ("iat", json!(now + 61), Reason::Claim(IdTokenReason::IssuedLater)),
        ("iat", json!("now"), Reason::Claim(IdTokenReason::IssuedAtMalformed)),
        ("nbf", json!(now + 61), Reason::Claim(IdTokenReason::NotYet)),
        ("jti", json!(""), Reason::Id),
        ("jti", json!(7), Reason::Id),
    ] {
        let bad = token(&world, "s-1", |claims| claims[name] = value.clone());
        refused(&world, &format!("{name} {value}"), &bad, why).await;
    }
    assert!(lives(&world, &mut browser).await);
    for (name, value) in [("exp", now - 60), ("exp", now + 360), ("iat", now + 60), ("iat", now - 3600)] {
        let good = token(&world, "s-1", |claims| claims[name] = json!(value));
        taken(&world, &good).await;
    }
    assert!(!lives(&world, &mut browser).await);
}

#[tokio::test]
async fn c156_no_other_token_passes_for_one_and_it_passes_for_no_other() {
    let (world, mut browser) = logged_in().await;
    let mut id_token = claims(&world, "s-1");
    without("events")(&mut id_token);
    without("jti")(&mut id_token);
    id_token["nonce"] = json!("n");
    let typed = json!({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"});
    let untyped = json!({"alg": "RS256", "kid": "rsa-1"});
    refused(&world, "an id_token", &sign(&typed, &id_token), Reason::Jws(JwsReason::Type)).await;
    refused(&world, "an id_token without typ", &sign(&untyped, &id_token), Reason::Events).await;
    assert!(lives(&world, &mut browser).await);
    // The other way: as the id_token of a login, with everything else that one needs.
    world.evil.change(Part::Header, |header| header["typ"] = json!("logout+jwt"));
    let type_of_another = IdTokenReason::Jws(JwsReason::Type);
    world.refuses("typ", vneid_auth::error::Code::TokenInvalid, type_of_another).await;
    world.evil.change(Part::Header, without("typ"));
    world.evil.change(Part::Claims, |claims| claims["events"] = json!({EVENT: {}}));
    world.refuses("events", vneid_auth::error::Code::TokenInvalid, IdTokenReason::LogoutToken).await;
}

#[tokio::test]
async fn c157_its_type_is_its_own_or_none() {
    let (world, mut browser) = logged_in().await;
    let typed = |typ: Value| {
        let mut header = header();
        header["typ"] = typ;
        sign(&header, &claims(&world, "s-1"))
    };
    for bad in [json!("JWT"), json!("at+jwt"), json!("logout"), json!(""), json!(null), json!(7), json!(["logout+jwt"])]
    {
        refused(&world, &bad.to_string(), &typed(bad.clone()), Reason::Jws(JwsReason::Type)).await;
    }
    assert!(lives(&world, &mut browser).await);
    taken(&world, &typed(json!("LOGOUT+jwt"))).await;
    assert!(!lives(&world, &mut browser).await);
    let mut browser = log_in(&world, "s-1").await;
    taken(&world, &sign(&json!({"alg": "RS256", "kid": "rsa-1"}), &claims(&world, "s-1"))).await;
    assert!(!lives(&world, &mut browser).await);
}
