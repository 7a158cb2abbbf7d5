//! Measures what it costs a portal that many browsers wait for a QR login, and whether all of them are told.
//!
//! `cargo run --release -p vneid-contract-tests --bin waiters [STREAMS]`; 10,000 unless told otherwise. The portal runs in
//! a process of its own, so that its memory and its time are its alone. `docs/waiters.md` keeps what was measured.
#![allow(clippy::print_stdout)]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use vneid_auth::portal::{Policy, Portal};
use vneid_contract_tests::SimClock;
use vneid_contract_tests::evil::{Evil, Part};
use vneid_contract_tests::evil_world::client;
use vneid_contract_tests::portal::SECRET;

/// Every pairing is polled this often, in seconds; a provider that serves this many at once names no less.
const INTERVAL: u64 = 60;

/// How long the portal is watched while nothing happens: the first poll of a pairing is an interval after its start, so
/// for as long as every one is polled once.
const IDLE: Duration = Duration::from_secs(INTERVAL);

/// How many connections are being opened, or woken, at a time.
const AT_ONCE: usize = 32;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("serve") => runtime.block_on(serve(&arguments[1])),
        Some(streams) => runtime.block_on(measure(streams.parse().expect("a number of streams"))),
        None => runtime.block_on(measure(10_000)),
    }
}

/// The portal, and nothing else: it prints where it listens.
async fn serve(issuer: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut policy = Policy::default();
    policy.pairing_starts_a_minute = u32::MAX;
    let portal = Portal::builder(&base)
        .secret(SECRET.into())
        .policy(policy)
        .trusted_proxies(vec!["127.0.0.1".parse().unwrap()])
        .provider(client("vneid", issuer))
        .build()
        .unwrap();
    println!("{base}");
    let app = vneid_auth_axum::router::<()>(portal).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await.unwrap();
}

/// A pairing: its id and its browser's cookie.
#[derive(Clone)]
struct Pairing {
    id: String,
    cookie: String,
}

struct Server {
    process: Child,
    address: String,
}

async fn measure(streams: usize) {
    let evil = Evil::start(&SimClock::default()).await;
    evil.change(Part::Device, |answer| answer["interval"] = json!(INTERVAL));
    let server = Server::start(evil.issuer());
    println!("{streams} streams, a pairing each; polled every {INTERVAL} s");
    one_each(&server, &evil, streams).await;
    drop(server);
    let server = Server::start(evil.issuer());
    println!("{streams} streams on one pairing");
    all_on_one(&server, streams).await;
}

async fn one_each(server: &Server, evil: &Evil, streams: usize) {
    let mut pairings = Vec::new();
    for at in 0..streams {
        pairings.push(server.pair(at).await);
    }
    let before = server.memory();
    let open = open(server, pairings.clone()).await;
    let after = server.memory();
    println!("  memory a waiter: {:.1} KiB", (after - before) as f64 / 1024.0 / streams as f64);
    let (busy, polls) = (server.cpu(), evil.polls().len());
    tokio::time::sleep(IDLE).await;
    let (busy, polls) = (server.cpu() - busy, evil.polls().len() - polls);
    let share = busy.as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    println!("  processor while all wait: {share:.1} % of one core, with {polls} polls in {} s", IDLE.as_secs());
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut waking = JoinSet::new();
    for (stream, pairing) in open.into_iter().zip(pairings) {
        let (room, address) = (room.clone(), server.address.clone());
        waking.spawn(async move {
            let _room = room.acquire_owned().await.unwrap();
            let since = Instant::now();
            let told = tokio::spawn(wait_for(stream, "cancelled"));
            request(&address, "DELETE", &format!("/auth/pairing/{}", pairing.id), &pairing.cookie, 0).await;
            told.await.unwrap().map(|at| at.duration_since(since))
        });
    }
    report(waking.join_all().await);
}

async fn all_on_one(server: &Server, streams: usize) {
    let pairing = server.pair(0).await;
    let before = server.memory();
    let open = open(server, vec![pairing.clone(); streams]).await;
    let after = server.memory();
    println!("  memory a waiter: {:.1} KiB", (after - before) as f64 / 1024.0 / streams as f64);
    let mut told = JoinSet::new();
    for stream in open {
        told.spawn(wait_for(stream, "cancelled"));
    }
    let since = Instant::now();
    request(&server.address, "DELETE", &format!("/auth/pairing/{}", pairing.id), &pairing.cookie, 0).await;
    report(told.join_all().await.into_iter().map(|at| at.map(|at| at.duration_since(since))).collect());
}

/// Opens a stream for each, and sees the first event come.
async fn open(server: &Server, pairings: Vec<Pairing>) -> Vec<TcpStream> {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    let count = pairings.len();
    for (at, pairing) in pairings.into_iter().enumerate() {
        let (room, address) = (room.clone(), server.address.clone());
        opening.spawn(async move {
            let _room = room.acquire_owned().await.unwrap();
            let path = format!("/auth/pairing/{}/events", pairing.id);
            let mut stream = ask(&address, "GET", &path, &pairing.cookie, 0, "keep-alive").await;
            let first = read_until(&mut stream, "pending").await;
            assert!(first.is_some(), "the status comes at once");
            (at, stream)
        });
    }
    let mut open = opening.join_all().await;
    assert_eq!(open.len(), count);
    open.sort_by_key(|(at, _)| *at);
    open.into_iter().map(|(_, stream)| stream).collect()
}

fn report(told: Vec<Option<Duration>>) {
    let all = told.len();
    let mut times: Vec<Duration> = told.into_iter().flatten().collect();
    times.sort_unstable();
    let at = |share: f64| times.get(((times.len() - 1) as f64 * share) as usize).copied().unwrap_or_default();
    println!("  told: {} of {all}", times.len());
    let [half, most, last] = [0.5, 0.99, 1.0].map(at);
    println!(
        "  from the change to the event: half within {half:.1?}, 99 % within {most:.1?}, the last after {last:.1?}"
    );
    assert_eq!(times.len(), all, "everybody is told");
}

async fn wait_for(mut stream: TcpStream, status: &str) -> Option<Instant> {
    read_until(&mut stream, status).await
}

async fn read_until(stream: &mut TcpStream, text: &str) -> Option<Instant> {
    let (mut seen, mut buffer) = (String::new(), [0; 1024]);
    let read = async {
        while !seen.contains(&format!("\"status\":\"{text}\"")) {
            let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
            seen.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        Some(Instant::now())
    };
    tokio::time::timeout(Duration::from_secs(60), read).await.ok().flatten()
}

async fn ask(address: &str, method: &str, path: &str, cookie: &str, from: usize, connection: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let body = if method == "POST" { "provider=vneid" } else { "" };
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let from = format!("X-Forwarded-For: 10.{}.{}.1", from / 256 % 256, from % 256);
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: {connection}\r\nAccept: application/json\r\n\
         Cookie: {cookie}\r\n{from}\r\n{kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn request(address: &str, method: &str, path: &str, cookie: &str, from: usize) -> String {
    let mut stream = ask(address, method, path, cookie, from, "close").await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

impl Server {
    fn start(issuer: &str) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut process = Command::new(program).args(["serve", issuer]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("the portal says where it listens").to_owned();
        Self { process, address }
    }

    async fn pair(&self, from: usize) -> Pairing {
        let answer = request(&self.address, "POST", "/auth/pairing", "", from).await;
        let between = |before: &str, after: char| {
            let (_, rest) = answer.split_once(before).unwrap_or_else(|| panic!("no pairing: {answer}"));
            rest.split(after).next().unwrap().to_owned()
        };
        Pairing { id: between("\"id\":\"", '"'), cookie: between("set-cookie: ", ';') }
    }

    /// Resident memory, in bytes.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Time on the processor so far; a tick is 10 ms.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
