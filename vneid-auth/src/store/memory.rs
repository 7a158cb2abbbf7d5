//! A store in memory, for one process: bounded, and gone at the end of it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Inserted, Key, Record, Store, StoreError, Stored, Tag};
use crate::time::{Clock, Timestamp};

/// How many records a [`MemoryStore`] holds unless told otherwise.
const CAPACITY: usize = 200_000;

/// A [`Store`] in memory.
///
/// When it is full of records that have not expired, new ones are refused: what is open goes on, nobody's login is
/// thrown out for another's.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    slots: HashMap<Key, Slot>,
    by_expiry: BTreeSet<(Timestamp, Key)>,
    keys_of_tag: HashMap<Tag, HashSet<Key>>,
    ended: HashMap<Tag, End>,
    version: u64,
}

struct Slot {
    bytes: Bytes,
    version: u64,
    expires_at: Timestamp,
    tags: Vec<Tag>,
}

struct End {
    at: Timestamp,
    remember_until: Timestamp,
}

impl MemoryStore {
    /// An empty store for up to 200,000 records.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_capacity(clock, CAPACITY)
    }

    /// An empty store for up to so many records, and as many remembered ends.
    pub fn with_capacity(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        Self { clock, capacity, state: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        // Every change is a few map operations that cannot panic, so a poisoned lock still holds whole records.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        state.drop_expired(now);
        work(&mut state, now)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn insert(&self, key: &Key, record: Record) -> Result<Inserted, StoreError> {
        self.with(|state, now| {
            if state.slots.contains_key(key) {
                return Ok(Inserted::Exists);
            }
            let covers = |end: &End| end.remember_until > now && end.at >= record.begun_at;
            let ended = |tag| state.ended.get(tag).is_some_and(covers);
            if record.tags.iter().any(ended) {
                return Ok(Inserted::Ended);
            }
            if state.slots.len() >= self.capacity {
                return Err(StoreError::Full);
            }
            state.put(key, record);
            Ok(Inserted::Kept)
        })
    }

    async fn load(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        Ok(self.with(|state, _| {
            state.slots.get(key).map(|slot| Stored { bytes: slot.bytes.clone(), version: slot.version })
        }))
    }

    async fn replace(&self, key: &Key, version: u64, bytes: Bytes, expires_at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.with(|state, _| {
            let next = state.next_version();
            let Some(slot) = state.slots.get_mut(key).filter(|slot| slot.version == version) else {
                return false;
            };
            state.by_expiry.remove(&(slot.expires_at, key.clone()));
            state.by_expiry.insert((expires_at, key.clone()));
            (slot.bytes, slot.version, slot.expires_at) = (bytes, next, expires_at);
            true
        }))
    }

    async fn take(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        Ok(self.with(|state, _| state.remove(key).map(|slot| slot.bytes)))
    }

    async fn tagged(&self, tag: &Tag) -> Result<Vec<(Key, Bytes)>, StoreError> {
        Ok(self.with(|state, _| {
            let keys = state.keys_of_tag.get(tag).into_iter().flatten();
            keys.filter_map(|key| Some((key.clone(), state.slots.get(key)?.bytes.clone()))).collect()
        }))
    }

    async fn end(&self, tag: &Tag, at: Timestamp, remember_until: Timestamp) -> Result<u64, StoreError> {
        self.with(|state, now| {
            state.ended.retain(|_, end| end.remember_until > now);
            // Forgetting an end could let a dead session in, so a full memory refuses rather than forgets.
            if state.ended.len() >= self.capacity && !state.ended.contains_key(tag) {
                return Err(StoreError::Full);
            }
            let end = state.ended.entry(tag.clone()).or_insert(End { at, remember_until });
            end.at = end.at.max(at);
            end.remember_until = end.remember_until.max(remember_until);
            let keys = state.keys_of_tag.get(tag).cloned().unwrap_or_default();
            Ok(keys.iter().filter_map(|key| state.remove(key)).count() as u64)
        })
    }
}

impl State {
    fn next_version(&mut self) -> u64 {
        self.version = self.version.wrapping_add(1);
        self.version
    }

    fn put(&mut self, key: &Key, record: Record) {
        let version = self.next_version();
        self.by_expiry.insert((record.expires_at, key.clone()));
        for tag in &record.tags {
            self.keys_of_tag.entry(tag.clone()).or_default().insert(key.clone());
        }
        let slot = Slot { bytes: record.bytes, version, expires_at: record.expires_at, tags: record.tags };
        self.slots.insert(key.clone(), slot);
    }

    fn remove(&mut self, key: &Key) -> Option<Slot> {
        let slot = self.slots.remove(key)?;
        self.by_expiry.remove(&(slot.expires_at, key.clone()));
        for tag in &slot.tags {
            if let Some(keys) = self.keys_of_tag.get_mut(tag) {
                keys.remove(key);
                if keys.is_empty() {
                    self.keys_of_tag.remove(tag);
                }
            }
        }
        Some(slot)
    }

    fn drop_expired(&mut self, now: Timestamp) {
        while let Some((expires_at, key)) = self.by_expiry.first().cloned() {
            if expires_at > now {
                break;
            }
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::Kind;
    use crate::store::suite::{HandClock, run};

    #[tokio::test]
    async fn does_what_every_store_must() {
        run(|clock| Arc::new(MemoryStore::new(Arc::new(clock)))).await;
    }

    #[tokio::test]
    async fn is_bounded_and_throws_nothing_out() {
        let clock = HandClock::default();
        let store = MemoryStore::with_capacity(Arc::new(clock.clone()), 2);
        let record = || Record {
            bytes: Bytes::from_static(b"x"),
            expires_at: clock.now().plus(Duration::from_secs(60)),
            tags: vec![],
            begun_at: clock.now(),
        };
        let key = |name: &str| Key { kind: Kind::Login, hash: name.to_owned() };
        for name in ["a", "b"] {
            assert_eq!(store.insert(&key(name), record()).await.unwrap(), Inserted::Kept);
        }
        assert!(matches!(store.insert(&key("c"), record()).await, Err(StoreError::Full)));
        assert!(store.load(&key("a")).await.unwrap().is_some());
        clock.advance(Duration::from_secs(60));
        assert_eq!(store.insert(&key("c"), record()).await.unwrap(), Inserted::Kept);
    }
}
