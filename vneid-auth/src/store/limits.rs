//! How often a thing may happen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::time::{Clock, Timestamp};

/// At most so many in so long a time, counted from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted; limits of different names do not share counts.
    pub name: &'static str,
    /// How many are allowed.
    pub count: u32,
    /// In how long a time.
    pub per: Duration,
}

/// What a limit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// Not before this long.
    Wait(Duration),
}

/// Counts what happens, over all instances of a portal.
#[async_trait]
pub trait Limits: Send + Sync {
    /// Counts one more for this subject (an address, a hash of an account or a phone) and says whether it is within the
    /// limit. Counting and asking are one step.
    ///
    /// # Errors
    /// When the counts cannot be reached; the caller then refuses.
    async fn count(&self, limit: &Limit, subject: &str) -> Result<Verdict, StoreError>;

    /// Whether one more would be within the limit; counts nothing. For what is counted only when it goes wrong.
    ///
    /// # Errors
    /// When the counts cannot be reached; the caller then refuses.
    async fn look(&self, limit: &Limit, subject: &str) -> Result<Verdict, StoreError>;
}

/// How many counts a [`MemoryLimits`] holds.
const CAPACITY: usize = 100_000;

/// [`Limits`] in memory, for one process.
pub struct MemoryLimits {
    clock: Arc<dyn Clock>,
    windows: Mutex<HashMap<(&'static str, String), Window>>,
}

struct Window {
    ends_at: Timestamp,
    count: u32,
}

impl MemoryLimits {
    /// No counts yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, windows: Mutex::default() }
    }
}

#[async_trait]
impl Limits for MemoryLimits {
    async fn count(&self, limit: &Limit, subject: &str) -> Result<Verdict, StoreError> {
        let now = self.clock.now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (limit.name, subject.to_owned());
        if windows.len() >= CAPACITY && !windows.contains_key(&key) {
            windows.retain(|_, window| window.ends_at > now);
            if windows.len() >= CAPACITY {
                return Err(StoreError::Full);
            }
        }
        let window = windows.entry(key).or_insert(Window { ends_at: now.plus(limit.per), count: 0 });
        if window.ends_at <= now {
            *window = Window { ends_at: now.plus(limit.per), count: 0 };
        }
        if window.count >= limit.count {
            return Ok(Verdict::Wait(window.ends_at.since(now)));
        }
        window.count += 1;
        Ok(Verdict::Allowed)
    }

    async fn look(&self, limit: &Limit, subject: &str) -> Result<Verdict, StoreError> {
        let now = self.clock.now();
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let full = windows
            .get(&(limit.name, subject.to_owned()))
            .filter(|window| window.ends_at > now && window.count >= limit.count);
        Ok(full.map_or(Verdict::Allowed, |window| Verdict::Wait(window.ends_at.since(now))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite::{HandClock, run_limits};

    #[tokio::test]
    async fn does_what_every_counter_must() {
        let clock = HandClock::default();
        run_limits(&MemoryLimits::new(Arc::new(clock.clone())), &clock).await;
    }
}
