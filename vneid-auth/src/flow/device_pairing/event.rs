//! What a pairing is told, and what it answers: the browser's and the poller's part in it.

use std::time::Duration;

use super::PollId;
use crate::error::Code;
use crate::flow::browser::BrowserHash;
use crate::identity::Identity;
use crate::secret::Secret;

/// What happens to a pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The browser asks where it stands.
    Look {
        /// Who asks.
        browser: BrowserHash,
    },
    /// An instance of the portal would poll the provider.
    Due {
        /// Drawn for this poll.
        poll: PollId,
    },
    /// A poll has ended.
    Answered {
        /// The id that the poll was claimed with.
        poll: PollId,
        /// What came of it.
        answer: Answer,
        /// The answer's `Retry-After`, when it had one.
        retry_after: Option<Duration>,
    },
    /// The browser turns an approved pairing into a session.
    Complete {
        /// Who completes.
        browser: BrowserHash,
    },
    /// The browser gives up.
    Cancel {
        /// Who gives up.
        browser: BrowserHash,
    },
}

/// What came of a poll (RFC 8628 §3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Tokens, and what they say is checked: this is who approved.
    Tokens(Box<Identity>),
    /// `authorization_pending`.
    AuthorizationPending,
    /// `slow_down`.
    SlowDown,
    /// `access_denied`.
    AccessDenied,
    /// `expired_token`.
    ExpiredToken,
    /// No answer, or one that says that the provider is out of service (429, 5xx).
    Unreachable,
    /// Any other error, or tokens that do not hold.
    Failed(Code),
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the provider's token endpoint, check what comes, and tell the pairing ([`Event::Answered`]). Safe to lose:
    /// the lease lapses, and another poll follows. Not to repeat: a poll is sent once.
    Poll {
        /// The device code to ask with.
        device_code: Secret,
    },
    /// The status has changed: wake whoever watches. Safe to repeat; safe to lose: who watches looks again.
    Announce,
    /// Look for the person's account and begin a session in the browser whose request this is. Never repeated, the state
    /// is final; safe to lose: the citizen scans another code.
    LogIn(Box<Identity>),
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The browser did not ask for this pairing; to it there is nothing here.
    #[error("there is no such pairing")]
    Stranger,
    /// The interval since the last poll has not passed.
    #[error("the next poll is not due")]
    NotDue {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Somebody else's poll is out.
    #[error("another poll is out")]
    Leased {
        /// How long until it counts as lost.
        retry_after: Duration,
    },
    /// The poll does not hold the lease: it took too long, its answer has been counted, or the pairing has moved on.
    #[error("the poll does not hold the lease")]
    LeaseLost,
    /// The citizen has not approved.
    #[error("the pairing is not approved")]
    NotApproved,
    /// The event belongs to another moment of the pairing.
    #[error("the event belongs to another moment of the pairing")]
    OutOfTurn,
    /// The pairing is over.
    #[error("the pairing is over")]
    Over,
}

/// Where a pairing stands, as its owner may read it (contract.md, `GET /auth/pairing/{id}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The citizen has not answered yet.
    Pending,
    /// The citizen agreed; the browser may complete.
    Approved,
    /// The citizen declined, or the provider's answer does not do.
    Denied,
    /// Took too long.
    Expired,
    /// The browser gave up.
    Cancelled,
    /// A session began.
    Completed,
}

impl Status {
    /// The status as the contract writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
        }
    }

    /// Whether nothing follows.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Approved)
    }
}
