//! The provider's side of a pairing: a screen, two browsers, two phones, and whoever has seen the screen.

mod rules;

use std::net::Ipv4Addr;
use std::time::Duration;

use stateright::{Model, Property};
use vneid_auth::flow::browser::BrowserHash;
use vneid_auth::flow::pairing::{
    Ask, Effect, Event, Pairing, PairingPolicy, Payload, PayloadKey, Phone, Renewal, Standing,
};
use vneid_auth::identity::Level;

use self::rules::{Account, Wrong};
use crate::Who;
use crate::race::Race;

/// Seconds, and ticks: how long the code is shown, may be confirmed after the scan, and completed after that.
const SHOWN: u8 = 3;
const CONFIRM: u8 = 2;
const COMPLETE: u8 = 2;
/// How long a payload that is renewed on request is good; one that renews itself is shown for a second.
const GOOD_FOR: u8 = 2;
/// No later than this, and no more payloads than these.
const LAST: u8 = SHOWN + CONFIRM + COMPLETE;
const PAYLOADS: u8 = 4;

/// Who owns the scanning phone's account, and what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    level: Option<u8>,
    locked: bool,
    /// The web-login permission is off at first and may be switched; otherwise it is on.
    switched: bool,
    /// The other phone is signed in to the same account.
    same_account: bool,
}

const SCENES: [Scene; 5] = [
    Scene { level: Some(2), locked: false, switched: true, same_account: false },
    Scene { level: Some(2), locked: false, switched: true, same_account: true },
    Scene { level: Some(1), locked: false, switched: false, same_account: false },
    Scene { level: None, locked: false, switched: false, same_account: false },
    Scene { level: Some(2), locked: true, switched: false, same_account: false },
];

/// What a phone sends as the payload it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The one that the screen showed at this counter.
    Shown(u8),
    /// Made with another key for the counter of this moment.
    Forged,
    /// Another transaction's of this moment.
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    Look(Who),
    Renew(Who),
    Scan(Who, Code),
    Account(Who),
    Confirm(Who),
    Decline(Who),
    Complete(Who),
    Cancel(Who),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Begin(Request),
    Save(usize),
    Drop(usize),
    Lose,
    Tick,
    StepBack,
    Switch,
}

/// What is left of a request that the machine has let through: when that was, as far as it matters, and what is to be
/// done once it is saved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    what: What,
    did: Vec<Did>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum What {
    Scan(Who, u8),
    Renew(u8),
    Confirm(u8),
    Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Did {
    LookUp,
    AskApp,
    AskPermission,
    LetBrowserGoOn,
    LogIn { scanner: bool },
    SignAppOut,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    scene: Scene,
    race: Race<Pairing, Asked>,
    now: u8,
    stepped_back: bool,
    /// Whether the account of phone one may log in to web sites.
    web_login: bool,
    account: Account,
}

pub struct PairingModel {
    timed: bool,
    compare_and_swap: bool,
    key: PayloadKey,
    browsers: [BrowserHash; 2],
    start: Pairing,
    shown: Vec<Payload>,
    forged: Vec<Payload>,
    foreign: Vec<Payload>,
}

fn at(seconds: u8) -> vneid_auth::time::Timestamp {
    crate::at(seconds, 1)
}

fn is_over(pairing: &Pairing) -> bool {
    use Pairing::{Cancelled, Completed, Declined, Expired, Refused};
    matches!(pairing, Completed(_) | Declined(_) | Refused(_) | Cancelled(_) | Expired(_))
}

fn scan(who: Who, payload: &Payload, same_account: bool) -> Event {
    Event::Scan { phone: phone(who, same_account), payload: payload.clone() }
}

fn phone(who: Who, same_account: bool) -> Phone {
    match who {
        Who::One => Phone { account: "one".into(), device: "one".into() },
        Who::Other if same_account => Phone { account: "one".into(), device: "other".into() },
        Who::Other => Phone { account: "other".into(), device: "other".into() },
    }
}

impl PairingModel {
    /// A model of codes that renew themselves, or of those renewed on request; with a store that keeps its promise, or
    /// one that does not.
    pub fn new(timed: bool, compare_and_swap: bool) -> Self {
        let seconds = |n: u8| Duration::from_secs(n.into());
        let renewal = match timed {
            true => Renewal::Timed { every: seconds(1) },
            false => Renewal::OnRequest { good_for: seconds(GOOD_FOR) },
        };
        let policy = PairingPolicy {
            renewal,
            shown_for: seconds(SHOWN),
            confirm_within: seconds(CONFIRM),
            complete_within: seconds(COMPLETE),
            level: Level::TWO,
        };
        let browsers = ["one", "other"].map(|secret| BrowserHash::of(&secret.into()));
        let start = |transaction: &str| {
            let ask = Ask {
                transaction: transaction.into(),
                browser: browsers[0],
                relying_party: "portal".into(),
                user_agent: "browser".into(),
                address: Ipv4Addr::LOCALHOST.into(),
                policy,
            };
            Pairing::start(ask, at(0))
        };
        let (key, other_key) = (PayloadKey::new(&[1; 32]), PayloadKey::new(&[2; 32]));
        let (ours, theirs) = (start("tx"), start("ty"));
        let payloads = |pairing: &Pairing, key: &PayloadKey| -> Vec<Payload> {
            let mut pairing = pairing.clone();
            let mut payloads = Vec::new();
            for n in 0..PAYLOADS {
                let now = at(if timed { n.min(SHOWN - 1) } else { 0 });
                payloads.push(pairing.payload(key, now).expect("shown"));
                if !timed {
                    pairing = pairing.on(&Event::Renew { browser: browsers[0] }, key, now).expect("renewed").0;
                }
            }
            payloads
        };
        Self {
            timed,
            compare_and_swap,
            shown: payloads(&ours, &key),
            forged: payloads(&ours, &other_key),
            foreign: payloads(&theirs, &key),
            key,
            browsers,
            start: ours,
        }
    }

    /// The counter of the payload on the screen.
    fn counter(&self, state: &State) -> u8 {
        if self.timed { state.now.min(SHOWN - 1) } else { state.account.renewed }
    }

    fn standing(state: &State, who: Who) -> Standing {
        let Scene { level, locked, same_account, .. } = state.scene;
        if who == Who::One || same_account {
            Standing { level: level.and_then(Level::new), web_login: state.web_login, locked }
        } else {
            Standing { level: Some(Level::TWO), web_login: true, locked: false }
        }
    }

    fn event(&self, state: &State, request: Request) -> Event {
        let browser = |who: Who| self.browsers[who as usize];
        let phone = |who| phone(who, state.scene.same_account);
        match request {
            Request::Look(who) => Event::Look { browser: browser(who) },
            Request::Renew(who) => Event::Renew { browser: browser(who) },
            Request::Complete(who) => Event::Complete { browser: browser(who) },
            Request::Cancel(who) => Event::Cancel { browser: browser(who) },
            Request::Scan(who, code) => {
                let counter = usize::from(self.counter(state));
                let payload = match code {
                    Code::Shown(counter) => &self.shown[usize::from(counter)],
                    Code::Forged => &self.forged[counter],
                    Code::Foreign => &self.foreign[counter],
                };
                scan(who, payload, state.scene.same_account)
            }
            Request::Account(who) => Event::Account { phone: phone(who), standing: Self::standing(state, who) },
            Request::Confirm(who) => Event::Confirm { phone: phone(who), standing: Self::standing(state, who) },
            Request::Decline(who) => Event::Decline { phone: phone(who) },
        }
    }

    fn did(state: &State, effects: &[Effect]) -> Vec<Did> {
        let scanner = state.account.scan.map(|(who, _)| phone(who, state.scene.same_account));
        let did = |effect: &Effect| match effect {
            Effect::LookUp(_) => Did::LookUp,
            Effect::AskApp(_) => Did::AskApp,
            Effect::AskPermission => Did::AskPermission,
            Effect::LetBrowserGoOn => Did::LetBrowserGoOn,
            Effect::LogIn(account) => Did::LogIn { scanner: scanner.as_ref().is_some_and(|p| p.account == *account) },
            Effect::SignAppOut(_) => Did::SignAppOut,
        };
        effects.iter().map(did).collect()
    }

    /// Loads and asks.
    fn begin(&self, state: &State, request: Request) -> Option<State> {
        let answer = state.race.record.machine.on(&self.event(state, request), &self.key, at(state.now));
        let wrong = self.judge(state, request, &answer);
        let mut next = state.clone();
        next.account.wrong = wrong;
        match answer {
            Ok((pairing, effects)) if pairing != *state.race.record.machine || !effects.is_empty() => {
                let what = match (request, &pairing) {
                    (Request::Scan(who, _), _) => What::Scan(who, state.now),
                    (Request::Renew(_), Pairing::Displayed(_)) => What::Renew(state.now),
                    (Request::Confirm(_), Pairing::Confirmed(_)) => What::Confirm(state.now),
                    _ => What::Rest,
                };
                next.race.begin(Asked { what, did: Self::did(state, &effects) }, pairing);
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
        let mut wrong = (is_over(before) && before != after).then_some(Wrong::LeftAnEnd);
        match (asked.what, account.scan) {
            (What::Scan(who, _), Some((owner, _))) if owner != who => wrong = Some(Wrong::ScanTakenOver),
            (What::Scan(who, at), None) => account.scan = Some((who, at)),
            (What::Renew(at), _) => (account.renewed, account.renewed_at) = (account.renewed + 1, at),
            (What::Confirm(at), _) if account.confirmed_at.is_none() => account.confirmed_at = Some(at),
            _ => {}
        }
        for did in asked.did {
            match did {
                Did::AskPermission => account.asked_permission = true,
                Did::AskApp => account.asked_app = true,
                Did::LogIn { .. } if account.logged_in => wrong = Some(Wrong::CompletedTwice),
                Did::LogIn { scanner: false } => wrong = Some(Wrong::OtherAccount),
                Did::LogIn { scanner: true } => account.logged_in = true,
                Did::LookUp | Did::LetBrowserGoOn | Did::SignAppOut => {}
            }
        }
        account.over |= is_over(after);
        if account.logged_in != matches!(**after, Pairing::Completed(_)) {
            wrong = wrong.or(Some(Wrong::GoneAstray));
        }
        account.wrong = wrong;
        next
    }

    fn requests(&self, state: &State) -> Vec<Request> {
        let mut requests = Vec::new();
        for who in Who::BOTH {
            requests.extend([
                Request::Look(who),
                Request::Account(who),
                Request::Confirm(who),
                Request::Decline(who),
                Request::Complete(who),
                Request::Cancel(who),
            ]);
            if self.timed || state.account.renewed + 2 < PAYLOADS {
                requests.push(Request::Renew(who));
            }
            let codes = (0..=state.account.seen).map(Code::Shown).chain([Code::Forged, Code::Foreign]);
            requests.extend(codes.map(|code| Request::Scan(who, code)));
        }
        requests
    }
}

impl Model for PairingModel {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let state = |scene| State {
            scene,
            race: Race::new(self.start.clone()),
            now: 0,
            stepped_back: false,
            web_login: !scene.switched,
            account: Account::default(),
        };
        // One who may log in and one who may not; the rest differs in nothing that renewal touches.
        let scenes: Vec<Scene> = if self.timed { SCENES.to_vec() } else { vec![SCENES[0], SCENES[2]] };
        scenes.into_iter().map(state).collect()
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
        actions.extend(self.requests(state).into_iter().map(Action::Begin));
        if state.now < LAST {
            actions.push(Action::Tick);
        }
        if state.now > 0 && !state.stepped_back && !state.account.over {
            actions.push(Action::StepBack);
        }
        if state.scene.switched && !state.account.over {
            actions.push(Action::Switch);
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
            Action::Switch => next.web_login = !state.web_login,
        }
        let shown = matches!(*next.race.record.machine, Pairing::Displayed(_));
        if shown {
            next.account.seen = next.account.seen.max(self.counter(&next));
        }
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
    fn nothing_happens_that_must_not_while_codes_renew_themselves() {
        walk("pairing, renewed by time", PairingModel::new(true, true)).hold();
    }

    #[test]
    fn nothing_happens_that_must_not_while_codes_renew_on_request() {
        walk("pairing, renewed on request", PairingModel::new(false, true)).hold();
    }

    #[test]
    fn a_store_that_does_not_compare_is_found_out() {
        let walk = walk("pairing, no compare-and-swap", PairingModel::new(true, false));
        assert!(!walk.failed.is_empty(), "{walk}");
    }
}
