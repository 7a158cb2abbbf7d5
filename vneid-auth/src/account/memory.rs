//! Accounts in memory, for one process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Account, Accounts, AccountsUnavailable, By, Saved};
use crate::identity::AccountId;
use crate::random::Randomness;

/// [`Accounts`] in memory. They are gone when the process ends.
#[derive(Default)]
pub struct MemoryAccounts {
    state: Mutex<State>,
}

#[derive(Default, Clone)]
struct State {
    accounts: HashMap<AccountId, Account>,
    /// What each account alone has.
    owners: HashMap<Unique, AccountId>,
    ids: usize,
}

/// What is on one account at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Unique {
    Subject { provider: String, subject: String },
    CitizenId(String),
    TaxCode(String),
    Username(String),
}

impl MemoryAccounts {
    /// No accounts yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Accounts for MemoryAccounts {
    async fn find(&self, by: By<'_>) -> Result<Option<Account>, AccountsUnavailable> {
        let state = self.state();
        let id = match by {
            By::Id(id) => Some(id),
            By::Subject { provider, subject } => {
                state.owners.get(&Unique::Subject { provider: provider.to_owned(), subject: subject.to_owned() })
            }
            By::CitizenId(number) => state.owners.get(&Unique::CitizenId(number.expose().to_owned())),
            By::TaxCode(code) => state.owners.get(&Unique::TaxCode(code.to_owned())),
            By::Username(name) => state.owners.get(&Unique::Username(name.to_owned())),
        };
        Ok(id.and_then(|id| state.accounts.get(id)).cloned())
    }

    async fn save(&self, accounts: &[Account]) -> Result<Saved, AccountsUnavailable> {
        let mut state = self.state();
        let mut next = state.clone();
        if !next.save(accounts) {
            return Ok(Saved::Conflict);
        }
        *state = next;
        Ok(Saved::Done)
    }

    async fn remove(&self, id: &AccountId) -> Result<bool, AccountsUnavailable> {
        let mut state = self.state();
        state.give_up(id);
        Ok(state.accounts.remove(id).is_some())
    }

    async fn new_id(&self, _: &dyn Randomness) -> Result<AccountId, AccountsUnavailable> {
        let mut state = self.state();
        state.ids += 1;
        Ok(AccountId::from(format!("{:06}", state.ids)))
    }
}

impl State {
    /// Writes them, unless one has changed or has what another keeps; then nothing of this state is of use.
    fn save(&mut self, accounts: &[Account]) -> bool {
        let unchanged = |account: &Account| match self.accounts.get(&account.id) {
            Some(kept) => kept.version == account.version,
            None => account.version == 0,
        };
        if !accounts.iter().all(unchanged) {
            return false;
        }
        // All give up what they had before any takes what it wants, so that a number can move.
        for account in accounts {
            self.give_up(&account.id);
        }
        for account in accounts {
            for unique in uniques(account) {
                if self.owners.insert(unique, account.id.clone()).is_some() {
                    return false;
                }
            }
            self.accounts.insert(account.id.clone(), Account { version: account.version + 1, ..account.clone() });
        }
        true
    }

    fn give_up(&mut self, id: &AccountId) {
        for unique in self.accounts.get(id).map(uniques).unwrap_or_default() {
            self.owners.remove(&unique);
        }
    }
}

fn uniques(account: &Account) -> Vec<Unique> {
    let subject =
        |link: &super::Link| Unique::Subject { provider: link.provider.clone(), subject: link.subject.clone() };
    let number = account.citizen_id.as_ref().map(|linked| Unique::CitizenId(linked.number.expose().to_owned()));
    let tax_code = account.tax_code.clone().map(Unique::TaxCode);
    let username = account.username.clone().map(Unique::Username);
    account.links.iter().map(subject).chain(number).chain(tax_code).chain(username).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::suite;

    #[tokio::test]
    async fn keeps_the_promises_of_accounts() {
        suite::run(|| async { MemoryAccounts::new() }).await;
    }
}
