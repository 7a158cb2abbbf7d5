//! The audit trail in a database: one row an event, added and never changed.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Audit, Event, LogAudit};
use crate::identity::AccountId;
use crate::random::{SystemRandomness, account_id};
use crate::sql::{Database, SqlError, Value};
use crate::time::Timestamp;

pub(crate) const ADD: &str = "INSERT INTO vneid_auth_audit \
    (id, happened_at, what, reason, provider, account, address, user_agent, trace_id, lookup) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
pub(crate) const PRUNE: &str = "DELETE FROM vneid_auth_audit WHERE id IN \
    (SELECT id FROM vneid_auth_audit WHERE happened_at < $1 ORDER BY happened_at LIMIT 1000)";

/// How many events wait for the database at most.
const WAITING: usize = 10_000;

/// How long the first and the last of the pauses between tries are.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// An [`Audit`] in the database of [`sql`](crate::sql): the table `vneid_auth_audit`.
///
/// An event is written before the request that it is of is answered. One that cannot be written then goes into the log at
/// once, complete, as [`LogAudit`] has it, and waits in memory, 10,000 of them at most, until the database takes it, in
/// the order in which they happened; while some wait, no request waits for the database. So an event that is missing from
/// the table, because the program ended or too many waited, is in the log. What was written twice is there once.
#[derive(Clone)]
pub struct SqlAudit {
    database: Database,
    waiting: Arc<Waiting>,
}

/// An event and the id of its row.
#[derive(Clone)]
struct Line {
    id: AccountId,
    event: Event,
}

#[derive(Default)]
struct Waiting {
    lines: Mutex<Lines>,
    /// Held by the one who writes what waits.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Lines {
    oldest_first: VecDeque<Line>,
    /// Somebody will write them.
    seen_to: bool,
}

impl SqlAudit {
    /// The audit trail in this database.
    pub fn over(database: &Database) -> Self {
        Self { database: database.clone(), waiting: Arc::default() }
    }

    /// Writes what waits, now; tells how many still do. For a program that is about to end.
    pub async fn flush(&self) -> usize {
        if let Err(error) = self.write_waiting().await {
            tracing::warn!(cause = &error as &dyn std::error::Error, "audit events wait for the database");
        }
        self.waiting.lines().oldest_first.len()
    }

    /// Removes what happened before this; tells how many events that were. How long they are kept is the portal's policy:
    /// nothing goes by itself.
    ///
    /// # Errors
    /// When the database cannot be reached; some of them may be gone then.
    pub async fn prune(&self, before: Timestamp) -> Result<u64, SqlError> {
        let mut removed = 0;
        loop {
            // By the thousand, so that nobody waits long for their locks.
            let some = self.database.execute(PRUNE, &[Value::Int(before.unix_millis())]).await?;
            removed += some;
            if some == 0 {
                return Ok(removed);
            }
        }
    }

    async fn write(&self, line: &Line) -> Result<(), SqlError> {
        let Line { id, event } = line;
        let address = event.address.map(|address| address.to_string());
        // PostgreSQL has no room for this character in a text.
        let user_agent = event.user_agent.as_ref().map(|name| name.replace('\0', ""));
        let lookup = event.lookup.as_ref().map(serde_json::to_string).transpose();
        let lookup = lookup.map_err(|error| SqlError::Unavailable(Box::new(error)))?;
        let values = [
            Value::Text(id.as_str()),
            Value::Int(event.at.unix_millis()),
            Value::Text(event.what.name()),
            Value::MaybeText(event.what.reason()),
            Value::MaybeText(event.provider.as_deref()),
            Value::MaybeText(event.account.as_ref().map(AccountId::as_str)),
            Value::MaybeText(address.as_deref()),
            Value::MaybeText(user_agent.as_deref()),
            Value::Text(&event.trace_id),
            Value::MaybeText(lookup.as_deref()),
        ];
        self.database.execute(ADD, &values).await.map(drop)
    }

    /// Lets an event wait, and sees to it that somebody writes it.
    fn keep(&self, line: Line) {
        let mut lines = self.waiting.lines();
        let room = lines.oldest_first.len() < WAITING;
        if room {
            lines.oldest_first.push_back(line);
        }
        let (waiting, seen_to) = (lines.oldest_first.len(), lines.seen_to);
        lines.seen_to = true;
        drop(lines);
        tracing::warn!(waiting, kept = room, "an audit event is in the log and not yet in the database");
        if !seen_to {
            tokio::spawn(self.clone().see_to_it());
        }
    }

    async fn see_to_it(self) {
        let mut pause = PAUSES.0;
        loop {
            tokio::time::sleep(pause).await;
            pause = match self.write_waiting().await {
                Ok(()) => PAUSES.0,
                Err(_) => PAUSES.1.min(pause * 2),
            };
            let mut lines = self.waiting.lines();
            if lines.oldest_first.is_empty() {
                lines.seen_to = false;
                return;
            }
        }
    }

    /// Writes what waits until nothing does or the database fails.
    async fn write_waiting(&self) -> Result<(), SqlError> {
        let _turn = self.waiting.turn.lock().await;
        loop {
            let Some(line) = self.waiting.lines().oldest_first.front().cloned() else { return Ok(()) };
            self.write(&line).await?;
            self.waiting.lines().oldest_first.pop_front();
        }
    }
}

impl Waiting {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Audit for SqlAudit {
    async fn record(&self, event: Event) {
        let Ok(id) = account_id(&SystemRandomness) else {
            return LogAudit.record(event).await;
        };
        let line = Line { id, event };
        if self.waiting.lines().oldest_first.is_empty() && self.write(&line).await.is_ok() {
            return;
        }
        LogAudit.record(line.event.clone()).await;
        self.keep(line);
    }
}
