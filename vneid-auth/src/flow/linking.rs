//! The CCCD number of an account: asked for, matched with the population database, linked (flows.md, machine 6).
//!
//! ```text
//!               ┌──────────── Skip ───────────► Skipped
//!               │ ◄────────── Demanded ──────────┘ │ Submit
//!  start ──► Required ── Submit ──► Matching ◄─────┘
//!               ▲                     │  ├── Disagrees ───► NotMatched ──────────┐
//!               │                     │  ├── Unavailable ─► RegistryUnavailable ─┤ Submit, Skip: as from Required
//!               │                     │  └── Agrees, Taken ► Taken ──────────────┘
//!               │                     └───── Agrees, Saved ► Linked
//!               └── Unlink, MovedAway ────────────────────────┘
//! ```
//!
//! Two things of it last. Whether a number is linked, and how strongly, the account says, and whoever decides by it reads
//! it there. What the citizen answered rests in their session: who skips is not asked again in it, until a page demands the
//! number: then it is that page or another, and there is nothing to skip. `Matching` lives in one request.
//!
//! `SkipForbidden` is "Bỏ qua" where the portal does not let them; `Asserted` a login in which VNeID states the number,
//! `MovedAway` one of another account for which it states this account's number.
//!
//! | state \ event         | `Submit`                    | `Skip`      | `SkipForbidden` | `Demanded`     | `Agrees`             | `Disagrees`  | `Unavailable`         | `Saved`                | `Taken`     | `Asserted`        | `MovedAway`     | `Unlink`         |
//! | --------------------- | --------------------------- | ----------- | --------------- | -------------- | -------------------- | ------------ | --------------------- | ---------------------- | ----------- | ----------------- | --------------- | ---------------- |
//! | `Required`            | Matching + AskRegistry      | Skipped     | ✗ MayNotSkip    | Required       | ✗ OutOfTurn          | ✗ OutOfTurn  | ✗ OutOfTurn           | ✗ OutOfTurn            | ✗ OutOfTurn | Linked            | Required        | ✗ NotLinked      |
//! | `Required, demanded`  | Matching + AskRegistry      | ✗ MayNotSkip | ✗ MayNotSkip   | Required       | ✗ OutOfTurn          | ✗ OutOfTurn  | ✗ OutOfTurn           | ✗ OutOfTurn            | ✗ OutOfTurn | Linked            | Required        | ✗ NotLinked      |
//! | `Skipped`             | Matching + AskRegistry      | Skipped     | Skipped         | Required       | ✗ OutOfTurn          | ✗ OutOfTurn  | ✗ OutOfTurn           | ✗ OutOfTurn            | ✗ OutOfTurn | Linked            | Required        | ✗ NotLinked      |
//! | `Matching`            | ✗ OutOfTurn                 | ✗ OutOfTurn | ✗ OutOfTurn     | ✗ OutOfTurn    | Matching + Link      | NotMatched   | RegistryUnavailable   | Linked + RenewSession  | Taken       | ✗ OutOfTurn       | ✗ OutOfTurn     | ✗ OutOfTurn      |
//! | `Linked`              | ✗ AlreadyLinked             | Linked      | Linked          | Linked         | ✗ OutOfTurn          | ✗ OutOfTurn  | ✗ OutOfTurn           | ✗ OutOfTurn            | ✗ OutOfTurn | Linked            | Required        | Required         |
//! | `NotMatched`          | Matching + AskRegistry      | Skipped     | ✗ MayNotSkip    | Required       | ✗ OutOfTurn          | ✗ OutOfTurn  | ✗ OutOfTurn           | ✗ OutOfTurn            | ✗ OutOfTurn | Linked            | Required        | ✗ NotLinked      |
//! | `Taken`               | Matching + AskRegistry      | Skipped     | ✗ MayNotSkip    | Required       | ✗ OutOfTurn          | ✗ OutOfTurn  | ✗ OutOfTurn           | ✗ OutOfTurn            | ✗ OutOfTurn | Linked            | Required        | ✗ NotLinked      |
//! | `RegistryUnavailable` | Matching + AskRegistry      | Skipped     | ✗ MayNotSkip    | Required       | ✗ OutOfTurn          | ✗ OutOfTurn  | ✗ OutOfTurn           | ✗ OutOfTurn            | ✗ OutOfTurn | Linked            | Required        | ✗ NotLinked      |
//!
//! `Saved` and `Taken` come only after `Agrees`: a matching whose number has not agreed refuses them as out of turn.
//!
//! What must never happen: two accounts for one number (the save is refused by a unique index, not by a look before it);
//! an asserted number on an account whose provider did not state it: what a form brings is a match, whatever else; a
//! number linked that the database did not confirm.

use serde::{Deserialize, Serialize};

use crate::identity::Strength;

/// Where an account's number stands, for one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum Linking {
    /// The account has none.
    Required(Wanted),
    /// The citizen will say it later.
    Skipped,
    /// The population database is asked.
    Matching(Matching),
    /// It is on the account, this strongly.
    Linked(Linked),
    /// The database did not confirm what was typed.
    NotMatched(Wanted),
    /// It is another account's.
    Taken(Wanted),
    /// The database did not answer.
    RegistryUnavailable(Wanted),
}

/// The citizen is asked for the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Wanted {
    /// A page cannot do without it.
    pub demanded: bool,
}

/// The population database is asked, and then the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Matching {
    wanted: Wanted,
    agreed: bool,
}

/// A number is on the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Linked {
    /// How strongly.
    pub strength: Strength,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The citizen sent number, name and birth date, and consents.
    Submit,
    /// "Bỏ qua".
    Skip {
        /// Whether the portal lets them.
        allowed: bool,
    },
    /// A page cannot do without it.
    Demanded,
    /// The database confirmed the claim.
    Agrees,
    /// It did not, or several or a dead person have the number.
    Disagrees,
    /// It did not answer, or nonsense.
    Unavailable,
    /// The number is on the account.
    Saved,
    /// The number is on another account.
    Taken,
    /// VNeID states the number in this account's own login.
    Asserted,
    /// VNeID stated this account's number for somebody else.
    MovedAway,
    /// The citizen removes it.
    Unlink,
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the population database, and account for having asked. Safe to lose: the citizen tries again.
    AskRegistry,
    /// Put the number on the account, as strongly as a match is, unless another account has it.
    Link(Strength),
    /// Give the session a new id. Safe to lose: the citizen logs in again.
    RenewSession,
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The event belongs to another moment.
    #[error("the event belongs to another moment of the linking")]
    OutOfTurn,
    /// The account has a number.
    #[error("the account has a number")]
    AlreadyLinked,
    /// The account has none.
    #[error("the account has no number")]
    NotLinked,
    /// The portal does not let anybody skip.
    #[error("the portal does not let anybody skip")]
    MayNotSkip,
}

type Step = Result<(Linking, Vec<Effect>), Refusal>;

impl Linking {
    /// Where an account's number stands at the beginning of a session.
    pub fn of(strength: Option<Strength>) -> Self {
        strength.map_or(Self::Required(Wanted::default()), |strength| Self::Linked(Linked { strength }))
    }

    /// How strongly the account has a number, as the session knows.
    pub fn strength(self) -> Option<Strength> {
        match self {
            Self::Linked(linked) => Some(linked.strength),
            _ => None,
        }
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the event has no place here; the state stays as it was.
    pub fn on(self, event: Event) -> Step {
        match self {
            Self::Matching(state) => state.on(event),
            Self::Linked(_) => self.linked(event),
            _ => self.wanting(event),
        }
    }

    /// The same for an account that is found to have no number (any more).
    #[must_use]
    pub fn without_number(self) -> Self {
        match self {
            Self::Linked(_) => Self::of(None),
            other => other,
        }
    }

    /// Whether a page has demanded the number since the citizen last skipped it.
    pub fn is_demanded(self) -> bool {
        match self {
            Self::Required(wanted)
            | Self::NotMatched(wanted)
            | Self::Taken(wanted)
            | Self::RegistryUnavailable(wanted) => wanted.demanded,
            Self::Matching(matching) => matching.wanted.demanded,
            Self::Skipped | Self::Linked(_) => false,
        }
    }

    fn wanting(self, event: Event) -> Step {
        let wanted = Wanted { demanded: self.is_demanded() };
        match event {
            Event::Submit => Ok((Self::Matching(Matching { wanted, agreed: false }), vec![Effect::AskRegistry])),
            // Who has skipped may go on.
            Event::Skip { allowed } if (allowed && !wanted.demanded) || self == Self::Skipped => {
                Ok((Self::Skipped, vec![]))
            }
            Event::Skip { .. } => Err(Refusal::MayNotSkip),
            Event::Demanded => Ok((Self::Required(Wanted { demanded: true }), vec![])),
            Event::MovedAway => Ok((Self::Required(wanted), vec![])),
            Event::Asserted => Ok((Self::of(Some(Strength::Asserted)), vec![])),
            Event::Unlink => Err(Refusal::NotLinked),
            Event::Agrees | Event::Disagrees | Event::Unavailable | Event::Saved | Event::Taken => {
                Err(Refusal::OutOfTurn)
            }
        }
    }

    fn linked(self, event: Event) -> Step {
        match event {
            Event::Submit => Err(Refusal::AlreadyLinked),
            Event::Skip { .. } | Event::Demanded => Ok((self, vec![])),
            Event::Asserted => Ok((Self::of(Some(Strength::Asserted)), vec![])),
            Event::MovedAway | Event::Unlink => Ok((Self::of(None), vec![])),
            Event::Agrees | Event::Disagrees | Event::Unavailable | Event::Saved | Event::Taken => {
                Err(Refusal::OutOfTurn)
            }
        }
    }
}

impl Matching {
    fn on(self, event: Event) -> Step {
        match event {
            Event::Agrees if !self.agreed => {
                Ok((Linking::Matching(Self { agreed: true, ..self }), vec![Effect::Link(Strength::Matched)]))
            }
            Event::Disagrees if !self.agreed => Ok((Linking::NotMatched(self.wanted), vec![])),
            Event::Unavailable if !self.agreed => Ok((Linking::RegistryUnavailable(self.wanted), vec![])),
            Event::Saved if self.agreed => Ok((Linking::of(Some(Strength::Matched)), vec![Effect::RenewSession])),
            Event::Taken if self.agreed => Ok((Linking::Taken(self.wanted), vec![])),
            _ => Err(Refusal::OutOfTurn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::table;

    #[test]
    fn every_state_and_event_does_what_the_table_says() {
        let states = [
            ("Required", Linking::of(None)),
            ("Required, demanded", Linking::Required(Wanted { demanded: true })),
            ("Skipped", Linking::Skipped),
            ("Matching", Linking::Matching(Matching { wanted: Wanted::default(), agreed: false })),
            ("Linked", Linking::of(Some(Strength::Matched))),
            ("NotMatched", Linking::NotMatched(Wanted::default())),
            ("Taken", Linking::Taken(Wanted::default())),
            ("RegistryUnavailable", Linking::RegistryUnavailable(Wanted::default())),
        ];
        let events = [
            ("Submit", Event::Submit),
            ("Skip", Event::Skip { allowed: true }),
            ("SkipForbidden", Event::Skip { allowed: false }),
            ("Demanded", Event::Demanded),
            ("Agrees", Event::Agrees),
            ("Disagrees", Event::Disagrees),
            ("Unavailable", Event::Unavailable),
            ("Saved", Event::Saved),
            ("Taken", Event::Taken),
            ("Asserted", Event::Asserted),
            ("MovedAway", Event::MovedAway),
            ("Unlink", Event::Unlink),
        ];
        table::check(include_str!("linking.rs"), &states, &events, |state, event| {
            // The accounts answer only once the database has.
            let state = match (state, event) {
                (Linking::Matching(matching), Event::Saved | Event::Taken) => {
                    Linking::Matching(Matching { agreed: true, ..*matching })
                }
                _ => *state,
            };
            table::cell(&state.on(*event))
        });
    }

    #[test]
    fn nothing_is_linked_before_the_database_has_agreed() {
        let matching = Linking::of(None).on(Event::Submit).unwrap().0;
        for event in [Event::Saved, Event::Taken] {
            assert_eq!(matching.on(event), Err(Refusal::OutOfTurn));
        }
        let (agreed, effects) = matching.on(Event::Agrees).unwrap();
        assert_eq!(effects, [Effect::Link(Strength::Matched)], "a form never asserts");
        for event in [Event::Agrees, Event::Disagrees, Event::Unavailable] {
            assert_eq!(agreed.on(event), Err(Refusal::OutOfTurn));
        }
        assert_eq!(agreed.on(Event::Saved).unwrap().0.strength(), Some(Strength::Matched));
    }

    #[test]
    fn an_asserted_number_stays_asserted() {
        let asserted = Linking::of(None).on(Event::Asserted).unwrap().0;
        assert_eq!(asserted.strength(), Some(Strength::Asserted));
        assert_eq!(asserted.on(Event::Submit), Err(Refusal::AlreadyLinked));
    }

    #[test]
    fn survives_the_store() {
        for state in [Linking::of(None), Linking::Skipped, Linking::of(Some(Strength::Matched))] {
            let stored = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<Linking>(&stored).unwrap(), state);
        }
    }
}
