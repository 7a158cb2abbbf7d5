//! Where unpredictable values come from; in deterministic mode, the same ones at every start.

use std::sync::Mutex;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::pairing::{LENGTH, LETTERS};
use crate::sync::lock;

/// A source of ids, tokens and codes.
pub(crate) struct Entropy {
    seeded: Option<Seeded>,
}

struct Seeded {
    key: hmac::Key,
    drawn: Mutex<u64>,
}

impl Entropy {
    /// The operating system's generator, or with a seed a sequence that repeats at every start.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let seeded = seed
            .map(|seed| Seeded { key: hmac::Key::new(hmac::HMAC_SHA256, &seed.to_be_bytes()), drawn: Mutex::new(0) });
        Self { seeded }
    }

    /// 32 bytes. A generator that gives nothing is asked again: nothing predictable is ever handed out in its place.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0_u8; 32];
        match &self.seeded {
            Some(seeded) => {
                let mut drawn = lock(&seeded.drawn);
                *drawn = drawn.wrapping_add(1);
                bytes.copy_from_slice(hmac::sign(&seeded.key, &drawn.to_be_bytes()).as_ref());
            }
            None => {
                while SystemRandom::new().fill(&mut bytes).is_err() {
                    std::thread::yield_now();
                }
            }
        }
        bytes
    }

    /// 256 bits in 43 characters of base64url: cookies, codes, tokens.
    pub(crate) fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// 128 bits in 22 characters: ids that name a thing and open nothing by themselves.
    pub(crate) fn id(&self) -> String {
        self.token().chars().take(22).collect()
    }

    /// A random UUID (RFC 9562 §5.4).
    pub(crate) fn uuid(&self) -> String {
        uuid_of(self.bytes())
    }

    /// 256 bits as WSO2 may write a code: standard base64, with a `+` and a `/` in it for whoever decodes too often.
    pub(crate) fn base64_code(&self) -> String {
        let text = STANDARD.encode(self.bytes());
        let (start, rest) = text.trim_end_matches('=').split_at_checked(20).unwrap_or_default();
        format!("{start}+{rest}/")
    }

    /// A code as Keycloak writes it: three UUIDs with dots between.
    pub(crate) fn dotted_code(&self) -> String {
        format!("{}.{}.{}", self.uuid(), self.uuid(), self.uuid())
    }

    /// A one-time code of six digits, each of the million equally likely.
    pub(crate) fn otp(&self) -> String {
        const FAIR: u32 = u32::MAX - u32::MAX % 1_000_000;
        loop {
            let [a, b, c, d, ..] = self.bytes();
            let drawn = u32::from_be_bytes([a, b, c, d]);
            if drawn < FAIR {
                return format!("{:06}", drawn % 1_000_000);
            }
        }
    }

    /// A user code for a device: eight of twenty letters, each equally likely.
    pub(crate) fn user_code(&self) -> String {
        const FAIR: u8 = u8::MAX - u8::MAX % 20;
        let mut code = String::new();
        while code.len() < LENGTH {
            let fair = self.bytes().into_iter().filter(|drawn| *drawn < FAIR);
            let letters = fair.filter_map(|drawn| LETTERS.get(usize::from(drawn % 20)));
            code.extend(letters.take(LENGTH - code.len()).map(|letter| char::from(*letter)));
        }
        code
    }

    /// A number from 0 up to and without 1, for error rates.
    pub(crate) fn fraction(&self) -> f64 {
        let [a, b, c, d, ..] = self.bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}

/// The UUID that the first sixteen of these bytes make, as version 4.
pub(crate) fn uuid_of(bytes: [u8; 32]) -> String {
    let hex: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    // The variant's two bits leave four digits to choose from.
    let variant = ["8", "9", "a", "b"].get(usize::from(bytes[8] & 3)).copied().unwrap_or("8");
    format!("{}-{}-4{}-{variant}{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// SHA-256, under which what is secret is looked up: the tables here hold no token that opens anything.
pub(crate) fn fingerprint(secret: &str) -> [u8; 32] {
    let mut hash = [0_u8; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d96_a_seed_repeats_itself_and_its_absence_does_not() {
        let draw = |seed| {
            let entropy = Entropy::new(seed);
            (entropy.token(), entropy.otp())
        };
        assert_eq!(draw(Some(7)), draw(Some(7)));
        assert_ne!(draw(Some(7)), draw(Some(8)));
        assert_ne!(draw(None), draw(None));
        assert_eq!(Entropy::new(None).otp().len(), 6);
        let uuid = Entropy::new(None).uuid();
        assert_eq!((uuid.len(), uuid.as_bytes()[14], uuid.matches('-').count()), (36, b'4', 4));
    }
}
