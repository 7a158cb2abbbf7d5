//! A logout: local first, then the provider, then the provider behind it (flows.md, machine 9).
//!
//! ```text
//!  start ──► EndingHere ── Ended ──┬── a provider to tell ──► AtProvider ── Returned ──┬── one behind it ──► AtOrigin ── Returned ──► Done
//!                                  └── none ──► Done                                   └── none ──► Done
//!                                        AtProvider, too late ──► Expired
//! ```
//!
//! The columns are what the browser does; a second row of a state is the same with another way ahead. The provider
//! behind it (VNeID, when the citizen came to DVCQG through it) comes last: that it sends the browser back is unproven.
//!
//! | state \ event              | `Ended`                 | `Returned`            |
//! | -------------------------- | ----------------------- | --------------------- |
//! | `EndingHere`               | AtProvider + GoProvider | ✗ OutOfTurn           |
//! | `EndingHere, origin only`  | AtOrigin + GoOrigin     | ✗ OutOfTurn           |
//! | `EndingHere, nobody`       | Done + GoHome           | ✗ OutOfTurn           |
//! | `AtProvider`               | ✗ OutOfTurn             | Done + GoHome         |
//! | `AtProvider, more ahead`   | ✗ OutOfTurn             | AtProvider + GoProvider |
//! | `AtProvider, origin ahead` | ✗ OutOfTurn             | AtOrigin + GoOrigin   |
//! | `AtProvider, late`         | Expired + GoHome        | Expired + GoHome      |
//! | `AtOrigin`                 | ✗ OutOfTurn             | Done + GoHome         |
//! | `AtOrigin, late`           | Expired + GoHome        | Expired + GoHome      |
//! | `Done`                     | ✗ Over                  | ✗ Over                |
//! | `Expired`                  | ✗ Over                  | ✗ Over                |
//!
//! What must never happen: the browser sent anywhere before the session here is gone; a step taken twice (the record is
//! taken out of the store); what the later steps need kept longer than five minutes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::secret::{self, Secret};
use crate::time::Timestamp;

/// How long what the later steps need is kept (flows.md, machine 9).
pub const KEPT_FOR: Duration = Duration::from_secs(5 * 60);

/// A logout, wherever it stands. This is what a store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v1", rename_all = "snake_case")]
pub enum Logout {
    /// The session here is being removed.
    EndingHere(EndingHere),
    /// The browser is at the provider's end-session endpoint.
    AtProvider(AtProvider),
    /// The browser is at the logout address of the provider behind it.
    AtOrigin(AtOrigin),
    /// Nothing is left to do. Final.
    Done,
    /// The browser did not come back in time. Final.
    Expired,
}

/// Where the browser has yet to go. The addresses carry tokens, so they are secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Ahead {
    /// The provider's end-session request (OpenID Connect RP-Initiated Logout 1.0 §2).
    #[serde(with = "secret::at_rest_opt")]
    pub provider: Option<Secret>,
    /// The same of other providers that were logged in to on the way, to prove an account. They come first: that a
    /// provider sends the browser back is not always so (domain.md), and theirs was only a step.
    #[serde(with = "secret::at_rest_list", default)]
    pub others: Vec<Secret>,
    /// The logout address of the provider behind it, its host checked.
    #[serde(with = "secret::at_rest_opt")]
    pub origin: Option<Secret>,
}

/// The session here is being removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndingHere {
    ahead: Ahead,
}

/// The browser is at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtProvider {
    #[serde(with = "secret::at_rest_list", default)]
    others: Vec<Secret>,
    #[serde(with = "secret::at_rest_opt")]
    origin: Option<Secret>,
    expires_at: Timestamp,
}

/// The browser is at the provider behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtOrigin {
    expires_at: Timestamp,
}

/// What happens to a logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session here is gone.
    Ended,
    /// The browser came back.
    Returned,
}

/// What the caller must do once the next state is saved: send the browser on. Safe to lose; the session here is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// To the provider.
    GoProvider(Secret),
    /// To the provider behind it.
    GoOrigin(Secret),
    /// To the page after logout.
    GoHome,
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The event belongs to another moment of the logout.
    #[error("the event belongs to another moment of the logout")]
    OutOfTurn,
    /// The logout is over.
    #[error("the logout is over")]
    Over,
}

impl Logout {
    /// A logout that begins.
    pub fn start(ahead: Ahead) -> Self {
        Self::EndingHere(EndingHere { ahead })
    }

    /// What follows from the event.
    ///
    /// # Errors
    /// The refusal, when the event has no place here; the state stays as it was.
    pub fn on(&self, event: Event, now: Timestamp) -> Result<(Self, Vec<Effect>), Refusal> {
        match self {
            Self::AtProvider(AtProvider { expires_at, .. }) | Self::AtOrigin(AtOrigin { expires_at })
                if now >= *expires_at =>
            {
                return Ok((Self::Expired, vec![Effect::GoHome]));
            }
            _ => {}
        }
        match (self, event) {
            (Self::EndingHere(EndingHere { ahead }), Event::Ended) => {
                let providers: Vec<&Secret> = ahead.others.iter().chain(&ahead.provider).collect();
                Ok(towards_providers(&providers, ahead.origin.as_ref(), now))
            }
            (Self::AtProvider(state), Event::Returned) => {
                let others: Vec<&Secret> = state.others.iter().collect();
                Ok(towards_providers(&others, state.origin.as_ref(), now))
            }
            (Self::AtOrigin(_), Event::Returned) => Ok((Self::Done, vec![Effect::GoHome])),
            (Self::Done | Self::Expired, _) => Err(Refusal::Over),
            _ => Err(Refusal::OutOfTurn),
        }
    }

    /// Until when the browser's return matters, while one is waited for.
    pub fn waits_until(&self) -> Option<Timestamp> {
        match self {
            Self::AtProvider(AtProvider { expires_at, .. }) | Self::AtOrigin(AtOrigin { expires_at }) => {
                Some(*expires_at)
            }
            _ => None,
        }
    }
}

fn towards_providers(providers: &[&Secret], origin: Option<&Secret>, now: Timestamp) -> (Logout, Vec<Effect>) {
    let Some((next, others)) = providers.split_first() else { return towards_origin(origin, now) };
    let others = others.iter().copied().cloned().collect();
    let at = AtProvider { others, origin: origin.cloned(), expires_at: now.plus(KEPT_FOR) };
    (Logout::AtProvider(at), vec![Effect::GoProvider(Secret::clone(next))])
}

fn towards_origin(origin: Option<&Secret>, now: Timestamp) -> (Logout, Vec<Effect>) {
    match origin {
        Some(origin) => {
            (Logout::AtOrigin(AtOrigin { expires_at: now.plus(KEPT_FOR) }), vec![Effect::GoOrigin(origin.clone())])
        }
        None => (Logout::Done, vec![Effect::GoHome]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::table;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    #[test]
    fn every_state_and_event_does_what_the_table_says() {
        let ahead = |provider: Option<&str>, origin: Option<&str>| {
            let (provider, origin) = (provider.map(Secret::from), origin.map(Secret::from));
            Logout::start(Ahead { provider, others: vec![], origin })
        };
        let on = |logout: &Logout, event| logout.on(event, START).unwrap().0;
        let provider_only = ahead(Some("https://id.example/end"), None);
        let both = ahead(Some("https://id.example/end"), Some("https://vneid.example/out"));
        let three = Logout::start(Ahead {
            provider: Some("https://id.example/end".into()),
            others: vec!["https://dvcqg.example/end".into()],
            origin: None,
        });
        let at_provider = on(&provider_only, Event::Ended);
        let at_origin = on(&on(&both, Event::Ended), Event::Returned);
        let (soon, late) = (START.plus(Duration::from_secs(299)), START.plus(KEPT_FOR));
        let states = [
            ("EndingHere", (provider_only, START)),
            ("EndingHere, origin only", (ahead(None, Some("https://vneid.example/out")), START)),
            ("EndingHere, nobody", (ahead(None, None), START)),
            ("AtProvider", (at_provider.clone(), soon)),
            ("AtProvider, more ahead", (on(&three, Event::Ended), soon)),
            ("AtProvider, origin ahead", (on(&both, Event::Ended), soon)),
            ("AtProvider, late", (at_provider.clone(), late)),
            ("AtOrigin", (at_origin.clone(), soon)),
            ("AtOrigin, late", (at_origin, late)),
            ("Done", (on(&at_provider, Event::Returned), soon)),
            ("Expired", (at_provider.on(Event::Returned, late).unwrap().0, late)),
        ];
        let events = [("Ended", Event::Ended), ("Returned", Event::Returned)];
        table::check(include_str!("logout.rs"), &states, &events, |(l, now), event| table::cell(&l.on(*event, *now)));
    }
}
