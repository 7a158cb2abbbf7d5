//! A login by QR code, the provider's side: from the code on a screen to the browser that goes on (flows.md, machine 3).
//!
//! ```text
//!          Renew                                   ┌─ may log in ─► AwaitingConfirmation ── Confirm ──► Confirmed ── Complete ──► Completed
//!          ┌──┐                                    │                  │        ▲
//!          ▼  │                                    │              off │        │ on again
//!  start ─► Displayed ── Scan ──► Scanned ─ Account┤                  ▼        │
//!                                                  ├─ web login off ► PermissionRequired
//!                                                  └─ level, locked ► Refused
//!
//!  before Completed: Cancel ──► Cancelled;  too late ──► Expired;  scanned and not yet Confirmed: Decline ──► Declined
//! ```
//!
//! `Look`, `Renew`, `Complete` and `Cancel` come from the browser that asked for the code; `Scan`, `Confirm` and
//! `Decline` from a phone, `Account` from the server on that phone's behalf. `ScanBad` is a payload that is stale, forged
//! or another transaction's, `ScanOther` a good one by a second phone. An account is `Off` without the web-login
//! permission, `Low` below the level, at no stated level, or locked. `OtherBrowser` and `OtherPhone` are the remaining
//! events from a browser that did not ask, a phone that did not scan. `Displayed, fixed` shows a payload that is
//! renewed on request.
//!
//! | state \ event                | `Look`               | `Renew`        | `Scan`                        | `ScanBad`    | `ScanOther`             | `Account`                     | `AccountOff`                         | `AccountLow`  | `Confirm`                 | `ConfirmOff`                         | `ConfirmLow`  | `Decline`    | `Complete`                     | `Cancel`     | `OtherBrowser` | `OtherPhone` |
//! | ---------------------------- | -------------------- | -------------- | ----------------------------- | ------------ | ----------------------- | ----------------------------- | ------------------------------------ | ------------- | ------------------------- | ------------------------------------ | ------------- | ------------ | ------------------------------ | ------------ | -------------- | ------------ |
//! | `Displayed`                  | Displayed            | ✗ OutOfTurn    | Scanned + LookUp              | ✗ NoSuchCode | Scanned + LookUp        | ✗ Stranger                    | ✗ Stranger                           | ✗ Stranger    | ✗ Stranger                | ✗ Stranger                           | ✗ Stranger    | ✗ Stranger   | ✗ OutOfTurn                    | Cancelled    | ✗ Stranger     | ✗ Stranger   |
//! | `Displayed, fixed`           | Displayed            | Displayed      | Scanned + LookUp              | ✗ NoSuchCode | Scanned + LookUp        | ✗ Stranger                    | ✗ Stranger                           | ✗ Stranger    | ✗ Stranger                | ✗ Stranger                           | ✗ Stranger    | ✗ Stranger   | ✗ OutOfTurn                    | Cancelled    | ✗ Stranger     | ✗ Stranger   |
//! | `Displayed, late`            | Expired              | Expired        | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | ✗ Stranger                    | ✗ Stranger                           | ✗ Stranger    | ✗ Stranger                | ✗ Stranger                           | ✗ Stranger    | ✗ Stranger   | Expired                        | Expired      | ✗ Stranger     | ✗ Stranger   |
//! | `Scanned`                    | Scanned              | ✗ OutOfTurn    | Scanned + LookUp              | ✗ NoSuchCode | ✗ NoSuchCode            | AwaitingConfirmation + AskApp | PermissionRequired + AskPermission   | Refused       | ✗ OutOfTurn               | ✗ OutOfTurn                          | ✗ OutOfTurn   | Declined     | ✗ OutOfTurn                    | Cancelled    | ✗ Stranger     | ✗ Stranger   |
//! | `Scanned, late`              | Expired              | Expired        | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | Expired                       | Expired                              | Expired       | Expired                   | Expired                              | Expired       | Expired      | Expired                        | Expired      | ✗ Stranger     | ✗ Stranger   |
//! | `PermissionRequired`         | PermissionRequired   | ✗ OutOfTurn    | PermissionRequired + LookUp   | ✗ NoSuchCode | ✗ NoSuchCode            | AwaitingConfirmation + AskApp | PermissionRequired + AskPermission   | Refused       | ✗ OutOfTurn               | ✗ OutOfTurn                          | ✗ OutOfTurn   | Declined     | ✗ OutOfTurn                    | Cancelled    | ✗ Stranger     | ✗ Stranger   |
//! | `PermissionRequired, late`   | Expired              | Expired        | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | Expired                       | Expired                              | Expired       | Expired                   | Expired                              | Expired       | Expired      | Expired                        | Expired      | ✗ Stranger     | ✗ Stranger   |
//! | `AwaitingConfirmation`       | AwaitingConfirmation | ✗ OutOfTurn    | AwaitingConfirmation + LookUp | ✗ NoSuchCode | ✗ NoSuchCode            | AwaitingConfirmation + AskApp | PermissionRequired + AskPermission   | Refused       | Confirmed + LetBrowserGoOn | PermissionRequired + AskPermission  | Refused       | Declined     | ✗ OutOfTurn                    | Cancelled    | ✗ Stranger     | ✗ Stranger   |
//! | `AwaitingConfirmation, late` | Expired              | Expired        | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | Expired                       | Expired                              | Expired       | Expired                   | Expired                              | Expired       | Expired      | Expired                        | Expired      | ✗ Stranger     | ✗ Stranger   |
//! | `Confirmed`                  | Confirmed            | ✗ OutOfTurn    | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | ✗ OutOfTurn                   | ✗ OutOfTurn                          | ✗ OutOfTurn   | Confirmed + LetBrowserGoOn | Confirmed + LetBrowserGoOn          | Confirmed + LetBrowserGoOn | ✗ OutOfTurn  | Completed + LogIn + SignAppOut | Cancelled    | ✗ Stranger     | ✗ Stranger   |
//! | `Confirmed, late`            | Expired              | Expired        | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | Expired                       | Expired                              | Expired       | Expired                   | Expired                              | Expired       | Expired      | Expired                        | Expired      | ✗ Stranger     | ✗ Stranger   |
//! | `Completed`                  | Completed            | ✗ Over         | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | ✗ Over                        | ✗ Over                               | ✗ Over        | ✗ Over                    | ✗ Over                               | ✗ Over        | ✗ Over       | ✗ Over                         | ✗ Over       | ✗ Stranger     | ✗ Stranger   |
//! | `Declined`                   | Declined             | ✗ Over         | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | ✗ Over                        | ✗ Over                               | ✗ Over        | ✗ Over                    | ✗ Over                               | ✗ Over        | ✗ Over       | ✗ Over                         | ✗ Over       | ✗ Stranger     | ✗ Stranger   |
//! | `Refused`                    | Refused              | ✗ Over         | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | ✗ Over                        | ✗ Over                               | ✗ Over        | ✗ Over                    | ✗ Over                               | ✗ Over        | ✗ Over       | ✗ Over                         | ✗ Over       | ✗ Stranger     | ✗ Stranger   |
//! | `Cancelled`                  | Cancelled            | ✗ Over         | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | ✗ Over                        | ✗ Over                               | ✗ Over        | ✗ Over                    | ✗ Over                               | ✗ Over        | ✗ Over       | ✗ Over                         | ✗ Over       | ✗ Stranger     | ✗ Stranger   |
//! | `Expired`                    | Expired              | ✗ Over         | ✗ NoSuchCode                  | ✗ NoSuchCode | ✗ NoSuchCode            | ✗ Over                        | ✗ Over                               | ✗ Over        | ✗ Over                    | ✗ Over                               | ✗ Over        | ✗ Over       | ✗ Over                         | ✗ Over       | ✗ Stranger     | ✗ Stranger   |
//!
//! A stranger is refused before the time is looked at, and a scan that fails says the same whatever failed: neither
//! learns that there is a pairing, or that there was one.
//!
//! What must never happen: completion in a browser that did not ask for the code, completion twice, or without the
//! scanning phone's confirmation; a second phone taking over a scan; a scan of a stale, forged or foreign payload; a
//! confirmation below the level, without the web-login permission, or for a locked account, whatever was true at the
//! scan; anything after the time for it.

mod event;
mod payload;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::event::{Effect, Event, Phone, Question, Refusal, Standing};
use self::payload::Payloads;
pub use self::payload::{Payload, PayloadKey, Renewal};
use super::browser::BrowserHash;
use crate::identity::Level;
use crate::time::Timestamp;

/// How pairings behave; the defaults are the project's numbers (design.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingPolicy {
    /// When the payload on the screen is replaced.
    pub renewal: Renewal,
    /// How long the code is shown in all.
    pub shown_for: Duration,
    /// How long after the scan it may be confirmed, the permission switched on in between included.
    pub confirm_within: Duration,
    /// How long after the confirmation the browser may go on.
    pub complete_within: Duration,
    /// The level that the account needs.
    pub level: Level,
}

impl Default for PairingPolicy {
    fn default() -> Self {
        Self {
            renewal: Renewal::Timed { every: Duration::from_secs(20) },
            shown_for: Duration::from_secs(180),
            confirm_within: Duration::from_secs(120),
            complete_within: Duration::from_secs(60),
            level: Level::TWO,
        }
    }
}

/// A code that a browser asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The transaction's id: random, 1 to 128 characters of `[A-Za-z0-9_-]`. It stands in the QR code and is no secret.
    pub transaction: String,
    /// The browser that asks.
    pub browser: BrowserHash,
    /// The portal for which it asks, as it is called.
    pub relying_party: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// Where the browser is.
    pub address: IpAddr,
    /// How the pairing behaves.
    pub policy: PairingPolicy,
}

/// A pairing, wherever it stands. This is what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum Pairing {
    /// The code is on the screen.
    Displayed(Box<Displayed>),
    /// A phone has scanned it; its account is being looked up.
    Scanned(Box<Scanned>),
    /// The account may not log in to web sites until the citizen switches that on.
    PermissionRequired(Box<PermissionRequired>),
    /// The app asks the citizen.
    AwaitingConfirmation(Box<AwaitingConfirmation>),
    /// The citizen agreed; the browser may go on.
    Confirmed(Box<Confirmed>),
    /// The browser went on. Final.
    Completed(Box<Ended>),
    /// The citizen declined. Final.
    Declined(Box<Ended>),
    /// The account may not log in here. Final.
    Refused(Box<Refused>),
    /// The browser gave up. Final.
    Cancelled(Box<Ended>),
    /// Took too long. Final.
    Expired(Box<Ended>),
}

/// What was asked for; every state remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    browser: BrowserHash,
    question: Question,
    policy: PairingPolicy,
    payloads: Payloads,
}

/// The code is on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Displayed {
    asked: Asked,
}

/// A phone has scanned the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    asked: Asked,
    phone: Phone,
    confirm_by: Timestamp,
}

/// The web-login permission is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRequired {
    scan: Scanned,
}

/// The app asks the citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitingConfirmation {
    scan: Scanned,
}

/// The citizen agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    scan: Scanned,
    complete_by: Timestamp,
}

/// The pairing is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    asked: Asked,
    phone: Option<Phone>,
    /// When it ended.
    pub at: Timestamp,
}

/// The account may not log in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    ended: Ended,
    /// Why.
    pub reason: Reason,
}

/// Why an account may not log in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// Its level is below this one, or nobody stated it.
    LevelTooLow(Level),
    /// It is locked or closed.
    Locked,
}

type Step = Result<(Pairing, Vec<Effect>), Refusal>;

impl Pairing {
    /// A pairing whose code is shown from now on.
    pub fn start(ask: Ask, now: Timestamp) -> Self {
        let Ask { transaction, browser, relying_party, user_agent, address, policy } = ask;
        let question = Question { relying_party, user_agent, address, asked_at: now };
        let payloads = Payloads::start(transaction, policy.renewal, now);
        Self::Displayed(Box::new(Displayed { asked: Asked { browser, question, policy, payloads } }))
    }

    /// What follows from the event. The key is the one that the payload is shown with.
    ///
    /// # Errors
    /// The refusal, when the event has no place here; the state stays as it was.
    pub fn on(&self, event: &Event, key: &PayloadKey, now: Timestamp) -> Step {
        self.admit(event)?;
        if self.waits_until().is_some_and(|until| now >= until) {
            return match event {
                Event::Scan { .. } => Err(Refusal::NoSuchCode),
                _ => Ok((Self::Expired(self.ended(now)), vec![])),
            };
        }
        match (self, event) {
            (_, Event::Look { .. }) => Ok((self.clone(), vec![])),
            (Self::Displayed(state), Event::Scan { phone, payload }) => state.scanned(phone, payload, key, now),
            (Self::Displayed(state), Event::Renew { .. }) => state.renewed(now),
            (Self::AwaitingConfirmation(state), Event::Confirm { standing, .. }) => {
                Ok(state.scan.confirmed(*standing, now))
            }
            (Self::Confirmed(_), Event::Confirm { .. }) => Ok((self.clone(), vec![Effect::LetBrowserGoOn])),
            (Self::Confirmed(state), Event::Complete { .. }) => Ok(state.completed(now)),
            (_, Event::Cancel { .. }) if !self.is_over() => Ok((Self::Cancelled(self.ended(now)), vec![])),
            _ => match self.unconfirmed() {
                Some(scan) => scan.on(self, event, key, now),
                None if matches!(event, Event::Scan { .. }) => Err(Refusal::NoSuchCode),
                None if self.is_over() => Err(Refusal::Over),
                None => Err(Refusal::OutOfTurn),
            },
        }
    }

    /// The payload to show now, while the code is on the screen.
    pub fn payload(&self, key: &PayloadKey, now: Timestamp) -> Option<Payload> {
        Some(self.shown(now)?.shown(key, now))
    }

    /// Until when the payload shown now is worth showing: then the page fetches the next, or offers "Tải lại".
    pub fn payload_until(&self, now: Timestamp) -> Option<Timestamp> {
        Some(self.shown(now)?.shown_until(now).min(self.waits_until()?))
    }

    /// When the wait of this state ends; nothing is waited for in a final one.
    pub fn waits_until(&self) -> Option<Timestamp> {
        match self {
            Self::Displayed(state) => Some(state.asked.question.asked_at.plus(state.asked.policy.shown_for)),
            Self::Confirmed(state) => Some(state.complete_by),
            _ => self.unconfirmed().map(|scan| scan.confirm_by),
        }
    }

    /// How long a store keeps the pairing: no state outlives this, and the final ones can be looked at until then.
    pub fn kept_until(&self) -> Timestamp {
        let Asked { question, policy, .. } = self.asked();
        question.asked_at.plus(policy.shown_for).plus(policy.confirm_within).plus(policy.complete_within)
    }

    /// What the app tells the citizen.
    pub fn question(&self) -> &Question {
        &self.asked().question
    }

    /// The phone that scanned the code.
    pub fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Displayed(_) => None,
            Self::Confirmed(state) => Some(&state.scan.phone),
            Self::Scanned(scan) => Some(&scan.phone),
            Self::PermissionRequired(state) => Some(&state.scan.phone),
            Self::AwaitingConfirmation(state) => Some(&state.scan.phone),
            Self::Completed(end) | Self::Declined(end) | Self::Cancelled(end) | Self::Expired(end) => {
                end.phone.as_ref()
            }
            Self::Refused(state) => state.ended.phone.as_ref(),
        }
    }

    /// Refuses who has no part in this pairing.
    fn admit(&self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::Look { browser }
            | Event::Renew { browser }
            | Event::Complete { browser }
            | Event::Cancel { browser } => (*browser == self.asked().browser).then_some(()).ok_or(Refusal::Stranger),
            Event::Scan { phone, .. } => {
                self.phone().is_none_or(|owner| owner == phone).then_some(()).ok_or(Refusal::NoSuchCode)
            }
            Event::Account { phone, .. } | Event::Confirm { phone, .. } | Event::Decline { phone } => {
                (self.phone() == Some(phone)).then_some(()).ok_or(Refusal::Stranger)
            }
        }
    }

    fn is_over(&self) -> bool {
        self.waits_until().is_none()
    }

    fn unconfirmed(&self) -> Option<&Scanned> {
        match self {
            Self::Scanned(scan) => Some(scan),
            Self::PermissionRequired(state) => Some(&state.scan),
            Self::AwaitingConfirmation(state) => Some(&state.scan),
            _ => None,
        }
    }

    fn shown(&self, now: Timestamp) -> Option<&Payloads> {
        match self {
            Self::Displayed(state) if self.waits_until().is_some_and(|until| now < until) => {
                Some(&state.asked.payloads)
            }
            _ => None,
        }
    }

    fn asked(&self) -> &Asked {
        match self {
            Self::Displayed(state) => &state.asked,
            Self::Scanned(scan) => &scan.asked,
            Self::PermissionRequired(state) => &state.scan.asked,
            Self::AwaitingConfirmation(state) => &state.scan.asked,
            Self::Confirmed(state) => &state.scan.asked,
            Self::Completed(end) | Self::Declined(end) | Self::Cancelled(end) | Self::Expired(end) => &end.asked,
            Self::Refused(state) => &state.ended.asked,
        }
    }

    fn ended(&self, now: Timestamp) -> Box<Ended> {
        Box::new(Ended { asked: self.asked().clone(), phone: self.phone().cloned(), at: now })
    }
}

impl Displayed {
    fn scanned(&self, phone: &Phone, payload: &Payload, key: &PayloadKey, now: Timestamp) -> Step {
        if !self.asked.payloads.accept(payload, key, now) {
            return Err(Refusal::NoSuchCode);
        }
        let confirm_by = now.plus(self.asked.policy.confirm_within);
        let next = Scanned { asked: self.asked.clone(), phone: phone.clone(), confirm_by };
        Ok((Pairing::Scanned(Box::new(next)), vec![Effect::LookUp(phone.clone())]))
    }

    fn renewed(&self, now: Timestamp) -> Step {
        let payloads = self.asked.payloads.renewed(now).ok_or(Refusal::OutOfTurn)?;
        Ok((Pairing::Displayed(Box::new(Displayed { asked: Asked { payloads, ..self.asked.clone() } })), vec![]))
    }
}

impl Scanned {
    /// What may happen at any moment between scan and confirmation; `state` is that moment.
    fn on(&self, state: &Pairing, event: &Event, key: &PayloadKey, now: Timestamp) -> Step {
        match event {
            // The phone's request may have been sent twice, or its answer lost.
            Event::Scan { payload, .. } if self.asked.payloads.accept(payload, key, now) => {
                Ok((state.clone(), vec![Effect::LookUp(self.phone.clone())]))
            }
            Event::Scan { .. } => Err(Refusal::NoSuchCode),
            Event::Account { standing, .. } => Ok(self.barred(*standing, now).unwrap_or_else(|| {
                let next = AwaitingConfirmation { scan: self.clone() };
                let effects = vec![Effect::AskApp(Box::new(self.asked.question.clone()))];
                (Pairing::AwaitingConfirmation(Box::new(next)), effects)
            })),
            Event::Decline { .. } => Ok((Pairing::Declined(state.ended(now)), vec![])),
            _ => Err(Refusal::OutOfTurn),
        }
    }

    fn confirmed(&self, standing: Standing, now: Timestamp) -> (Pairing, Vec<Effect>) {
        self.barred(standing, now).unwrap_or_else(|| {
            let complete_by = now.plus(self.asked.policy.complete_within);
            let next = Confirmed { scan: self.clone(), complete_by };
            (Pairing::Confirmed(Box::new(next)), vec![Effect::LetBrowserGoOn])
        })
    }

    /// What follows when an account of this standing may not log in.
    fn barred(&self, standing: Standing, now: Timestamp) -> Option<(Pairing, Vec<Effect>)> {
        let Asked { policy, .. } = &self.asked;
        let reason = if standing.locked {
            Some(Reason::Locked)
        } else {
            standing.level.is_none_or(|level| level < policy.level).then_some(Reason::LevelTooLow(policy.level))
        };
        if let Some(reason) = reason {
            let ended = Ended { asked: self.asked.clone(), phone: Some(self.phone.clone()), at: now };
            return Some((Pairing::Refused(Box::new(Refused { ended, reason })), vec![]));
        }
        if !standing.web_login {
            let next = PermissionRequired { scan: self.clone() };
            return Some((Pairing::PermissionRequired(Box::new(next)), vec![Effect::AskPermission]));
        }
        None
    }
}

impl Confirmed {
    fn completed(&self, now: Timestamp) -> (Pairing, Vec<Effect>) {
        let Scanned { asked, phone, .. } = &self.scan;
        let ended = Ended { asked: asked.clone(), phone: Some(phone.clone()), at: now };
        let effects = vec![Effect::LogIn(phone.account.clone()), Effect::SignAppOut(phone.clone())];
        (Pairing::Completed(Box::new(ended)), effects)
    }
}
