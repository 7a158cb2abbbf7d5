//! Whose a held form is: of the browser that sent it and the account that was logged in to first, and nobody else's,
//! above all on a computer that others use too.

use std::time::Duration;

use reqwest::Method;
use vneid_contract_tests::codes_world::said;
use vneid_contract_tests::held_world::{TYPED, held_at, held_cookies};
use vneid_contract_tests::plain::{Bent, Plain};
use vneid_contract_tests::{Browser, CodesWorld, PairingWorld, SimClock};

fn gone() -> (u16, String) {
    (410, "held_form_gone".into())
}

#[tokio::test]
async fn the_first_who_logs_in_is_whose_it_is() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    assert_eq!(said(&browser.fetch(&world.url(&held)).await), (401, "not_logged_in".into()));
    // They log in in another tab, for another page, and look at the form never.
    world.log_in_for(&mut browser, "plain", "/").await;
    world.clock.advance(Duration::from_secs(10 * 60));
    world.log_in_for(&mut browser, "khac", &held).await;
    let page = browser.page();
    assert_eq!(page.status.as_u16(), 410, "{page:?}");
    assert!(page.text().contains("Biểu mẫu không còn được giữ") && !page.body.contains("Gõ Dở"));
    assert_eq!(said(&browser.fetch(&world.url(&held)).await), gone());
    let id = held.rsplit('/').next().unwrap();
    for path in [held.clone(), format!("/auth/held/{id}/remove")] {
        let method = if path == held { Method::DELETE } else { Method::POST };
        let page = browser.send_json(method, &world.url(&path), &serde_json::json!({})).await;
        assert_eq!(said(&page), gone(), "nor does another account drop it");
    }
    let page = world.post_form(&mut browser, &format!("/don?held_form={id}"), &TYPED).await;
    assert_eq!(page.status.as_u16(), 410, "nor does it send it, from a page that was left open");
    assert!(world.portal.desk.taken().is_empty());
    // Its own account, through whatever provider, has it.
    world.log_in_for(&mut browser, "lai", "/").await;
    world.log_in_for(&mut browser, "plain", &held).await;
    assert!(browser.page().text().contains("Gõ Dở"), "{}", browser.page().text());
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn a_form_held_while_somebody_was_logged_in_is_theirs_from_the_start() {
    let world = CodesWorld::start().await;
    for (path, fresh) in [("/don-moi", ""), ("/don-rieng", "&fresh=1")] {
        let mut browser = world.logged_in("plain").await;
        let held = world.interrupted(&mut browser, path, &TYPED).await;
        world.log_in_for(&mut browser, "khac", &format!("{held}{fresh}")).await;
        assert_eq!(browser.page().status.as_u16(), 410, "{path}");
        let id = held.rsplit('/').next().unwrap();
        browser.open(&world.url(&format!("/trang-don?held_form={id}"))).await;
        assert!(!browser.page().body.contains("Gõ Dở") && browser.page().body.contains("Gửi đi"), "{path}");
    }
}

#[tokio::test]
async fn both_of_two_who_come_at_once_cannot_have_it() {
    let world = CodesWorld::start().await;
    for _ in 0..5 {
        let (mut one, mut other) = (world.logged_in("plain").await, world.logged_in("khac").await);
        let mut nobody = Browser::new();
        let held = world.interrupted(&mut nobody, "/don", &TYPED).await;
        for (name, value) in held_cookies(&nobody) {
            one.plant("127.0.0.1", &name, &value);
            other.plant("127.0.0.1", &name, &value);
        }
        let url = world.url(&held);
        let (a, b) = tokio::join!(one.fetch(&url), other.fetch(&url));
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 410]);
    }
}

#[tokio::test]
async fn logging_out_leaves_nothing_to_the_next_person() {
    let world = CodesWorld::start().await;
    for logged_in in [true, false] {
        let mut browser = Browser::new();
        let held = world.interrupted(&mut browser, "/don", &TYPED).await;
        world.interrupted(&mut browser, "/don", &TYPED).await;
        if logged_in {
            world.log_in_for(&mut browser, "plain", &held).await;
        }
        let kept = held_cookies(&browser);
        assert_eq!(kept.len(), 2);
        world.log_out(&mut browser).await;
        assert_eq!(held_cookies(&browser), []);
        // Nor is there anything behind a cookie that somebody kept.
        for (name, value) in &kept {
            browser.plant("127.0.0.1", name, value);
        }
        world.log_in_for(&mut browser, "plain", &held).await;
        assert_eq!(browser.page().status.as_u16(), 410);
        assert!(!browser.page().body.contains("Gõ Dở"));
    }
}

#[tokio::test]
async fn another_browser_finds_nothing() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    let (name, value) = held_cookies(&browser)[0].clone();
    let mut stranger = world.logged_in("plain").await;
    assert_eq!(said(&stranger.fetch(&world.url(&held)).await), gone(), "the address alone is nothing");
    let place = value.split_once('.').unwrap().0;
    for foreign in [format!("{place}.{}", "A".repeat(43)), place.to_owned(), format!("{value}A"), String::new()] {
        stranger.plant("127.0.0.1", &name, &foreign);
        assert_eq!(said(&stranger.fetch(&world.url(&held)).await), gone(), "{foreign}");
    }
    let other = name.replace(held.rsplit('/').next().unwrap(), "0123456789abcdef");
    stranger.plant("127.0.0.1", &other, &value);
    assert_eq!(said(&stranger.fetch(&world.url("/auth/held/0123456789abcdef")).await), gone(), "the id counts too");
    // One kind of cookie is never another.
    let secret = value.split_once('.').unwrap().1;
    let session = stranger.cookies("127.0.0.1").into_iter().find(|(name, _)| name.contains("session")).unwrap();
    let mut thief = Browser::new();
    thief.plant("127.0.0.1", &session.0, secret);
    assert_eq!(thief.fetch(&world.url("/auth/session")).await.status.as_u16(), 401);
    world.log_in_for(&mut browser, "plain", &held).await;
    assert!(browser.page().text().contains("Gõ Dở"), "and its own browser has it after all that");
}

#[tokio::test]
async fn what_another_site_posts_is_never_held() {
    let world = CodesWorld::start().await;
    for site in ["cross-site", "same-site"] {
        for mut browser in [Browser::new(), world.logged_in("plain").await] {
            let url = world.url("/don-moi").parse().unwrap();
            let fields = vec![("noi_dung".to_owned(), "của kẻ khác".to_owned())];
            let page = browser.send(Method::POST, url, Some(fields), site).await;
            assert_eq!(page.status.as_u16(), 403, "{page:?}");
            assert!(page.headers.get("set-cookie").is_none() && held_cookies(&browser).is_empty());
            assert!(!page.body.contains("của kẻ khác"));
        }
    }
    // Nor does it send what is held.
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    let id = held.rsplit('/').next().unwrap();
    for path in [format!("/don?held_form={id}"), format!("{held}/remove")] {
        let page = browser.send(Method::POST, world.url(&path).parse().unwrap(), Some(vec![]), "cross-site").await;
        assert_eq!(page.status.as_u16(), 403, "{path}");
    }
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken().len(), 1);
}

#[tokio::test]
async fn a_form_is_sent_to_its_own_path_alone() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don?a=b", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    let id = held.rsplit('/').next().unwrap();
    // A form of another page that names it is another form.
    for path in [format!("/don?held_form={id}"), format!("/don?a=c&held_form={id}"), format!("/xa/don?held_form={id}")]
    {
        assert_eq!(world.post_form(&mut browser, &path, &[("x", "y")]).await.status.as_u16(), 200, "{path}");
    }
    browser.press("Gửi tiếp").await;
    assert_eq!((browser.page().status.as_u16(), world.portal.desk.taken().len()), (200, 4));
}

#[tokio::test]
async fn a_guess_of_the_browser_binds_it_to_nobody() {
    let world = CodesWorld::start().await;
    let mut nobody = Browser::new();
    let held = world.interrupted(&mut nobody, "/don", &TYPED).await;
    let mut browser = world.logged_in("khac").await;
    for (name, value) in held_cookies(&nobody) {
        browser.plant("127.0.0.1", &name, &value);
    }
    let url: url::Url = world.url(&held).parse().unwrap();
    let head = browser.send(Method::HEAD, url.clone(), None, "none").await;
    let headers = vneid_contract_tests::plain_world::headers(&[("sec-purpose", "prefetch"), ("accept", "text/html")]);
    let guess = browser.request(Method::GET, url, headers, None).await;
    assert_eq!((head.status.as_u16(), guess.status.as_u16(), guess.body.as_str()), (204, 204, ""));
    world.log_in_for(&mut nobody, "plain", &held).await;
    assert!(nobody.page().text().contains("Gõ Dở"));
}

#[tokio::test]
async fn a_login_by_qr_code_makes_it_somebody_s_too() {
    let bent = Bent { claims: |claims| claims["sub"] = serde_json::json!("other"), ..Bent::default() };
    let other = Plain::bent(SimClock::default(), Bent { userinfo: bent.claims, ..bent }).await;
    let config = other.config("khac");
    let world = PairingWorld::with(|config| config, |portal| portal.provider(config)).await;
    let mut browser = Browser::new();
    let fields = vec![("noi_dung".to_owned(), "Gõ Dở".to_owned())];
    let page = browser.send(Method::POST, world.url("/don").parse().unwrap(), Some(fields), "same-origin").await;
    let held = held_at(&page).unwrap();
    let id = world.approved(&mut browser).await;
    assert_eq!(world.complete(&mut browser, &id).await.status.as_u16(), 200);
    let mut next = browser.clone();
    next.open(&world.url(&format!("/auth/login/khac?return_to={held}"))).await;
    assert_eq!((next.page().status.as_u16(), next.page().url.path()), (410, held.as_str()));
    let mut own = Browser::new();
    for (name, value) in held_cookies(&browser) {
        own.plant("127.0.0.1", &name, &value);
    }
    let id = world.approved(&mut own).await;
    world.complete(&mut own, &id).await;
    own.open(&world.url(&held)).await;
    assert!(own.page().text().contains("Gõ Dở"), "{}", own.page().text());
}
