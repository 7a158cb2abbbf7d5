//! Sealed codes come in a query that anyone can write: how many of them may fail to open.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde_json::json;
use vneid_auth::portal::Portal;
use vneid_auth::provider::{Envelope, EnvelopeKey, Environment, ProviderConfig};
use vneid_auth::web::Body;

use crate::browser::{Browser, problem};
use crate::seal::{Cipher, KEY, Seal};
use crate::world::{FakeHttp, Reply};

const CALLBACK: &str = "/auth/callback/vneid";
/// As the policy's documentation says.
const ALLOWED: usize = 30;

fn portal(http: &Arc<FakeHttp>) -> Portal {
    let envelope = Envelope::new(EnvelopeKey::from_pem(&KEY.into()).unwrap());
    let config = ProviderConfig::vneid_sealed("vneid", Environment::Production, "portal", envelope)
        .client_secret("portal-secret".into())
        .token_url("https://vneid.example/token")
        .userinfo_url("https://vneid.example/userinfo")
        .logout_url("https://vneid.example/logout");
    http.set("https://vneid.example/token", Reply::json(&json!({"access_token": "at", "token_type": "Bearer"})));
    let person = json!({"citizenPid": "001890000001", "accountType": 1, "accountLevel": 2});
    http.set("https://vneid.example/userinfo", Reply::json(&person));
    crate::browser::portal(config, http.clone())
}

fn sealed(code: &str) -> String {
    let (code, key) = Seal::new(Cipher::Ecb).seal(code.as_bytes());
    format!("code={code}&encrypt_key={key}")
}

async fn login(browser: &mut Browser<'_>, parameters: &str) -> Response<Body> {
    let asked = browser.start("vneid").await;
    browser.come_back(CALLBACK, parameters, &asked).await
}

#[tokio::test]
async fn sealed_codes_that_do_not_open_are_counted_by_address() {
    let http = Arc::new(FakeHttp::default());
    let portal = portal(&http);
    let mut guesser = Browser::at(&portal, [198, 51, 100, 1].into());
    let good = sealed("a-code");
    for _ in 0..ALLOWED {
        let refused = login(&mut guesser, "code=AAAA&encrypt_key=AAAA").await;
        assert_eq!((refused.status(), problem(refused).as_str()), (StatusCode::BAD_GATEWAY, "profile_invalid"));
    }
    assert!(http.addresses().is_empty(), "nothing was sent for a code that does not open");
    // Not even a good one is opened now, so that nobody learns from it which it was.
    for parameters in ["code=AAAA&encrypt_key=AAAA", &good] {
        let waits = login(&mut guesser, parameters).await;
        assert_eq!(waits.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(waits.headers().contains_key("retry-after"));
        assert_eq!(problem(waits), "too_many_requests");
    }
    assert!(http.addresses().is_empty());
    let mut other = Browser::at(&portal, [198, 51, 100, 2].into());
    assert_eq!(login(&mut other, &good).await.status(), StatusCode::SEE_OTHER);
    assert!(other.citizen().await.is_some());
}

#[tokio::test]
async fn only_sealed_codes_that_do_not_open_are_counted() {
    let http = Arc::new(FakeHttp::default());
    let portal = portal(&http);
    let mut browser = Browser::new(&portal);
    // A provider that is down, and one that is no longer.
    let down = Reply::Answer { status: 503, content_type: "text/plain".into(), body: String::new() };
    http.set("https://vneid.example/token", down);
    for _ in 0..=ALLOWED {
        assert_eq!(problem(login(&mut browser, &sealed("a-code")).await), "provider_unavailable");
    }
    http.set("https://vneid.example/token", Reply::json(&json!({"access_token": "at", "token_type": "Bearer"})));
    assert_eq!(login(&mut browser, &sealed("a-code")).await.status(), StatusCode::SEE_OTHER);
}
