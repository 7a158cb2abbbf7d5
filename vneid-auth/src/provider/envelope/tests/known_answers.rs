//! What OpenSSL's command line sealed opens, under both forms of the key.

use super::*;

const CODE: &str = "8f14e45f-ceea-467f-9c0d-0a4d6b1f2e3c.5f2b51ca-2fdc-4baf-a30c-8b2d5e0f9a71";

/// Opens one file with both keys, the code by itself and the answer.
fn opens(name: &str, cipher: Cipher) {
    let file = json::object(data(name).as_bytes()).unwrap();
    let text = |name: &str| file[name].as_str().unwrap();
    for pem in ["key-pkcs8.pem", "key-pkcs1.pem"] {
        let envelope = Envelope::new(EnvelopeKey::from_pem(&data(pem).into()).unwrap()).cipher(cipher);
        let envelope = envelope.clear_answers(ClearAnswers::Refuse);
        let code = opened_code(&envelope, text("code"), text("encrypt_key")).unwrap();
        assert_eq!(code.expose(), CODE, "{name} with {pem}");
        // The file as it is, with two members more than an envelope needs.
        let userinfo = Value::Object(envelope.members(file.clone()).unwrap());
        let right = json!({
            "citizenPid": "001899000001", "fullName": "Nguyễn Thị Ánh Đào", "birthDate": "23990131",
            "accountType": 1, "accountLevel": "2",
        });
        assert_eq!(userinfo, right, "{name} with {pem}");
    }
}

#[test]
fn opens_what_openssl_sealed() {
    for (mode, cipher) in [("ecb", Cipher::Ecb), ("cbc", Cipher::Cbc)] {
        for bits in [128, 192, 256] {
            for form in ["raw", "base64"] {
                opens(&format!("aes-{bits}-{mode}-{form}.json"), cipher);
            }
        }
    }
}

/// The wrapped bytes are the base64 of a key of 192 bits and are a key of 256 bits; only the latter opens.
#[test]
fn opens_with_a_key_of_letters() {
    opens("aes-256-ecb-letters.json", Cipher::Ecb);
}

#[test]
fn the_other_cipher_does_not_open() {
    for (name, cipher) in [("aes-256-ecb-raw.json", Cipher::Cbc), ("aes-256-cbc-raw.json", Cipher::Ecb)] {
        let file = json::object(data(name).as_bytes()).unwrap();
        assert_eq!(envelope().cipher(cipher).members(file).unwrap_err(), NOT_OPENED, "{name}");
    }
}

/// RFC 8017 §7.2.2, step 3: each of these wraps the very key that opens the data.
#[test]
fn c115_wrong_rsa_padding_gives_the_stand_in() {
    let file = json::object(data("bad-padding.json").as_bytes()).unwrap();
    let key = EnvelopeKey::from_pem(&data("key-pkcs8.pem").into()).unwrap();
    let stand_in = StandIn::drawn().unwrap();
    for (name, wrapped) in file.iter().filter(|(name, _)| *name != "data") {
        let wrapped = wrapped.as_str().unwrap();
        let opened = envelope().members(answer(file["data"].as_str().unwrap(), wrapped));
        let unwrapped = key.unwrapped(wrapped, &stand_in);
        match name.as_str() {
            "right" => {
                assert!(opened.is_ok());
                assert_eq!(unwrapped.len(), 32);
                continue;
            }
            "nothing wrapped" => assert_eq!(*unwrapped, b""),
            _ => assert_eq!(*unwrapped, stand_in.unwrapped(), "{name}"),
        }
        assert_eq!(opened.unwrap_err(), NOT_OPENED, "{name}");
    }
}
