//! Accounts in memory, for one process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Account, Accounts, AccountsUnavailable, LinkedCitizenId, MAX_PHONES, Phone, PhoneAdded, Role, SignIn};
use crate::identity::{AccountId, CitizenId, Identity, PhoneNumber, Strength};

/// [`Accounts`] in memory: everybody who logs in gets one.
#[derive(Default)]
pub struct MemoryAccounts {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    accounts: HashMap<AccountId, Entry>,
    links: HashMap<(String, String), AccountId>,
    /// Whose a number is. How strongly, the account says.
    numbers: HashMap<String, AccountId>,
}

struct Entry {
    account: Account,
    locked: bool,
    phones: Vec<Phone>,
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

    async fn phones(&self, account: &AccountId) -> Result<Vec<Phone>, AccountsUnavailable> {
        Ok(self.state().accounts.get(account).map(|entry| entry.phones.clone()).unwrap_or_default())
    }

    async fn add_phone(&self, account: &AccountId, number: &PhoneNumber) -> Result<PhoneAdded, AccountsUnavailable> {
        let mut state = self.state();
        Ok(state.accounts.get_mut(account).map_or(PhoneAdded::NoAccount, |entry| entry.add_phone(number)))
    }

    async fn verify_phone(&self, account: &AccountId, number: &PhoneNumber) -> Result<bool, AccountsUnavailable> {
        let mut state = self.state();
        let phone = state.accounts.get_mut(account).and_then(|entry| entry.phone(number));
        Ok(phone.map(|phone| phone.verified = true).is_some())
    }

    async fn remove_phone(&self, account: &AccountId, number: &PhoneNumber) -> Result<bool, AccountsUnavailable> {
        let mut state = self.state();
        let Some(entry) = state.accounts.get_mut(account) else { return Ok(false) };
        let before = entry.phones.len();
        entry.phones.retain(|phone| phone.number != *number);
        Ok(entry.phones.len() < before)
    }
}

impl Entry {
    fn phone(&mut self, number: &PhoneNumber) -> Option<&mut Phone> {
        self.phones.iter_mut().find(|phone| phone.number == *number)
    }

    fn add_phone(&mut self, number: &PhoneNumber) -> PhoneAdded {
        if self.phone(number).is_some() {
            return PhoneAdded::There;
        }
        if self.phones.len() >= MAX_PHONES {
            return PhoneAdded::Full;
        }
        self.phones.push(Phone { number: number.clone(), verified: false });
        PhoneAdded::There
    }
}

impl State {
    fn sign_in(&mut self, identity: &Identity) -> SignIn {
        let link = (identity.provider.clone(), identity.subject.clone());
        let known = self.links.get(&link).cloned().or_else(|| self.asserted_elsewhere(identity));
        let id = known.unwrap_or_else(|| self.open());
        self.links.entry(link).or_insert_with(|| id.clone());
        if let (Some(number), Some(strength)) = (&identity.profile.citizen_id, identity.citizen_id_strength) {
            self.state_number(&id, number, strength);
        }
        match self.accounts.get_mut(&id) {
            Some(entry) if !entry.locked => {
                if let Some(stated) = &identity.profile.phone {
                    entry.add_phone(stated);
                }
                SignIn::Account(entry.account.clone())
            }
            _ => SignIn::Refused,
        }
    }

    /// The account of the person whose number this is, when both say so as strongly as VNeID does.
    fn asserted_elsewhere(&self, identity: &Identity) -> Option<AccountId> {
        let number = identity.profile.citizen_id.as_ref()?;
        let id = self.numbers.get(number.expose())?;
        let asserted = Some(Strength::Asserted);
        (identity.citizen_id_strength == asserted && self.strength(id) == asserted).then(|| id.clone())
    }

    fn strength(&self, id: &AccountId) -> Option<Strength> {
        self.accounts.get(id)?.account.citizen_id.as_ref().map(|linked| linked.strength)
    }

    fn open(&mut self) -> AccountId {
        let id = AccountId::from(format!("{:06}", self.accounts.len() + 1));
        let account = Account { id: id.clone(), role: Role::Citizen, citizen_id: None };
        self.accounts.insert(id.clone(), Entry { account, locked: false, phones: Vec::new() });
        id
    }

    /// A citizen id belongs to one account, and an account that has one keeps it. Of two accounts the one that VNeID
    /// states it for gets it; between two that only match, the first stands.
    fn state_number(&mut self, id: &AccountId, number: &CitizenId, strength: Strength) {
        let owner = self.numbers.get(number.expose()).cloned();
        let elsewhere = owner.as_ref().filter(|owner| *owner != id);
        let held = elsewhere.and_then(|owner| self.strength(owner));
        if held.is_some_and(|held| held >= strength) {
            return;
        }
        let Some(entry) = self.accounts.get_mut(id) else { return };
        match &mut entry.account.citizen_id {
            Some(linked) if linked.number != *number => return,
            Some(linked) => linked.strength = linked.strength.max(strength),
            nothing => *nothing = Some(LinkedCitizenId { number: number.clone(), strength }),
        }
        if let Some(loser) = elsewhere.and_then(|owner| self.accounts.get_mut(owner)) {
            loser.account.citizen_id = None;
        }
        self.numbers.insert(number.expose().to_owned(), id.clone());
    }
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
    async fn an_asserted_number_leaves_the_account_that_only_matched_it() {
        let accounts = MemoryAccounts::new();
        let (asserted, matched) = (Some(Strength::Asserted), Some(Strength::Matched));
        let first = account(&accounts, &identity("dvcqg", "a", matched)).await;
        assert_eq!(first.citizen_id.map(|linked| linked.strength), matched);
        let second = account(&accounts, &identity("dvcqg", "b", matched)).await;
        assert_eq!((second.id == first.id, second.citizen_id), (false, None), "the first stands");
        let owner = account(&accounts, &identity("vneid", "v", asserted)).await;
        assert_ne!(owner.id, first.id, "never merged into it");
        assert_eq!(owner.citizen_id.map(|linked| linked.strength), asserted);
        assert_eq!(account(&accounts, &identity("dvcqg", "a", matched)).await.citizen_id, None);
    }

    #[tokio::test]
    async fn a_matched_number_that_is_then_asserted_is_asserted() {
        let accounts = MemoryAccounts::new();
        let first = account(&accounts, &identity("dvcqg", "a", Some(Strength::Matched))).await;
        let again = account(&accounts, &identity("dvcqg", "a", Some(Strength::Asserted))).await;
        assert_eq!((&again.id, again.citizen_id.unwrap().strength), (&first.id, Strength::Asserted));
        let vneid = account(&accounts, &identity("vneid", "v", Some(Strength::Asserted))).await;
        assert_eq!(vneid.id, first.id);
        let weaker = account(&accounts, &identity("dvcqg", "a", Some(Strength::Matched))).await;
        assert_eq!(weaker.citizen_id.unwrap().strength, Strength::Asserted);
    }

    #[tokio::test]
    async fn a_stated_phone_counts_only_after_its_code() {
        let accounts = MemoryAccounts::new();
        let number: PhoneNumber = "0900000289".parse().unwrap();
        let mut stated = identity("vneid", "s", None);
        stated.profile.phone = Some(number.clone());
        let id = account(&accounts, &stated).await.id;
        let phone = |verified| vec![Phone { number: number.clone(), verified }];
        assert_eq!(accounts.phones(&id).await.unwrap(), phone(false));
        assert!(accounts.verify_phone(&id, &number).await.unwrap());
        account(&accounts, &stated).await;
        assert_eq!(accounts.add_phone(&id, &number).await.unwrap(), PhoneAdded::There);
        assert_eq!(accounts.phones(&id).await.unwrap(), phone(true), "stated or added again, it stays as it is");
        assert!(accounts.remove_phone(&id, &number).await.unwrap());
        assert!(!accounts.remove_phone(&id, &number).await.unwrap());
        assert!(!accounts.verify_phone(&id, &number).await.unwrap(), "what is gone does not come back by its code");
    }

    #[tokio::test]
    async fn an_account_has_so_many_phones_and_no_more() {
        let accounts = MemoryAccounts::new();
        let id = account(&accounts, &identity("vneid", "s", None)).await.id;
        let number = |n: usize| format!("09000001{n:02}").parse::<PhoneNumber>().unwrap();
        for n in 0..MAX_PHONES {
            assert_eq!(accounts.add_phone(&id, &number(n)).await.unwrap(), PhoneAdded::There);
        }
        assert_eq!(accounts.add_phone(&id, &number(MAX_PHONES)).await.unwrap(), PhoneAdded::Full);
        assert_eq!(accounts.add_phone(&id, &number(0)).await.unwrap(), PhoneAdded::There);
        assert_eq!(accounts.add_phone(&"nobody".into(), &number(0)).await.unwrap(), PhoneAdded::NoAccount);
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
