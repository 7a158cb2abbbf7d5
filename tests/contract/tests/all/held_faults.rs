//! When the store fails around a held form: `503`, nothing half kept, nothing sent twice.

use std::sync::Arc;

use vneid_auth::store::Kind;
use vneid_contract_tests::codes_world::said;
use vneid_contract_tests::faulty::Fault;
use vneid_contract_tests::held_world::{TYPED, held_at, held_cookies};
use vneid_contract_tests::plain::Bent;
use vneid_contract_tests::watched::Watched;
use vneid_contract_tests::{Browser, CodesWorld, PlainWorld, SimClock};

#[tokio::test]
async fn a_form_that_cannot_be_kept_is_not_half_kept() {
    let world = CodesWorld::start().await;
    for logged_in in [false, true] {
        let mut browser = if logged_in { world.logged_in("plain").await } else { Browser::new() };
        for fault in [Fault::Insert(Kind::HeldForm), Fault::Full, Fault::Count, Fault::Randomness] {
            world.parts.set(Some(fault));
            let page = world.post_form(&mut browser, "/don-moi", &TYPED).await;
            assert_eq!(page.status.as_u16(), 503, "{fault:?}: {page:?}");
            assert!(page.headers.get("set-cookie").is_none() && held_cookies(&browser).is_empty(), "{fault:?}");
            assert!(page.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
            assert!(!page.body.contains("Gõ Dở") && !page.body.contains("xxinternalxx"));
        }
        world.parts.set(None);
        assert!(held_at(&world.post_form(&mut browser, "/don-moi", &TYPED).await).is_some(), "it is well again");
    }
    let mut browser = world.logged_in("plain").await;
    world.parts.set(Some(Fault::Find));
    let page = world.post_form(&mut browser, "/don-moi", &TYPED).await;
    assert_eq!((page.status.as_u16(), held_cookies(&browser).len()), (503, 0), "nowhere to send them: not held");
}

#[tokio::test]
async fn a_form_that_cannot_be_read_or_written_is_neither_gone_nor_sent() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    let shown = browser.clone();
    for fault in [Fault::Load(Kind::HeldForm), Fault::Replace(Kind::HeldForm)] {
        world.parts.set(Some(fault));
        if fault == Fault::Load(Kind::HeldForm) {
            assert_eq!(said(&browser.fetch(&world.url(&held)).await), (503, "service_unavailable".into()));
        }
        let mut clicked = shown.clone();
        assert_eq!(clicked.press("Gửi tiếp").await.status.as_u16(), 503, "{fault:?}");
        assert!(world.portal.desk.taken().is_empty(), "what cannot be marked as sent is not sent");
        world.parts.set(None);
        assert_eq!(browser.fetch(&world.url(&held)).await.status.as_u16(), 200);
    }
    browser = shown;
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn a_login_goes_on_when_the_form_s_owner_cannot_be_written_and_the_first_to_open_it_has_it() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.parts.set(Some(Fault::Replace(Kind::HeldForm)));
    let page = world.log_in_for(&mut browser, "plain", "/ho-so").await;
    assert!(page.body.contains("Xin chào"), "{page:?}");
    world.parts.set(None);
    assert_eq!(browser.fetch(&world.url(&held)).await.status.as_u16(), 200);
    world.log_in_for(&mut browser, "khac", &held).await;
    assert_eq!(browser.page().status.as_u16(), 410);
}

#[tokio::test]
async fn logging_out_takes_the_form_out_of_reach_even_when_the_store_keeps_it() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    world.parts.set(Some(Fault::Take(Kind::HeldForm)));
    world.log_out(&mut browser).await;
    world.parts.set(None);
    assert_eq!(held_cookies(&browser), []);
    world.log_in_for(&mut browser, "khac", &held).await;
    assert_eq!(browser.page().status.as_u16(), 410);
}

#[tokio::test]
async fn the_store_sees_nothing_of_what_was_typed() {
    let clock = SimClock::default();
    let store = Arc::new(Watched::new(clock));
    let given = store.clone();
    let world = PlainWorld::with(Bent::default(), |portal| portal.store(given)).await;
    let mut browser = Browser::new();
    let fields = vec![("ten_truong_la".to_owned(), "GiaTriRatRieng".to_owned())];
    let url = world.url("/don?duong_dan_la=1").parse().unwrap();
    let page = browser.send(reqwest::Method::POST, url, Some(fields), "same-origin").await;
    let held = held_at(&page).unwrap();
    let cookie = held_cookies(&browser)[0].1.split_once('.').unwrap().1.to_owned();
    browser.open(&world.url(&format!("/auth/login/plain?return_to={held}"))).await;
    assert!(browser.page().body.contains("GiaTriRatRieng"));
    browser.press("Gửi tiếp").await;
    let seen = store.seen();
    assert!(seen.len() > 2000, "the store was used");
    for secret in ["ten_truong_la", "GiaTriRatRieng", "duong_dan_la", &cookie, held.rsplit('/').next().unwrap()] {
        assert!(
            !seen.windows(secret.len()).any(|part| part == secret.as_bytes()),
            "{secret} lies in the store in clear"
        );
    }
    // Nor does an address, a redirect or another answer on the way tell it on.
    for page in browser.trail.iter().filter(|page| page.url.path() != held) {
        let told = format!("{} {:?} {}", page.url, page.headers, page.body);
        assert!(!told.contains("GiaTriRatRieng"), "{told}");
    }
}
