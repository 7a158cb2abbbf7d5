//! A store in memory that lets others go first: before every step whoever else is ready has their turn, so that what
//! happens at once really does.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::yield_now;
use vneid_auth::store::{Inserted, Key, MemoryStore, Record, Store, StoreError, Stored, Tag};
use vneid_auth::time::Timestamp;

/// The store.
pub struct Yielding(pub MemoryStore);

async fn others() {
    for _ in 0..50 {
        yield_now().await;
    }
}

#[async_trait]
impl Store for Yielding {
    async fn insert(&self, key: &Key, record: Record) -> Result<Inserted, StoreError> {
        others().await;
        self.0.insert(key, record).await
    }

    async fn load(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        others().await;
        self.0.load(key).await
    }

    async fn replace(&self, key: &Key, version: u64, bytes: Bytes, expires_at: Timestamp) -> Result<bool, StoreError> {
        others().await;
        self.0.replace(key, version, bytes, expires_at).await
    }

    async fn take(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        others().await;
        self.0.take(key).await
    }

    async fn tagged(&self, tag: &Tag) -> Result<Vec<(Key, Bytes)>, StoreError> {
        others().await;
        self.0.tagged(tag).await
    }

    async fn end(&self, tag: &Tag, at: Timestamp, remember_until: Timestamp) -> Result<u64, StoreError> {
        others().await;
        self.0.end(tag, at, remember_until).await
    }
}
