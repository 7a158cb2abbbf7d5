//! Accounts in memory, for one process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Account, Accounts, AccountsUnavailable, LinkedCitizenId, Role, SignIn};
use crate::identity::{AccountId, CitizenId, Identity, Strength};

/// [`Accounts`] in memory: everybody who logs in gets one.
#[derive(Default)]
pub struct MemoryAccounts {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    accounts: HashMap<AccountId, Entry>,
    links: HashMap<(String, String), AccountId>,
    numbers: HashMap<String, AccountId>,
}

struct Entry {
    account: Account,
    locked: bool,
}

impl MemoryAccounts {
    /// No accounts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks or unlocks an account; tells whether there is one.
    pub fn lock(&self, id: &AccountId, locked: bool) -> bool {
        self.state().accounts.get_mut(id).map(|entry| entry.locked = locked).is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Accounts for MemoryAccounts {
    async fn sign_in(&self, identity: &Identity) -> Result<SignIn, AccountsUnavailable> {
        Ok(self.state().sign_in(identity))
    }
}

impl State {
    fn sign_in(&mut self, identity: &Identity) -> SignIn {
        let link = (identity.provider.clone(), identity.subject.clone());
        let asserted = asserted(identity);
        let known = self.links.get(&link).or_else(|| asserted.and_then(|number| self.numbers.get(number.expose())));
        let id = known.cloned().unwrap_or_else(|| self.open());
        self.links.entry(link).or_insert_with(|| id.clone());
        if let Some(number) = asserted {
            self.assert_number(&id, number);
        }
        match self.accounts.get(&id) {
            Some(entry) if !entry.locked => SignIn::Account(entry.account.clone()),
            _ => SignIn::Refused,
        }
    }

    fn open(&mut self) -> AccountId {
        let id = AccountId::from(format!("{:06}", self.accounts.len() + 1));
        let account = Account { id: id.clone(), role: Role::Citizen, citizen_id: None };
        self.accounts.insert(id.clone(), Entry { account, locked: false });
        id
    }

    /// A citizen id belongs to one account: an account that already has one keeps it, and a number that another account
    /// has stays there.
    fn assert_number(&mut self, id: &AccountId, number: &CitizenId) {
        let Some(entry) = self.accounts.get_mut(id) else { return };
        if entry.account.citizen_id.is_some() || self.numbers.contains_key(number.expose()) {
            return;
        }
        entry.account.citizen_id = Some(LinkedCitizenId { number: number.clone(), strength: Strength::Asserted });
        self.numbers.insert(number.expose().to_owned(), id.clone());
    }
}

fn asserted(identity: &Identity) -> Option<&CitizenId> {
    (identity.citizen_id_strength == Some(Strength::Asserted)).then_some(identity.profile.citizen_id.as_ref()).flatten()
}
