//! What is held and what is not: how much, for how long, how many, of which kind.

use std::time::Duration;

use reqwest::Method;
use vneid_auth::portal::Policy;
use vneid_contract_tests::codes_world::said;
use vneid_contract_tests::held_world::{FORM, TYPED, encoded, held_at, held_cookies, is_page};
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::{Browser, CodesWorld, Page};

/// A form whose body has exactly so many bytes.
fn of_length(bytes: usize) -> Vec<u8> {
    let mut body = b"noi_dung=".to_vec();
    body.resize(bytes, b'a');
    body
}

fn nothing_held(page: &Page, browser: &Browser) {
    assert!(page.headers.get("set-cookie").is_none(), "{page:?}");
    assert_eq!((held_at(page), held_cookies(browser)), (None, vec![]));
}

#[tokio::test]
async fn sixty_four_kib_are_held_and_a_byte_more_is_refused_before_the_login() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let most = of_length(64 * 1024);
    let page = world.post_body(&mut browser, "/don", FORM, most.clone()).await;
    let held = held_at(&page).unwrap();
    world.log_in_for(&mut browser, "plain", &held).await;
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken()[0].body.as_bytes(), most);

    for bytes in [64 * 1024 + 1, 1024 * 1024, 8 * 1024 * 1024] {
        let mut browser = Browser::new();
        let page = world.post_body(&mut browser, "/don", FORM, of_length(bytes)).await;
        assert_eq!(page.status.as_u16(), 413, "{bytes}");
        assert!(is_page(&page) && page.text().contains("chưa có gì được gửi và chưa có gì được lưu"));
        assert_eq!(page.link("Xác thực trong thẻ mới").as_deref(), Some("/auth/login?return_to=/don"));
        nothing_held(&page, &browser);
    }
    let mut browser = world.logged_in("plain").await;
    let pairs = [("accept", "text/html"), ("accept-language", "en"), ("content-type", FORM)];
    let page = world.post_raw(&mut browser, "/don-moi", &pairs, of_length(70_000)).await;
    assert!(page.status == 413 && page.text().contains("nothing was sent, and nothing was kept"), "{}", page.text());
    assert_eq!(page.link("in a new tab").as_deref(), Some("/auth/otp?return_to=/don-moi&purpose=step_up"));

    // Whoever needs nothing sends as much as the portal's own page takes.
    let mut browser = world.logged_in("plain").await;
    let page = world.post_body(&mut browser, "/don", FORM, of_length(100_000)).await;
    assert_eq!((page.status.as_u16(), world.portal.desk.taken().len()), (200, 2));
}

#[tokio::test]
async fn a_body_without_its_length_is_bounded_too() {
    let world = CodesWorld::start().await;
    for (bytes, held) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
        let (head, body) = (format!("Content-Type: {FORM}"), of_length(bytes));
        let mut chunked = format!("{bytes:x}\r\n").into_bytes();
        chunked.extend_from_slice(&body);
        chunked.extend_from_slice(b"\r\n0\r\n\r\n");
        let headers = [head.as_str(), "Accept: text/html", "Transfer-Encoding: chunked"];
        let answer = raw(&world.portal.base, "POST /don", &headers, &chunked).await;
        assert_eq!(answer.status, if held { 303 } else { 413 }, "{answer:?}");
    }
}

#[tokio::test]
async fn a_thousand_fields_are_held_and_one_more_is_not() {
    let world = CodesWorld::start().await;
    for (fields, status) in [(1000, 303), (1001, 413)] {
        let body = vec!["a=b"; fields].join("&").into_bytes();
        let page = world.post_body(&mut Browser::new(), "/don", FORM, body).await;
        assert_eq!(page.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_told_so_before_the_login() {
    let world = CodesWorld::start().await;
    for body in [&b"a=%"[..], b"a=%zz", b"a=%ff", b"a=\xff", b"a=%c3"] {
        let mut browser = Browser::new();
        let page = world.post_body(&mut browser, "/don", FORM, body.to_vec()).await;
        assert_eq!(page.status.as_u16(), 400, "{body:?}");
        nothing_held(&page, &browser);
    }
}

#[tokio::test]
async fn only_forms_that_a_person_sends_are_held() {
    let world = CodesWorld::start().await;
    let browser = Browser::new();
    let own = ("sec-fetch-site", "same-origin");
    // Files and other kinds go to the login as before, without what was in them.
    for media_type in ["multipart/form-data; boundary=x", "text/plain", "application/json", ""] {
        let mut browser = browser.clone();
        let pairs = [("accept", "text/html"), own, ("content-type", media_type)];
        let page = world.post_raw(&mut browser, "/don", &pairs, b"a=b".to_vec()).await;
        assert_eq!((page.status.as_u16(), page.raw_location()), (303, "/auth/login?return_to=/don"), "{media_type}");
        nothing_held(&page, &browser);
    }
    for media_type in ["APPLICATION/X-WWW-FORM-URLENCODED", "application/x-www-form-urlencoded; charset=UTF-8"] {
        let page = world.post_body(&mut browser.clone(), "/don", media_type, b"a=b".to_vec()).await;
        assert!(held_at(&page).is_some(), "{media_type}");
    }
    // A script is told, and keeps what it has.
    for accept in ["application/json", "*/*"] {
        let mut browser = browser.clone();
        let pairs = [("accept", accept), own, ("content-type", FORM)];
        let page = world.post_raw(&mut browser, "/don", &pairs, b"a=b".to_vec()).await;
        assert_eq!(said(&page), (401, "not_logged_in".into()));
        nothing_held(&page, &browser);
    }
    // A page that takes a secret holds none.
    let mut browser = browser.clone();
    let page = world.post_form(&mut browser, "/don-mat", &[("mat_khau", "bí mật")]).await;
    assert_eq!(page.raw_location(), "/auth/login?return_to=/don-mat");
    nothing_held(&page, &browser);
    // Nor does a route that sees only who asks.
    let page = world.post_form(&mut browser, "/ho-so", &TYPED).await;
    assert_eq!(page.raw_location(), "/auth/login?return_to=/ho-so");
    nothing_held(&page, &browser);
}

#[tokio::test]
async fn half_an_hour_and_no_longer() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let held = world.interrupted(&mut browser, "/don", &TYPED).await;
    world.log_in_for(&mut browser, "plain", &held).await;
    world.clock.advance(Duration::from_millis(30 * 60 * 1000 - 1));
    browser.open(&world.url("/")).await;
    assert_eq!(browser.fetch(&world.url(&held)).await.status.as_u16(), 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(said(&browser.fetch(&world.url(&held)).await), (410, "held_form_gone".into()));
    let id = held.rsplit('/').next().unwrap();
    let page = world.post_form(&mut browser, &format!("/don?held_form={id}"), &TYPED).await;
    assert_ne!(held_at(&page).unwrap(), held, "what comes later is another form");
    let pairs = [("accept", "application/json"), ("content-type", FORM), ("sec-fetch-site", "same-origin")];
    let page = world.post_raw(&mut browser, &format!("/don?held_form={id}"), &pairs, b"a=b".to_vec()).await;
    assert_eq!(said(&page), (410, "held_form_gone".into()), "a script is told, and asks its citizen itself");
    assert!(world.portal.desk.taken().is_empty());
}

#[tokio::test]
async fn the_portal_sets_the_time_and_the_number() {
    let mut policy = Policy::default();
    (policy.held_form_lifetime, policy.held_forms) = (Duration::from_secs(60), 2);
    let world = CodesWorld::with(policy).await;
    let mut browser = Browser::new();
    let mut held = Vec::new();
    for n in 0..4 {
        held.push(world.interrupted(&mut browser, "/don", &[("n", &n.to_string())]).await);
        assert_eq!(held_cookies(&browser).len(), 2.min(n + 1));
    }
    world.log_in_for(&mut browser, "plain", "/").await;
    let mut statuses = Vec::new();
    for path in &held {
        statuses.push(browser.fetch(&world.url(path)).await.status.as_u16());
    }
    assert_eq!(statuses, [410, 410, 200, 200]);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(browser.fetch(&world.url(&held[3])).await.status.as_u16(), 410);
}

#[tokio::test]
async fn the_ninth_form_drops_the_oldest_and_nothing_of_it_stays() {
    let world = CodesWorld::start().await;
    let mut browser = Browser::new();
    let first = world.interrupted(&mut browser, "/don", &[("noi_dung", "cũ nhất")]).await;
    let kept = held_cookies(&browser);
    for n in 2..=8 {
        world.interrupted(&mut browser, "/don", &[("n", &n.to_string())]).await;
    }
    assert_eq!(held_cookies(&browser).len(), 8);
    let ninth = world.interrupted(&mut browser, "/don", &TYPED).await;
    assert_eq!(held_cookies(&browser).len(), 8);
    browser.plant("127.0.0.1", &kept[0].0, &kept[0].1);
    world.log_in_for(&mut browser, "plain", &first).await;
    assert_eq!(browser.page().status.as_u16(), 410, "it is not in the store either");
    browser.open(&world.url(&ninth)).await;
    browser.press("Gửi tiếp").await;
    assert_eq!(world.portal.desk.taken()[0].body, encoded(&TYPED));
}

#[tokio::test]
async fn an_address_has_so_many_forms_and_fewer_large_ones() {
    let world = CodesWorld::start().await;
    // The large one that is refused counts among the 600, too.
    for (bytes, most) in [(8 * 1024 + 1, 120), (8 * 1024, 479)] {
        for n in 0..most {
            let page = world.post_body(&mut Browser::new(), "/don", FORM, of_length(bytes)).await;
            assert_eq!(page.status.as_u16(), 303, "{bytes}, the {n}th");
        }
        let mut browser = Browser::new();
        let page = world.post_body(&mut browser, "/don", FORM, of_length(bytes)).await;
        assert_eq!(page.status.as_u16(), 429, "{bytes}");
        assert!(page.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() <= 1800);
        nothing_held(&page, &browser);
    }
    world.clock.advance(Duration::from_secs(30 * 60));
    let page = world.post_form(&mut Browser::new(), "/don", &TYPED).await;
    assert!(held_at(&page).is_some());
}

#[tokio::test]
async fn the_routes_have_the_contract_s_methods() {
    let world = CodesWorld::start().await;
    let mut browser = world.logged_in("plain").await;
    let id = "0123456789abcdef";
    for (path, method, allow) in [
        (format!("/auth/held/{id}"), Method::POST, "GET, HEAD, DELETE"),
        (format!("/auth/held/{id}/remove"), Method::GET, "POST"),
    ] {
        let page = browser.send(method, world.url(&path).parse().unwrap(), None, "same-origin").await;
        assert_eq!((page.status.as_u16(), page.headers["allow"].to_str().unwrap()), (405, allow));
    }
    for path in
        ["/auth/held", "/auth/held/", "/auth/held/x", "/auth/held/0123456789ABCDEF", "/auth/held/0123456789abcdef/"]
    {
        assert_eq!(browser.fetch(&world.url(path)).await.status.as_u16(), 404, "{path}");
    }
}
