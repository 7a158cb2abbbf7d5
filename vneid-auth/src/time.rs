//! Points in time, and the clock they come from.
//!
//! Nothing in this crate reads the system clock except [`SystemClock`], so a test moves time by handing in a clock of its own.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since the Unix epoch, the unit of JWT's `NumericDate` (RFC 7519 §2); what does not fit is clamped.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The start of a day, `YYYY-MM-DD`, in Vietnam (Asia/Ho_Chi_Minh: UTC+7, without daylight saving time).
    pub fn start_of_day_in_vietnam(date: &str) -> Option<Self> {
        let day = time::Date::parse(date, time::macros::format_description!("[year]-[month]-[day]")).ok()?;
        let midnight = day.midnight().assume_offset(time::macros::offset!(+7));
        Some(Self::from_unix_seconds(midnight.unix_timestamp()))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This much later; the far future is clamped.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// This much earlier; the far past is clamped.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC, in whole seconds: `2026-01-02T03:04:05Z`.
    pub fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp(self.unix_seconds())
            .ok()
            .and_then(|at| at.format(&Rfc3339).ok())
            .unwrap_or_else(|| format!("@{}", self.unix_seconds()))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}+{}ms", self.0.rem_euclid(1000))
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(millis(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_in_vietnam() {
        let start = |date| Timestamp::start_of_day_in_vietnam(date).map(Timestamp::to_rfc3339);
        assert_eq!(start("2027-01-01").as_deref(), Some("2026-12-31T17:00:00Z"));
        for bad in ["", "2027-02-30", "01/01/2027", "2027-1-1", "2027-01-01T00:00"] {
            assert_eq!(start(bad), None, "{bad}");
        }
    }

    #[test]
    fn prints_rfc3339_and_clamps() {
        assert_eq!(Timestamp::from_unix_seconds(1_767_323_045).to_rfc3339(), "2026-01-02T03:04:05Z");
        let far = Timestamp::from_unix_seconds(i64::MAX);
        assert_eq!(far.plus(Duration::from_secs(1)), far);
        assert_eq!(Timestamp::from_unix_millis(0).since(far), Duration::ZERO);
        assert_eq!(Timestamp::from_unix_millis(-1).unix_seconds(), -1);
    }
}
