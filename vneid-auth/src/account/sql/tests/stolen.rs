//! What somebody sees who steals the database.

use super::*;
use crate::audit::{Audit as _, Event, SqlAudit, What};

/// Everything of these accounts that says something of a person.
fn seeded(accounts: &[Account]) -> Vec<String> {
    let mut words = Vec::new();
    for account in accounts {
        words.extend(account.links.iter().map(|link| link.subject.clone()));
        words.extend(account.citizen_id.iter().map(|linked| linked.number.expose().to_owned()));
        words.extend(account.phones.iter().map(|phone| phone.number.expose().to_owned()));
        words.extend(account.tax_code.clone());
        words.extend(account.username.clone());
        words.extend(account.password.iter().map(|password| password.expose().to_owned()));
    }
    words
}

/// What was stolen, to look for words in.
struct Loot(String);

impl Loot {
    fn of(backend: &Backend, url: &str) -> Self {
        Self(String::from_utf8_lossy(&backend.stolen(url)).to_ascii_lowercase())
    }

    /// Whether a word lies there: as it is, or as the hexadecimal in which a dump shows bytes.
    fn has(&self, word: &str) -> bool {
        let hexadecimal: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.0.contains(&word.to_ascii_lowercase()) || self.0.contains(&hexadecimal)
    }
}

#[tokio::test]
async fn nothing_that_says_who_they_are_can_be_read() {
    for backend in backends() {
        let url = backend.url();
        let database = database(&url).await;
        let accounts = SqlAccounts::open(&database, keys(1)).await.unwrap();
        let seed: Vec<Account> = (1..=20).map(|last| full(&format!("account-{last}"), last)).collect();
        assert_eq!(accounts.save(&seed).await.unwrap(), Saved::Done);
        let audit = SqlAudit::over(&database);
        let event = Event {
            at: Timestamp::from_unix_seconds(1_800_000_000),
            what: What::CitizenIdLinked(Strength::Asserted),
            provider: Some("vneid".into()),
            account: Some("account-1".into()),
            address: Some("192.0.2.7".parse().unwrap()),
            user_agent: Some("Browser/1".into()),
            trace_id: "trace-1".into(),
            lookup: None,
        };
        audit.record(event).await;
        // One changed and one erased: nor does what was overwritten stay behind.
        let read = accounts.find(By::Id(&"account-1".into())).await.unwrap().unwrap();
        assert_eq!(accounts.save(&[Account { citizen_id: None, ..read }]).await.unwrap(), Saved::Done);
        assert!(accounts.remove(&"account-2".into()).await.unwrap());

        let stolen = Loot::of(&backend, &url);
        let words = seeded(&seed);
        assert_eq!(words.len(), 20 * 7);
        for word in &words {
            assert!(!stolen.has(word), "{word}");
        }
        for there in ["account-1", "trace-1", "192.0.2.7", "citizen_id_linked", "asserted"] {
            assert!(stolen.has(there), "the search finds what is there: {there}");
        }

        // And it would find a number that lay there in clear, in a text or among bytes.
        let (clear, among) = (&words[2], &words[9]);
        let insert = "INSERT INTO vneid_auth_accounts (id, version, key_id, record) VALUES ($1, 1, '', $2)";
        let values = [Value::Text(clear), Value::Bytes(among.as_bytes())];
        database.execute(insert, &values).await.unwrap();
        let stolen = Loot::of(&backend, &url);
        assert!(stolen.has(clear) && stolen.has(among));
    }
}

#[tokio::test]
async fn hashes_of_one_value_differ_by_kind_and_by_secret() {
    for backend in backends() {
        let url = backend.url();
        let accounts = open(&url, keys(1)).await;
        let same = Account { username: Some("8900000012".into()), tax_code: Some("8900000012".into()), ..full("a", 1) };
        accounts.save(&[same]).await.unwrap();
        assert_eq!(rows(&database(&url).await).await, (1, 5));
        let hashes = |keys: Keys| keys.macs("account identifier", &["tax_code", "8900000012"]);
        assert_ne!(hashes(keys(1)), hashes(keys(2)));
        // Nobody else hashes like this with the portal's secret.
        assert_ne!(keys(1).mac("account identifier", &["x"]), keys(1).mac("tag", &["x"]));
    }
}
