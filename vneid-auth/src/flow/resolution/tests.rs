use std::time::Duration;

use super::*;
use crate::flow::table;

const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);
const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_001);
const LATE: Timestamp = Timestamp::from_unix_seconds(1_000_600);

fn asked(states_number: Option<Strength>, new_accounts: NewAccounts) -> Asked {
    Asked { states_number, new_accounts, expires_at: START.plus(Duration::from_secs(600)) }
}

fn standing(id: &str, closed: bool, number: Has) -> Standing {
    Standing { id: id.into(), closed, number }
}

fn holder(number: Option<Strength>, closed: bool) -> Holder {
    Holder { id: "holder".into(), closed, number }
}

fn looking(wish: Option<Wish>, new_accounts: NewAccounts) -> Resolution {
    Resolution::Looking(Looking { asked: asked(Some(Strength::Asserted), new_accounts), wish })
}

fn proved(id: &str) -> Option<Wish> {
    Some(Wish::Proved(id.into()))
}

/// What the look finds of the account that was proved: it is there whatever else is.
fn with_proof(state: &Resolution, mut event: Event, closed: bool) -> Event {
    if let (Event::Found(found), Some(id)) = (&mut event, state.proved()) {
        let held = found.holder.as_ref().filter(|holder| holder.id == *id);
        let other = if id.as_str() == "another" { Has::Other(Strength::Matched) } else { Has::Nothing };
        let number = held.and_then(|holder| holder.number).map_or(other, Has::Same);
        found.proved = Some(Standing { id: id.clone(), closed, number });
    }
    event
}

fn found(linked: Option<Standing>, holder: Option<Holder>) -> Event {
    Event::Found(Found { linked, holder, proved: None })
}

#[test]
fn every_state_and_event_does_what_the_table_says() {
    use NewAccounts::{AtOnce, Never, OnRequest};
    let (matched, asserted) = (Strength::Matched, Strength::Asserted);
    let plan = |from: Option<&str>| Plan {
        account: Target::New,
        link: true,
        number: Some(TakeNumber { strength: asserted, from: from.map(Into::into) }),
    };
    let saving = |from| {
        let asked = asked(Some(asserted), AtOnce);
        Resolution::Saving(Saving { asked, wish: None, plan: plan(from) })
    };
    let choosing = |new_accounts| {
        let asked = asked(Some(asserted), new_accounts);
        Resolution::Choosing(Choosing { asked, holder: Some("holder".into()) })
    };
    let states = [
        ("Looking", (looking(None, AtOnce), NOW)),
        ("Looking, asks", (looking(None, OnRequest), NOW)),
        ("Looking, proved", (looking(proved("holder"), AtOnce), NOW)),
        ("Looking, another", (looking(proved("another"), AtOnce), NOW)),
        ("Looking, closed", (looking(proved("holder"), Never), NOW)),
        ("Looking, new", (looking(Some(Wish::New), OnRequest), NOW)),
        ("Choosing", (choosing(AtOnce), NOW)),
        ("Choosing, no new", (choosing(Never), NOW)),
        ("Saving", (saving(None), NOW)),
        ("Saving, number", (saving(Some("loser")), NOW)),
        ("late", (choosing(AtOnce), LATE)),
        ("Settled", (Resolution::Settled(Settled { plan: plan(None) }), NOW)),
        ("Refused", (Resolution::Refused, NOW)),
        ("Expired", (Resolution::Expired, NOW)),
    ];
    let mine = |closed| standing("mine", closed, Has::Nothing);
    let events = [
        ("Mine", found(Some(mine(false)), None)),
        ("MineClosed", found(Some(mine(true)), None)),
        ("HeldWeaker", found(None, Some(holder(Some(matched), false)))),
        ("HeldAsserted", found(None, Some(holder(Some(asserted), false)))),
        ("HeldAssertedClosed", found(None, Some(holder(Some(asserted), true)))),
        ("Nobody", found(None, None)),
        ("Proved", Event::Proved("holder".into())),
        ("WantsNew", Event::WantsNew),
        ("Done", Event::Done),
        ("Conflict", Event::Conflict),
    ];
    table::check(include_str!("../resolution.rs"), &states, &events, |(state, now), event| {
        let closed = matches!(state, Resolution::Looking(Looking { asked, .. }) if asked.new_accounts == Never);
        table::cell(&state.on(with_proof(state, event.clone(), closed), *now))
    });
    for state in [looking(None, AtOnce), saving(None), saving(Some("loser"))] {
        assert_eq!(state.on(Event::Done, LATE), Ok((Resolution::Expired, vec![])));
    }
}

/// What the number's plan is, for an account that is found, or a new one.
fn plan(states: Option<Strength>, linked: Option<Has>, held: Option<(bool, Strength)>) -> Plan {
    let wish = linked.is_none().then_some(Wish::New);
    let state = Resolution::Looking(Looking { asked: asked(states, NewAccounts::AtOnce), wish });
    let holder = held.map(|(own, strength)| Holder {
        id: if own { "mine" } else { "holder" }.into(),
        closed: false,
        number: Some(strength),
    });
    let linked = linked.map(|has| standing("mine", false, has));
    match state.on(Event::Found(Found { linked, holder, proved: None }), NOW).unwrap().1.remove(0) {
        Effect::Save(plan) => plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn where_a_stated_number_goes() {
    use Strength::{Asserted, Matched};
    let take = |strength, from: Option<&str>| Some(TakeNumber { strength, from: from.map(Into::into) });
    for (states, linked, held, number) in [
        (None, Some(Has::Nothing), None, None),
        // Nobody has it.
        (Some(Matched), Some(Has::Nothing), None, take(Matched, None)),
        (Some(Asserted), Some(Has::Nothing), None, take(Asserted, None)),
        (Some(Matched), None, None, take(Matched, None)),
        // It is on the account.
        (Some(Matched), Some(Has::Same(Matched)), Some((true, Matched)), None),
        (Some(Asserted), Some(Has::Same(Matched)), Some((true, Matched)), take(Asserted, None)),
        (Some(Matched), Some(Has::Same(Asserted)), Some((true, Asserted)), None),
        // It is on another account.
        (Some(Matched), Some(Has::Nothing), Some((false, Matched)), None),
        (Some(Asserted), Some(Has::Nothing), Some((false, Matched)), take(Asserted, Some("holder"))),
        (Some(Asserted), Some(Has::Nothing), Some((false, Asserted)), None),
        (Some(Asserted), None, Some((false, Matched)), take(Asserted, Some("holder"))),
        (Some(Matched), None, Some((false, Matched)), None),
        // The account has another.
        (Some(Matched), Some(Has::Other(Matched)), None, None),
        (Some(Asserted), Some(Has::Other(Matched)), None, take(Asserted, None)),
        (Some(Asserted), Some(Has::Other(Asserted)), None, take(Asserted, None)),
        (Some(Asserted), Some(Has::Other(Matched)), Some((false, Matched)), take(Asserted, Some("holder"))),
    ] {
        assert_eq!(plan(states, linked, held).number, number, "{states:?} {linked:?} {held:?}");
    }
}

#[test]
fn another_person_s_account_is_not_joined_though_its_password_is_known() {
    let state = looking(proved("another"), NewAccounts::OnRequest);
    for (number, joins) in
        [(Has::Nothing, true), (Has::Same(Strength::Matched), true), (Has::Other(Strength::Matched), false)]
    {
        let proved = Some(standing("another", false, number));
        let (next, _) = state.on(Event::Found(Found { linked: None, holder: None, proved }), NOW).unwrap();
        assert_eq!(matches!(next, Resolution::Saving(_)), joins, "{number:?}");
    }
}

#[test]
fn a_tax_code_is_proved_never_taken() {
    let state = Resolution::Looking(Looking { asked: asked(None, NewAccounts::AtOnce), wish: None });
    let (next, effects) = state.on(found(None, Some(holder(None, false))), NOW).unwrap();
    assert!(matches!(next, Resolution::Choosing(_)) && effects == [Effect::Ask]);
}

#[test]
fn survives_the_store() {
    let state = looking(proved("another"), NewAccounts::OnRequest);
    let stored = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<Resolution>(&stored).unwrap(), state);
}
