//! What does not open, and that nothing tells why.

use aws_lc_rs::cipher::{AES_256, EncryptingKey, UnboundCipherKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

use super::*;

/// Sealed under `KEY` without any padding but what stands there.
fn unpadded_ecb(content: &[u8]) -> String {
    let key = EncryptingKey::ecb(UnboundCipherKey::new(&AES_256, &KEY).unwrap()).unwrap();
    let mut data = content.to_vec();
    key.less_safe_encrypt(&mut data, aws_lc_rs::cipher::EncryptionContext::None).unwrap();
    STANDARD.encode(data)
}

fn ecb(content: &[u8]) -> String {
    sealed(Cipher::Ecb, &KEY, IV, content)
}

/// A text of base64 of which one bit more than its bytes need is set.
fn trailing_bit(text: &str) -> String {
    let letters = text.trim_end_matches('=');
    let last = letters.chars().last().unwrap();
    let next = char::from(u8::try_from(last).unwrap() + 1);
    format!("{}{next}{}", &letters[..letters.len() - 1], &text[letters.len()..])
}

#[test]
fn c115_keys_that_open_nothing() {
    let right = wrap(&KEY);
    let bytes = STANDARD.decode(&right).unwrap();
    let other = EnvelopeKey::from_pem(&data("key-other.pem").into()).unwrap();
    let code = ecb(b"a-code");
    assert_eq!(opened_code(&envelope(), &code, &right).unwrap().expose(), "a-code");
    assert_eq!(opened_code(&Envelope::new(other), &code, &right), Err(NOT_OPENED), "another portal's");

    let cases: Vec<(&str, String)> = vec![
        ("empty", String::new()),
        ("no base64", "?".repeat(right.len())),
        ("URL-safe", URL_SAFE.encode([0xff; 256])),
        ("unpadded base64", STANDARD_NO_PAD.encode(&bytes)),
        ("a line end", format!("{right}\n")),
        ("a space for a plus", right.replacen('+', " ", 1) + if right.contains('+') { "" } else { " " }),
        ("a bit too many", trailing_bit(&right)),
        ("a byte too few", STANDARD.encode(&bytes[1..])),
        ("a byte too many", STANDARD.encode([&bytes[..], &[0]].concat())),
        ("a leading zero", STANDARD.encode([&[0], &bytes[..]].concat())),
        ("twice", format!("{right}{right}")),
        ("very long", "A".repeat(LONGEST_CODE * 4)),
        ("not below the modulus", STANDARD.encode([0xff; 256])),
        ("nought", STANDARD.encode([0; 256])),
        ("one", STANDARD.encode([&[0; 255][..], &[1]].concat())),
        ("the stand-in itself", STANDARD.encode([&[0; 1][..], &[1; 255]].concat())),
        ("the key unwrapped", STANDARD.encode(KEY)),
    ];
    for (what, key) in cases {
        assert_eq!(opened_code(&envelope(), &code, &key), Err(NOT_OPENED), "{what}");
        assert_eq!(envelope().members(answer(&ecb(b"{}"), &key)), Err(NOT_OPENED), "{what}");
    }
}

#[test]
fn c115_what_is_wrapped_is_a_key_or_nothing() {
    let code = ecb(b"a-code");
    for length in (0..=64).filter(|length| *length != 32) {
        let long = [KEY, KEY].concat();
        assert_eq!(opened_code(&envelope(), &code, &wrap(&long[..length])), Err(NOT_OPENED), "{length} bytes");
        let text = STANDARD.encode(&long[..length]);
        assert_eq!(
            opened_code(&envelope(), &code, &wrap(text.as_bytes())),
            Err(NOT_OPENED),
            "base64 of {length} bytes"
        );
    }
    let hexadecimal: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = STANDARD.encode(KEY);
    for wrapped in [
        hexadecimal,
        URL_SAFE.encode([0xff; 32]),
        STANDARD_NO_PAD.encode(KEY),
        format!("{text}\n"),
        trailing_bit(&text),
        STANDARD.encode(&text),
    ] {
        assert_eq!(opened_code(&envelope(), &code, &wrap(wrapped.as_bytes())), Err(NOT_OPENED), "{wrapped}");
    }
}

/// A key that an outsider can guess in place of the one that was not there would let him in.
#[test]
fn c115_a_failed_unwrap_goes_on_with_a_key_that_nobody_knows() {
    let drawn = [StandIn::drawn().unwrap(), StandIn::drawn().unwrap()];
    let [first, second] = &drawn;
    assert_ne!(first.unwrapped(), second.unwrapped());
    assert_eq!((first.unwrapped().len(), second.unwrapped().len()), (32, 32));
    for guessed in [[0; 32], [1; 32], [0xff; 32]] {
        let data = sealed(Cipher::Ecb, &guessed, IV, b"{}");
        for key in ["", "?", &STANDARD.encode([0; 256]), &wrap(b""), &wrap(&[0; 17])] {
            assert_eq!(envelope().members(answer(&data, key)), Err(NOT_OPENED));
        }
        // Nor is the stand-in for malformed data sealed data.
        assert_eq!(opened_code(&envelope(), "?", &wrap(&guessed)), Err(NOT_OPENED));
    }
}

#[test]
fn c115_data_that_opens_to_nothing() {
    let key = wrap(&KEY);
    let right = ecb(b"a-code");
    let bytes = STANDARD.decode(&right).unwrap();
    let long = STANDARD.decode(ecb(&[b'c'; 60])).unwrap();
    let cases: Vec<(&str, String)> = vec![
        ("empty", String::new()),
        ("the clear code", "8f14e45f-ceea-467f-9c0d-0a4d6b1f2e3c".into()),
        ("the clear code in base64", STANDARD.encode("8f14e45f-ceea-467f-9c0d-0a4d6b1f2e3c")),
        ("a clear code of whole blocks", STANDARD.encode([b'c'; 32])),
        ("URL-safe", URL_SAFE.encode([0xff; 32])),
        ("unpadded base64", STANDARD_NO_PAD.encode(&bytes)),
        ("a line end", format!("{right}\n")),
        ("a bit too many", trailing_bit(&right)),
        ("a byte too few", STANDARD.encode(&bytes[1..])),
        ("a byte too many", STANDARD.encode([&bytes[..], &[0]].concat())),
        ("without its last block", STANDARD.encode(&long[..48])),
        ("a block out of order", STANDARD.encode([&long[48..], &long[..48]].concat())),
        ("nothing but padding", ecb(b"")),
        ("padding of 17", unpadded_ecb(&[b"code-and-more..".as_slice(), &[17; 17]].concat())),
        ("padding that differs", unpadded_ecb(b"a-code-and-more\x02")),
        ("no UTF-8", ecb(b"a-\xff-code")),
        ("not ASCII", ecb("mã".as_bytes())),
        ("a line end in the code", ecb(b"a-code\n")),
        ("a NUL in the code", ecb(b"a-\0code")),
        ("a DEL in the code", ecb(b"a-code\x7f")),
        ("too long", ecb(&vec![b'c'; LONGEST_CODE / 4 * 3])),
    ];
    for (what, code) in cases {
        assert_eq!(opened_code(&envelope(), &code, &key), Err(NOT_OPENED), "{what}");
    }
    let longest = "c".repeat(LONGEST_CODE / 4 * 3 - 16);
    assert_eq!(opened_code(&envelope(), &ecb(longest.as_bytes()), &key).unwrap().expose(), longest);
}

/// One random key in 256 gives what looks like padding, so many are tried, and any content will do.
#[test]
fn c115_what_stands_in_never_opens() {
    let any = |opened: &[u8]| Some(opened.to_vec());
    for round in 0..4000_u32 {
        let key = [round.to_be_bytes(); 8].concat();
        let stand_in = StandIn::drawn().unwrap();
        let malformed = Sealed::decoded("?", LONGEST_CODE, Cipher::Ecb);
        assert_eq!(malformed.opened(&key, &stand_in, any), None);
        let sound = Sealed::decoded(&ecb(b"a-code"), LONGEST_CODE, Cipher::Ecb);
        assert_eq!(sound.opened(&key[..17], &stand_in, any), None);
    }
}

/// RFC 5652 §6.3: as many bytes as the last one says, 1 to 16, and all of them say so.
#[test]
fn c115_padding_is_looked_at_whole() {
    let stand_in = StandIn::drawn().unwrap();
    let opened = |last: &[u8]| {
        let data = unpadded_ecb(&[&b"sixteen in front"[..], last].concat());
        let sealed = Sealed::decoded(&data, LONGEST_CODE, Cipher::Ecb);
        sealed.opened(&KEY, &stand_in, |opened| Some(opened.len()))
    };
    for padding in 0..=255_u8 {
        let length = usize::from(padding);
        let right = (1..=16).contains(&length);
        let mut block = [padding; 16];
        assert_eq!(opened(&block), right.then(|| 32 - length), "{length} bytes");
        for at in 0..15 {
            block[at] ^= 0x40;
            assert_eq!(opened(&block).is_some(), right && at < 16 - length, "{length} bytes, but for byte {at}");
            block[at] ^= 0x40;
        }
    }
}

#[test]
fn c115_cbc_needs_an_iv_and_a_block() {
    let (envelope, key) = (envelope().cipher(Cipher::Cbc), wrap(&KEY));
    for bytes in [&IV[..], &IV[..15], &[]] {
        assert_eq!(opened_code(&envelope, &STANDARD.encode(bytes), &key), Err(NOT_OPENED));
    }
}

#[test]
fn c115_answers_that_hold_no_object() {
    let key = wrap(&KEY);
    let (data, nested) = (ecb(b"{}"), answer(&ecb(b"{}"), &wrap(&KEY)));
    assert_eq!(envelope().members(answer(&data, &key)), Ok(Members::new()));
    let deep = format!("{}1{}", r#"{"a":"#.repeat(17), "}".repeat(17));
    for content in [
        "",
        "null",
        "[]",
        "\"text\"",
        "{} {}",
        "{",
        "<html>",
        "access_token=1",
        r#"{"citizenPid":"1","citizenPid":"2"}"#,
        &deep,
        &Value::Object(nested).to_string(),
        r#"{"data":1,"key":null}"#,
    ] {
        assert_eq!(envelope().members(answer(&ecb(content.as_bytes()), &key)), Err(NOT_OPENED), "{content}");
    }
    assert_eq!(envelope().members(answer(&ecb(b"{\"a\":\"\xff\"}"), &key)), Err(NOT_OPENED));
    let one = |size: usize| ecb(format!(r#"{{"a":"{}"}}"#, "a".repeat(size)).as_bytes());
    assert!(envelope().members(answer(&one(LONGEST_ANSWER / 4 * 3 - 32), &key)).is_ok());
    assert_eq!(envelope().members(answer(&one(LONGEST_ANSWER / 4 * 3), &key)), Err(NOT_OPENED), "too long");
}

#[test]
fn an_envelope_has_both_members_and_both_are_texts() {
    let (data, key) = (ecb(b"{}"), wrap(&KEY));
    let refusing = envelope().clear_answers(ClearAnswers::Refuse);
    for half in [json!({"data": data}), json!({"key": key}), json!({}), json!({"Data": data, "Key": key})] {
        let Value::Object(half) = half else { unreachable!() };
        assert_eq!(envelope().members(half.clone()), Ok(half.clone()));
        assert_eq!(refusing.members(half), Err(EnvelopeReason::ClearRefused));
    }
    for wrong in [json!(null), json!(1), json!(true), json!([data]), json!({"data": data})] {
        for (data, key) in [(&wrong, &json!(key)), (&json!(data), &wrong), (&wrong, &wrong)] {
            let Value::Object(answer) = json!({"data": data, "key": key}) else { unreachable!() };
            assert_eq!(envelope().members(answer.clone()), Err(NOT_OPENED));
            assert_eq!(refusing.members(answer), Err(NOT_OPENED));
        }
    }
}

#[test]
fn a_clear_code_is_taken_or_refused() {
    let code = Secret::from("8f14e45f-ceea-467f-9c0d-0a4d6b1f2e3c");
    assert_eq!(envelope().code(&code, None), Ok(code.clone()));
    let refusing = envelope().clear_answers(ClearAnswers::Refuse);
    assert_eq!(refusing.code(&code, None), Err(EnvelopeReason::ClearRefused));
    let sealed = Secret::from(ecb(b"a-code"));
    assert_eq!(refusing.code(&sealed, Some(&wrap(&KEY).into())), Ok("a-code".into()));
}

#[test]
fn keys_that_are_none() {
    let pem = |name: &str| EnvelopeKey::from_pem(&data(name).into()).map(|_| ());
    assert_eq!((pem("key-pkcs8.pem"), pem("key-pkcs1.pem")), (Ok(()), Ok(())));
    for name in [
        "refused-1024.pem",
        "refused-p256.pem",
        "refused-public.pem",
        "refused-password-pkcs1.pem",
        "refused-password-pkcs8.pem",
        "make.sh",
    ] {
        assert_eq!(pem(name), Err(EnvelopeKeyRejected), "{name}");
    }
    for name in ["key-pkcs8.pem", "key-pkcs1.pem"] {
        let right = data(name);
        let swapped = |from: &str, to: &str| right.replace(from, to);
        let line = right.lines().nth(12).unwrap();
        let wrong = [
            String::new(),
            swapped("-----END", "----END"),
            swapped("BEGIN PRIVATE", "BEGIN RSA PRIVATE").replace("END PRIVATE", "END RSA PRIVATE"),
            swapped("BEGIN RSA PRIVATE", "BEGIN PRIVATE").replace("END RSA PRIVATE", "END PRIVATE"),
            swapped(&format!("{line}\n"), ""),
            // The numbers parse and do not fit each other.
            swapped(line, &line.chars().rev().collect::<String>()),
        ];
        for (case, wrong) in wrong.iter().enumerate().filter(|(_, wrong)| **wrong != right) {
            assert!(EnvelopeKey::from_pem(&wrong.as_str().into()).is_err(), "{name}, case {case}");
        }
        let framed = format!("a comment\r\n{}\r\n", right.replace('\n', "\r\n"));
        assert!(EnvelopeKey::from_pem(&framed.into()).is_ok());
    }
}

#[test]
fn nothing_of_a_key_or_a_code_is_printed() {
    let printed = format!("{:?}", envelope());
    assert_eq!(printed, "Envelope { key: EnvelopeKey, cipher: Ecb, clear: Accept }");
    for reason in [NOT_OPENED, EnvelopeReason::ClearRefused] {
        let error = Error::from(reason);
        assert_eq!(error.code(), Code::ProfileInvalid);
        assert!(!format!("{error:?} {error}").contains("a-code"));
    }
}
