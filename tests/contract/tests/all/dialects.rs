//! Logins in the dialects that real portals meet, at the mock's realms.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use vneid_auth::error::{Code, Language};
use vneid_auth::flow::login::Unstated;
use vneid_auth::identity::Level;
use vneid_contract_tests::dialects::DIALECTS;
use vneid_contract_tests::{Browser, Page, World};
use vneid_mock_idp::Citizen;
use vneid_mock_idp::fault::{ClaimFault, Fault, Place, SealedFault, What};

async fn all() -> World {
    World::builder().realms(&DIALECTS).start().await
}

/// The way from the portal through this provider's pages, as far as it leads.
async fn through(world: &World, browser: &mut Browser, provider: &str, citizen: &Citizen) {
    browser.open(&world.url(&format!("/auth/login/{provider}?return_to=/ho-so"))).await;
    world.log_in(browser, citizen).await;
}

async fn session(world: &World, browser: &mut Browser) -> Value {
    let page = browser.fetch(&world.url("/auth/session")).await;
    if page.status == StatusCode::OK { page.json() } else { Value::Null }
}

/// The code of the problem that the browser was shown, when it is logged in nowhere.
async fn refused(world: &World, browser: &mut Browser) -> String {
    assert_eq!(session(world, browser).await, Value::Null);
    let page = browser.page();
    assert!(page.status.is_client_error() || page.status.is_server_error(), "{} {}", page.status, page.text());
    problem_code(page)
}

/// Which problem a page tells a person of, by its heading.
fn problem_code(page: &Page) -> String {
    let text = page.text();
    let told = [
        Code::LevelTooLow(Level::TWO),
        Code::ProfileInvalid,
        Code::ProviderDisabled,
        Code::ProviderError,
        Code::ProviderUnavailable,
        Code::TokenInvalid,
        Code::TooManyRequests,
        Code::WebLoginNotPermitted,
    ];
    let code = told.into_iter().find(|code| text.contains(&code.text(Language::Vietnamese).0));
    code.unwrap_or_else(|| panic!("no problem: {} {text}", page.url)).as_str().to_owned()
}

fn citizen_who(note: &str) -> Citizen {
    vneid_mock_idp::seeded().into_iter().find(|citizen| citizen.note.contains(note)).unwrap()
}

#[tokio::test]
async fn a_citizen_logs_in_through_each() {
    for provider in DIALECTS {
        // One world each: whoever is known already from another way in is asked first whether it is them.
        let world = all().await;
        let citizen = world.citizen();
        let mut browser = Browser::new();
        through(&world, &mut browser, provider, &citizen).await;
        assert!(browser.page().body.contains("Xin chào"), "{provider}: {}", browser.page().text());
        assert_eq!(browser.page().url.path(), "/ho-so");
        let session = session(&world, &mut browser).await;
        assert_eq!(session["provider"], provider);
        assert_eq!(session["account"], "citizen", "{provider}");
        assert_eq!(session["citizen"]["full_name"], citizen.full_name.as_str());
        assert_eq!(session["citizen"]["date_of_birth"], citizen.date_of_birth.as_str());
        assert_eq!(session["citizen"]["linked"], true, "{provider}");
        assert!(session.get("via").is_none() && session.get("organisation").is_none(), "{session}");
        let subject = session["subject"].as_str().unwrap();
        match provider {
            "vneid-sealed" => assert!(subject.len() == 64 && !subject.contains(&citizen.username), "{subject}"),
            realm => assert_eq!(subject, citizen.tech_id(realm)),
        }
        let level = (provider != "dvcqg").then_some(2);
        assert_eq!(session.get("level").and_then(Value::as_u64), level, "{provider}");
    }
}

#[tokio::test]
async fn a_sealed_subject_is_the_same_at_every_login() {
    let world = World::builder().realms(&["vneid-sealed"]).start().await;
    let mut subjects = Vec::new();
    for citizen in [&world.citizen(), &world.citizen(), &citizen_who("only a VNeID account")] {
        let mut browser = Browser::new();
        through(&world, &mut browser, "vneid-sealed", citizen).await;
        subjects.push(session(&world, &mut browser).await["subject"].clone());
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_ne!(subjects[0], subjects[2]);
}

#[tokio::test]
async fn one_person_is_one_account_whichever_way_they_come() {
    let world = all().await;
    let citizen = world.citizen();
    let mut accounts = Vec::new();
    for provider in ["vneid", "vneid-sealed", "dvcqg through vneid"] {
        let mut browser = Browser::new();
        if provider.starts_with("dvcqg") {
            through_vneid(&world, &mut browser, &citizen).await;
        } else {
            through(&world, &mut browser, provider, &citizen).await;
        }
        accounts.push(browser.fetch(&world.url("/")).await.body);
    }
    assert_eq!(accounts[0], accounts[1]);
    assert_eq!(accounts[0], accounts[2]);
}

/// To DVCQG, and there by the way of VNeID.
async fn through_vneid(world: &World, browser: &mut Browser, citizen: &Citizen) {
    browser.open(&world.url("/auth/login/dvcqg?return_to=/ho-so")).await;
    browser.press("Tài khoản VNeID").await;
    world.log_in(browser, citizen).await;
    assert!(browser.page().body.contains("Xin chào"), "{}", browser.page().text());
}

#[tokio::test]
async fn dvcqg_through_vneid_says_so_and_logs_out_of_both() {
    let world = World::builder().realms(&["dvcqg"]).start().await;
    let citizen = world.citizen();
    let mut browser = Browser::new();
    through_vneid(&world, &mut browser, &citizen).await;
    let session = session(&world, &mut browser).await;
    assert_eq!((&session["provider"], &session["via"]), (&"dvcqg".into(), &"vneid".into()));
    assert_eq!(session["citizen"]["linked"], true);
    assert!(session.get("level").is_none(), "nobody stated one");

    let logout = world.url("/auth/logout").parse().unwrap();
    let page = browser.send(Method::POST, logout, Some(vec![]), "same-origin").await;
    let dvcqg = page.location().unwrap();
    assert!(dvcqg.path() == "/dvcqg/oidc/logout", "{dvcqg}");
    assert!(dvcqg.query_pairs().any(|(name, _)| name == "id_token_hint"), "kept for this");
    let back = browser.open_once(dvcqg.as_str()).await.location().unwrap();
    assert_eq!(back.path(), "/auth/logged-out");
    let vneid = browser.open_once(back.as_str()).await.location().unwrap();
    assert!(vneid.path().ends_with("/third-party/logout"), "{vneid}");
    // The record is used up: the same address again leads home.
    assert_eq!(browser.open_once(back.as_str()).await.raw_location(), "/");
    browser.open(vneid.as_str()).await;

    // The next person at this computer is asked by both.
    browser.open(&world.url("/auth/login/dvcqg")).await;
    assert!(browser.page().body.contains("name=\"password\""), "DVCQG: {}", browser.page().text());
    browser.press("Tài khoản VNeID").await;
    assert!(browser.page().body.contains("name=\"password\""), "VNeID: {}", browser.page().text());
}

#[tokio::test]
async fn a_logout_at_vneid_ends_its_session() {
    let world = all().await;
    for provider in ["vneid", "vneid-sealed"] {
        let mut browser = Browser::new();
        through(&world, &mut browser, provider, &world.citizen()).await;
        let logout = world.url("/auth/logout").parse().unwrap();
        let page = browser.send(Method::POST, logout, Some(vec![]), "same-origin").await;
        let vneid = page.location().unwrap();
        assert!(vneid.path().ends_with("/third-party/logout"), "{provider}: {vneid}");
        assert!(vneid.query_pairs().any(|(name, value)| name == "token_id" && !value.is_empty()));
        browser.open(vneid.as_str()).await;
        browser.open(&world.url(&format!("/auth/login/{provider}"))).await;
        assert!(browser.page().body.contains("name=\"password\""), "{provider}: {}", browser.page().text());
    }
}

#[tokio::test]
async fn organisations_are_admitted_by_their_kind_and_link_nobodys_number() {
    let world = all().await;
    for (note, kind) in [("an enterprise's account", "enterprise"), ("an organisation's account", "organisation")] {
        let citizen = citizen_who(note);
        world
            .mock
            .control()
            .fault(Fault::new(Place::Userinfo, What::Claim(ClaimFault::LevelMissing)).realm("vneid").next(1));
        let mut browser = Browser::new();
        through(&world, &mut browser, "vneid", &citizen).await;
        let session = session(&world, &mut browser).await;
        assert_eq!((&session["account"], &session["citizen"]["linked"]), (&kind.into(), &false.into()), "{session}");
        assert!(session["organisation"]["name"].as_str().is_some_and(|name| name.contains("Giả Lập")), "{session}");
        browser.open(&world.url("/muc-2")).await;
        assert!(browser.page().body.contains("Xin chào"), "levels are persons': {}", browser.page().text());
    }
}

#[tokio::test]
async fn c104_a_level_that_is_low_unstated_or_unreadable_is_no_login() {
    for (fault, code) in [
        (ClaimFault::LevelOne, "level_too_low"),
        (ClaimFault::LevelMissing, "level_too_low"),
        (ClaimFault::LevelWord, "profile_invalid"),
    ] {
        let world = World::builder().realms(&["vneid", "vneid-sealed"]).start().await;
        for provider in ["vneid", "vneid-sealed"] {
            let wrong = Fault::new(Place::Userinfo, What::Claim(fault)).realm(provider).next(1);
            world.mock.control().fault(wrong);
            let mut browser = Browser::new();
            through(&world, &mut browser, provider, &world.citizen()).await;
            assert_eq!(refused(&world, &mut browser).await, code, "{provider} {fault:?}");
        }
    }
    // DVCQG's answers carry none, so none is accepted; one that is stated counts.
    for (fault, code) in [(ClaimFault::LevelOne, "level_too_low"), (ClaimFault::LevelWord, "profile_invalid")] {
        let world = World::builder().realms(&["dvcqg"]).start().await;
        world.mock.control().fault(Fault::new(Place::Userinfo, What::Claim(fault)));
        let mut browser = Browser::new();
        through(&world, &mut browser, "dvcqg", &world.citizen()).await;
        assert_eq!(refused(&world, &mut browser).await, code, "dvcqg {fault:?}");
    }
    let strict = World::builder().realms(&["dvcqg"]).provider(|c| c.unstated_level(Unstated::Refuse)).start().await;
    let mut browser = Browser::new();
    through(&strict, &mut browser, "dvcqg", &strict.citizen()).await;
    assert_eq!(refused(&strict, &mut browser).await, "level_too_low");
}

#[tokio::test]
async fn c105_a_higher_level_is_accepted_and_shown() {
    let world = World::builder().realms(&["vneid"]).start().await;
    let citizen = world.citizen();
    assert!(world.mock.control().edit_citizen(&citizen.username, |citizen| citizen.level = 3));
    let mut browser = Browser::new();
    through(&world, &mut browser, "vneid", &citizen).await;
    assert_eq!(session(&world, &mut browser).await["level"], 3);
}

#[tokio::test]
async fn c108_web_login_switched_off_in_the_app_is_told() {
    let world = all().await;
    let citizen = world.citizen();
    assert!(world.mock.control().edit_citizen(&citizen.username, |citizen| citizen.web_login = false));
    for provider in ["vneid", "vneid-sealed"] {
        let mut browser = Browser::new();
        through(&world, &mut browser, provider, &citizen).await;
        assert_eq!(refused(&world, &mut browser).await, "web_login_not_permitted", "{provider}");
    }
}

#[tokio::test]
async fn c50_a_plus_in_a_code_stays_a_plus() {
    for provider in DIALECTS {
        let world = all().await;
        let mut browser = Browser::new();
        browser.open(&world.url(&format!("/auth/login/{provider}"))).await;
        world.log_in(&mut browser, &world.citizen()).await;
        let back = browser.trail.iter().map(|page| page.url.to_string()).find(|url| url.contains("code=")).unwrap();
        let plus = match provider {
            "dvcqg" => back.contains("%2B"),
            "vneid-sealed" => back.contains('+'),
            _ => true,
        };
        assert!(plus, "{provider}: {back}");
        assert_ne!(session(&world, &mut browser).await, Value::Null, "{provider}");
    }
}

#[tokio::test]
async fn c61_c63_c64_answers_of_every_kind_have_their_code() {
    let mut wrongs = vec![
        (What::Html, "provider_error", "profile_invalid"),
        (What::BadJson, "provider_error", "profile_invalid"),
        (What::SourceRefused, "provider_error", "profile_invalid"),
        (What::Status(400), "provider_error", "profile_invalid"),
        (What::Status(429), "provider_unavailable", "provider_unavailable"),
        (What::Status(500), "provider_unavailable", "provider_unavailable"),
        (What::Status(502), "provider_unavailable", "provider_unavailable"),
        (What::Status(503), "provider_unavailable", "provider_unavailable"),
        (What::Close, "provider_unavailable", "provider_unavailable"),
        (What::Reset, "provider_unavailable", "provider_unavailable"),
        (What::OversizeBytes(2 << 20), "provider_error", "profile_invalid"),
    ];
    wrongs.push((What::RedirectTo("http://127.0.0.1:1/".into()), "provider_error", "profile_invalid"));
    let world = all().await;
    for (what, at_token, at_userinfo) in wrongs {
        for (place, code) in [(Place::Token, at_token), (Place::Userinfo, at_userinfo)] {
            for provider in DIALECTS {
                world.mock.control().fault(Fault::new(place, what.clone()).realm(provider).next(1));
                let mut browser = Browser::new();
                through(&world, &mut browser, provider, &world.citizen()).await;
                assert_eq!(refused(&world, &mut browser).await, code, "{provider} {place:?} {what:?}");
                assert_no_upstream_text(&browser);
            }
        }
    }
}

fn assert_no_upstream_text(browser: &Browser) {
    let body = &browser.page().body;
    for leak in ["token_id", "access_token", "encrypt_key", "TechID", "IAL", "userinfo"] {
        assert!(!body.contains(leak), "{leak} in {body}");
    }
}

#[tokio::test]
async fn c64_an_endpoint_that_hangs_is_given_up() {
    let world = World::builder().realms(&["dvcqg"]).start().await;
    world.mock.control().fault(Fault::new(Place::Userinfo, What::DelayMillis(60_000)));
    let begun = std::time::Instant::now();
    let mut browser = Browser::new();
    through(&world, &mut browser, "dvcqg", &world.citizen()).await;
    assert_eq!(refused(&world, &mut browser).await, "provider_unavailable");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn c114_userinfo_that_is_refused_or_wrong_is_no_login() {
    let world = all().await;
    for fault in [
        ClaimFault::LogoutUriForeign,
        ClaimFault::LogoutUriLookalike,
        ClaimFault::BirthDateNoDate,
        ClaimFault::BirthDateImpossible,
        ClaimFault::DuplicateClaim,
        ClaimFault::AllNull,
    ] {
        for provider in DIALECTS {
            let sealed = provider == "vneid-sealed";
            if sealed && matches!(fault, ClaimFault::LogoutUriForeign | ClaimFault::LogoutUriLookalike) {
                continue;
            }
            world.mock.control().fault(Fault::new(Place::Userinfo, What::Claim(fault)).realm(provider).next(1));
            let mut browser = Browser::new();
            through(&world, &mut browser, provider, &world.citizen()).await;
            assert_eq!(refused(&world, &mut browser).await, "profile_invalid", "{provider} {fault:?}");
            assert_no_upstream_text(&browser);
        }
    }
}

#[tokio::test]
async fn c115_what_does_not_open_is_one_error() {
    let world = World::builder().realms(&["vneid-sealed"]).start().await;
    let mut shown = Vec::new();
    for place in [Place::Authorize, Place::Token, Place::Userinfo] {
        for fault in [
            SealedFault::WrongKey,
            SealedFault::OtherAesKey,
            SealedFault::Truncated,
            SealedFault::KeyTruncated,
            SealedFault::PaddingBroken,
            SealedFault::Swapped,
            SealedFault::ClearWithKey,
            SealedFault::NotBase64,
        ] {
            world.mock.control().fault(Fault::new(place, What::Sealed(fault)).next(1));
            let mut browser = Browser::new();
            through(&world, &mut browser, "vneid-sealed", &world.citizen()).await;
            assert_eq!(refused(&world, &mut browser).await, "profile_invalid", "{place:?} {fault:?}");
            shown.push(browser.page().text().split("Mã tra cứu").next().unwrap().to_owned());
        }
    }
    shown.dedup();
    assert_eq!(shown.len(), 1, "one answer for all");
}

#[tokio::test]
async fn sealed_codes_that_do_not_open_are_limited() {
    let world = World::builder().realms(&["vneid-sealed"]).portal(|builder| {
        let mut policy = vneid_auth::portal::Policy::default();
        policy.unopened_envelopes = 3;
        builder.policy(policy)
    });
    let world = world.start().await;
    world.mock.control().fault(Fault::new(Place::Authorize, What::Sealed(SealedFault::WrongKey)));
    for expected in ["profile_invalid", "profile_invalid", "profile_invalid", "too_many_requests"] {
        let mut browser = Browser::new();
        through(&world, &mut browser, "vneid-sealed", &world.citizen()).await;
        assert_eq!(refused(&world, &mut browser).await, expected);
    }
    world.mock.control().clear_faults();
    world.clock.advance(Duration::from_secs(601));
    let mut browser = Browser::new();
    through(&world, &mut browser, "vneid-sealed", &world.citizen()).await;
    assert_ne!(session(&world, &mut browser).await, Value::Null);
}

#[tokio::test]
async fn an_envelope_where_the_dialect_knows_none_is_nothing() {
    let world = World::builder().realms(&["vneid"]).start().await;
    for (place, code) in [(Place::Token, "provider_error"), (Place::Userinfo, "profile_invalid")] {
        world.mock.control().fault(Fault::new(place, What::Sealed(SealedFault::Unexpected)).next(1));
        let mut browser = Browser::new();
        through(&world, &mut browser, "vneid", &world.citizen()).await;
        assert_eq!(refused(&world, &mut browser).await, code, "{place:?}");
    }
}

#[tokio::test]
async fn the_national_portals_deep_link_logs_in_and_comes_back() {
    let world = all().await;
    let mut browser = Browser::new();
    let asked = "/ho-so?MaTTHCDP=1.000&vnconnect=1&MaDVC=2%2B3&MDT=YWJj==";
    let page = browser.open_once(&world.url(asked)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let login = page.location().unwrap();
    assert_eq!(login.path(), "/auth/login/dvcqg");
    browser.open(login.as_str()).await;
    world.log_in(&mut browser, &world.citizen()).await;
    let url = &browser.page().url;
    assert_eq!((url.path(), url.query()), ("/ho-so", Some("MaTTHCDP=1.000&MaDVC=2%2B3&MDT=YWJj==")));
    // Also for whoever is logged in: at a shared computer it may be the last person's session.
    assert_eq!(browser.open_once(&world.url("/?vnconnect=1")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.open_once(&world.url("/?vnconnect=0")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_way_in_closes_at_midnight_in_vietnam() {
    let world = World::builder().realms(&["dvcqg", "vneid"]).provider(|config| {
        let closes = vneid_auth::time::Timestamp::start_of_day_in_vietnam("2027-07-01");
        if config.name() == "dvcqg" { config.closes_at(closes) } else { config }
    });
    let world = world.start().await;
    let closes = vneid_auth::time::Timestamp::start_of_day_in_vietnam("2027-07-01").unwrap();
    world.clock.set(closes.minus(Duration::from_secs(1)));
    let mut browser = Browser::new();
    assert_eq!(browser.open_once(&world.url("/auth/login/dvcqg")).await.status, StatusCode::SEE_OTHER);
    world.clock.set(closes);
    let page = browser.open_once(&world.url("/auth/login/dvcqg")).await;
    assert_eq!((page.status, problem_code(&page).as_str()), (StatusCode::FORBIDDEN, "provider_disabled"));
    // A login that was under way does not come in after it either, and the deep link offers what is left.
    let deep = browser.open_once(&world.url("/?vnconnect=1")).await;
    assert_eq!(deep.location().unwrap().path(), "/auth/login");
}
