//! Answers that never come, never end or are too large: the login fails, and the portal goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use vneid_auth::error::Code;
use vneid_auth::provider::{HttpFailure, ReqwestClient};
use vneid_contract_tests::evil::{Evil, Part, Reply};
use vneid_contract_tests::evil_world::{client, whole_second};
use vneid_contract_tests::{Browser, EvilWorld};

/// What an endpoint does once it was asked.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Silent,
    /// A byte now and then, for ever.
    Drips,
    /// As fast as it can, for ever.
    Pours,
    CutsOff,
    SpeaksNoHttp,
}

/// Each of the portal's endpoints.
const PARTS: [(Part, &str); 4] = [
    (Part::Metadata, ""),
    (Part::Keys, "jwks_uri"),
    (Part::Token, "token_endpoint"),
    (Part::Userinfo, "userinfo_endpoint"),
];

/// An endpoint on a free port, and how many bytes it has sent.
async fn endpoint(manner: Manner) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/op/endpoint", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, manner, counter.clone()));
        }
    });
    (url, sent)
}

async fn serve(mut stream: TcpStream, manner: Manner, sent: Arc<AtomicUsize>) {
    let _ = stream.read(&mut [0; 8192]).await;
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{";
    let wait = match manner {
        Manner::Silent => {
            let _ = stream.read(&mut [0; 1]).await;
            return;
        }
        Manner::CutsOff => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{").await;
            return;
        }
        Manner::SpeaksNoHttp => {
            let _ = stream.write_all(b"SSH-2.0-evil\r\n").await;
            return;
        }
        Manner::Drips => Duration::from_millis(100),
        Manner::Pours => Duration::ZERO,
    };
    let chunk = vec![b' '; if wait.is_zero() { 64 * 1024 } else { 1 }];
    let mut next = stream.write_all(head).await;
    while next.is_ok() {
        sent.fetch_add(chunk.len(), Ordering::SeqCst);
        tokio::time::sleep(wait).await;
        next = stream.write_all(&chunk).await;
    }
}

/// A world whose portal waits a second for the provider, not ten.
async fn impatient() -> EvilWorld {
    let clock = whole_second();
    let evil = Evil::start(&clock).await;
    let config = client("vneid", evil.issuer());
    let http = ReqwestClient::builder().timeouts(Duration::from_secs(1), Duration::from_secs(1)).build().unwrap();
    EvilWorld::before(evil, clock, |builder| builder.provider(config).http_client(Arc::new(http))).await
}

#[tokio::test]
async fn c64_a_provider_that_does_not_answer_ends_the_login_and_not_the_portal() {
    for (part, member) in PARTS {
        for (manner, why) in [
            (Manner::Silent, HttpFailure::Timeout),
            (Manner::Drips, HttpFailure::Timeout),
            (Manner::CutsOff, HttpFailure::Broken),
            (Manner::SpeaksNoHttp, HttpFailure::Broken),
        ] {
            let world = impatient().await;
            if part == Part::Metadata {
                // The document's own address is fixed; it can only be slow.
                world.evil.answer(part, Reply::json(200, "{}").delay(Duration::from_secs(30)));
                if why != HttpFailure::Timeout {
                    continue;
                }
            } else {
                let (url, _) = endpoint(manner).await;
                world.evil.change(Part::Metadata, move |metadata| metadata[member] = json!(url));
            }
            let (portal, mut other) = (world.portal.url("/"), Browser::new());
            let what = format!("{member} {manner:?}");
            let refused = world.refused(&what, Code::ProviderUnavailable, why);
            let (refused, meanwhile) = tokio::join!(timeout(Duration::from_secs(4), refused), async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let asked = Instant::now();
                (other.fetch(&portal).await.status, asked.elapsed())
            });
            refused.unwrap_or_else(|_| panic!("{what}: nobody gave up"));
            assert_eq!(meanwhile.0, 200, "{what}");
            assert!(meanwhile.1 < Duration::from_millis(700), "{what}: others waited {:?}", meanwhile.1);
        }
    }
}

#[tokio::test]
async fn c64_the_portal_s_own_client_waits_ten_seconds_in_all() {
    let world = EvilWorld::start().await;
    world.evil.answer(Part::Token, Reply::json(200, "{}").delay(Duration::from_secs(20)));
    let began = Instant::now();
    world.refused("as it comes", Code::ProviderUnavailable, HttpFailure::Timeout).await;
    let waited = began.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(13)).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn c65_an_answer_without_end_is_cut_off() {
    for (part, member) in PARTS {
        let code = if part == Part::Userinfo { Code::ProfileInvalid } else { Code::ProviderError };
        let world = EvilWorld::start().await;
        world.evil.answer(part, Reply::json(200, vec![b' '; 50 * 1024 * 1024]));
        world.refused(&format!("{part:?}: 50 MB, announced"), code, HttpFailure::TooLarge).await;
        if part == Part::Metadata {
            continue;
        }
        let world = EvilWorld::start().await;
        let (url, sent) = endpoint(Manner::Pours).await;
        world.evil.change(Part::Metadata, move |metadata| metadata[member] = json!(url));
        world.refused(&format!("{part:?}: without end"), code, HttpFailure::TooLarge).await;
        let sent = sent.load(Ordering::SeqCst);
        assert!(sent < 20 * 1024 * 1024, "{sent} bytes were taken");
    }
}
