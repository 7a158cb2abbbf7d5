//! Hears what a login's own HTTP calls bring, so that a diagnosis can look at it again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, Request, Response, StatusCode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use crate::http::{HttpClient, HttpFailure};
use crate::provider::json::{self, Members};
use crate::time::{Clock, Timestamp};

/// An [`HttpClient`] that hands everything on, and keeps the answers. They hold tokens and a person's data, so it has
/// no `Debug` and lives no longer than its examination.
pub(super) struct Witness {
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    heard: Mutex<Vec<Heard>>,
    /// By how many seconds our clock is before the provider's, at its best.
    ahead: Mutex<Option<i64>>,
}

/// One answer.
#[derive(Clone)]
pub(super) struct Heard {
    pub(super) url: String,
    /// `None` when no whole answer came.
    pub(super) answer: Option<(StatusCode, Bytes)>,
}

impl Heard {
    /// The object of an answer that is a success.
    pub(super) fn members(&self) -> Option<Members> {
        let (_, body) = self.answer.as_ref().filter(|(status, _)| status.is_success())?;
        json::object(body).ok()
    }
}

impl Witness {
    pub(super) fn new(http: Arc<dyn HttpClient>, clock: Arc<dyn Clock>) -> Self {
        Self { http, clock, heard: Mutex::default(), ahead: Mutex::default() }
    }

    /// Forgets the answers; what it knows of the clock it keeps.
    pub(super) fn forget(&self) {
        locked(&self.heard).clear();
    }

    /// The last answer of all.
    pub(super) fn last(&self) -> Option<Heard> {
        locked(&self.heard).last().cloned()
    }

    /// The last answer from this address.
    pub(super) fn at(&self, url: &Url) -> Option<Heard> {
        locked(&self.heard).iter().rev().find(|heard| heard.url == url.as_str()).cloned()
    }

    /// By how many seconds our clock is before the provider's; negative when it is behind. `None`: no answer had a date.
    pub(super) fn ahead(&self) -> Option<i64> {
        *locked(&self.ahead)
    }

    /// The answer that agrees most with our clock counts: one from some cache on the way has an old date.
    fn compare(&self, sent: Timestamp, came: Timestamp, headers: &HeaderMap) {
        let Some(theirs) = headers.get(DATE).and_then(|date| parsed(date.to_str().ok()?)) else { return };
        let ahead = ahead_of(theirs, sent, came);
        let mut least = locked(&self.ahead);
        if least.is_none_or(|least| ahead.abs() < least.abs()) {
            *least = Some(ahead);
        }
    }
}

#[async_trait]
impl HttpClient for Witness {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpFailure> {
        let url = request.uri().to_string();
        let sent = self.clock.now();
        let outcome = self.http.send(request).await;
        if let Ok(response) = &outcome {
            self.compare(sent, self.clock.now(), response.headers());
        }
        let answer = outcome.as_ref().ok().map(|response| (response.status(), response.body().clone()));
        locked(&self.heard).push(Heard { url, answer });
        outcome
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An HTTP date (RFC 9110 §5.6.7), in whole seconds.
fn parsed(date: &str) -> Option<i64> {
    OffsetDateTime::parse(date, &Rfc2822).ok().map(OffsetDateTime::unix_timestamp)
}

/// In seconds: what cannot be explained by the way there and back, nor by the date having no parts of a second.
fn ahead_of(theirs: i64, sent: Timestamp, came: Timestamp) -> i64 {
    let (first, last) = (theirs.saturating_mul(1000), theirs.saturating_mul(1000).saturating_add(999));
    let ahead = sent.unix_millis().saturating_sub(last).max(0);
    let behind = first.saturating_sub(came.unix_millis()).max(0);
    (ahead.saturating_sub(behind)).saturating_add(500).div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_off_by_what_the_way_does_not_explain() {
        let at = Timestamp::from_unix_millis;
        assert_eq!(parsed("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parsed("yesterday"), None);
        for (sent, came, ahead) in [
            (10_000, 10_100, 0),
            (10_900, 14_000, 0),
            (5_000, 10_000, 0),
            (10_999, 11_000, 0),
            (55_999, 56_000, 45),
            (1_000, 5_000, -5),
        ] {
            assert_eq!(ahead_of(10, at(sent), at(came)), ahead, "{sent} {came}");
        }
    }
}
