//! A form that was interrupted: held, offered again, sent once (flows.md, row 15).
//!
//! ```text
//!  typed ──► Waiting ── Sends ──► Sent
//!            ▲   │ ▲               │
//!            └───┘ └─── NotSent ───┘
//!       Opened, TypedAgain
//! ```
//!
//! Who sends a form while nobody is logged in is not known: the first account that is logged in to in that browser is
//! whose it is, and nobody else's ever after. `own` is that account, `other` another one.
//!
//! | state \ event      | `Opened, own`  | `Opened, other` | `Sends, own`   | `Sends, other` | `TypedAgain, nobody` | `TypedAgain, own` | `TypedAgain, other` | `NotSent`      |
//! | ------------------ | -------------- | --------------- | -------------- | -------------- | -------------------- | ----------------- | ------------------- | -------------- |
//! | `Waiting, nobody's` | Waiting + Save | Waiting + Save | Sent + Deliver | Sent + Deliver | Waiting + Save       | Waiting + Save    | Waiting + Save      | ✗ OutOfTurn    |
//! | `Waiting`          | Waiting        | ✗ NotYours      | Sent + Deliver | ✗ NotYours     | Waiting + Save       | Waiting + Save    | ✗ NotYours          | ✗ OutOfTurn    |
//! | `Waiting, late`    | ✗ Gone         | ✗ Gone          | ✗ Gone         | ✗ Gone         | ✗ Gone               | ✗ Gone            | ✗ Gone              | ✗ Gone         |
//! | `Sent`             | ✗ AlreadySent  | ✗ NotYours      | ✗ AlreadySent  | ✗ NotYours     | ✗ AlreadySent        | ✗ AlreadySent     | ✗ NotYours          | Waiting + Save |
//! | `Sent, late`       | ✗ Gone         | ✗ Gone          | ✗ Gone         | ✗ Gone         | ✗ Gone               | ✗ Gone            | ✗ Gone              | ✗ Gone         |
//!
//! What must never happen: a form shown to, or sent by, an account that it is not of; a form delivered twice without the
//! portal having said that it did not take it; fields kept past their time.

use serde::{Deserialize, Serialize};

use crate::identity::AccountId;
use crate::secret::{self, Secret};
use crate::time::Timestamp;

/// A held form, wherever it stands. This is what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum HeldForm {
    /// It waits for its citizen.
    Waiting(Waiting),
    /// The portal has it. What was typed is kept no longer; that it was sent is, so that a second click finds out.
    Sent(Sent),
}

/// A form that waits for its citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Whose it is, once that is known.
    pub owner: Option<AccountId>,
    /// What was typed, as the browser sent it (`application/x-www-form-urlencoded`).
    #[serde(with = "secret::at_rest")]
    pub fields: Secret,
    /// From when on it is as if it had never been.
    pub expires_at: Timestamp,
}

/// A form that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Who sent it.
    pub by: AccountId,
    /// From when on that is forgotten.
    pub expires_at: Timestamp,
}

/// What happens to a held form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// This account is logged in to in the browser, or opens the form there.
    Opened(AccountId),
    /// This account sends it, and the page that it is for lets them.
    Sends(AccountId),
    /// It was sent, but the page that it is for asks for something again. What is in it may have changed.
    TypedAgain {
        /// Who is logged in.
        by: Option<AccountId>,
        /// What it holds now.
        fields: Secret,
        /// How long that is kept.
        until: Timestamp,
    },
    /// The portal could not take what it was given.
    NotSent {
        /// What it was given.
        fields: Secret,
    },
}

/// What the caller must do once the next state is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing more.
    Save,
    /// Let the portal have the form. Neither safe to repeat nor safe to lose: what fails is said by `NotSent`.
    Deliver,
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is another account's.
    #[error("the form is another account's")]
    NotYours,
    /// It was sent already.
    #[error("the form was sent already")]
    AlreadySent,
    /// Its time is over.
    #[error("the form's time is over")]
    Gone,
    /// The event belongs to another moment.
    #[error("the event belongs to another moment of the form")]
    OutOfTurn,
}

impl HeldForm {
    /// A form that is held from now on.
    pub fn start(owner: Option<AccountId>, fields: Secret, until: Timestamp) -> Self {
        Self::Waiting(Waiting { owner, fields, expires_at: until })
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the form is not whoever's acts on it, or not there any more.
    pub fn on(&self, event: Event, now: Timestamp) -> Result<(Self, Vec<Effect>), Refusal> {
        if now >= self.expires_at() {
            return Err(Refusal::Gone);
        }
        match self {
            Self::Waiting(form) => form.on(event),
            Self::Sent(sent) => match event {
                Event::NotSent { fields } => {
                    let owner = Some(sent.by.clone());
                    Ok((Self::Waiting(Waiting { owner, fields, expires_at: sent.expires_at }), vec![Effect::Save]))
                }
                Event::Opened(who) | Event::Sends(who) | Event::TypedAgain { by: Some(who), .. } if who != sent.by => {
                    Err(Refusal::NotYours)
                }
                _ => Err(Refusal::AlreadySent),
            },
        }
    }

    /// From when on it is as if it had never been.
    pub fn expires_at(&self) -> Timestamp {
        match self {
            Self::Waiting(Waiting { expires_at, .. }) | Self::Sent(Sent { expires_at, .. }) => *expires_at,
        }
    }

    /// The form, while it waits.
    pub fn waiting(&self) -> Option<&Waiting> {
        match self {
            Self::Waiting(form) => Some(form),
            Self::Sent(_) => None,
        }
    }
}

impl Waiting {
    fn on(&self, event: Event) -> Result<(HeldForm, Vec<Effect>), Refusal> {
        let foreign = |who: &AccountId| self.owner.as_ref().is_some_and(|owner| owner != who);
        match event {
            Event::Opened(who) | Event::Sends(who) | Event::TypedAgain { by: Some(who), .. } if foreign(&who) => {
                Err(Refusal::NotYours)
            }
            Event::Opened(_) if self.owner.is_some() => Ok((HeldForm::Waiting(self.clone()), vec![])),
            Event::Opened(who) => {
                Ok((HeldForm::Waiting(Self { owner: Some(who), ..self.clone() }), vec![Effect::Save]))
            }
            Event::Sends(who) => {
                Ok((HeldForm::Sent(Sent { by: who, expires_at: self.expires_at }), vec![Effect::Deliver]))
            }
            Event::TypedAgain { by, fields, until } => {
                let next = Self { owner: self.owner.clone().or(by), fields, expires_at: until };
                Ok((HeldForm::Waiting(next), vec![Effect::Save]))
            }
            Event::NotSent { .. } => Err(Refusal::OutOfTurn),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::flow::table;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    fn held(owner: Option<&str>) -> HeldForm {
        HeldForm::start(owner.map(AccountId::from), "a=b".into(), after(1800))
    }

    fn again(by: Option<&str>) -> Event {
        Event::TypedAgain { by: by.map(AccountId::from), fields: "a=c".into(), until: after(3600) }
    }

    #[test]
    fn every_state_and_event_does_what_the_table_says() {
        let sent = held(Some("own")).on(Event::Sends("own".into()), START).unwrap().0;
        let states = [
            ("Waiting, nobody's", (held(None), after(1))),
            ("Waiting", (held(Some("own")), after(1799))),
            ("Waiting, late", (held(Some("own")), after(1800))),
            ("Sent", (sent.clone(), after(1799))),
            ("Sent, late", (sent, after(1800))),
        ];
        let events = [
            ("Opened, own", Event::Opened("own".into())),
            ("Opened, other", Event::Opened("other".into())),
            ("Sends, own", Event::Sends("own".into())),
            ("Sends, other", Event::Sends("other".into())),
            ("TypedAgain, nobody", again(None)),
            ("TypedAgain, own", again(Some("own"))),
            ("TypedAgain, other", again(Some("other"))),
            ("NotSent", Event::NotSent { fields: "a=b".into() }),
        ];
        table::check(include_str!("held_form.rs"), &states, &events, |(form, now), event| {
            table::cell(&form.on(event.clone(), *now))
        });
    }

    #[test]
    fn whose_it_is_stays_whose_it_is() {
        let opened = held(None).on(Event::Opened("first".into()), START).unwrap().0;
        assert_eq!(opened.on(Event::Opened("second".into()), START), Err(Refusal::NotYours));
        let typed = opened.on(again(None), START).unwrap().0;
        assert_eq!(typed.waiting().map(|form| (form.fields.expose(), form.expires_at)), Some(("a=c", after(3600))));
        assert_eq!(typed.on(Event::Sends("second".into()), START), Err(Refusal::NotYours));
        let sent = typed.on(Event::Sends("first".into()), START).unwrap().0;
        let back = sent.on(Event::NotSent { fields: "a=c".into() }, START).unwrap().0;
        assert_eq!(back.on(Event::Opened("second".into()), START), Err(Refusal::NotYours));
        assert!(back.on(Event::Sends("first".into()), START).is_ok());
    }

    #[test]
    fn what_was_sent_is_kept_no_longer_and_nothing_of_it_prints() {
        let sent = held(None).on(Event::Sends("own".into()), START).unwrap().0;
        assert!(!serde_json::to_string(&sent).unwrap().contains("a=b"));
        assert!(!format!("{:?}", held(None)).contains("a=b"));
    }
}
