//! What a provider publishes, kept for a while: one fetch at a time, the last good one kept, a failing provider not
//! hammered.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use super::call::CallReason;
use super::jwks::KeySetReason;
use super::metadata::MetadataReason;
use crate::error::{Code, Error};
use crate::time::{Clock, Timestamp};

/// With nothing to serve, a failed fetch is repeated only after this: a burst of logins is one call, and a provider
/// that comes back is found within seconds.
const PAUSE: Duration = Duration::from_secs(2);

/// With something old to serve there is less hurry.
const PAUSE_WITH_OLD: Duration = Duration::from_secs(30);

/// Something older than this is not served, however long the provider is down.
const OLDEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Why what a provider publishes could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchReason {
    /// The call brought no usable answer.
    #[error("{0}")]
    Call(#[from] CallReason),
    /// The metadata are not those of a provider that we can use.
    #[error("{0}")]
    Metadata(#[from] MetadataReason),
    /// The key set holds no key that we can use.
    #[error("{0}")]
    Keys(#[from] KeySetReason),
}

impl FetchReason {
    pub(crate) fn into_error(self, asked_for: &str) -> Error {
        let nonsense = Error::new(Code::ProviderError, format!("{asked_for}: {self}"));
        match self {
            Self::Call(reason) => reason.into_error(asked_for, Code::ProviderError),
            Self::Metadata(reason) => nonsense.because(reason),
            Self::Keys(reason) => nonsense.because(reason),
        }
    }
}

/// One published thing and what is known of its fetching.
pub(crate) struct Cache<T> {
    fresh_for: Duration,
    state: RwLock<State<T>>,
    /// Held by whoever fetches.
    flight: Mutex<()>,
}

struct State<T> {
    good: Option<(Arc<T>, Timestamp)>,
    /// How many fetches have succeeded.
    generation: u64,
    failed: Option<(FetchReason, Timestamp)>,
}

/// The right to fetch.
pub(crate) struct Flight<'a>(#[expect(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

enum AtHand<T> {
    Fresh(Arc<T>),
    Old(Arc<T>),
    Failing(FetchReason),
    Nothing,
}

impl<T> Cache<T> {
    /// An empty cache whose content is fresh for so long.
    pub(crate) fn new(fresh_for: Duration) -> Self {
        let state = State { good: None, generation: 0, failed: None };
        Self { fresh_for, state: RwLock::new(state), flight: Mutex::new(()) }
    }

    /// What is kept when it is fresh; else what the fetch brings; else, when that fails, what is old.
    pub(crate) async fn get(
        &self,
        clock: &dyn Clock,
        fetch: impl Future<Output = Result<T, FetchReason>>,
    ) -> Result<Arc<T>, FetchReason> {
        let (flight, old) = match self.at_hand(clock.now()) {
            AtHand::Fresh(value) => return Ok(value),
            AtHand::Failing(reason) => return Err(reason),
            // Whoever finds a fetch under way takes the old one meanwhile.
            AtHand::Old(old) => match self.flight.try_lock() {
                Ok(guard) => (Flight(guard), Some(old)),
                Err(_) => return Ok(old),
            },
            AtHand::Nothing => (self.wait().await, None),
        };
        match self.at_hand(clock.now()) {
            AtHand::Fresh(value) => return Ok(value),
            AtHand::Failing(reason) => return Err(reason),
            AtHand::Old(_) | AtHand::Nothing => {}
        }
        let fetched = self.fetch(&flight, clock, fetch).await;
        fetched.or_else(|reason| old.ok_or(reason))
    }

    /// Waits for the right to fetch.
    pub(crate) async fn wait(&self) -> Flight<'_> {
        Flight(self.flight.lock().await)
    }

    /// Fetches, however fresh what is kept may be. A failure leaves that as it was.
    pub(crate) async fn fetch(
        &self,
        _flight: &Flight<'_>,
        clock: &dyn Clock,
        fetch: impl Future<Output = Result<T, FetchReason>>,
    ) -> Result<Arc<T>, FetchReason> {
        let fetched = fetch.await;
        let now = clock.now();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(value) => {
                let value = Arc::new(value);
                state.good = Some((Arc::clone(&value), now));
                state.generation = state.generation.wrapping_add(1);
                state.failed = None;
                Ok(value)
            }
            Err(reason) => {
                state.failed = Some((reason, now));
                Err(reason)
            }
        }
    }

    /// What is kept, however old, and which fetch brought it.
    pub(crate) fn kept(&self) -> (Option<Arc<T>>, u64) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        (state.good.as_ref().map(|(value, _)| Arc::clone(value)), state.generation)
    }

    fn at_hand(&self, now: Timestamp) -> AtHand<T> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let failed = |pause| state.failed.filter(|(_, at)| within(pause, *at, now)).map(|(reason, _)| reason);
        match &state.good {
            Some((value, at)) if within(self.fresh_for, *at, now) => AtHand::Fresh(Arc::clone(value)),
            Some((value, at)) if within(OLDEST, *at, now) => match failed(PAUSE_WITH_OLD) {
                Some(_) => AtHand::Fresh(Arc::clone(value)),
                None => AtHand::Old(Arc::clone(value)),
            },
            _ => failed(PAUSE).map_or(AtHand::Nothing, AtHand::Failing),
        }
    }
}

/// Whether no more than `duration` has passed since `then`. A clock that was set back must not make it last forever, so
/// a `then` that lies ahead counts as long ago.
pub(crate) fn within(duration: Duration, then: Timestamp, now: Timestamp) -> bool {
    then <= now && now < then.plus(duration)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::http::HttpFailure;
    use crate::provider::testing::TestClock;

    const DOWN: FetchReason = FetchReason::Call(CallReason::Http(HttpFailure::Connect));

    struct Source {
        cache: Cache<usize>,
        clock: TestClock,
        fetches: AtomicUsize,
    }

    impl Source {
        fn new() -> Self {
            let cache = Cache::new(Duration::from_secs(300));
            Self { cache, clock: TestClock::default(), fetches: AtomicUsize::new(0) }
        }

        async fn get(&self, up: bool) -> Result<usize, FetchReason> {
            let fetch = async {
                tokio::task::yield_now().await;
                let count = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
                if up { Ok(count) } else { Err(DOWN) }
            };
            self.cache.get(&self.clock, fetch).await.map(|value| *value)
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn many_who_ask_at_once_make_one_fetch() {
        let source = Source::new();
        let (a, b, c) = tokio::join!(source.get(true), source.get(true), source.get(true));
        assert_eq!((a, b, c, source.fetches()), (Ok(1), Ok(1), Ok(1), 1));
        source.clock.advance(Duration::from_millis(299_999));
        assert_eq!(source.get(true).await, Ok(1));
        source.clock.advance(Duration::from_millis(1));
        assert_eq!(source.get(true).await, Ok(2));
    }

    #[tokio::test]
    async fn a_provider_that_is_down_is_asked_once_in_two_seconds_and_found_when_it_is_back() {
        let source = Source::new();
        let (a, b) = tokio::join!(source.get(false), source.get(false));
        assert_eq!((a, b, source.fetches()), (Err(DOWN), Err(DOWN), 1));
        source.clock.advance(PAUSE);
        assert_eq!(source.get(true).await, Ok(2));
    }

    #[tokio::test]
    async fn the_last_good_one_serves_while_the_provider_is_down() {
        let source = Source::new();
        source.get(true).await.unwrap();
        source.clock.advance(Duration::from_secs(300));
        assert_eq!((source.get(false).await, source.get(false).await, source.fetches()), (Ok(1), Ok(1), 2));
        source.clock.advance(PAUSE_WITH_OLD);
        assert_eq!(source.get(true).await, Ok(3));
        source.clock.advance(OLDEST);
        assert_eq!(source.get(false).await, Err(DOWN));
    }

    #[tokio::test]
    async fn nobody_waits_for_a_fetch_while_there_is_an_old_one() {
        let source = Source::new();
        source.get(true).await.unwrap();
        source.clock.advance(Duration::from_secs(300));
        let hangs = source.cache.get(&source.clock, std::future::pending());
        tokio::select! {
            biased;
            _ = hangs => unreachable!(),
            second = source.get(true) => assert_eq!(second, Ok(1)),
        }
    }

    #[tokio::test]
    async fn a_clock_set_back_does_not_freeze_the_cache() {
        let source = Source::new();
        source.get(true).await.unwrap();
        source.clock.set_back(Duration::from_secs(3600));
        assert_eq!(source.get(true).await, Ok(2));
    }
}
