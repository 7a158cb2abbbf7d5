//! Whose account it is: two citizens, two providers, accounts that everybody may change at once, and one of the citizens
//! is an attacker who has an account, a photocopy of the other's card, and any number of tries.
//!
//! The store of the model keeps what `vneid_auth::account::Accounts` promises: a save is refused when an account that it
//! writes has changed since it was read, or when a subject or number on it is on another account.

mod rules;

use stateright::{Model, Property};
use vneid_auth::flow::linking::{self, Linking};
use vneid_auth::flow::resolution::{
    Asked, Effect, Event, Found, Has, Holder, NewAccounts, Plan, Resolution, Standing, Target,
};
use vneid_auth::identity::{AccountId, Strength};
use vneid_auth::time::Timestamp;

pub use self::rules::Wrong;
use crate::Who;

/// Accounts that there may be, and requests under way at once.
const ACCOUNTS: usize = 3;
const AT_ONCE: usize = 2;

/// A provider: VNeID asserts a citizen's number, DVCQG states it as a match at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    Vneid,
    Dvcqg,
    /// An account at DVCQG that has no number.
    DvcqgWithout,
}

impl Provider {
    fn states(self) -> Option<Strength> {
        match self {
            Self::Vneid => Some(Strength::Asserted),
            Self::Dvcqg => Some(Strength::Matched),
            Self::DvcqgWithout => None,
        }
    }
}

/// A subject: a person at a provider.
pub type Subject = (Provider, Who);

/// One has an account at both; the other, who attacks, keeps their number from DVCQG.
const SUBJECTS: [Subject; 4] = [
    (Provider::Vneid, Who::One),
    (Provider::Dvcqg, Who::One),
    (Provider::Vneid, Who::Other),
    (Provider::DvcqgWithout, Who::Other),
];

/// An account, and whose it truly is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    owner: Who,
    links: Vec<Subject>,
    /// Whose number, and how strongly.
    number: Option<(Who, Strength)>,
    closed: bool,
    /// Its owner has a password for it.
    password: bool,
}

/// A session: whose, for which account, and whose number it takes the account to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session {
    who: Who,
    account: usize,
    number: Option<Who>,
}

impl Session {
    /// The accounts with this session's alone.
    fn account_of(&self, accounts: &[Account]) -> Vec<Option<Account>> {
        let own = |(nth, account): (usize, &Account)| (nth == self.account).then(|| account.clone());
        accounts.iter().take(self.account + 1).enumerate().map(own).collect()
    }
}

/// A request under way, and the accounts as it saw them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A login that is to look, has something to save, or rests at a choice.
    Login { subject: Subject, resolution: Resolution, plan: Option<Plan>, seen: Vec<Option<Account>> },
    /// A form with somebody's number, which the population database has confirmed.
    Form { who: Who, account: usize, number: Who, linking: Linking, strength: Strength, seen: Vec<Option<Account>> },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub accounts: Vec<Account>,
    sessions: Vec<Session>,
    requests: Vec<Request>,
    pub wrong: Option<Wrong>,
    /// What has just happened, for the properties that something does.
    happened: Happened,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Happened {
    moved: bool,
    proved: bool,
    lost_a_race: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    LogIn(Subject),
    Look(usize),
    Save(usize),
    Drop(usize),
    /// The citizen at this choice proves that account.
    Prove(usize, usize),
    WantNew(usize),
    /// Somebody in this session types somebody's number.
    Type(usize, Who),
    SaveForm(usize),
    Close(usize),
}

pub struct AccountsModel {
    new_accounts: NewAccounts,
    compare_and_swap: bool,
}

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

fn id(account: usize) -> AccountId {
    AccountId::from(account.to_string())
}

fn index(id: &AccountId) -> usize {
    id.as_str().parse().expect("an id of the model's")
}

impl AccountsModel {
    /// A portal that opens accounts like this, over a store that keeps its promise, or one that does not.
    pub fn new(new_accounts: NewAccounts, compare_and_swap: bool) -> Self {
        Self { new_accounts, compare_and_swap }
    }

    fn asked(&self, (provider, _): Subject) -> Asked {
        Asked { states_number: provider.states(), new_accounts: self.new_accounts, expires_at: NOW.plus(crate::LONG) }
    }

    fn log_in(&self, state: &State, subject: Subject) -> State {
        let mut next = state.clone();
        let (resolution, _) = Resolution::start(self.asked(subject));
        next.requests.push(Request::Login { subject, resolution, plan: None, seen: vec![] });
        next
    }

    /// Looks into the accounts and asks the machine.
    fn look(state: &State, nth: usize) -> State {
        let mut next = state.clone();
        let Request::Login { subject, resolution, plan, seen } = &mut next.requests[nth] else { return next };
        let found = facts(&state.accounts, *subject, resolution.proved());
        let (to, effects) = resolution.on(Event::Found(found), NOW).expect("a look was asked for");
        *resolution = to;
        *plan = effects.into_iter().find_map(|effect| match effect {
            Effect::Save(plan) => Some(plan),
            _ => None,
        });
        *seen = plan.as_ref().map(|plan| relevant(plan, &state.accounts)).unwrap_or_default();
        if *resolution == Resolution::Refused {
            next.wrong = rules::refused(&state.accounts, *subject);
            next.requests.remove(nth);
        }
        next
    }

    /// Writes a plan, if the store lets it.
    fn save(&self, state: &State, nth: usize) -> Option<State> {
        let mut next = state.clone();
        let Request::Login { subject, resolution, plan: Some(plan), seen } = &state.requests[nth] else { return None };
        let (written, account) = carry_out(plan, *subject, seen)?;
        let saved = self.write(&mut next.accounts, seen, &written);
        let event = if saved { Event::Done } else { Event::Conflict };
        let (to, effects) = resolution.on(event, NOW).expect("a save was asked for");
        if !saved {
            next.happened.lost_a_race = true;
            next.requests[nth] = Request::Login { subject: *subject, resolution: to, plan: None, seen: vec![] };
            return Some(next);
        }
        next.requests.remove(nth);
        for effect in effects {
            match effect {
                Effect::EndSessions(loser) => {
                    next.happened.moved = true;
                    next.sessions.retain(|session| session.account != index(&loser));
                }
                Effect::BeginSession => {
                    let number = next.accounts[account].number.map(|(whose, _)| whose);
                    next.begin(Session { who: subject.1, account, number });
                }
                _ => {}
            }
        }
        next.wrong = rules::settled(&next.accounts, *subject, account, plan);
        Some(next)
    }

    /// What the store promises: all or nothing, over what is unchanged, and nothing twice.
    fn write(&self, accounts: &mut Vec<Account>, seen: &[Option<Account>], written: &[(usize, Account)]) -> bool {
        // A new account finds its place empty, or tries again.
        let unchanged = written.iter().all(|(nth, _)| seen.get(*nth).and_then(Option::as_ref) == accounts.get(*nth));
        let mut after = accounts.clone();
        for (nth, account) in written {
            let room = after.len() < ACCOUNTS;
            match after.get_mut(*nth) {
                Some(kept) => *kept = account.clone(),
                None if room => after.push(account.clone()),
                None => return false,
            }
        }
        let fits = (unchanged && rules::unique(&after)) || !self.compare_and_swap;
        if fits {
            *accounts = after;
        }
        fits
    }

    fn choose(state: &State, nth: usize, event: Event) -> Option<State> {
        let mut next = state.clone();
        let Request::Login { resolution, .. } = &mut next.requests[nth] else { return None };
        let proves = matches!(event, Event::Proved(_));
        let (to, _) = resolution.on(event, NOW).ok()?;
        *resolution = to;
        next.happened.proved |= proves;
        Some(next)
    }

    /// A form with a number that exists: the database confirms it, whoever types it.
    fn type_number(state: &State, nth: usize, number: Who) -> Option<State> {
        let session = state.sessions[nth];
        let account = &state.accounts[session.account];
        let linking = Linking::of(account.number.map(|(_, strength)| strength));
        let (linking, _) = linking.on(linking::Event::Submit).ok()?;
        let (linking, effects) = linking.on(linking::Event::Agrees).ok()?;
        let [linking::Effect::Link(strength)] = effects.as_slice() else { return None };
        let taken = state.accounts.iter().any(|account| account.number.is_some_and(|(whose, _)| whose == number));
        if taken {
            return None;
        }
        let mut next = state.clone();
        next.requests.push(Request::Form {
            who: session.who,
            account: session.account,
            number,
            linking,
            strength: *strength,
            seen: session.account_of(&state.accounts),
        });
        Some(next)
    }

    fn save_form(&self, state: &State, nth: usize) -> Option<State> {
        let mut next = state.clone();
        let Request::Form { who, account, number, linking, strength, seen } = &state.requests[nth] else { return None };
        next.requests.remove(nth);
        let mut changed = seen.get(*account)?.clone()?;
        changed.number = Some((*number, *strength));
        if !self.write(&mut next.accounts, seen, &[(*account, changed)]) {
            // It looks again, and finds it taken or tries once more: another request of the same kind.
            next.happened.lost_a_race = true;
            return Some(next);
        }
        let (_, effects) = linking.on(linking::Event::Saved).expect("a link was asked for");
        if effects.contains(&linking::Effect::RenewSession) {
            let mine = |session: &&mut Session| session.who == *who && session.account == *account;
            if let Some(session) = next.sessions.iter_mut().find(mine) {
                session.number = Some(*number);
            }
        }
        next.wrong = rules::table(&next.accounts);
        Some(next)
    }
}

impl State {
    fn begin(&mut self, session: Session) {
        self.sessions.retain(|other| other.who != session.who);
        self.sessions.push(session);
        self.sessions.sort_unstable();
    }

    /// Whether this person can prove that account: with its password, or by a login through a link of theirs.
    fn can_prove(&self, who: Who, account: usize) -> bool {
        let account = &self.accounts[account];
        (account.password && account.owner == who) || account.links.iter().any(|(_, person)| *person == who)
    }
}

/// What the portal finds in the accounts.
fn facts(accounts: &[Account], subject: Subject, proved: Option<&AccountId>) -> Found {
    let number = subject.0.states().map(|_| subject.1);
    let standing = |(nth, account): (usize, &Account)| Standing {
        id: id(nth),
        closed: account.closed,
        number: match account.number {
            None => Has::Nothing,
            Some((whose, strength)) if Some(whose) == number => Has::Same(strength),
            Some((_, strength)) => Has::Other(strength),
        },
    };
    let all = || accounts.iter().enumerate();
    let linked = all().find(|(_, account)| account.links.contains(&subject)).map(standing);
    let holds = |account: &Account| account.number.filter(|(whose, _)| Some(*whose) == number);
    let holder = all().find_map(|(nth, account)| {
        holds(account).map(|(_, strength)| Holder { id: id(nth), closed: account.closed, number: Some(strength) })
    });
    let proved = proved.and_then(|wanted| all().find(|(nth, _)| id(*nth) == *wanted)).map(standing);
    Found { linked, holder, proved }
}

/// The accounts as a save compares them: only what the plan writes matters, and how many there are when it opens one.
fn relevant(plan: &Plan, accounts: &[Account]) -> Vec<Option<Account>> {
    let from = plan.number.as_ref().and_then(|number| number.from.as_ref()).map(index);
    let own = match &plan.account {
        Target::Existing(id) => Some(index(id)),
        Target::New => None,
    };
    let needed = |nth: usize| own == Some(nth) || from == Some(nth);
    let last = if own.is_none() { accounts.len() } else { own.max(from).map_or(0, |nth| nth + 1) };
    accounts.iter().take(last).enumerate().map(|(nth, account)| needed(nth).then(|| account.clone())).collect()
}

/// The accounts that a plan writes, and which of them the session is for.
fn carry_out(plan: &Plan, subject: Subject, seen: &[Option<Account>]) -> Option<(Vec<(usize, Account)>, usize)> {
    let (at, mut account) = match &plan.account {
        Target::Existing(id) => (index(id), seen.get(index(id))?.clone()?),
        Target::New => {
            let owner = subject.1;
            (seen.len(), Account { owner, links: vec![], number: None, closed: false, password: false })
        }
    };
    let mut written = Vec::new();
    if plan.link {
        account.links.push(subject);
        account.links.sort_unstable();
    }
    if let Some(take) = &plan.number {
        account.number = Some((subject.1, take.strength));
        if let Some(from) = &take.from {
            written.push((index(from), Account { number: None, ..seen.get(index(from))?.clone()? }));
        }
    }
    written.push((at, account));
    Some((written, at))
}

impl Model for AccountsModel {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let begin = |accounts| State {
            accounts,
            sessions: vec![],
            requests: vec![],
            wrong: None,
            happened: Happened::default(),
        };
        // Nothing; and an account from before, with its owner's number and a password that only they know.
        let before = Account {
            owner: Who::One,
            links: vec![],
            number: Some((Who::One, Strength::Matched)),
            closed: false,
            password: true,
        };
        vec![begin(vec![]), begin(vec![before])]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.wrong.is_some() {
            return;
        }
        for (nth, request) in state.requests.iter().enumerate() {
            actions.push(Action::Drop(nth));
            match request {
                Request::Form { .. } => actions.push(Action::SaveForm(nth)),
                Request::Login { plan: Some(_), .. } => actions.push(Action::Save(nth)),
                Request::Login { resolution: Resolution::Looking(_), .. } => actions.push(Action::Look(nth)),
                Request::Login { subject, .. } => {
                    let proved = (0..state.accounts.len()).filter(|account| state.can_prove(subject.1, *account));
                    actions.extend(proved.map(|account| Action::Prove(nth, account)));
                    actions.push(Action::WantNew(nth));
                }
            }
        }
        if state.requests.len() < AT_ONCE {
            actions.extend(SUBJECTS.map(Action::LogIn));
            for nth in 0..state.sessions.len() {
                actions.extend(Who::BOTH.map(|number| Action::Type(nth, number)));
            }
        }
        if !state.accounts.iter().any(|account| account.closed) {
            actions.extend((0..state.accounts.len()).map(Action::Close));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let state = &State { happened: Happened::default(), ..state.clone() };
        let mut next = match action {
            Action::LogIn(subject) => self.log_in(state, subject),
            Action::Look(nth) => Self::look(state, nth),
            Action::Save(nth) => self.save(state, nth)?,
            Action::Drop(nth) => {
                let mut next = state.clone();
                next.requests.remove(nth);
                next
            }
            Action::Prove(nth, account) => Self::choose(state, nth, Event::Proved(id(account)))?,
            Action::WantNew(nth) => Self::choose(state, nth, Event::WantsNew)?,
            Action::Type(nth, number) => Self::type_number(state, nth, number)?,
            Action::SaveForm(nth) => self.save_form(state, nth)?,
            Action::Close(nth) => {
                let mut next = state.clone();
                next.accounts[nth].closed = true;
                next.sessions.retain(|session| session.account != nth);
                next
            }
        };
        // Who came first makes no difference.
        next.requests.sort_by_cached_key(|request| format!("{request:?}"));
        let wrong = next.wrong.or_else(|| rules::sessions(&next.accounts, &next.sessions));
        Some(State { wrong, ..next })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        macro_rules! never {
            ($($name:literal: $wrong:ident,)+) => {
                vec![$(Property::<Self>::always($name, |_, state| state.wrong != Some(Wrong::$wrong))),+]
            };
        }
        let mut properties = never! {
            "a number is on one account": NumberTwice,
            "a subject is on one account": SubjectTwice,
            "nobody enters another's account": AnothersAccount,
            "a closed account is not entered": ClosedAccount,
            "only who VNeID states it for has a number asserted": AssertedUnstated,
            "who VNeID states a number for has it": OwnerWithoutNumber,
            "an asserted number is not taken by a match": AssertedLost,
            "nobody is refused for another's account": RefusedForAnother,
            "sessions know what was taken from their account": StaleSession,
        };
        properties.extend([
            Property::sometimes("a squatted number goes to its owner", |_, state: &State| state.happened.moved),
            Property::sometimes("an account is proved", |_, state: &State| state.happened.proved),
            Property::sometimes("a save loses a race", |_, state: &State| state.happened.lost_a_race),
            Property::sometimes("one account, two providers", |_, state: &State| {
                state.accounts.iter().any(|account| account.links.len() >= 2)
            }),
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
        walk("accounts, opened at once", AccountsModel::new(NewAccounts::AtOnce, true)).hold();
    }

    #[test]
    fn nothing_happens_that_must_not_where_accounts_are_asked_for() {
        walk("accounts, opened on request", AccountsModel::new(NewAccounts::OnRequest, true)).hold();
    }

    #[test]
    fn a_store_that_does_not_compare_is_found_out() {
        let walk = walk("accounts, no compare-and-swap", AccountsModel::new(NewAccounts::AtOnce, false));
        assert!(!walk.failed.is_empty(), "{walk}");
    }
}
