//! A pairing's Server-Sent Events: at once, one a change, never losing the end; over several instances of a portal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use vneid_auth::portal::{Portal, PortalBuilder};
use vneid_auth::store::{Hints, MemoryHints, MemoryStore, Store};
use vneid_auth::time::Clock as _;
use vneid_auth_axum::router;
use vneid_contract_tests::evil::{Evil, Part, Says};
use vneid_contract_tests::evil_world::client;
use vneid_contract_tests::pairing_world::send;
use vneid_contract_tests::portal::{SECRET, serve};
use vneid_contract_tests::{Browser, Events, PairingWorld, SimClock};

#[tokio::test]
async fn the_status_comes_at_once_then_every_change_and_the_end() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    let mut first = world.events(&browser, &id, None).await;
    let header = |name: &str| first.response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (first.status(), header("content-type"), header("cache-control"), header("x-accel-buffering")),
        (200, "text/event-stream".into(), "no-store".into(), "no".into())
    );
    assert_eq!(
        first.block().await.unwrap(),
        "id: pending\nevent: status\ndata: {\"status\":\"pending\",\"expires_in\":600}"
    );
    let mut second = world.events(&browser, &id, None).await;
    assert_eq!(second.next().await.as_deref(), Some("pending"));
    world.evil().says([Says::Tokens]);
    world.poll_after(&mut browser, &id, 5).await;
    for stream in [&mut first, &mut second] {
        assert_eq!(stream.next().await.as_deref(), Some("approved"));
    }
    assert_eq!(world.complete(&mut browser, &id).await.status, 200);
    for stream in [&mut first, &mut second] {
        assert_eq!((stream.next().await.as_deref(), stream.next().await), (Some("completed"), None));
    }
    for last in [None, Some("completed")] {
        let again = world.events(&browser, &id, last).await;
        assert_eq!(again.status(), 204, "{last:?}");
    }
}

#[tokio::test]
async fn an_end_that_was_lost_on_the_way_is_said_again() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    let mut stream = world.events(&browser, &id, None).await;
    assert_eq!(stream.next().await.as_deref(), Some("pending"));
    drop(stream);
    world.send(&mut browser, Method::DELETE, &format!("/auth/pairing/{id}"), &[]).await;
    let mut again = world.events(&browser, &id, Some("pending")).await;
    assert_eq!((again.next().await.as_deref(), again.next().await), (Some("cancelled"), None));
    // Somebody has been told; who says that they saw less is told again.
    let mut again = world.events(&browser, &id, Some("pending")).await;
    assert_eq!((again.next().await.as_deref(), again.next().await), (Some("cancelled"), None));
    assert_eq!(world.events(&browser, &id, None).await.status(), 204);
}

#[tokio::test]
async fn a_comment_comes_when_nothing_else_does() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    let mut stream = world.events(&browser, &id, None).await;
    stream.next().await;
    let since = Instant::now();
    assert_eq!(stream.block().await.as_deref(), Some(":"));
    assert!(since.elapsed() > Duration::from_secs(14) && since.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_look_without_a_body_opens_no_stream() {
    let world = PairingWorld::start().await;
    let mut browser = Browser::new();
    let (id, _) = world.pair(&mut browser).await;
    for path in ["", "/events"] {
        let page = world.send(&mut browser, Method::HEAD, &format!("/auth/pairing/{id}{path}"), &[]).await;
        assert!(page.status.is_success() && page.body.is_empty(), "{page:?}");
    }
}

/// Two instances of one portal over one store; the browser knows them as one.
struct Two {
    clock: SimClock,
    evil: Evil,
    bases: [String; 2],
}

async fn two(hints: Option<Arc<dyn Hints>>) -> Two {
    let clock = SimClock::default();
    let evil = Evil::start(&clock).await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let portal = || {
        let builder = Portal::builder("http://127.0.0.1:8080").secret(SECRET.into()).store(store.clone());
        let builder = builder.clock(Arc::new(clock.clone())).provider(client("vneid", evil.issuer()));
        let builder: PortalBuilder = match &hints {
            Some(hints) => builder.hints(hints.clone()),
            None => builder,
        };
        router::<()>(builder.build().unwrap())
    };
    let bases = [serve(portal()).await, serve(portal()).await];
    Two { clock, evil, bases }
}

impl Two {
    async fn pair(&self, browser: &mut Browser) -> String {
        let page =
            send(browser, Method::POST, &format!("{}/auth/pairing", self.bases[0]), &[("provider", "vneid")]).await;
        page.json()["id"].as_str().unwrap().to_owned()
    }

    fn url(&self, at: usize, id: &str) -> String {
        format!("{}/auth/pairing/{id}", self.bases[at])
    }
}

#[tokio::test]
async fn another_instance_s_change_wakes_at_once_and_without_its_hint_within_seconds() {
    for (hints, within) in [(true, 3), (false, 9)] {
        let two = two(hints.then(|| Arc::new(MemoryHints::new()) as Arc<dyn Hints>)).await;
        two.evil.change(Part::Device, |answer| answer["interval"] = json!(60));
        let mut browser = Browser::new();
        let id = two.pair(&mut browser).await;
        let mut stream = Events::open(&browser, &format!("{}/events", two.url(0, &id)), None).await;
        assert_eq!(stream.next().await.as_deref(), Some("pending"));
        let since = Instant::now();
        assert_eq!(send(&mut browser, Method::DELETE, &two.url(1, &id), &[]).await.status, 204);
        assert_eq!(stream.next().await.as_deref(), Some("cancelled"));
        assert!(since.elapsed() < Duration::from_secs(within), "{hints}: {:?}", since.elapsed());
    }
}

#[tokio::test]
async fn two_instances_poll_as_one() {
    let two = two(None).await;
    let mut browser = Browser::new();
    let id = two.pair(&mut browser).await;
    let device_code = two.evil.given().pop().unwrap().0;
    let mut streams = Vec::new();
    for at in [0, 1, 0, 1] {
        streams.push(Events::open(&browser, &format!("{}/events", two.url(at, &id)), None).await);
    }
    for round in 1..=4 {
        two.clock.advance(Duration::from_secs(5));
        for at in [0, 1, 1, 0] {
            send(&mut browser, Method::GET, &two.url(at, &id), &[]).await;
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(two.evil.polls_with(&device_code), round);
    }
    two.evil.says_always(Says::Tokens);
    two.clock.advance(Duration::from_secs(5));
    send(&mut browser, Method::GET, &two.url(1, &id), &[]).await;
    for stream in &mut streams {
        assert_eq!(stream.next().await.as_deref(), Some("pending"));
        assert_eq!(stream.next().await.as_deref(), Some("approved"), "whoever polled, all are told");
    }
    assert_eq!(two.evil.polls_with(&device_code), 5);
    // Approved at one, completed at the other, once.
    let done = send(&mut browser, Method::POST, &format!("{}/complete", two.url(0, &id)), &[]).await;
    let twice = send(&mut browser, Method::POST, &format!("{}/complete", two.url(1, &id)), &[]).await;
    assert_eq!((done.status.as_u16(), twice.status.as_u16()), (200, 409));
    assert!(two.clock.now() > two.evil.polls()[0]);
}
