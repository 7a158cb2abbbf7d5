//! What a pairing is told, and what it answers: the browser's and the phone's part in it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Payload;
use crate::flow::browser::BrowserHash;
use crate::identity::{AccountId, Level};
use crate::time::Timestamp;

/// What happens to a pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The browser asks where it stands.
    Look {
        /// Who asks.
        browser: BrowserHash,
    },
    /// The citizen wants another code in place of the one shown ("Tải lại").
    Renew {
        /// Who asks.
        browser: BrowserHash,
    },
    /// A phone scanned a code.
    Scan {
        /// The phone.
        phone: Phone,
        /// What it read.
        payload: Payload,
    },
    /// The phone's account was looked up, after the scan or after the citizen switched the permission on (the passcode
    /// for that is the caller's to check).
    Account {
        /// The phone on whose behalf.
        phone: Phone,
        /// What is known.
        standing: Standing,
    },
    /// "Xác nhận".
    Confirm {
        /// The phone.
        phone: Phone,
        /// What is known of its account now: much may change between a scan and a confirmation.
        standing: Standing,
    },
    /// "Từ chối".
    Decline {
        /// The phone.
        phone: Phone,
    },
    /// The browser goes on.
    Complete {
        /// Who goes on.
        browser: BrowserHash,
    },
    /// The browser gives up.
    Cancel {
        /// Who gives up.
        browser: BrowserHash,
    },
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Look the phone's account up and tell the pairing ([`Event::Account`]). Safe to repeat; safe to lose: the phone
    /// scans again.
    LookUp(Phone),
    /// Let the app ask the citizen. Safe to repeat; safe to lose: the phone scans again.
    AskApp(Box<Question>),
    /// Let the app say that the web-login permission is off, and offer to switch it on. Safe to repeat and to lose.
    AskPermission,
    /// Wake the browser: it may go on. Safe to repeat; safe to lose: it asks by itself.
    LetBrowserGoOn,
    /// Log this account in, in the browser whose request this is. Never repeated, the state is final; safe to lose: the
    /// citizen scans another code.
    LogIn(AccountId),
    /// Sign the app out on this phone. Safe to repeat; safe to lose: the citizen closes the app ("Đóng").
    SignAppOut(Phone),
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The scan does not count: a stale, forged, foreign or used payload, all the same to who scanned it.
    #[error("there is no such code")]
    NoSuchCode,
    /// The event comes from a browser or a phone that has no part in this; to them there is nothing here.
    #[error("there is no such pairing")]
    Stranger,
    /// The event belongs to another moment of the pairing.
    #[error("the event belongs to another moment of the pairing")]
    OutOfTurn,
    /// The pairing is over.
    #[error("the pairing is over")]
    Over,
}

/// What the app tells the citizen before they confirm, so that a code that somebody else put before them shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The portal that asks, as it is called.
    pub relying_party: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// Where the browser is.
    pub address: IpAddr,
    /// When the code was asked for.
    pub asked_at: Timestamp,
}

/// A phone that is signed in to the app, as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// The account that is signed in.
    pub account: AccountId,
    /// The device, by an id that the server gave it.
    pub device: String,
}

/// What the provider knows of an account at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its level.
    pub level: Option<Level>,
    /// Whether "Đăng nhập trên website" is switched on.
    pub web_login: bool,
    /// Whether it is locked or closed.
    pub locked: bool,
}
