//! The token endpoint: D35 to D44.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vneid_mock_idp::{AuthMethod, Client, Running, SigningAlg};

use crate::support::{
    Browser, CITIZEN, RelyingParty, VERIFIER, claims_of, frozen, header_of, is_signed, start, start_with,
};

const URI: &str = "https://portal.example/cb";

async fn code(portal: &RelyingParty, mock: &Running) -> String {
    portal.log_in(mock, &mut Browser::new(mock), CITIZEN, &[]).await.redirected()["code"].clone()
}

/// A mock whose citizen is always logged in, for tests that need many codes.
async fn quick(clients: Vec<Client>) -> Running {
    let clients = |builder| clients.into_iter().fold(builder, vneid_mock_idp::Builder::client);
    start_with(|builder| clients(builder).auto_login(CITIZEN.0)).await
}

async fn quick_code(portal: &RelyingParty, mock: &Running) -> String {
    Browser::new(mock).get(&portal.url(&[])).await.redirected()["code"].clone()
}

#[tokio::test]
async fn d35_client_authentication_as_registered() {
    let uri = |client: Client| client.redirect_uri(URI);
    let mock = quick(vec![
        uri(Client::new("basic", "b").auth_method(AuthMethod::ClientSecretBasic)),
        uri(Client::new("post", "p").auth_method(AuthMethod::ClientSecretPost)),
        uri(Client::new("public", "").auth_method(AuthMethod::None)),
    ])
    .await;
    // The default client takes both, specials and all.
    let portal = RelyingParty::portal(&mock);
    assert_eq!(portal.redeem(&quick_code(&portal, &mock).await).await.status, 200);
    for (id, secret, method) in [("basic", "b", "basic"), ("post", "p", "post"), ("public", "", "none")] {
        let party = RelyingParty::new(&mock, id, secret, URI);
        for tried in ["basic", "post", "none"] {
            let code = quick_code(&party, &mock).await;
            let mut form = party.code_form(&code).to_vec();
            let answer = match tried {
                "basic" => party.redeem(&code).await,
                "post" => {
                    form.extend([("client_id", id), ("client_secret", if secret.is_empty() { "x" } else { secret })]);
                    party.post_as("/oidc/token", None, &form).await
                }
                _ => {
                    form.push(("client_id", id));
                    party.post_as("/oidc/token", None, &form).await
                }
            };
            assert_eq!(answer.status.as_u16(), if tried == method { 200 } else { 401 }, "{id} by {tried}");
        }
    }
    let form = [("grant_type", "authorization_code"), ("code", "x"), ("client_secret", "s3cret with+specials:&%")];
    assert_eq!(portal.post("/oidc/token", &form).await.json()["error"], "invalid_request");
    let form = [("grant_type", "authorization_code"), ("code", "x"), ("client_id", "basic")];
    assert_eq!(portal.post("/oidc/token", &form).await.json()["error"], "invalid_request");
}

#[tokio::test]
async fn d36_wrong_secrets() {
    let mock = quick(vec![]).await;
    let portal = RelyingParty::portal(&mock);
    let code = quick_code(&portal, &mock).await;
    let form = portal.code_form(&code);
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let mut bodies = std::collections::BTreeSet::new();
    for authorization in [
        Some(basic("portal:wrong")),
        Some(basic("nobody:wrong")),
        Some(basic("portal:")),
        Some(basic("portal")),
        Some("Basic %%%".to_owned()),
        Some("Bearer x".to_owned()),
        None,
    ] {
        let answer = portal.post_as("/oidc/token", authorization.as_deref(), &form).await;
        assert_eq!(answer.status, 401, "{authorization:?}");
        assert!(answer.header("www-authenticate").starts_with("Basic "));
        assert!(answer.header("set-cookie").is_empty());
        assert_eq!(answer.json()["error"], "invalid_client");
        bodies.insert(answer.body);
    }
    assert_eq!(bodies.len(), 1);
    assert_eq!(portal.redeem(&code).await.status, 200, "a stranger's tries leave the code as it was");
}

#[tokio::test]
async fn d37_client_assertions() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let stranger = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwks = json!({"keys": [{"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-256", "kid": "k", "x": text(x), "y": text(y)}]});
    let client = Client::new("keyed", "").auth_method(AuthMethod::PrivateKeyJwt).jwks(&jwks.to_string()).unwrap();
    let mock = quick(vec![client.redirect_uri(URI)]).await;
    let at = frozen(&mock).unix_seconds();
    let party = RelyingParty::new(&mock, "keyed", "", URI);
    let sign = |header: Value, claims: Value, key: &EcdsaKeyPair| {
        let input = format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let signature = key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", text(signature.as_ref()))
    };
    let mut number = 0;
    let mut claims = |changes: Value| {
        number += 1;
        let mut claims = json!({"iss": "keyed", "sub": "keyed", "aud": mock.issuer(), "exp": at + 60, "iat": at,
                                "jti": format!("j{number}")});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            }
        }
        claims
    };
    let es256 = || json!({"alg": "ES256", "kid": "k"});
    let present = async |assertion: &str| {
        let code = quick_code(&party, &mock).await;
        let mut form = party.code_form(&code).to_vec();
        form.extend([
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ]);
        party.post_as("/oidc/token", None, &form).await
    };
    let good = sign(es256(), claims(json!({})), &pair);
    assert_eq!(present(&good).await.status, 200);
    let token_endpoint = format!("{}/token", mock.issuer());
    for audience in [json!(token_endpoint), json!([mock.issuer()])] {
        assert_eq!(present(&sign(es256(), claims(json!({ "aud": audience })), &pair)).await.status, 200);
    }
    let mut bad = vec![good, "a.b".to_owned(), String::from("e30.e30.")];
    for wrong in [
        json!({"aud": "https://attacker.test/oidc"}),
        json!({"aud": [mock.issuer(), "https://attacker.test/oidc"]}),
        json!({"aud": null}),
        json!({"exp": at - 61}),
        json!({"exp": null}),
        json!({"exp": (at + 60).to_string()}),
        json!({"exp": at + 86400}),
        json!({"iat": at + 120}),
        json!({"nbf": at + 120}),
        json!({"sub": "portal"}),
        json!({"iss": "portal"}),
        json!({"jti": null}),
    ] {
        bad.push(sign(es256(), claims(wrong), &pair));
    }
    bad.push(sign(es256(), claims(json!({})), &stranger));
    bad.push(sign(json!({"alg": "none"}), claims(json!({})), &pair));
    bad.push(sign(json!({"alg": "RS256", "kid": "k"}), claims(json!({})), &pair));
    bad.push(sign(json!({"alg": "ES256", "kid": "other"}), claims(json!({})), &pair));
    bad.push(sign(json!({"alg": "ES256", "crit": ["x"], "x": 1}), claims(json!({})), &pair));
    for assertion in bad {
        let answer = present(&assertion).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"].as_str()),
            (401, Some("invalid_client")),
            "{assertion}"
        );
    }
}

#[tokio::test]
async fn d38_a_code_twice() {
    for pause in [0, 30] {
        let mock = start().await;
        frozen(&mock);
        let portal = RelyingParty::portal(&mock).scope("openid offline_access");
        let code = code(&portal, &mock).await;
        let tokens = portal.redeem(&code).await.json();
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(portal.userinfo(access).await.status, 200);
        mock.control().advance(Duration::from_secs(pause));
        let again = portal.redeem(&code).await;
        assert_eq!((again.status.as_u16(), again.json()["error"].as_str()), (400, Some("invalid_grant")));
        assert_eq!(portal.userinfo(access).await.status, 401);
        assert_eq!(portal.refresh(tokens["refresh_token"].as_str().unwrap()).await.json()["error"], "invalid_grant");
        assert!(mock.control().journal().iter().any(|asked| asked.remarks.contains(&"grant_reused")));
    }
}

#[tokio::test]
async fn d39_codes_expired_unknown_of_another_client_or_address() {
    let other = Client::new("other", "o").redirect_uri(URI);
    let mock = quick(vec![other]).await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut bodies = std::collections::BTreeSet::new();
    let mut refused = |answer: crate::support::Answer| {
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (400, Some("invalid_grant")));
        bodies.insert(answer.body);
    };
    let code = quick_code(&portal, &mock).await;
    mock.control().advance(Duration::from_secs(61));
    refused(portal.redeem(&code).await);
    refused(portal.redeem("unknown").await);
    let code = quick_code(&portal, &mock).await;
    let other = RelyingParty::new(&mock, "other", "o", URI);
    refused(other.redeem(&code).await);
    assert_eq!(portal.redeem(&code).await.status, 200, "its owner still has it");
    for uri in ["https://portal.example/cb2", ""] {
        let code = quick_code(&portal, &mock).await;
        let form =
            [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", uri), ("code_verifier", VERIFIER)];
        refused(portal.post("/oidc/token", &form).await);
    }
    assert_eq!(bodies.len(), 1);
    let code = quick_code(&portal, &mock).await;
    mock.control().advance(Duration::from_secs(59));
    assert_eq!(portal.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn d40_verifiers_missing_wrong_or_malformed() {
    let mock = quick(vec![]).await;
    let portal = RelyingParty::portal(&mock);
    let long = "a".repeat(129);
    for verifier in ["", "wrong", &VERIFIER[1..], &VERIFIER.to_lowercase(), crate::support::CHALLENGE, &long] {
        let code = quick_code(&portal, &mock).await;
        let mut form = portal.code_form(&code).to_vec();
        form.retain(|(name, _)| *name != "code_verifier");
        if !verifier.is_empty() {
            form.push(("code_verifier", verifier));
        }
        let answer = portal.post("/oidc/token", &form).await;
        assert_eq!(answer.json()["error"], "invalid_grant", "{verifier}");
        // The code is spent: a verifier cannot be guessed at.
        assert_eq!(portal.redeem(&code).await.json()["error"], "invalid_grant");
    }
    // A verifier is 43 characters or more, even when its hash is the challenge.
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"short");
    let challenge = URL_SAFE_NO_PAD.encode(hash);
    let back = Browser::new(&mock).get(&portal.url(&[("code_challenge", &challenge)])).await.redirected();
    let mut form = portal.code_form(&back["code"]).to_vec();
    form.retain(|(name, _)| *name != "code_verifier");
    form.push(("code_verifier", "short"));
    assert_eq!(portal.post("/oidc/token", &form).await.json()["error"], "invalid_grant");
    // No code without a challenge exists, so a verifier without one cannot be presented.
    let back = Browser::new(&mock).get(&portal.url(&[("code_challenge", "")])).await.redirected();
    assert_eq!(back["error"], "invalid_request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d41_one_code_redeemed_at_once_by_many() {
    let mock = quick(vec![]).await;
    let portal = RelyingParty::portal(&mock);
    for _ in 0..5 {
        let code = quick_code(&portal, &mock).await;
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (portal, code) = (portal.clone(), code.clone());
                tokio::spawn(async move { portal.redeem(&code).await.status.as_u16() })
            })
            .collect();
        let mut good = 0;
        for task in tasks {
            good += i32::from(task.await.unwrap() == 200);
        }
        assert_eq!(good, 1);
    }
}

#[tokio::test]
async fn d42_the_good_answers_form() {
    let mock = quick(vec![]).await;
    let portal = RelyingParty::portal(&mock).scope("openid phone unheard-of");
    let answer = portal.redeem(&quick_code(&portal, &mock).await).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!((body["token_type"].as_str(), body["expires_in"].as_u64()), (Some("Bearer"), Some(600)));
    assert_eq!(body["scope"], "openid phone");
    assert!(body.get("refresh_token").is_none());
}

#[tokio::test]
async fn d43_the_bad_answers_forms() {
    let mock = quick(vec![]).await;
    let portal = RelyingParty::portal(&mock);
    for (form, error) in [
        (vec![("grant_type", "urn:odd")], "unsupported_grant_type"),
        (vec![("grant_type", "client_credentials")], "unauthorized_client"),
        (vec![("code", "x")], "invalid_request"),
        (vec![("grant_type", "authorization_code")], "invalid_request"),
        (vec![("grant_type", "authorization_code"), ("code", "x"), ("code", "y")], "invalid_request"),
        (vec![("grant_type", "refresh_token")], "invalid_request"),
    ] {
        let answer = portal.post("/oidc/token", &form).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (400, Some(error)), "{form:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.json()["error_description"].is_string());
    }
    let got = portal.get("/oidc/token", &[]).await;
    assert_eq!((got.status.as_u16(), got.header("allow").contains("POST")), (405, true));
    let http = reqwest::Client::new();
    let url = format!("{}/oidc/token", mock.base_url());
    let basic = format!("Basic {}", STANDARD.encode("portal-demo:portal-demo-secret"));
    for (media, body) in [
        ("application/json", r#"{"grant_type":"authorization_code"}"#.to_owned()),
        ("text/plain", "grant_type=password".to_owned()),
        ("application/x-www-form-urlencoded", "grant_type=%ff".to_owned()),
    ] {
        let request = http.post(&url).header("authorization", &basic).header("content-type", media).body(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "{media}");
        assert!(answer.text().await.unwrap().contains("invalid_request"));
    }
    let huge = http.post(&url).header("content-type", "application/x-www-form-urlencoded").body("a".repeat(100_000));
    assert_eq!(huge.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn d44_the_id_tokens_claims_and_header() {
    let curve = Client::new("curve", "c").id_token_alg(SigningAlg::Es256).redirect_uri(URI);
    let mock = start_with(|builder| builder.client(curve)).await;
    let at = frozen(&mock).unix_seconds();
    let curve = RelyingParty::new(&mock, "curve", "c", URI);
    for (party, alg) in [(RelyingParty::portal(&mock), "RS256"), (curve, "ES256")] {
        let tokens = party.tokens(&mock, &mut Browser::new(&mock), &[]).await;
        let token = tokens.text("id_token");
        let (header, claims) = (header_of(token), claims_of(token));
        assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some(alg), Some("JWT")));
        assert!(is_signed(&party, token).await);
        assert_eq!(claims["iss"], mock.issuer());
        assert_eq!(claims["aud"], party.id);
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(at), Some(at + 600)));
        assert_eq!((claims["auth_time"].as_i64(), claims["nonce"].as_str()), (Some(at), Some("a-nonce")));
        assert_eq!(claims["acr"], "LoA2");
        assert!(claims["amr"].as_array().unwrap().contains(&json!("otp")) && claims["sid"].is_string());
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, tokens.text("access_token").as_bytes());
        assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
        let subject = claims["sub"].as_str().unwrap();
        assert!(subject.len() <= 255 && !subject.contains(CITIZEN.0));
        assert_eq!(claims.len(), 11);
    }
}
