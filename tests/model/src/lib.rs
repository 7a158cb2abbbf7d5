//! Walks every reachable state of `flow::pairing`, `flow::device_pairing`, `flow::otp`, and of `flow::resolution` with
//! `flow::linking`, by calling the machines that
//! ship, and looks in each for what flows.md says must never happen.
//!
//! The world around a machine is as bad as it may be: two browsers, two phones, an attacker who has seen every payload
//! that was ever shown and sends anything at any time; requests that race, repeat, get lost, and save late; a clock that
//! steps forward and once back. The models keep their own account of what happened, from the effects that were carried
//! out, and hold it against the rules; they do not believe the machine's state. Policies are short, or ticks long, so that
//! every time ends on a tick and `<` and `<=` are told apart.
//!
//! A time is when a request asked the machine, not when it saved: between the two lie milliseconds, and the rules are the
//! machine's to keep, not the network's.

pub mod accounts;
pub mod device_pairing;
pub mod otp;
pub mod pairing;
mod race;

use std::fmt::Debug;
use std::hash::Hash;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model, Property};
use vneid_auth::time::Timestamp;

/// One of two browsers or phones: whose the pairing is, and the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    One,
    Other,
}

impl Who {
    pub const BOTH: [Self; 2] = [Self::One, Self::Other];
}

/// A model's time as the machines read it, in ticks of this many seconds.
pub(crate) fn at(ticks: u8, tick: u64) -> Timestamp {
    Timestamp::from_unix_seconds(1_000_000).plus(Duration::from_secs(u64::from(ticks) * tick))
}

/// Longer than any walk: for times that a model does not look at.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// What a walk came to.
#[derive(Debug)]
pub struct Walk {
    pub name: &'static str,
    pub states: usize,
    pub steps: usize,
    pub took: Duration,
    /// Properties that do not hold, each with the shortest way there.
    pub failed: Vec<(&'static str, String)>,
}

/// Visits every reachable state, or stops at the first that is forbidden.
pub fn walk<M>(name: &'static str, model: M) -> Walk
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    let begun = Instant::now();
    let properties: Vec<Property<M>> = model.properties();
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let failed = properties.iter().filter_map(|property| {
        let path = discoveries.get(property.name);
        if property.expectation.discovery_is_failure() {
            path.map(|path| (property.name, format!("{:#?}", path.clone().into_actions())))
        } else {
            path.is_none().then(|| (property.name, "no state has this".to_owned()))
        }
    });
    Walk {
        name,
        failed: failed.collect(),
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        took: begun.elapsed(),
    }
}

impl Walk {
    /// Passes on the numbers.
    ///
    /// # Panics
    /// When a property does not hold.
    pub fn hold(self) -> Self {
        for (property, path) in &self.failed {
            eprintln!("{}: {property}: {path}", self.name);
        }
        let failed: Vec<&str> = self.failed.iter().map(|(property, _)| *property).collect();
        assert!(failed.is_empty(), "{}: {failed:?}", self.name);
        println!("{self}");
        self
    }
}

impl std::fmt::Display for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.took.as_secs_f32();
        write!(f, "{:<40} {:>9} states {:>10} steps {seconds:>6.1} s", self.name, self.states, self.steps)
    }
}
