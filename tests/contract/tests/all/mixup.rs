//! C45–C49: answers of another provider, and codes of another person.

use vneid_contract_tests::plain::{Bent, Plain};
use vneid_contract_tests::portal::RunningPortal;
use vneid_contract_tests::{Browser, PlainWorld, SimClock};

/// The same callback in one world for each `iss`: all refused, nothing asked.
async fn refused_issuers(bent: Bent, issuers: &[&str]) {
    let world = PlainWorld::with(bent, |portal| portal).await;
    for issuer in issuers {
        for answer in ["code=good", "error=access_denied", "error=server_error"] {
            let mut browser = Browser::new();
            let request = world.begin(&mut browser).await;
            world.provider.consent(&request, "good");
            let exchanges = world.provider.exchanges().len();
            let page = browser.fetch(&world.callback(&request, &format!("{answer}&state=STATE{issuer}"))).await;
            assert_eq!(world.provider.exchanges().len(), exchanges, "{issuer}: the code is not exchanged");
            assert_eq!(page.json()["code"], "provider_mismatch", "{answer} {issuer}");
            world.refused(&mut browser, &page, 400, "provider_mismatch").await;
        }
    }
}

/// What is not the issuer, however near.
const OTHERS: [&str; 7] = [
    "&iss=https%3A%2F%2Fevil.example",
    "&iss=ISS%2F",
    "&iss=ISSx",
    "&iss=",
    "&iss",
    "&iss=%20ISS",
    "&iss=HTTP%3A%2F%2F127.0.0.1",
];

#[tokio::test]
async fn c45_c46_a_promised_issuer_is_there_and_exact() {
    refused_issuers(Bent::default(), &[&[""], &OTHERS[..]].concat()).await;
}

#[tokio::test]
async fn c47_an_issuer_that_nobody_promised_is_exact_or_absent() {
    let unpromised = |document: &mut serde_json::Value| {
        document.as_object_mut().unwrap().remove("authorization_response_iss_parameter_supported");
    };
    let bent = Bent { metadata: unpromised, ..Bent::default() };
    refused_issuers(bent, &OTHERS).await;
    let world = PlainWorld::with(bent, |portal| portal).await;
    for issuer in ["", "&iss=ISS"] {
        let mut browser = Browser::new();
        let request = world.begin(&mut browser).await;
        world.provider.consent(&request, "good");
        let page = browser.open_once(&world.callback(&request, &format!("code=good&state=STATE{issuer}"))).await;
        assert_eq!(page.raw_location(), "/ho-so", "{issuer}");
    }
}

/// A portal with two providers; neither promises `iss` when `silent`.
async fn two(silent: bool) -> (Plain, Plain, RunningPortal) {
    let clock = SimClock::default();
    let bent = Bent {
        metadata: if silent {
            |document| document["authorization_response_iss_parameter_supported"] = false.into()
        } else {
            |_| {}
        },
        ..Bent::default()
    };
    let (vneid, dvcqg) = (Plain::bent(clock.clone(), bent).await, Plain::bent(clock.clone(), bent).await);
    let (one, other) = (vneid.config("vneid"), dvcqg.config("dvcqg"));
    let portal = RunningPortal::start(clock, |builder| builder.provider(one).provider(other)).await;
    (vneid, dvcqg, portal)
}

#[tokio::test]
async fn c48_an_answer_at_another_provider_s_address_is_refused() {
    for silent in [true, false] {
        let (vneid, dvcqg, portal) = two(silent).await;
        let mut browser = Browser::new();
        let start = browser.open_once(&portal.url("/auth/login/vneid")).await;
        let honest = vneid.answer(&start.location().unwrap());
        // The same answer at the other's route: with its own issuer, with the other's, with none.
        let issuer = |url: &str| format!("&iss={}", url.replace(':', "%3A").replace('/', "%2F"));
        for iss in [issuer(&vneid.issuer), issuer(&dvcqg.issuer), String::new()] {
            let start = browser.open_once(&portal.url("/auth/login/vneid")).await;
            let mut mixed = vneid.answer(&start.location().unwrap());
            let query = mixed.query().unwrap().split("&iss=").next().unwrap().to_owned();
            mixed.set_query(Some(&format!("{query}{iss}")));
            mixed.set_path("/auth/callback/dvcqg");
            let page = browser.fetch(mixed.as_str()).await;
            assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (400, Some("provider_mismatch")), "{iss}");
            assert_eq!(browser.fetch(&portal.url("/auth/session")).await.status.as_u16(), 401);
        }
        assert!(vneid.exchanges().is_empty() && dvcqg.exchanges().is_empty(), "no code went anywhere");
        // The honest answer of the other tab still counts, and goes to its own provider alone.
        assert_eq!(browser.open_once(honest.as_str()).await.status.as_u16(), 303);
        assert_eq!((vneid.exchanges().len(), dvcqg.exchanges().len()), (1, 0));
        assert_eq!(browser.fetch(&portal.url("/auth/session")).await.json()["provider"], "vneid");
    }
}

#[tokio::test]
async fn c48_the_other_provider_s_issuer_at_the_right_address_is_refused() {
    let (vneid, dvcqg, portal) = two(true).await;
    let mut browser = Browser::new();
    let start = browser.open_once(&portal.url("/auth/login/vneid")).await;
    let mixed = vneid.answer(&start.location().unwrap()).to_string();
    let (own, others) = (vneid.issuer.replace(':', "%3A"), dvcqg.issuer.replace(':', "%3A"));
    let page = browser.fetch(&mixed.replace(&own.replace('/', "%2F"), &others.replace('/', "%2F"))).await;
    assert_eq!((page.status.as_u16(), page.json()["code"].as_str()), (400, Some("provider_mismatch")));
    assert!(vneid.exchanges().is_empty() && dvcqg.exchanges().is_empty());
}

#[tokio::test]
async fn c49_another_person_s_code_is_worth_nothing_in_this_login() {
    // With PKCE the provider refuses; where it forgets to look, the nonce in the id_token is another login's.
    for (forgets_pkce, status, code) in [(false, 502, "provider_error"), (true, 502, "token_invalid")] {
        let world = PlainWorld::with(Bent { forgets_pkce, ..Bent::default() }, |portal| portal).await;
        let (mut attacker, mut victim) = (Browser::new(), Browser::new());
        let theirs = world.begin(&mut attacker).await;
        world.provider.consent(&theirs, "stolen");
        let own = world.begin(&mut victim).await;
        let page = victim.fetch(&world.callback(&own, "code=stolen&state=STATE&iss=ISS")).await;
        assert_eq!(world.provider.exchanges().len(), 1);
        world.refused(&mut victim, &page, status, code).await;
    }
}
