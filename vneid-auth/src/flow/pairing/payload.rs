//! What the QR code on the screen says: the transaction, and a keyed hash that only the server can make.
//!
//! The text is `{transaction}.{hash}`, the hash the first 128 bits of HMAC-SHA-256 (RFC 2104 §5 allows half) over a
//! counter and the transaction, base64url without padding. The counter follows the time, so that a picture of the
//! screen is soon worth nothing; it is not in the text, since nobody but the server has a use for it.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::time::Timestamp;

/// Bytes of the hash that are shown.
const SHOWN: usize = 16;

/// The longest transaction id that is read.
const LONGEST_TRANSACTION: usize = 128;

/// The key of the hashes. It belongs to the server, is handed in with every event, and is part of no state.
#[derive(Clone)]
pub struct PayloadKey(hmac::Key);

impl PayloadKey {
    /// A key of 256 random or derived bits, used for nothing else.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn hash(&self, transaction: &str, counter: u64) -> [u8; SHOWN] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&counter.to_be_bytes());
        context.update(transaction.as_bytes());
        let mut shown = [0; SHOWN];
        for (to, from) in shown.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        shown
    }
}

impl fmt::Debug for PayloadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PayloadKey(****)")
    }
}

/// What a screen shows or a phone has read. Until a pairing accepts it, it is a claim and no more.
#[derive(Clone)]
pub struct Payload {
    transaction: String,
    hash: [u8; SHOWN],
}

impl Payload {
    /// Reads the text of a QR code; `None` when it is none of ours, which is answered as any other bad payload.
    pub fn parse(text: &str) -> Option<Self> {
        let (transaction, hash) = text.rsplit_once('.')?;
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if !(1..=LONGEST_TRANSACTION).contains(&transaction.len()) || !transaction.bytes().all(plain) {
            return None;
        }
        let hash = URL_SAFE_NO_PAD.decode(hash).ok()?.try_into().ok()?;
        Some(Self { transaction: transaction.to_owned(), hash })
    }

    /// The transaction that it claims to be of, to find the pairing by.
    pub fn transaction(&self) -> &str {
        &self.transaction
    }

    /// The text for the QR code.
    pub fn text(&self) -> String {
        format!("{}.{}", self.transaction, URL_SAFE_NO_PAD.encode(self.hash))
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.transaction == other.transaction && bool::from(self.hash.ct_eq(&other.hash))
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(****)")
    }
}

/// When the payload on the screen is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// By itself, so often. The last two are good, since a phone needs a moment.
    Timed {
        /// How long one is shown.
        every: Duration,
    },
    /// When the citizen asks ("Tải lại", seen at `/vneid`). Only the newest is good, and only for so long.
    OnRequest {
        /// How long one is good.
        good_for: Duration,
    },
}

/// A transaction's payloads: which is shown, and which are good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payloads {
    transaction: String,
    renewal: Renewal,
    /// How often the citizen asked for another.
    requested: u64,
    /// When the first, or the one last asked for, was shown.
    since: Timestamp,
}

impl Payloads {
    pub(super) fn start(transaction: String, renewal: Renewal, now: Timestamp) -> Self {
        Self { transaction, renewal, requested: 0, since: now }
    }

    /// The payload to show now.
    pub(super) fn shown(&self, key: &PayloadKey, now: Timestamp) -> Payload {
        self.make(key, self.counter(now))
    }

    /// Until when the payload shown now is worth showing.
    pub(super) fn shown_until(&self, now: Timestamp) -> Timestamp {
        match self.renewal {
            Renewal::Timed { every } => {
                let passed = u32::try_from(self.counter(now)).unwrap_or(u32::MAX);
                self.since.plus(every.saturating_mul(passed.saturating_add(1)))
            }
            Renewal::OnRequest { good_for } => self.since.plus(good_for),
        }
    }

    /// Whether a screen shows this payload now, or did a moment ago.
    pub(super) fn accept(&self, payload: &Payload, key: &PayloadKey, now: Timestamp) -> bool {
        let newest = self.counter(now);
        match self.renewal {
            Renewal::Timed { .. } => {
                let current = *payload == self.make(key, newest);
                let before = newest.checked_sub(1).is_some_and(|before| *payload == self.make(key, before));
                current || before
            }
            Renewal::OnRequest { .. } => *payload == self.make(key, newest) && now < self.shown_until(now),
        }
    }

    /// With another payload, where the citizen may ask for one.
    pub(super) fn renewed(&self, now: Timestamp) -> Option<Self> {
        match self.renewal {
            Renewal::Timed { .. } => None,
            Renewal::OnRequest { .. } => {
                Some(Self { requested: self.requested.saturating_add(1), since: now, ..self.clone() })
            }
        }
    }

    fn counter(&self, now: Timestamp) -> u64 {
        match self.renewal {
            Renewal::Timed { every } => {
                let passed = now.since(self.since).as_millis() / every.as_millis().max(1);
                u64::try_from(passed).unwrap_or(u64::MAX)
            }
            Renewal::OnRequest { .. } => self.requested,
        }
    }

    fn make(&self, key: &PayloadKey, counter: u64) -> Payload {
        Payload { transaction: self.transaction.clone(), hash: key.hash(&self.transaction, counter) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);
    const TIMED: Renewal = Renewal::Timed { every: Duration::from_secs(20) };
    const ON_REQUEST: Renewal = Renewal::OnRequest { good_for: Duration::from_secs(60) };

    fn after(millis: u64) -> Timestamp {
        START.plus(Duration::from_millis(millis))
    }

    fn key() -> PayloadKey {
        PayloadKey::new(&[7; 32])
    }

    #[test]
    fn d79_d80_the_last_two_are_good_and_none_from_the_future() {
        let payloads = Payloads::start("tx".into(), TIMED, START);
        let shown = |millis| payloads.shown(&key(), after(millis));
        assert_eq!(shown(0), shown(19_999));
        assert_ne!(shown(19_999), shown(20_000));
        for (made, seen, good) in
            [(0, 0, true), (0, 39_999, true), (0, 40_000, false), (20_000, 19_999, false), (60_000, 40_000, false)]
        {
            assert_eq!(payloads.accept(&shown(made), &key(), after(seen)), good, "made {made}, seen {seen}");
        }
        assert_eq!(payloads.shown_until(after(20_000)), after(40_000));
    }

    #[test]
    fn one_that_is_asked_for_replaces_the_one_before_and_ages() {
        let first = Payloads::start("tx".into(), ON_REQUEST, START);
        let second = first.renewed(after(30_000)).unwrap();
        let (old, new) = (first.shown(&key(), after(0)), second.shown(&key(), after(30_000)));
        assert!(first.accept(&old, &key(), after(59_999)) && !first.accept(&old, &key(), after(60_000)));
        assert!(!second.accept(&old, &key(), after(30_000)));
        assert!(second.accept(&new, &key(), after(89_999)) && !second.accept(&new, &key(), after(90_000)));
        assert_eq!(Payloads::start("tx".into(), TIMED, START).renewed(START), None);
    }

    #[test]
    fn another_key_or_transaction_makes_another_payload() {
        let payloads = Payloads::start("tx".into(), TIMED, START);
        let forged = payloads.shown(&PayloadKey::new(&[8; 32]), START);
        let foreign = Payloads::start("ty".into(), TIMED, START).shown(&key(), START);
        let renamed = Payload { transaction: "tx".into(), ..foreign.clone() };
        for payload in [forged, foreign, renamed] {
            assert!(!payloads.accept(&payload, &key(), START), "{}", payload.text());
        }
    }

    #[test]
    fn the_text_is_read_back_and_other_texts_are_not_read() {
        let payload = Payloads::start("aZ-_9".into(), TIMED, START).shown(&key(), START);
        assert_eq!(Payload::parse(&payload.text()), Some(payload.clone()));
        assert_eq!(payload.transaction(), "aZ-_9");
        let text = payload.text();
        let hash = text.split_once('.').unwrap().1;
        let long = format!("{}.{hash}", "a".repeat(129));
        for bad in ["", ".", "aZ-_9", &text[..text.len() - 1], &format!("{text}A"), &format!(".{hash}"), &long] {
            assert_eq!(Payload::parse(bad), None, "{bad}");
        }
        for bad in [format!("a b.{hash}"), format!("a/b.{hash}"), format!("ê.{hash}"), format!("{text}=")] {
            assert_eq!(Payload::parse(&bad), None, "{bad}");
        }
        assert_eq!(format!("{payload:?} {:?}", key()), "Payload(****) PayloadKey(****)");
    }

    #[test]
    fn extremes_do_not_overflow() {
        let payloads = Payloads::start("tx".into(), Renewal::Timed { every: Duration::ZERO }, START);
        let far = Timestamp::from_unix_seconds(i64::MAX);
        assert!(payloads.accept(&payloads.shown(&key(), far), &key(), far));
        assert!(payloads.shown_until(far) >= START);
        let before = START.minus(Duration::from_secs(5));
        assert!(payloads.accept(&payloads.shown(&key(), START), &key(), before), "a clock behind sees the first");
    }
}
