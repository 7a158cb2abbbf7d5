//! Accounts in a database: sealed records, found by keyed hashes.

mod identifiers;
mod rekey;
mod save;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use self::identifiers::Kind;
use super::{Account, Accounts, AccountsUnavailable, By, Saved};
use crate::identity::AccountId;
use crate::random::{Randomness, SystemRandomness};
use crate::sql::{Database, Row, SqlError, Value};
use crate::store::Keys;

/// [`Accounts`] in PostgreSQL or SQLite, any number of portal instances over one database.
///
/// [`sql`](crate::sql) has the schema and says how the secret is changed. An account lies sealed as a whole; what it is
/// found by lies beside it as keyed hashes, and each of those is there once. A damaged record, or one under a secret that
/// is not known, is an error and never "no such account": for that a citizen would get a second one.
#[derive(Clone)]
pub struct SqlAccounts {
    database: Database,
    keys: Arc<Keys>,
    randomness: Arc<dyn Randomness>,
}

/// An account as it is sealed. Another shape gets another version.
#[derive(Serialize, Deserialize)]
struct Sealed<A> {
    v: u8,
    account: A,
}

const RECORD_VERSION: u8 = 1;

pub(crate) const BY_ID: &str = "SELECT id, version, record FROM vneid_auth_accounts WHERE id = $1";
pub(crate) const BY_IDENTIFIER: &str = "SELECT DISTINCT a.id, a.version, a.record \
    FROM vneid_auth_identifiers i JOIN vneid_auth_accounts a ON a.id = i.account \
    WHERE i.kind = $1 AND i.hash IN ($2, $3)";
// What is found by it goes along (ON DELETE CASCADE).
pub(crate) const REMOVE: &str = "DELETE FROM vneid_auth_accounts WHERE id = $1";

impl SqlAccounts {
    /// The accounts in this database. The keys are made from the portal's secret, as
    /// [`PortalBuilder::secret`](crate::portal::PortalBuilder::secret) has it.
    ///
    /// # Errors
    /// [`SqlError::OtherSecret`] when accounts may lie there under a secret that these keys do not have; else when the
    /// database cannot be reached.
    pub async fn open(database: &Database, keys: Keys) -> Result<Self, SqlError> {
        let randomness = Arc::new(SystemRandomness);
        let accounts = Self { database: database.clone(), keys: Arc::new(keys), randomness };
        accounts.announce_key().await?;
        Ok(accounts)
    }

    async fn find_row(&self, by: By<'_>) -> Result<Option<Account>, SqlError> {
        let rows = match Kind::of(by) {
            Err(id) => self.database.fetch(BY_ID, &[Value::Text(id.as_str())]).await?,
            Ok((kind, value)) => {
                let hashes = self.hashes(kind, &value);
                let (Some((_, current)), Some((_, last))) = (hashes.first(), hashes.last()) else {
                    return Err(SqlError::Damaged("there is no key"));
                };
                let values = [Value::Text(kind.name()), Value::Bytes(current), Value::Bytes(last)];
                self.database.fetch(BY_IDENTIFIER, &values).await?
            }
        };
        let account = match rows.as_slice() {
            [] => return Ok(None),
            [row] => self.unseal(row)?,
            _ => return Err(SqlError::Damaged("vneid_auth_identifiers: what is on one account is on two")),
        };
        // Whoever can write rows could point one at another's account.
        if !identifiers::has(&account, by) {
            return Err(SqlError::Damaged("vneid_auth_identifiers: it names an account that has no such thing"));
        }
        Ok(Some(account))
    }

    fn seal(&self, account: &Account) -> Result<Vec<u8>, SqlError> {
        let unavailable = |error: Box<dyn std::error::Error + Send + Sync>| SqlError::Unavailable(error);
        let plain =
            serde_json::to_vec(&Sealed { v: RECORD_VERSION, account }).map_err(|error| unavailable(Box::new(error)))?;
        let sealed = self.keys.seal(&context(&account.id), &plain, self.randomness.as_ref());
        Ok(sealed.map_err(|error| unavailable(Box::new(error)))?.to_vec())
    }

    /// The account of a row of id, version and record.
    fn unseal(&self, row: &Row) -> Result<Account, SqlError> {
        let id = AccountId::from(row.text(0)?);
        let version = u64::try_from(row.int(1)?).map_err(|_| SqlError::Damaged("vneid_auth_accounts: version"))?;
        let plain = self.keys.open(&context(&id), &row.bytes(2)?);
        let sealed = plain.and_then(|plain| serde_json::from_slice::<Sealed<Account>>(&plain).ok());
        match sealed {
            Some(Sealed { v: RECORD_VERSION, account }) if account.id == id => Ok(Account { version, ..account }),
            _ => Err(SqlError::Damaged("vneid_auth_accounts: a record cannot be opened")),
        }
    }
}

/// Binds a record to its row.
fn context(id: &AccountId) -> String {
    format!("account record {}", id.as_str())
}

#[async_trait]
impl Accounts for SqlAccounts {
    async fn find(&self, by: By<'_>) -> Result<Option<Account>, AccountsUnavailable> {
        Ok(self.find_row(by).await?)
    }

    async fn save(&self, accounts: &[Account]) -> Result<Saved, AccountsUnavailable> {
        match self.database.within(self.save_all(accounts)).await {
            Err(SqlError::Raced) => Ok(Saved::Conflict),
            saved => Ok(saved?),
        }
    }

    async fn remove(&self, id: &AccountId) -> Result<bool, AccountsUnavailable> {
        Ok(self.database.execute(REMOVE, &[Value::Text(id.as_str())]).await? > 0)
    }
}

impl From<SqlError> for AccountsUnavailable {
    fn from(error: SqlError) -> Self {
        Self(Box::new(error))
    }
}
