//! The store as the portal uses it: values in, sealed records out.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Inserted, Key, Keys, Kind, Record, Store, Tag};
use crate::error::{Code, Error, Result};
use crate::flow::otp::CodeHash;
use crate::random::Randomness;
use crate::time::Timestamp;

/// Seals what goes into the store and opens what comes out. A record is found by secrets that only its owner holds, and
/// lies there under their hash: a dump of the store opens no session and ends no login.
pub(crate) struct Vault {
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    randomness: Arc<dyn Randomness>,
}

/// A value as it was loaded.
pub(crate) struct Loaded<T> {
    /// The value.
    pub(crate) value: T,
    key: Key,
    version: u64,
}

impl Vault {
    pub(crate) fn new(store: Arc<dyn Store>, keys: Arc<Keys>, randomness: Arc<dyn Randomness>) -> Self {
        Self { store, keys, randomness }
    }

    /// Keeps a new value, found by these secrets.
    pub(crate) async fn insert<T: Serialize>(
        &self,
        kind: Kind,
        found_by: &[&str],
        value: &T,
        expires_at: Timestamp,
        tags: Vec<Tag>,
        begun_at: Timestamp,
    ) -> Result<Inserted> {
        let key = key(kind, found_by);
        let bytes = self.seal(&key, value)?;
        Ok(self.store.insert(&key, Record { bytes, expires_at, tags, begun_at }).await?)
    }

    /// Reads a value; one that cannot be opened (damaged, or under a forgotten secret) is as if it were not there.
    pub(crate) async fn load<T: DeserializeOwned>(&self, kind: Kind, found_by: &[&str]) -> Result<Option<Loaded<T>>> {
        let key = key(kind, found_by);
        let Some(stored) = self.store.load(&key).await? else {
            return Ok(None);
        };
        let value = self.open(&key, &stored.bytes);
        Ok(value.map(|value| Loaded { value, key, version: stored.version }))
    }

    /// Writes a value back if nobody has changed or removed it since it was loaded; tells whether.
    pub(crate) async fn replace<T: Serialize>(
        &self,
        was: &Loaded<T>,
        value: &T,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let bytes = self.seal(&was.key, value)?;
        Ok(self.store.replace(&was.key, was.version, bytes, expires_at).await?)
    }

    /// Takes a value out; one caller gets it.
    pub(crate) async fn take<T: DeserializeOwned>(&self, kind: Kind, found_by: &[&str]) -> Result<Option<T>> {
        let key = key(kind, found_by);
        let bytes = self.store.take(&key).await?;
        Ok(bytes.and_then(|bytes| self.open(&key, &bytes)))
    }

    /// What there is of this kind with one of these tags; what cannot be opened is passed over.
    pub(crate) async fn tagged<T: DeserializeOwned>(&self, kind: Kind, tags: &[Tag]) -> Result<Vec<T>> {
        let mut values = Vec::new();
        for tag in tags {
            let records = self.store.tagged(tag).await?;
            let records = records.iter().filter(|(key, _)| key.kind == kind);
            values.extend(records.filter_map(|(key, bytes)| self.open(key, bytes)));
        }
        Ok(values)
    }

    /// How many records of this kind have this tag; none is opened.
    pub(crate) async fn count(&self, kind: Kind, tag: &Tag) -> Result<usize> {
        let records = self.store.tagged(tag).await?;
        Ok(records.iter().filter(|(key, _)| key.kind == kind).count())
    }

    /// The name under which a record lies: a hash, which finds nothing and tells nothing.
    pub(crate) fn name(kind: Kind, found_by: &[&str]) -> String {
        key(kind, found_by).hash
    }

    /// Ends everything with this tag that began by now.
    pub(crate) async fn end(&self, tag: &Tag, at: Timestamp, remember_until: Timestamp) -> Result<u64> {
        Ok(self.store.end(tag, at, remember_until).await?)
    }

    /// The tag under which records can be ended together.
    pub(crate) fn tag(&self, parts: &[&str]) -> Tag {
        Tag(self.keys.hash("tag", parts))
    }

    /// The same, and what it was called under the previous secret: what began then runs on.
    pub(crate) fn tags(&self, parts: &[&str]) -> Vec<Tag> {
        self.keys.hashes("tag", parts).into_iter().map(Tag).collect()
    }

    /// A keyed hash for this purpose: the same value gives the same hash, and without the secret nobody can try values.
    pub(crate) fn hash(&self, purpose: &str, parts: &[&str]) -> String {
        self.keys.hash(purpose, parts)
    }

    /// A one-time code as it rests: a keyed hash over what it is for and the code.
    pub(crate) fn code_hash(&self, parts: &[&str]) -> CodeHash {
        CodeHash::new(self.keys.mac("one-time code", parts))
    }

    fn seal<T: Serialize>(&self, key: &Key, value: &T) -> Result<bytes::Bytes> {
        let plain = serde_json::to_vec(value)
            .map_err(|error| Error::new(Code::ServiceUnavailable, "a record does not serialise").because(error))?;
        Ok(self.keys.seal(&context(key), &plain, self.randomness.as_ref())?)
    }

    fn open<T: DeserializeOwned>(&self, key: &Key, bytes: &[u8]) -> Option<T> {
        let plain = self.keys.open(&context(key), bytes);
        let value = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        if value.is_none() {
            tracing::warn!(kind = key.kind.name(), "a stored record cannot be opened and is passed over");
        }
        value
    }
}

/// The secrets have 256 bits, so a plain hash hides them, and a new portal secret loses nobody's session.
fn key(kind: Kind, found_by: &[&str]) -> Key {
    let mut text = kind.name().to_owned();
    for part in found_by {
        text.push('\n');
        text.push_str(part);
    }
    Key { kind, hash: URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes())) }
}

fn context(key: &Key) -> String {
    format!("{} {}", key.kind.name(), key.hash)
}
