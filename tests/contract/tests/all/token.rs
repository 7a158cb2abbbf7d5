//! The code exchange: where the request goes, what it carries, and what is made of every kind of answer.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vneid_auth::error::Code;
use vneid_auth::provider::reason::{CallReason, IdTokenReason, JsonReason, JwsReason, TokenReason};
use vneid_auth::provider::{ClientAuth, ProviderConfig};
use vneid_contract_tests::evil::{Asked, Evil, Part, Reply};
use vneid_contract_tests::evil_world::{client, whole_second};
use vneid_contract_tests::{Browser, EvilWorld};

const TOKEN: &str = "/token";

/// The fields of a form, none of them twice.
fn fields(asked: &Asked) -> BTreeMap<String, String> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
    let fields: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(fields.len(), pairs.len(), "a field stands there twice");
    fields
}

/// Each answer is refused for its reason, and the exchange is not tried again.
async fn answers_refused(code: Code, variants: Vec<(&str, Reply, TokenReason)>) {
    let world = EvilWorld::start().await;
    for (what, reply, why) in variants {
        let before = world.evil.count(TOKEN);
        world.evil.answer(Part::Token, reply);
        let refused = world.refused(what, code, why).await;
        assert!(!refused.log.contains("upstream"), "{what}: the answer's body shows in {}", refused.log);
        assert!(!refused.page.body.contains("upstream"), "{what}");
        assert_eq!(world.evil.count(TOKEN), before + 1, "{what}: a code is sent once");
        assert_eq!(world.evil.count("/userinfo"), 0, "{what}");
    }
    world.evil.reform();
    world.accepted("an honest login afterwards").await;
}

/// Each changed token answer is refused for its reason.
async fn changes_refused(world: &EvilWorld, code: Code, why: TokenReason, variants: &[(&str, fn(&mut Value))]) {
    for (what, change) in variants {
        world.evil.change(Part::Token, *change);
        world.refuses(what, code, why).await;
    }
}

#[tokio::test]
async fn c55_the_code_goes_to_the_provider_that_the_login_was_begun_with() {
    let clock = whole_second();
    let (evil, other) = (Evil::start(&clock).await, Evil::start(&clock).await);
    let moved = format!("{}/elsewhere/token", evil.issuer());
    evil.change(Part::Metadata, move |metadata| metadata["token_endpoint"] = json!(moved));
    let configs = [client("vneid", evil.issuer()), client("dvcqg", other.issuer())];
    let world =
        EvilWorld::before(evil, clock, |builder| configs.into_iter().fold(builder, |b, config| b.provider(config)))
            .await;
    // Both are known and in use.
    let mut browser = Browser::new();
    browser.open(&world.portal.url("/auth/login/dvcqg")).await;
    assert_eq!(other.count(TOKEN), 1);

    world.accepted("by what its own metadata say").await;
    assert_eq!((world.evil.count(TOKEN), world.evil.count("/elsewhere/token"), other.count(TOKEN)), (0, 1, 1));
}

#[tokio::test]
async fn c56_the_request_carries_what_the_login_was_begun_with() {
    let world = EvilWorld::start().await;
    world.accepted("a login").await;
    let asked = world.evil.asked(TOKEN).remove(0);
    assert_eq!((asked.method.as_str(), asked.uri.query()), ("POST", None));
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    let fields = fields(&asked);
    let begun = world.evil.authorization(&fields["code"]);
    assert_eq!(fields["grant_type"], "authorization_code");
    assert_eq!(fields["redirect_uri"], begun["redirect_uri"]);
    assert_eq!(fields["redirect_uri"], world.portal.url("/auth/callback/vneid"));
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, fields["code_verifier"].as_bytes()));
    assert_eq!((&*begun["code_challenge_method"], &begun["code_challenge"]), ("S256", &challenge));
    assert!((43..=128).contains(&fields["code_verifier"].len()));
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "code_verifier", "grant_type", "redirect_uri"], "and nothing else");
}

#[tokio::test]
async fn c57_id_and_secret_are_form_encoded_each() {
    const ID: &str = "cổng:1%+&=/é ü";
    const SECRET: &str = "bí:mật%2F+ &=?\"ü~*";
    let world = EvilWorld::with(|config| {
        ProviderConfig::oidc("vneid", config.issuer().unwrap(), ID)
            .client_secret(SECRET.into())
            .client_auth(ClientAuth::ClientSecretBasic)
    })
    .await;
    world.accepted("client_secret_basic").await;
    let asked = world.evil.asked(TOKEN).remove(0);
    let header = asked.headers["authorization"].to_str().unwrap();
    let proof = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap()).unwrap();
    assert!(proof.is_ascii(), "{proof}");
    let (id, secret) = proof.split_once(':').unwrap();
    let decoded = |text: &str| {
        let pair: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        assert_eq!(pair.len(), 1, "{text}");
        pair[0].0.clone()
    };
    assert_eq!((decoded(id), decoded(secret)), (ID.to_owned(), SECRET.to_owned()));
    assert!(!fields(&asked).contains_key("client_secret"));

    let world = EvilWorld::with(|config| {
        ProviderConfig::oidc("vneid", config.issuer().unwrap(), ID)
            .client_secret(SECRET.into())
            .client_auth(ClientAuth::ClientSecretPost)
    })
    .await;
    world.accepted("client_secret_post").await;
    let asked = world.evil.asked(TOKEN).remove(0);
    assert!(!asked.headers.contains_key("authorization"));
    let fields = fields(&asked);
    assert_eq!((&*fields["client_id"], &*fields["client_secret"]), (ID, SECRET));
}

#[tokio::test]
async fn c58_no_redirect_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let called = CallReason::Status { status, retry_after: None };
        for (part, path, code) in [
            (Part::Metadata, "/.well-known/openid-configuration", Code::ProviderError),
            (Part::Keys, "/jwks", Code::ProviderError),
            (Part::Token, "/token", Code::ProviderError),
            (Part::Userinfo, "/userinfo", Code::ProfileInvalid),
        ] {
            let world = EvilWorld::start().await;
            let host = world.evil.issuer().strip_prefix("http:").unwrap().to_owned();
            for to in [format!("{}/elsewhere{path}", world.evil.issuer()), format!("{host}/elsewhere{path}")] {
                let what = format!("{status} from {path} to {to}");
                world.evil.answer(part, Reply::new(status).header("location", to));
                world.refused(&what, code, called).await;
                world.clock.advance(Duration::from_secs(30));
                assert_eq!(world.evil.count_under("/op/elsewhere"), 0, "{what}");
            }
            world.evil.reform();
            world.accepted("an honest login afterwards").await;
        }
    }
}

#[tokio::test]
async fn c61_what_is_no_json_is_no_answer() {
    let html = || Reply::new(200).header("content-type", "text/html").body("<html>upstream</html>");
    for (part, code) in [
        (Part::Metadata, Code::ProviderError),
        (Part::Keys, Code::ProviderError),
        (Part::Token, Code::ProviderError),
        (Part::Userinfo, Code::ProfileInvalid),
    ] {
        let variants = [
            ("a page", html(), CallReason::MediaType),
            ("a page that says it is JSON", Reply::json(200, "<html>upstream"), JsonReason::NotJson.into()),
            ("nothing", Reply::json(200, ""), JsonReason::NotJson.into()),
            ("cut off", Reply::json(200, r#"{"upstream":"#), JsonReason::NotJson.into()),
            ("a list", Reply::json(200, r#"["upstream"]"#), JsonReason::NotAnObject.into()),
            ("a text", Reply::json(200, r#""upstream""#), JsonReason::NotAnObject.into()),
        ];
        for (what, reply, why) in variants {
            let world = EvilWorld::start().await;
            world.evil.answer(part, reply);
            let what = format!("{part:?}: {what}");
            let refused = world.refused(&what, code, why).await;
            assert!(!refused.log.contains("upstream") && !refused.page.body.contains("upstream"), "{what}");
            world.evil.reform();
            world.clock.advance(Duration::from_secs(30));
            world.accepted("an honest login afterwards").await;
        }
    }
}

#[tokio::test]
async fn c62_an_error_is_an_error_whatever_its_status() {
    let world = EvilWorld::start().await;
    changes_refused(
        &world,
        Code::ProviderError,
        TokenReason::InvalidGrant,
        &[
            ("alone", |tokens| *tokens = json!({"error": "invalid_grant"})),
            ("beside good tokens", |tokens| tokens["error"] = json!("invalid_grant")),
        ],
    )
    .await;
    changes_refused(
        &world,
        Code::ProviderError,
        TokenReason::OtherError,
        &[
            ("an unknown error beside good tokens", |tokens| tokens["error"] = json!("tired")),
            ("an error that is no text", |tokens| tokens["error"] = json!({"code": 7})),
            ("an error that is null", |tokens| tokens["error"] = Value::Null),
        ],
    )
    .await;
    changes_refused(
        &world,
        Code::ProviderError,
        TokenReason::AccessToken,
        &[
            ("no access token", |tokens| drop(tokens.as_object_mut().unwrap().remove("access_token"))),
            ("null", |tokens| tokens["access_token"] = Value::Null),
            ("empty", |tokens| tokens["access_token"] = json!("")),
            ("a number", |tokens| tokens["access_token"] = json!(7)),
            ("a line break", |tokens| tokens["access_token"] = json!("a\r\nx-evil: 1")),
            ("no ASCII", |tokens| tokens["access_token"] = json!("mã")),
        ],
    )
    .await;
}

#[tokio::test]
async fn c63_errors_are_told_apart_and_a_code_is_sent_once() {
    let error = |status, code: &str| {
        Reply::json(status, format!(r#"{{"error":"{code}","error_description":"upstream <script>"}}"#))
    };
    let status = |status| TokenReason::Call(CallReason::Status { status, retry_after: None });
    let challenge = || error(401, "invalid_client").header("www-authenticate", "Basic realm=\"upstream\"");
    answers_refused(
        Code::ProviderError,
        vec![
            ("invalid_grant", error(400, "invalid_grant"), TokenReason::InvalidGrant),
            ("invalid_client", challenge(), TokenReason::InvalidClient),
            ("invalid_request", error(400, "invalid_request"), TokenReason::InvalidRequest),
            ("invalid_scope", error(400, "invalid_scope"), TokenReason::InvalidScope),
            ("unauthorized_client", error(400, "unauthorized_client"), TokenReason::UnauthorizedClient),
            ("unsupported_grant_type", error(400, "unsupported_grant_type"), TokenReason::UnsupportedGrantType),
            ("unknown", error(400, "<script>"), TokenReason::OtherError),
            ("a page", Reply::new(404).header("content-type", "text/html").body("upstream"), status(404)),
            ("no code", Reply::json(400, "{}"), status(400)),
            ("204", Reply::new(204), status(204)),
        ],
    )
    .await;
    answers_refused(
        Code::ProviderUnavailable,
        vec![
            ("429", error(429, "slow_down"), status(429)),
            ("500", error(500, "server_error"), status(500)),
            ("502", Reply::new(502).header("content-type", "text/html").body("upstream"), status(502)),
            ("503", Reply::new(503), status(503)),
        ],
    )
    .await;
    let world = EvilWorld::start().await;
    world.evil.answer(Part::Token, Reply::new(503).header("retry-after", "7"));
    let refused = world.refused("503, and when", Code::ProviderUnavailable, "503").await;
    assert_eq!(refused.page.headers["retry-after"], "7");
}

#[tokio::test]
async fn c66_the_token_type_is_bearer_in_any_case() {
    let world = EvilWorld::start().await;
    for name in ["bEARER", "bearer", "BEARER"] {
        world.evil.change(Part::Token, move |tokens| tokens["token_type"] = json!(name));
        world.accepts(name).await;
    }
    changes_refused(
        &world,
        Code::ProviderError,
        TokenReason::TokenType,
        &[
            ("DPoP", |tokens| tokens["token_type"] = json!("DPoP")),
            ("mac", |tokens| tokens["token_type"] = json!("mac")),
            ("none", |tokens| drop(tokens.as_object_mut().unwrap().remove("token_type"))),
            ("null", |tokens| tokens["token_type"] = Value::Null),
            ("empty", |tokens| tokens["token_type"] = json!("")),
            ("a list", |tokens| tokens["token_type"] = json!(["Bearer"])),
            ("a space more", |tokens| tokens["token_type"] = json!("Bearer ")),
        ],
    )
    .await;
}

#[tokio::test]
async fn c67_a_token_answer_need_not_say_how_long_it_lasts() {
    let world = EvilWorld::start().await;
    world.evil.change(Part::Token, |tokens| drop(tokens.as_object_mut().unwrap().remove("expires_in")));
    world.accepts("no expires_in").await;
}

#[tokio::test]
async fn c68_an_absurd_lifetime_harms_nobody() {
    let world = EvilWorld::start().await;
    // Nothing of ours lives as long as the access token, so a lifetime that cannot be read is passed over.
    let lifetimes =
        [json!("3599"), json!(-1), json!(1e300), json!(u64::MAX), json!(0.5), json!([]), json!(true), Value::Null];
    for lifetime in lifetimes {
        let what = lifetime.to_string();
        world.evil.change(Part::Token, move |tokens| tokens["expires_in"] = lifetime.clone());
        world.accepts(&what).await;
    }
    world.evil.rewrite(Part::Token, |text| {
        String::from_utf8(text).unwrap().replace("\"expires_in\":300", "\"expires_in\":1e309").into_bytes()
    });
    world.refuses("1e309", Code::ProviderError, JsonReason::NotJson).await;
}

#[tokio::test]
async fn c69_without_an_id_token_nobody_is_logged_in() {
    let world = EvilWorld::start().await;
    world.evil.change(Part::Token, |tokens| drop(tokens.as_object_mut().unwrap().remove("id_token")));
    world.refuses("none", Code::TokenInvalid, IdTokenReason::Missing).await;
    world.evil.forge(|_| Value::Null);
    world.refuses("null", Code::TokenInvalid, IdTokenReason::Missing).await;
    world.evil.forge(|_| json!(""));
    world.refuses("empty", Code::TokenInvalid, JwsReason::Segments).await;
    for odd in [json!(7), json!(true), json!({}), json!(["a.b.c"])] {
        let what = odd.to_string();
        world.evil.forge(move |_| odd.clone());
        world.refuses(&what, Code::TokenInvalid, TokenReason::IdToken).await;
    }
}
