//! How the instances of a portal tell each other to look again.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

/// What hears the hints of other instances.
pub type Hear = Box<dyn Fn(&str) + Send + Sync>;

/// Passes a word from one instance of the portal to all others: that a record has changed, by the hash that it lies
/// under. The word tells nothing and proves nothing; who hears it looks into the store.
///
/// A hint may be lost, doubled, or come late: whoever waits for it also looks by itself every few seconds.
#[async_trait]
pub trait Hints: Send + Sync {
    /// Tells the other instances.
    async fn tell(&self, hint: &str);

    /// Where the hints of other instances go. Called once, when the portal is put together; `hear` returns at once.
    fn listen(&self, hear: Hear);
}

/// [`Hints`] of a portal that runs as one instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHints;

#[async_trait]
impl Hints for NoHints {
    async fn tell(&self, _: &str) {}

    fn listen(&self, _: Hear) {}
}

/// [`Hints`] between portals of one process, which a test needs.
#[derive(Default)]
pub struct MemoryHints {
    listeners: Mutex<Vec<Hear>>,
}

impl MemoryHints {
    /// Nobody listens yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl fmt::Debug for MemoryHints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryHints")
    }
}

#[async_trait]
impl Hints for MemoryHints {
    async fn tell(&self, hint: &str) {
        for hear in self.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            hear(hint);
        }
    }

    fn listen(&self, hear: Hear) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(hear);
    }
}
