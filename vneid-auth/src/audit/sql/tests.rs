//! What the table holds, what waits when the database is away, what is pruned.

use super::*;
use crate::audit::{LookedUp, What};
use crate::error::Code;
use crate::registry::{Inquiry, Officer, Outcome, Purpose, Record};
use crate::sql::testing::{Backend, backends, database};

fn event(seconds: i64, what: What) -> Event {
    Event {
        at: Timestamp::from_unix_seconds(seconds),
        what,
        provider: Some("vneid".into()),
        account: Some("a".into()),
        address: Some("192.0.2.7".parse().unwrap()),
        user_agent: Some("Trình duyệt\0/1".into()),
        trace_id: "t".into(),
        lookup: None,
    }
}

/// What happened, oldest first.
async fn trail(database: &Database) -> Vec<(i64, String)> {
    let rows =
        database.fetch("SELECT happened_at, what FROM vneid_auth_audit ORDER BY happened_at", &[]).await.unwrap();
    rows.iter().map(|row| (row.int(0).unwrap(), row.text(1).unwrap())).collect()
}

#[tokio::test]
async fn every_event_is_a_row_and_stays_as_it_is() {
    for backend in backends() {
        let database = database(&backend.url()).await;
        let audit = SqlAudit::over(&database);
        audit.record(event(1, What::LoginRefused(Code::StateMismatch))).await;
        let bare = Event { provider: None, account: None, address: None, user_agent: None, ..event(2, What::CodeSent) };
        audit.record(bare).await;
        assert_eq!(trail(&database).await, [(1_000, "login_refused".into()), (2_000, "code_sent".into())]);
        let all = "SELECT what, reason, provider, account, address, user_agent, trace_id FROM vneid_auth_audit \
            WHERE happened_at = 1000";
        let rows = database.fetch(all, &[]).await.unwrap();
        let columns: Vec<String> = (0..7).map(|column| rows[0].text(column).unwrap()).collect();
        let expected = ["login_refused", "state_mismatch", "vneid", "a", "192.0.2.7", "Trình duyệt/1", "t"];
        assert_eq!(columns, expected);
        let changed = database.execute("UPDATE vneid_auth_audit SET account = 'b'", &[]).await;
        assert!(changed.is_err(), "nobody rewrites it");
    }
}

/// Who looked somebody up, why, and what came of it: to be accounted for without a word about the person.
#[tokio::test]
async fn a_look_up_is_kept_with_who_asked_and_why() {
    for backend in backends() {
        let database = database(&backend.url()).await;
        let officer = Officer::new("portal").unwrap();
        let record = Record::new("0d1e", "1.000.001", "037", &officer, &Inquiry::new(Purpose::Linking));
        let lookup = LookedUp { record, outcome: Outcome::DoesNotAgree, input: "a keyed hash".into() };
        let audit = SqlAudit::over(&database);
        audit.record(Event { lookup: Some(Box::new(lookup.clone())), ..event(1, What::LookedUp) }).await;
        let rows = database.fetch("SELECT what, lookup FROM vneid_auth_audit", &[]).await.unwrap();
        assert_eq!(rows[0].text(0).unwrap(), "looked_up");
        assert_eq!(serde_json::from_str::<LookedUp>(&rows[0].text(1).unwrap()).unwrap(), lookup);
    }
}

#[tokio::test]
async fn what_is_old_goes_when_it_is_told_to() {
    for backend in backends() {
        let database = database(&backend.url()).await;
        let audit = SqlAudit::over(&database);
        for second in 1..=5 {
            audit.record(event(second, What::LoggedIn)).await;
        }
        assert_eq!(audit.prune(Timestamp::from_unix_seconds(4)).await.unwrap(), 3);
        assert_eq!(audit.prune(Timestamp::from_unix_seconds(4)).await.unwrap(), 0);
        assert_eq!(trail(&database).await.len(), 2);
    }
}

/// A database that is away for a while: what happened meanwhile comes in its order, once.
#[tokio::test]
async fn what_could_not_be_written_waits_and_is_written_once() {
    for backend in backends() {
        let url = backend.url();
        let database = database(&url).await;
        let audit = SqlAudit::over(&database);
        let away = async |sql: &'static str| database.execute(sql, &[]).await.unwrap();
        away("ALTER TABLE vneid_auth_audit RENAME TO away").await;
        for second in 1..=3 {
            audit.record(event(second, What::LoggedIn)).await;
        }
        assert_eq!(audit.flush().await, 3);
        // It had been written once, and only the answer was lost.
        let line = audit.waiting.lines().oldest_first[0].clone();
        away("ALTER TABLE away RENAME TO vneid_auth_audit").await;
        audit.write(&line).await.unwrap();
        tokio::time::timeout(Duration::from_secs(30), async {
            while !audit.waiting.lines().oldest_first.is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .expect("somebody sees to it");
        let times: Vec<i64> = trail(&database).await.into_iter().map(|(at, _)| at).collect();
        assert_eq!(times, [1_000, 2_000, 3_000]);
        audit.record(event(4, What::LoggedIn)).await;
        assert_eq!(trail(&database).await.len(), 4, "and the next goes straight in");
    }
}

#[tokio::test]
async fn no_more_wait_than_there_is_room_for() {
    let backend: Backend = backends().remove(0);
    let database = database(&backend.url()).await;
    let audit = SqlAudit::over(&database);
    database.execute("ALTER TABLE vneid_auth_audit RENAME TO away", &[]).await.unwrap();
    for second in 0..=WAITING {
        audit.record(event(i64::try_from(second).unwrap(), What::LoggedIn)).await;
    }
    assert_eq!(audit.flush().await, WAITING);
}
