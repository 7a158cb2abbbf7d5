//! The provider's metadata: whose they are, what they must hold, when they are fetched.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use vneid_auth::error::Code;
use vneid_auth::portal::Portal;
use vneid_auth::provider::reason::MetadataReason;
use vneid_contract_tests::evil::{Evil, Part, Reply};
use vneid_contract_tests::evil_world::{client, whole_second};
use vneid_contract_tests::portal::SECRET;
use vneid_contract_tests::{Browser, EvilWorld};

const METADATA: &str = "/.well-known/openid-configuration";

type Variant = (&'static str, fn(&mut Value));

/// With metadata so changed no login begins, and none of the endpoints is called.
async fn all_refused(why: MetadataReason, variants: &[Variant]) {
    for (what, change) in variants {
        let world = EvilWorld::start().await;
        world.evil.change(Part::Metadata, *change);
        let refused = world.refused(what, Code::ProviderError, why).await;
        assert!(refused.page.location().is_none(), "{what}");
        assert_eq!(world.evil.count_under("/"), 1, "{what}: only the metadata were asked for");
        world.evil.reform();
        world.clock.advance(Duration::from_secs(2));
        world.accepted("an honest login afterwards").await;
    }
}

#[tokio::test]
async fn c59_plain_http_endpoints_are_refused() {
    all_refused(
        MetadataReason::Insecure("token_endpoint"),
        &[
            ("another host", |it| it["token_endpoint"] = json!("http://id.example/token")),
            ("looks like loopback", |it| it["token_endpoint"] = json!("http://127.0.0.1.id.example/token")),
            ("looks like localhost", |it| it["token_endpoint"] = json!("http://localhost.id.example/token")),
            ("no loopback", |it| it["token_endpoint"] = json!("http://0.0.0.0/token")),
            ("private", |it| it["token_endpoint"] = json!("http://10.0.0.1/token")),
        ],
    )
    .await;
    all_refused(
        MetadataReason::Malformed("token_endpoint"),
        &[
            ("localhost as a user", |it| it["token_endpoint"] = json!("http://localhost:80@attacker.test/token")),
            ("with a password", |it| it["token_endpoint"] = json!("https://a:b@id.example/token")),
            ("a file", |it| it["token_endpoint"] = json!("file:///etc/passwd")),
            ("a script", |it| it["token_endpoint"] = json!("javascript:alert(1)")),
            ("a path", |it| it["token_endpoint"] = json!("/token")),
            ("a fragment", |it| it["token_endpoint"] = json!("https://id.example/token#x")),
        ],
    )
    .await;
    for name in ["authorization_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"] {
        let world = EvilWorld::start().await;
        world.evil.change(Part::Metadata, move |it| it[name] = json!("http://id.example/x"));
        world.refused(name, Code::ProviderError, MetadataReason::Insecure(name)).await;
    }
    // An issuer that is not https, nor on this machine, is a setting that can never work.
    for issuer in ["http://id.example/op", "http://localhost:80@attacker.test/op", "http://127.0.0.1.id.example"] {
        let builder = Portal::builder("http://127.0.0.1:1").secret(SECRET.into()).provider(client("vneid", issuer));
        let error = builder.build().err().expect(issuer).to_string();
        assert!(error.contains("issuer"), "{error}");
    }
}

#[tokio::test]
async fn c168_metadata_of_another_issuer_are_refused() {
    all_refused(
        MetadataReason::OtherIssuer,
        &[
            ("a trailing slash", |it| it["issuer"] = json!(format!("{}/", it["issuer"].as_str().unwrap()))),
            ("https", |it| it["issuer"] = json!(it["issuer"].as_str().unwrap().replace("http:", "https:"))),
            ("another case", |it| it["issuer"] = json!(it["issuer"].as_str().unwrap().replace("/op", "/OP"))),
            ("another scheme's case", |it| {
                it["issuer"] = json!(it["issuer"].as_str().unwrap().replace("http", "HTTP"))
            }),
            ("another name of the host", |it| {
                it["issuer"] = json!(it["issuer"].as_str().unwrap().replace("127.0.0.1", "localhost"));
            }),
            ("another port", |it| {
                it["issuer"] = json!(format!("{}0/op", it["issuer"].as_str().unwrap().strip_suffix("/op").unwrap()))
            }),
            ("a part", |it| it["issuer"] = json!(it["issuer"].as_str().unwrap().strip_suffix("/op").unwrap())),
            ("a dot segment", |it| it["issuer"] = json!(format!("{}/.", it["issuer"].as_str().unwrap()))),
            ("empty", |it| it["issuer"] = json!("")),
        ],
    )
    .await;
    all_refused(
        MetadataReason::Malformed("issuer"),
        &[("a list", |it| it["issuer"] = json!([it["issuer"].clone()])), ("a number", |it| it["issuer"] = json!(7))],
    )
    .await;
}

#[tokio::test]
async fn c168_metadata_are_fetched_from_the_issuer_s_path_and_kept_while_they_are_good() {
    let world = EvilWorld::start().await;
    assert_eq!(world.evil.count_under("/"), 0, "nothing is fetched before it is needed");
    world.accepted("the first").await;
    world.clock.advance(Duration::from_secs(3599));
    world.accepted("within the hour").await;
    assert_eq!(world.evil.count(METADATA), 1);
    world.clock.advance(Duration::from_secs(1));
    let moved = format!("{}/elsewhere/token", world.evil.issuer());
    world.evil.change(Part::Metadata, move |it| it["token_endpoint"] = json!(moved));
    world.accepted("after the hour").await;
    assert_eq!((world.evil.count(METADATA), world.evil.count("/elsewhere/token")), (2, 1));
    assert_eq!(world.evil.count_under("/.well-known"), 0, "the path is appended to the issuer's");

    // What is bad does not replace what is good.
    world.evil.change(Part::Metadata, |it| it["issuer"] = json!("https://other.example"));
    world.clock.advance(Duration::from_secs(3600));
    world.accepted("the last good ones serve").await;
    assert_eq!((world.evil.count(METADATA), world.evil.count("/elsewhere/token")), (3, 2));
    world.evil.answer(Part::Metadata, Reply::new(500));
    world.clock.advance(Duration::from_secs(23 * 3600));
    world.refused("more than a day old", Code::ProviderUnavailable, "500").await;
}

#[tokio::test]
async fn c168_nobody_else_says_where_metadata_come_from() {
    let clock = whole_second();
    let (evil, other) = (Evil::start(&clock).await, Evil::start(&clock).await);
    let config = client("vneid", evil.issuer());
    let world = EvilWorld::before(evil, clock, |builder| builder.provider(config)).await;
    let mut browser = Browser::new();
    let issuer: String = url::form_urlencoded::byte_serialize(other.issuer().as_bytes()).collect();
    for query in
        [format!("iss={issuer}"), format!("issuer={issuer}&target_link_uri={issuer}"), format!("discovery={issuer}")]
    {
        let page = browser.open_once(&world.portal.url(&format!("/auth/login/vneid?{query}"))).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
        assert!(page.raw_location().starts_with(world.evil.issuer()), "{query}");
        assert!(!page.raw_location().contains("discovery"), "{query}");
    }
    let (mut browser, mut callback) = world.up_to_the_callback().await.ok().unwrap();
    let answered: Vec<(String, String)> =
        callback.query_pairs().into_owned().filter(|(name, _)| name != "iss").collect();
    callback.query_pairs_mut().clear().extend_pairs(answered).append_pair("iss", other.issuer());
    assert_eq!(browser.fetch(callback.as_str()).await.json()["code"], "provider_mismatch");
    assert_eq!((other.count_under("/"), world.evil.count("/token")), (0, 0));
}

#[tokio::test]
async fn c169_what_is_missing_is_named() {
    for name in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ] {
        let world = EvilWorld::start().await;
        let without = [
            ("none", MetadataReason::Missing(name), Value::Null),
            ("a number", MetadataReason::Malformed(name), json!(7)),
            ("an object", MetadataReason::Malformed(name), json!({})),
        ];
        for (what, why, value) in without {
            world.evil.change(Part::Metadata, move |it| match value {
                Value::Null => drop(it.as_object_mut().unwrap().remove(name)),
                ref value => it[name] = value.clone(),
            });
            let refused = world.refused(&format!("{name}: {what}"), Code::ProviderError, why).await;
            assert!(refused.log.contains(&format!("`{name}`")), "{}", refused.log);
            assert!(!refused.page.body.contains(name), "the citizen is not told");
            world.clock.advance(Duration::from_secs(2));
        }
    }
    all_refused(
        MetadataReason::NoCodeFlow,
        &[
            ("implicit alone", |it| it["response_types_supported"] = json!(["id_token", "id_token token"])),
            ("hybrid alone", |it| it["response_types_supported"] = json!(["code id_token"])),
        ],
    )
    .await;
    all_refused(
        MetadataReason::NoAlgorithm,
        &[("only what is refused", |it| it["id_token_signing_alg_values_supported"] = json!(["none", "HS256"]))],
    )
    .await;
    all_refused(
        MetadataReason::OwnParameter,
        &[("a parameter of ours", |it| {
            it["authorization_endpoint"] = json!(format!("{}?nonce=1", it["authorization_endpoint"].as_str().unwrap()));
        })],
    )
    .await;
}

#[tokio::test]
async fn c0_oidf_the_keys_address_is_the_metadata_s() {
    let world = EvilWorld::start().await;
    let moved = format!("{}/elsewhere/jwks", world.evil.issuer());
    world.evil.change(Part::Metadata, move |it| it["jwks_uri"] = json!(moved));
    world.accepted("oidcc-client-test-discovery-jwks-uri-keys").await;
    assert_eq!((world.evil.count("/jwks"), world.evil.count("/elsewhere/jwks")), (0, 1));
}
