//! Accounts and the audit trail in a database of the portal's own choice: PostgreSQL (feature `postgres`) or a SQLite
//! file (feature `sqlite`), for portals that have no table of users yet.
//!
//! ```no_run
//! # async fn open(secret: &vneid_auth::secret::Secret) -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use vneid_auth::account::SqlAccounts;
//! use vneid_auth::audit::SqlAudit;
//! use vneid_auth::portal::Portal;
//! use vneid_auth::sql::Database;
//! use vneid_auth::store::Keys;
//!
//! let database = Database::connect("postgres://portal@db.example.gov.vn/portal").await?;
//! let accounts = SqlAccounts::open(&database, Keys::new(secret)?).await?;
//! let audit = SqlAudit::over(&database);
//! let builder = Portal::builder("https://dichvucong.example.gov.vn")
//!     .secret(secret.clone())
//!     .accounts(Arc::new(accounts))
//!     .audit(Arc::new(audit));
//! # Ok(())
//! # }
//! ```
//!
//! # The schema
//!
//! Every table is named `vneid_auth_…` and so may lie beside the portal's own. The types are PostgreSQL's; SQLite has
//! `BLOB` for `BYTEA`. Nothing here can be read without the portal's secret but ids, versions, times, and what the audit
//! trail says; `docs/personal-data.md` goes through it.
//!
//! | table, column | type | what it is |
//! | --- | --- | --- |
//! | `vneid_auth_accounts` | | one row for each account |
//! | `id` | `TEXT`, primary key | the account's id, random unless the portal gives its own |
//! | `version` | `BIGINT` | 1 for a new account, one more at each write |
//! | `key_id` | `TEXT` | which secret the record is sealed under, 8 hexadecimal digits |
//! | `record` | `BYTEA` | the whole account, sealed under the account's id (AES-256-GCM) |
//! | `vneid_auth_identifiers` | | one row for each thing that is on one account at most, and each secret that is set |
//! | `kind` | `TEXT` | `subject`, `citizen_id`, `tax_code` or `username` |
//! | `hash` | `BYTEA` | HMAC-SHA-256 of kind and value, keyed by the secret; primary key together with `kind` |
//! | `key_id` | `TEXT` | under which secret |
//! | `account` | `TEXT`, indexed | whose it is; goes when the account goes |
//! | `vneid_auth_keys` | | one row for each secret under which something may lie |
//! | `key_id` | `TEXT`, primary key | which |
//! | `vneid_auth_audit` | | one row for each event; a trigger refuses to change one |
//! | `id` | `TEXT`, primary key | random, so that writing an event again writes nothing |
//! | `happened_at` | `BIGINT`, indexed | milliseconds since 1970-01-01T00:00:00Z |
//! | `what`, `reason` | `TEXT` | [`What::name`](crate::audit::What::name) and [`reason`](crate::audit::What::reason) |
//! | `provider` | `TEXT` | the provider, when one took part |
//! | `account` | `TEXT`, indexed with `happened_at` | the account's id, when it is known |
//! | `address`, `user_agent` | `TEXT` | where the request came from, and what the browser calls itself |
//! | `trace_id` | `TEXT` | the request's id in the log and in the answer |
//! | `lookup` | `TEXT` | of a look-up in the population database: [`LookedUp`](crate::audit::LookedUp) as JSON |
//! | `vneid_auth_schema` | | one row for each migration that was applied |
//!
//! [`Database::connect`] applies what is missing. Where the portal's own role must not create tables, another program
//! connects once with a role that may, and the portal then finds everything there and creates nothing. The portal's role
//! needs `SELECT, INSERT, UPDATE, DELETE` on the first three tables, `SELECT, INSERT` on the audit trail (`DELETE` too
//! where it prunes it), and `SELECT` on the last.
//!
//! # Rotation of the secret
//!
//! Sealed records name their secret, so the previous one's are read while it is set. The identifiers are found under
//! both, and written under both, so that a number is on one account over the whole rotation:
//!
//! 1. Give every instance the new secret as [`Keys::with_previous`](crate::store::Keys::with_previous) beside the one in
//!    use. Now each can read what the others will write.
//! 2. Change the two over, instance by instance.
//! 3. Run [`SqlAccounts::rekey`](crate::account::SqlAccounts::rekey): what lies under the previous secret is written anew.
//! 4. Remove the previous secret, and run it once more: the hashes under it go. Whoever has the old secret could try all
//!    numbers on them.
//!
//! An instance that lacks a secret under which something may still lie does not start
//! ([`SqlError::OtherSecret`]): it would not see numbers that are taken.

mod driver;
mod migrate;
mod open;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

pub(crate) use driver::{Row, Session, Value};
pub(crate) use migrate::one_at_a_time;
pub use open::Options;

/// A database, its schema up to date. Clones share their connections.
#[derive(Clone)]
pub struct Database {
    pool: driver::Pool,
    /// How long any one thing may take, a wait for a connection included.
    patience: Duration,
}

/// The database did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The URL can never work.
    #[error("the database's URL {0}")]
    Url(&'static str),
    /// It cannot be reached, or refuses what was asked.
    #[error("the database cannot be reached or refuses")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It took too long; whether anything was written is unknown.
    #[error("the database takes too long")]
    TooSlow,
    /// Another transaction was in the way; nothing was written.
    #[error("another transaction was in the way")]
    Raced,
    /// A newer version of this library has been here.
    #[error("the database's schema is of a newer version")]
    NewerSchema,
    /// Accounts may lie there under a secret that is not set: numbers that are taken would not be seen.
    #[error("accounts lie in the database under a secret that is neither the portal's nor its previous one")]
    OtherSecret,
    /// A row is not what it should be; it says which, and nothing of its content.
    #[error("a row in the database is damaged: {0}")]
    Damaged(&'static str),
}

impl Database {
    /// Opens `postgres://…` or `sqlite:PATH`, and brings the schema up to date.
    ///
    /// A SQLite file is made when it is missing, for its owner alone. PostgreSQL on another machine is reached with TLS
    /// and a certificate that is checked, unless the URL's `sslmode` says otherwise; `sslrootcert` names the file of a
    /// private authority. Everything else of the URL is libpq's.
    ///
    /// # Errors
    /// When the URL can never work, the database cannot be reached, or its schema is of a newer version.
    pub async fn connect(url: &str) -> Result<Self, SqlError> {
        Self::options().connect(url).await
    }

    /// The same with other limits than the usual ones.
    pub fn options() -> Options {
        Options::default()
    }

    /// Brings the schema up to date, as [`connect`](Self::connect) has done; tells how many migrations it applied. Any
    /// number of instances may do it at once.
    ///
    /// # Errors
    /// When the database cannot be reached or its schema is of a newer version.
    pub async fn migrate(&self) -> Result<usize, SqlError> {
        migrate::migrate(self).await
    }

    /// No longer than patience lasts.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
        tokio::time::timeout(self.patience, work).await.unwrap_or(Err(SqlError::TooSlow))
    }
}
