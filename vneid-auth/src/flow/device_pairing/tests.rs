use super::*;
use crate::flow::table;
use crate::identity::{AccountKind, Profile};

const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn browser() -> BrowserHash {
    BrowserHash::of(&"the browser that asked".into())
}

fn ask() -> Ask {
    Ask {
        browser: browser(),
        provider: "kiosk".into(),
        return_to: "/ho-so".into(),
        required_level: Some(Level::TWO),
        unstated_level: Unstated::Refuse,
        device_code: "the device code".into(),
        expires_in: Duration::from_secs(600),
        interval: None,
    }
}

fn identity(level: Option<Level>) -> Box<Identity> {
    Box::new(Identity {
        provider: "kiosk".into(),
        subject: "s".into(),
        sid: None,
        via: None,
        level,
        kind: AccountKind::Citizen,
        authenticated_at: START,
        citizen_id_strength: None,
        profile: Profile::default(),
    })
}

fn poll(id: &str) -> PollId {
    PollId::from(id.to_owned())
}

fn due(id: &str) -> Event {
    Event::Due { poll: poll(id) }
}

fn answered(answer: Answer) -> Event {
    Event::Answered { poll: poll("holder"), answer, retry_after: None }
}

fn tokens(level: Option<Level>) -> Answer {
    Answer::Tokens(identity(level))
}

fn next(pairing: &DevicePairing, event: &Event, now: Timestamp) -> DevicePairing {
    pairing.on(event, now).unwrap().0
}

/// What every one of these events leads to, which must be the same.
fn same(pairing: &DevicePairing, events: &[Event], now: Timestamp) -> String {
    let mut cells: Vec<String> = events.iter().map(|event| table::cell(&pairing.on(event, now))).collect();
    cells.dedup();
    cells.join(" / ")
}

#[test]
fn every_state_and_event_does_what_the_table_says() {
    let waiting = DevicePairing::start(ask(), START);
    let leased = next(&waiting, &due("holder"), after(5));
    let approved = next(&leased, &answered(tokens(Some(Level::TWO))), after(6));
    let complete = || Event::Complete { browser: browser() };
    let cancel = || Event::Cancel { browser: browser() };
    let states = [
        ("Pending", (waiting.clone(), after(5))),
        ("Pending, early", (waiting.clone(), after(4))),
        ("Pending, leased", (leased.clone(), after(19))),
        ("Pending, lapsed", (leased.clone(), after(20))),
        ("Pending, late", (leased.clone(), after(600))),
        ("Approved", (approved.clone(), after(7))),
        ("Approved, late", (approved.clone(), after(600))),
        ("Completed", (next(&approved, &complete(), after(7)), after(8))),
        ("Denied", (next(&leased, &answered(Answer::AccessDenied), after(7)), after(8))),
        ("Cancelled", (next(&leased, &cancel(), after(7)), after(8))),
        ("Expired", (next(&leased, &cancel(), after(600)), after(601))),
    ];
    let stranger = || BrowserHash::of(&"another browser".into());
    let answers = || {
        [
            tokens(Some(Level::TWO)),
            Answer::AuthorizationPending,
            Answer::SlowDown,
            Answer::AccessDenied,
            Answer::ExpiredToken,
            Answer::Unreachable,
            Answer::Failed(Code::ProviderError),
        ]
    };
    let other = |answer| Event::Answered { poll: poll("other"), answer, retry_after: None };
    let events = [
        ("Look", vec![Event::Look { browser: browser() }]),
        ("Due", vec![due("another")]),
        ("Tokens", vec![answered(tokens(Some(Level::TWO)))]),
        ("TokensLow", vec![answered(tokens(Some(Level::ONE))), answered(tokens(None))]),
        ("AuthorizationPending", vec![answered(Answer::AuthorizationPending)]),
        ("SlowDown", vec![answered(Answer::SlowDown)]),
        ("AccessDenied", vec![answered(Answer::AccessDenied)]),
        ("ExpiredToken", vec![answered(Answer::ExpiredToken)]),
        ("OtherError", vec![answered(Answer::Failed(Code::ProviderError))]),
        ("Unreachable", vec![answered(Answer::Unreachable)]),
        ("OtherPoll", answers().map(other).to_vec()),
        ("Complete", vec![complete()]),
        ("Cancel", vec![cancel()]),
        (
            "OtherBrowser",
            vec![
                Event::Look { browser: stranger() },
                Event::Complete { browser: stranger() },
                Event::Cancel { browser: stranger() },
            ],
        ),
    ];
    table::check(include_str!("mod.rs"), &states, &events, |(pairing, now), events| same(pairing, events, *now));
}

#[test]
fn c163_every_error_says_its_own() {
    let leased = next(&DevicePairing::start(ask(), START), &due("holder"), after(5));
    let why = |answer| match next(&leased, &answered(answer), after(6)) {
        DevicePairing::Denied(Denied { code, .. }) => Some(code),
        _ => None,
    };
    assert_eq!(why(Answer::AccessDenied), Some(Code::LoginCancelled));
    assert_eq!(why(Answer::Failed(Code::TokenInvalid)), Some(Code::TokenInvalid));
    assert_eq!(why(tokens(Some(Level::ONE))), Some(Code::LevelTooLow(Level::TWO)));
    assert_eq!(why(Answer::ExpiredToken), None);
}

#[test]
fn a_level_that_nobody_stated_passes_only_where_policy_says_so() {
    let ask = Ask { unstated_level: Unstated::Accept, ..ask() };
    let leased = next(&DevicePairing::start(ask, START), &due("holder"), after(5));
    let status = |level| next(&leased, &answered(tokens(level)), after(6)).status();
    assert_eq!((status(None), status(Some(Level::ONE))), (Status::Approved, Status::Denied));
}

#[test]
fn an_organisation_has_no_level_and_is_admitted() {
    let leased = next(&DevicePairing::start(ask(), START), &due("holder"), after(5));
    let organisation = Identity { kind: AccountKind::Enterprise, ..*identity(None) };
    let approved = next(&leased, &answered(Answer::Tokens(Box::new(organisation))), after(6));
    assert_eq!(approved.status(), Status::Approved);
}

#[test]
fn c164_the_portal_s_own_clock_ends_it() {
    let waiting = DevicePairing::start(ask(), START);
    let look = Event::Look { browser: browser() };
    assert_eq!(next(&waiting, &look, after(600).minus(Duration::from_millis(1))).status(), Status::Pending);
    assert_eq!(next(&waiting, &look, after(600)).status(), Status::Expired);
    let endless = DevicePairing::start(Ask { expires_in: Duration::MAX, ..ask() }, START);
    assert_eq!(endless.waits_until(), Some(after(30 * 60)));
}

#[test]
fn an_approval_in_the_last_second_can_still_be_completed() {
    let leased = next(&DevicePairing::start(ask(), START), &due("holder"), after(599));
    let approved = next(&leased, &answered(tokens(Some(Level::TWO))), after(599));
    assert_eq!(approved.waits_until(), Some(after(659)));
    assert!(approved.kept_until() >= after(659));
    let (completed, effects) = approved.on(&Event::Complete { browser: browser() }, after(658)).unwrap();
    assert_eq!(effects, [Effect::LogIn(identity(Some(Level::TWO))), Effect::Announce]);
    assert_eq!((completed.return_to(), completed.provider()), ("/ho-so", "kiosk"));
}

#[test]
fn c167_the_device_code_rests_until_the_end_and_prints_nowhere() {
    let leased = next(&DevicePairing::start(ask(), START), &due("holder"), after(5));
    let stored = serde_json::to_string(&leased).unwrap();
    assert!(stored.starts_with(r#"{"v1":"pending","#), "{stored}");
    assert_eq!(serde_json::from_str::<DevicePairing>(&stored).unwrap(), leased);
    let (_, effects) = DevicePairing::start(ask(), START).on(&due("holder"), after(5)).unwrap();
    assert!(!format!("{leased:?} {effects:?}").contains("the device code"));
    let denied = next(&leased, &answered(Answer::AccessDenied), after(6));
    assert!(!serde_json::to_string(&denied).unwrap().contains("the device code"));
}

#[test]
fn statuses_are_the_contract_s() {
    use Status::{Approved, Cancelled, Completed, Denied, Expired, Pending};
    let all = [Pending, Approved, Denied, Expired, Cancelled, Completed];
    let names = ["pending", "approved", "denied", "expired", "cancelled", "completed"];
    assert_eq!(all.map(Status::as_str), names);
    assert_eq!(all.map(Status::is_final), [false, false, true, true, true, true]);
}
