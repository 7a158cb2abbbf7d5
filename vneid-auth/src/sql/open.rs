//! From a URL to a database.

use std::time::Duration;

use super::driver::{Pool, failed};
use super::{Database, SqlError};

/// How a database is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many connections at most; 10 unless told otherwise.
    connections: u32,
    /// How long any one thing may take; 5 s unless told otherwise.
    patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 10, patience: Duration::from_secs(5) }
    }
}

impl Options {
    /// How many connections this instance keeps at most. All instances together must stay below the server's limit.
    #[must_use]
    pub fn connections(mut self, most: u32) -> Self {
        self.connections = most.max(1);
        self
    }

    /// How long any one thing may take, a wait for a connection included. A request that meets a slow database fails
    /// then, and does not pile up behind others.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// As [`Database::connect`].
    ///
    /// # Errors
    /// As there.
    pub async fn connect(self, url: &str) -> Result<Database, SqlError> {
        let pool = self.pool(url).await?;
        let database = Database { pool, patience: self.patience };
        database.migrate().await?;
        Ok(database)
    }

    async fn pool(&self, url: &str) -> Result<Pool, SqlError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => self.sqlite(path.strip_prefix("//").unwrap_or(path)).await,
            Some(("postgres" | "postgresql", _)) => self.postgres(url).await,
            _ => Err(SqlError::Url("must begin with postgres:// or sqlite:")),
        }
    }

    #[cfg(not(feature = "postgres"))]
    #[allow(clippy::unused_async, reason = "the same signature as with the feature")]
    async fn postgres(&self, _: &str) -> Result<Pool, SqlError> {
        Err(SqlError::Url("names PostgreSQL, and this program is built without the feature postgres"))
    }

    #[cfg(not(feature = "sqlite"))]
    #[allow(clippy::unused_async, reason = "the same signature as with the feature")]
    async fn sqlite(&self, _: &str) -> Result<Pool, SqlError> {
        Err(SqlError::Url("names SQLite, and this program is built without the feature sqlite"))
    }

    #[cfg(feature = "postgres")]
    async fn postgres(&self, url: &str) -> Result<Pool, SqlError> {
        use sqlx::Connection as _;
        use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

        let unfit = SqlError::Url("is none of PostgreSQL's: postgres://USER:PASSWORD@HOST:PORT/DATABASE");
        let parsed = url::Url::parse(url).map_err(|_| SqlError::Url("is not a URL"))?;
        let mut options: PgConnectOptions = url.parse().map_err(|_| unfit)?;
        let says_how = |key: &str| matches!(key, "sslmode" | "ssl-mode");
        if !parsed.query_pairs().any(|(key, _)| says_how(&key)) && !stays_here(&options) {
            options = options.ssl_mode(PgSslMode::VerifyFull);
        }
        if options.get_application_name().is_none() {
            options = options.application_name("vneid-auth");
        }
        let pool = PgPoolOptions::new()
            .max_connections(self.connections)
            .acquire_timeout(self.patience)
            // Asking before every statement would double its time. A connection that has rested may have died unnoticed.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move { Ok(meta.idle_for < Duration::from_secs(1) || connection.ping().await.is_ok()) })
            })
            .connect_with(options)
            .await
            .map_err(failed)?;
        Ok(Pool::Postgres(pool))
    }

    #[cfg(feature = "sqlite")]
    async fn sqlite(&self, path: &str) -> Result<Pool, SqlError> {
        use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

        // Every connection would have a database of its own.
        if path.is_empty() || path.starts_with(':') || path.contains('?') {
            return Err(SqlError::Url("names no file: sqlite:PATH"));
        }
        make_for_owner_alone(path).map_err(|error| SqlError::Unavailable(Box::new(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // What was answered must outlast a loss of power.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is erased is overwritten, not only forgotten.
            .pragma("secure_delete", "ON")
            .busy_timeout(self.patience);
        let pool = SqlitePoolOptions::new()
            .max_connections(self.connections)
            .acquire_timeout(self.patience)
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .map_err(failed)?;
        Ok(Pool::Sqlite(pool, std::sync::Arc::default()))
    }
}

/// Whether nothing of it leaves the machine.
#[cfg(feature = "postgres")]
fn stays_here(options: &sqlx::postgres::PgConnectOptions) -> bool {
    let host = options.get_host();
    let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    options.get_socket().is_some() || loopback || host == "localhost"
}

/// SQLite would make it as readable as the process makes every file, and its journals take after it.
#[cfg(feature = "sqlite")]
fn make_for_owner_alone(path: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
