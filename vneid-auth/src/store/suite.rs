//! What every store must do, as one suite run over each.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::{Inserted, Key, Kind, Limit, Limits, Record, Store, Tag, Verdict};
use crate::time::{Clock, Timestamp};

/// A clock that stands still until it is moved.
#[derive(Clone, Default)]
pub(crate) struct HandClock(Arc<AtomicI64>);

impl HandClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::SeqCst))
    }
}

fn key(name: &str) -> Key {
    Key { kind: Kind::Session, hash: name.to_owned() }
}

fn record(clock: &HandClock, text: &'static str, tags: &[&str]) -> Record {
    Record {
        bytes: Bytes::from_static(text.as_bytes()),
        expires_at: clock.now().plus(Duration::from_secs(60)),
        tags: tags.iter().map(|tag| Tag((*tag).to_owned())).collect(),
        begun_at: clock.now(),
    }
}

async fn text(store: &dyn Store, key: &Key) -> Option<String> {
    store.load(key).await.unwrap().map(|stored| String::from_utf8(stored.bytes.to_vec()).unwrap())
}

/// Runs the whole suite; `new` makes an empty store on this clock.
pub(crate) async fn run(new: impl Fn(HandClock) -> Arc<dyn Store>) {
    let clock = HandClock::default();
    let store = new(clock.clone());
    inserted_once(&*store, &clock).await;
    replaced_only_if_unchanged(&*store, &clock).await;
    expires(&*store, &clock).await;
    ends_by_tag(&*store, &clock).await;
    taken_by_one(new(clock.clone()), &clock).await;
}

async fn inserted_once(store: &dyn Store, clock: &HandClock) {
    let a = key("inserted");
    assert_eq!(store.insert(&a, record(clock, "one", &[])).await.unwrap(), Inserted::Kept);
    assert_eq!(store.insert(&a, record(clock, "two", &[])).await.unwrap(), Inserted::Exists);
    assert_eq!(text(store, &a).await.as_deref(), Some("one"));
    let other_kind = Key { kind: Kind::Login, ..a.clone() };
    assert_eq!(text(store, &other_kind).await, None, "kinds share no keys");
    assert_eq!(store.take(&a).await.unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(store.take(&a).await.unwrap(), None);
}

async fn replaced_only_if_unchanged(store: &dyn Store, clock: &HandClock) {
    let a = key("replaced");
    let until = clock.now().plus(Duration::from_secs(60));
    store.insert(&a, record(clock, "one", &[])).await.unwrap();
    let first = store.load(&a).await.unwrap().unwrap();
    assert!(store.replace(&a, first.version, "two".into(), until).await.unwrap());
    assert!(!store.replace(&a, first.version, "lost".into(), until).await.unwrap());
    assert_eq!(text(store, &a).await.as_deref(), Some("two"));
    let second = store.load(&a).await.unwrap().unwrap();
    store.take(&a).await.unwrap();
    assert!(!store.replace(&a, second.version, "zombie".into(), until).await.unwrap(), "nothing brings it back");
    assert_eq!(text(store, &a).await, None);
}

async fn expires(store: &dyn Store, clock: &HandClock) {
    let a = key("expires");
    store.insert(&a, record(clock, "one", &[])).await.unwrap();
    clock.advance(Duration::from_millis(59_999));
    let loaded = store.load(&a).await.unwrap().unwrap();
    assert!(store.replace(&a, loaded.version, "two".into(), clock.now().plus(Duration::from_secs(60))).await.unwrap());
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(text(store, &a).await.as_deref(), Some("two"));
    clock.advance(Duration::from_millis(1));
    assert_eq!(text(store, &a).await, None);
    assert_eq!(store.take(&a).await.unwrap(), None);
    assert_eq!(store.insert(&a, record(clock, "again", &[])).await.unwrap(), Inserted::Kept);
    store.take(&a).await.unwrap();
}

async fn ends_by_tag(store: &dyn Store, clock: &HandClock) {
    let tag = Tag("mine".to_owned());
    store.insert(&key("mine 1"), record(clock, "1", &["mine", "x"])).await.unwrap();
    store.insert(&key("mine 2"), record(clock, "2", &["mine"])).await.unwrap();
    store.insert(&key("other"), record(clock, "3", &["x"])).await.unwrap();
    let found = async |tag: &str| {
        let found = store.tagged(&Tag(tag.to_owned())).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|(key, bytes)| (key.hash, bytes)).collect();
        found.sort();
        found
    };
    let stored = |hash: &str, text: &'static str| (hash.to_owned(), Bytes::from_static(text.as_bytes()));
    assert_eq!(found("mine").await, [stored("mine 1", "1"), stored("mine 2", "2")]);
    assert_eq!(found("x").await, [stored("mine 1", "1"), stored("other", "3")]);
    assert_eq!(found("nobody's").await, []);
    let late = record(clock, "late", &["mine"]);
    clock.advance(Duration::from_secs(1));
    let remember_until = clock.now().plus(Duration::from_secs(10));
    assert_eq!(store.end(&tag, clock.now(), remember_until).await.unwrap(), 2);
    assert_eq!(text(store, &key("mine 1")).await, None);
    assert_eq!(found("mine").await, []);
    assert_eq!(found("x").await, [stored("other", "3")]);
    assert_eq!(text(store, &key("other")).await.as_deref(), Some("3"));
    assert_eq!(store.insert(&key("late"), late.clone()).await.unwrap(), Inserted::Ended, "it began before the end");
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.insert(&key("new"), record(clock, "new", &["mine"])).await.unwrap(), Inserted::Kept);
    assert_eq!(store.end(&tag, clock.now(), remember_until).await.unwrap(), 1);
    clock.advance(Duration::from_secs(10));
    assert_eq!(
        store
            .insert(&key("late"), Record { expires_at: clock.now().plus(Duration::from_secs(9)), ..late })
            .await
            .unwrap(),
        Inserted::Kept
    );
}

async fn taken_by_one(store: Arc<dyn Store>, clock: &HandClock) {
    let a = key("taken");
    store.insert(&a, record(clock, "one", &[])).await.unwrap();
    let takers: Vec<_> = (0..50)
        .map(|_| {
            let (store, a) = (store.clone(), a.clone());
            tokio::spawn(async move { store.take(&a).await.unwrap().is_some() })
        })
        .collect();
    let mut taken = 0;
    for taker in takers {
        taken += usize::from(taker.await.unwrap());
    }
    assert_eq!(taken, 1);
}

/// What every counter must do.
pub(crate) async fn run_limits(limits: &dyn Limits, clock: &HandClock) {
    let limit = Limit { name: "tries", count: 3, per: Duration::from_secs(60) };
    for _ in 0..3 {
        assert_eq!(limits.count(&limit, "a").await.unwrap(), Verdict::Allowed);
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(limits.count(&limit, "a").await.unwrap(), Verdict::Wait(Duration::from_secs(57)));
    assert_eq!(limits.count(&limit, "b").await.unwrap(), Verdict::Allowed);
    let other = Limit { name: "sends", ..limit };
    assert_eq!(limits.count(&other, "a").await.unwrap(), Verdict::Allowed);
    clock.advance(Duration::from_secs(57));
    assert_eq!(limits.count(&limit, "a").await.unwrap(), Verdict::Allowed);
}
