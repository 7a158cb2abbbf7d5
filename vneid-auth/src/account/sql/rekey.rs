//! Which secrets lie in the database, and how everything comes under the new one.

use super::{By, Saved, SqlAccounts};
use crate::identity::AccountId;
use crate::sql::{SqlError, Value, one_at_a_time};

pub(crate) const KEYS: &str = "SELECT key_id FROM vneid_auth_keys";
const ADD_KEY: &str = "INSERT INTO vneid_auth_keys (key_id) VALUES ($1) ON CONFLICT DO NOTHING";
const ONE_KEY: &str = "DELETE FROM vneid_auth_keys WHERE key_id <> $1";
/// A page of the accounts, in the order of their ids, and how much of each lies otherwise than it would be written now.
pub(crate) const PAGE: &str = "SELECT a.id, CASE WHEN a.key_id <> $2 THEN 1 ELSE 0 END + \
    (SELECT COUNT(*) FROM vneid_auth_identifiers i WHERE i.account = a.id AND i.key_id NOT IN ($2, $3)) \
    FROM vneid_auth_accounts a WHERE a.id > $1 ORDER BY a.id LIMIT 500";

/// How often one account is tried against others who change it.
const TRIES: usize = 8;

impl SqlAccounts {
    /// Writes every account anew that lies under another secret than the current one, while the portal runs. The second
    /// time, without the previous secret, it removes the hashes that were kept under that one. Tells how many accounts it
    /// wrote; broken off, it is begun again.
    ///
    /// Only when every instance has the current secret as its current one: what another writes under the previous secret
    /// after this has passed is not found later.
    ///
    /// # Errors
    /// When the database cannot be reached, or an account cannot be read; then the previous secret must stay set.
    pub async fn rekey(&self) -> Result<u64, SqlError> {
        let key_ids = self.keys.ids();
        let (Some(current), Some(last)) = (key_ids.first(), key_ids.last()) else { return Ok(0) };
        let mut written = 0;
        let mut after = String::new();
        loop {
            let values = [Value::Text(&after), Value::Text(current), Value::Text(last)];
            let page = self.database.fetch(PAGE, &values).await?;
            let Some(newest) = page.last() else { break };
            after = newest.text(0)?;
            for row in &page {
                if row.int(1)? != 0 && self.write_again(&AccountId::from(row.text(0)?)).await? {
                    written += 1;
                }
            }
        }
        self.database.execute(ONE_KEY, &[Value::Text(current)]).await?;
        Ok(written)
    }

    /// Tells whether the account is still there.
    async fn write_again(&self, id: &AccountId) -> Result<bool, SqlError> {
        for _ in 0..TRIES {
            let Some(account) = self.find_row(By::Id(id)).await? else { return Ok(false) };
            match self.database.within(self.save_all(&[account])).await {
                Ok(Saved::Done) => return Ok(true),
                Ok(Saved::Conflict) | Err(SqlError::Raced) => {}
                Err(error) => return Err(error),
            }
        }
        Err(SqlError::Raced)
    }

    /// Says under which secret this instance writes, unless another's lies there already.
    pub(super) async fn announce_key(&self) -> Result<(), SqlError> {
        let known = self.keys.ids();
        let current = known.first().map(String::as_str).unwrap_or_default();
        let work = async {
            let mut session = self.database.begin().await?;
            // Of two with different secrets one is first, and the other sees its.
            one_at_a_time(&mut session).await?;
            for row in session.fetch(KEYS, &[]).await? {
                if !known.contains(&row.text(0)?) {
                    return Err(SqlError::OtherSecret);
                }
            }
            session.execute(ADD_KEY, &[Value::Text(current)]).await?;
            session.commit().await
        };
        self.database.within(work).await
    }
}
