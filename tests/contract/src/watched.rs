//! A store that a test looks into.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use vneid_auth::store::{Inserted, Key, MemoryStore, Record, Store, StoreError, Stored, Tag};
use vneid_auth::time::Timestamp;

use crate::SimClock;

/// A store that writes down what it is given.
pub struct Watched {
    inner: MemoryStore,
    seen: Mutex<Vec<u8>>,
}

impl Watched {
    pub fn new(clock: SimClock) -> Self {
        Self { inner: MemoryStore::new(Arc::new(clock)), seen: Mutex::default() }
    }

    /// Everything that it was given.
    pub fn seen(&self) -> Vec<u8> {
        self.seen.lock().unwrap().clone()
    }

    fn note(&self, key: &Key, bytes: &[u8], tags: &[Tag]) {
        let mut seen = self.seen.lock().unwrap();
        seen.extend_from_slice(key.hash.as_bytes());
        seen.extend_from_slice(bytes);
        tags.iter().for_each(|tag| seen.extend_from_slice(tag.0.as_bytes()));
    }
}

#[async_trait]
impl Store for Watched {
    async fn insert(&self, key: &Key, record: Record) -> Result<Inserted, StoreError> {
        self.note(key, &record.bytes, &record.tags);
        self.inner.insert(key, record).await
    }

    async fn load(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        self.inner.load(key).await
    }

    async fn replace(&self, key: &Key, version: u64, bytes: Bytes, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.note(key, &bytes, &[]);
        self.inner.replace(key, version, bytes, expires_at).await
    }

    async fn take(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.inner.take(key).await
    }

    async fn tagged(&self, tag: &Tag) -> Result<Vec<(Key, Bytes)>, StoreError> {
        self.inner.tagged(tag).await
    }

    async fn end(&self, tag: &Tag, at: Timestamp, remember_until: Timestamp) -> Result<u64, StoreError> {
        self.inner.end(tag, at, remember_until).await
    }
}
