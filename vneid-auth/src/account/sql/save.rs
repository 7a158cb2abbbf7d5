//! One save: one transaction, all of it or nothing.
//!
//! # No two wait for each other
//!
//! A save takes its locks in one order: first the accounts' rows by id, then the identifiers by kind and hash. The rows of
//! an account that is locked are nobody else's to change, so moving and deleting them never waits; only inserting a hash
//! can, for whoever is inserting the same one, and all insert in the same order.

use std::collections::{BTreeMap, BTreeSet};

use super::identifiers::{Owner, Place};
use super::{Account, Saved, SqlAccounts};
use crate::identity::AccountId;
use crate::sql::{Session, SqlError, Value};

pub(crate) const INSERT: &str =
    "INSERT INTO vneid_auth_accounts (id, version, key_id, record) VALUES ($1, 1, $2, $3) ON CONFLICT DO NOTHING";
pub(crate) const UPDATE: &str =
    "UPDATE vneid_auth_accounts SET version = version + 1, key_id = $3, record = $4 WHERE id = $1 AND version = $2";
pub(crate) const IDENTIFIERS: &str = "SELECT kind, hash FROM vneid_auth_identifiers WHERE account = $1";
pub(crate) const TAKE: &str =
    "INSERT INTO vneid_auth_identifiers (kind, hash, key_id, account) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
pub(crate) const MOVE: &str = "UPDATE vneid_auth_identifiers SET account = $3 WHERE kind = $1 AND hash = $2";
pub(crate) const GIVE_UP: &str = "DELETE FROM vneid_auth_identifiers WHERE kind = $1 AND hash = $2";

impl SqlAccounts {
    pub(super) async fn save_all(&self, accounts: &[Account]) -> Result<Saved, SqlError> {
        let Some(wanted) = self.wanted(accounts) else { return Ok(Saved::Conflict) };
        let mut in_order: Vec<&Account> = accounts.iter().collect();
        in_order.sort_by(|one, other| one.id.cmp(&other.id));
        let mut session = self.database.begin().await?;
        let mut had = BTreeMap::new();
        for account in in_order {
            if !self.write(&mut session, account).await? {
                session.rollback().await?;
                return Ok(Saved::Conflict);
            }
            if account.version > 0 {
                had.extend(identifiers(&mut session, &account.id).await?);
            }
        }
        if !put_in_place(&mut session, &had, &wanted).await? {
            session.rollback().await?;
            return Ok(Saved::Conflict);
        }
        session.commit().await?;
        Ok(Saved::Done)
    }

    /// Writes one account's record, if the account is there in its version or is new; tells whether.
    async fn write(&self, session: &mut Session, account: &Account) -> Result<bool, SqlError> {
        let record = self.seal(account)?;
        let key_ids = self.keys.ids();
        let key_id = key_ids.first().map(String::as_str).unwrap_or_default();
        let (id, key_id, record) = (Value::Text(account.id.as_str()), Value::Text(key_id), Value::Bytes(&record));
        let written = if account.version == 0 {
            session.execute(INSERT, &[id, key_id, record]).await?
        } else {
            // No row has a version that the database cannot count.
            let Ok(version) = i64::try_from(account.version) else { return Ok(false) };
            session.execute(UPDATE, &[id, Value::Int(version), key_id, record]).await?
        };
        Ok(written == 1)
    }
}

/// The rows that an account has now.
async fn identifiers(session: &mut Session, id: &AccountId) -> Result<Vec<(Place, AccountId)>, SqlError> {
    let rows = session.fetch(IDENTIFIERS, &[Value::Text(id.as_str())]).await?;
    rows.iter().map(|row| Ok(((row.text(0)?, row.bytes(1)?), id.clone()))).collect()
}

/// From the rows that the accounts had to those that they shall have; tells whether all were to be had.
async fn put_in_place(
    session: &mut Session,
    had: &BTreeMap<Place, AccountId>,
    wanted: &BTreeMap<Place, Owner>,
) -> Result<bool, SqlError> {
    let places: BTreeSet<&Place> = had.keys().chain(wanted.keys()).collect();
    for place in places {
        let (kind, hash) = (Value::Text(&place.0), Value::Bytes(&place.1));
        let written = match (had.get(place), wanted.get(place)) {
            (Some(from), Some(to)) if *from == to.account => 1,
            (Some(_), Some(to)) => session.execute(MOVE, &[kind, hash, Value::Text(to.account.as_str())]).await?,
            (Some(_), None) => session.execute(GIVE_UP, &[kind, hash]).await?,
            (None, Some(to)) => {
                let (key_id, account) = (Value::Text(&to.key_id), Value::Text(to.account.as_str()));
                session.execute(TAKE, &[kind, hash, key_id, account]).await?
            }
            (None, None) => 1,
        };
        if written != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}
