//! The table of pairings, bounded in time and number, for each who opens them too.

use std::collections::VecDeque;
use std::time::Duration;

use vneid_auth::time::Timestamp;

use super::Kept;
use crate::bounded::Bounded;

/// Longer than any pairing is waited for or looked at.
const MEMORY: Duration = Duration::from_secs(15 * 60);
const CAP: usize = 20_000;
/// How many one opener, a browser's address or a client, has at most. Its own oldest goes for its newest, and nobody
/// else's: a flood from one place starves that place alone.
const SHARE: usize = 2_000;

pub(super) struct Book {
    open: Bounded<String, Kept>,
    by_secret: Bounded<[u8; 32], String>,
    by_user_code: Bounded<String, String>,
    by_opener: Bounded<String, VecDeque<String>>,
    share: usize,
}

impl Book {
    pub(super) fn new() -> Self {
        Self::with(CAP, SHARE)
    }

    fn with(cap: usize, share: usize) -> Self {
        Self {
            open: Bounded::new(MEMORY, cap),
            by_secret: Bounded::new(MEMORY, cap),
            by_user_code: Bounded::new(MEMORY, cap),
            by_opener: Bounded::new(MEMORY, cap),
            share,
        }
    }

    pub(super) fn insert(&mut self, id: &str, kept: Kept, secret: [u8; 32], opener: String, now: Timestamp) {
        let mut own = self.by_opener.take(&opener, now).unwrap_or_default();
        own.retain(|id| self.open.get(id, now).is_some());
        while own.len() >= self.share {
            if let Some(oldest) = own.pop_front() {
                self.open.take(&oldest, now);
            }
        }
        own.push_back(id.to_owned());
        self.by_opener.insert(opener, own, now);
        self.by_secret.insert(secret, id.to_owned(), now);
        if let Some(user_code) = &kept.user_code {
            self.by_user_code.insert(user_code.clone(), id.to_owned(), now);
        }
        self.open.insert(id.to_owned(), kept, now);
    }

    pub(super) fn get(&self, id: &str, now: Timestamp) -> Option<&Kept> {
        self.open.get(&id.to_owned(), now)
    }

    pub(super) fn get_mut(&mut self, id: &str, now: Timestamp) -> Option<&mut Kept> {
        self.open.get_mut(&id.to_owned(), now)
    }

    pub(super) fn of_secret(&self, secret: &[u8; 32], now: Timestamp) -> Option<String> {
        self.by_secret.get(secret, now).filter(|id| self.open.get(id, now).is_some()).cloned()
    }

    pub(super) fn of_user_code(&self, user_code: &str, now: Timestamp) -> Option<String> {
        let id = self.by_user_code.get(&user_code.to_owned(), now)?;
        self.open.get(id, now).is_some().then(|| id.clone())
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.by_secret.clear();
        self.by_user_code.clear();
        self.by_opener.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use vneid_auth::flow::pairing::{Ask, Pairing};

    use super::*;
    use crate::entropy::fingerprint;
    use crate::pairing::{browser, device};
    use crate::sso::House;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn kept(id: &str, user_code: Option<&str>) -> Kept {
        let ask = Ask {
            transaction: id.to_owned(),
            browser: browser(id),
            relying_party: "portal".to_owned(),
            user_agent: String::new(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            policy: device(),
        };
        let machine = Pairing::start(ask, START);
        Kept { machine, house: House::Oidc, user_code: user_code.map(str::to_owned), browser: browser(id) }
    }

    #[test]
    fn d99_a_flood_from_one_place_takes_its_own_oldest_alone() {
        let mut book = Book::with(100, 3);
        book.insert("other", kept("other", Some("BCDFGHJK")), fingerprint("other"), "b".to_owned(), START);
        for n in 0..1_000 {
            let id = format!("flood-{n}");
            book.insert(&id, kept(&id, None), fingerprint(&id), "a".to_owned(), START);
        }
        assert!(book.get("other", START).is_some() && book.get("flood-999", START).is_some());
        assert_eq!(book.of_user_code("BCDFGHJK", START).as_deref(), Some("other"));
        assert!(book.get("flood-996", START).is_none() && book.get("flood-997", START).is_some());
        assert_eq!(book.of_secret(&fingerprint("flood-1"), START), None);
        let later = START.plus(MEMORY);
        assert!(book.get("other", later).is_none() && book.of_user_code("BCDFGHJK", later).is_none());
    }
}
