//! A PostgreSQL of the tests' own.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::found;
use crate::process::Process;

const VERSIONS: &str = "/usr/lib/postgresql";
const PASSWORD: &str = "of-the-tests-alone";
/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running PostgreSQL on loopback. It ends, and its data with it, when this is dropped or the program ends.
pub struct Postgres {
    programs: PathBuf,
    home: PathBuf,
    port: u16,
    process: Option<Process>,
    databases: AtomicUsize,
}

impl Postgres {
    /// Nothing when it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let programs = found("postgres", VERSIONS)?.parent()?.to_owned();
        let home = new_home();
        let mut postgres = Self { programs, home, port: 0, process: None, databases: AtomicUsize::new(0) };
        postgres.initialise();
        // Between our asking for a free port and its taking it, another may.
        for _ in 0..5 {
            postgres.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if postgres.run() {
                return Some(postgres);
            }
        }
        panic!("postgres does not start:\n{}", postgres.log());
    }

    /// The URL of a database that nobody has used.
    pub fn new_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // The template is copied file by file: cheaper than a checkpoint when there is little in it.
        self.psql("postgres", &format!("CREATE DATABASE {name} STRATEGY wal_log"));
        self.url(&name)
    }

    /// Everything in a database, as text.
    pub fn dump(&self, url: &str) -> String {
        let output = Command::new(self.programs.join("pg_dump")).args(["--inserts", "--dbname", url]).output();
        said(output.expect("pg_dump"))
    }

    /// Runs a statement as the database's owner; what it answers, without alignment.
    pub fn psql(&self, database: &str, statement: &str) -> String {
        let url = if database.contains(':') { database.to_owned() } else { self.url(database) };
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", statement]);
        said(command.output().expect("psql"))
    }

    /// Stops it as a failure of the machine would; its data stay.
    pub fn kill(&mut self) {
        let pid = std::fs::read_to_string(self.data().join("postmaster.pid"));
        let pid = pid.ok().and_then(|file| file.lines().next().map(str::to_owned)).expect("it runs");
        std::fs::write(self.home.join("stays"), "").unwrap();
        let _ = Command::new("kill").args(["-9", &pid]).status();
        self.process = None;
    }

    /// Starts it again where it was.
    pub fn restart(&mut self) {
        std::fs::remove_file(self.home.join("stays")).expect("it was killed");
        assert!(self.run(), "postgres does not start again:\n{}", self.log());
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://tests:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }

    fn initialise(&self) {
        let password = self.home.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let (program, data) = (text(&self.programs.join("initdb")), text(&self.data()));
        let pwfile = format!("--pwfile={}", password.display());
        let command = [&*program, "-D", &data, "-U", "tests", "-A", "scram-sha-256", &pwfile, "-E", "UTF8", "-N"];
        let command = as_nobody_special(&[&command[..], &["--locale=C"]].concat());
        let output = Command::new(&command[0]).args(&command[1..]).output().expect("initdb");
        said(output);
    }

    /// Whether it runs now.
    fn run(&mut self) -> bool {
        let (program, data) = (text(&self.programs.join("postgres")), text(&self.data()));
        let port = format!("port={}", self.port);
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            &port,
            // The tests outlive no loss of power.
            "fsync=off",
            "max_connections=200",
            "log_statement=none",
        ];
        let settings = settings.iter().flat_map(|setting| ["-c", setting]);
        let command: Vec<&str> = [&*program, "-D", &*data].into_iter().chain(settings).collect();
        let command = as_nobody_special(&command);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        self.process = Some(Process::start(&command, "INT", &self.home));
        let until = Instant::now() + PATIENCE;
        let ready = || {
            let mut asking = Command::new(self.programs.join("pg_isready"));
            asking.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]).status().is_ok_and(|it| it.success())
        };
        while Instant::now() < until {
            if ready() {
                return true;
            }
            if self.log().contains("could not bind") {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

/// PostgreSQL does not run as root; Debian has a user for it.
fn as_nobody_special(command: &[&str]) -> Vec<String> {
    let user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    let user = if is_root() { &user[..] } else { &[] };
    user.iter().chain(command).map(|&part| part.to_owned()).collect()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A directory for the data and the log, whose owner the server may be.
fn new_home() -> PathBuf {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let name = format!("vneid-postgres-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let home = std::env::temp_dir().join(name);
    std::fs::create_dir(&home).unwrap();
    if is_root() {
        assert!(Command::new("chown").arg("postgres:postgres").arg(&home).status().unwrap().success(), "chown");
    }
    home
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path of ASCII").to_owned()
}

/// What a program that succeeded said.
fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
