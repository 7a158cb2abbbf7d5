//! The portal's side of a pairing: two instances that poll, two browsers, a provider that answers late, twice, slowly or
//! not at all, and a citizen who approves or declines.

mod rules;

use std::time::Duration;

use stateright::{Model, Property};
use vneid_auth::error::Code;
use vneid_auth::flow::browser::BrowserHash;
use vneid_auth::flow::device_pairing::{Answer, Ask, COMPLETE_WITHIN, DevicePairing, Effect, Event, PollId, Status};
use vneid_auth::flow::login::Unstated;
use vneid_auth::identity::{Identity, Level};

use self::rules::{Account, Wrong};
use crate::Who;
use crate::race::Race;

/// A tick is RFC 8628's default interval, and what `slow_down` adds.
const TICK: u64 = 5;
/// In ticks: the device code's life, a lease, `Retry-After`, and the longest back-off.
const EXPIRES: u8 = 7;
const LEASE: u8 = 3;
const RETRY_AFTER: u8 = 3;
const BACK_OFF: u8 = 12;
/// How long an approved pairing waits for its browser at least.
#[allow(clippy::cast_possible_truncation, reason = "a minute")]
const COMPLETE: u8 = (COMPLETE_WITHIN.as_secs() / TICK) as u8;
const LAST: u8 = EXPIRES + COMPLETE;

/// What a poll came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heard {
    Tokens { low: bool },
    Pending,
    SlowDown,
    Unreachable { retry_after: bool },
    AccessDenied,
    ExpiredToken,
    OtherError,
}

const TOKENS: Heard = Heard::Tokens { low: false };

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    Look(Who),
    Complete(Who),
    Cancel(Who),
    /// Some instance would poll.
    Due,
    /// The outcome of the nth poll that is out arrives, for the first time or again.
    Answer(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Begin(Request),
    Save(usize),
    Drop(usize),
    Lose,
    Tick,
    StepBack,
    /// Long after.
    Leap,
    /// The provider answers the nth poll.
    Reply(usize, Heard),
    /// The nth poll dies with its instance, or its answer comes no more.
    Forget(usize),
}

/// What is left of a request that the machine has let through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    what: What,
    logs_in: bool,
    announces: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum What {
    Claim { id: u8, at: u8 },
    Answer { id: u8, heard: Heard, at: u8 },
    Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Poll {
    id: u8,
    heard: Option<Heard>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    race: Race<DevicePairing, Asked>,
    now: u8,
    stepped_back: bool,
    /// The provider has given the tokens out, and does so once.
    told: bool,
    polls: Vec<Poll>,
    account: Account,
}

pub struct DevicePairingModel {
    compare_and_swap: bool,
    browsers: [BrowserHash; 2],
    good: Box<Identity>,
    low: Box<Identity>,
}

fn at(ticks: u8) -> vneid_auth::time::Timestamp {
    crate::at(ticks, TICK)
}

fn poll_id(id: u8) -> PollId {
    PollId::from(id.to_string())
}

fn identity(level: u8) -> Box<Identity> {
    let json = serde_json::json!({
        "provider": "kiosk", "subject": "s", "sid": null, "via": null, "level": level, "kind": "citizen",
        "authenticated_at": 0, "citizen_id_strength": null,
        "profile": { "full_name": null, "citizen_id": null, "date_of_birth": null, "phone": null },
    });
    serde_json::from_value(json).expect("an identity")
}

impl DevicePairingModel {
    /// With a store that keeps its promise, or one that does not.
    pub fn new(compare_and_swap: bool) -> Self {
        let browsers = ["one", "other"].map(|secret| BrowserHash::of(&secret.into()));
        Self { compare_and_swap, browsers, good: identity(2), low: identity(1) }
    }

    fn answer(&self, heard: Heard) -> (Answer, Option<Duration>) {
        match heard {
            Heard::Tokens { low: true } => (Answer::Tokens(self.low.clone()), None),
            Heard::Tokens { low: false } => (Answer::Tokens(self.good.clone()), None),
            Heard::Pending => (Answer::AuthorizationPending, None),
            Heard::SlowDown => (Answer::SlowDown, None),
            Heard::Unreachable { retry_after } => {
                let wait = Duration::from_secs(u64::from(RETRY_AFTER) * TICK);
                (Answer::Unreachable, retry_after.then_some(wait))
            }
            Heard::AccessDenied => (Answer::AccessDenied, None),
            Heard::ExpiredToken => (Answer::ExpiredToken, None),
            Heard::OtherError => (Answer::Failed(Code::ProviderError), None),
        }
    }

    fn event(&self, state: &State, request: Request) -> Option<(Event, What)> {
        let browser = |who: Who| self.browsers[who as usize];
        let rest = |event| Some((event, What::Rest));
        match request {
            Request::Look(who) => rest(Event::Look { browser: browser(who) }),
            Request::Complete(who) => rest(Event::Complete { browser: browser(who) }),
            Request::Cancel(who) => rest(Event::Cancel { browser: browser(who) }),
            Request::Due => {
                let id = fresh(state)?;
                Some((Event::Due { poll: poll_id(id) }, What::Claim { id, at: state.now }))
            }
            Request::Answer(nth) => {
                let Poll { id, heard } = *state.polls.get(nth)?;
                let (answer, retry_after) = self.answer(heard?);
                let event = Event::Answered { poll: poll_id(id), answer, retry_after };
                Some((event, What::Answer { id, heard: heard?, at: state.now }))
            }
        }
    }

    /// Loads and asks.
    fn begin(&self, state: &State, request: Request) -> Option<State> {
        let (event, what) = self.event(state, request)?;
        let answer = state.race.record.machine.on(&event, at(state.now));
        let wrong = Self::judge(state, request, what, &answer);
        let mut next = state.clone();
        next.account.wrong = wrong;
        match answer {
            Ok((pairing, effects)) if pairing != *state.race.record.machine || !effects.is_empty() => {
                let counts = match what {
                    What::Claim { .. } => effects.iter().any(|effect| matches!(effect, Effect::Poll { .. })),
                    What::Answer { heard, .. } => heard == Heard::ExpiredToken || pairing.status() != Status::Expired,
                    What::Rest => true,
                };
                let what = if counts { what } else { What::Rest };
                let logs_in = effects.iter().any(|effect| matches!(effect, Effect::LogIn(_)));
                let announces = effects.contains(&Effect::Announce);
                next.race.begin(Asked { what, logs_in, announces }, pairing);
            }
            _ if wrong.is_none() => return None,
            _ => {}
        }
        Some(next)
    }

    /// Saves, and carries the effects out.
    fn save(&self, state: &State, nth: usize) -> State {
        let mut next = state.clone();
        let asked = next.race.save(nth, self.compare_and_swap);
        let account = &mut next.account;
        let (before, after) = (&state.race.record.machine, &next.race.record.machine);
        let mut wrong = (before.status().is_final() && before != after).then_some(Wrong::LeftAnEnd);
        match asked.what {
            What::Claim { id, at } => {
                if account.held.is_some_and(|(_, since)| at < since + LEASE) {
                    wrong = Some(Wrong::PolledTogether);
                }
                account.taken_over |= account.held.is_some();
                account.held = Some((id, at));
                account.not_before = at + account.interval;
                next.polls.push(Poll { id, heard: None });
            }
            What::Answer { id, heard, at } => {
                if account.held.is_none_or(|(holder, _)| holder != id) {
                    wrong = Some(Wrong::AnsweredWithoutLease);
                }
                account.held = None;
                account.heard(heard, at);
                if after.status() == Status::Approved {
                    account.approved_at = Some(at);
                }
            }
            What::Rest => {}
        }
        if asked.logs_in {
            if account.logged_in {
                wrong = Some(Wrong::CompletedTwice);
            }
            account.logged_in = true;
        }
        account.over |= after.status().is_final();
        let interval = Duration::from_secs(u64::from(account.interval) * TICK);
        if after.interval().is_some_and(|holds| holds != interval) {
            wrong = wrong.or(Some(Wrong::IntervalForgotten));
        }
        account.wrong = wrong;
        // What must not count any more may come at any time: the most dangerous answer stands for all.
        for poll in &mut next.polls {
            if account.held.is_none_or(|(holder, _)| holder != poll.id) || after.status() != Status::Pending {
                poll.heard = Some(TOKENS);
            }
        }
        if after.status() != Status::Pending {
            next.polls.truncate(1);
        }
        next.polls.sort();
        next
    }

    /// What the provider may say to a poll now.
    fn replies(state: &State) -> Vec<Heard> {
        let mut replies = vec![
            Heard::Pending,
            Heard::AccessDenied,
            Heard::ExpiredToken,
            Heard::OtherError,
            Heard::Unreachable { retry_after: false },
            Heard::Unreachable { retry_after: true },
        ];
        if state.account.interval < 2 {
            replies.push(Heard::SlowDown);
        }
        if !state.told {
            replies.extend([TOKENS, Heard::Tokens { low: true }]);
        }
        replies
    }
}

/// An id that nobody uses, as if it were drawn at random.
fn fresh(state: &State) -> Option<u8> {
    let claimed = |id: u8| {
        let out =
            state.race.out.iter().any(|said| matches!(said.what.what, What::Claim { id: other, .. } if other == id));
        out || state.polls.iter().any(|poll| poll.id == id) || state.account.held.is_some_and(|(other, _)| other == id)
    };
    (0..6).find(|id| !claimed(*id))
}

impl Model for DevicePairingModel {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let ask = Ask {
            browser: self.browsers[0],
            provider: "kiosk".into(),
            return_to: "/".into(),
            required_level: Some(Level::TWO),
            unstated_level: Unstated::Refuse,
            device_code: "device code".into(),
            expires_in: Duration::from_secs(u64::from(EXPIRES) * TICK),
            interval: None,
        };
        let start = DevicePairing::start(ask, at(0));
        let account = Account {
            interval: 1,
            unreached: 0,
            not_before: 1,
            held: None,
            approved_at: None,
            logged_in: false,
            over: false,
            taken_over: false,
            wrong: None,
        };
        vec![State { race: Race::new(start), now: 0, stepped_back: false, told: false, polls: Vec::new(), account }]
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
        for who in Who::BOTH {
            let requests = [Request::Look(who), Request::Complete(who), Request::Cancel(who)];
            actions.extend(requests.map(Action::Begin));
        }
        if state.polls.len() < 2 {
            actions.push(Action::Begin(Request::Due));
        }
        actions.extend((0..state.polls.len()).map(|nth| Action::Begin(Request::Answer(nth))));
        // A save reads no clock and no answer, so what happens between a question and its save could as well come after it,
        // unless it is another request. (The other models let the time pass there too; here there are too many polls.)
        if state.race.out.len() + usize::from(state.race.losing) > 0 {
            return;
        }
        for (nth, poll) in state.polls.iter().enumerate() {
            actions.push(Action::Forget(nth));
            if poll.heard.is_none() {
                actions.extend(Self::replies(state).into_iter().map(|heard| Action::Reply(nth, heard)));
            }
        }
        if state.account.over {
            actions.extend((state.now < LAST).then_some(Action::Leap));
            return;
        }
        actions.extend((state.now < LAST).then_some(Action::Tick));
        if state.now > 0 && !state.stepped_back {
            actions.push(Action::StepBack);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Begin(request) => return self.begin(state, request),
            Action::Save(nth) => next = self.save(state, nth),
            Action::Drop(nth) => next.race.drop(nth),
            Action::Lose => next.race.losing -= 1,
            Action::Tick => next.now += 1,
            Action::StepBack => (next.now, next.stepped_back) = (state.now - 1, true),
            Action::Leap => next.now = LAST,
            Action::Reply(nth, heard) => {
                next.polls[nth].heard = Some(heard);
                next.told |= matches!(heard, Heard::Tokens { .. });
            }
            Action::Forget(nth) => {
                next.polls.remove(nth);
            }
        }
        next.polls.sort();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        rules::properties()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk;

    #[test]
    fn nothing_happens_that_must_not() {
        walk("device pairing", DevicePairingModel::new(true)).hold();
    }

    #[test]
    fn a_store_that_does_not_compare_is_found_out() {
        let walk = walk("device pairing, no compare-and-swap", DevicePairingModel::new(false));
        assert!(!walk.failed.is_empty(), "{walk}");
    }
}
