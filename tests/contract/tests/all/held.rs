//! Nothing typed is lost: a form that is interrupted is held, offered again, and sent once by its citizen's click.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use tokio::sync::Notify;
use vneid_auth::portal::PortalBuilder;
use vneid_auth::store::MemoryStore;
use vneid_contract_tests::codes_world::{STATED, said};
use vneid_contract_tests::held_world::{TYPED, encoded, held_at, held_cookies, is_page};
use vneid_contract_tests::plain::Bent;
use vneid_contract_tests::yielding::Yielding;
use vneid_contract_tests::{Browser, CodesWorld, PlainWorld, SimClock};

#[tokio::test]
async fn a_form_interrupted_by_a_login_is_shown_again_and_sent_by_a_click() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let page = world.post_form(&mut browser, "/don?buoc=2", &TYPED).await;
    let held = held_at(&page).unwrap();
    assert_eq!((page.status.as_u16(), page.raw_location()), (303, format!("/auth/login?return_to={held}").as_str()));
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("vneid-held-") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=1800"));
    assert!(held.strip_prefix("/auth/held/").is_some_and(|id| cookie.contains(&format!("-{id}="))), "{cookie}");

    let page = world.log_in_for(&mut browser, "plain", &held).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, held.as_str()));
    assert!(page.text().contains("Biểu mẫu của bạn vẫn còn"), "{}", page.text());
    for shown in ["ho_ten Trần Thị Gõ Dở", "Dòng một", "Dòng hai & \"nháy\"", "<script>alert(1)</script>", "b+c%20"]
    {
        assert!(page.text().contains(shown), "{shown} in {}", page.text());
    }
    assert!(page.text().contains("ghi_chu (để trống)") && page.text().contains("/don?buoc=2"), "{}", page.text());
    assert!(page.text().contains("được giữ thêm 30 phút"));
    assert!(!page.body.contains("<script") && page.body.contains("&lt;script&gt;"), "{}", page.body);
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(world.portal.desk.taken().is_empty(), "nothing is sent before the citizen's click");

    let mut again = browser.clone();
    browser.press("Gửi tiếp").await;
    assert_eq!((browser.page().status.as_u16(), browser.page().body.as_str()), (200, "đã nhận"));
    let taken = world.portal.desk.taken();
    let id = held.rsplit('/').next().unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].body, encoded(&TYPED), "field by field, as it was typed");
    assert_eq!(taken[0].path, format!("/don?buoc=2&held_form={id}"));

    // The same page is still open in another window; the way back shows that it was sent.
    again.press("Gửi tiếp").await;
    assert_eq!(again.page().status.as_u16(), 409);
    assert!(again.page().text().contains("Biểu mẫu đã được gửi"), "{}", again.page().text());
    assert_eq!(said(&again.fetch(&world.url(&held)).await), (409, "held_form_sent".into()));
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn the_page_speaks_english_too() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    browser.language = "en".into();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    let page = world.log_in_for(&mut browser, "plain", &held).await;
    for words in ["Your form is still here", "ghi_chu (empty)", "kept for 30 more minutes", "Drop it"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    browser.press("Send it").await;
    browser.open(&world.url(&held)).await;
    assert!(browser.page().text().contains("was sent once already"), "{}", browser.page().text());
}

#[tokio::test]
async fn a_session_that_ended_while_the_citizen_typed_costs_nothing() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    world.clock.advance(Duration::from_secs(31 * 60));
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    // And while they looked it over.
    world.clock.advance(Duration::from_millis(29 * 60 * 1000));
    browser.open(&world.url(&held)).await;
    assert!(browser.page().text().contains("được giữ thêm 1 phút"), "{}", browser.page().text());
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn interrupted_by_a_fresh_proof_by_code_or_by_login() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let page = world.post_form(&mut browser, "/don-moi", &TYPED).await;
    let held = held_at(&page).unwrap();
    assert_eq!(page.raw_location(), format!("/auth/otp?return_to={held}&purpose=step_up"));
    browser.open(page.location().unwrap().as_str()).await;
    browser.press("Gửi mã OTP đến 090****289").await;
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.path(), held, "the code leads back to the form");
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);

    let page = world.post_form(&mut browser, "/don-dang-nhap-moi", &TYPED).await;
    let held = held_at(&page).unwrap();
    assert_eq!(page.raw_location(), format!("/auth/login?return_to={held}&fresh=1"));
    world.log_in_for(&mut browser, "plain", &format!("{held}&fresh=1")).await;
    assert_eq!(browser.page().url.path(), held);
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 2);
    assert!(world.portal.desk.taken().iter().all(|taken| taken.body == encoded(&TYPED)));
}

#[tokio::test]
async fn what_the_page_demands_is_got_before_the_form_is_offered() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don-moi", &TYPED).await;
    // This login was not asked to be a fresh one, so the form's page asks for a proof first.
    world.log_in_for(&mut browser, "plain", &held).await;
    assert_eq!(browser.page().url.path(), "/auth/otp");
    assert!(!browser.page().body.contains("Gõ Dở"));
    assert_eq!(said(&browser.fetch(&world.url(&held)).await), (403, "step_up_required".into()));
    browser.press("Gửi mã OTP đến 090****289").await;
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.path(), held);
    // The proof grows old while the citizen reads; the form stays the same one.
    world.clock.advance(Duration::from_secs(11 * 60));
    browser.press("Gửi tiếp").await;
    assert_eq!((browser.page().url.path(), held_cookies(&browser).len()), ("/auth/otp", 1));
    world.clock.advance(Duration::from_secs(60));
    browser.press("Gửi mã OTP đến 090****289").await;
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.path(), held);
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn two_tabs_hold_two_forms() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let first = world.interrupted(&mut browser, "/don", &[("noi_dung", "thẻ một")]).await;
    let second = world.interrupted(&mut browser, "/don", &[("noi_dung", "thẻ hai")]).await;
    assert_ne!(first, second);
    world.log_in_for(&mut browser, "plain", &second).await;
    let mut other_tab = browser.clone();
    other_tab.open(&world.url(&first)).await;
    assert!(other_tab.page().text().contains("thẻ một") && browser.page().text().contains("thẻ hai"));
    browser.press("Gửi tiếp").await;
    other_tab.press("Gửi tiếp").await;
    let taken: Vec<String> = world.portal.desk.taken().into_iter().map(|taken| taken.body).collect();
    assert_eq!(taken, [encoded(&[("noi_dung", "thẻ hai")]), encoded(&[("noi_dung", "thẻ một")])]);
}

#[tokio::test]
async fn of_many_clicks_at_once_on_two_instances_one_sends() {
    let world = CodesWorld::start().await;
    let other = world.another_instance().await;
    for round in 0..5 {
        let mut browser = Browser::new();
        let held = world.interrupted(&mut browser, "/don", &TYPED).await;
        world.log_in_for(&mut browser, "plain", &held).await;
        let (mut there, mut clicks) = (world.at(&browser, &other), tokio::task::JoinSet::new());
        there.open(&format!("{}{held}", other.base)).await;
        for n in 0..8 {
            let mut browser = if n % 2 == 0 { browser.clone() } else { there.clone() };
            clicks.spawn(async move { browser.press("Gửi tiếp").await.status.as_u16() });
        }
        let mut answers = clicks.join_all().await;
        answers.sort_unstable();
        assert_eq!(answers, [200, 409, 409, 409, 409, 409, 409, 409]);
        assert_eq!(world.portal.desk.taken().len() + other.desk.taken().len(), round + 1);
    }
}

#[tokio::test]
async fn of_clicks_that_meet_in_the_store_one_sends() {
    let yielding =
        |portal: PortalBuilder| portal.store(Arc::new(Yielding(MemoryStore::new(Arc::new(SimClock::default())))));
    let world = PlainWorld::with(Bent::default(), yielding).await;
    for round in 0..3 {
        let mut browser = Browser::new();
        let fields = TYPED.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let url = world.url("/don").parse().unwrap();
        let held = held_at(&browser.send(Method::POST, url, Some(fields), "same-origin").await).unwrap();
        browser.open(&world.url(&format!("/auth/login/plain?return_to={held}"))).await;
        let mut clicks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let mut browser = browser.clone();
            clicks.spawn(async move { browser.press("Gửi tiếp").await.status.as_u16() });
        }
        let mut answers = clicks.join_all().await;
        answers.sort_unstable();
        assert_eq!(answers, [200, 409, 409, 409, 409, 409, 409, 409]);
        assert_eq!(world.portal.desk.taken().len(), round + 1);
    }
}

#[tokio::test]
async fn a_browser_that_goes_away_while_the_portal_takes_the_form_has_sent_it() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    let slow = Arc::new(Notify::new());
    world.portal.desk.wait_for(&slow);
    let mut impatient = browser.clone();
    let clicked = tokio::time::timeout(Duration::from_millis(500), impatient.press("Gửi tiếp")).await;
    assert!(clicked.is_err(), "the first click has no answer yet, and its connection is closed");
    browser.press("Gửi tiếp").await;
    assert_eq!(browser.page().status.as_u16(), 409, "the second click is told the truth");
    slow.notify_one();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if !world.portal.desk.taken().is_empty() {
            break;
        }
    }
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn what_the_portal_could_not_take_waits_again_and_what_it_found_wrong_does_not() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    let shown = browser.clone();
    for status in [500, 503] {
        world.portal.desk.answer_next(status);
        browser = shown.clone();
        assert_eq!(browser.press("Gửi tiếp").await.status.as_u16(), status);
        browser.open(&world.url(&held)).await;
        assert!(browser.page().text().contains("Gõ Dở"), "{}", browser.page().text());
    }
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);

    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    world.portal.desk.answer_next(422);
    assert_eq!(browser.press("Gửi tiếp").await.status.as_u16(), 422, "the portal's own page says what is wrong");
    assert_eq!(said(&browser.fetch(&world.url(&held)).await), (409, "held_form_sent".into()));
}

#[tokio::test]
async fn a_form_without_a_field_is_a_click_that_is_not_lost() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don?xoa=7", &[]).await;
    let page = world.log_in_for(&mut browser, "plain", &held).await;
    assert!(page.text().contains("Biểu mẫu này không có mục nào để nhập"), "{}", page.text());
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn a_form_of_a_nested_router_comes_back_to_the_whole_path() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/xa/don?a=b", &TYPED).await;
    let page = world.log_in_for(&mut browser, "plain", &held).await;
    assert!(page.text().contains("/xa/don?a=b"), "{}", page.text());
    browser.press("Gửi tiếp").await;
    let id = held.rsplit('/').next().unwrap();
    assert_eq!(world.portal.desk.taken()[0].path, format!("/xa/don?a=b&held_form={id}"));
}

#[tokio::test]
async fn a_page_of_the_portal_s_own_offers_it_and_what_was_changed_there_counts() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don-rieng?loai=3", &[("noi_dung", "bản một")]).await;
    let id = held.rsplit('/').next().unwrap().to_owned();
    // Only a script reads the fields from the library's own address; a person is sent to the portal's page.
    world.log_in_for(&mut browser, "plain", &format!("{held}&fresh=1")).await;
    assert_eq!(browser.page().url.as_str(), world.url(&format!("/trang-don?buoc=2&held_form={id}")));
    let json = browser.fetch(&world.url(&held)).await;
    assert_eq!(json.json()["fields"], serde_json::json!([{ "name": "noi_dung", "value": "bản một" }]));
    assert_eq!(json.json()["action"], format!("/don-rieng?loai=3&held_form={id}"));
    assert_eq!(json.json()["expires_in"], 1800);

    // The proof has grown old meanwhile: what was changed is held in place of what was.
    world.clock.advance(Duration::from_secs(600));
    browser.submit(&[("noi_dung", "bản hai")]).await;
    assert_eq!((browser.page().url.path(), held_cookies(&browser).len()), ("/auth/otp", 1));
    browser.press("Gửi mã OTP đến 090****289").await;
    browser.submit(&[("code", &world.inbox.code(STATED))]).await;
    assert_eq!(browser.page().url.path(), "/trang-don");
    assert!(browser.page().body.contains("bản hai"), "{}", browser.page().body);
    let shown = browser.clone();
    browser.submit(&[("noi_dung", "bản ba")]).await;
    assert_eq!(world.portal.desk.taken()[0].body, encoded(&[("noi_dung", "bản ba")]));

    let mut again = shown;
    again.press("Gửi đi").await;
    assert_eq!(again.page().status.as_u16(), 409);
    assert_eq!(again.page().link("Về trang biểu mẫu").as_deref(), Some("/trang-don?buoc=2"));
    again.open(&world.url(&format!("/trang-don?held_form={id}"))).await;
    assert!(!again.page().body.contains("bản"), "a form that was sent is filled in nowhere");
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn a_click_on_a_page_that_outlived_what_it_shows_loses_nothing_and_sends_nothing_unasked() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    for _ in 0..2 {
        world.clock.advance(Duration::from_secs(20 * 60));
        // The citizen does other things meanwhile, so the session lives on.
        browser.clone().open(&world.url("/")).await;
    }
    browser.press("Gửi tiếp").await;
    let page = browser.page().clone();
    assert!(page.url.path().starts_with("/auth/held/") && page.url.path() != held, "{}", page.url);
    assert!(is_page(&page) && page.text().contains("Gõ Dở") && world.portal.desk.taken().is_empty());
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);
    assert_eq!(world.portal.desk.taken()[0].body, encoded(&TYPED));
}

#[tokio::test]
async fn it_can_be_dropped() {
    let world = CodesWorld::start().await;
    for own_page in [false, true] {
        let mut browser = Browser::new();
        let path = if own_page { "/don-rieng" } else { "/don" };
        let held = world.interrupted(&mut browser, path, &TYPED).await;
        world.log_in_for(&mut browser, "plain", &format!("{held}&fresh=1")).await;
        if own_page {
            let page = world.post_form(&mut browser, &format!("{held}/remove"), &[]).await;
            assert_eq!((page.status.as_u16(), page.raw_location()), (303, "/trang-don?buoc=2"));
        } else {
            browser.press("Bỏ").await;
            assert_eq!(browser.page().url.path(), "/");
        }
        assert_eq!(held_cookies(&browser), []);
        assert_eq!(said(&browser.fetch(&world.url(&held)).await), (410, "held_form_gone".into()));
    }
    // As a script does it.
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    let page = browser.send_json(reqwest::Method::DELETE, &world.url(&held), &serde_json::Value::Null).await;
    assert_eq!((page.status.as_u16(), held_cookies(&browser)), (204, vec![]));
    assert!(world.portal.desk.taken().is_empty());
}
