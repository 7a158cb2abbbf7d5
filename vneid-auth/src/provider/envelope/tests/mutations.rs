//! Envelopes that somebody has meddled with: nothing panics, and nothing opens that the cipher alone would not open.
//!
//! Neither ECB nor CBC protects what it hides from being changed. So each mutant is also opened by the shortest way
//! there is, `plainly`, and both must agree: whatever opens here, opens for everybody who has the key. What is counted
//! shows how much that is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, PaddedBlockDecryptingKey};
use aws_lc_rs::cipher::{DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::testing::sealed_bytes;
use super::*;

const CIPHERS: [Cipher; 2] = [Cipher::Ecb, Cipher::Cbc];
const USERINFO: &str = r#"{"citizenPid":"001899000001","fullName":"Nguyễn Thị Ánh Đào","birthDate":"23990131","accountType":1,"accountLevel":"2"}"#;
const TOKENS: &str = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":1800,"scope":"openid"}"#;

/// What `cargo test` does each time, in seconds, and what the command in docs/envelope.md does, in a minute or two.
const QUICK: Counts = Counts { below_rsa: 60_000, through_rsa: 1_500 };
const FULL: Counts = Counts { below_rsa: 1_000_000, through_rsa: 40_000 };

struct Counts {
    below_rsa: usize,
    through_rsa: usize,
}

#[test]
fn c115_mutants_open_to_nothing_that_is_not_theirs() {
    below_rsa(QUICK.below_rsa);
    through_rsa(QUICK.through_rsa);
}

#[test]
#[ignore = "takes a minute or two; writes docs/envelope.md"]
fn a_million_mutants() {
    let page = page(&below_rsa(FULL.below_rsa), &through_rsa(FULL.through_rsa));
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/envelope.md"), page).unwrap();
}

/// SplitMix64: the same mutants in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound.max(1) as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.roll() as u8).collect()
    }
}

type Meddle = fn(&mut Dice, &mut Vec<u8>, &[u8]);

/// What is done to bytes; the third argument is another envelope's bytes under the same key.
const MEDDLING: [(&str, Meddle); 12] = [
    ("one bit flipped", |dice, bytes, _| flip(dice, bytes)),
    ("several bits flipped", |dice, bytes, _| (0..2 + dice.below(6)).for_each(|_| flip(dice, bytes))),
    ("one byte replaced", |dice, bytes, _| {
        let at = dice.below(bytes.len());
        bytes[at] = dice.roll() as u8;
    }),
    ("cut off anywhere", |dice, bytes, _| bytes.truncate(dice.below(bytes.len()))),
    ("cut off after a block", |dice, bytes, _| bytes.truncate(dice.below(bytes.len().div_ceil(16)) * 16)),
    ("first bytes removed", |dice, bytes, _| drop(bytes.drain(..1 + dice.below(bytes.len() - 1)))),
    ("a block removed", |dice, bytes, _| {
        let at = block(dice, bytes);
        bytes.drain(at..at + 16);
    }),
    ("two blocks exchanged", |dice, bytes, _| {
        let (one, other) = (block(dice, bytes), block(dice, bytes));
        (0..16).for_each(|at| bytes.swap(one + at, other + at));
    }),
    ("a block repeated", |dice, bytes, _| {
        let (from, to) = (block(dice, bytes), block(dice, bytes));
        let copy = bytes[from..from + 16].to_vec();
        bytes.splice(to..to, copy);
    }),
    ("the blocks turned round", |_, bytes, _| {
        *bytes = bytes.rchunks(16).flatten().copied().collect();
    }),
    ("bytes put in", |dice, bytes, _| {
        let at = dice.below(bytes.len() + 1);
        let count = [1, 15, 16, 32][dice.below(4)];
        let new = dice.bytes(count);
        bytes.splice(at..at, new);
    }),
    ("another's end", |dice, bytes, other| {
        let blocks = other.len() / 16;
        bytes.truncate(dice.below(bytes.len() / 16 + 1) * 16);
        bytes.extend_from_slice(&other[dice.below(blocks) * 16..]);
    }),
];

fn flip(dice: &mut Dice, bytes: &mut [u8]) {
    let bit = dice.below(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// Where one of the blocks begins.
fn block(dice: &mut Dice, bytes: &[u8]) -> usize {
    dice.below(bytes.len() / 16) * 16
}

/// Replaces, removes or adds a letter of base64 text.
fn misspell(dice: &mut Dice, text: &mut String) {
    let at = dice.below(text.len());
    let letter = char::from(b"AZaz09+/=-_ \n?"[dice.below(14)]);
    match dice.below(3) {
        0 => text.replace_range(at..=at, letter.encode_utf8(&mut [0; 4])),
        1 => drop(text.remove(at)),
        _ => text.insert(at, letter),
    }
}

/// What came out, by what was done: refused, opened to another object, opened to the same one.
type Outcomes = BTreeMap<String, [usize; 3]>;

fn count(outcomes: &mut Outcomes, what: String, outcome: &Option<Members>, original: &Members) {
    let place = match outcome {
        None => 0,
        Some(members) if members != original => 1,
        Some(_) => 2,
    };
    outcomes.entry(what).or_default()[place] += 1;
}

fn plainly(cipher: Cipher, key: &[u8], data: &str) -> Option<Members> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return None,
    };
    let key = UnboundCipherKey::new(algorithm, key).unwrap();
    let mut data = STANDARD.decode(data).ok()?;
    let opened = match cipher {
        Cipher::Ecb => PaddedBlockDecryptingKey::ecb_pkcs7(key).unwrap().decrypt(&mut data, DecryptionContext::None),
        Cipher::Cbc => {
            let (iv, data) = data.split_first_chunk_mut::<16>()?;
            let context = DecryptionContext::Iv128(FixedLength::from(&*iv));
            PaddedBlockDecryptingKey::cbc_pkcs7(key).unwrap().decrypt(data, context)
        }
    };
    members_of(opened.ok()?)
}

/// Each kind of meddling with the data, in turn, then with the key: as bytes, as text.
fn below_rsa(mutants: usize) -> Outcomes {
    let mut dice = Dice(115);
    let mut outcomes = Outcomes::new();
    let stand_in = StandIn::drawn().unwrap();
    for round in 0..mutants {
        let cipher = CIPHERS[round % 2];
        let key = KEY[..[16, 24, 32][dice.below(3)]].to_vec();
        let contents = if dice.below(2) == 0 { [USERINFO, TOKENS] } else { [TOKENS, USERINFO] };
        let original = json::object(contents[0].as_bytes()).unwrap();
        let [one, other] = contents.map(|content| sealed_bytes(cipher, &key, IV, content.as_bytes()));
        let (mut bytes, mut unwrapped) = (one.clone(), key.clone());
        let mut data = STANDARD.encode(&one);
        let what = match (round / 2) % 16 {
            kind @ 0..12 => {
                MEDDLING[kind].1(&mut dice, &mut bytes, &other);
                data = STANDARD.encode(&bytes);
                format!("{cipher:?} data: {}", MEDDLING[kind].0)
            }
            12 => {
                misspell(&mut dice, &mut data);
                format!("{cipher:?} data: a letter of base64")
            }
            13 => {
                flip(&mut dice, &mut unwrapped);
                format!("{cipher:?} key: one bit flipped")
            }
            14 => {
                let (kind, other) = (3 + dice.below(9), KEY);
                MEDDLING[kind].1(&mut dice, &mut unwrapped, &other);
                format!("{cipher:?} key: cut, moved, put in")
            }
            _ => {
                let mut text = STANDARD.encode(&key);
                misspell(&mut dice, &mut text);
                unwrapped = text.into_bytes();
                format!("{cipher:?} key: a letter of base64")
            }
        };
        let opened = Sealed::decoded(&data, LONGEST_ANSWER, cipher).opened(&unwrapped, &stand_in, members_of);
        let text = STANDARD.decode(&unwrapped).unwrap_or_default();
        let plainly = plainly(cipher, &text, &data).or_else(|| plainly(cipher, &unwrapped, &data));
        assert_eq!(opened, plainly, "{what}, round {round}");
        assert!(opened.as_ref() != Some(&original) || unwrapped == key || text == key, "{what}, round {round}");
        count(&mut outcomes, what, &opened, &original);
    }
    outcomes
}

/// The same meddling with whole envelopes; every other time with the wrapped key.
fn through_rsa(mutants: usize) -> Outcomes {
    let mut dice = Dice(2048);
    let mut outcomes = Outcomes::new();
    let original = json::object(USERINFO.as_bytes()).unwrap();
    let sealed = CIPHERS.map(|cipher| sealed_bytes(cipher, &KEY, IV, USERINFO.as_bytes()));
    let envelopes = CIPHERS.map(|cipher| envelope().cipher(cipher));
    let wrapped = [wrap(&KEY), wrap(&KEY)].map(|wrapped| STANDARD.decode(wrapped).unwrap());
    for round in 0..mutants {
        let (cipher, envelope) = (CIPHERS[round % 2], &envelopes[round % 2]);
        let (mut data, mut key) = (sealed[round % 2].clone(), wrapped[0].clone());
        let kind = dice.below(12);
        let what = match (round / 2) % 2 {
            0 => {
                MEDDLING[kind].1(&mut dice, &mut data, &sealed[round % 2]);
                "data"
            }
            _ => {
                MEDDLING[kind].1(&mut dice, &mut key, &wrapped[1]);
                "key"
            }
        };
        let opened = envelope.members(answer(&STANDARD.encode(&data), &STANDARD.encode(&key)));
        assert!(opened.is_ok() || opened == Err(NOT_OPENED));
        if key != wrapped[0] && key != wrapped[1] {
            assert_eq!(opened, Err(NOT_OPENED), "round {round}: {}", MEDDLING[kind].0);
        }
        count(&mut outcomes, format!("{cipher:?} {what}"), &opened.ok(), &original);
    }
    outcomes
}

fn page(below_rsa: &Outcomes, through_rsa: &Outcomes) -> String {
    let mut page = String::from(
        "# Envelopes that somebody has meddled with\n\n\
         Written by `cargo test --release -p vneid-auth --lib a_million_mutants -- --ignored`, with the same mutants in \
         every run. None\nmade the code panic, and all that were refused gave the one error. AES in ECB or CBC does not \
         protect what it hides from being\nchanged, so some mutants open, to another object; every one of them also \
         opens by decrypting alone. \"The same\" is a change that\nchanged nothing: a block exchanged for itself, a byte \
         replaced by its equal.\n",
    );
    for (title, outcomes) in [("Below the RSA step", below_rsa), ("Through RSA", through_rsa)] {
        let total: usize = outcomes.values().flatten().sum();
        write!(page, "\n## {title}: {total} mutants\n\n").unwrap();
        page.push_str(
            "| meddled with | refused | opens to another object | opens to the same |\n| --- | --- | --- | --- |\n",
        );
        for (what, [refused, other, same]) in outcomes {
            writeln!(page, "| {what} | {refused} | {other} | {same} |").unwrap();
        }
    }
    page
}
