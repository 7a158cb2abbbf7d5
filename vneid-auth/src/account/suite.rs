//! What every implementation of [`Accounts`] must pass.

use std::sync::Arc;

use super::{Account, Accounts, By, Link, LinkedCitizenId, Phone, Role, Saved, Told};
use crate::identity::{AccountId, CitizenId, Strength};
use crate::random::SystemRandomness;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

fn number(last: u8) -> CitizenId {
    format!("001890000{last:03}").parse().unwrap()
}

fn link(subject: &str) -> Link {
    Link { provider: "vneid".into(), subject: subject.into(), since: NOW, asserts: true }
}

fn with_number(mut account: Account, last: u8) -> Account {
    account.citizen_id = Some(LinkedCitizenId { number: number(last), strength: Strength::Matched, by_year: true });
    account
}

async fn new(accounts: &impl Accounts) -> Account {
    Account::new(accounts.new_id(&SystemRandomness).await.unwrap())
}

async fn find(accounts: &impl Accounts, by: By<'_>) -> Option<Account> {
    accounts.find(by).await.unwrap()
}

async fn save(accounts: &impl Accounts, saved: &[Account]) -> Saved {
    accounts.save(saved).await.unwrap()
}

/// Runs every test, each over accounts of its own.
pub(crate) async fn run<A: Accounts + 'static, F: Future<Output = A>>(make: impl Fn() -> F) {
    what_is_saved_is_found_by_all_that_is_on_it(&make().await).await;
    a_save_over_what_has_changed_is_refused(&make().await).await;
    what_is_on_one_account_goes_onto_no_other(&make().await).await;
    a_number_moves_in_one_save(&make().await).await;
    a_save_is_all_or_nothing(&make().await).await;
    what_is_removed_is_gone(&make().await).await;
    of_many_first_logins_at_once_one_opens_an_account(Arc::new(make().await)).await;
    of_many_who_want_a_number_at_once_one_gets_it(Arc::new(make().await)).await;
}

async fn what_is_saved_is_found_by_all_that_is_on_it(accounts: &impl Accounts) {
    let mut account = with_number(new(accounts).await, 1);
    account.links = vec![link("a"), Link { provider: "dvcqg".into(), ..link("a") }];
    account.username = Some("thử.nghiệm".into());
    account.password = Some("$argon2id$…".into());
    account.tax_code = Some("8900000012".into());
    account.role = Role::Official;
    account.closed = true;
    account.phones = vec![Phone { number: "0900000289".parse().unwrap(), verified: true }];
    account.tell(Told::NumberMovedHere, NOW);
    assert_eq!(save(accounts, std::slice::from_ref(&account)).await, Saved::Done);
    let bys = [
        By::Id(&account.id),
        By::Subject { provider: "vneid", subject: "a" },
        By::Subject { provider: "dvcqg", subject: "a" },
        By::CitizenId(account.citizen_id.as_ref().map(|linked| &linked.number).unwrap()),
        By::TaxCode("8900000012"),
        By::Username("thử.nghiệm"),
    ];
    for by in bys {
        let found = find(accounts, by).await.unwrap();
        assert!(found.version > 0, "{by:?}");
        assert_eq!(Account { version: 0, ..found }, account, "{by:?}");
    }
    let others = [
        By::Id(&AccountId::from("nobody")),
        By::Subject { provider: "kiosk", subject: "a" },
        By::Subject { provider: "vneid", subject: "b" },
        By::CitizenId(&number(2)),
        By::TaxCode("890000001"),
        By::Username("Thử.nghiệm"),
    ];
    for by in others {
        assert_eq!(find(accounts, by).await, None, "{by:?}");
    }
}

async fn a_save_over_what_has_changed_is_refused(accounts: &impl Accounts) {
    let account = new(accounts).await;
    assert_eq!(save(accounts, std::slice::from_ref(&account)).await, Saved::Done);
    assert_eq!(save(accounts, std::slice::from_ref(&account)).await, Saved::Conflict, "it is there already");
    let read = find(accounts, By::Id(&account.id)).await.unwrap();
    let one = Account { closed: true, ..read.clone() };
    assert_eq!(save(accounts, &[one]).await, Saved::Done);
    let other = Account { role: Role::Official, ..read.clone() };
    assert_eq!(save(accounts, &[other]).await, Saved::Conflict);
    let now = find(accounts, By::Id(&account.id)).await.unwrap();
    assert_eq!((now.closed, now.role), (true, Role::Citizen));
    let gone = Account { id: "nobody".into(), ..read };
    assert_eq!(save(accounts, &[gone]).await, Saved::Conflict, "it is gone");
}

async fn what_is_on_one_account_goes_onto_no_other(accounts: &impl Accounts) {
    let mut first = with_number(new(accounts).await, 1);
    first.links = vec![link("a")];
    first.tax_code = Some("8900000012".into());
    first.username = Some("một".into());
    assert_eq!(save(accounts, &[first.clone()]).await, Saved::Done);
    let blank = new(accounts).await;
    for second in [
        with_number(blank.clone(), 1),
        Account { links: vec![link("a")], ..blank.clone() },
        Account { tax_code: first.tax_code.clone(), ..blank.clone() },
        Account { username: first.username.clone(), ..blank.clone() },
    ] {
        assert_eq!(save(accounts, std::slice::from_ref(&second)).await, Saved::Conflict, "{second:?}");
        assert_eq!(find(accounts, By::Id(&second.id)).await, None);
    }
    let mut phone = blank;
    phone.phones = vec![Phone { number: "0900000289".parse().unwrap(), verified: false }];
    let sharing = Account { id: accounts.new_id(&SystemRandomness).await.unwrap(), ..phone.clone() };
    assert_eq!(save(accounts, &[phone, sharing]).await, Saved::Done, "a phone may be shared");
}

async fn a_number_moves_in_one_save(accounts: &impl Accounts) {
    let (squatter, owner) = (with_number(new(accounts).await, 1), new(accounts).await);
    assert_eq!(save(accounts, &[squatter.clone(), owner.clone()]).await, Saved::Done);
    let read = |id| find(accounts, By::Id(id));
    let loses = Account { citizen_id: None, ..read(&squatter.id).await.unwrap() };
    let gets = with_number(read(&owner.id).await.unwrap(), 1);
    // Whichever is named first.
    assert_eq!(save(accounts, &[gets, loses]).await, Saved::Done);
    let found = find(accounts, By::CitizenId(&number(1))).await.unwrap();
    assert_eq!(found.id, owner.id);
    assert_eq!(find(accounts, By::Id(&squatter.id)).await.unwrap().citizen_id, None);
    // What was given up is free.
    let free = Account { citizen_id: None, ..found };
    assert_eq!(save(accounts, &[free]).await, Saved::Done);
    assert_eq!(save(accounts, &[with_number(new(accounts).await, 1)]).await, Saved::Done);
}

async fn a_save_is_all_or_nothing(accounts: &impl Accounts) {
    let (one, other) = (with_number(new(accounts).await, 1), with_number(new(accounts).await, 1));
    assert_eq!(save(accounts, &[one.clone(), other.clone()]).await, Saved::Conflict);
    assert_eq!(find(accounts, By::Id(&one.id)).await, None);
    assert_eq!(find(accounts, By::Id(&other.id)).await, None);
    assert_eq!(find(accounts, By::CitizenId(&number(1))).await, None);
}

async fn what_is_removed_is_gone(accounts: &impl Accounts) {
    let mut account = with_number(new(accounts).await, 1);
    account.links = vec![link("a")];
    save(accounts, std::slice::from_ref(&account)).await;
    assert!(accounts.remove(&account.id).await.unwrap());
    assert!(!accounts.remove(&account.id).await.unwrap());
    assert_eq!(find(accounts, By::Id(&account.id)).await, None);
    assert_eq!(find(accounts, By::CitizenId(&number(1))).await, None);
    let again = Account { id: accounts.new_id(&SystemRandomness).await.unwrap(), ..account };
    assert_eq!(save(accounts, &[again]).await, Saved::Done, "and its number and subject are free");
}

async fn of_many_first_logins_at_once_one_opens_an_account<A: Accounts + 'static>(accounts: Arc<A>) {
    let logins = (0..16).map(|_| {
        let accounts = accounts.clone();
        tokio::spawn(async move {
            let account = Account { links: vec![link("a")], ..new(accounts.as_ref()).await };
            save(accounts.as_ref(), &[account]).await
        })
    });
    assert_eq!(won(logins.collect()).await, 1);
}

async fn of_many_who_want_a_number_at_once_one_gets_it<A: Accounts + 'static>(accounts: Arc<A>) {
    let mut wanting = Vec::new();
    for _ in 0..16 {
        let account = new(accounts.as_ref()).await;
        save(accounts.as_ref(), std::slice::from_ref(&account)).await;
        wanting.push(find(accounts.as_ref(), By::Id(&account.id)).await.unwrap());
    }
    let links = wanting.into_iter().map(|account| {
        let accounts = accounts.clone();
        tokio::spawn(async move { save(accounts.as_ref(), &[with_number(account, 1)]).await })
    });
    assert_eq!(won(links.collect()).await, 1);
}

async fn won(tries: Vec<tokio::task::JoinHandle<Saved>>) -> usize {
    let mut won = 0;
    for saved in tries {
        won += usize::from(saved.await.unwrap() == Saved::Done);
    }
    won
}
