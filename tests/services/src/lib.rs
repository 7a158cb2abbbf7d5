//! The services that tests need: started by the tests themselves, on a free port, with nothing of the developer's own, and
//! ended with the tests, however those end.
//!
//! ```no_run
//! let Some(postgres) = vneid_test_services::postgres() else { return };
//! let url = postgres.new_database();
//! ```

mod postgres;
mod process;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

pub use postgres::Postgres;

/// The PostgreSQL of this test program. Nothing when the machine has none; with `REQUIRE_SERVICES=1` that is a failure.
pub fn postgres() -> Option<&'static Postgres> {
    static POSTGRES: OnceLock<Option<Postgres>> = OnceLock::new();
    let postgres = POSTGRES.get_or_init(Postgres::start).as_ref();
    if postgres.is_none() {
        missing("postgres");
    }
    postgres
}

/// A second PostgreSQL of a test's own, which it may stop and start.
pub fn own_postgres() -> Option<Postgres> {
    let postgres = Postgres::start();
    if postgres.is_none() {
        missing("postgres");
    }
    postgres
}

fn missing(service: &str) {
    assert!(std::env::var("REQUIRE_SERVICES").as_deref() != Ok("1"), "{service} is missing");
    // Written past the test runner, which would show it for a failing test only.
    let _ = std::io::stderr().write_all(format!("skipped: no {service}\n").as_bytes());
}

/// A program in the search path, or where Debian puts the newest version of it.
fn found(program: &str, versions: &str) -> Option<PathBuf> {
    let mut places: Vec<PathBuf> =
        std::fs::read_dir(versions).into_iter().flatten().flatten().map(|version| version.path().join("bin")).collect();
    places.sort();
    places.reverse();
    places.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    places.into_iter().map(|place| place.join(program)).find(|file| file.is_file())
}
