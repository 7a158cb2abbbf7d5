//! What must never happen in a device pairing, and what may, in words that know nothing of how the machine keeps its state.

use stateright::Property;
use vneid_auth::flow::device_pairing::{DevicePairing, Effect, Refusal, Status};

use super::{BACK_OFF, COMPLETE, DevicePairingModel, EXPIRES, Heard, LEASE, RETRY_AFTER, Request, State, TOKENS, What};
use crate::Who;

/// What must never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wrong {
    StrangerAdmitted,
    CompletedElsewhere,
    CompletedTwice,
    CompletedUnapproved,
    ApprovedUnapproved,
    LevelTooLow,
    PolledTooSoon,
    PolledTogether,
    PolledAfterEnd,
    NotPolled,
    AnsweredWithoutLease,
    WentOn,
    TooLate,
    TooEarly,
    LeftAnEnd,
    Unannounced,
    IntervalForgotten,
}

/// The model's own account of what happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Account {
    pub(super) interval: u8,
    pub(super) unreached: u8,
    /// No poll before this.
    pub(super) not_before: u8,
    /// The poll that holds the lease, and since when.
    pub(super) held: Option<(u8, u8)>,
    pub(super) approved_at: Option<u8>,
    pub(super) logged_in: bool,
    pub(super) over: bool,
    pub(super) taken_over: bool,
    pub(super) wrong: Option<Wrong>,
}

impl Account {
    /// When the next poll may come, in this model's words.
    pub(super) fn heard(&mut self, heard: Heard, at: u8) {
        let mut wait = self.interval;
        match heard {
            Heard::Pending => self.unreached = 0,
            Heard::SlowDown => (self.interval, self.unreached, wait) = (self.interval + 1, 0, wait + 1),
            Heard::Unreachable { retry_after } => {
                self.unreached += 1;
                wait = wait.max((wait << self.unreached).min(BACK_OFF));
                wait = wait.max(if retry_after { RETRY_AFTER } else { 0 });
            }
            _ => return,
        }
        self.not_before = at + wait;
    }
}

impl DevicePairingModel {
    /// What is wrong with this answer before anything of it is saved.
    pub(super) fn judge(
        state: &State,
        request: Request,
        what: What,
        answer: &Result<(DevicePairing, Vec<Effect>), Refusal>,
    ) -> Option<Wrong> {
        let account = &state.account;
        if let Request::Look(Who::Other) | Request::Complete(Who::Other) | Request::Cancel(Who::Other) = request {
            let wrong = match request {
                Request::Complete(_) => Wrong::CompletedElsewhere,
                _ => Wrong::StrangerAdmitted,
            };
            return (*answer != Err(Refusal::Stranger)).then_some(wrong);
        }
        let deadline = account.approved_at.map_or(EXPIRES, |approved| EXPIRES.max(approved + COMPLETE));
        let late = !account.over && state.now >= deadline;
        let held = account.held.is_some_and(|(_, since)| state.now < since + LEASE);
        let due = !held && state.now >= account.not_before;
        let before = state.race.record.machine.status();
        let (next, effects) = match (what, answer) {
            (What::Claim { .. }, Err(Refusal::NotDue { .. } | Refusal::Leased { .. })) => {
                return (due && !late).then_some(Wrong::NotPolled);
            }
            (_, Err(_)) => return None,
            (_, Ok((next, effects))) => (next.status(), effects),
        };
        if next != before && !effects.contains(&Effect::Announce) {
            return Some(Wrong::Unannounced);
        }
        match what {
            What::Answer { id, .. } if account.held.is_none_or(|(holder, _)| holder != id) => {
                return Some(Wrong::AnsweredWithoutLease);
            }
            _ if late => return (next != Status::Expired).then_some(Wrong::TooLate),
            What::Claim { .. } if account.over || account.approved_at.is_some() => return Some(Wrong::PolledAfterEnd),
            What::Claim { .. } if held => return Some(Wrong::PolledTogether),
            What::Claim { .. } if !due => return Some(Wrong::PolledTooSoon),
            What::Answer { heard: Heard::Tokens { low: true }, .. } => {
                return (next != Status::Denied).then_some(Wrong::LevelTooLow);
            }
            What::Answer { heard: Heard::AccessDenied | Heard::OtherError, .. } => {
                return (next != Status::Denied).then_some(Wrong::WentOn);
            }
            What::Answer { heard: Heard::ExpiredToken, .. } => {
                return (next != Status::Expired).then_some(Wrong::WentOn);
            }
            What::Answer { heard, .. } if next == Status::Approved && heard != TOKENS => {
                return Some(Wrong::ApprovedUnapproved);
            }
            _ => {}
        }
        match next {
            Status::Completed if account.approved_at.is_none() => Some(Wrong::CompletedUnapproved),
            Status::Expired if !account.over => Some(Wrong::TooEarly),
            _ => None,
        }
    }
}

pub(super) fn properties() -> Vec<Property<DevicePairingModel>> {
    macro_rules! never {
            ($($name:literal: $($wrong:ident)|+,)+) => {
                vec![$(Property::<DevicePairingModel>::always($name, |_, state| {
                    !matches!(state.account.wrong, $(Some(Wrong::$wrong))|+)
                })),+]
            };
        }
    let mut properties = never! {
        "completed only in the browser that asked": CompletedElsewhere,
        "completed once": CompletedTwice,
        "completed only when approved": CompletedUnapproved,
        "approved only by the provider": ApprovedUnapproved,
        "approved only with the level": LevelTooLow,
        "polled no sooner than the interval, the back-off and Retry-After": PolledTooSoon,
        "one poll at a time": PolledTogether,
        "no poll after the end": PolledAfterEnd,
        "polled when due": NotPolled,
        "an answer counts once, and from who holds the lease": AnsweredWithoutLease,
        "a denial, an expiry, an error ends it": WentOn,
        "slow_down is for good": IntervalForgotten,
        "strangers find nothing": StrangerAdmitted,
        "nothing after its time": TooLate,
        "nothing ends before its time": TooEarly,
        "an end is an end": LeftAnEnd,
        "every change is announced": Unannounced,
    };
    properties.extend([
        Property::sometimes("completed", |_, state: &State| state.account.logged_in),
        Property::sometimes("completed after slow_down", |_, state: &State| {
            state.account.logged_in && state.account.interval > 1
        }),
        Property::sometimes("completed after an outage", |_, state: &State| {
            state.account.logged_in && state.account.unreached > 0
        }),
        Property::sometimes("completed after a poller died", |_, state: &State| {
            state.account.logged_in && state.account.taken_over
        }),
        Property::sometimes("a request loses a race", |_, state: &State| state.race.losing > 0),
        Property::sometimes("denied", |_, state: &State| status(state) == Status::Denied),
        Property::sometimes("cancelled", |_, state: &State| status(state) == Status::Cancelled),
        Property::sometimes("expired while it was pending", |_, state: &State| {
            status(state) == Status::Expired && state.account.approved_at.is_none()
        }),
        Property::sometimes("expired when it was approved", |_, state: &State| {
            status(state) == Status::Expired && state.account.approved_at.is_some()
        }),
    ]);
    properties
}

fn status(state: &State) -> Status {
    state.race.record.machine.status()
}
