//! C14–C30: where a login leads. Whatever a link asks for, the browser ends on a page of this portal.

use reqwest::Method;
use vneid_auth::portal::Portal;
use vneid_contract_tests::portal::SECRET;
use vneid_contract_tests::raw::raw;
use vneid_contract_tests::{Browser, PlainWorld};

/// As a query's value, so that the portal's side of the decoding is what is tested.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Logs in for this raw `return_to`: the raw `Location` after the callback.
async fn destination(world: &PlainWorld, browser: &mut Browser, return_to: &str) -> String {
    let request = world.begin_for(browser, return_to).await;
    assert_eq!(request.host_str(), Some("127.0.0.1"), "{return_to}");
    let page = browser.open_once(world.provider.answer(&request).as_str()).await;
    assert_eq!(page.status.as_u16(), 303, "{return_to}: {page:?}");
    page.raw_location().to_owned()
}

/// Asserts that each of these leads to the default page.
async fn fall_back(unfit: &[&str]) {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    for path in unfit {
        assert_eq!(destination(&world, &mut browser, &encode(path)).await, "/", "{path:?}");
    }
    world.log_in(&mut browser).await;
}

#[tokio::test]
async fn c14_two_slashes() {
    fall_back(&["//evil.example", "//evil.example/ho-so", "//evil.example:80", "//@evil.example"]).await;
}

#[tokio::test]
async fn c15_backslashes() {
    fall_back(&["/\\evil.example", "\\\\evil.example", "/\\/evil", "\\/evil", "/a\\b", "/a?b\\c", "/a#\\"]).await;
}

#[tokio::test]
async fn c16_control_characters_anywhere() {
    let mut unfit = Vec::new();
    for control in (0..0x20).chain([0x7f, 0x85, 0x9f, 0x2028, 0x2029]).filter_map(char::from_u32) {
        unfit.extend([format!("/{control}/evil"), format!("/a?b={control}"), format!("/a{control}")]);
    }
    fall_back(&unfit.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn c17_spaces() {
    fall_back(&["/ /evil", " /ho-so", "/ho-so ", "  //evil", "%20//evil", "/a b", "\u{a0}/a", "/\u{3000}/evil"]).await;
}

#[tokio::test]
async fn c18_dots_and_more_slashes() {
    fall_back(&[
        "///evil",
        "////evil",
        "/./\\evil",
        "/./../../\\evil",
        "/a/../..//evil",
        "/./a",
        "/a/..",
        "/..",
        "/.",
        "/a//b",
    ])
    .await;
}

#[tokio::test]
async fn c19_other_schemes() {
    fall_back(&[
        "https:evil",
        "https:/evil",
        "http:///evil",
        "https://evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "java%0dscript:x",
        "data:text/html,x",
        "vbscript:x",
        "ho-so",
        "",
        "?a",
        "#a",
        ":",
        "mailto:a@b",
    ])
    .await;
}

#[tokio::test]
async fn c20_encoded_separators_however_often() {
    fall_back(&[
        "/%2f%2fevil",
        "/a%2fb",
        "/a%252Fb",
        "/%2Fevil",
        "/%5cevil",
        "/%5Cevil",
        "/%09/evil",
        "/%0a/evil",
        "/%00",
        "/%252f%252fevil",
        "/%255cevil",
        "/%25252fevil",
        "/%2e%2e/evil",
        "/.%2e/evil",
        "/%252e%252e/evil",
        "/%2e/a",
        "/a?b=%0d%0aX:y",
        "/%ff",
        "/%c0%af/evil",
        "/%u2215evil/%2f",
    ])
    .await;
}

#[tokio::test]
async fn c21_c22_absolute_addresses_and_our_own_among_them() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let own = world.portal.base.clone();
    let host = own.strip_prefix("http://").unwrap();
    for path in [
        own.clone(),
        format!("{own}/ho-so"),
        format!("//{host}/ho-so"),
        format!("{own}@evil.example"),
        format!("{own}.evil.example"),
        format!("https://evil{host}"),
        format!("http://{host}:443@evil.example"),
        format!("http://{}:1/ho-so", host.split(':').next().unwrap()),
    ] {
        assert_eq!(destination(&world, &mut browser, &encode(&path)).await, "/", "{path:?}");
    }
}

#[tokio::test]
async fn c23_characters_that_look_like_others() {
    fall_back(&[
        "/\u{ff0f}evil.example",
        "\u{ff0f}\u{ff0f}evil",
        "/\u{3035}evil",
        "/\u{3033}evil",
        "/\u{2215}evil",
        "/\u{2044}evil",
        "/\u{ff3c}evil",
        "/\u{ff0e}\u{ff0e}/evil",
        "/a\u{3002}b",
        "/\u{2024}\u{2024}/a",
        "/%ef%bc%8fevil",
        "/\u{202e}live",
        "/\u{200b}/evil",
        "/\u{feff}/evil",
        "/\u{ad}/evil",
    ])
    .await;
}

#[tokio::test]
async fn c24_addresses_in_numbers() {
    fall_back(&[
        "http://0xd83ad6ce",
        "http://3627734734",
        "http://0330.072.0326.0316",
        "//3627734734",
        "/\\0xd83ad6ce",
    ])
    .await;
}

#[tokio::test]
async fn c25_too_long_or_no_utf_8() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let longest = format!("/{}", "a".repeat(2047));
    assert_eq!(destination(&world, &mut browser, &longest).await, longest);
    let long = format!("/{}", "a".repeat(2048));
    for raw in
        [long.as_str(), "%ff", "/%ff", "/%e1%bb", "/%80", "%", "/%", "/%ff%zz", &format!("/{}", "%2F".repeat(4096))]
    {
        let to = destination(&world, &mut browser, raw).await;
        assert_eq!(to, if raw == "/%" { raw } else { "/" });
    }
    let twice = world.begin_for(&mut browser, "/a&return_to=/b").await;
    let page = browser.open_once(world.provider.answer(&twice).as_str()).await;
    assert_eq!(page.raw_location(), "/", "two of them are none");
}

#[tokio::test]
async fn c26_no_step_of_a_login_or_logout() {
    fall_back(&[
        "/auth/callback/plain",
        "/auth/callback/plain?code=x",
        "/auth/callback",
        "/auth/logout",
        "/auth/logged-out?state=x",
        "/auth/login",
        "/auth/login/plain",
        "/auth/login?return_to=/",
        "/auth/backchannel-logout/plain",
    ])
    .await;
}

#[tokio::test]
async fn c26_nor_a_callback_outside_the_prefix() {
    let world = PlainWorld::with(Default::default(), |portal| portal).await;
    let other = vneid_contract_tests::portal::RunningPortal::start(world.clock.clone(), |builder| {
        builder.provider(world.provider.config("plain").callback_path("/dang-nhap/ve"))
    })
    .await;
    let mut browser = Browser::new();
    for (wanted, led) in [("/dang-nhap/ve", "/"), ("/dang-nhap/ve?code=x", "/"), ("/dang-nhap/vex", "/dang-nhap/vex")] {
        let start = browser.open_once(&other.url(&format!("/auth/login/plain?return_to={wanted}"))).await;
        let callback = world.provider.answer(&start.location().unwrap());
        assert_eq!(callback.path(), "/dang-nhap/ve", "the registered address");
        assert_eq!(browser.open_once(callback.as_str()).await.raw_location(), led);
    }
}

#[tokio::test]
async fn c27_the_referer_leads_nowhere() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    let pairs = [("referer", "https://evil.example/x"), ("accept", "text/html"), ("sec-fetch-site", "none")];
    let page = world.send(&mut browser, Method::GET, "/auth/login/plain", &pairs).await;
    let page = browser.open_once(world.provider.answer(&page.location().unwrap()).as_str()).await;
    assert_eq!(page.raw_location(), "/");
    let page = world.send(&mut Browser::new(), Method::POST, "/ho-so", &pairs).await;
    assert_eq!(page.raw_location(), "/auth/login?return_to=/ho-so");
    let page = world.send(&mut browser, Method::POST, "/auth/logout", &pairs).await;
    assert!(!page.raw_location().contains("evil"), "{page:?}");
}

#[tokio::test]
async fn c28_c29_pages_of_this_portal_byte_for_byte_and_not_in_the_state() {
    let world = PlainWorld::start().await;
    let mut browser = Browser::new();
    for path in [
        "/path?x=1#frag",
        "/ho-so?rd=//evil.example&u=https%3A%2F%2Fevil.example",
        "/a%20b/%C4%91?c=d+e",
        "/tim?q=a%2Fb",
        "/@evil.example",
        "/a:b@c",
        "/ho-so/",
        "/..a/b",
        "/100%25",
        "/auth/account",
        "/a?b=c?d#e#f",
        "/~*'();!$,",
    ] {
        let request = world.begin_for(&mut browser, &encode(path)).await;
        assert!(!request.as_str().contains("path") && !request.as_str().contains("evil"), "not told to the provider");
        let page = browser.open_once(world.provider.answer(&request).as_str()).await;
        assert_eq!(page.raw_location(), path);
        assert_eq!(page.location().unwrap().origin(), page.url.origin(), "{path}");
    }
    assert_eq!(
        destination(&world, &mut browser, &encode("/hồ-sơ?tên=Thử")).await,
        "/h%E1%BB%93-s%C6%A1?t%C3%AAn=Th%E1%BB%AD"
    );
}

#[tokio::test]
async fn c30_the_page_after_logout_is_one_of_ours_too() {
    let world = PlainWorld::start().await;
    for page in ["//evil.example", "https://evil.example", "/\\evil", "/%2f%2fevil", "", "evil", "/a/../b"] {
        let build = |builder: vneid_auth::portal::PortalBuilder| {
            builder.secret(SECRET.into()).provider(world.provider.config("plain")).build().map(drop)
        };
        assert!(build(Portal::builder("http://127.0.0.1:1").after_logout(page)).is_err(), "{page}");
        assert!(build(Portal::builder("http://127.0.0.1:1").default_page(page)).is_err(), "{page}");
    }
    for target in ["return_to", "post_logout_redirect_uri", "redirect_to", "next", "rd", "url"] {
        let query = format!("?{target}=https://evil.example&{target}=//evil.example");
        let mut browser = world.logged_in().await;
        let page = world.send(&mut browser, Method::POST, &format!("/auth/logout{query}"), &[]).await;
        assert!(page.raw_location().starts_with(&world.provider.issuer) && !page.raw_location().contains("evil"));
        let back = browser.open_once(&world.url(&format!("/auth/logged-out{query}"))).await;
        assert_eq!((back.status.as_u16(), back.raw_location()), (303, "/"));
    }
}

/// prefix × separator × host × suffix × encoding.
fn grammar() -> Vec<String> {
    let prefixes = ["", "/", "//", "/.", "/..", "/a/..", "https:", "javascript:", "%20", " "];
    let separators = ["/", "//", "\\", "/\\", "\\/", "/\t/", "\u{ff0f}", "@", "/;/", ":"];
    let hosts = ["evil.example", "127.0.0.1@evil.example", "evil%E3%80%82example"];
    let suffixes = ["", "/ho-so", "?x=//evil.example", "#@evil.example"];
    let encodings: [fn(&str) -> String; 4] = [
        encode,
        |text| encode(&encode(text)),
        |text| format!("/{}", encode(text)),
        |text| encode(&format!("/{}", encode(&encode(text)))),
    ];
    let mut payloads = Vec::new();
    for prefix in prefixes {
        for separator in separators {
            for host in hosts {
                for encoding in encodings {
                    // The suffixes take turns: they change the target least, and every login takes its time.
                    let suffix = suffixes[(payloads.len() / 4) % suffixes.len()];
                    payloads.push(encoding(&format!("{prefix}{separator}{host}{suffix}")));
                }
            }
        }
    }
    payloads
}

#[tokio::test]
async fn c14_c25_whatever_the_grammar_makes_every_location_is_ours() {
    let world = PlainWorld::start().await;
    let ours = url::Url::parse(&world.portal.base).unwrap();
    let mut browser = Browser::new();
    let payloads = grammar();
    assert_eq!(payloads.len(), 1200);
    for (n, payload) in payloads.iter().enumerate() {
        if n % 500 == 0 {
            world.clock.advance(std::time::Duration::from_secs(61));
        }
        let to = destination(&world, &mut browser, payload).await;
        let led = ours.join(&to).unwrap();
        assert_eq!(led.origin(), ours.origin(), "{payload}: {to}");
        assert!(to.starts_with('/') && !to.starts_with("//") && to.is_ascii() && !to.contains('\\'), "{payload}: {to}");
    }
}

#[tokio::test]
async fn c25_bytes_that_no_browser_sends_end_no_portal() {
    let world = PlainWorld::start().await;
    for target in [
        "/auth/login/plain?return_to=/a b",
        "/auth/login/plain?return_to=\u{1}",
        "/auth/login/plain?return_to=/\u{e9}",
        "/auth/login/plain?\\",
        "/auth/login/plain?return_to",
    ] {
        let answer = raw(&world.portal.base, &format!("GET {target}"), &[], b"").await;
        assert!(matches!(answer.status, 303 | 400), "{target}: {answer:?}");
        assert!(!answer.header("location").starts_with("//"));
    }
    world.logged_in().await;
}
