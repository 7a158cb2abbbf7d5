//! Settings that can never work, a registry that is slow, a gateway's token, and the record of each look-up.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use vneid_auth::error::RandomnessFailed;
use vneid_auth::http::{HttpClient, HttpFailure};
use vneid_auth::random::Randomness;
use vneid_auth::registry::population::{AccessObject, Gateway, PopulationClient, PopulationConfig, Service};
use vneid_auth::registry::{
    Inquiry, Nonsense, Officer, Outcome, PopulationRegistry as _, Purpose, RegistryUnavailable,
};
use vneid_auth::secret::Secret;

use super::{
    AXIS, GATEWAY, StandingClock, TOKEN, Wire, ask, axis, claim, client, config, flat_json, golden, officer,
    soap_as_text, soap_in_json,
};

const DAY: &str = "2390-01-31";

#[test]
fn settings_that_can_never_work_are_refused_by_name() {
    use Service::{Record, Verify};
    let at = |url: &str| PopulationConfig::new(url, axis(), Record, officer());
    let user = |user: &str, secret: &str| config(Gateway::Axis { user: user.into(), secret: secret.into() }, Record);
    let access = |key: &str, token_url: &str| {
        let key = Secret::from(key);
        let access = AccessObject {
            access_key: key.clone(),
            secret_key: key,
            app_name: String::new(),
            partner_code: String::new(),
            partner_code_cus: String::new(),
        };
        let gateway = Gateway::SoapInJson { token_url: token_url.into(), access, user: "u".into(), secret: "s".into() };
        config(gateway, Record)
    };
    let flat = |bearer: &str, name: &str| {
        config(Gateway::FlatJson { bearer: bearer.into(), user_name_service: name.into() }, Record)
    };
    let cases = vec![
        ("url", at("")),
        ("url", at("lgsp.example")),
        ("url", at("http://lgsp.example/")),
        ("url", at("https://so-tttt:hunter2@lgsp.example/")),
        ("url", at("https://lgsp.example/#a")),
        ("url", at("ftp://127.0.0.1/")),
        ("hashed_url", at(AXIS).hashed_url("hunter2")),
        ("hashed_url", config(flat_json(), Record).hashed_url(AXIS)),
        ("user", user("", "s")),
        ("user", user("a:b", "s")),
        ("user", user("a\nb", "s")),
        ("secret", user("u", "")),
        ("token_url", access("k", "http://lgsp.example/token")),
        ("access", access("", TOKEN)),
        ("user_name_service", flat("t", "")),
        ("bearer", flat("", "S")),
        ("bearer", flat("hunter2\n", "S")),
        ("bearer", config(Gateway::SoapAsText { bearer: Some("hunter2\r\na: b".into()) }, Record)),
        ("x_road_client", at(AXIS).x_road_client("")),
        ("x_road_client", at(AXIS).x_road_client("a\r\nb: c")),
        ("x_road_client", at(AXIS).x_road_client("cổng")),
        ("api_key", at(AXIS).api_key("hunter2\n".into())),
        ("procedure", at(AXIS).procedure("")),
        ("procedure", at(AXIS).procedure("a\u{0}")),
        ("service_code", at(AXIS).service_code("")),
        ("deceased", at(AXIS).deceased("", "1")),
        ("deceased", at(AXIS).deceased("a b", "1")),
        ("deceased", at(AXIS).deceased("HoVaTen", "1")),
        ("deceased", at(AXIS).deceased("TrangThai", "")),
        ("deceased", config(axis(), Verify).deceased("TrangThai", "1")),
        ("patience", at(AXIS).patience(Duration::ZERO)),
    ];
    for (setting, config) in cases {
        let shown = format!("{config:?}");
        let error = client(config, Wire::answering(Err(HttpFailure::Connect))).unwrap_err();
        assert_eq!(error.setting(), setting, "{shown}");
        assert!(error.to_string().contains(setting) && !error.to_string().contains("hunter2"), "{error}");
    }
    for good in [at("http://127.0.0.1:9000/population"), config(soap_as_text(), Verify), config(soap_in_json(), Record)]
    {
        let shown = format!("{:?}", client(good, Wire::answering(Err(HttpFailure::Connect))).unwrap());
        assert!(!shown.contains("not-a-real") && !shown.contains("key-1"), "{shown}");
    }
}

/// Never answers.
struct Silence;

#[async_trait]
impl HttpClient for Silence {
    async fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpFailure> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn d77_a_registry_that_does_not_answer_is_waited_for_no_longer_than_the_settings_say() {
    let config = config(axis(), Service::Record).patience(Duration::from_millis(50));
    let client =
        PopulationClient::new(config, Arc::new(Silence), Arc::new(StandingClock), Arc::new(super::Sevens)).unwrap();
    let (claim, inquiry) = (claim(DAY), Inquiry::new(Purpose::Linking));
    let looked_up = tokio::time::timeout(Duration::from_secs(10), client.check(&claim, &inquiry)).await;
    let looked_up = looked_up.expect("no longer than the settings say");
    assert_eq!(looked_up.answer, Err(RegistryUnavailable::Http(HttpFailure::Timeout)));
    assert_eq!((looked_up.outcome(), looked_up.record.service.as_str()), (Outcome::Unavailable, "037"));
}

/// Has none to give.
struct Dry;

impl Randomness for Dry {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessFailed> {
        Err(RandomnessFailed)
    }
}

#[tokio::test]
async fn without_randomness_nothing_is_asked() {
    let wire = Wire::answering(Ok((200, Bytes::new())));
    let config = config(axis(), Service::Record);
    let client = PopulationClient::new(config, wire.clone(), Arc::new(StandingClock), Arc::new(Dry)).unwrap();
    let looked_up = client.check(&claim(DAY), &Inquiry::new(Purpose::Linking)).await;
    assert_eq!(looked_up.answer, Err(RegistryUnavailable::Request));
    assert!(wire.sent().is_empty());
}

#[tokio::test]
async fn a_look_up_can_be_answered_for_whatever_came_of_it() {
    let at_counter = Officer::new("001890000042").unwrap().unit("DV-01").unwrap();
    let inquiry = Inquiry::new(Purpose::Updating).account("a-1".into()).officer(at_counter);
    let inquiry = inquiry.procedure("1.004194").unwrap();
    for (status, outcome) in [(200, Outcome::AgreesByYear), (500, Outcome::Unavailable)] {
        let record = std::fs::read(golden("answers/record.xml")).unwrap();
        let wire = Wire::answering(Ok((status, record.into())));
        let client = client(config(axis(), Service::Record), wire).unwrap();
        let looked_up = client.check(&claim("2390"), &inquiry).await;
        assert_eq!(looked_up.outcome(), outcome);
        let kept = serde_json::to_value(&looked_up.record).unwrap();
        assert_eq!(
            kept,
            serde_json::json!({
                "request_id": "1800000000123000007",
                "procedure": "1.004194",
                "service": "037",
                "officer": "********0042",
                "unit": "DV-01",
                "purpose": "updating",
                "account": "a-1",
            })
        );
    }
}

#[tokio::test]
async fn a_gateway_s_token_is_kept_while_it_is_good() {
    let wire = Wire::answering(Ok((200, std::fs::read(golden("answers/record.xml")).unwrap().into())));
    let gateway = client(config(soap_in_json(), Service::Record), wire.clone()).unwrap();
    for _ in 0..3 {
        assert!(gateway.check(&claim(DAY), &Inquiry::new(Purpose::Linking)).await.answer.is_ok());
    }
    let to = |url: &str| wire.sent().iter().filter(|sent| sent.starts_with(&format!("POST {url}\n"))).count();
    assert_eq!((to(TOKEN), to(GATEWAY)), (1, 3));

    // One that is in its last minute, or of which nobody says how long it is good, is good for this look-up alone.
    for brief in [
        r#"{"access_token":"a-fetched-token","expires_in":60}"#,
        r#"{"access_token":"a-fetched-token"}"#,
        r#"{"access_token":"a-fetched-token","expires_in":"soon"}"#,
    ] {
        let mut wire = Wire::answering(Ok((200, std::fs::read(golden("answers/record.xml")).unwrap().into())));
        Arc::get_mut(&mut wire).unwrap().token = (200, brief);
        let gateway = client(config(soap_in_json(), Service::Record), wire.clone()).unwrap();
        for _ in 0..2 {
            assert!(gateway.check(&claim(DAY), &Inquiry::new(Purpose::Linking)).await.answer.is_ok());
        }
        assert_eq!(
            wire.sent().iter().filter(|sent| sent.starts_with(&format!("POST {TOKEN}\n"))).count(),
            2,
            "{brief}"
        );
    }

    // A gateway that no longer takes it gets a new one at the next look-up, and no second try at this one.
    let wire = Wire::answering(Ok((401, Bytes::new())));
    let gateway = client(config(soap_in_json(), Service::Record), wire.clone()).unwrap();
    for _ in 0..2 {
        let looked_up = gateway.check(&claim(DAY), &Inquiry::new(Purpose::Linking)).await;
        assert_eq!(looked_up.answer, Err(RegistryUnavailable::CredentialsRefused(401)));
    }
    assert_eq!(wire.sent().len(), 4);
}

#[tokio::test]
async fn a_gateway_that_gives_no_token_is_not_asked() {
    for (token, why) in [
        ((401, ""), RegistryUnavailable::CredentialsRefused(401)),
        ((503, ""), RegistryUnavailable::Status(503)),
        ((200, "<html>"), RegistryUnavailable::Nonsense(Nonsense::NotJson)),
        ((200, "{}"), RegistryUnavailable::Nonsense(Nonsense::Unexpected)),
        ((200, r#"{"access_token":""}"#), RegistryUnavailable::Nonsense(Nonsense::Unexpected)),
        ((200, r#"{"access_token":"a","access_token":"b"}"#), RegistryUnavailable::Nonsense(Nonsense::Unexpected)),
    ] {
        let mut wire = Wire::answering(Ok((200, Bytes::new())));
        Arc::get_mut(&mut wire).unwrap().token = token;
        let looked_up = ask(config(soap_in_json(), Service::Record), wire.clone(), &claim(DAY)).await;
        assert_eq!(looked_up.answer, Err(why), "{token:?}");
        assert_eq!(wire.sent().len(), 1, "{token:?}");
    }
}
