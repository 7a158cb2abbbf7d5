//! Parts that fail when a test says so, and work again when it says so.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Barrier;
use vneid_auth::account::{Account, Accounts, AccountsUnavailable, By, MemoryAccounts, Saved};
use vneid_auth::error::RandomnessFailed;
use vneid_auth::identity::AccountId;
use vneid_auth::random::{Randomness, SystemRandomness};
use vneid_auth::store::{
    Inserted, Key, Kind, Limit, Limits, MemoryLimits, MemoryStore, Record, Store, StoreError, Stored, Tag, Verdict,
};
use vneid_auth::time::Timestamp;

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Insert(Kind),
    Load(Kind),
    /// What is read arrives late, so that whoever reads at once has read before anybody writes.
    Slow(Kind),
    Replace(Kind),
    Take(Kind),
    /// New records are refused, as a full store does.
    Full,
    Tagged,
    End,
    Count,
    /// Accounts cannot be read.
    Find,
    /// Nor written.
    Save,
    Randomness,
}

/// A store, limits, accounts and randomness in memory, which fail on demand.
pub struct Faulty {
    fault: Mutex<Option<Fault>>,
    store: MemoryStore,
    limits: MemoryLimits,
    accounts: MemoryAccounts,
    meeting: Option<Barrier>,
}

impl Faulty {
    pub fn new(clock: crate::SimClock) -> Self {
        let clock = std::sync::Arc::new(clock);
        Self {
            fault: Mutex::new(None),
            store: MemoryStore::new(clock.clone()),
            limits: MemoryLimits::new(clock),
            accounts: MemoryAccounts::new(),
            meeting: None,
        }
    }

    /// Whoever ends sessions waits there until so many do.
    pub fn meeting(mut self, parties: usize) -> Self {
        self.meeting = Some(Barrier::new(parties));
        self
    }

    /// From now on this fails; nothing else does.
    pub fn set(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }

    fn fails(&self, fault: Fault) -> bool {
        *self.fault.lock().unwrap() == Some(fault)
    }

    fn check(&self, fault: Fault) -> Result<(), StoreError> {
        if self.fails(fault) { Err(StoreError::Unavailable("the test says so: xxinternalxx".into())) } else { Ok(()) }
    }

    fn check_accounts(&self, fault: Fault) -> Result<(), AccountsUnavailable> {
        if self.fails(fault) { Err(AccountsUnavailable("the test says so: xxinternalxx".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for Faulty {
    async fn insert(&self, key: &Key, record: Record) -> Result<Inserted, StoreError> {
        self.check(Fault::Insert(key.kind))?;
        if self.fails(Fault::Full) {
            return Err(StoreError::Full);
        }
        self.store.insert(key, record).await
    }

    async fn load(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        self.check(Fault::Load(key.kind))?;
        let stored = self.store.load(key).await;
        if self.fails(Fault::Slow(key.kind)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stored
    }

    async fn replace(&self, key: &Key, version: u64, bytes: Bytes, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.check(Fault::Replace(key.kind))?;
        self.store.replace(key, version, bytes, expires_at).await
    }

    async fn take(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.check(Fault::Take(key.kind))?;
        self.store.take(key).await
    }

    async fn tagged(&self, tag: &Tag) -> Result<Vec<(Key, Bytes)>, StoreError> {
        self.check(Fault::Tagged)?;
        self.store.tagged(tag).await
    }

    async fn end(&self, tag: &Tag, at: Timestamp, remember_until: Timestamp) -> Result<u64, StoreError> {
        self.check(Fault::End)?;
        if let Some(meeting) = &self.meeting {
            meeting.wait().await;
        }
        self.store.end(tag, at, remember_until).await
    }
}

#[async_trait]
impl Limits for Faulty {
    async fn count(&self, limit: &Limit, subject: &str) -> Result<Verdict, StoreError> {
        self.check(Fault::Count)?;
        self.limits.count(limit, subject).await
    }

    async fn look(&self, limit: &Limit, subject: &str) -> Result<Verdict, StoreError> {
        self.check(Fault::Count)?;
        self.limits.look(limit, subject).await
    }
}

#[async_trait]
impl Accounts for Faulty {
    async fn find(&self, by: By<'_>) -> Result<Option<Account>, AccountsUnavailable> {
        self.check_accounts(Fault::Find)?;
        self.accounts.find(by).await
    }

    async fn save(&self, accounts: &[Account]) -> Result<Saved, AccountsUnavailable> {
        self.check_accounts(Fault::Save)?;
        self.accounts.save(accounts).await
    }

    async fn remove(&self, id: &AccountId) -> Result<bool, AccountsUnavailable> {
        self.check_accounts(Fault::Save)?;
        self.accounts.remove(id).await
    }

    async fn new_id(&self, randomness: &dyn Randomness) -> Result<AccountId, AccountsUnavailable> {
        self.accounts.new_id(randomness).await
    }
}

impl Randomness for Faulty {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomnessFailed> {
        if self.fails(Fault::Randomness) { Err(RandomnessFailed) } else { SystemRandomness.fill(out) }
    }
}
