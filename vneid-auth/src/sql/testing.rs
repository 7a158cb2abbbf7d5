//! Databases for tests: a SQLite file, and a PostgreSQL where there is one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
#[cfg(feature = "postgres")]
use vneid_test_services::Postgres;

use super::Database;
use crate::secret::Secret;
use crate::store::Keys;

/// Where a test's databases are.
pub(crate) enum Backend {
    #[cfg(feature = "sqlite")]
    Sqlite(Scratch),
    #[cfg(feature = "postgres")]
    Postgres(&'static Postgres),
}

/// A directory that goes with the test.
pub(crate) struct Scratch(PathBuf);

/// Every one that this machine has.
pub(crate) fn backends() -> Vec<Backend> {
    [
        #[cfg(feature = "sqlite")]
        Some(Backend::Sqlite(Scratch::new())),
        #[cfg(feature = "postgres")]
        vneid_test_services::postgres().map(Backend::Postgres),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Backend {
    /// The URL of a database that nobody has used.
    pub(crate) fn url(&self) -> String {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(scratch) => format!("sqlite:{}", scratch.file().display()),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.new_database(),
        }
    }

    /// Everything that lies there, as somebody would see it who steals it.
    pub(crate) fn stolen(&self, url: &str) -> Vec<u8> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {
                let file = url.trim_start_matches("sqlite:");
                let files = [file.to_owned(), format!("{file}-wal"), format!("{file}-shm")];
                files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.dump(url).into_bytes(),
        }
    }

    /// How many transactions the database has ended because two waited for each other.
    pub(crate) fn deadlocks(&self, _url: &str) -> u64 {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => 0,
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => {
                let asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
                postgres.psql(_url, asked).trim().parse().unwrap()
            }
        }
    }
}

impl Scratch {
    pub(crate) fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("vneid-sql-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        self.0.join(format!("{}.db", MADE.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The portal's secret of this number.
pub(crate) fn keys(number: u8) -> Keys {
    Keys::new(&secret(number)).unwrap()
}

pub(crate) fn secret(number: u8) -> Secret {
    Secret::new(STANDARD.encode([number; 32]))
}

pub(crate) async fn database(url: &str) -> Database {
    Database::connect(url).await.unwrap()
}
