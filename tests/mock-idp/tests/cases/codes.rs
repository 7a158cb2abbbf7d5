//! Passwords and one-time codes: D68 to D74.

use std::time::Duration;

use vneid_mock_idp::fault::{Fault, Place, What};
use vneid_mock_idp::{OtpDelivery, Running};

use crate::support::{Answer, Browser, CITIZEN, OTHER, RelyingParty, frozen, start, start_with};

const PHONE: &str = "0900000001";

fn last(mock: &Running) -> String {
    mock.control().last_code(PHONE).unwrap()
}

/// A code that is certainly not the last one.
fn wrong(mock: &Running) -> String {
    let right: u32 = last(mock).parse().unwrap();
    format!("{:06}", (right + 1) % 1_000_000)
}

async fn try_password(portal: &RelyingParty, mock: &Running, username: &str, password: &str) -> Answer {
    portal.to_code_page(&mut Browser::new(mock), (username, password), &[]).await
}

#[tokio::test]
async fn d68_unknown_wrong_and_locked() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let text =
        |page: &Answer| page.body.split_once(r#"role="alert">"#).unwrap().1.split('<').next().unwrap().to_owned();
    let unknown = try_password(&portal, &mock, "001890999999", "GiaLap@0001").await;
    let wrong = try_password(&portal, &mock, CITIZEN.0, "GiaLap@0002").await;
    let closed_and_wrong = try_password(&portal, &mock, "033894000005", "GiaLap@0001").await;
    assert_eq!(text(&unknown), text(&wrong));
    assert_eq!(text(&unknown), text(&closed_and_wrong));
    // But for the QR code, which is a picture of its own every time.
    let length = |page: &Answer| page.body.split(r#"<section class="qr""#).next().unwrap().len();
    assert_eq!((unknown.status, length(&unknown)), (wrong.status, length(&wrong)));
    let closed = try_password(&portal, &mock, "033894000005", "GiaLap@0005").await;
    assert!(text(&closed).contains("bị khóa"));
    assert!(mock.control().sms().is_empty());
}

#[tokio::test]
async fn d69_many_wrong_passwords() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    // For a citizen and for a number that nobody has, alike.
    for username in [CITIZEN.0, "001890999999"] {
        for _ in 0..4 {
            let page = try_password(&portal, &mock, username, "wrong").await;
            assert!(page.body.contains("mật khẩu không đúng"));
        }
        let page = try_password(&portal, &mock, username, "wrong").await;
        assert!(page.body.contains("thử lại sau 15 phút"), "{}", page.body);
        let page = try_password(&portal, &mock, username, CITIZEN.1).await;
        assert!(page.body.contains("thử lại sau 15 phút"));
        assert_eq!(mock.control().locked_until(username), Some(mock.control().now().plus(Duration::from_secs(900))));
    }
    mock.control().advance(Duration::from_secs(900));
    assert!(try_password(&portal, &mock, CITIZEN.0, CITIZEN.1).await.body.contains(r#"name="otp""#));
    // Many at once are counted one by one.
    let tries = (0..40).map(|_| {
        let (portal, mock) = (portal.clone(), &mock);
        async move { try_password(&portal, mock, OTHER.0, "wrong").await }
    });
    for page in join(tries.collect()).await {
        assert!(!page.body.contains(r#"name="otp""#));
    }
    assert!(mock.control().locked_until(OTHER.0).is_some());
    mock.control().unlock(OTHER.0);
    assert!(try_password(&portal, &mock, OTHER.0, OTHER.1).await.body.contains(r#"name="otp""#));
    // Wrong codes count for the account, whichever login they belong to.
    mock.control().advance(Duration::from_secs(3600));
    let mut early = Browser::new(&mock);
    let under_way = portal.to_code_page(&mut early, CITIZEN, &[]).await;
    let right = last(&mock);
    for _ in 0..2 {
        let mut browser = Browser::new(&mock);
        let mut page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
        for _ in 0..5 {
            page = browser.submit(&page, &[("otp", &wrong(&mock))]).await;
        }
        assert!(page.body.contains("quá nhiều lần"));
    }
    assert!(try_password(&portal, &mock, CITIZEN.0, CITIZEN.1).await.body.contains("thử lại sau 15 phút"));
    // Nor does a login get through that had its code before the lock.
    assert!(early.submit(&under_way, &[("otp", &right)]).await.body.contains("thử lại sau 15 phút"));
}

async fn join<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        waiting.retain_mut(|future| match future.as_mut().poll(cx) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

#[tokio::test]
async fn d70_what_a_one_time_code_is() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..8 {
        try_password(&portal, &mock, CITIZEN.0, CITIZEN.1).await;
        seen.insert(last(&mock));
    }
    assert!(seen.len() >= 7 && seen.iter().all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())));
    for (age, good) in [(179, true), (180, false)] {
        let mut browser = Browser::new(&mock);
        let page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
        let code = last(&mock);
        mock.control().advance(Duration::from_secs(age));
        let answer = browser.submit(&page, &[("otp", &code)]).await;
        assert_eq!(answer.location().is_some(), good, "{age}");
        assert!(good || answer.body.contains("Mã OTP đã hết hiệu lực."));
    }
}

#[tokio::test]
async fn d71_wrong_foreign_and_used_codes() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let first = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
    let foreign = last(&mock);
    let mut page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
    let right = last(&mock);
    if foreign != right {
        page = browser.submit(&page, &[("otp", &foreign)]).await;
        assert!(page.body.contains("còn 4 lần thử"));
    }
    for left in (1..4).rev() {
        page = browser.submit(&page, &[("otp", &wrong(&mock))]).await;
        assert!(page.body.contains(&format!("còn {left} lần thử")), "{}", page.body);
    }
    for odd in ["", "abcdef", "１２３４５６"] {
        page = browser.submit(&page, &[("otp", odd)]).await;
    }
    assert!(page.body.contains("quá nhiều lần") && !page.body.contains(r#"name="otp""#));
    // Dead: the right code does not help any more, and the way back is a refusal.
    let page = browser.submit(&page, &[("otp", &right)]).await;
    assert_eq!(browser.submit(&page, &[("action", "cancel")]).await.redirected()["error"], "access_denied");
    // A code is good once: its own login took it, and no other login does.
    assert!(browser.submit(&first, &[("otp", &foreign)]).await.redirected().contains_key("code"));
    assert_eq!(browser.submit(&first, &[("otp", &foreign)]).await.status, 410);
    let other = portal.to_code_page(&mut Browser::new(&mock), CITIZEN, &[]).await;
    assert_eq!(Browser::new(&mock).submit(&other, &[("otp", &foreign)]).await.status, 410);
}

#[tokio::test]
async fn d72_sending_again() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let mut page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
    let first = last(&mock);
    mock.control().advance(Duration::from_secs(59));
    page = browser.submit(&page, &[("action", "resend")]).await;
    assert!(page.body.contains("chờ 1 giây"), "{}", page.body);
    mock.control().advance(Duration::from_secs(1));
    // To another phone, which counts as sending again.
    page = browser.submit(&page, &[("action", "other")]).await;
    page = browser.submit(&page, &[("action", "phone"), ("phone", "1")]).await;
    assert!(page.body.contains("090****011") && page.body.contains("Mã OTP mới đã được gửi."));
    assert!(mock.control().last_code("0900000011").is_some());
    for _ in 0..3 {
        mock.control().advance(Duration::from_secs(60));
        page = browser.submit(&page, &[("action", "resend")]).await;
        assert!(page.body.contains("Mã OTP mới đã được gửi."));
    }
    mock.control().advance(Duration::from_secs(60));
    page = browser.submit(&page, &[("action", "resend")]).await;
    assert!(page.body.contains("Không thể gửi thêm mã"));
    let current = mock.control().last_code("0900000011").unwrap();
    if first != current {
        page = browser.submit(&page, &[("otp", &first)]).await;
        assert!(page.body.contains("còn 4 lần thử"));
    }
    assert!(browser.submit(&page, &[("otp", &current)]).await.redirected().contains_key("code"));
}

#[tokio::test]
async fn d73_how_codes_arrive_or_fail_to() {
    let mock = start().await;
    frozen(&mock);
    let portal = RelyingParty::portal(&mock);
    // The gateway fails; sending again later works.
    mock.control().fault(Fault::new(Place::Sms, What::Status(500)).next(1));
    let mut browser = Browser::new(&mock);
    let page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
    assert!(page.body.contains("Không gửi được tin nhắn") && mock.control().sms().is_empty());
    mock.control().advance(Duration::from_secs(60));
    let page = browser.submit(&page, &[("action", "resend")]).await;
    assert!(browser.submit(&page, &[("otp", &last(&mock))]).await.redirected().contains_key("code"));
    // It is slow.
    mock.control().reset();
    frozen(&mock);
    mock.control().fault(Fault::new(Place::Sms, What::DelayMillis(20_000)).next(1));
    try_password(&portal, &mock, CITIZEN.0, CITIZEN.1).await;
    assert!(mock.control().sms().is_empty());
    mock.control().advance(Duration::from_secs(20));
    assert_eq!(mock.control().sms().len(), 1);
    // A portal's message, well and ill.
    let sent = portal.post("/sms", &[("phone", "+84900000077"), ("text", "Ma OTP: 001234")]).await;
    assert_eq!(sent.status, 201);
    let inbox = portal.get("/sms?phone=0900000077", &[]).await.json();
    assert_eq!((inbox[0]["code"].as_str(), inbox[0]["purpose"].as_str()), (Some("001234"), Some("portal")));
    assert_eq!(inbox[0].as_object().unwrap().len(), 4);
    mock.control().fault(Fault::new(Place::Sms, What::Close).next(1));
    let failed = portal.post("/sms", &[("phone", "0900000077"), ("text", "1234")]).await;
    assert_eq!((failed.status.as_u16(), failed.json()["error"].as_str()), (502, Some("DELIVERY_ERROR")));
    assert_eq!(portal.post("/sms", &[("text", "1234")]).await.status, 400);
    // Shown on the page, and always the same.
    let shown = start_with(|builder| builder.otp_delivery(OtpDelivery::OnPage)).await;
    let page = try_password(&RelyingParty::portal(&shown), &shown, CITIZEN.0, CITIZEN.1).await;
    assert!(page.body.contains(&last(&shown)));
    let fixed = start_with(|builder| builder.otp_delivery(OtpDelivery::Static("123450".to_owned()))).await;
    try_password(&RelyingParty::portal(&fixed), &fixed, CITIZEN.0, CITIZEN.1).await;
    assert_eq!(last(&fixed), "123450");
}

#[tokio::test]
async fn d74_codes_and_phones_are_not_shown_where_they_do_not_belong() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let page = portal.to_code_page(&mut browser, CITIZEN, &[]).await;
    let code = last(&mock);
    assert!(page.body.contains("090****001") && !page.body.contains(PHONE) && !page.body.contains(&code));
    let choice = browser.submit(&page, &[("action", "other")]).await;
    assert!(!choice.body.contains("0900000011"));
    let page = browser.submit(&choice, &[("action", "back")]).await;
    let back = browser.submit_once(&page, &[("otp", &code)]).await;
    assert!(!back.location().unwrap().contains(&code));
    let back = browser.get(&back.location().unwrap()).await;
    assert!(!back.location().unwrap().contains(&code));
    let journal = serde_json::to_string(&mock.control().journal()).unwrap();
    for secret in [code.as_str(), PHONE, CITIZEN.0, CITIZEN.1, "a-state", "a-nonce"] {
        assert!(!journal.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn d76_web_login_off_and_level_too_low() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let off = ("038993000004", "GiaLap@0004");
    let back = portal.log_in(&mock, &mut browser, off, &[]).await.redirected();
    assert_eq!(back["error"], "access_denied");
    assert_eq!((back["error_description"].as_str(), back["state"].as_str()), ("web_login_not_permitted", "a-state"));
    // It left no session behind.
    let back = browser.get(&portal.url(&[("prompt", "none")])).await.redirected();
    assert_eq!(back["error"], "login_required");
    // Switched off while logged in.
    portal.tokens(&mock, &mut browser, &[]).await;
    mock.control().edit_citizen(CITIZEN.0, |citizen| citizen.web_login = false);
    let back = browser.get(&portal.url(&[])).await.redirected();
    assert_eq!(back["error_description"], "web_login_not_permitted");
    let level_1 = ("038892000003", "GiaLap@0003");
    let back = portal.log_in(&mock, &mut Browser::new(&mock), level_1, &[("acr_values", "LoA2")]).await.redirected();
    let tokens = portal.redeem(&back["code"]).await.json();
    assert_eq!(crate::support::claims_of(tokens["id_token"].as_str().unwrap())["acr"], "LoA1");
}
