//! What must never happen in a pairing, and what may, in words that know nothing of how the machine keeps its state.

use stateright::Property;
use vneid_auth::flow::pairing::{Effect, Pairing, Refusal};
use vneid_auth::identity::Level;

use super::{COMPLETE, CONFIRM, Code, GOOD_FOR, PairingModel, Request, SHOWN, State};
use crate::Who;

/// What must never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wrong {
    StrangerAdmitted,
    ScanTellsReason,
    BadPayload,
    ScanTakenOver,
    UnfitConfirmed,
    AskedWithoutStanding,
    ConfirmedUnasked,
    CompletedElsewhere,
    CompletedUnconfirmed,
    CompletedTwice,
    OtherAccount,
    AppNotSignedOut,
    TooLate,
    TooEarly,
    LeftAnEnd,
    GoneAstray,
}

/// The model's own account of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Account {
    /// The newest payload that anybody may have seen, and when the citizen last asked for one.
    pub(super) seen: u8,
    pub(super) renewed: u8,
    pub(super) renewed_at: u8,
    pub(super) scan: Option<(Who, u8)>,
    pub(super) asked_permission: bool,
    pub(super) asked_app: bool,
    pub(super) confirmed_at: Option<u8>,
    pub(super) logged_in: bool,
    pub(super) over: bool,
    pub(super) wrong: Option<Wrong>,
}

impl PairingModel {
    /// The rule for payloads, in this model's words.
    fn is_good(&self, state: &State, code: Code) -> bool {
        match code {
            Code::Shown(n) if self.timed => n <= state.now && state.now - n < 2,
            Code::Shown(n) => {
                n == state.account.renewed && state.now.saturating_sub(state.account.renewed_at) < GOOD_FOR
            }
            Code::Forged | Code::Foreign => false,
        }
    }

    /// What is wrong with this answer before anything of it is saved.
    pub(super) fn judge(
        &self,
        state: &State,
        request: Request,
        answer: &Result<(Pairing, Vec<Effect>), Refusal>,
    ) -> Option<Wrong> {
        let account = &state.account;
        let owner = account.scan.map(|(who, _)| who);
        let stranger = match request {
            Request::Look(who) | Request::Renew(who) | Request::Complete(who) | Request::Cancel(who) => {
                who == Who::Other
            }
            Request::Account(who) | Request::Confirm(who) | Request::Decline(who) => owner != Some(who),
            Request::Scan(..) => false,
        };
        if stranger {
            return (*answer != Err(Refusal::Stranger)).then_some(match request {
                Request::Complete(_) => Wrong::CompletedElsewhere,
                Request::Account(_) | Request::Confirm(_) | Request::Decline(_) if owner.is_some() => {
                    Wrong::ScanTakenOver
                }
                _ => Wrong::StrangerAdmitted,
            });
        }
        let deadline = match (account.confirmed_at, account.scan) {
            (Some(confirmed), _) => confirmed + COMPLETE,
            (None, Some((_, scanned))) => scanned + CONFIRM,
            (None, None) => SHOWN,
        };
        let late = !account.over && state.now >= deadline;
        match (request, answer) {
            (Request::Scan(..), Err(refusal)) => (*refusal != Refusal::NoSuchCode).then_some(Wrong::ScanTellsReason),
            (_, Err(_)) => None,
            (Request::Scan(_, code), Ok(_)) if !self.is_good(state, code) => Some(Wrong::BadPayload),
            (Request::Scan(who, _), Ok(_)) if owner.is_some_and(|owner| owner != who) => Some(Wrong::ScanTakenOver),
            (_, Ok((Pairing::Expired(_), _))) => (!late && !account.over).then_some(Wrong::TooEarly),
            (_, Ok(_)) if late => Some(Wrong::TooLate),
            (Request::Account(who) | Request::Confirm(who), Ok((next, effects))) => {
                let standing = Self::standing(state, who);
                let fit = standing.level >= Some(Level::TWO) && standing.web_login && !standing.locked;
                let confirms = account.confirmed_at.is_none() && matches!(next, Pairing::Confirmed(_));
                let asks = effects.iter().any(|effect| matches!(effect, Effect::AskApp(_)));
                match (confirms, asks) {
                    (true, _) if !fit => Some(Wrong::UnfitConfirmed),
                    (true, _) if !account.asked_app => Some(Wrong::ConfirmedUnasked),
                    (_, true) if !fit => Some(Wrong::AskedWithoutStanding),
                    _ => None,
                }
            }
            (Request::Complete(_), Ok((Pairing::Completed(_), _))) if account.confirmed_at.is_none() => {
                Some(Wrong::CompletedUnconfirmed)
            }
            (_, Ok((Pairing::Completed(_), _))) if account.logged_in => None,
            (Request::Complete(_), Ok((Pairing::Completed(_), effects))) => {
                let signs_out = |effect: &Effect| matches!(effect, Effect::SignAppOut(_));
                (!effects.iter().any(signs_out)).then_some(Wrong::AppNotSignedOut)
            }
            _ => None,
        }
    }
}

pub(super) fn properties() -> Vec<Property<PairingModel>> {
    macro_rules! never {
            ($($name:literal: $($wrong:ident)|+,)+) => {
                vec![$(Property::<PairingModel>::always($name, |_, state| {
                    !matches!(state.account.wrong, $(Some(Wrong::$wrong))|+)
                })),+]
            };
        }
    let mut properties = never! {
        "completed only in the browser that asked": CompletedElsewhere,
        "completed once": CompletedTwice,
        "completed only after a confirmation": CompletedUnconfirmed,
        "logged in when completed, and then only": GoneAstray,
        "logged in as the account that scanned": OtherAccount,
        "the app is signed out by the completion": AppNotSignedOut,
        "one phone owns a scan": ScanTakenOver,
        "confirmed only with level and permission": UnfitConfirmed,
        "asked only with level and permission": AskedWithoutStanding,
        "confirmed only after the question": ConfirmedUnasked,
        "only payloads shown now or just before": BadPayload,
        "a failed scan tells no reason": ScanTellsReason,
        "strangers find nothing": StrangerAdmitted,
        "nothing after its time": TooLate,
        "nothing ends before its time": TooEarly,
        "an end is an end": LeftAnEnd,
    };
    properties.extend([
        Property::sometimes("completed", |_, state: &State| state.account.logged_in),
        Property::sometimes("completed with the permission switched on", |_, state: &State| {
            state.account.logged_in && state.account.asked_permission
        }),
        Property::sometimes("completed by the other phone, which scanned first", |_, state: &State| {
            state.account.logged_in && state.account.scan.is_some_and(|(who, _)| who == Who::Other)
        }),
        Property::sometimes("a request loses a race", |_, state: &State| state.race.losing > 0),
        Property::sometimes("declined", |_, state: &State| matches!(*state.race.record.machine, Pairing::Declined(_))),
        Property::sometimes("refused", |_, state: &State| matches!(*state.race.record.machine, Pairing::Refused(_))),
        Property::sometimes("cancelled", |_, state: &State| {
            matches!(*state.race.record.machine, Pairing::Cancelled(_))
        }),
        Property::sometimes("expired after the confirmation", |_, state: &State| {
            matches!(*state.race.record.machine, Pairing::Expired(_)) && state.account.confirmed_at.is_some()
        }),
    ]);
    properties
}
