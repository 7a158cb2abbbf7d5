//! The schema, brought up to date: by our own table, so that the portal's own migrations may lie beside it.

use super::driver::Pool;
use super::{Database, Session, SqlError, Value};

/// What each version adds, the oldest first. What was released is never changed; what comes later is added.
struct Migration {
    version: i64,
    #[cfg(feature = "postgres")]
    postgres: &'static str,
    #[cfg(feature = "sqlite")]
    sqlite: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    #[cfg(feature = "postgres")]
    postgres: include_str!("schema/1.postgres.sql"),
    #[cfg(feature = "sqlite")]
    sqlite: include_str!("schema/1.sqlite.sql"),
}];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS vneid_auth_schema (version BIGINT NOT NULL PRIMARY KEY)";
const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM vneid_auth_schema";
const APPLIED: &str = "INSERT INTO vneid_auth_schema (version) VALUES ($1)";

pub(super) async fn migrate(database: &Database) -> Result<usize, SqlError> {
    let newest = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    // The usual start: nothing to do, and no right needed to do it.
    if has_table(database).await? {
        let version = version_of(&database.fetch(VERSION, &[]).await?)?;
        if version > newest {
            return Err(SqlError::NewerSchema);
        }
        if version == newest {
            return Ok(0);
        }
    }
    database.within(apply(database, newest)).await
}

async fn apply(database: &Database, newest: i64) -> Result<usize, SqlError> {
    let mut session = database.begin().await?;
    one_at_a_time(&mut session).await?;
    session.run(TABLE).await?;
    let version = version_of(&session.fetch(VERSION, &[]).await?)?;
    if version > newest {
        return Err(SqlError::NewerSchema);
    }
    let mut applied = 0;
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > version) {
        let script = match &session {
            #[cfg(feature = "postgres")]
            Session::Postgres(_) => migration.postgres,
            #[cfg(feature = "sqlite")]
            Session::Sqlite(..) => migration.sqlite,
        };
        session.run(script).await?;
        session.execute(APPLIED, &[Value::Int(migration.version)]).await?;
        applied += 1;
    }
    session.commit().await?;
    Ok(applied)
}

/// Of instances that start together one goes first, and the others find everything done. A transaction that writes has
/// SQLite to itself anyway.
pub(crate) async fn one_at_a_time(session: &mut Session) -> Result<(), SqlError> {
    match session {
        #[cfg(feature = "postgres")]
        Session::Postgres(_) => {
            // "vneid", as a number.
            session.fetch("SELECT pg_advisory_xact_lock(508658280804)", &[]).await.map(drop)
        }
        #[cfg(feature = "sqlite")]
        Session::Sqlite(..) => Ok(()),
    }
}

async fn has_table(database: &Database) -> Result<bool, SqlError> {
    let sql = match &database.pool {
        #[cfg(feature = "postgres")]
        Pool::Postgres(_) => "SELECT 1 WHERE to_regclass('vneid_auth_schema') IS NOT NULL",
        #[cfg(feature = "sqlite")]
        Pool::Sqlite(..) => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'vneid_auth_schema'",
    };
    Ok(!database.fetch(sql, &[]).await?.is_empty())
}

fn version_of(rows: &[super::Row]) -> Result<i64, SqlError> {
    rows.first().ok_or(SqlError::Damaged("vneid_auth_schema"))?.int(0)
}
