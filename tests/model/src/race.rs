//! A record in a store, and the requests that race for it: the drive rule of `vneid_auth::flow` cut into its steps.
//!
//! A request loads the record and asks the machine, which is one step; some other time it saves, which is another, and
//! only then its effects happen. Between the two anything may happen: other requests, time, the death of the server. A
//! save succeeds only on the record that was loaded.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

/// As many requests as may be between their load and their save.
const AT_ONCE: usize = 2;

/// A machine, as the store keeps it.
#[derive(Clone, Debug)]
pub struct Kept<M> {
    pub machine: Arc<M>,
    print: u64,
}

impl<M: Serialize> Kept<M> {
    pub fn new(machine: M) -> Self {
        let stored = serde_json::to_vec(&machine).expect("a machine serialises");
        let mut hasher = std::hash::DefaultHasher::new();
        stored.hash(&mut hasher);
        Self { machine: Arc::new(machine), print: hasher.finish() }
    }
}

impl<M: PartialEq> PartialEq for Kept<M> {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print && self.machine == other.machine
    }
}

impl<M: PartialEq> Eq for Kept<M> {}

impl<M> Hash for Kept<M> {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.print.hash(to);
    }
}

/// What a machine said to a request that has not saved yet. `W` is what the model wants to know of the request then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<M: PartialEq, W> {
    pub what: W,
    pub next: Kept<M>,
}

/// The record and who races for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race<M: PartialEq, W> {
    pub record: Kept<M>,
    pub out: Vec<Said<M, W>>,
    /// Requests that will find the record changed when they save.
    pub losing: u8,
}

impl<M: PartialEq, W: Hash> Hash for Race<M, W> {
    fn hash<H: Hasher>(&self, to: &mut H) {
        self.record.hash(to);
        self.losing.hash(to);
        for said in &self.out {
            said.what.hash(to);
            said.next.hash(to);
        }
    }
}

impl<M: Serialize + PartialEq, W: Clone + Ord> Race<M, W> {
    pub fn new(machine: M) -> Self {
        Self { record: Kept::new(machine), out: Vec::new(), losing: 0 }
    }

    /// Whether no race is on. Only then does the world go on, or another request begin: whoever wins a race is tried,
    /// and as whoever loses changes nothing, it makes no difference what happens while two wait.
    pub fn is_calm(&self) -> bool {
        self.out.len() + usize::from(self.losing) < AT_ONCE
    }

    /// A request has loaded the record and asked; this was the answer.
    pub fn begin(&mut self, what: W, next: M) {
        self.out.push(Said { what, next: Kept::new(next) });
        self.out.sort_by(|one, other| (&one.what, one.next.print).cmp(&(&other.what, other.next.print)));
    }

    /// A request saves. Whoever loaded what it replaces will lose; where the store does not compare, nobody does.
    pub fn save(&mut self, at: usize, compare_and_swap: bool) -> W {
        let said = self.out.remove(at);
        self.record = said.next;
        if compare_and_swap {
            self.losing += u8::try_from(self.out.len()).expect("few");
            self.out.clear();
        }
        said.what
    }

    /// A request dies with its server before it saves.
    pub fn drop(&mut self, at: usize) {
        self.out.remove(at);
    }
}
