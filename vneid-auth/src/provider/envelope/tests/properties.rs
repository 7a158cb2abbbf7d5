//! What is sealed opens, whatever its size, cipher, key and the key's form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// A key of any of the three lengths. Bytes that happen to be all base64 are left to `known_answers`.
fn keys() -> impl Strategy<Value = Vec<u8>> {
    let key = select(vec![16, 24, 32]).prop_flat_map(|length| vec(any::<u8>(), length));
    key.prop_filter("all letters of base64", |key| STANDARD.decode(key).is_err())
}

fn ciphers() -> impl Strategy<Value = Cipher> {
    select(vec![Cipher::Ecb, Cipher::Cbc])
}

/// The key as it is wrapped: itself, or its base64.
fn form(key: &[u8], as_text: bool) -> Vec<u8> {
    if as_text { STANDARD.encode(key).into_bytes() } else { key.to_vec() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Below the RSA step, of any bytes.
    #[test]
    fn sealed_bytes_open(
        content in vec(any::<u8>(), 0..2000), cipher in ciphers(), key in keys(), as_text: bool, iv: [u8; 16],
    ) {
        let data = Sealed::decoded(&sealed(cipher, &key, iv, &content), LONGEST_ANSWER, cipher);
        let opened = data.opened(&form(&key, as_text), &StandIn::drawn().unwrap(), |opened| Some(opened.to_vec()));
        prop_assert_eq!(opened, Some(content));
    }

    /// A key with one bit changed does not open what is read as an object.
    #[test]
    fn another_key_does_not_open(
        value in ".{0,200}", cipher in ciphers(), key in keys(), bit: Index, as_text: bool, iv: [u8; 16],
    ) {
        let content = json!({"a": value}).to_string();
        let data = Sealed::decoded(&sealed(cipher, &key, iv, content.as_bytes()), LONGEST_ANSWER, cipher);
        let mut other = key.clone();
        let bit = bit.index(key.len() * 8);
        other[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(data.opened(&form(&other, as_text), &StandIn::drawn().unwrap(), members_of), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Through RSA: codes and answers.
    #[test]
    fn sealed_codes_and_answers_open(
        code in "[ -~]{1,300}", name in "\\PC{1,20}", value in ".{0,2000}",
        cipher in ciphers(), key in keys(), as_text: bool, iv: [u8; 16],
    ) {
        let envelope = envelope().cipher(cipher).clear_answers(ClearAnswers::Refuse);
        let wrapped = wrap(&form(&key, as_text));
        let opened = opened_code(&envelope, &sealed(cipher, &key, iv, code.as_bytes()), &wrapped);
        prop_assert_eq!(opened, Ok(code.into()));
        let Value::Object(content) = json!({name: value, "n": 1}) else { unreachable!() };
        let text = Value::Object(content.clone()).to_string();
        let opened = envelope.members(answer(&sealed(cipher, &key, iv, text.as_bytes()), &wrapped));
        prop_assert_eq!(opened.unwrap(), content);
    }
}
