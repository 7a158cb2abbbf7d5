//! What is left of a save that is broken off.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::*;

/// A future that is dropped after so many turns.
struct Cut<F>(Pin<Box<F>>, usize);

impl<F: Future> Future for Cut<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        self.1 -= 1;
        self.0.as_mut().poll(cx).map(Some)
    }
}

/// The citizen's browser goes away in the middle of a save, at every place where it can.
#[tokio::test]
async fn a_save_that_is_cut_anywhere_is_whole_or_nothing() {
    for backend in backends() {
        let url = backend.url();
        let accounts = open(&url, keys(1)).await;
        let mut cut = 0;
        for turns in 0..60 {
            let (one, other) = (format!("one-{turns}"), format!("other-{turns}"));
            let pair = [full(&one, 2 * turns), full(&other, 2 * turns + 1)];
            let saved = Cut(Box::pin(accounts.save(&pair)), usize::from(turns)).await;
            cut += usize::from(saved.is_none());
            // The next in line finds the connection in order, and the accounts too.
            let found = [
                holder(&accounts, 2 * turns).await.is_some(),
                holder(&accounts, 2 * turns + 1).await.is_some(),
                accounts.find(By::Id(&one.as_str().into())).await.unwrap().is_some(),
                accounts.find(By::Id(&other.as_str().into())).await.unwrap().is_some(),
            ];
            assert!(found == [true; 4] || found == [false; 4], "cut after {turns}: {found:?}");
            if let Some(saved) = saved {
                assert_eq!((saved.unwrap(), found), (Saved::Done, [true; 4]));
            }
        }
        assert!(cut > 5, "cut {cut} times");
        let (in_table, identifiers) = rows(&database(&url).await).await;
        assert_eq!(identifiers, in_table * 5);
    }
}

/// The database ends the connection while a save waits in its middle: the account is written, its number is not yet.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_connection_that_dies_in_the_middle_of_a_save_leaves_nothing() {
    let Some(postgres) = vneid_test_services::postgres() else { return };
    let url = postgres.new_database();
    let accounts = open(&url, keys(1)).await;
    let account = full("a", 1);
    // Somebody is about to take the same number, and has not decided yet.
    let mut other = accounts.database.begin().await.unwrap();
    other.execute(super::super::save::INSERT, &[Value::Text("b"), Value::Text(""), Value::Bytes(b"")]).await.unwrap();
    let (key_id, hash) = accounts.keys.macs("account identifier", &["citizen_id", number(1).expose()]).remove(0);
    let taking = [Value::Text("citizen_id"), Value::Bytes(&hash), Value::Text(&key_id), Value::Text("b")];
    other.execute(super::super::save::TAKE, &taking).await.unwrap();
    let saving = tokio::spawn({
        let accounts = accounts.clone();
        let account = account.clone();
        async move { accounts.save(&[account]).await }
    });
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while postgres.psql(&url, end).trim() == "0" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(saving.await.unwrap().is_err(), "whether it was written is not known");
    assert!(accounts.find(By::Id(&account.id)).await.unwrap().is_none());
    other.rollback().await.unwrap();
    assert_eq!(rows(&accounts.database).await, (0, 0));
    assert_eq!(accounts.save(&[account]).await.unwrap(), Saved::Done, "and it goes on");
}
