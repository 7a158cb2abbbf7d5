//! When the provider is asked, and by whom (RFC 8628 §3.5).
//!
//! Any instance of the portal may poll, and they share one schedule: whoever is due claims the next poll with an id drawn
//! for it and saves that by compare-and-swap, so one of them wins. The claim is a lease; when its holder dies, the lease
//! lapses and another may poll. An answer counts only from who holds the lease.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::time::Timestamp;

/// The interval when the provider names none (RFC 8628 §3.2).
const INTERVAL: Duration = Duration::from_secs(5);

/// No provider is asked more often than this, whatever interval it names.
const SHORTEST: Duration = Duration::from_secs(1);

/// What `slow_down` adds, for good (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// Backing off from a provider that cannot be reached doubles the wait up to this.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// How long a claimed poll may take: a call to the provider ends within 10 s (design.md), so its holder is gone.
const LEASE: Duration = Duration::from_secs(15);

/// One poll, by a random id drawn for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PollId(String);

impl From<String> for PollId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

/// When the next poll is due, and who holds the current one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schedule {
    interval: Duration,
    due_at: Timestamp,
    lease: Option<Lease>,
    /// Polls in a row that did not reach the provider.
    unreached: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    poll: PollId,
    until: Timestamp,
}

impl Schedule {
    /// The first poll is an interval away: nobody approves sooner.
    pub(super) fn start(interval: Option<Duration>, now: Timestamp) -> Self {
        let interval = interval.unwrap_or(INTERVAL).max(SHORTEST);
        Self { interval, due_at: now.plus(interval), lease: None, unreached: 0 }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// From when on somebody may poll.
    pub(super) fn due_at(&self) -> Timestamp {
        self.lease.as_ref().map_or(self.due_at, |lease| self.due_at.max(lease.until))
    }

    /// With the next poll claimed.
    pub(super) fn claimed(&self, poll: &PollId, now: Timestamp) -> Result<Self, Refusal> {
        if let Some(lease) = self.lease.as_ref().filter(|lease| now < lease.until) {
            return Err(Refusal::Leased { retry_after: lease.until.since(now) });
        }
        if now < self.due_at {
            return Err(Refusal::NotDue { retry_after: self.due_at.since(now) });
        }
        let lease = Some(Lease { poll: poll.clone(), until: now.plus(LEASE) });
        // Should no answer come at all, the interval runs from the question.
        Ok(Self { due_at: now.plus(self.interval), lease, ..self.clone() })
    }

    /// Whether this poll's answer counts.
    pub(super) fn is_held_by(&self, poll: &PollId) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.poll == *poll)
    }

    /// After an answer that leaves everything open.
    pub(super) fn answered(&self, retry_after: Option<Duration>, now: Timestamp) -> Self {
        let wait = self.interval.max(retry_after.unwrap_or_default());
        Self { due_at: now.plus(wait), lease: None, unreached: 0, ..self.clone() }
    }

    /// After `slow_down`.
    pub(super) fn slowed(&self, retry_after: Option<Duration>, now: Timestamp) -> Self {
        let slower = Self { interval: self.interval.saturating_add(SLOWER), ..self.clone() };
        slower.answered(retry_after, now)
    }

    /// After a poll that did not reach the provider, or found it out of service.
    pub(super) fn unreached(&self, retry_after: Option<Duration>, now: Timestamp) -> Self {
        let unreached = self.unreached.saturating_add(1);
        let doubled = self.interval.saturating_mul(2_u32.saturating_pow(unreached));
        let wait = doubled.min(LONGEST_BACK_OFF).max(self.interval).max(retry_after.unwrap_or_default());
        Self { due_at: now.plus(wait), lease: None, unreached, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    fn seconds(n: u64) -> Option<Duration> {
        Some(Duration::from_secs(n))
    }

    #[test]
    fn c162_five_seconds_unless_the_provider_says_otherwise() {
        for (named, due) in [(None, 5), (seconds(7), 7), (seconds(0), 1)] {
            assert_eq!(Schedule::start(named, START).due_at(), after(due), "{named:?}");
        }
    }

    #[test]
    fn c162_slow_down_is_for_good() {
        let slow = Schedule::start(None, START).slowed(None, after(5)).slowed(None, after(20));
        assert_eq!((slow.interval(), slow.due_at()), (Duration::from_secs(15), after(35)));
        assert_eq!(slow.answered(None, after(100)).due_at(), after(115));
    }

    #[test]
    fn c162_an_outage_doubles_the_wait_and_an_answer_ends_that() {
        let mut schedule = Schedule::start(None, START);
        for wait in [10, 20, 40, 60, 60] {
            schedule = schedule.unreached(None, START);
            assert_eq!(schedule.due_at(), after(wait));
        }
        assert_eq!(schedule.answered(None, START).unreached(None, START).due_at(), after(10));
        let long = Schedule::start(seconds(90), START);
        assert_eq!(long.unreached(None, START).due_at(), after(90), "never sooner than the interval");
    }

    #[test]
    fn c165_retry_after_is_waited_for_and_shortens_nothing() {
        let schedule = Schedule::start(None, START);
        assert_eq!(schedule.answered(seconds(30), START).due_at(), after(30));
        assert_eq!(schedule.answered(seconds(1), START).due_at(), after(5));
        assert_eq!(schedule.slowed(seconds(30), START).due_at(), after(30));
        assert_eq!(schedule.unreached(seconds(300), START).due_at(), after(300));
        assert_eq!(schedule.unreached(seconds(1), START).due_at(), after(10));
        let _ = schedule.answered(Some(Duration::MAX), START).due_at();
    }

    #[test]
    fn of_two_pollers_one_polls_and_a_dead_one_is_replaced() {
        let (one, two) = (PollId::from("one".to_owned()), PollId::from("two".to_owned()));
        let schedule = Schedule::start(None, START);
        let early = schedule.claimed(&one, after(4));
        assert_eq!(early, Err(Refusal::NotDue { retry_after: Duration::from_secs(1) }));
        let claimed = schedule.claimed(&one, after(5)).unwrap();
        let refused = claimed.claimed(&two, after(12));
        assert_eq!(refused, Err(Refusal::Leased { retry_after: Duration::from_secs(8) }));
        assert!(claimed.is_held_by(&one) && !claimed.is_held_by(&two));
        assert_eq!(claimed.due_at(), after(20));
        let taken_over = claimed.claimed(&two, after(20)).unwrap();
        assert!(taken_over.is_held_by(&two) && !taken_over.is_held_by(&one));
        let answered = taken_over.answered(None, after(21));
        assert!(!answered.is_held_by(&two), "an answer counts once");
    }

    #[test]
    fn c162_the_interval_holds_also_when_no_answer_comes_at_all() {
        let slow = Schedule::start(seconds(40), START);
        let claimed = slow.claimed(&"one".to_owned().into(), after(40)).unwrap();
        assert_eq!(claimed.due_at(), after(80), "the lease has lapsed long before");
    }
}
