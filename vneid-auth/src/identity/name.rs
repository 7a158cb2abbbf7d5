//! A person's name, whole, and when two of them are the same.

use std::fmt;
use std::str::FromStr;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The marks of the five tones: huyền, sắc, ngã, hỏi, nặng.
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// A full name (họ, chữ đệm và tên), never split: the parts' order differs between systems (domain.md §2.3). In Unicode NFC,
/// with single spaces, otherwise as it was written.
///
/// `==` compares letters; whether two names are one person's is [`matches`](Self::matches).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(Zeroizing<String>);

/// The text is no name: empty, too long, or with control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 200 characters and no control characters")]
pub struct PersonNameMalformed;

impl PersonName {
    /// The whole name, to show to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether two names are written for one person: by Unicode, case and the two ways of placing a tone (`Hòa`, `Hoà`).
    /// Diacritics count: `Nguyễn` and `Nguyên` are different names (flows.md, machine 6).
    pub fn matches(&self, other: &Self) -> bool {
        compared(&self.0) == compared(&other.0)
    }

    /// The name as the population database is asked for it: upper case, without diacritics, Đ as D, nothing but letters and
    /// digits. A key to search with and no proof: different names fold to the same.
    pub fn folded(&self) -> String {
        let nfd = DecomposingNormalizerBorrowed::new_nfd();
        let plain: String =
            nfd.normalize(&alike(&self.0)).chars().filter(|c| c.is_ascii() || *c == 'đ' || *c == 'Đ').collect();
        let upper = plain.to_uppercase().replace('Đ', "D");
        upper.chars().filter(char::is_ascii_alphanumeric).collect()
    }

    /// Whether folding loses no letter: every one is Latin, with or without diacritics. A name in another script folds to
    /// something shorter, and is nobody's there.
    pub fn folds_whole(&self) -> bool {
        let nfd = DecomposingNormalizerBorrowed::new_nfd();
        let letters = nfd.normalize(&alike(&self.0)).chars().filter(|c| c.is_alphanumeric()).collect::<Vec<_>>();
        !letters.is_empty() && letters.iter().all(|c| c.is_ascii() || matches!(c, 'đ' | 'Đ'))
    }
}

/// Letters that look like the Vietnamese đ and are other letters, apostrophes and hyphens of other keyboards.
fn alike(text: &str) -> String {
    let one = |c| match c {
        '\u{d0}' | '\u{189}' => 'Đ',
        '\u{f0}' | '\u{256}' => 'đ',
        '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{60}' | '\u{b4}' => '\'',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    };
    text.chars().map(one).collect()
}

/// What two names of one person have in common: small letters, decomposed, each syllable's tone at its end.
fn compared(name: &str) -> String {
    let nfd = DecomposingNormalizerBorrowed::new_nfd();
    let decomposed = nfd.normalize(&alike(name).to_lowercase()).into_owned();
    let syllables = decomposed.split(' ').map(|syllable| {
        let (tones, letters): (String, String) = syllable.chars().partition(|c| TONES.contains(c));
        letters + &tones
    });
    syllables.collect::<Vec<_>>().join(" ")
}

impl FromStr for PersonName {
    type Err = PersonNameMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // No-break and other spaces, singly or in rows, are one space; a line break is not.
        if text.chars().any(char::is_control) {
            return Err(PersonNameMalformed);
        }
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&spaced).into_owned();
        let fits = !composed.is_empty() && composed.chars().count() <= 200;
        fits.then(|| Self(Zeroizing::new(composed))).ok_or(PersonNameMalformed)
    }
}

impl TryFrom<String> for PersonName {
    type Error = PersonNameMalformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.expose().to_owned()
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PersonName {
        text.parse().unwrap()
    }

    /// One pair a line: `=` the same name, `~` the same only when folded, `!` different.
    const PAIRS: &str = include_str!("../../tests/data/names.txt");

    #[test]
    fn pairs_of_names() {
        let mut counted = 0;
        for line in PAIRS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, one, other] = fields.as_slice() else { panic!("{line}") };
            let unescaped = |text: &str| name(&text.replace("\\u00a0", "\u{a0}"));
            let (one, other) = (unescaped(one), unescaped(other));
            let found = match (one.matches(&other), one.folded() == other.folded()) {
                (true, true) => "=",
                (false, true) => "~",
                (false, false) => "!",
                (true, false) => "matches and does not fold to the same",
            };
            assert_eq!(found, *kind, "{line}");
            assert_eq!(other.matches(&one), one.matches(&other), "{line}");
            counted += 1;
        }
        assert!(counted >= 120, "{counted} pairs");
    }

    #[test]
    fn folding_is_what_the_population_database_wants() {
        for (written, folded) in [
            ("Nguyễn Thị Ánh Đào", "NGUYENTHIANHDAO"),
            ("H' Giả-Lập  Niê", "HGIALAPNIE"),
            ("Ð\u{1b0}\u{1a1}ng", "DUONG"),
            ("đỗ", "DO"),
        ] {
            assert_eq!(name(written).folded(), folded);
            assert_eq!(name(folded).folded(), folded, "folding twice is folding once");
        }
    }

    #[test]
    fn forms_that_are_made_one_and_texts_that_are_no_names() {
        assert_eq!(name("  Lê\u{a0}\u{a0}Giả   Lập ").expose(), "Lê Giả Lập");
        assert_eq!(name("Tra\u{302}\u{300}n").expose(), "Tr\u{1ea7}n");
        for bad in ["", "  ", "\u{a0}", "a\nb", "a\u{0}b", &"a".repeat(201)] {
            assert_eq!(bad.parse::<PersonName>(), Err(PersonNameMalformed));
        }
        assert_eq!(name(&"a".repeat(200)).expose().len(), 200);
    }
}
