//! The claims of an id_token: whatever is wrong with them, nobody is logged in.

use std::time::Duration;

use serde_json::{Value, json};
use vneid_auth::error::Code;
use vneid_auth::provider::reason::IdTokenReason;
use vneid_contract_tests::evil::Part;
use vneid_contract_tests::{Browser, EvilWorld};

type Variant = (&'static str, fn(&mut Value));

fn remove(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name);
}

fn shift(claims: &mut Value, name: &str, seconds: i64) {
    claims[name] = json!(claims[name].as_i64().unwrap() + seconds);
}

/// Each variant alone is refused for this reason.
async fn all_refused(world: &EvilWorld, why: IdTokenReason, variants: &[Variant]) {
    for (what, change) in variants {
        world.evil.change(Part::Claims, *change);
        world.refuses(what, Code::TokenInvalid, why).await;
    }
}

async fn all_accepted(world: &EvilWorld, variants: &[Variant]) {
    for (what, change) in variants {
        world.evil.change(Part::Claims, *change);
        world.accepts(what).await;
    }
}

#[tokio::test]
async fn c92_the_issuer_is_ours_byte_for_byte() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::Issuer,
        &[
            ("no iss", |c| remove(c, "iss")),
            ("null", |c| c["iss"] = Value::Null),
            ("another", |c| c["iss"] = json!("https://other.example/op")),
            ("a trailing slash", |c| c["iss"] = json!(format!("{}/", c["iss"].as_str().unwrap()))),
            ("a prefix", |c| c["iss"] = json!(c["iss"].as_str().unwrap().strip_suffix("/op").unwrap())),
            ("a longer one", |c| c["iss"] = json!(format!("{}.evil.example", c["iss"].as_str().unwrap()))),
            ("another case", |c| c["iss"] = json!(c["iss"].as_str().unwrap().to_uppercase())),
            ("an array with it", |c| c["iss"] = json!([c["iss"].clone()])),
            ("an object with it", |c| c["iss"] = json!({"iss": c["iss"].clone()})),
            ("empty", |c| c["iss"] = json!("")),
        ],
    )
    .await;
}

#[tokio::test]
async fn c93_the_audience_is_us() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::Audience,
        &[
            ("no aud", |c| remove(c, "aud")),
            ("null", |c| c["aud"] = Value::Null),
            ("another client", |c| c["aud"] = json!("other")),
            ("a part of us", |c| c["aud"] = json!("porta")),
            ("more than us", |c| c["aud"] = json!("portal-2")),
            ("another case", |c| c["aud"] = json!("Portal")),
            ("a number", |c| c["aud"] = json!(7)),
            ("nobody", |c| c["aud"] = json!([])),
            ("others", |c| c["aud"] = json!(["other", "porta"])),
            ("us and a number", |c| c["aud"] = json!(["portal", 7])),
            ("us as a key", |c| c["aud"] = json!({"portal": true})),
        ],
    )
    .await;
    all_accepted(&world, &[("an array of us", |c| c["aud"] = json!(["portal"]))]).await;
}

#[tokio::test]
async fn c94_others_beside_us_only_when_trusted_and_azp_is_us() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::Audience,
        &[
            ("us and a stranger", |c| c["aud"] = json!(["portal", "other"])),
            ("the same, with azp", |c| {
                c["aud"] = json!(["portal", "other"]);
                c["azp"] = json!("portal");
            }),
        ],
    )
    .await;
    all_refused(
        &world,
        IdTokenReason::AuthorizedParty,
        &[
            ("azp is another", |c| c["azp"] = json!("other")),
            ("azp is a number", |c| c["azp"] = json!(7)),
            ("azp is an array", |c| c["azp"] = json!(["portal"])),
        ],
    )
    .await;
    all_accepted(&world, &[("azp is us", |c| c["azp"] = json!("portal"))]).await;

    let world = EvilWorld::with(|config| config.trusted_audiences(["statistics"])).await;
    all_accepted(&world, &[("one who is trusted", |c| c["aud"] = json!(["statistics", "portal"]))]).await;
    all_refused(
        &world,
        IdTokenReason::Audience,
        &[
            ("a trusted one without us", |c| c["aud"] = json!(["statistics"])),
            ("a trusted one alone", |c| c["aud"] = json!("statistics")),
            ("a stranger beside a trusted one", |c| c["aud"] = json!(["portal", "statistics", "other"])),
        ],
    )
    .await;
}

#[tokio::test]
async fn c95_the_subject_is_a_name_that_fits() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::Subject,
        &[
            ("no sub", |c| remove(c, "sub")),
            ("null", |c| c["sub"] = Value::Null),
            ("empty", |c| c["sub"] = json!("")),
            ("too long", |c| c["sub"] = json!("s".repeat(256))),
            ("a number", |c| c["sub"] = json!(7)),
            ("an array", |c| c["sub"] = json!(["citizen-1"])),
            ("a NUL", |c| c["sub"] = json!("citizen-1\0")),
            ("a line break", |c| c["sub"] = json!("citizen-1\nadmin")),
        ],
    )
    .await;
    let longest = |claims: &mut Value| claims["sub"] = json!("s".repeat(255));
    world.evil.change(Part::Claims, longest);
    world.evil.change(Part::Userinfo, longest);
    world.accepts("255 characters").await;
}

#[tokio::test]
async fn c96_an_expiry_is_needed_a_number_and_ahead() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::ExpiryMalformed,
        &[
            ("no exp", |c| remove(c, "exp")),
            ("null", |c| c["exp"] = Value::Null),
            // A library took a text for a missing one, and a missing one for none needed (CVE-2026-25537).
            ("a text", |c| c["exp"] = json!("99999999999")),
            ("a text of now", |c| c["exp"] = json!(c["exp"].to_string())),
            ("negative", |c| c["exp"] = json!(-1)),
            ("absurd", |c| c["exp"] = json!(1e300)),
            ("past the calendar", |c| c["exp"] = json!(253_402_300_800_i64)),
            ("the largest", |c| c["exp"] = json!(u64::MAX)),
            ("true", |c| c["exp"] = json!(true)),
        ],
    )
    .await;
    all_refused(
        &world,
        IdTokenReason::Expired,
        &[
            ("past", |c| shift(c, "exp", -3600)),
            ("five minutes past", |c| shift(c, "exp", -600)),
            ("1970", |c| c["exp"] = json!(0)),
        ],
    )
    .await;
    world.evil.rewrite(Part::Claims, |text| {
        let text = String::from_utf8(text).unwrap();
        let (before, rest) = text.split_once("\"exp\":").unwrap();
        format!("{before}\"exp\":1e309{}", &rest[rest.find([',', '}']).unwrap()..]).into_bytes()
    });
    world.refuses("1e309", Code::TokenInvalid, "it is not JSON").await;
    all_accepted(&world, &[("a part of a second", |c| c["exp"] = json!(c["exp"].as_f64().unwrap() + 0.5))]).await;
}

#[tokio::test]
async fn c97_not_before_is_heeded() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::NotYet,
        &[
            ("in an hour", |c| c["nbf"] = json!(c["iat"].as_i64().unwrap() + 3600)),
            ("in two minutes", |c| c["nbf"] = json!(c["iat"].as_i64().unwrap() + 120)),
        ],
    )
    .await;
    all_refused(
        &world,
        IdTokenReason::NotBeforeMalformed,
        &[
            ("a text ahead", |c| c["nbf"] = json!("99999999999")),
            ("a text of the past", |c| c["nbf"] = json!("1")),
            ("absurd", |c| c["nbf"] = json!(1e300)),
            ("negative", |c| c["nbf"] = json!(-1)),
            ("null", |c| c["nbf"] = Value::Null),
        ],
    )
    .await;
    all_accepted(&world, &[("now", |c| c["nbf"] = c["iat"].clone())]).await;
}

#[tokio::test]
async fn c98_the_time_of_issue_is_needed_and_not_ahead() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::IssuedAtMalformed,
        &[
            ("no iat", |c| remove(c, "iat")),
            ("null", |c| c["iat"] = Value::Null),
            ("a text", |c| c["iat"] = json!(c["iat"].to_string())),
            ("negative", |c| c["iat"] = json!(-1)),
            ("absurd", |c| c["iat"] = json!(1e300)),
        ],
    )
    .await;
    all_refused(
        &world,
        IdTokenReason::IssuedLater,
        &[
            ("in an hour", |c| shift(c, "iat", 3600)),
            ("in a year", |c| {
                shift(c, "iat", 365 * 86400);
                shift(c, "exp", 366 * 86400);
            }),
        ],
    )
    .await;
    // Our policy: `exp` says how long a token is good, and the nonce that it is of this login.
    all_accepted(&world, &[("a week ago, and not expired", |c| shift(c, "iat", -7 * 86400))]).await;
}

#[tokio::test]
async fn c99_clocks_may_differ_by_sixty_seconds_and_no_more() {
    let world = EvilWorld::start().await;
    all_accepted(
        &world,
        &[
            ("exp 60 s ago", |c| c["exp"] = json!(c["iat"].as_i64().unwrap() - 60)),
            ("iat in 60 s", |c| shift(c, "iat", 60)),
            ("nbf in 60 s", |c| c["nbf"] = json!(c["iat"].as_i64().unwrap() + 60)),
            ("auth_time in 60 s", |c| shift(c, "auth_time", 60)),
        ],
    )
    .await;
    all_refused(
        &world,
        IdTokenReason::Expired,
        &[("exp 61 s ago", |c| c["exp"] = json!(c["iat"].as_i64().unwrap() - 61))],
    )
    .await;
    all_refused(&world, IdTokenReason::IssuedLater, &[("iat in 61 s", |c| shift(c, "iat", 61))]).await;
    all_refused(
        &world,
        IdTokenReason::NotYet,
        &[("nbf in 61 s", |c| c["nbf"] = json!(c["iat"].as_i64().unwrap() + 61))],
    )
    .await;
    all_refused(&world, IdTokenReason::AuthTimeMalformed, &[("auth_time in 61 s", |c| shift(c, "auth_time", 61))])
        .await;

    // The same with the token left alone and the portal's own clock between login and answer moved on.
    world.evil.change(Part::Claims, |c| c["exp"] = json!(c["iat"].as_i64().unwrap()));
    world.accepts("a token that is good for no time at all").await;
}

#[tokio::test]
async fn c100_the_nonce_is_this_login_s() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::Nonce,
        &[
            ("no nonce", |c| remove(c, "nonce")),
            ("null", |c| c["nonce"] = Value::Null),
            ("another", |c| c["nonce"] = json!("another")),
            ("empty", |c| c["nonce"] = json!("")),
            ("an array with it", |c| c["nonce"] = json!([c["nonce"].clone()])),
            ("a part of it", |c| c["nonce"] = json!(c["nonce"].as_str().unwrap()[1..])),
            ("more than it", |c| c["nonce"] = json!(format!("{}A", c["nonce"].as_str().unwrap()))),
            ("a number", |c| c["nonce"] = json!(7)),
        ],
    )
    .await;

    // Two logins are open in one browser, and one of them comes back with the other's nonce.
    let mut browser = Browser::new();
    let other = world.begin(&mut browser).await.unwrap();
    let this = world.begin(&mut browser).await.unwrap();
    let nonce = other.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
    world.evil.change(Part::Claims, move |claims| claims["nonce"] = json!(nonce));
    let callback = browser.open_once(this.as_str()).await.location().unwrap();
    let mut attempt = world.finish(browser, &callback).await;
    world.check_refusal(&mut attempt, "the other login's", Code::TokenInvalid, IdTokenReason::Nonce).await;
}

#[tokio::test]
async fn c101_the_browser_never_holds_the_nonce() {
    let world = EvilWorld::start().await;
    let mut browser = Browser::new();
    let at_provider = world.begin(&mut browser).await.unwrap();
    let of = |name: &str| at_provider.query_pairs().find(|(other, _)| other == name).unwrap().1.into_owned();
    let (nonce, challenge) = (of("nonce"), of("code_challenge"));
    assert!(nonce.len() >= 22, "128 bits or more");
    let cookies = browser.cookies("127.0.0.1");
    assert!(!cookies.is_empty());
    for (name, value) in cookies {
        assert!(!name.contains(&nonce) && !value.contains(&nonce) && !value.contains(&challenge), "{name}");
    }
}

#[tokio::test]
async fn c102_an_id_token_serves_one_login() {
    let world = EvilWorld::start().await;
    let first = std::sync::Arc::new(std::sync::Mutex::new(None));
    world.evil.forge(move |token| json!(first.lock().unwrap().get_or_insert(token).clone()));
    world.accepted("the first").await;
    // Without the hashes only the nonce ties it to its login.
    world.refused("the same again", Code::TokenInvalid, IdTokenReason::Nonce).await;
    world.clock.advance(Duration::from_secs(120));
    world.refuses("the same later", Code::TokenInvalid, IdTokenReason::Nonce).await;
}

#[tokio::test]
async fn c103_hashes_are_right_when_they_are_there() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::AccessTokenHash,
        &[
            ("another at_hash", |c| c["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA")),
            ("an empty at_hash", |c| c["at_hash"] = json!("")),
            ("half of at_hash", |c| c["at_hash"] = json!(c["at_hash"].as_str().unwrap()[..11])),
            ("at_hash with padding", |c| c["at_hash"] = json!(format!("{}==", c["at_hash"].as_str().unwrap()))),
            ("at_hash is c_hash", |c| c["at_hash"] = c["c_hash"].clone()),
            ("a number", |c| c["at_hash"] = json!(7)),
            ("null", |c| c["at_hash"] = Value::Null),
        ],
    )
    .await;
    all_refused(
        &world,
        IdTokenReason::CodeHash,
        &[
            ("another c_hash", |c| c["c_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA")),
            ("c_hash is at_hash", |c| c["c_hash"] = c["at_hash"].clone()),
            ("an array", |c| c["c_hash"] = json!([c["c_hash"].clone()])),
        ],
    )
    .await;
    all_accepted(
        &world,
        &[
            ("no hashes", |c| {
                remove(c, "at_hash");
                remove(c, "c_hash");
            }),
            ("both right", |_| {}),
        ],
    )
    .await;
}

#[tokio::test]
async fn c106_an_authentication_is_no_older_than_max_age() {
    let world = EvilWorld::with(|config| config.max_age(Duration::from_secs(300))).await;
    all_refused(
        &world,
        IdTokenReason::AuthTimeMalformed,
        &[
            ("no auth_time", |c| remove(c, "auth_time")),
            ("null", |c| c["auth_time"] = Value::Null),
            ("a text", |c| c["auth_time"] = json!(c["iat"].to_string())),
            ("in the future", |c| c["auth_time"] = json!(c["iat"].as_i64().unwrap() + 61)),
        ],
    )
    .await;
    let old: [Variant; 1] = [("too old", |c| c["auth_time"] = json!(c["iat"].as_i64().unwrap() - 361))];
    all_refused(&world, IdTokenReason::AuthenticatedBefore, &old).await;
    all_accepted(
        &world,
        &[
            ("now", |c| c["auth_time"] = c["iat"].clone()),
            ("as old as clocks may differ", |c| c["auth_time"] = json!(c["iat"].as_i64().unwrap() - 360)),
        ],
    )
    .await;
}

#[tokio::test]
async fn c109_claims_of_a_wrong_type_are_refused_when_they_matter_and_left_out_when_not() {
    let world = EvilWorld::start().await;
    all_refused(
        &world,
        IdTokenReason::AuthTimeMalformed,
        &[
            ("auth_time is a text", |c| c["auth_time"] = json!("1")),
            ("auth_time is absurd", |c| c["auth_time"] = json!(1e300)),
        ],
    )
    .await;
    all_refused(
        &world,
        IdTokenReason::Acr,
        &[("acr is a number", |c| c["acr"] = json!(2)), ("acr is a list", |c| c["acr"] = json!(["LoA2"]))],
    )
    .await;
    all_accepted(
        &world,
        &[
            ("sid is a number", |c| c["sid"] = json!(7)),
            ("email_verified is a text", |c| c["email_verified"] = json!("true")),
            ("birthdate is a number", |c| c["birthdate"] = json!(12)),
            ("address is a list", |c| c["address"] = json!([])),
            ("amr is a text", |c| c["amr"] = json!("pwd")),
            ("name is an object", |c| c["name"] = json!({"vi": 1})),
        ],
    )
    .await;
}

#[tokio::test]
async fn c110_unknown_claims_are_passed_over() {
    let world = EvilWorld::start().await;
    all_accepted(
        &world,
        &[
            ("some more", |c| {
                c["https://evil.example/roles"] = json!(["admin"]);
                c["__proto__"] = json!({"level": 4});
                c["level"] = json!(4);
                c["events"] = json!({});
            }),
            ("a great many", |c| {
                for n in 0..500 {
                    c[format!("claim-{n}")] = json!(n);
                }
            }),
        ],
    )
    .await;
}
