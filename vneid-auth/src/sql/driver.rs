//! The little that is asked of either database, in one shape, so that every statement is written once.
//!
//! Both know `$1`, `ON CONFLICT DO NOTHING` and the three types that are needed. The driver's own common layer
//! (`sqlx::any`) must be set up once for a process, which is not a library's to do.

use super::{Database, SqlError};

/// The connections.
#[derive(Clone)]
pub(super) enum Pool {
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    /// With the turn to write: SQLite has one writer, and those who wait for their turn here do not poll for it.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool, std::sync::Arc<tokio::sync::Mutex<()>>),
}

/// A transaction that writes. Dropped without [`commit`](Self::commit), it leaves nothing behind.
pub(crate) enum Session {
    #[cfg(feature = "postgres")]
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>, tokio::sync::OwnedMutexGuard<()>),
}

/// What goes into a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Int(i64),
    Bytes(&'a [u8]),
}

/// A row that came out of one.
pub(crate) enum Row {
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteRow),
}

macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match *value {
                Value::Text(text) => query.bind(text),
                Value::MaybeText(text) => query.bind(text),
                Value::Int(int) => query.bind(int),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

macro_rules! cell {
    ($row:expr, $column:expr) => {
        match $row {
            #[cfg(feature = "postgres")]
            Row::Postgres(row) => sqlx::Row::try_get(row, $column),
            #[cfg(feature = "sqlite")]
            Row::Sqlite(row) => sqlx::Row::try_get(row, $column),
        }
        .map_err(|_| SqlError::Damaged("a column is not of its type"))
    };
}

impl Database {
    /// Asks, outside a transaction.
    pub(crate) async fn fetch(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, SqlError> {
        let ask = || async {
            match &self.pool {
                #[cfg(feature = "postgres")]
                Pool::Postgres(pool) => {
                    let rows = bound!(sql, values).fetch_all(pool).await?;
                    Ok(rows.into_iter().map(Row::Postgres).collect())
                }
                #[cfg(feature = "sqlite")]
                Pool::Sqlite(pool, _) => {
                    let rows = bound!(sql, values).fetch_all(pool).await?;
                    Ok(rows.into_iter().map(Row::Sqlite).collect())
                }
            }
        };
        self.within(async { again_when_broken(ask).await.map_err(failed) }).await
    }

    /// Begins a transaction. Of several that would write at once, SQLite lets one begin.
    pub(crate) async fn begin(&self) -> Result<Session, SqlError> {
        let begin = || async {
            match &self.pool {
                #[cfg(feature = "postgres")]
                Pool::Postgres(pool) => Ok(Session::Postgres(pool.begin().await?)),
                #[cfg(feature = "sqlite")]
                Pool::Sqlite(pool, turn) => {
                    let turn = turn.clone().lock_owned().await;
                    Ok(Session::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?, turn))
                }
            }
        };
        again_when_broken(begin).await.map_err(failed)
    }

    /// Runs one statement that writes, as a transaction of its own; tells how many rows it wrote.
    pub(crate) async fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, SqlError> {
        let write = async {
            match &self.pool {
                #[cfg(feature = "postgres")]
                Pool::Postgres(pool) => bound!(sql, values).execute(pool).await.map(|done| done.rows_affected()),
                #[cfg(feature = "sqlite")]
                Pool::Sqlite(pool, turn) => {
                    let _turn = turn.lock().await;
                    bound!(sql, values).execute(pool).await.map(|done| done.rows_affected())
                }
            }
        };
        self.within(async { write.await.map_err(failed) }).await
    }
}

impl Session {
    /// Runs a statement; tells how many rows it wrote.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, SqlError> {
        let written = match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => {
                bound!(sql, values).execute(&mut **session).await.map(|done| done.rows_affected())
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(session, _) => {
                bound!(sql, values).execute(&mut **session).await.map(|done| done.rows_affected())
            }
        };
        written.map_err(failed)
    }

    /// Asks.
    pub(crate) async fn fetch(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, SqlError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => {
                let rows = bound!(sql, values).fetch_all(&mut **session).await.map_err(failed)?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(session, _) => {
                let rows = bound!(sql, values).fetch_all(&mut **session).await.map_err(failed)?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
        }
    }

    /// Runs several statements without values.
    pub(super) async fn run(&mut self, script: &'static str) -> Result<(), SqlError> {
        let ran = match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => sqlx::raw_sql(script).execute(&mut **session).await.map(drop),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(session, _) => sqlx::raw_sql(script).execute(&mut **session).await.map(drop),
        };
        ran.map_err(failed)
    }

    /// Makes everything that was written seen, or nothing.
    pub(crate) async fn commit(self) -> Result<(), SqlError> {
        let committed = match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => session.commit().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(session, _turn) => session.commit().await,
        };
        committed.map_err(failed)
    }

    /// Leaves everything as it was.
    pub(crate) async fn rollback(self) -> Result<(), SqlError> {
        let undone = match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(session) => session.rollback().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(session, _turn) => session.rollback().await,
        };
        undone.map_err(failed)
    }
}

impl Row {
    pub(crate) fn text(&self, column: usize) -> Result<String, SqlError> {
        cell!(self, column)
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, SqlError> {
        cell!(self, column)
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, SqlError> {
        cell!(self, column)
    }
}

/// A connection that was closed while it rested (a restart of the server) fails at the first statement, of which nothing
/// was done then: once more over another. Nothing that writes in one statement comes here.
async fn again_when_broken<T, F: Future<Output = Result<T, sqlx::Error>>>(
    work: impl Fn() -> F,
) -> Result<T, sqlx::Error> {
    match work().await {
        Err(error) if is_broken(&error) => work().await,
        done => done,
    }
}

/// PostgreSQL: 57P01 to 57P05 are a server that shuts down or ends a connection.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// PostgreSQL: 40001 is a serialization failure, 40P01 a deadlock, 23505 a unique violation.
pub(super) fn failed(error: sqlx::Error) -> SqlError {
    let code = error.as_database_error().and_then(|error| error.code());
    match (code.as_deref(), &error) {
        (Some("40001" | "40P01" | "23505"), _) => SqlError::Raced,
        (_, sqlx::Error::PoolTimedOut) => SqlError::TooSlow,
        _ => SqlError::Unavailable(Box::new(error)),
    }
}
