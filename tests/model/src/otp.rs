//! One-time codes: a citizen, and a guesser who sends anything at any time, many at once.

use std::time::Duration;

use stateright::{Model, Property};
use vneid_auth::flow::otp::{CodeHash, Effect, Event, Otp, OtpPolicy, Refusal};

use crate::race::Race;

/// Seconds, and ticks.
const LIFETIME: u8 = 3;
const RESEND_AFTER: u8 = 2;
/// Small, so that every count is reached.
const TRIES: u8 = 3;
const RESENDS: u8 = 2;
const LAST: u8 = 9;

/// What somebody types, or sends as if it had been typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Typed {
    /// The code of this message, counted from 0.
    Code(u8),
    /// Never sent to anybody.
    Guess,
    /// The newest digits, but as they rest for another purpose, account or challenge.
    OtherPurpose,
    OtherAccount,
    OtherChallenge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    Try(Typed),
    Resend,
    Supersede,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Begin(Request),
    Save(usize),
    Drop(usize),
    Lose,
    Tick,
    StepBack,
}

/// A request that the machine has let through, and what is to be answered once it is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asked {
    Accept,
    Incorrect,
    LockedOut,
    TooLate,
    Sent { at: u8 },
    Superseded,
}

/// What must never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    AcceptedTwice,
    AcceptedLate,
    AcceptedAfterLock,
    AcceptedSuperseded,
    AcceptedOldCode,
    AcceptedForeignCode,
    AcceptedGuess,
    NotAccepted,
    TooManyAnswers,
    AnswerAfterEnd,
    Uncounted,
    SentTooSoon,
    SentTooOften,
    SentAfterEnd,
}

/// The model's own account of what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Account {
    /// Codes sent after the first, and when the newest was.
    resent: u8,
    sent_at: u8,
    /// Tries that were told that they are wrong.
    told: u8,
    accepted: bool,
    locked: bool,
    superseded: bool,
    wrong: Option<Wrong>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    race: Race<Otp, Asked>,
    now: u8,
    stepped_back: bool,
    account: Account,
}

pub struct OtpModel {
    compare_and_swap: bool,
}

fn at(seconds: u8) -> vneid_auth::time::Timestamp {
    crate::at(seconds, 1)
}

/// A stand-in for the keyed hash: equal only when purpose, account, challenge and digits are.
fn hash(purpose: u8, account: u8, challenge: u8, digits: u8) -> CodeHash {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&[purpose, account, challenge, digits]);
    CodeHash::new(hash)
}

impl OtpModel {
    /// With a store that keeps its promise, or one that does not.
    pub fn new(compare_and_swap: bool) -> Self {
        Self { compare_and_swap }
    }

    fn event(state: &State, request: Request) -> Event {
        let newest = state.account.resent;
        match request {
            Request::Try(typed) => Event::Try {
                code: match typed {
                    Typed::Code(nth) => hash(0, 0, 0, nth),
                    Typed::Guess => hash(0, 0, 0, u8::MAX),
                    Typed::OtherPurpose => hash(1, 0, 0, newest),
                    Typed::OtherAccount => hash(0, 1, 0, newest),
                    Typed::OtherChallenge => hash(0, 0, 1, newest),
                },
            },
            Request::Resend => Event::Resend { code: hash(0, 0, 0, newest + 1) },
            Request::Supersede => Event::Supersede,
        }
    }

    /// What is wrong with this answer before anything of it is saved.
    fn judge(state: &State, request: Request, answer: &Result<(Otp, Vec<Effect>), Refusal>) -> Option<Wrong> {
        let account = state.account;
        let late = state.now >= account.sent_at + LIFETIME;
        let over = account.accepted || account.locked || account.superseded;
        match (request, answer) {
            (Request::Try(typed), Ok((_, effects))) => {
                let told = effects.iter().any(|e| matches!(e, Effect::Incorrect { .. } | Effect::LockedOut));
                if over && told {
                    return Some(Wrong::AnswerAfterEnd);
                }
                if !effects.contains(&Effect::Accept) {
                    let right = typed == Typed::Code(account.resent) && !late && !over;
                    return right.then_some(Wrong::NotAccepted);
                }
                match typed {
                    _ if account.accepted => Some(Wrong::AcceptedTwice),
                    _ if account.locked || account.told >= TRIES => Some(Wrong::AcceptedAfterLock),
                    _ if account.superseded => Some(Wrong::AcceptedSuperseded),
                    _ if late => Some(Wrong::AcceptedLate),
                    Typed::Code(nth) if nth < account.resent => Some(Wrong::AcceptedOldCode),
                    Typed::Code(_) => None,
                    Typed::Guess => Some(Wrong::AcceptedGuess),
                    Typed::OtherPurpose | Typed::OtherAccount | Typed::OtherChallenge => {
                        Some(Wrong::AcceptedForeignCode)
                    }
                }
            }
            (Request::Resend, Ok(_)) if over => Some(Wrong::SentAfterEnd),
            (Request::Resend, Ok(_)) if account.resent >= RESENDS => Some(Wrong::SentTooOften),
            (Request::Resend, Ok(_)) if state.now < account.sent_at + RESEND_AFTER => Some(Wrong::SentTooSoon),
            _ => None,
        }
    }

    /// Loads and asks.
    fn begin(state: &State, request: Request) -> Option<State> {
        let answer = state.race.record.machine.on(&Self::event(state, request), at(state.now));
        let wrong = Self::judge(state, request, &answer);
        if answer.is_err() && wrong.is_none() {
            return None;
        }
        let mut next = state.clone();
        next.account.wrong = wrong;
        if let Ok((otp, effects)) = answer {
            let asked = match effects.first() {
                Some(Effect::Accept) => Asked::Accept,
                Some(Effect::Incorrect { .. }) => Asked::Incorrect,
                Some(Effect::LockedOut) => Asked::LockedOut,
                Some(Effect::TooLate) => Asked::TooLate,
                Some(Effect::Send) => Asked::Sent { at: state.now },
                None => Asked::Superseded,
            };
            next.race.begin(asked, otp);
        }
        Some(next)
    }

    /// Saves, and answers.
    fn save(&self, state: &State, nth: usize) -> State {
        let mut next = state.clone();
        let asked = next.race.save(nth, self.compare_and_swap);
        let account = &mut next.account;
        match asked {
            Asked::Accept if account.accepted => account.wrong = Some(Wrong::AcceptedTwice),
            Asked::Accept => account.accepted = true,
            Asked::Incorrect | Asked::LockedOut => {
                account.told += 1;
                account.locked |= asked == Asked::LockedOut;
                if account.told > TRIES {
                    account.wrong = Some(Wrong::TooManyAnswers);
                }
                if account.locked != (account.told == TRIES) {
                    account.wrong = Some(Wrong::Uncounted);
                }
            }
            Asked::Sent { at } => (account.resent, account.sent_at) = (account.resent + 1, at),
            Asked::Superseded => account.superseded = true,
            Asked::TooLate => {}
        }
        let left = next.race.record.machine.waiting().map(|sent| sent.attempts_left());
        if left.is_some_and(|left| left != TRIES.saturating_sub(account.told)) {
            account.wrong = account.wrong.or(Some(Wrong::Uncounted));
        }
        next
    }
}

impl Model for OtpModel {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let policy = OtpPolicy {
            lifetime: Duration::from_secs(LIFETIME.into()),
            tries: TRIES,
            resend_after: Duration::from_secs(RESEND_AFTER.into()),
            resends: RESENDS,
        };
        let first = Otp::start(policy, hash(0, 0, 0, 0), at(0));
        vec![State { race: Race::new(first), now: 0, stepped_back: false, account: Account::default() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.account.wrong.is_some() {
            return;
        }
        for nth in 0..state.race.out.len() {
            actions.extend([Action::Save(nth), Action::Drop(nth)]);
        }
        if state.race.losing > 0 {
            actions.push(Action::Lose);
        }
        if !state.race.is_calm() {
            return;
        }
        let others = [Typed::Guess, Typed::OtherPurpose, Typed::OtherAccount, Typed::OtherChallenge];
        let codes = (0..=state.account.resent).map(Typed::Code).chain(others);
        actions.extend(codes.map(|typed| Action::Begin(Request::Try(typed))));
        actions.extend([Action::Begin(Request::Resend), Action::Begin(Request::Supersede)]);
        if state.now < LAST {
            actions.push(Action::Tick);
        }
        if state.now > 0 && !state.stepped_back {
            actions.push(Action::StepBack);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Begin(request) => return Self::begin(state, request),
            Action::Save(nth) => next = self.save(state, nth),
            Action::Drop(nth) => next.race.drop(nth),
            Action::Lose => next.race.losing -= 1,
            Action::Tick => next.now += 1,
            Action::StepBack => (next.now, next.stepped_back) = (state.now - 1, true),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        macro_rules! never {
            ($($name:literal: $($wrong:ident)|+,)+) => {
                vec![$(Property::<Self>::always($name, |_, state| {
                    !matches!(state.account.wrong, $(Some(Wrong::$wrong))|+)
                })),+]
            };
        }
        let mut properties = never! {
            "accepted once": AcceptedTwice,
            "accepted in time": AcceptedLate,
            "accepted before the lock": AcceptedAfterLock,
            "accepted by the newest challenge": AcceptedSuperseded,
            "only the newest code is accepted": AcceptedOldCode,
            "only for its purpose, account and challenge": AcceptedForeignCode,
            "no guess is accepted": AcceptedGuess,
            "the right code in time is accepted": NotAccepted,
            "no more answers than tries": TooManyAnswers,
            "no answer after the end": AnswerAfterEnd,
            "every answered try counts": Uncounted,
            "codes are sent a while apart": SentTooSoon,
            "codes are sent so many times": SentTooOften,
            "no code is sent after the end": SentAfterEnd,
        };
        properties.extend([
            Property::sometimes("verified", |_, state: &State| state.account.accepted),
            Property::sometimes("verified with the last code and the last try", |_, state: &State| {
                state.account.accepted && state.account.resent == RESENDS && state.account.told == TRIES - 1
            }),
            Property::sometimes("locked", |_, state: &State| state.account.locked),
            Property::sometimes("superseded", |_, state: &State| state.account.superseded),
            Property::sometimes("a try loses a race", |_, state: &State| state.race.losing > 0),
            Property::sometimes("expired", |_, state: &State| matches!(*state.race.record.machine, Otp::Expired(_))),
        ]);
        properties
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk;

    #[test]
    fn nothing_happens_that_must_not() {
        walk("one-time codes", OtpModel::new(true)).hold();
    }

    #[test]
    fn a_store_that_does_not_compare_is_found_out() {
        let walk = walk("one-time codes, no compare-and-swap", OtpModel::new(false));
        assert!(!walk.failed.is_empty(), "{walk}");
    }
}
