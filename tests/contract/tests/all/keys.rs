//! The provider's keys: which of them verify, how often they are fetched, what serves when they cannot be had.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use vneid_auth::error::Code;
use vneid_auth::provider::reason::{CallReason, IdTokenReason, JsonReason, JwsReason, KeySetReason};
use vneid_contract_tests::EvilWorld;
use vneid_contract_tests::evil::{Key, Part, Reply};

const KEYS: &str = "/jwks";

const UNKNOWN: IdTokenReason = IdTokenReason::Jws(JwsReason::UnknownKey);

/// Names another key in the token than the one that signs it.
fn name_key(world: &EvilWorld, id: &str) {
    let id = id.to_owned();
    world.evil.change(Part::Header, move |header| header["kid"] = json!(id));
}

/// The provider's key stands in its set so changed, beside one that is in order.
fn publish_changed(world: &EvilWorld, change: impl Fn(&mut Value) + Send + Sync + 'static) {
    world.evil.publish(vec![Key::ec("other", "ES256").jwk()]);
    world.evil.change(Part::Keys, move |set| {
        let keys = set["keys"].as_array_mut().unwrap();
        change(keys.last_mut().unwrap());
    });
}

#[tokio::test]
async fn c76_a_stream_of_invented_key_ids_is_one_fetch() {
    let world = EvilWorld::start().await;
    world.accepted("the keys are known").await;
    assert_eq!(world.evil.count(KEYS), 1);
    for n in 0..300 {
        name_key(&world, &format!("invented-{n}"));
        let attempt = world.attempt().await;
        assert_eq!(attempt.page.json()["code"], Code::TokenInvalid.as_str(), "{n}: {}", attempt.log);
    }
    assert_eq!(world.evil.count(KEYS), 2, "one more for all of them");

    // A minute later once more, however many come at the same time.
    world.clock.advance(Duration::from_secs(60));
    let mut ready = Vec::new();
    for _ in 0..40 {
        ready.push(world.up_to_the_callback().await.ok().unwrap());
    }
    let mut callbacks = JoinSet::new();
    for (mut browser, callback) in ready {
        callbacks.spawn(async move { browser.fetch(callback.as_str()).await.status });
    }
    assert!(callbacks.join_all().await.iter().all(|status| *status == Code::TokenInvalid.status()));
    assert_eq!(world.evil.count(KEYS), 3);

    world.evil.reform();
    world.accepted("the good key was not driven out").await;
    assert_eq!(world.evil.count(KEYS), 3);
}

#[tokio::test]
async fn c76_the_wait_is_shared_and_ends() {
    let world = EvilWorld::start().await;
    world.accepted("the keys are known").await;
    name_key(&world, "invented");
    world.refused("spends the fetch", Code::TokenInvalid, UNKNOWN).await;
    world.evil.reform();
    world.evil.rotate(Key::other_rsa("rsa-2"));
    world.clock.advance(Duration::from_secs(59));
    world.refused("within the minute", Code::TokenInvalid, UNKNOWN).await;
    assert_eq!(world.evil.count(KEYS), 2);
    world.clock.advance(Duration::from_secs(1));
    world.accepted("after it").await;
    assert_eq!(world.evil.count(KEYS), 3);
}

#[tokio::test]
async fn c77_a_useless_set_does_not_replace_a_good_one() {
    let useless: [(&str, fn(Vec<u8>) -> Vec<u8>, &dyn ToString); 6] = [
        ("no keys", |_| br#"{"keys":[]}"#.to_vec(), &KeySetReason::NoUsableKey),
        ("no set", |_| b"{}".to_vec(), &KeySetReason::NoKeys),
        ("a text", |_| br#"{"keys":"rsa-1"}"#.to_vec(), &KeySetReason::NoKeys),
        ("only unknown kinds", |_| br#"{"keys":[{"kty":"AKP"}]}"#.to_vec(), &KeySetReason::NoUsableKey),
        ("no JSON", |_| b"<html>".to_vec(), &JsonReason::NotJson),
        ("a list", |_| b"[]".to_vec(), &JsonReason::NotAnObject),
    ];
    for (what, rewrite, why) in useless {
        let world = EvilWorld::start().await;
        world.accepted("the keys are known").await;
        world.evil.rewrite(Part::Keys, rewrite);
        name_key(&world, "invented");
        world.refused(what, Code::ProviderError, why.to_string()).await;
        world.refused("the fetch is spent all the same", Code::TokenInvalid, UNKNOWN).await;
        assert_eq!(world.evil.count(KEYS), 2);

        world.evil.reform();
        world.evil.rewrite(Part::Keys, rewrite);
        world.accepted("the last good keys serve").await;
        world.clock.advance(Duration::from_secs(300));
        world.accepted("and when they are no longer fresh").await;
        assert_eq!(world.evil.count(KEYS), 3);
    }
}

#[tokio::test]
async fn c78_while_keys_cannot_be_had_known_ones_serve_and_unknown_ones_fail() {
    let world = EvilWorld::start().await;
    world.accepted("the keys are known").await;
    world.evil.answer(Part::Keys, Reply::new(503));
    let down = CallReason::Status { status: 503, retry_after: None };
    name_key(&world, "invented");
    world.refused("unknown", Code::ProviderUnavailable, down).await;
    world.refused("unknown again", Code::TokenInvalid, UNKNOWN).await;
    assert_eq!(world.evil.count(KEYS), 2, "a failed fetch is not followed by another");

    world.evil.reform();
    world.evil.answer(Part::Keys, Reply::new(503));
    world.accepted("known").await;
    for (after, fetches) in [(300, 3), (10, 3), (20, 4), (23 * 3600, 5)] {
        world.clock.advance(Duration::from_secs(after));
        world.accepted("known, and no longer fresh").await;
        assert_eq!(world.evil.count(KEYS), fetches, "{after} s");
    }
    world.clock.advance(Duration::from_secs(3600));
    world.refused("too old to serve", Code::ProviderUnavailable, down).await;
    world.evil.reform();
    world.clock.advance(Duration::from_secs(2));
    world.accepted("the provider is back").await;
}

#[tokio::test]
async fn c79_keys_rotate_between_two_logins_and_just_before_signing() {
    let world = EvilWorld::start().await;
    world.accepted("the first key").await;
    world.evil.rotate(Key::other_rsa("rsa-2"));
    world.accepted("the second").await;
    assert_eq!(world.evil.count(KEYS), 2, "one fetch for the new one");

    world.clock.advance(Duration::from_secs(60));
    let (browser, callback) = world.up_to_the_callback().await.ok().unwrap();
    world.evil.rotate(Key::rsa("rsa-3"));
    let finished = world.finish(browser, &callback).await;
    assert_eq!(finished.page.raw_location(), "/ho-so", "{}", finished.log);
    assert_eq!(world.evil.count(KEYS), 3);

    // The same id over another key is only found by a fetch in its time.
    world.evil.rotate(Key::other_rsa("rsa-3"));
    world.refused("the old key under this id", Code::TokenInvalid, IdTokenReason::Jws(JwsReason::Signature)).await;
    world.clock.advance(Duration::from_secs(300));
    world.accepted("the new key under this id").await;
}

#[tokio::test]
async fn c80_decoys_of_the_same_id_are_passed_over() {
    let with = |mut jwk: Value, name: &str, value: Value| {
        jwk[name] = value;
        jwk
    };
    let other = Key::other_rsa("rsa-1");
    let decoys = [
        ("a curve", Key::ec("rsa-1", "ES256").jwk()),
        ("Ed25519", Key::ed("rsa-1").jwk()),
        ("another algorithm", other.clone().signing("PS256").jwk()),
        ("for encryption", with(other.jwk(), "use", json!("enc"))),
        ("symmetric", json!({"kty": "oct", "kid": "rsa-1", "k": "c2VjcmV0"})),
        ("nonsense", json!({"kid": "rsa-1"})),
        ("a number", json!(7)),
        ("the same kind", other.jwk()),
    ];
    for (what, decoy) in decoys {
        let world = EvilWorld::start().await;
        world.evil.publish(vec![decoy]);
        world.accepted(what).await;
        world.evil.forge({
            let other = other.clone();
            move |token| {
                let (message, _) = token.rsplit_once('.').unwrap();
                json!(format!(
                    "{message}.{}",
                    URL_SAFE_NO_PAD.encode(other.clone().signing("PS256").signature(message.as_bytes()))
                ))
            }
        });
        let why = IdTokenReason::Jws(JwsReason::Signature);
        world.refused(&format!("{what}, signing otherwise"), Code::TokenInvalid, why).await;
    }
}

#[tokio::test]
async fn c81_without_a_key_id_there_must_be_no_choice() {
    let nameless = |header: &mut Value| drop(header.as_object_mut().unwrap().remove("kid"));
    let world = EvilWorld::start().await;
    world.evil.change(Part::Header, nameless);
    world.accepted("the only key").await;

    let world = EvilWorld::start().await;
    world.evil.publish(vec![Key::ec("ec", "ES256").jwk(), Key::other_rsa("ps").signing("PS256").jwk()]);
    world.evil.change(Part::Header, nameless);
    world.accepted("the only key for RS256").await;

    let world = EvilWorld::start().await;
    world.evil.publish(vec![Key::other_rsa("rsa-2").jwk()]);
    world.evil.change(Part::Header, nameless);
    world.refused("two keys for RS256", Code::TokenInvalid, IdTokenReason::Jws(JwsReason::AmbiguousKey)).await;
    assert_eq!(world.evil.count(KEYS), 1);

    let world = EvilWorld::start().await;
    world.evil.change(Part::Keys, |set| drop(set["keys"][0].as_object_mut().unwrap().remove("kid")));
    world.refused("a key that has no id itself", Code::TokenInvalid, UNKNOWN).await;
    world.evil.change(Part::Header, nameless);
    world.accepted("no id on either side").await;
}

#[tokio::test]
async fn c82_a_key_for_something_else_does_not_verify() {
    let variants: [(&str, fn(&mut Value)); 8] = [
        ("for encryption", |key| key["use"] = json!("enc")),
        ("for something unheard-of", |key| key["use"] = json!("tls")),
        ("to encrypt", |key| key["key_ops"] = json!(["encrypt", "wrapKey"])),
        ("to sign", |key| key["key_ops"] = json!(["sign"])),
        ("for nothing", |key| key["key_ops"] = json!([])),
        ("for another algorithm", |key| key["alg"] = json!("RS512")),
        ("for encrypting with it", |key| key["alg"] = json!("RSA-OAEP")),
        ("an algorithm that is no text", |key| key["alg"] = json!(256)),
    ];
    for (what, change) in variants {
        let world = EvilWorld::start().await;
        publish_changed(&world, change);
        world.refused(what, Code::TokenInvalid, UNKNOWN).await;
        assert_eq!(world.evil.count(KEYS), 1, "{what}: a set that has just come is not fetched once more");
    }
    let harmless: [(&str, fn(&mut Value)); 4] = [
        ("says nothing", |key| {
            key.as_object_mut().unwrap().remove("use");
            key.as_object_mut().unwrap().remove("alg");
        }),
        ("to verify", |key| key["key_ops"] = json!(["verify"])),
        ("a certificate that is none", |key| key["x5c"] = json!("nonsense")),
        ("members of tomorrow", |key| key["nbf"] = json!({"a": [1]})),
    ];
    for (what, change) in harmless {
        let world = EvilWorld::start().await;
        publish_changed(&world, change);
        world.accepted(what).await;
    }
}

#[tokio::test]
async fn c89_weak_rsa_keys_are_passed_over() {
    // A whole key of 2048 bits whose exponent is 3, made for this test alone.
    let weak = Key::rsa_from_pem("weak", include_str!("../../data/rsa-exponent-3.pem"));
    assert_eq!(weak.jwk()["e"], "Aw");
    let world = EvilWorld::start().await;
    world.evil.publish(vec![Key::ec("other", "ES256").jwk()]);
    world.evil.rotate(weak);
    world.refused("exponent 3", Code::TokenInvalid, UNKNOWN).await;

    let variants: [(&str, fn(&mut Value)); 6] = [
        ("1024 bits", |key| key["n"] = json!(URL_SAFE_NO_PAD.encode([0xff; 128]))),
        ("2047 bits", |key| {
            let mut n = [0xff; 256];
            n[0] = 0x7f;
            key["n"] = json!(URL_SAFE_NO_PAD.encode(n));
        }),
        ("1024 bits and zeros", |key| {
            key["n"] = json!(URL_SAFE_NO_PAD.encode([vec![0; 128], vec![0xff; 128]].concat()));
        }),
        ("exponent 1", |key| key["e"] = json!("AQ")),
        ("an even exponent", |key| key["e"] = json!("AQAC")),
        ("no modulus", |key| key["n"] = json!("")),
    ];
    for (what, change) in variants {
        let world = EvilWorld::start().await;
        publish_changed(&world, change);
        world.refused(what, Code::TokenInvalid, UNKNOWN).await;
    }
    let world = EvilWorld::start().await;
    publish_changed(&world, |key| {
        let n = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
        key["n"] = json!(URL_SAFE_NO_PAD.encode([vec![0], n].concat()));
    });
    world.accepted("a zero byte before the modulus, as DER has it").await;
}
