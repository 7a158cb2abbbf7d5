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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{AccountKind, Profile};
    use crate::time::Timestamp;

    fn identity(provider: &str, subject: &str, strength: Option<Strength>) -> Identity {
        Identity {
            provider: provider.into(),
            subject: subject.into(),
            sid: None,
            via: None,
            level: None,
            kind: AccountKind::Citizen,
            authenticated_at: Timestamp::from_unix_seconds(0),
            citizen_id_strength: strength,
            profile: Profile { citizen_id: "001890000001".parse().ok(), ..Profile::default() },
        }
    }

    async fn account(accounts: &MemoryAccounts, identity: &Identity) -> Account {
        match accounts.sign_in(identity).await.unwrap() {
            SignIn::Account(account) => account,
            SignIn::Refused => panic!("refused"),
        }
    }

    #[tokio::test]
    async fn c116_an_account_is_found_by_provider_and_subject() {
        let accounts = MemoryAccounts::new();
        let first = account(&accounts, &identity("vneid", "s", None)).await;
        assert_eq!(account(&accounts, &identity("vneid", "s", None)).await.id, first.id);
        assert_ne!(account(&accounts, &identity("dvcqg", "s", None)).await.id, first.id, "another provider's s");
        assert_eq!(first.citizen_id, None, "a number that nobody asserts is on no account");
    }

    #[tokio::test]
    async fn an_asserted_number_is_one_person() {
        let accounts = MemoryAccounts::new();
        let asserted = Some(Strength::Asserted);
        let first = account(&accounts, &identity("vneid", "a", asserted)).await;
        assert!(first.citizen_id.is_some());
        assert_eq!(account(&accounts, &identity("dvcqg", "b", asserted)).await.id, first.id);
        assert_ne!(account(&accounts, &identity("dvcqg", "c", Some(Strength::Matched))).await.id, first.id);
    }

    #[tokio::test]
    async fn a_locked_account_is_refused() {
        let accounts = MemoryAccounts::new();
        let id = account(&accounts, &identity("vneid", "s", None)).await.id;
        assert!(accounts.lock(&id, true));
        assert_eq!(accounts.sign_in(&identity("vneid", "s", None)).await.unwrap(), SignIn::Refused);
        assert!(!accounts.lock(&"nobody".into(), true));
    }
}
