//! The portal's secret is changed while the portal runs.

use super::*;

fn both(current: u8, previous: u8) -> Keys {
    keys(current).with_previous(&secret(previous)).unwrap()
}

async fn key_ids(database: &Database, sql: &'static str) -> usize {
    database.fetch(sql, &[]).await.unwrap().len()
}

#[tokio::test]
async fn what_was_written_under_the_previous_secret_is_found_and_cannot_be_registered_again() {
    for backend in backends() {
        let url = backend.url();
        let before = open(&url, keys(1)).await;
        before.save(&[full("a", 1)]).await.unwrap();
        let after = open(&url, both(2, 1)).await;
        assert_eq!(holder(&after, 1).await.as_deref(), Some("a"));
        for again in [
            Account { citizen_id: full("", 1).citizen_id, ..Account::new("b".into()) },
            Account { links: full("", 1).links, ..Account::new("b".into()) },
            Account { username: full("", 1).username, ..Account::new("b".into()) },
            Account { tax_code: full("", 1).tax_code, ..Account::new("b".into()) },
        ] {
            assert_eq!(after.save(&[again]).await.unwrap(), Saved::Conflict);
        }
        // An instance that has not been told yet sees the numbers that the others have taken since.
        after.save(&[full("c", 3)]).await.unwrap();
        let late = Account { citizen_id: full("", 3).citizen_id, ..Account::new("d".into()) };
        assert_eq!(before.save(&[late]).await.unwrap(), Saved::Conflict);
        assert!(before.find(By::CitizenId(&number(3))).await.is_err(), "it cannot read them, which is not \"nobody\"");
        // What is taken and what is given up holds under both.
        let read = after.find(By::Id(&"a".into())).await.unwrap().unwrap();
        assert_eq!(after.save(&[Account { citizen_id: None, ..read }]).await.unwrap(), Saved::Done);
        let free = Account { citizen_id: full("", 1).citizen_id, ..Account::new("e".into()) };
        assert_eq!(before.save(&[free]).await.unwrap(), Saved::Done);
        assert_eq!(holder(&after, 1).await.as_deref(), Some("e"));
    }
}

#[tokio::test]
async fn an_instance_without_a_secret_that_is_needed_does_not_start() {
    for backend in backends() {
        let url = backend.url();
        let database = database(&url).await;
        open(&url, keys(1)).await.save(&[full("a", 1)]).await.unwrap();
        let wrong = SqlAccounts::open(&database, keys(2)).await;
        assert!(matches!(wrong, Err(SqlError::OtherSecret)));
        assert!(SqlAccounts::open(&database, keys(1)).await.is_ok(), "and has left no trace");
        // The new secret beside the old one, on every instance; then the two change over.
        open(&url, both(1, 2)).await;
        open(&url, both(2, 1)).await;
        assert!(matches!(SqlAccounts::open(&database, keys(2)).await, Err(SqlError::OtherSecret)), "not rekeyed");
    }
}

#[tokio::test]
async fn everything_comes_under_the_new_secret() {
    for backend in backends() {
        let url = backend.url();
        let database = database(&url).await;
        let seed: Vec<Account> = (0..520).map(|last| full(&format!("account-{last:04}"), last)).collect();
        open(&url, keys(1)).await.save(&seed[..20]).await.unwrap();
        // The rest has nothing on it: the walk is what counts.
        let blank: Vec<Account> = seed[20..].iter().map(|account| Account::new(account.id.clone())).collect();
        open(&url, keys(1)).await.save(&blank).await.unwrap();

        let during = open(&url, both(2, 1)).await;
        assert_eq!(during.rekey().await.unwrap(), 520);
        assert_eq!(during.rekey().await.unwrap(), 0, "nothing is left to do");
        assert_eq!(rows(&database).await, (520, 20 * 5 * 2));

        let after = open(&url, keys(2)).await;
        assert_eq!(holder(&after, 1).await.as_deref(), Some("account-0001"));
        assert_eq!(after.rekey().await.unwrap(), 20, "the hashes under the old one go");
        assert_eq!(rows(&database).await, (520, 20 * 5));
        assert_eq!(key_ids(&database, "SELECT DISTINCT key_id FROM vneid_auth_identifiers").await, 1);
        assert_eq!(holder(&after, 1).await.as_deref(), Some("account-0001"));
        assert!(matches!(SqlAccounts::open(&database, keys(1)).await, Err(SqlError::OtherSecret)));
    }
}
