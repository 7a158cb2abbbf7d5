//! Whose account it is: from an identified person to the account that their session is for (flows.md, machine 2).
//!
//! ```text
//!            ┌────────────── Proved, WantsNew ───────────────┐   ┌── Conflict ──┐
//!            ▼                                               │   ▼              │
//!  start ──► Looking ── an account that must be proved ──► Choosing             │
//!            │  ▲ │ └── the account is closed ──► Refused    └── too late ──► Expired
//!            │  │ └──── the subject's, the number's, the proved, or a new account ──► Saving ── Done ──► Settled
//!            │  └───────────────────────────────────────────────────────────────────────┘ Conflict
//!            └── too late ──► Expired
//! ```
//!
//! The columns from `Mine` to `Closed` are what a look into the accounts found. `Mine`: the provider's subject is linked;
//! `MineClosed`: to a closed account. `HeldWeaker`: another account holds the stated number, or its tax code, and less
//! strongly than both would have to; `HeldAsserted`: VNeID asserts the number here and there; `HeldAssertedClosed`: there
//! it is closed. `Nobody`: neither. The rows of `Looking` are what the citizen has done so far: nothing, `proved` the
//! holder, proved `another` account, proved an account that was `closed` meanwhile, or asked for a `new` one; `asks` is a
//! portal that opens no account unasked.
//!
//! | state \ event        | `Mine`        | `MineClosed` | `HeldWeaker`   | `HeldAsserted` | `HeldAssertedClosed` | `Nobody`       | `Proved`       | `WantsNew`     | `Done`                 | `Conflict`     |
//! | -------------------- | ------------- | ------------ | -------------- | -------------- | -------------------- | -------------- | -------------- | -------------- | ---------------------- | -------------- |
//! | `Looking`            | Saving + Save | Refused      | Choosing + Ask | Saving + Save  | Refused              | Saving + Save  | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Looking, asks`      | Saving + Save | Refused      | Choosing + Ask | Saving + Save  | Refused              | Choosing + Ask | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Looking, proved`    | Saving + Save | Refused      | Saving + Save  | Saving + Save  | Refused              | Saving + Save  | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Looking, another`   | Saving + Save | Refused      | Choosing + Ask | Saving + Save  | Refused              | Choosing + Ask | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Looking, closed`    | Saving + Save | Refused      | Refused        | Saving + Save  | Refused              | Refused        | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Looking, new`       | Saving + Save | Refused      | Saving + Save  | Saving + Save  | Refused              | Saving + Save  | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Choosing`           | ✗ OutOfTurn   | ✗ OutOfTurn  | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn          | ✗ OutOfTurn    | Looking + Look | Looking + Look | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Choosing, no new`   | ✗ OutOfTurn   | ✗ OutOfTurn  | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn          | ✗ OutOfTurn    | Looking + Look | ✗ NoNewOnes    | ✗ OutOfTurn            | ✗ OutOfTurn    |
//! | `Saving`             | ✗ OutOfTurn   | ✗ OutOfTurn  | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn          | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn    | Settled + BeginSession | Looking + Look |
//! | `Saving, number`     | ✗ OutOfTurn   | ✗ OutOfTurn  | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn          | ✗ OutOfTurn    | ✗ OutOfTurn    | ✗ OutOfTurn    | Settled + EndSessions + BeginSession | Looking + Look |
//! | `late`               | Expired       | Expired      | Expired        | Expired        | Expired              | Expired        | Expired        | Expired        | Expired                | Expired        |
//! | `Settled`            | ✗ Over        | ✗ Over       | ✗ Over         | ✗ Over         | ✗ Over               | ✗ Over         | ✗ Over         | ✗ Over         | ✗ Over                 | ✗ Over         |
//! | `Refused`            | ✗ Over        | ✗ Over       | ✗ Over         | ✗ Over         | ✗ Over               | ✗ Over         | ✗ Over         | ✗ Over         | ✗ Over                 | ✗ Over         |
//! | `Expired`            | ✗ Over        | ✗ Over       | ✗ Over         | ✗ Over         | ✗ Over               | ✗ Over         | ✗ Over         | ✗ Over         | ✗ Over                 | ✗ Over         |
//!
//! `Saving, late` is `late` too, though what was saved stands: the link is right, only no session begins.
//!
//! What a plan does with a stated number (flows.md, machine 6): VNeID's word beats a match, wherever that is; between two
//! as strong the first stands; a number that VNeID states replaces the account's own other one, since numbers are cancelled
//! and given anew (domain.md §3.1) and the subject is who the person is.
//!
//! What must never happen: a link by e-mail or phone (they are no events); one subject on two accounts (the save is
//! refused, and the next look finds it); a link to an account that was not proved, unless VNeID asserts the number at both;
//! a session for a closed account; an asserted login refused for, or merged into, another account's match. Another
//! browser's choice never reaches the machine: it is found only with the secret in that browser's cookie.

use serde::{Deserialize, Serialize};

use crate::identity::{AccountId, Strength};
use crate::time::Timestamp;

/// Whether somebody who has no account here gets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NewAccounts {
    /// At the first login.
    #[default]
    AtOnce,
    /// When they ask for it; they are asked first whether they have one.
    OnRequest,
    /// Never: the portal opens accounts elsewhere.
    Never,
}

/// A resolution, wherever it stands. This is what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum Resolution {
    /// The accounts are being looked into.
    Looking(Looking),
    /// The citizen chooses: prove the account, or take a new one.
    Choosing(Choosing),
    /// What was decided is being written.
    Saving(Saving),
    /// This is the account. Final.
    Settled(Settled),
    /// The account is closed. Final.
    Refused,
    /// Took too long. Final.
    Expired,
}

/// What is known of the person, and for how long they may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asked {
    /// How strongly the provider states a citizen id, when it does.
    pub states_number: Option<Strength>,
    /// Whether the portal opens new accounts.
    pub new_accounts: NewAccounts,
    /// Until when the choice stands.
    pub expires_at: Timestamp,
}

/// The accounts are being looked into.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Looking {
    asked: Asked,
    wish: Option<Wish>,
}

/// What the citizen chose.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wish {
    Proved(AccountId),
    New,
}

/// The citizen chooses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choosing {
    asked: Asked,
    /// The account that holds the number or tax code, when one does.
    pub holder: Option<AccountId>,
}

/// What was decided is being written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Saving {
    asked: Asked,
    wish: Option<Wish>,
    plan: Plan,
}

/// This is the account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Settled {
    /// What was done.
    pub plan: Plan,
}

/// What is to be done to the accounts, all of it at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// The account that the session will be for.
    pub account: Target,
    /// The subject is linked to it; otherwise it is already.
    pub link: bool,
    /// The stated number goes onto it.
    pub number: Option<TakeNumber>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One that was found.
    Existing(AccountId),
    /// A new one.
    New,
}

/// A number that goes onto an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TakeNumber {
    /// How strongly.
    pub strength: Strength,
    /// The account that loses it.
    pub from: Option<AccountId>,
}

/// What happens to a resolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The accounts were looked into, after the last [`Effect::Look`].
    Found(Found),
    /// The citizen proved an account: by its password, or by a fresh login through a provider that is linked to it.
    Proved(AccountId),
    /// The citizen wants a new account.
    WantsNew,
    /// The plan is written.
    Done,
    /// Nothing was written: the accounts had changed.
    Conflict,
}

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The account that the provider's subject is linked to.
    pub linked: Option<Standing>,
    /// The account that holds the stated number, or tax code.
    pub holder: Option<Holder>,
    /// The account that the citizen proved, as it is now.
    pub proved: Option<Standing>,
}

/// An account, as far as a decision needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub id: AccountId,
    /// Nobody gets in.
    pub closed: bool,
    /// What it has for a number.
    pub number: Has,
}

/// An account's number, compared with the one that is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// None.
    Nothing,
    /// The same.
    Same(Strength),
    /// Another, or any when none is stated.
    Other(Strength),
}

/// The account that holds what is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Which.
    pub id: AccountId,
    /// Nobody gets in.
    pub closed: bool,
    /// The number, this strongly; nothing when it is the tax code.
    pub number: Option<Strength>,
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Look for the accounts that [`Found`] names. Safe to repeat.
    Look,
    /// Keep the person and ask which account. Safe to lose: they log in again.
    Ask,
    /// Write the plan over the accounts that were looked at, if they have not changed since.
    Save(Plan),
    /// End every session of the account that lost the number. Safe to repeat; pages that need the number read it anew.
    EndSessions(AccountId),
    /// Begin a session for the plan's account. Safe to lose.
    BeginSession,
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The event belongs to another moment.
    #[error("the event belongs to another moment of the resolution")]
    OutOfTurn,
    /// The portal opens no accounts at a login.
    #[error("the portal opens no accounts at a login")]
    NoNewOnes,
    /// It is over.
    #[error("the resolution is over")]
    Over,
}

type Step = (Resolution, Vec<Effect>);

impl Resolution {
    /// Begins with a look.
    pub fn start(asked: Asked) -> Step {
        (Self::Looking(Looking { asked, wish: None }), vec![Effect::Look])
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the event has no place here; the state stays as it was.
    pub fn on(&self, event: Event, now: Timestamp) -> Result<Step, Refusal> {
        let asked = match self {
            Self::Looking(state) => state.asked,
            Self::Choosing(state) => state.asked,
            Self::Saving(state) => state.asked,
            _ => return Err(Refusal::Over),
        };
        if now >= asked.expires_at {
            return Ok((Self::Expired, vec![]));
        }
        match (self, event) {
            (Self::Looking(state), Event::Found(found)) => Ok(state.found(&found)),
            (Self::Choosing(_), Event::Proved(account)) => Ok(look(asked, Some(Wish::Proved(account)))),
            (Self::Choosing(_), Event::WantsNew) if asked.new_accounts == NewAccounts::Never => Err(Refusal::NoNewOnes),
            (Self::Choosing(_), Event::WantsNew) => Ok(look(asked, Some(Wish::New))),
            (Self::Saving(state), Event::Done) => Ok(state.done()),
            (Self::Saving(state), Event::Conflict) => Ok(look(asked, state.wish.clone())),
            _ => Err(Refusal::OutOfTurn),
        }
    }

    /// The account that the citizen proved, which the next look must look at too.
    pub fn proved(&self) -> Option<&AccountId> {
        match self {
            Self::Looking(Looking { wish: Some(Wish::Proved(account)), .. }) => Some(account),
            _ => None,
        }
    }
}

fn look(asked: Asked, wish: Option<Wish>) -> Step {
    (Resolution::Looking(Looking { asked, wish }), vec![Effect::Look])
}

impl Looking {
    fn found(&self, found: &Found) -> Step {
        if let Some(linked) = &found.linked {
            return self.enter(linked, false, found);
        }
        let asserted = Some(Strength::Asserted);
        let same_person = |holder: &&Holder| self.asked.states_number == asserted && holder.number == asserted;
        if let Some(holder) = found.holder.as_ref().filter(same_person) {
            let standing =
                Standing { id: holder.id.clone(), closed: holder.closed, number: Has::Same(Strength::Asserted) };
            return self.enter(&standing, true, found);
        }
        match (&self.wish, &found.proved) {
            (Some(Wish::Proved(proved)), Some(standing)) if standing.id == *proved => {
                if standing.closed || self.may_join(standing, found.holder.as_ref()) {
                    self.enter(standing, true, found)
                } else {
                    self.ask(found)
                }
            }
            (Some(Wish::Proved(_)), _) => self.ask(found),
            (Some(Wish::New), _) => self.save(Target::New, true, Has::Nothing, found),
            (None, _) if found.holder.is_none() && self.asked.new_accounts == NewAccounts::AtOnce => {
                self.save(Target::New, true, Has::Nothing, found)
            }
            (None, _) => self.ask(found),
        }
    }

    /// Whether who proved this account may go on with it: it is the one that was asked about, and nothing says that it is
    /// another person's.
    fn may_join(&self, proved: &Standing, holder: Option<&Holder>) -> bool {
        match holder {
            Some(holder) => holder.id == proved.id,
            None => self.asked.states_number.is_none() || !matches!(proved.number, Has::Other(_)),
        }
    }

    fn enter(&self, standing: &Standing, link: bool, found: &Found) -> Step {
        if standing.closed {
            return (Resolution::Refused, vec![]);
        }
        self.save(Target::Existing(standing.id.clone()), link, standing.number, found)
    }

    fn save(&self, account: Target, link: bool, has: Has, found: &Found) -> Step {
        let number = self.number(&account, has, found.holder.as_ref());
        let plan = Plan { account, link, number };
        let next = Saving { asked: self.asked, wish: self.wish.clone(), plan: plan.clone() };
        (Resolution::Saving(next), vec![Effect::Save(plan)])
    }

    /// What becomes of the stated number.
    fn number(&self, account: &Target, has: Has, holder: Option<&Holder>) -> Option<TakeNumber> {
        let strength = self.asked.states_number?;
        let held = holder.and_then(|holder| holder.number.map(|held| (&holder.id, held)));
        let own = |id: &AccountId| *account == Target::Existing(id.clone());
        match (held, has) {
            (Some((_, held)), _) if strength <= held => None,
            (Some((id, _)), _) if own(id) => Some(TakeNumber { strength, from: None }),
            (Some((id, _)), _) => Some(TakeNumber { strength, from: Some(id.clone()) }),
            (None, Has::Nothing) => Some(TakeNumber { strength, from: None }),
            (None, Has::Same(held)) => (strength > held).then_some(TakeNumber { strength, from: None }),
            (None, Has::Other(_)) => (strength == Strength::Asserted).then_some(TakeNumber { strength, from: None }),
        }
    }

    fn ask(&self, found: &Found) -> Step {
        let holder = found.holder.as_ref().map(|holder| holder.id.clone());
        (Resolution::Choosing(Choosing { asked: self.asked, holder }), vec![Effect::Ask])
    }
}

impl Saving {
    fn done(&self) -> Step {
        let loser = self.plan.number.as_ref().and_then(|number| number.from.clone());
        let effects = loser.map(Effect::EndSessions).into_iter().chain([Effect::BeginSession]).collect();
        (Resolution::Settled(Settled { plan: self.plan.clone() }), effects)
    }
}

#[cfg(test)]
mod tests;
