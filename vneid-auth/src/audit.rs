//! What happened, for who must account for it.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod sql;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use sql::SqlAudit;

use crate::error::Code;
use crate::flow::session::Why;
use crate::identity::{AccountId, Strength};
use crate::registry;
use crate::time::Timestamp;

/// One thing that happened (domain.md §6). It names an account and an address, never a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// The provider, when one took part.
    pub provider: Option<String>,
    /// The local account, when it is known.
    pub account: Option<AccountId>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// The browser, as it calls itself, cut to 200 characters.
    pub user_agent: Option<String>,
    /// The request's id, the same as in the answer's `trace_id` and the log.
    pub trace_id: String,
    /// What must be accounted for of a look-up in the population database.
    pub lookup: Option<Box<LookedUp>>,
}

/// One look-up in the population database: who asked, as what, why, and what came of it (domain.md §6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedUp {
    /// Who asked, by which request, for which procedure.
    pub record: registry::Record,
    /// What came of it.
    pub outcome: registry::Outcome,
    /// A keyed hash of number, name and birth date, the same for the same input.
    pub input: String,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Somebody logged in.
    LoggedIn,
    /// A login was refused, for this reason.
    LoginRefused(Code),
    /// An account was opened.
    AccountOpened,
    /// A provider's subject was linked to an account.
    AccountLinked,
    /// A provider's links were removed from an account.
    AccountUnlinked,
    /// Somebody did not prove the account that they wanted to enter.
    AccountNotProved,
    /// An account was erased.
    AccountErased,
    /// Somebody was looked up in the population database.
    LookedUp,
    /// A citizen id was linked to an account, this strongly.
    CitizenIdLinked(Strength),
    /// A citizen id was not linked, for this reason.
    CitizenIdRefused(Code),
    /// A citizen id was removed from an account by its owner.
    CitizenIdUnlinked,
    /// A citizen id went from this account to the one of whom VNeID states it for.
    CitizenIdMovedAway,
    /// A session ended, for this reason.
    SessionEnded(Why),
    /// A phone was added to an account, not confirmed yet.
    PhoneAdded,
    /// A phone was confirmed by its code.
    PhoneVerified,
    /// A phone was removed from an account.
    PhoneRemoved,
    /// A one-time code was sent.
    CodeSent,
    /// An account's one-time codes were locked after too many wrong ones.
    CodesLocked,
    /// A one-time code raised a session.
    SteppedUp,
}

impl What {
    /// A stable name, as tables and reports have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LoggedIn => "logged_in",
            Self::LoginRefused(_) => "login_refused",
            Self::AccountOpened => "account_opened",
            Self::AccountLinked => "account_linked",
            Self::AccountUnlinked => "account_unlinked",
            Self::AccountNotProved => "account_not_proved",
            Self::AccountErased => "account_erased",
            Self::LookedUp => "looked_up",
            Self::CitizenIdLinked(_) => "citizen_id_linked",
            Self::CitizenIdRefused(_) => "citizen_id_refused",
            Self::CitizenIdUnlinked => "citizen_id_unlinked",
            Self::CitizenIdMovedAway => "citizen_id_moved_away",
            Self::SessionEnded(_) => "session_ended",
            Self::PhoneAdded => "phone_added",
            Self::PhoneVerified => "phone_verified",
            Self::PhoneRemoved => "phone_removed",
            Self::CodeSent => "code_sent",
            Self::CodesLocked => "codes_locked",
            Self::SteppedUp => "stepped_up",
        }
    }

    /// Why, or how strongly, in a stable word: an error code of the contract, why a session ended, a link's strength.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::LoginRefused(code) | Self::CitizenIdRefused(code) => Some(code.as_str()),
            Self::CitizenIdLinked(Strength::Matched) => Some("matched"),
            Self::CitizenIdLinked(Strength::Asserted) => Some("asserted"),
            Self::SessionEnded(why) => Some(match why {
                Why::Idle => "idle",
                Why::Expired => "expired",
                Why::LoggedOut => "logged_out",
                Why::Replaced => "replaced",
                Why::BackChannel => "back_channel",
                Why::Unlinked => "unlinked",
                Why::Administrator => "administrator",
            }),
            _ => None,
        }
    }
}

/// Keeps the audit trail.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Keeps one event. It must not fail the request: an implementation that can lose events says how it makes them good.
    async fn record(&self, event: Event);
}

/// An [`Audit`] into the log, under the target `vneid_auth::audit`.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogAudit;

#[async_trait]
impl Audit for LogAudit {
    async fn record(&self, event: Event) {
        tracing::info!(
            target: "vneid_auth::audit",
            at = %event.at,
            what = ?event.what,
            provider = event.provider.as_deref(),
            account = event.account.as_ref().map(AccountId::as_str),
            address = event.address.map(tracing::field::display),
            user_agent = event.user_agent.as_deref().map(tracing::field::debug),
            trace_id = event.trace_id,
            lookup = event.lookup.as_ref().map(tracing::field::debug),
            "audit"
        );
    }
}

/// An [`Audit`] in memory, which a test reads.
#[derive(Default)]
pub struct MemoryAudit {
    events: Mutex<Vec<Event>>,
}

impl MemoryAudit {
    /// Nothing has happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What happened, oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Audit for MemoryAudit {
    async fn record(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}
