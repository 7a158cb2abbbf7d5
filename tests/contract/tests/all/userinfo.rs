//! Userinfo: about the same person, in the clear, asked for with a header; what cannot be read of it is left out.

use serde_json::{Value, json};
use vneid_auth::error::Code;
use vneid_auth::provider::reason::{CallReason, UserinfoReason};
use vneid_contract_tests::EvilWorld;
use vneid_contract_tests::evil::{Key, Part, Reply, SUBJECT};

const USERINFO: &str = "/userinfo";

type Variant = (&'static str, fn(&mut Value));

async fn all_refused(world: &EvilWorld, why: UserinfoReason, variants: &[Variant]) {
    for (what, change) in variants {
        world.evil.change(Part::Userinfo, *change);
        world.refuses(what, Code::ProfileInvalid, why).await;
    }
}

#[tokio::test]
async fn c109_claims_that_cannot_be_read_are_left_out() {
    let world = EvilWorld::start().await;
    let honest = world.accepted("honest").await;
    let citizen = |mut attempt: vneid_contract_tests::evil_world::Attempt| {
        let url = world.portal.url("/auth/session");
        async move { attempt.browser.fetch(&url).await.json()["citizen"].take() }
    };
    let whole = citizen(honest).await;
    assert_eq!(whole["full_name"], "Nguyễn Văn Thử");
    assert_eq!(whole["citizen_id"], "********0001");
    assert_eq!(whole["date_of_birth"], "2390-01-31");

    let odd: [(&str, &str, fn(&mut Value)); 9] = [
        ("name", "full_name", |it| it["name"] = json!(["Nguyễn"])),
        ("name", "full_name", |it| it["name"] = json!(7)),
        ("citizen_id", "citizen_id", |it| it["citizen_id"] = json!("12")),
        ("citizen_id", "citizen_id", |it| it["citizen_id"] = json!(1_890_000_001)),
        ("citizen_id", "citizen_id", |it| it["citizen_id"] = json!("００１８９０００００００１")),
        ("birthdate", "date_of_birth", |it| it["birthdate"] = json!(12)),
        ("birthdate", "date_of_birth", |it| it["birthdate"] = json!("31/01/2390")),
        ("birthdate", "date_of_birth", |it| it["birthdate"] = json!("2390-02-30")),
        ("phone_number", "", |it| it["phone_number"] = json!({"a": 1})),
    ];
    for (claim, member, change) in odd {
        world.evil.change(Part::Userinfo, change);
        let attempt = world.accepted(claim).await;
        assert!(attempt.log.contains(claim), "the operator is told which: {}", attempt.log);
        let mut expected = whole.clone();
        expected.as_object_mut().unwrap().remove(member);
        assert_eq!(citizen(attempt).await, expected, "{claim}");
    }
    let harmless: [Variant; 3] = [
        ("email_verified is a text", |it| it["email_verified"] = json!("true")),
        ("address is a list", |it| it["address"] = json!([])),
        ("all of it is null", |it| *it = json!({"sub": SUBJECT, "name": null, "birthdate": null, "address": null})),
    ];
    for (what, change) in harmless {
        world.evil.change(Part::Userinfo, change);
        world.accepts(what).await;
    }
}

#[tokio::test]
async fn c110_unknown_members_are_passed_over() {
    let world = EvilWorld::start().await;
    world.evil.change(Part::Userinfo, |it| {
        it["acr"] = json!("LoA4");
        it["level"] = json!(4);
        it["iss"] = json!("https://other.example");
        it["aud"] = json!("other");
        it["__proto__"] = json!({"admin": true});
    });
    world.accepts("many").await;
    // A level is only taken from what is signed.
    world.evil.change(Part::Claims, |claims| claims["acr"] = json!("LoA1"));
    world.evil.change(Part::Userinfo, |it| it["acr"] = json!("LoA2"));
    world.refused("a level from userinfo", Code::LevelTooLow(vneid_auth::identity::Level::TWO), "level").await;
}

#[tokio::test]
async fn c111_userinfo_is_about_the_same_person() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        UserinfoReason::NoSubject,
        &[
            ("no sub", |it| drop(it.as_object_mut().unwrap().remove("sub"))),
            ("null", |it| it["sub"] = Value::Null),
            ("a number", |it| it["sub"] = json!(1)),
            ("a list", |it| it["sub"] = json!([SUBJECT])),
            ("empty", |it| it["sub"] = json!("")),
        ],
    )
    .await;
    all_refused(
        &world,
        UserinfoReason::OtherSubject,
        &[
            ("another", |it| it["sub"] = json!("citizen-2")),
            ("another case", |it| it["sub"] = json!("Citizen-1")),
            ("a part", |it| it["sub"] = json!("citizen-")),
            ("more", |it| it["sub"] = json!("citizen-1 ")),
        ],
    )
    .await;
}

#[tokio::test]
async fn c112_signed_userinfo_was_not_asked_for() {
    let world = EvilWorld::start().await;
    let claims = json!({"sub": SUBJECT, "iss": world.evil.issuer(), "aud": "portal"}).to_string();
    for key in [Key::rsa("rsa-1"), Key::other_rsa("rsa-1")] {
        let signed = key.sign(br#"{"alg":"RS256","kid":"rsa-1"}"#, claims.as_bytes());
        let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
        for token in [signed, unsigned] {
            let reply = Reply::new(200).header("content-type", "application/jwt").body(token);
            world.evil.answer(Part::Userinfo, reply);
            world.refuses("application/jwt", Code::ProfileInvalid, CallReason::MediaType).await;
        }
    }
}

#[tokio::test]
async fn c113_the_access_token_is_in_the_header_alone() {
    let world = EvilWorld::start().await;
    world.evil.change(Part::Metadata, |it| {
        it["userinfo_endpoint"] = json!(format!("{}?tenant=a", it["userinfo_endpoint"].as_str().unwrap()));
    });
    world.accepted("a login").await;
    let asked = world.evil.asked(USERINFO);
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].uri.query(), &*asked[0].body), ("GET", Some("tenant=a"), ""));
    let bearer = asked[0].headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    assert!(bearer.starts_with("access-code-"));
    for path in ["/.well-known/openid-configuration", "/jwks", "/token", "/authorize"] {
        for asked in world.evil.asked(path) {
            assert!(!format!("{asked:?}").contains(bearer), "{path}");
        }
    }
}

#[tokio::test]
async fn c114_without_userinfo_there_is_no_half_identity() {
    let world = EvilWorld::start().await;
    for (status, code) in [
        (401, Code::ProfileInvalid),
        (403, Code::ProfileInvalid),
        (404, Code::ProfileInvalid),
        (204, Code::ProfileInvalid),
        (429, Code::ProviderUnavailable),
        (500, Code::ProviderUnavailable),
        (503, Code::ProviderUnavailable),
    ] {
        let reply = Reply::json(status, json!({"sub": SUBJECT, "name": "upstream"}).to_string());
        world.evil.answer(Part::Userinfo, reply.header("www-authenticate", "Bearer error=\"invalid_token\""));
        let refused = world.refused(&status.to_string(), code, CallReason::Status { status, retry_after: None }).await;
        assert!(!refused.log.contains("upstream") && !refused.page.body.contains("upstream"));
    }
    world.evil.reform();
    world.accepted("an honest login afterwards").await;
}
