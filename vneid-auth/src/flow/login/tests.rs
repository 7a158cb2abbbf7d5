//! The machine against its table, and what must never happen.

use std::time::Duration;

use super::*;
use crate::flow::table;
use crate::identity::{AccountKind, Profile};

const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);
const ISSUER: &str = "https://id.example";

fn asked() -> AwaitingCallback {
    AwaitingCallback {
        provider: "vneid".into(),
        issuer: ResponseIssuer::IfPresent(ISSUER.into()),
        nonce: "nonce".into(),
        verifier: "verifier".into(),
        return_to: "/ho-so".into(),
        required_level: Some(Level::TWO),
        unstated_level: Unstated::Refuse,
        fresh: true,
        before: Some(Before { subject: "s".into(), authenticated_at: START.minus(Duration::from_secs(1)) }),
        proves: None,
        started_at: START,
        expires_at: START.plus(Duration::from_secs(600)),
    }
}

fn person(level: Option<Level>) -> Event {
    Event::Identified(Box::new(Identity {
        provider: "vneid".into(),
        subject: "s".into(),
        sid: None,
        via: None,
        level,
        kind: AccountKind::Citizen,
        authenticated_at: START,
        citizen_id_strength: None,
        profile: Profile::default(),
    }))
}

fn organisation() -> Event {
    let Event::Identified(mut identity) = person(None) else { unreachable!() };
    identity.kind = AccountKind::Enterprise;
    Event::Identified(identity)
}

fn stale_person() -> Event {
    let Event::Identified(mut identity) = person(Some(Level::TWO)) else { unreachable!() };
    identity.authenticated_at = START.minus(Duration::from_secs(1));
    Event::Identified(identity)
}

fn callback(provider: &str, issuer: Option<&str>, answer: Result<Secret, Code>) -> Event {
    Event::Callback(Callback { provider: provider.into(), issuer: issuer.map(Into::into), encrypt_key: None, answer })
}

fn cell(answer: &Step) -> String {
    match answer {
        Ok((Login::Refused(Refused { code }), _)) => format!("Refused: {}", table::variant(code)),
        other => table::cell(other),
    }
}

#[test]
fn every_state_and_event_does_what_the_table_says() {
    let on = |login: &Login, event| login.on(event, START).unwrap().0;
    let waiting = Login::start(asked());
    let code = || callback("vneid", None, Ok("code".into()));
    let exchanging = on(&waiting, code());
    let identified = on(&exchanging, person(Some(Level::TWO)));
    let account = || AccountId::from("a1");
    let resolved = |resolved| on(&identified, Event::Resolved(resolved));
    let (soon, late) = (START.plus(Duration::from_millis(599_999)), START.plus(Duration::from_secs(600)));
    let states = [
        ("AwaitingCallback", (waiting.clone(), soon)),
        ("AwaitingCallback, late", (waiting.clone(), late)),
        ("Exchanging", (exchanging.clone(), soon)),
        ("Exchanging, late", (exchanging.clone(), late)),
        ("Identified", (identified.clone(), soon)),
        ("Identified, late", (identified.clone(), late)),
        ("LoggedIn", (resolved(Resolved::Account(account())), soon)),
        ("CitizenIdRequired", (resolved(Resolved::AccountWithoutNumber(account())), soon)),
        ("AccountChoice", (resolved(Resolved::Choice), soon)),
        ("Refused", (on(&exchanging, Event::Failed(Code::TokenInvalid)), soon)),
        ("Expired", (waiting.on(code(), late).unwrap().0, late)),
    ];
    let events = [
        ("Code", code()),
        ("CodeElsewhere", callback("dvcqg", None, Ok("code".into()))),
        ("CodeMixedUp", callback("vneid", Some("https://id.example/"), Ok("code".into()))),
        ("Denied", callback("vneid", Some(ISSUER), Err(Code::LoginCancelled))),
        ("Person", person(Some(Level::TWO))),
        ("PersonLow", person(Some(Level::ONE))),
        ("PersonUnstated", person(None)),
        ("Organisation", organisation()),
        ("PersonStale", stale_person()),
        ("Failed", Event::Failed(Code::TokenInvalid)),
        ("Account", Event::Resolved(Resolved::Account(account()))),
        ("AccountWithoutNumber", Event::Resolved(Resolved::AccountWithoutNumber(account()))),
        ("AccountChoice", Event::Resolved(Resolved::Choice)),
        ("AccountRefused", Event::Resolved(Resolved::Refused)),
    ];
    table::check(include_str!("../login.rs"), &states, &events, |(login, now), event| {
        cell(&login.on(event.clone(), *now))
    });
}

#[test]
fn a_promised_issuer_must_be_there() {
    let waiting = Login::start(AwaitingCallback { issuer: ResponseIssuer::Required(ISSUER.into()), ..asked() });
    for (issuer, fits) in [(None, false), (Some(ISSUER), true), (Some("https://ID.example"), false)] {
        let next = waiting.on(callback("vneid", issuer, Ok("code".into())), START).unwrap().0;
        assert_eq!(matches!(next, Login::Exchanging(_)), fits, "{issuer:?}");
    }
}

#[test]
fn an_unstated_level_passes_only_where_policy_says_so() {
    let asked = AwaitingCallback { unstated_level: Unstated::Accept, ..asked() };
    let code = callback("vneid", None, Ok("code".into()));
    let exchanging = Login::start(asked).on(code, START).unwrap().0;
    let level = |level| matches!(exchanging.on(person(level), START).unwrap().0, Login::Identified(_));
    assert!(level(None));
    assert!(!level(Some(Level::ONE)));
}

#[test]
fn survives_the_store_and_prints_no_secret() {
    let login = Login::start(asked());
    let stored = serde_json::to_string(&login).unwrap();
    assert_eq!(serde_json::from_str::<Login>(&stored).unwrap(), login);
    let printed = format!("{login:?}");
    assert!(!printed.contains("\"nonce\"") && !printed.contains("\"verifier\""), "{printed}");
}
