//! What must never happen to an account, and whether it has (flows.md, machines 2 and 6).

use vneid_auth::flow::resolution::Plan;
use vneid_auth::identity::Strength;

use super::{Account, Provider, Session, Subject};

/// What must never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    NumberTwice,
    SubjectTwice,
    AnothersAccount,
    ClosedAccount,
    AssertedUnstated,
    OwnerWithoutNumber,
    AssertedLost,
    RefusedForAnother,
    StaleSession,
}

/// Nothing is on two accounts: what the store promises.
pub(super) fn unique(accounts: &[Account]) -> bool {
    !twice(accounts.iter().flat_map(|account| account.links.iter()))
        && !twice(accounts.iter().filter_map(|account| account.number.as_ref().map(|(whose, _)| whose)))
}

fn twice<T: Ord + Copy>(all: impl Iterator<Item = T>) -> bool {
    let mut all: Vec<T> = all.collect();
    let before = all.len();
    all.sort_unstable();
    all.dedup();
    all.len() < before
}

/// What is wrong with the accounts, whatever has led there.
pub(super) fn table(accounts: &[Account]) -> Option<Wrong> {
    if twice(accounts.iter().flat_map(|account| account.links.iter())) {
        return Some(Wrong::SubjectTwice);
    }
    if twice(accounts.iter().filter_map(|account| account.number.as_ref().map(|(whose, _)| whose))) {
        return Some(Wrong::NumberTwice);
    }
    for account in accounts {
        if account.links.iter().any(|(_, person)| *person != account.owner) {
            return Some(Wrong::AnothersAccount);
        }
        if let Some((whose, Strength::Asserted)) = account.number
            && (whose != account.owner || !account.links.contains(&(Provider::Vneid, whose)))
        {
            return Some(Wrong::AssertedUnstated);
        }
    }
    None
}

/// What is wrong once a login has settled.
pub(super) fn settled(accounts: &[Account], subject: Subject, account: usize, plan: &Plan) -> Option<Wrong> {
    let (provider, person) = subject;
    let entered = &accounts[account];
    if entered.owner != person {
        return Some(Wrong::AnothersAccount);
    }
    if entered.closed {
        return Some(Wrong::ClosedAccount);
    }
    let holder = accounts.iter().find(|account| account.number.is_some_and(|(whose, _)| whose == person));
    if provider == Provider::Vneid && holder.is_none_or(|holder| holder.owner != person) {
        return Some(Wrong::OwnerWithoutNumber);
    }
    if provider != Provider::Vneid && plan.number.as_ref().is_some_and(|number| number.from.is_some()) {
        return Some(Wrong::AssertedLost);
    }
    table(accounts)
}

/// What is wrong with a refusal: an account of one's own that is closed is the only reason.
pub(super) fn refused(accounts: &[Account], (_, person): Subject) -> Option<Wrong> {
    let own = accounts.iter().any(|account| account.owner == person && account.closed);
    (!own).then_some(Wrong::RefusedForAnother)
}

/// What is wrong with a session that runs.
pub(super) fn sessions(accounts: &[Account], sessions: &[Session]) -> Option<Wrong> {
    sessions.iter().find_map(|session| {
        let account = &accounts[session.account];
        if account.owner != session.who {
            return Some(Wrong::AnothersAccount);
        }
        let holds = account.number.map(|(whose, _)| whose);
        (session.number.is_some() && session.number != holds).then_some(Wrong::StaleSession)
    })
}
