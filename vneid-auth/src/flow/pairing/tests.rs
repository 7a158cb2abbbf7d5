use std::net::Ipv4Addr;

use super::*;
use crate::flow::table;

const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);
const GOOD: Standing = Standing { level: Some(Level::TWO), web_login: true, locked: false };

fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn key() -> PayloadKey {
    PayloadKey::new(&[7; 32])
}

fn browser() -> BrowserHash {
    BrowserHash::of(&"the browser that asked".into())
}

fn phone(account: &str) -> Phone {
    Phone { account: account.into(), device: "device".into() }
}

fn start(transaction: &str, renewal: Renewal) -> Pairing {
    let ask = Ask {
        transaction: transaction.into(),
        browser: browser(),
        relying_party: "Cổng dịch vụ công tỉnh".into(),
        user_agent: "Firefox".into(),
        address: Ipv4Addr::LOCALHOST.into(),
        policy: PairingPolicy { renewal, ..PairingPolicy::default() },
    };
    Pairing::start(ask, START)
}

fn timed(transaction: &str) -> Pairing {
    start(transaction, Renewal::Timed { every: Duration::from_secs(20) })
}

fn fixed() -> Pairing {
    start("fixed", Renewal::OnRequest { good_for: Duration::from_secs(60) })
}

fn scan(by: &str, payload: Payload) -> Event {
    Event::Scan { phone: phone(by), payload }
}

fn account(standing: Standing) -> Event {
    Event::Account { phone: phone("owner"), standing }
}

fn confirm(standing: Standing) -> Event {
    Event::Confirm { phone: phone("owner"), standing }
}

fn next(pairing: &Pairing, event: &Event, now: Timestamp) -> Pairing {
    pairing.on(event, &key(), now).unwrap().0
}

fn scanned(pairing: &Pairing) -> Pairing {
    next(pairing, &scan("owner", pairing.payload(&key(), START).unwrap()), after(1))
}

/// What every one of these events leads to, which must be the same.
fn same(pairing: &Pairing, events: &[Event], now: Timestamp) -> String {
    let mut cells: Vec<String> = events.iter().map(|event| table::cell(&pairing.on(event, &key(), now))).collect();
    cells.dedup();
    cells.join(" / ")
}

#[test]
fn every_state_and_event_does_what_the_table_says() {
    let (off, low) = (Standing { web_login: false, ..GOOD }, Standing { level: Some(Level::ONE), ..GOOD });
    let bad = [low, Standing { level: None, ..GOOD }, Standing { locked: true, ..GOOD }];
    let shown = timed("tx");
    let read = scanned(&shown);
    let asking = next(&read, &account(GOOD), after(2));
    let confirmed = next(&asking, &confirm(GOOD), after(3));
    let cancel = Event::Cancel { browser: browser() };
    let states = [
        ("Displayed", (shown.clone(), after(3))),
        ("Displayed, fixed", (fixed(), after(3))),
        ("Displayed, late", (shown.clone(), after(180))),
        ("Scanned", (read.clone(), after(3))),
        ("Scanned, late", (read.clone(), after(1 + 120))),
        ("PermissionRequired", (next(&read, &account(off), after(2)), after(3))),
        ("PermissionRequired, late", (next(&read, &account(off), after(2)), after(1 + 120))),
        ("AwaitingConfirmation", (asking.clone(), after(3))),
        ("AwaitingConfirmation, late", (asking.clone(), after(1 + 120))),
        ("Confirmed", (confirmed.clone(), after(4))),
        ("Confirmed, late", (confirmed.clone(), after(3 + 60))),
        ("Completed", (next(&confirmed, &Event::Complete { browser: browser() }, after(4)), after(5))),
        ("Declined", (next(&asking, &Event::Decline { phone: phone("owner") }, after(3)), after(4))),
        ("Refused", (next(&read, &account(low), after(2)), after(3))),
        ("Cancelled", (next(&asking, &cancel, after(3)), after(4))),
        ("Expired", (next(&asking, &cancel, after(1 + 120)), after(130))),
    ];
    let good = |pairing: &Pairing| match pairing.asked().payloads.shown(&key(), after(3)) {
        payload if payload.transaction() == "fixed" => fixed().payload(&key(), START).unwrap_or(payload),
        payload => payload,
    };
    let stale = |pairing: &Pairing, now: Timestamp| {
        let old = now.minus(Duration::from_secs(40)) >= START;
        let forged = pairing.asked().payloads.shown(&PayloadKey::new(&[8; 32]), now);
        let foreign = timed("ty").payload(&key(), START).unwrap();
        let mut bad = vec![forged, foreign];
        bad.extend(old.then(|| pairing.asked().payloads.shown(&key(), START)));
        bad
    };
    let stranger = || BrowserHash::of(&"another browser".into());
    let columns = [
        "Look",
        "Renew",
        "Scan",
        "ScanBad",
        "ScanOther",
        "Account",
        "AccountOff",
        "AccountLow",
        "Confirm",
        "ConfirmOff",
        "ConfirmLow",
        "Decline",
        "Complete",
        "Cancel",
        "OtherBrowser",
        "OtherPhone",
    ];
    let events = columns.map(|name| (name, name));
    table::check(include_str!("mod.rs"), &states, &events, |(pairing, now), event| {
        let events: Vec<Event> = match *event {
            "Look" => vec![Event::Look { browser: browser() }],
            "Renew" => vec![Event::Renew { browser: browser() }],
            "Scan" => vec![scan("owner", good(pairing))],
            "ScanBad" => {
                let bad = stale(pairing, *now);
                bad.iter().flat_map(|p| [scan("owner", p.clone()), scan("other", p.clone())]).collect()
            }
            "ScanOther" => vec![scan("other", good(pairing))],
            "Account" => vec![account(GOOD)],
            "AccountOff" => vec![account(off)],
            "AccountLow" => bad.map(account).to_vec(),
            "Confirm" => vec![confirm(GOOD)],
            "ConfirmOff" => vec![confirm(off)],
            "ConfirmLow" => bad.map(confirm).to_vec(),
            "Decline" => vec![Event::Decline { phone: phone("owner") }],
            "Complete" => vec![Event::Complete { browser: browser() }],
            "Cancel" => vec![Event::Cancel { browser: browser() }],
            "OtherBrowser" => vec![
                Event::Look { browser: stranger() },
                Event::Renew { browser: stranger() },
                Event::Complete { browser: stranger() },
                Event::Cancel { browser: stranger() },
            ],
            _ => {
                let device = Phone { device: "another".into(), ..phone("owner") };
                [phone("other"), device]
                    .into_iter()
                    .flat_map(|phone| {
                        [
                            Event::Account { phone: phone.clone(), standing: GOOD },
                            Event::Confirm { phone: phone.clone(), standing: GOOD },
                            Event::Decline { phone },
                        ]
                    })
                    .collect()
            }
        };
        same(pairing, &events, *now)
    });
}

#[test]
fn the_times_hold_to_the_millisecond() {
    let before = |at: Timestamp| at.minus(Duration::from_millis(1));
    let look = Event::Look { browser: browser() };
    let shown = timed("tx");
    let read = scanned(&shown);
    let confirmed = next(&next(&read, &account(GOOD), after(2)), &confirm(GOOD), after(120));
    for (pairing, until) in [(shown, after(180)), (read, after(121)), (confirmed, after(180))] {
        assert_eq!(pairing.waits_until(), Some(until));
        assert_eq!(next(&pairing, &look, before(until)), pairing);
        let over = next(&pairing, &look, until);
        assert!(matches!(over, Pairing::Expired(_)));
        assert!(over.waits_until().is_none() && over.kept_until() >= until);
    }
}

#[test]
fn d80_a_code_on_the_last_second_is_shown_no_longer_than_the_pairing() {
    let pairing = timed("tx");
    assert_eq!(pairing.payload_until(after(0)), Some(after(20)));
    assert_eq!(pairing.payload_until(after(179)), Some(after(180)));
    assert_eq!((pairing.payload(&key(), after(180)), scanned(&pairing).payload(&key(), after(2))), (None, None));
}

#[test]
fn a_code_asked_for_again_replaces_the_first() {
    let first = fixed();
    let second = next(&first, &Event::Renew { browser: browser() }, after(70));
    let (old, new) = (first.payload(&key(), after(70)).unwrap(), second.payload(&key(), after(70)).unwrap());
    assert_eq!(first.on(&scan("owner", old.clone()), &key(), after(70)), Err(Refusal::NoSuchCode), "too old");
    assert_eq!(second.on(&scan("owner", old), &key(), after(71)), Err(Refusal::NoSuchCode), "replaced");
    assert!(matches!(next(&second, &scan("owner", new), after(71)), Pairing::Scanned(_)));
    assert_eq!(second.waits_until(), Some(after(180)), "asking again gains no time");
}

#[test]
fn the_app_is_told_who_asks_from_where_and_when() {
    let (_, effects) = scanned(&timed("tx")).on(&account(GOOD), &key(), after(2)).unwrap();
    let question = Question {
        relying_party: "Cổng dịch vụ công tỉnh".into(),
        user_agent: "Firefox".into(),
        address: Ipv4Addr::LOCALHOST.into(),
        asked_at: START,
    };
    assert_eq!(effects, [Effect::AskApp(Box::new(question))]);
}

#[test]
fn survives_the_store_without_the_key() {
    let pairing = next(&scanned(&timed("tx")), &account(GOOD), after(2));
    let stored = serde_json::to_string(&pairing).unwrap();
    assert!(stored.starts_with(r#"{"v1":"awaiting_confirmation","#), "{stored}");
    assert_eq!(serde_json::from_str::<Pairing>(&stored).unwrap(), pairing);
    assert!(!format!("{pairing:?}").contains("BrowserHash(["));
}
