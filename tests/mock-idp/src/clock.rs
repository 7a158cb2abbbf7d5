//! The clock that everything here follows: another clock, moved or stopped by whoever tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use vneid_auth::time::{Clock, Timestamp};

use crate::sync::lock;

/// A clock that runs ahead of its base by an offset, or stands still.
pub(crate) struct MovableClock {
    base: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Default)]
struct State {
    offset_millis: i64,
    frozen: Option<Timestamp>,
}

impl MovableClock {
    /// Runs with the base until it is moved.
    pub(crate) fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, state: Mutex::default() }
    }

    /// Moves forward; a frozen clock stays frozen, later.
    pub(crate) fn advance(&self, by: Duration) {
        let mut state = lock(&self.state);
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        state.offset_millis = state.offset_millis.saturating_add(millis);
        state.frozen = state.frozen.map(|at| at.plus(by));
    }

    /// Stands still from now on.
    pub(crate) fn freeze(&self) {
        let now = self.now();
        lock(&self.state).frozen = Some(now);
    }

    /// Stands still at this time.
    pub(crate) fn freeze_at(&self, at: Timestamp) {
        lock(&self.state).frozen = Some(at);
    }

    /// Runs again, with what [`MovableClock::advance`] added.
    pub(crate) fn resume(&self) {
        lock(&self.state).frozen = None;
    }

    /// Runs with the base again.
    pub(crate) fn reset(&self) {
        *lock(&self.state) = State::default();
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let state = *lock(&self.state);
        let running = || Timestamp::from_unix_millis(self.base.now().unix_millis().saturating_add(state.offset_millis));
        state.frozen.unwrap_or_else(running)
    }
}
