//! Where accounts, links and the audit trail are kept: `ACCOUNTS_URL`.

use std::error::Error;

use vneid_auth::account::SqlAccounts;
use vneid_auth::audit::SqlAudit;
use vneid_auth::sql::{Database, SqlError};
use vneid_auth::store::Keys;

use super::{Env, Settings, SettingsError, wrong};

const ACCOUNTS: &str = "ACCOUNTS_URL";

/// The database that the variable names; none means memory.
pub(super) fn read(env: &Env) -> Result<Option<String>, SettingsError> {
    let Some(url) = env.text(ACCOUNTS).filter(|url| url != "memory:") else { return Ok(None) };
    match url.split_once(':') {
        Some(("sqlite" | "postgres" | "postgresql", _)) => Ok(Some(url)),
        _ => Err(wrong(ACCOUNTS, "must be memory:, sqlite:PATH or postgres://…")),
    }
}

/// Opens the database that is set.
///
/// # Errors
/// What is wrong with it, by the variable to set. The URL, which may hold a password, is not told.
pub(crate) async fn open(settings: &Settings) -> Result<Option<(SqlAccounts, SqlAudit)>, SettingsError> {
    let Some(url) = &settings.accounts_url else { return Ok(None) };
    let keys = Keys::new(&settings.secret).map_err(|error| wrong("PORTAL_SECRET", error.to_string()))?;
    let keys = match &settings.previous_secret {
        Some(previous) => keys.with_previous(previous),
        None => Ok(keys),
    };
    let keys = keys.map_err(|error| wrong("PORTAL_SECRET_PREVIOUS", error.to_string()))?;
    let database = Database::connect(url).await.map_err(unfit)?;
    let accounts = SqlAccounts::open(&database, keys).await.map_err(unfit)?;
    Ok(Some((accounts, SqlAudit::over(&database))))
}

fn unfit(error: SqlError) -> SettingsError {
    let variable = if matches!(error, SqlError::OtherSecret) { "PORTAL_SECRET_PREVIOUS" } else { ACCOUNTS };
    match error.source() {
        Some(cause) => wrong(variable, format!("{error}: {cause}")),
        None => wrong(variable, error.to_string()),
    }
}
