//! Realm `/vneid-sealed`: VNeID's encrypted dialect.

use serde_json::{Value, json};
use vneid_mock_idp::sealed::{Cipher, DEMO_CLIENT_KEY, KeyForm, PublicKey, Sealer, seal};
use vneid_mock_idp::{BirthDateForm, Client, Running};

use crate::support::{Browser, CITIZEN, National, Opener, frozen, start, start_with};

fn demo() -> Opener {
    Opener::new(DEMO_CLIENT_KEY, Cipher::Ecb)
}

/// The raw query of a redirect, where a `+` is a `+`.
fn raw(location: &str) -> std::collections::BTreeMap<String, String> {
    let pairs = location.split_once('?').unwrap().1.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

async fn logged_in() -> Running {
    start_with(|builder| builder.auto_login(CITIZEN.0)).await
}

/// A login as far as the clear code and the key to it.
async fn code(mock: &Running, portal: &National, opener: &Opener) -> (String, String) {
    let back = raw(&Browser::new(mock).get(&portal.url(&[])).await.location().unwrap());
    (opener.open(&back["code"], &back["encrypt_key"]).unwrap(), back["encrypt_key"].clone())
}

#[tokio::test]
async fn a_citizen_logs_in_and_everything_is_sealed() {
    let mock = start().await;
    let portal = National::demo(&mock, "vneid-sealed");
    let published = portal.party.get("/demo-key.pem", &[]).await;
    assert_eq!(published.body, DEMO_CLIENT_KEY);
    assert!(published.body.starts_with("Demonstration key") && published.body.contains("published"));
    let back = portal.log_in(&mock, &mut Browser::new(&mock), CITIZEN, &[]).await.location().unwrap();
    let back = raw(&back);
    assert_eq!((back["state"].as_str(), back.len()), ("a-state", 3));
    assert!(!back["code"].contains('%') && !back["encrypt_key"].contains('%'), "base64 as it is: {back:?}");
    assert!(back["code"].contains('+') || back["encrypt_key"].contains('+'));
    let code = demo().open(&back["code"], &back["encrypt_key"]).unwrap();
    assert_eq!((code.len(), code.matches('.').count()), (110, 2), "three UUIDs: {code}");

    let answer = portal.redeem(&code, &[("encrypt_key", &back["encrypt_key"])]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"), "{}", answer.body);
    assert_eq!(answer.json().as_object().unwrap().len(), 2);
    let tokens = demo().json(&answer.json()).unwrap();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(1800)));
    assert!(tokens.get("id_token").is_none());
    let answer = portal.userinfo(tokens["access_token"].as_str().unwrap()).await;
    let told = demo().json(&answer.json()).unwrap();
    let expected = json!({
        "citizenPid": CITIZEN.0,
        "fullName": "Nguyễn Văn Giả Lập",
        "birthDate": "23900131",
        "accountType": 1,
        "accountLevel": "2",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_key_comes_back_with_the_code_within_ten_seconds_and_once() {
    let mock = logged_in().await;
    frozen(&mock);
    let portal = National::demo(&mock, "vneid-sealed");
    let again = async || code(&mock, &portal, &demo()).await;
    let (clear, key) = again().await;
    for wrong in [&[][..], &[("encrypt_key", "AAAA")]] {
        let (clear, _) = again().await;
        assert_eq!(portal.redeem(&clear, wrong).await.json()["error"], "invalid_grant");
    }
    assert_eq!(portal.redeem(&clear, &[("encrypt_key", &key)]).await.status, 200);
    assert_eq!(portal.redeem(&clear, &[("encrypt_key", &key)]).await.json()["error"], "invalid_grant");
    for (seconds, status) in [(9, 200), (10, 400)] {
        let (clear, key) = again().await;
        mock.control().advance(std::time::Duration::from_secs(seconds));
        assert_eq!(portal.redeem(&clear, &[("encrypt_key", &key)]).await.status, status);
    }
    // The code as it came, still sealed, is none.
    let back = raw(&Browser::new(&mock).get(&portal.url(&[])).await.location().unwrap());
    let answer = portal.redeem(&back["code"], &[("encrypt_key", &back["encrypt_key"])]).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn d56_each_client_has_its_key_cipher_and_forms() {
    let pem = include_str!("../../keys/demo-2.pem");
    let client = |id: &str| Client::new(id, "s").redirect_uri("https://portal.example/cb");
    let cbc = client("cbc").sealing_key_pem(pem).unwrap().sealed_cipher(Cipher::Cbc);
    let cbc = cbc.birth_date_form(BirthDateForm::Slashes);
    let mock = start_with(|builder| builder.client(cbc).client(client("keyless")).auto_login(CITIZEN.0)).await;
    let mut portal = National::portal(&mock, "vneid-sealed");
    (portal.party.id, portal.party.secret) = ("cbc".to_owned(), "s".to_owned());
    let opener = Opener::new(pem, Cipher::Cbc);
    let (clear, key) = code(&mock, &portal, &opener).await;
    let answer = portal.redeem(&clear, &[("encrypt_key", &key)]).await.json();
    assert!(demo().json(&answer).is_err() && Opener::new(pem, Cipher::Ecb).json(&answer).is_err());
    let tokens = opener.json(&answer).unwrap();
    let told = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(opener.json(&told).unwrap()["birthDate"], "31/01/2390");
    // To whom nothing can be sealed, nothing is told.
    portal.party.id = "keyless".to_owned();
    let back = Browser::new(&mock).get(&portal.url(&[])).await.redirected();
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("unauthorized_client", "a-state"));
    assert_eq!(portal.redeem("x", &[]).await.json()["error"], "unauthorized_client");
    assert_eq!(
        Client::new("x", "y").sealing_key_pem("no key").map(|_| ()).unwrap_err().to_string(),
        "client x: no PEM of an RSA key of 2048 bits or more"
    );
}

#[tokio::test]
async fn a_session_that_the_token_ends_is_over_in_both_realms() {
    let mock = start().await;
    let portal = National::demo(&mock, "vneid-sealed");
    let mut browser = Browser::new(&mock);
    let back = raw(&portal.log_in(&mock, &mut browser, CITIZEN, &[]).await.location().unwrap());
    let clear = demo().open(&back["code"], &back["encrypt_key"]).unwrap();
    let answer = portal.redeem(&clear, &[("encrypt_key", &back["encrypt_key"])]).await;
    let tokens = demo().json(&answer.json()).unwrap();
    let end = format!("/vneid-sealed/api/idp/third-party/logout?token_id={}", tokens["access_token"].as_str().unwrap());
    assert_eq!(browser.get(&end).await.status, 200);
    assert!(browser.visit(&portal.url(&[])).await.has_form());
    assert!(browser.visit(&National::portal(&mock, "vneid").url(&[])).await.has_form());
}

#[tokio::test]
async fn errors_are_clear() {
    let mock = logged_in().await;
    let mut portal = National::demo(&mock, "vneid-sealed");
    let back = Browser::new(&mock).get(&portal.url(&[("response_type", "token")])).await.redirected();
    assert_eq!(back["error"], "unsupported_response_type");
    portal.party.secret = "wrong".to_owned();
    let answer = portal.redeem("x", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_client")));
    assert_eq!(portal.userinfo("x").await.json()["error"], "invalid_token");
}

#[test]
fn seals_with_every_key_and_cipher() {
    let plain = r#"{"a":"á"}"#;
    for cipher in [Cipher::Ecb, Cipher::Cbc] {
        let to = PublicKey::from_pem(DEMO_CLIENT_KEY).unwrap();
        let opener = Opener::new(DEMO_CLIENT_KEY, cipher);
        let envelope = seal(plain.as_bytes(), &to, cipher).unwrap();
        assert_eq!(opener.open(&envelope.data, &envelope.key).unwrap(), plain);
        for size in [16, 24, 32] {
            for form in [KeyForm::Raw, KeyForm::Base64] {
                let sealer = Sealer::new(&to).cipher(cipher).key_form(form).aes_key(&vec![7; size]);
                let envelope: Value = serde_json::to_value(sealer.seal(plain.as_bytes()).unwrap()).unwrap();
                assert_eq!(opener.json(&envelope).unwrap(), json!({"a": "á"}));
                let broken = sealer.broken_padding().seal(plain.as_bytes()).unwrap();
                assert_eq!(opener.open(&broken.data, &broken.key), Err("aes"));
            }
        }
        assert!(Sealer::new(&to).aes_key(&[7; 20]).seal(b"x").is_err());
    }
}
