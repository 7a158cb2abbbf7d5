//! Answers that somebody has meddled with: nothing panics, nothing is read without end, and nothing agrees that does not
//! still say the number, once, in the record that is compared.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;

use super::config::{Gateway, PopulationConfig, Service};
use super::{answer, json, kept, xml};
use crate::registry::{Answer, Claim, Officer};

const SEEDS: [(&[u8], bool); 8] = [
    (include_bytes!("../../../tests/golden/population/answers/record.xml"), false),
    (include_bytes!("../../../tests/golden/population/answers/record-default-namespace.xml"), false),
    (include_bytes!("../../../tests/golden/population/answers/record-cdata-and-references.xml"), false),
    (include_bytes!("../../../tests/golden/population/answers/several.xml"), false),
    (include_bytes!("../../../tests/golden/population/answers/hostile-billion-laughs.xml"), false),
    (include_bytes!("../../../tests/golden/population/answers/fault-client.xml"), false),
    (include_bytes!("../../../tests/golden/population/answers/flat-record.json"), true),
    (include_bytes!("../../../tests/golden/population/answers/flat-several.json"), true),
];

/// What an attacker would put in.
const PIECES: [&str; 18] = [
    "<!DOCTYPE a [<!ENTITY b \"001890000001\">]>",
    "&b;",
    "&#48;",
    "&#x110000;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?a b?>",
    "<ns1:CongDan>",
    "</ns1:CongDan>",
    "<ns1:SoDinhDanh>001890000002</ns1:SoDinhDanh>",
    "<ns1:Ten>A</ns1:Ten>",
    " xmlns:ns1=\"x\"",
    "\"SoDinhDanh\":\"001890000002\",",
    "{\"CongDan\":[",
    "\u{0}",
    "\u{feff}",
];

#[test]
fn mutants_of_answers_say_nothing_that_was_not_said() {
    mutants(20_000);
}

#[test]
#[ignore = "takes some minutes"]
fn two_million_mutants_of_answers() {
    mutants(2_000_000);
}

/// SplitMix64: the same mutants in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }
}

fn meddle(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let at = dice.below(bytes.len());
    let to = (at + dice.below(60)).min(bytes.len());
    match dice.below(7) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => bytes[at] = b"<>&\"'/= \n{}[],:"[dice.below(15)],
        2 => drop(bytes.drain(at..to)),
        3 => bytes.truncate(at),
        4 => {
            let piece = bytes[at..to].to_vec();
            let into = dice.below(bytes.len());
            drop(bytes.splice(into..into, piece));
        }
        5 | 6 => drop(bytes.splice(at..at, PIECES[dice.below(PIECES.len())].bytes())),
        _ => unreachable!(),
    }
}

fn mutants(count: usize) {
    let claim = Claim {
        citizen_id: "001890000001".parse().unwrap(),
        full_name: "Đặng Thị Ánh Giả Lập".parse().unwrap(),
        date_of_birth: "2390-01-31".parse().unwrap(),
    };
    let config = |gateway| {
        PopulationConfig::new("https://lgsp.example/", gateway, Service::Record, Officer::new("cong-dvc").unwrap())
    };
    let axis = config(Gateway::Axis { user: "u".into(), secret: "s".into() });
    let flat = config(Gateway::FlatJson { bearer: "b".into(), user_name_service: "s".into() });
    let (mut dice, mut agreed, mut refused, mut slowest) = (Dice(7), 0, 0, Duration::ZERO);
    for _ in 0..count {
        let (seed, is_json) = SEEDS[dice.below(SEEDS.len())];
        let mut bytes = seed.to_vec();
        for _ in 0..=dice.below(4) {
            if bytes.is_empty() {
                break;
            }
            meddle(&mut dice, &mut bytes);
        }
        let began = Instant::now();
        let config = if is_json { &flat } else { &axis };
        let said = answer::read(config, &Response::new(Bytes::from(bytes.clone())), &claim);
        slowest = slowest.max(began.elapsed());
        match said {
            Ok(Answer::Agrees(_)) => {
                agreed += 1;
                let text = String::from_utf8(bytes).expect("what agrees is UTF-8");
                // The pieces that XML lets stand in the middle of a text.
                let plain = ["<!---->", "<![CDATA[", "]]>", "\u{feff}"].iter();
                let plain = plain.fold(text.replace("&#48;", "0"), |text, piece| text.replace(piece, ""));
                assert!(plain.contains("001890000001"), "{text}");
                assert!(!text.contains("<!DOCTYPE") || text.contains("<!--") || text.contains("CDATA"), "{text}");
            }
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    assert!(agreed > count / 100 && refused > count / 4, "{agreed} agree and {refused} are refused of {count}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[test]
fn nothing_is_kept_but_what_is_wanted() {
    let names = |kept: &kept::Kept| {
        let mut names = Vec::new();
        let mut left = vec![kept];
        while let Some(part) = left.pop() {
            names.push(part.name.clone());
            left.extend(&part.parts);
        }
        names.sort();
        names.dedup();
        names
    };
    let expected = [
        "Body",
        "ChuDem",
        "CongDan",
        "CongdanCollection",
        "Envelope",
        "Ho",
        "HoVaTen",
        "Nam",
        "NgayThangNam",
        "NgayThangNamSinh",
        "SoDinhDanh",
        "Ten",
    ];
    assert_eq!(names(&xml::read(SEEDS[0].0, &kept::Wanted::soap(None)).unwrap()), expected);
    let flat = names(&json::read(SEEDS[6].0, &kept::Wanted::json(None)).unwrap());
    assert!(flat.iter().all(|name| name.is_empty() || expected.contains(&name.as_str())), "{flat:?}");
}
