//! Nothing that is printed shows a secret or a person: a citizen logs in and out with everything logged, and what was
//! printed is searched for every value that was used. A binary of its own, since a log belongs to the whole process.

use std::io::Write;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use reqwest::Method;
use tracing_subscriber::fmt::MakeWriter;
use vneid_auth::audit::LogAudit;
use vneid_auth::provider::{HttpClient, HttpFailure, ReqwestClient};
use vneid_auth::sms::MemorySms;
use vneid_contract_tests::dialects::DIALECTS;
use vneid_contract_tests::held_world::{TYPED, encoded, held_at, held_cookies};
use vneid_contract_tests::{Browser, Page, World, WorldBuilder};
use vneid_mock_idp::Citizen;
use vneid_mock_idp::fault::{ClaimFault, Fault, Place, SealedFault, What};

/// Everything that was printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Printed {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Notes what goes between portal and provider: there the tokens are.
struct Listening {
    client: ReqwestClient,
    heard: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl HttpClient for Listening {
    async fn send(&self, request: http::Request<bytes::Bytes>) -> Result<http::Response<bytes::Bytes>, HttpFailure> {
        self.heard.lock().unwrap().push(String::from_utf8_lossy(request.body()).into_owned());
        let response = self.client.send(request).await?;
        self.heard.lock().unwrap().push(String::from_utf8_lossy(response.body()).into_owned());
        Ok(response)
    }
}

#[tokio::test]
async fn c70_c167_nothing_printed_shows_a_secret_or_a_person() {
    let printed = Printed::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(printed.clone())
        .init();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sms = Arc::new(MemorySms::new());
    let world = listened_to(World::builder(), &heard, &sms).start().await;
    let citizen = world.citizen();
    let mut secrets: Vec<(String, String)> = Vec::new();
    let mut note = |what: &str, value: &str| secrets.push((what.to_owned(), value.to_owned()));

    let mut browser = Browser::new();
    browser.open(&world.url("/ho-so")).await;
    browser.submit(&[("username", &citizen.username), ("password", &citizen.password)]).await;
    let otp = world.code(&citizen.phones[0]).await;
    browser.submit(&[("otp", &otp)]).await;
    assert!(browser.page().body.contains("Xin chào"));
    for (name, value) in browser.cookies("127.0.0.1") {
        note(&format!("cookie {name}"), value.split('.').next_back().unwrap());
    }
    // A phone is confirmed by a code of the portal's own, after a wrong one and a number that is none.
    browser.open(&world.url("/auth/phones")).await;
    browser.submit(&[("phone", &format!("{}0", citizen.phones[0]))]).await;
    browser.press("Xác minh").await;
    let (_, message) = sms.sent().pop().unwrap();
    let is_code = |part: &&str| part.len() == 6;
    let portal_s_code = message.expose().split(|c: char| !c.is_ascii_digit()).find(is_code).unwrap().to_owned();
    browser.submit(&[("code", "wrong-code-typed")]).await;
    browser.submit(&[("code", &portal_s_code)]).await;
    assert!(browser.page().text().contains("Đã xác minh"), "{}", browser.page().text());
    held_forms(&world, &mut browser).await;
    // What goes wrong is printed as well: a replayed callback, a provider's refusal, a login with a wrong password.
    let callback =
        browser.trail.iter().find(|page| page.url.path().starts_with("/auth/callback/")).unwrap().url.clone();
    browser.open(callback.as_str()).await;
    browser
        .open(&world.url(&format!("/auth/callback/vneid?error={}&state=never-a-state-of-ours", citizen.phones[0])))
        .await;
    browser.open(&world.url("/auth/login/vneid?fresh=1")).await;
    browser.submit(&[("username", &citizen.username), ("password", "Sai-mat-khau-1")]).await;
    let url = world.url("/auth/logout").parse().unwrap();
    let logout = browser.send(Method::POST, url, Some(vec![]), "same-origin").await.location().unwrap();
    browser.open(logout.as_str()).await;

    let national = in_every_dialect(&heard, &citizen).await;

    note("OTP", &otp);
    note("the portal's OTP", &portal_s_code);
    note("a mistyped OTP", "wrong-code-typed");
    note("the message", message.expose());
    for (name, value) in TYPED.into_iter().filter(|(_, value)| value.len() > 10) {
        note(&format!("typed {name}"), value);
        note(&format!("typed {name}"), &encoded(&[(name, value)]));
    }
    note("id number", citizen.citizen_id.as_deref().unwrap());
    note("name", &citizen.full_name);
    note("password", &citizen.password);
    note("client secret", "portal-demo-secret");
    for phone in &citizen.phones {
        note("phone", phone);
        note("phone", &format!("+84{}", &phone[1..]));
    }
    for page in browser.trail.iter().chain(&national) {
        let plus = page.url.query().unwrap_or_default().replace('+', "%2B");
        for (name, value) in url::form_urlencoded::parse(plus.as_bytes()) {
            let secret = ["code", "state", "nonce", "code_challenge", "id_token_hint", "encrypt_key", "token_id"];
            if secret.contains(&name.as_ref()) {
                note(&name, &value);
            }
        }
    }
    for body in heard.lock().unwrap().iter() {
        for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
            if matches!(name.as_ref(), "code" | "code_verifier" | "encrypt_key") {
                note(&name, &value);
            }
        }
        if let Ok(answer) = serde_json::from_str::<serde_json::Value>(body) {
            let answers = ["access_token", "id_token", "refresh_token", "data", "key"];
            for name in answers.into_iter().chain(["TechID", "logoutUri", "userProfileUri", "SoDinhDanh", "HoVaTen"]) {
                if let Some(value) = answer[name].as_str() {
                    note(name, value);
                }
            }
        }
    }
    let national = ["encrypt_key", "token_id", "data", "key", "TechID", "logoutUri", "userProfileUri"];
    for wanted in ["access_token", "id_token", "code", "code_verifier", "state", "nonce"].into_iter().chain(national) {
        assert!(secrets.iter().any(|(what, _)| what == wanted), "the test saw no {wanted}");
    }

    let mut everything = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
    everything.push_str(&format!("{:?}", citizen_of(&world, &mut browser).await));
    assert!(everything.contains("audit") && everything.len() > 10_000, "the log was on: {} bytes", everything.len());
    let leaks: Vec<String> = secrets
        .iter()
        .filter_map(|(what, value)| {
            let at = everything.find(value.as_str())?;
            let line = everything[..at].rfind('\n').map_or(0, |at| at + 1);
            Some(format!("{what} in: {}", everything[line..].lines().next().unwrap_or_default()))
        })
        .collect();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// Forms that are interrupted, shown, sent, refused for their size and dropped, and one of another browser.
async fn held_forms(world: &World, browser: &mut Browser) {
    let mut nobody = Browser::new();
    let fields = || Some(TYPED.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
    for path in ["/don", "/don-rieng", "/don"] {
        let page = nobody.send(Method::POST, world.url(path).parse().unwrap(), fields(), "same-origin").await;
        let held = held_at(&page).expect("a held form");
        for (name, value) in held_cookies(&nobody) {
            browser.plant("127.0.0.1", &name, &value);
        }
        browser.open(&world.url(&held)).await;
        world.portal.desk.answer_next(500);
        for _ in 0..3 {
            if browser.page().url.path() == held && browser.page().body.contains("Gửi tiếp") {
                browser.clone().press("Gửi tiếp").await;
            }
        }
        nobody.open(&world.url(&format!("{held}/remove"))).await;
    }
    let large = vec![("noi_dung".to_owned(), TYPED[1].1.repeat(5000))];
    nobody.send(Method::POST, world.url("/don").parse().unwrap(), Some(large), "same-origin").await;
    assert!(!world.portal.desk.taken().is_empty());
}

fn listened_to(world: WorldBuilder, heard: &Arc<Mutex<Vec<String>>>, sms: &Arc<MemorySms>) -> WorldBuilder {
    let client = Listening { client: ReqwestClient::builder().build().unwrap(), heard: heard.clone() };
    let sms = sms.clone();
    world.portal(move |builder| builder.http_client(Arc::new(client)).audit(Arc::new(LogAudit)).sms(sms))
}

/// In and out through every realm, and once with an answer that is refused: all the pages on the way.
async fn in_every_dialect(heard: &Arc<Mutex<Vec<String>>>, citizen: &Citizen) -> Vec<Page> {
    let world = listened_to(World::builder().realms(&DIALECTS), heard, &Arc::default()).start().await;
    let mut trail = Vec::new();
    for provider in DIALECTS {
        for wrong in [None, Some(What::Claim(ClaimFault::BirthDateNoDate)), Some(What::Sealed(SealedFault::WrongKey))] {
            let mut browser = Browser::new();
            world.mock.control().clear_faults();
            if let Some(wrong) = wrong {
                world.mock.control().fault(Fault::new(Place::Userinfo, wrong));
            }
            browser.open(&world.url(&format!("/auth/login/{provider}"))).await;
            if provider == "dvcqg" {
                browser.press("Tài khoản VNeID").await;
            }
            world.log_in(&mut browser, citizen).await;
            let logout = world.url("/auth/logout").parse().unwrap();
            if let Some(onward) = browser.send(Method::POST, logout, Some(vec![]), "same-origin").await.location() {
                browser.open(onward.as_str()).await;
            }
            trail.append(&mut browser.trail);
        }
    }
    trail
}

/// The citizen as a handler sees them, to be printed.
async fn citizen_of(world: &World, browser: &mut Browser) -> impl std::fmt::Debug + use<> {
    browser.open(&world.url("/ho-so")).await;
    world.log_in(browser, &world.citizen()).await;
    let cookies: Vec<String> =
        browser.cookies("127.0.0.1").iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = http::Request::get("/").header("cookie", cookies.join("; ")).body(()).unwrap();
    let citizen = world.portal.portal.citizen(&request.into_parts().0, None).await.ok().flatten();
    citizen.expect("somebody is logged in")
}
