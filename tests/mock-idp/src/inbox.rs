//! The SMS gateway: nothing is sent anywhere, everything can be read at `GET /sms`.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;
use vneid_auth::identity::PhoneNumber;
use vneid_auth::time::Timestamp;

use crate::sync::lock;

const KEPT: usize = 1_000;
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

/// A message, as `GET /sms` lists it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Sms {
    /// The number it went to, in its domestic form (`0900000001`).
    pub phone: String,
    /// The one-time code in it; empty when a portal sent a text without one.
    pub code: String,
    /// When, RFC 3339 in UTC.
    pub sent_at: String,
    /// What for: `login`, or what a portal said.
    pub purpose: String,
}

/// All messages, newest first.
#[derive(Default)]
pub(crate) struct Inbox {
    messages: Mutex<VecDeque<(Timestamp, Sms)>>,
}

impl Inbox {
    /// Takes a message that arrives now, or later when the network is slow.
    pub(crate) fn deliver(&self, phone: &str, code: &str, purpose: &str, arrives_at: Timestamp) {
        let sms = Sms {
            phone: domestic(phone),
            code: code.to_owned(),
            sent_at: arrives_at.to_rfc3339(),
            purpose: purpose.to_owned(),
        };
        let mut messages = lock(&self.messages);
        messages.push_front((arrives_at, sms));
        messages.truncate(KEPT);
    }

    /// What has arrived, newest first, for one number or for all.
    pub(crate) fn list(&self, phone: Option<&str>, now: Timestamp) -> Vec<Sms> {
        let phone = phone.map(domestic);
        let mut messages = lock(&self.messages);
        messages.retain(|(arrived_at, _)| now.since(*arrived_at) < KEPT_FOR);
        let arrived = messages.iter().filter(|(arrived_at, _)| *arrived_at <= now).map(|(_, sms)| sms);
        arrived.filter(|sms| phone.as_ref().is_none_or(|phone| *phone == sms.phone)).cloned().collect()
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        lock(&self.messages).clear();
    }
}

/// `+84900000001` and `0900000001` are one phone; what is no mobile number stays as it was written.
fn domestic(phone: &str) -> String {
    phone.parse::<PhoneNumber>().map_or_else(|_| phone.to_owned(), |phone| phone.expose().to_owned())
}

/// The first run of four to eight digits in a text: where a portal's message has its code.
pub(crate) fn code_in(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| (4..=8).contains(&run.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_code_in_a_message() {
        assert_eq!(code_in("Ma OTP cua ban la 012345, het han sau 3 phut"), Some("012345"));
        assert_eq!(code_in("Goi 1 lan"), None);
    }

    #[test]
    fn newest_first_by_phone_and_not_before_arrival() {
        let inbox = Inbox::default();
        let now = Timestamp::from_unix_seconds(1_000_000);
        inbox.deliver("0900000001", "111111", "login", now);
        inbox.deliver("+84 900000001", "222222", "login", now);
        inbox.deliver("0900000002", "333333", "login", now);
        inbox.deliver("0900000001", "444444", "login", now.plus(Duration::from_secs(20)));
        let codes = |at| inbox.list(Some("0900000001"), at).into_iter().map(|sms| sms.code).collect::<Vec<_>>();
        assert_eq!(codes(now), ["222222", "111111"]);
        assert_eq!(codes(now.plus(Duration::from_secs(20))), ["444444", "222222", "111111"]);
    }
}
