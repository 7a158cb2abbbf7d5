//! What the common suite does not ask: several instances, what a thief sees, what breaks off, another secret.

use std::sync::Arc;

use super::{Account, Accounts, By, Saved, SqlAccounts};
use crate::account::{Link, LinkedCitizenId, Phone, suite};
use crate::identity::{AccountId, CitizenId, Strength};
use crate::sql::testing::{Backend, backends, database, keys, secret};
use crate::sql::{Database, SqlError, Value};
use crate::store::Keys;
use crate::time::Timestamp;

mod broken;
mod plans;
mod rotation;
mod stolen;

async fn open(url: &str, keys: Keys) -> SqlAccounts {
    SqlAccounts::open(&database(url).await, keys).await.unwrap()
}

fn number(last: u16) -> CitizenId {
    format!("00189000{last:04}").parse().unwrap()
}

/// An account that is found by everything that one can be found by.
fn full(id: &str, last: u16) -> Account {
    let since = Timestamp::from_unix_seconds(1_800_000_000);
    let link =
        |provider: &str| Link { provider: provider.into(), subject: format!("subject-{last}"), since, asserts: true };
    Account {
        username: Some(format!("nguyen.thu.{last}")),
        password: Some("$argon2id$invented".into()),
        links: vec![link("vneid"), link("dvcqg")],
        citizen_id: Some(LinkedCitizenId { number: number(last), strength: Strength::Asserted, by_year: false }),
        tax_code: Some(format!("890000{last:04}")),
        phones: vec![Phone { number: format!("090000{last:04}").parse().unwrap(), verified: true }],
        ..Account::new(AccountId::from(id))
    }
}

async fn holder(accounts: &SqlAccounts, last: u16) -> Option<String> {
    let found = accounts.find(By::CitizenId(&number(last))).await.unwrap();
    found.map(|account| account.id.as_str().to_owned())
}

/// How many rows there are: accounts, and what they are found by.
async fn rows(database: &Database) -> (usize, usize) {
    let accounts = database.fetch("SELECT id FROM vneid_auth_accounts", &[]).await.unwrap().len();
    (accounts, database.fetch("SELECT kind FROM vneid_auth_identifiers", &[]).await.unwrap().len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_the_promises_of_accounts() {
    for backend in backends() {
        suite::run(|| async { open(&backend.url(), keys(1)).await }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_instances_that_link_one_number_at_once_exactly_one_wins() {
    for backend in backends() {
        let url = backend.url();
        let instances = [open(&url, keys(1)).await, open(&url, keys(1)).await];
        for round in 0..100 {
            let barrier = Arc::new(tokio::sync::Barrier::new(instances.len()));
            let tries: Vec<_> = (0..)
                .zip(&instances)
                .map(|(who, instance)| {
                    let (instance, barrier) = (instance.clone(), barrier.clone());
                    tokio::spawn(async move {
                        let account = Account::new(AccountId::from(format!("{round}-{who}")));
                        assert_eq!(instance.save(std::slice::from_ref(&account)).await.unwrap(), Saved::Done);
                        let linked =
                            LinkedCitizenId { number: number(round), strength: Strength::Matched, by_year: false };
                        let read = instance.find(By::Id(&account.id)).await.unwrap().unwrap();
                        barrier.wait().await;
                        instance.save(&[Account { citizen_id: Some(linked), ..read }]).await.unwrap()
                    })
                })
                .collect();
            let mut won = 0;
            for saved in tries {
                won += usize::from(saved.await.unwrap() == Saved::Done);
            }
            assert_eq!(won, 1, "round {round}");
            assert!(holder(&instances[0], round).await.is_some());
        }
    }
}

/// Accounts that exchange what they have, in both directions at once: whoever loses is told so at once, and nobody is
/// ended by the database as one of two that wait for each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn saves_that_cross_do_not_wait_for_each_other() {
    for backend in backends() {
        let url = backend.url();
        let accounts = Arc::new(open(&url, keys(1)).await);
        let pair = [full("a", 1), full("b", 2)];
        assert_eq!(accounts.save(&pair).await.unwrap(), Saved::Done);
        let crossing = (0..8).map(|who| {
            let accounts = accounts.clone();
            tokio::spawn(async move {
                let mut done = 0;
                for _ in 0..25 {
                    let mut both = Vec::new();
                    for id in ["a", "b"] {
                        both.push(accounts.find(By::Id(&id.into())).await.unwrap().unwrap());
                    }
                    let [one, other] = &mut both[..] else { panic!("two") };
                    std::mem::swap(&mut one.links, &mut other.links);
                    std::mem::swap(&mut one.citizen_id, &mut other.citizen_id);
                    if who % 2 == 0 {
                        both.reverse();
                    }
                    done += usize::from(accounts.save(&both).await.unwrap() == Saved::Done);
                }
                done
            })
        });
        let mut done = 0;
        for one in crossing.collect::<Vec<_>>() {
            done += one.await.unwrap();
        }
        assert!(done > 0);
        assert_eq!(rows(&database(&url).await).await, (2, 10));
        assert_eq!(backend.deadlocks(&url), 0);
    }
}

#[tokio::test]
async fn removing_leaves_no_row() {
    for backend in backends() {
        let url = backend.url();
        let accounts = open(&url, keys(1)).await;
        accounts.save(&[full("a", 1), full("b", 2)]).await.unwrap();
        assert!(accounts.remove(&"a".into()).await.unwrap());
        assert_eq!(rows(&database(&url).await).await, (1, 5));
    }
}

/// Whoever can write rows but has no secret gets nobody into another's account.
#[tokio::test]
async fn rows_that_were_tampered_with_open_no_account() {
    for backend in backends() {
        let url = backend.url();
        let accounts = open(&url, keys(1)).await;
        accounts.save(&[full("a", 1), full("b", 2)]).await.unwrap();
        let database = database(&url).await;
        let tamper = async |sql: &'static str| database.execute(sql, &[]).await.unwrap();
        tamper("UPDATE vneid_auth_identifiers SET account = 'b' WHERE account = 'a'").await;
        let found = accounts.find(By::Subject { provider: "vneid", subject: "subject-1" }).await;
        assert!(found.is_err(), "a's subject names b");
        tamper("UPDATE vneid_auth_accounts SET record = (SELECT record FROM vneid_auth_accounts WHERE id = 'b')").await;
        assert!(accounts.find(By::Id(&"a".into())).await.is_err(), "a's row has b's record");
        assert!(accounts.find(By::Id(&"b".into())).await.is_ok(), "and b's is its own");
    }
}
