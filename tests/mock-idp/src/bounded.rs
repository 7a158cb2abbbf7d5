//! A map that forgets: entries live for a time, and the oldest go when it is full (memory stays bounded under any load).

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use vneid_auth::time::Timestamp;

/// A map with a lifetime for its entries and a cap on their number.
pub(crate) struct Bounded<K, V> {
    entries: HashMap<K, (Timestamp, V)>,
    // Oldest first; may name entries that were taken out, until it is swept.
    order: VecDeque<K>,
    lifetime: Duration,
    cap: usize,
}

impl<K: Eq + Hash + Clone, V> Bounded<K, V> {
    /// Entries live this long, and there are at most `cap` of them.
    pub(crate) fn new(lifetime: Duration, cap: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), lifetime, cap }
    }

    /// Puts an entry in; the expired go, and the oldest when there is no room.
    pub(crate) fn insert(&mut self, key: K, value: V, now: Timestamp) {
        self.make_room(now);
        if self.entries.insert(key.clone(), (now.plus(self.lifetime), value)).is_none() {
            self.order.push_back(key);
        }
    }

    /// The living entry.
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<&V> {
        self.entries.get(key).filter(|(expires_at, _)| now < *expires_at).map(|(_, value)| value)
    }

    /// The living entry, to change.
    pub(crate) fn get_mut(&mut self, key: &K, now: Timestamp) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|(expires_at, _)| now < *expires_at).map(|(_, value)| value)
    }

    /// Takes the entry out; nothing when its life is over.
    pub(crate) fn take(&mut self, key: &K, now: Timestamp) -> Option<V> {
        self.entries.remove(key).filter(|(expires_at, _)| now < *expires_at).map(|(_, value)| value)
    }

    /// Keeps what the test says.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.entries.retain(|_, (_, value)| keep(value));
    }

    /// What is alive.
    pub(crate) fn living(&self, now: Timestamp) -> Vec<V>
    where
        V: Clone,
    {
        let alive = self.entries.values().filter(|(expires_at, _)| now < *expires_at);
        alive.map(|(_, value)| value.clone()).collect()
    }

    /// How many entries are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.order.clear();
    }

    fn make_room(&mut self, now: Timestamp) {
        while let Some(oldest) = self.order.front() {
            let over = self.entries.get(oldest).is_none_or(|(expires_at, _)| now >= *expires_at);
            if !over && self.entries.len() < self.cap {
                break;
            }
            self.entries.remove(oldest);
            self.order.pop_front();
        }
        if self.order.len() > 2 * self.entries.len() + 64 {
            let entries = &self.entries;
            self.order.retain(|key| entries.contains_key(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    #[test]
    fn d99_entries_go_by_age_and_by_number() {
        let mut map = Bounded::new(Duration::from_secs(60), 3);
        for n in 0..5 {
            map.insert(n, n, START);
        }
        assert_eq!((map.len(), map.get(&1, START), map.get(&2, START)), (3, None, Some(&2)));
        let later = START.plus(Duration::from_secs(60));
        assert_eq!(map.get(&4, later), None);
        map.insert(9, 9, later);
        assert_eq!(map.len(), 1);
        for n in 0..10_000 {
            map.insert(n, n, later);
            map.take(&n, later);
        }
        assert!(map.order.len() < 200);
    }
}
