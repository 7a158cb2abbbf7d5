//! A portal that sends one-time codes: two citizens, an inbox, and as many instances over one store as a case needs.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use vneid_auth::identity::PhoneNumber;
use vneid_auth::portal::{Policy, PortalBuilder};
use vneid_auth::secret::Secret;
use vneid_auth::sms::{MemorySms, SmsFailed, SmsGateway};

use crate::faulty::Faulty;
use crate::plain::{Bent, Plain};
use crate::portal::RunningPortal;
use crate::{Browser, Page, SimClock};

/// The phone that the provider states for the first citizen.
pub const STATED: &str = "0900000289";

/// A gateway that a test reads, and that fails when a test says so.
#[derive(Default)]
pub struct Inbox {
    sent: MemorySms,
    fails: Mutex<Option<SmsFailed>>,
}

#[async_trait]
impl SmsGateway for Inbox {
    async fn send(&self, to: &PhoneNumber, text: &Secret) -> Result<(), SmsFailed> {
        let fails = self.fails.lock().unwrap().clone();
        match fails {
            Some(failed) => Err(failed),
            None => self.sent.send(to, text).await,
        }
    }
}

impl Inbox {
    /// From now on it fails like this, or works.
    pub fn set(&self, fails: Option<SmsFailed>) {
        *self.fails.lock().unwrap() = fails;
    }

    /// Everything that was sent: to whom, and what.
    pub fn all(&self) -> Vec<(String, String)> {
        let sent = self.sent.sent().into_iter();
        sent.map(|(phone, text)| (phone.expose().to_owned(), text.expose().to_owned())).collect()
    }

    /// The newest code that a phone got.
    pub fn code(&self, phone: &str) -> String {
        let (_, text) =
            self.all().into_iter().rfind(|(to, _)| to == phone).unwrap_or_else(|| panic!("none for {phone}"));
        let digits = |part: &&str| part.len() == 6 && part.bytes().all(|b| b.is_ascii_digit());
        text.split(|c: char| !c.is_ascii_digit()).find(digits).unwrap().to_owned()
    }
}

/// The world.
pub struct CodesWorld {
    pub clock: SimClock,
    pub parts: Arc<Faulty>,
    pub inbox: Arc<Inbox>,
    pub portal: RunningPortal,
    policy: Policy,
    providers: Vec<(&'static str, Plain)>,
}

/// The first citizen's provider states [`STATED`], the second's states no phone, the third logs the first citizen in
/// through another provider.
fn citizens() -> [(&'static str, Bent); 3] {
    let stated = |claims: &mut Value| claims["phone_number"] = json!("+84900000289");
    let other = |claims: &mut Value| claims["sub"] = json!("plain-2");
    let other_userinfo = |claims: &mut Value| {
        claims["sub"] = json!("plain-2");
        claims["name"] = json!("Trần Văn Khác");
        claims["citizen_id"] = json!("001801000002");
    };
    [
        ("plain", Bent { userinfo: stated, ..Bent::default() }),
        ("khac", Bent { claims: other, userinfo: other_userinfo, ..Bent::default() }),
        ("lai", Bent { userinfo: stated, ..Bent::default() }),
    ]
}

impl CodesWorld {
    pub async fn start() -> Self {
        Self::with(Policy::default()).await
    }

    pub async fn with(policy: Policy) -> Self {
        let clock = SimClock::default();
        let mut providers = Vec::new();
        for (name, bent) in citizens() {
            providers.push((name, Plain::bent(clock.clone(), bent).await));
        }
        let (parts, inbox) = (Arc::new(Faulty::new(clock.clone())), Arc::new(Inbox::default()));
        let portal = instance(&clock, &parts, &inbox, policy, &providers).await;
        Self { clock, parts, inbox, portal, policy, providers }
    }

    /// One more instance of the portal, over the same store, limits and accounts.
    pub async fn another_instance(&self) -> RunningPortal {
        instance(&self.clock, &self.parts, &self.inbox, self.policy, &self.providers).await
    }

    pub fn url(&self, path: &str) -> String {
        self.portal.url(path)
    }

    /// A browser in which somebody is logged in through this provider.
    pub async fn logged_in(&self, provider: &str) -> Browser {
        let mut browser = Browser::new();
        let page = browser.open(&self.url(&format!("/auth/login/{provider}?return_to=/ho-so"))).await;
        assert!(page.body.contains("Xin chào"), "{page:?}");
        browser
    }

    /// The same browser at another instance, as a load balancer would have it. Cookies over http carry the port.
    pub fn at(&self, browser: &Browser, other: &RunningPortal) -> Browser {
        let (port, theirs) = (port(&self.portal), port(other));
        let mut browser = browser.clone();
        for (name, value) in browser.cookies("127.0.0.1") {
            browser.plant("127.0.0.1", &name.replace(&port, &theirs), &value);
        }
        browser
    }

    pub async fn post(&self, browser: &mut Browser, path: &str, body: Value) -> Page {
        browser.send_json(Method::POST, &self.url(path), &body).await
    }

    /// The account's phones, as the route tells them.
    pub async fn phones(&self, browser: &mut Browser) -> Vec<Value> {
        browser.fetch(&self.url("/auth/phones")).await.json().as_array().unwrap().clone()
    }

    /// The id of the account's phone that is masked like this one.
    pub async fn phone_id(&self, browser: &mut Browser, phone: &str) -> String {
        let masked = format!("{}****{}", &phone[..3], &phone[7..]);
        let phones = self.phones(browser).await;
        let found = phones.iter().find(|phone| phone["masked"] == masked.as_str());
        found.unwrap_or_else(|| panic!("no {masked} in {phones:?}"))["id"].as_str().unwrap().to_owned()
    }

    /// Asks for a code.
    pub async fn ask(&self, browser: &mut Browser, purpose: &str, phone: &str) -> Page {
        let id = self.phone_id(browser, phone).await;
        self.post(browser, "/auth/otp", json!({ "purpose": purpose, "phone_id": id })).await
    }

    /// Asks for a code that comes: the challenge's id.
    pub async fn challenge(&self, browser: &mut Browser, purpose: &str, phone: &str) -> String {
        let page = self.ask(browser, purpose, phone).await;
        assert_eq!(page.status.as_u16(), 201, "{page:?}");
        page.json()["id"].as_str().unwrap().to_owned()
    }

    /// Types a code.
    pub async fn verify(&self, browser: &mut Browser, id: &str, code: &str) -> Page {
        self.post(browser, &format!("/auth/otp/{id}/verify"), json!({ "code": code })).await
    }

    /// Adds a phone and confirms it.
    pub async fn confirm(&self, browser: &mut Browser, phone: &str) {
        let added = self.post(browser, "/auth/phones", json!({ "phone": phone })).await;
        assert_eq!(added.status.as_u16(), 201, "{added:?}");
        let id = self.challenge(browser, "verify_phone", phone).await;
        let page = self.verify(browser, &id, &self.inbox.code(phone)).await;
        assert_eq!(page.status.as_u16(), 200, "{page:?}");
    }
}

/// The status of an answer and its problem's code.
pub fn said(page: &Page) -> (u16, String) {
    let code = serde_json::from_str::<Value>(&page.body).map_or(Value::Null, |body| body["code"].clone());
    (page.status.as_u16(), code.as_str().unwrap_or_default().to_owned())
}

/// A code that is not this one.
pub fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn port(portal: &RunningPortal) -> String {
    portal.base.rsplit(':').next().unwrap().to_owned()
}

async fn instance(
    clock: &SimClock,
    parts: &Arc<Faulty>,
    inbox: &Arc<Inbox>,
    policy: Policy,
    providers: &[(&'static str, Plain)],
) -> RunningPortal {
    let (parts, inbox) = (parts.clone(), inbox.clone());
    RunningPortal::start(clock.clone(), |builder: PortalBuilder| {
        let builder = builder.store(parts.clone()).limits(parts.clone()).accounts(parts.clone()).randomness(parts);
        let builder = builder.sms(inbox).policy(policy);
        providers.iter().fold(builder, |builder, (name, plain)| builder.provider(plain.config(name)))
    })
    .await
}
