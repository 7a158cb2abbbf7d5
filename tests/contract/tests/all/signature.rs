//! The id_token as a signed text: its form, its header, its signature.

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vneid_auth::error::Code;
use vneid_auth::provider::reason::{IdTokenReason, JsonReason, JwsReason, TokenReason};
use vneid_contract_tests::EvilWorld;
use vneid_contract_tests::evil::key::{half_hash, reheaded, resigned};
use vneid_contract_tests::evil::{Key, Part};

async fn refused_as(world: &EvilWorld, what: &str, why: JwsReason) {
    world.refuses(what, Code::TokenInvalid, IdTokenReason::Jws(why)).await;
}

/// Each header alone, rightly signed, is refused for this reason.
async fn headers_refused(world: &EvilWorld, why: JwsReason, variants: &[(&str, fn(&mut Value))]) {
    for (what, change) in variants {
        world.evil.change(Part::Header, *change);
        refused_as(world, what, why).await;
    }
}

/// Each text in the token's place is refused for this reason.
async fn tokens_refused(world: &EvilWorld, why: JwsReason, variants: &[(&str, fn(String) -> String)]) {
    for (what, forge) in variants {
        let forge = *forge;
        world.evil.forge(move |token| json!(forge(token)));
        refused_as(world, what, why).await;
    }
}

fn hs256(key: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

/// The provider lists these algorithms.
async fn world_listing(algorithms: Value) -> EvilWorld {
    let world = EvilWorld::start().await;
    world.evil.change(Part::Metadata, move |metadata| {
        metadata["id_token_signing_alg_values_supported"] = algorithms.clone();
    });
    world.accepted("the metadata are kept from here on").await;
    world
}

#[tokio::test]
async fn c71_unsigned_tokens_are_refused_whatever_the_metadata_list() {
    for listed in [json!(["RS256"]), json!(["none", "None", "NONE", "", "RS256"])] {
        let world = world_listing(listed).await;
        tokens_refused(
            &world,
            JwsReason::Algorithm,
            &[
                ("none", |token| reheaded(&token, &json!({"alg": "none"}), |_| vec![])),
                ("None", |token| reheaded(&token, &json!({"alg": "None"}), |_| vec![])),
                ("NONE", |token| reheaded(&token, &json!({"alg": "NONE"}), |_| vec![])),
                ("none, with its key's id", |token| {
                    reheaded(&token, &json!({"alg": "none", "kid": "rsa-1", "typ": "JWT"}), |_| vec![])
                }),
                ("none, under the old signature", |token| {
                    let (_, signature) = token.rsplit_once('.').unwrap();
                    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
                    reheaded(&token, &json!({"alg": "none"}), move |_| signature)
                }),
                ("no alg", |token| reheaded(&token, &json!({"kid": "rsa-1"}), |_| vec![])),
                ("an empty alg", |token| reheaded(&token, &json!({"alg": ""}), |_| vec![])),
                ("alg null", |token| reheaded(&token, &json!({"alg": null}), |_| vec![])),
                ("alg a list", |token| reheaded(&token, &json!({"alg": ["RS256"]}), |_| vec![])),
            ],
        )
        .await;
        tokens_refused(
            &world,
            JwsReason::Signature,
            &[("RS256, empty signature", |token| resigned(&token, |_| vec![]))],
        )
        .await;
    }
}

#[tokio::test]
async fn c72_the_public_key_is_no_hmac_secret() {
    let world = world_listing(json!(["RS256", "HS256"])).await;
    for (form, secret) in Key::rsa("rsa-1").public_forms() {
        for header in [json!({"alg": "HS256", "kid": "rsa-1"}), json!({"alg": "HS256", "typ": "JWT"})] {
            let secret = secret.clone();
            world.evil.forge(move |token| json!(reheaded(&token, &header, hs256(&secret))));
            refused_as(&world, form, JwsReason::Algorithm).await;
        }
    }
}

#[tokio::test]
async fn c73_no_hmac_with_an_empty_key_or_the_client_s_secret() {
    let world = world_listing(json!(["RS256", "HS256", "HS384", "HS512"])).await;
    for (what, secret) in [("empty", ""), ("the client's secret", "client-secret"), ("a NUL", "\0")] {
        world.evil.forge(move |token| json!(reheaded(&token, &json!({"alg": "HS256"}), hs256(secret.as_bytes()))));
        refused_as(&world, what, JwsReason::Algorithm).await;
    }
    // A provider that publishes a secret as a key gives it to everybody.
    let secret = json!({"kty": "oct", "kid": "oct-1", "k": URL_SAFE_NO_PAD.encode("secret"), "alg": "HS256"});
    world.evil.publish(vec![secret]);
    world.clock.advance(Duration::from_secs(301));
    let header = json!({"alg": "HS256", "kid": "oct-1"});
    world.evil.forge(move |token| json!(reheaded(&token, &header, hs256(b"secret"))));
    refused_as(&world, "a published secret", JwsReason::Algorithm).await;
}

#[tokio::test]
async fn c74_a_token_does_not_say_which_key_to_trust() {
    let world = EvilWorld::start().await;
    world.accepted("the keys are known").await;
    let thief = Key::other_rsa("rsa-1");
    let jku = format!("{}/elsewhere/jwks", world.evil.issuer());
    let stranger =
        |id: &str| json!({"jwk": thief.jwk(), "jku": jku, "x5u": jku, "x5c": ["MIIB"], "kid": id, "alg": "RS256"});
    for (id, why) in [("rsa-1", JwsReason::Signature), ("thief", JwsReason::UnknownKey)] {
        let (header, key) = (stranger(id), thief.clone());
        world.evil.forge(move |token| json!(reheaded(&token, &header, |message| key.signature(message))));
        refused_as(&world, id, why).await;
    }
    let mut nameless = stranger("");
    nameless.as_object_mut().unwrap().remove("kid");
    let key = thief.clone();
    world.evil.forge(move |token| json!(reheaded(&token, &nameless, |message| key.signature(message))));
    refused_as(&world, "no key id", JwsReason::Signature).await;

    let header = stranger("rsa-1");
    world.evil.change(Part::Header, move |honest| *honest = header.clone());
    world.accepts("the right key, whatever the header names beside it").await;
    assert_eq!(world.evil.count_under("/op/elsewhere"), 0);
}

#[tokio::test]
async fn c75_a_key_id_is_an_opaque_text() {
    let world = EvilWorld::start().await;
    let ids = [
        "../../etc/passwd",
        "/dev/null",
        "x' UNION SELECT 'secret' --",
        "rsa-1\0",
        "rsa-1\r\nWARN forged line",
        "",
        "RSA-1",
        "rsa-1 ",
        "rsa-",
        "\u{1b}[2Jhidden",
        &"k".repeat(10_000),
    ];
    for id in ids {
        let named = id.to_owned();
        world.evil.change(Part::Header, move |header| header["kid"] = json!(named));
        let refused = world.refused(id, Code::TokenInvalid, IdTokenReason::Jws(JwsReason::UnknownKey)).await;
        let telling = ["passwd", "UNION", "forged", "kkkkkkkk", "\u{1b}", "\0"];
        assert!(telling.iter().all(|part| !refused.log.contains(part)), "{}", refused.log);
        assert_eq!(refused.log.lines().filter(|line| line.contains("trace_id")).count(), refused.log.lines().count());
    }
    world.evil.reform();
    world.accepted("the honest key").await;
    headers_refused(
        &world,
        JwsReason::KeyId,
        &[
            ("a number", |header| header["kid"] = json!(1)),
            ("null", |header| header["kid"] = Value::Null),
            ("a list", |header| header["kid"] = json!(["rsa-1"])),
        ],
    )
    .await;
}

#[tokio::test]
async fn c83_an_algorithm_that_is_not_listed_is_refused_though_the_provider_has_the_key() {
    let keys = [
        Key::rsa("k").signing("RS384"),
        Key::rsa("k").signing("RS512"),
        Key::rsa("k").signing("PS256"),
        Key::rsa("k").signing("PS384"),
        Key::rsa("k").signing("PS512"),
        Key::ec("k", "ES256"),
        Key::ec("k", "ES384"),
        Key::ec("k", "ES512"),
        Key::ed("k"),
    ];
    for key in keys {
        let world = EvilWorld::start().await;
        world.evil.rotate(key.clone());
        let why = IdTokenReason::Jws(JwsReason::Algorithm);
        world.refused(key.algorithm, Code::TokenInvalid, why).await;

        // Listed, the same is accepted, and its own hash with it.
        assert!(!half_hash(key.algorithm, "x").is_empty());
        let world = EvilWorld::start().await;
        world.evil.rotate(key.clone());
        world.evil.change(Part::Metadata, move |metadata| {
            metadata["id_token_signing_alg_values_supported"] = json!(["RS256", key.algorithm]);
        });
        world.accepted(key.algorithm).await;
        world.evil.change(Part::Claims, |claims| claims["at_hash"] = json!(half_hash("RS256", "another")));
        world.refused(key.algorithm, Code::TokenInvalid, IdTokenReason::AccessTokenHash).await;
    }
}

#[tokio::test]
async fn c84_a_wrong_signature_is_refused() {
    for key in [Key::rsa("k"), Key::rsa("k").signing("PS256"), Key::ec("k", "ES256"), Key::ed("k")] {
        let world = EvilWorld::start().await;
        let algorithm = key.algorithm;
        world.evil.rotate(key.clone());
        world.evil.change(Part::Metadata, move |it| it["id_token_signing_alg_values_supported"] = json!([algorithm]));
        world.accepted(algorithm).await;
        tokens_refused(
            &world,
            JwsReason::Signature,
            &[
                ("one bit", |token| {
                    resigned(&token, |mut signature| {
                        signature[7] ^= 1;
                        signature
                    })
                }),
                ("the last byte is missing", |token| {
                    resigned(&token, |mut signature| {
                        signature.pop();
                        signature
                    })
                }),
                ("a byte more", |token| resigned(&token, |signature| [signature, vec![0]].concat())),
                ("half", |token| resigned(&token, |signature| signature[..signature.len() / 2].to_vec())),
                ("r and s are 0", |token| resigned(&token, |signature| vec![0; signature.len()])),
                ("all ones", |token| resigned(&token, |signature| vec![0xff; signature.len()])),
                ("none", |token| resigned(&token, |_| Vec::new())),
                ("another claim", |token| {
                    let parts: Vec<&str> = token.split('.').collect();
                    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
                    let claims = URL_SAFE_NO_PAD.encode(claims.replace("citizen-1", "citizen-2"));
                    format!("{}.{claims}.{}", parts[0], parts[2])
                }),
                ("another header", |token| {
                    let (_, rest) = token.split_once('.').unwrap();
                    let alg = String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap());
                    let header = alg.unwrap().replace("\"typ\":\"JWT\"", "\"typ\":\"jwt\"");
                    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
                }),
            ],
        )
        .await;
    }
    let world = EvilWorld::start().await;
    let key = Key::ec("k", "ES256");
    world.evil.rotate(key.clone());
    world.evil.change(Part::Metadata, |it| it["id_token_signing_alg_values_supported"] = json!(["ES256"]));
    world.accepted("ES256").await;
    world.evil.forge(move |token| {
        let (message, _) = token.rsplit_once('.').unwrap();
        json!(format!("{message}.{}", URL_SAFE_NO_PAD.encode(key.der_signature(message.as_bytes()))))
    });
    refused_as(&world, "ES256 in DER", JwsReason::Signature).await;
}

#[tokio::test]
async fn c85_an_extension_that_must_be_understood_is_not() {
    let world = EvilWorld::start().await;
    headers_refused(
        &world,
        JwsReason::Critical,
        &[
            ("an unknown name", |header| header["crit"] = json!(["x-evil"])),
            ("a known claim", |header| header["crit"] = json!(["exp"])),
            ("b64", |header| {
                header["crit"] = json!(["b64"]);
                header["b64"] = json!(false);
            }),
            ("nothing", |header| header["crit"] = json!([])),
            ("null", |header| header["crit"] = Value::Null),
        ],
    )
    .await;
}

#[tokio::test]
async fn c86_only_the_compact_form_of_three_segments() {
    let world = EvilWorld::start().await;
    headers_refused(
        &world,
        JwsReason::Payload,
        &[("b64 false", |it| it["b64"] = json!(false)), ("b64 true", |it| it["b64"] = json!(true))],
    )
    .await;
    tokens_refused(
        &world,
        JwsReason::Segments,
        &[
            ("the JSON form", |token| {
                let parts: Vec<&str> = token.split('.').collect();
                json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).to_string()
            }),
            ("empty", |_| String::new()),
            ("one segment", |token| token.split('.').next().unwrap().to_owned()),
            ("two segments", |token| token.rsplit_once('.').unwrap().0.to_owned()),
            ("four segments", |token| format!("{token}.AAAA")),
            ("a dot more", |token| format!("{token}.")),
            ("six segments", |token| format!("{token}.A.A.A")),
            ("dots", |_| ".".repeat(60_000)),
        ],
    )
    .await;
    tokens_refused(
        &world,
        JwsReason::Signature,
        &[("a detached payload", |token| {
            let parts: Vec<&str> = token.split('.').collect();
            format!("{}..{}", parts[0], parts[2])
        })],
    )
    .await;
    tokens_refused(
        &world,
        JwsReason::Base64,
        &[
            ("padding", |token| format!("{token}=")),
            ("the other alphabet", |token| token.replacen("eyJ", "+/J", 1)),
            ("a space", |token| format!(" {token}")),
            ("a line break", |token| format!("{token}\n")),
        ],
    )
    .await;
    let began = Instant::now();
    tokens_refused(&world, JwsReason::TooLong, &[("a million dots", |_| ".".repeat(1_000_000))]).await;
    // A billion rounds of PBKDF2 take half an hour; anything like that is work.
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());

    world.evil.forge(|token| {
        let parts: Vec<&str> = token.split('.').collect();
        json!({"payload": parts[1], "signatures": [{"protected": parts[0], "signature": parts[2]}]})
    });
    world.refuses("the JSON form as JSON", Code::TokenInvalid, TokenReason::IdToken).await;
}

#[tokio::test]
async fn c87_an_encrypted_token_is_none() {
    let world = EvilWorld::start().await;
    tokens_refused(
        &world,
        JwsReason::Segments,
        &[
            ("a JWE", |_| {
                let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
                format!("{header}.AAAA.AAAA.AAAA.AAAA")
            }),
            ("a JWE around an unsigned token", |token| {
                let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"dir","enc":"A256GCM","cty":"JWT"}"#);
                let inner = reheaded(&token, &json!({"alg": "none"}), |_| vec![]);
                format!("{header}..AAAA.{}.AAAA", URL_SAFE_NO_PAD.encode(inner))
            }),
        ],
    )
    .await;
    headers_refused(
        &world,
        JwsReason::Payload,
        &[("enc in a signed token", |header| header["enc"] = json!("A256GCM"))],
    )
    .await;
}

#[tokio::test]
async fn c88_no_work_is_done_for_a_bomb() {
    let world = EvilWorld::start().await;
    world.accepted("the metadata and keys are known").await;
    let began = Instant::now();
    tokens_refused(
        &world,
        JwsReason::Segments,
        &[("PBES2", |_| {
            let header = json!({"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 1_000_000_000, "p2s": "AAAA"});
            format!("{}.AAAA.AAAA.AAAA.AAAA", URL_SAFE_NO_PAD.encode(header.to_string()))
        })],
    )
    .await;
    headers_refused(&world, JwsReason::Payload, &[("compressed", |header| header["zip"] = json!("DEF"))]).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn c90_json_that_two_readers_read_differently_is_refused() {
    fn twice(text: Vec<u8>) -> Vec<u8> {
        [&text[..text.len() - 1], br#","sub":"citizen-2","x":1,"x":2}"#].concat()
    }
    fn not_a_number(text: Vec<u8>) -> Vec<u8> {
        [&text[..text.len() - 1], br#","x":NaN}"#].concat()
    }
    fn nested(text: Vec<u8>) -> Vec<u8> {
        let deep = format!(r#","x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        [&text[..text.len() - 1], deep.as_bytes()].concat()
    }
    fn not_utf8(text: Vec<u8>) -> Vec<u8> {
        [&text[..text.len() - 1], b",\"x\":\"\xff\"}"].concat()
    }
    fn two_objects(text: Vec<u8>) -> Vec<u8> {
        [text, b"{}".to_vec()].concat()
    }
    let variants: [(&str, fn(Vec<u8>) -> Vec<u8>, JsonReason); 5] = [
        ("a member twice", twice, JsonReason::Duplicate),
        ("NaN", not_a_number, JsonReason::NotJson),
        ("200 levels", nested, JsonReason::TooDeep),
        ("no UTF-8", not_utf8, JsonReason::NotJson),
        ("two objects", two_objects, JsonReason::NotJson),
    ];
    let world = EvilWorld::start().await;
    let codes = [
        (Part::Header, Code::TokenInvalid),
        (Part::Claims, Code::TokenInvalid),
        (Part::Token, Code::ProviderError),
        (Part::Userinfo, Code::ProfileInvalid),
    ];
    for (part, code) in codes {
        for (what, rewrite, why) in variants {
            world.evil.rewrite(part, rewrite);
            world.refuses(&format!("{part:?}: {what}"), code, why).await;
        }
    }
    for part in [Part::Metadata, Part::Keys] {
        for (what, rewrite, why) in variants {
            let world = EvilWorld::start().await;
            world.evil.rewrite(part, rewrite);
            world.refuses(&format!("{part:?}: {what}"), Code::ProviderError, why).await;
        }
    }
}

#[tokio::test]
async fn c91_another_kind_of_token_is_no_id_token() {
    let world = EvilWorld::start().await;
    headers_refused(
        &world,
        JwsReason::Type,
        &[
            ("an access token", |header| header["typ"] = json!("at+jwt")),
            ("the same in full", |header| header["typ"] = json!("application/at+jwt")),
            ("a logout token", |header| header["typ"] = json!("logout+jwt")),
            ("a proof", |header| header["typ"] = json!("dpop+jwt")),
            ("a security event", |header| header["typ"] = json!("secevent+jwt")),
            ("empty", |header| header["typ"] = json!("")),
            ("a number", |header| header["typ"] = json!(7)),
            ("null", |header| header["typ"] = Value::Null),
        ],
    )
    .await;
    let accepted: [(&str, fn(&mut Value)); 3] = [
        ("JWT", |header| header["typ"] = json!("JWT")),
        ("jwt", |header| header["typ"] = json!("jwt")),
        ("none", |header| drop(header.as_object_mut().unwrap().remove("typ"))),
    ];
    for (what, change) in accepted {
        world.evil.change(Part::Header, change);
        world.accepts(what).await;
    }
}
