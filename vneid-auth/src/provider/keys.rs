//! The keys that a provider signs with, kept and renewed (design.md, "Numbers").
//!
//! Kept for 300 s, one fetch at a time. A key id that is not among them re-fetches the set at once, and then not again
//! for 60 s whatever ids come, so that a stream of invented ids is one call to the provider. Old keys serve while the
//! provider is down, and an empty or unreadable set never replaces a good one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::algorithm::Algorithm;
use super::cache::{Cache, FetchReason, within};
use super::call;
use super::id_token::IdTokenReason;
use super::jwks::KeySet;
use super::jws::JwsReason;
use crate::error::Error;
use crate::http::HttpClient;
use crate::time::{Clock, Timestamp};

const FRESH_FOR: Duration = Duration::from_secs(300);

/// After a miss, the set is not fetched for another miss for so long.
const COOLDOWN: Duration = Duration::from_secs(60);

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeysReason {
    /// The provider's keys could not be had.
    #[error("{0}")]
    Fetch(#[from] FetchReason),
    /// The provider has no such key.
    #[error("the token's key is not among the provider's")]
    Unknown,
}

impl From<KeysReason> for Error {
    fn from(reason: KeysReason) -> Self {
        match reason {
            KeysReason::Fetch(reason) => reason.into_error("key set"),
            KeysReason::Unknown => IdTokenReason::from(JwsReason::UnknownKey).into(),
        }
    }
}

/// The keys of one provider.
pub(crate) struct Keys {
    cache: Cache<(Url, KeySet)>,
    id_tokens: MissBudget,
    logout_tokens: MissBudget,
}

/// How often a kind of token may have the key set fetched again. Each kind has one of its own, so that tokens that
/// anyone can post do not use up what a login needs.
#[derive(Default)]
struct MissBudget(Mutex<Option<Timestamp>>);

impl MissBudget {
    fn spend(&self, now: Timestamp) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.is_some_and(|at| within(COOLDOWN, at, now)) {
            return false;
        }
        *spent = Some(now);
        true
    }
}

/// What a token says of its key.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) algorithm: Algorithm,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { cache: Cache::new(FRESH_FOR), id_tokens: MissBudget::default(), logout_tokens: MissBudget::default() }
    }

    /// A key set in which the id_token's key is, or may yet be found ambiguous.
    pub(crate) async fn for_id_token(
        &self,
        http: &dyn HttpClient,
        clock: &dyn Clock,
        jwks_uri: &Url,
        wanted: Wanted<'_>,
    ) -> Result<Arc<(Url, KeySet)>, KeysReason> {
        self.find(&self.id_tokens, http, clock, jwks_uri, wanted).await
    }

    /// The same for a logout token. Anyone can post one, so the caller has checked all but its signature.
    pub(crate) async fn for_logout_token(
        &self,
        http: &dyn HttpClient,
        clock: &dyn Clock,
        jwks_uri: &Url,
        wanted: Wanted<'_>,
    ) -> Result<Arc<(Url, KeySet)>, KeysReason> {
        self.find(&self.logout_tokens, http, clock, jwks_uri, wanted).await
    }

    async fn find(
        &self,
        budget: &MissBudget,
        http: &dyn HttpClient,
        clock: &dyn Clock,
        jwks_uri: &Url,
        wanted: Wanted<'_>,
    ) -> Result<Arc<(Url, KeySet)>, KeysReason> {
        let fits = |kept: &(Url, KeySet)| kept.0 == *jwks_uri && kept.1.knows(wanted.id, wanted.algorithm);
        let (_, before) = self.cache.kept();
        let set = self.cache.get(clock, fetch(http, jwks_uri)).await?;
        if fits(&set) {
            return Ok(set);
        }
        let flight = self.cache.wait().await;
        let (kept, generation) = self.cache.kept();
        if let Some(set) = kept.filter(|set| fits(set)) {
            return Ok(set);
        }
        // A set that came while we asked is as new as one can be: fetching it once more would bring the same.
        let is_new = generation != before;
        if is_new || !budget.spend(clock.now()) {
            return Err(KeysReason::Unknown);
        }
        let set = self.cache.fetch(&flight, clock, fetch(http, jwks_uri)).await?;
        if fits(&set) { Ok(set) } else { Err(KeysReason::Unknown) }
    }
}

async fn fetch(http: &dyn HttpClient, jwks_uri: &Url) -> Result<(Url, KeySet), FetchReason> {
    let members = call::get(http, jwks_uri).await?;
    Ok((jwks_uri.clone(), KeySet::read(members)?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Code;
    use crate::http::HttpFailure;
    use crate::provider::call::CallReason;
    use crate::provider::jwks::KeySetReason;
    use crate::provider::testing::{FakeHttp, Signer, TestClock};

    const URI: &str = "https://id.example/oidc/jwks";
    const UNKNOWN: KeysReason = KeysReason::Unknown;

    struct World {
        http: FakeHttp,
        clock: TestClock,
        keys: Keys,
    }

    impl World {
        fn new(ids: &[&str]) -> Self {
            let world = Self { http: FakeHttp::default(), clock: TestClock::default(), keys: Keys::new() };
            world.publish(ids);
            world
        }

        fn publish(&self, ids: &[&str]) {
            let keys: Vec<Value> = ids.iter().map(|id| Signer::es256(id).jwk()).collect();
            self.http.json(URI, json!({ "keys": keys }));
        }

        async fn find(&self, id: &str) -> Result<(), KeysReason> {
            let wanted = Wanted { id: Some(id), algorithm: Algorithm::Es256 };
            let uri = Url::parse(URI).unwrap();
            self.keys.for_id_token(&self.http, &self.clock, &uri, wanted).await.map(drop)
        }

        fn after(&self, seconds: u64) {
            self.clock.advance(Duration::from_secs(seconds));
        }
    }

    #[tokio::test]
    async fn c79_a_rotated_key_is_found_after_one_fetch() {
        let world = World::new(&["a"]);
        world.find("a").await.unwrap();
        world.publish(&["b"]);
        world.find("b").await.unwrap();
        assert_eq!(world.http.count(URI), 2);
    }

    #[tokio::test]
    async fn c76_a_thousand_invented_ids_are_one_fetch_and_known_keys_stay() {
        let world = World::new(&["a"]);
        world.find("a").await.unwrap();
        for n in 0..1000 {
            assert_eq!(world.find(&format!("k{n}")).await, Err(UNKNOWN));
        }
        assert_eq!(world.http.count(URI), 2);
        world.find("a").await.unwrap();
        world.publish(&["b"]);
        world.after(59);
        assert_eq!(world.find("b").await, Err(UNKNOWN));
        world.after(1);
        world.find("b").await.unwrap();
        assert_eq!(world.http.count(URI), 3);
    }

    #[tokio::test]
    async fn c76_the_first_fetch_of_all_is_not_followed_by_a_second() {
        let world = World::new(&["a"]);
        let (x, y) = tokio::join!(world.find("x"), world.find("y"));
        assert_eq!((x, y), (Err(UNKNOWN), Err(UNKNOWN)));
        assert_eq!(world.http.count(URI), 1);
    }

    #[tokio::test]
    async fn c76_logout_tokens_do_not_use_up_what_a_login_needs() {
        let world = World::new(&["a"]);
        world.find("a").await.unwrap();
        let wanted = Wanted { id: Some("x"), algorithm: Algorithm::Es256 };
        let uri = Url::parse(URI).unwrap();
        for _ in 0..100 {
            let found = world.keys.for_logout_token(&world.http, &world.clock, &uri, wanted).await;
            assert_eq!(found.map(drop), Err(UNKNOWN));
        }
        assert_eq!(world.http.count(URI), 2);
        world.publish(&["b"]);
        world.find("b").await.unwrap();
        assert_eq!(world.http.count(URI), 3);
    }

    #[tokio::test]
    async fn c77_an_empty_or_broken_set_does_not_replace_a_good_one() {
        for bad in [json!({"keys": []}), json!({"keys": 1}), json!({})] {
            let world = World::new(&["a"]);
            world.find("a").await.unwrap();
            world.http.json(URI, bad);
            assert!(matches!(world.find("b").await, Err(KeysReason::Fetch(FetchReason::Keys(_)))));
            assert_eq!(world.find("b").await, Err(UNKNOWN));
            world.find("a").await.unwrap();
            assert_eq!(world.http.count(URI), 2);
        }
    }

    #[tokio::test]
    async fn c78_while_the_provider_is_down_known_keys_serve_and_unknown_ones_fail() {
        let world = World::new(&["a"]);
        world.find("a").await.unwrap();
        world.http.fail(URI, HttpFailure::Connect);
        world.after(300);
        world.find("a").await.unwrap();
        let down = FetchReason::Call(CallReason::Http(HttpFailure::Connect));
        assert_eq!(world.find("b").await, Err(KeysReason::Fetch(down)));
        assert_eq!(world.find("b").await, Err(UNKNOWN));
        assert_eq!(world.http.count(URI), 3);
    }

    #[tokio::test]
    async fn a_cold_start_says_what_is_wrong() {
        let world = World::new(&[]);
        assert_eq!(world.find("a").await, Err(KeysReason::Fetch(FetchReason::Keys(KeySetReason::NoUsableKey))));
        assert_eq!(Error::from(world.find("a").await.unwrap_err()).code(), Code::ProviderError);
        world.http.fail(URI, HttpFailure::Timeout);
        world.after(2);
        assert_eq!(Error::from(world.find("a").await.unwrap_err()).code(), Code::ProviderUnavailable);
    }
}
