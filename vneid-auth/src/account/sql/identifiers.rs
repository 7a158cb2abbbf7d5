//! What an account is found by, as it lies in the database: keyed hashes.

use std::collections::{BTreeMap, btree_map};

use super::SqlAccounts;
use crate::account::{Account, By};
use crate::identity::AccountId;

/// What is on one account at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Subject,
    CitizenId,
    TaxCode,
    Username,
}

/// A row's primary key: the kind's name and the hash.
pub(super) type Place = (String, Vec<u8>);

/// Whose an identifier is to be, and under which secret its hash is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) account: AccountId,
    pub(super) key_id: String,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::CitizenId => "citizen_id",
            Self::TaxCode => "tax_code",
            Self::Username => "username",
        }
    }

    /// What is hashed, or the id itself.
    pub(super) fn of(by: By<'_>) -> Result<(Self, Vec<&str>), &AccountId> {
        Ok(match by {
            By::Id(id) => return Err(id),
            By::Subject { provider, subject } => (Self::Subject, vec![provider, subject]),
            By::CitizenId(number) => (Self::CitizenId, vec![number.expose()]),
            By::TaxCode(code) => (Self::TaxCode, vec![code]),
            By::Username(name) => (Self::Username, vec![name]),
        })
    }
}

impl SqlAccounts {
    /// The hash under the secret, then under the previous one, each with the id of its secret.
    pub(super) fn hashes(&self, kind: Kind, value: &[&str]) -> Vec<(String, Vec<u8>)> {
        let parts: Vec<&str> = std::iter::once(kind.name()).chain(value.iter().copied()).collect();
        let macs = self.keys.macs("account identifier", &parts).into_iter();
        macs.map(|(key_id, hash)| (key_id, hash.to_vec())).collect()
    }

    /// Every row that these accounts shall have, in the order of the primary key; nothing when two of them, or one twice,
    /// want the same.
    pub(super) fn wanted(&self, accounts: &[Account]) -> Option<BTreeMap<Place, Owner>> {
        let mut wanted = BTreeMap::new();
        for account in accounts {
            for (kind, value) in all_of(account) {
                for (key_id, hash) in self.hashes(kind, &value) {
                    match wanted.entry((kind.name().to_owned(), hash)) {
                        btree_map::Entry::Occupied(_) => return None,
                        btree_map::Entry::Vacant(free) => {
                            free.insert(Owner { account: account.id.clone(), key_id });
                        }
                    }
                }
            }
        }
        Some(wanted)
    }
}

/// Everything that this account is found by, but its id.
fn all_of(account: &Account) -> Vec<(Kind, Vec<&str>)> {
    let subjects = account.links.iter().map(|link| By::Subject { provider: &link.provider, subject: &link.subject });
    let number = account.citizen_id.as_ref().map(|linked| By::CitizenId(&linked.number));
    let tax_code = account.tax_code.as_deref().map(By::TaxCode);
    let username = account.username.as_deref().map(By::Username);
    let all = subjects.chain(number).chain(tax_code).chain(username);
    all.filter_map(|by| Kind::of(by).ok()).collect()
}

/// Whether the account is rightly found by this.
pub(super) fn has(account: &Account, by: By<'_>) -> bool {
    match Kind::of(by) {
        Err(id) => account.id == *id,
        Ok(sought) => all_of(account).contains(&sought),
    }
}
