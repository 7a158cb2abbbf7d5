//! The population database over HTTP: its client against the mock's service and gateways, each citizen and each fault;
//! and what becomes of it at the portal.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use vneid_auth::http::{HttpFailure, ReqwestClient};
use vneid_auth::portal::Policy;
use vneid_auth::random::SystemRandomness;
use vneid_auth::registry::population::{
    AccessObject, Gateway, PopulationClient, PopulationConfig, Service, TimestampUnit,
};
use vneid_auth::registry::{
    Answer, Claim, Inquiry, LookUp, Nonsense, Officer, PopulationRegistry as _, Purpose, RegistryUnavailable,
};
use vneid_auth::time::SystemClock;
use vneid_contract_tests::Page;
use vneid_contract_tests::accounts_world::{AccountsWorld, card, claim, who};
use vneid_contract_tests::codes_world::said;
use vneid_mock_idp::fault::{Fault, Place, PopulationFault, What};
use vneid_mock_idp::{MockIdp, Running};

const USER: &str = "portal-demo";
const SECRET: &str = "portal-demo-secret";
const GATEWAYS: [&str; 4] = ["axis", "soap-in-json", "flat-json", "soap-as-text"];

async fn mock() -> Running {
    MockIdp::builder().start().await.unwrap()
}

fn config(mock: &Running, gateway: &str, service: Service) -> PopulationConfig {
    let kind = match gateway {
        "axis" => Gateway::Axis { user: USER.into(), secret: SECRET.into() },
        "soap-in-json" => Gateway::SoapInJson {
            token_url: mock.realm("population/soap-in-json/token"),
            access: AccessObject {
                access_key: USER.into(),
                secret_key: SECRET.into(),
                app_name: "cổng".into(),
                partner_code: "P-1".into(),
                partner_code_cus: "C-1".into(),
            },
            user: USER.into(),
            secret: SECRET.into(),
        },
        "flat-json" => Gateway::FlatJson { bearer: SECRET.into(), user_name_service: USER.into() },
        _ => Gateway::SoapAsText { bearer: None },
    };
    let officer = Officer::new("cong-dvc").unwrap();
    let config = PopulationConfig::new(mock.realm(&format!("population/{gateway}")), kind, service, officer);
    match service {
        Service::Record => config.deceased("TrangThai", "DA_MAT"),
        _ => config,
    }
}

fn client(config: PopulationConfig) -> PopulationClient {
    let http = ReqwestClient::builder().timeouts(Duration::from_secs(2), Duration::from_secs(3)).build().unwrap();
    PopulationClient::new(config, Arc::new(http), Arc::new(SystemClock), Arc::new(SystemRandomness)).unwrap()
}

async fn ask(config: PopulationConfig, claim: &Claim) -> LookUp {
    client(config).check(claim, &Inquiry::new(Purpose::Linking)).await
}

fn told(looked_up: &LookUp) -> String {
    match &looked_up.answer {
        Ok(Answer::Agrees(agreement)) => format!("{:?} {:?}", agreement.name, agreement.birth_date),
        Ok(other) => format!("{other:?}"),
        Err(why) => format!("{why:?}"),
    }
}

#[tokio::test]
async fn d77_each_citizen_through_each_gateway() {
    let mock = mock().await;
    let unavailable = [
        ("answers nonsense", [r#"Nonsense(NotXml)"#, "Nonsense(NotXml)", "Nonsense(NotJson)", "Nonsense(NotXml)"]),
        ("does not answer", ["Status(503)"; 4]),
        ("004", ["NotLicensed"; 4]),
        ("005", ["OfficerNotPermitted"; 4]),
    ];
    let answered = [
        ("ordinary; three phones", "Accented WholeDate"),
        ("only the year", "Accented YearOnly"),
        ("deceased", "Deceased"),
        ("several matches", "Several"),
        ("a record without a name", "DoesNotAgree"),
        ("unknown", "DoesNotAgree"),
        ("other diacritics", "DoesNotAgree"),
    ];
    let answered = answered.map(|(note, expected)| (note, [expected; 4]));
    for (note, expected) in answered.into_iter().chain(unavailable) {
        let claim = claim(&who(note)).unwrap();
        for (gateway, expected) in GATEWAYS.into_iter().zip(expected) {
            let looked_up = ask(config(&mock, gateway, Service::Record), &claim).await;
            assert_eq!(told(&looked_up), expected, "{note} through {gateway}");
        }
    }
    for gateway in GATEWAYS {
        assert_eq!(mock.control().asked(&format!("/population/{gateway}")), 11, "{gateway}: one request a look-up");
    }
}

/// The service that answers yes or no cannot tell accents, and takes the dead and the doubled for nobody.
#[tokio::test]
async fn d77_the_yes_or_no_service() {
    let mock = mock().await;
    for (note, expected) in [
        ("ordinary; three phones", "Folded WholeDate"),
        ("only the year", "Folded YearOnly"),
        ("deceased", "DoesNotAgree"),
        ("several matches", "DoesNotAgree"),
        ("unknown", "DoesNotAgree"),
        ("other diacritics", "Folded WholeDate"),
        ("004", "NotLicensed"),
    ] {
        let claim = claim(&who(note)).unwrap();
        for gateway in ["axis", "soap-in-json", "soap-as-text"] {
            let looked_up = ask(config(&mock, gateway, Service::Verify), &claim).await;
            assert_eq!(told(&looked_up), expected, "{note} through {gateway}");
        }
    }
}

#[tokio::test]
async fn d77_what_is_claimed_is_compared_as_people_write_it() {
    let mock = mock().await;
    let mut person = who("ordinary; three phones");
    mock.control().edit_citizen(&person.username, |citizen| citizen.full_name = "Đặng Thuỳ Hoà Giả Lập".into());
    for (name, born, expected) in [
        ("Đặng Thuỳ Hoà Giả Lập", "2390-01-31", "Accented WholeDate"),
        ("đặng thùy hòa giả lập", "2390-01-31", "Accented WholeDate"),
        ("Ðặng\u{a0}Thùy  Hòa Giả Lập", "2390-01-31", "Accented WholeDate"),
        ("Đa\u{323}\u{306}ng Thu\u{300}y Ho\u{300}a Gia\u{309} La\u{323}\u{302}p", "2390-01-31", "Accented WholeDate"),
        ("Đặng Thùy Hòa Giả Lập", "2390", "Accented YearOnly"),
        ("Đặng Thùy Hòa Giả Lập", "2390-02-01", "DoesNotAgree"),
        ("Đăng Thùy Hòa Giả Lập", "2390-01-31", "DoesNotAgree"),
        ("Dang Thuy Hoa Gia Lap", "2390-01-31", "DoesNotAgree"),
        ("Đặng Thùy Hòa", "2390-01-31", "DoesNotAgree"),
    ] {
        (person.full_name, person.date_of_birth) = (name.to_owned(), born.to_owned());
        let looked_up = ask(config(&mock, "axis", Service::Record), &claim(&person).unwrap()).await;
        assert_eq!(told(&looked_up), expected, "{name} {born}");
    }
}

#[tokio::test]
async fn d77_every_fault_is_a_reason_of_its_own_and_none_is_a_match() {
    let mock = mock().await;
    let claim = claim(&who("ordinary; three phones")).unwrap();
    let nonsense = |reason| Err(RegistryUnavailable::Nonsense(reason));
    let http = |failure| Err(RegistryUnavailable::Http(failure));
    for (fault, expected) in [
        (What::Status(500), Err(RegistryUnavailable::Status(500))),
        (What::Status(429), Err(RegistryUnavailable::Status(429))),
        (What::SourceRefused, Err(RegistryUnavailable::CredentialsRefused(401))),
        (What::RedirectTo("https://attacker.example/".into()), Err(RegistryUnavailable::Status(303))),
        (What::Html, nonsense(Nonsense::Entities)),
        (What::BadJson, nonsense(Nonsense::NotJson)),
        (What::OversizeBytes(50 * 1024 * 1024), http(HttpFailure::TooLarge)),
        (What::Close, http(HttpFailure::Broken)),
        (What::Reset, http(HttpFailure::Broken)),
        (What::SlowDripMillis(200), http(HttpFailure::Timeout)),
        (What::DelayMillis(4_000), http(HttpFailure::Timeout)),
        (What::Population(PopulationFault::EmptyCollection), Ok(Answer::DoesNotAgree)),
        (What::Population(PopulationFault::NameNull), Ok(Answer::DoesNotAgree)),
        (What::Population(PopulationFault::Several), Ok(Answer::Several)),
        (What::Population(PopulationFault::Deceased), Ok(Answer::Deceased)),
        (What::Population(PopulationFault::OtherNumber), nonsense(Nonsense::AnotherNumber)),
        (What::Population(PopulationFault::OtherName), Ok(Answer::DoesNotAgree)),
        (What::Population(PopulationFault::OtherDate), Ok(Answer::DoesNotAgree)),
        (What::Population(PopulationFault::NotLicensed), Err(RegistryUnavailable::NotLicensed)),
        (What::Population(PopulationFault::OfficerRefused), Err(RegistryUnavailable::OfficerNotPermitted)),
        (What::Population(PopulationFault::BillionLaughs), nonsense(Nonsense::Entities)),
        (What::Population(PopulationFault::ExternalEntity), nonsense(Nonsense::Entities)),
    ] {
        mock.control().fault(Fault::new(Place::Population, fault.clone()).next(1));
        let before = mock.control().asked("/population/axis");
        let looked_up = ask(config(&mock, "axis", Service::Record), &claim).await;
        assert_eq!(looked_up.answer, expected, "{fault:?}");
        // One that is late is in the journal when it is answered.
        assert!(mock.control().asked("/population/axis") - before <= 1, "{fault:?}: asked once");
        assert!(!format!("{looked_up:?}").contains("001890000001"), "{fault:?}");
        mock.control().check_faults().unwrap();
        mock.control().clear_faults();
    }
    mock.control().fault(Fault::new(Place::Population, What::Population(PopulationFault::YearOnly)).next(1));
    assert_eq!(told(&ask(config(&mock, "axis", Service::Record), &claim).await), "Accented YearOnly");
    let slow = config(&mock, "axis", Service::Record).patience(Duration::from_millis(300));
    let slow = ask(slow, &vneid_contract_tests::accounts_world::claim(&who("answers after 20 s")).unwrap()).await;
    assert_eq!(slow.answer, http(HttpFailure::Timeout));
    let nobody = mock.realm("population/axis");
    mock.stop().await;
    let axis = Gateway::Axis { user: USER.into(), secret: SECRET.into() };
    let gone = PopulationConfig::new(nobody, axis, Service::Record, Officer::new("cong-dvc").unwrap());
    assert_eq!(ask(gone, &claim).await.answer, http(HttpFailure::Refused));
}

#[tokio::test]
async fn d77_settings_that_the_service_refuses_are_told_apart() {
    let mock = mock().await;
    let person = claim(&who("ordinary; three phones")).unwrap();
    let axis = |secret: &str| {
        let gateway = Gateway::Axis { user: USER.into(), secret: secret.into() };
        let officer = Officer::new("cong-dvc").unwrap();
        PopulationConfig::new(mock.realm("population/axis"), gateway, Service::Record, officer)
    };
    let officer = |code: &str| {
        let gateway = Gateway::Axis { user: USER.into(), secret: SECRET.into() };
        let officer = Officer::new(code).unwrap().unit("DV-01").unwrap().login("can.bo", None).unwrap();
        PopulationConfig::new(mock.realm("population/axis"), gateway, Service::Record, officer)
    };
    for (config, expected) in [
        (axis(SECRET), "Accented WholeDate"),
        (axis(SECRET).timestamp(TimestampUnit::Seconds), "Accented WholeDate"),
        (axis("another"), "CredentialsRefused(401)"),
        (axis(SECRET).hashed_url("https://lgsp.example/"), "CredentialsRefused(401)"),
        (axis(SECRET).procedure("X-1"), "NotLicensed"),
        (axis(SECRET).service_code("033"), "Refused(Some(\"002\"))"),
        (officer("001890000042"), "Accented WholeDate"),
        (officer("ai-do"), "OfficerNotPermitted"),
    ] {
        let shown = format!("{config:?}");
        assert_eq!(told(&ask(config, &person).await), expected, "{shown}");
    }
}

/// A citizen without a number at the portal, and a population database of which they try this person's card.
async fn tried(note: &str, service: Service) -> Page {
    let mock = mock().await;
    let registry = client(config(&mock, "axis", service).patience(Duration::from_millis(1_500)));
    let world = AccountsWorld::with(Policy::default(), move |portal| portal.registry(Arc::new(registry))).await;
    let mut browser = world.arrived("dvcqg", &who("no CCCD")).await;
    let page = world.post(&mut browser, "/auth/citizen-id", card(&who(note))).await;
    let status = world.get(&mut browser, "/auth/citizen-id").await;
    let linked = status["status"] == "linked";
    assert_eq!(linked, page.status.is_success(), "{note}: {status}");
    page
}

/// Four outcomes for the portal, and for the citizen no word about which it was.
#[tokio::test]
async fn c122_what_the_database_says_reaches_the_citizen_as_yes_no_or_later() {
    let mut words = std::collections::BTreeSet::new();
    for note in ["unknown", "deceased", "several matches", "other diacritics", "a record without a name"] {
        let page = tried(note, Service::Record).await;
        assert_eq!(said(&page), (422, "citizen_not_matched".into()), "{note}");
        let problem = page.json();
        words.insert(format!("{} {}", problem["title"], problem["detail"]));
    }
    assert_eq!(words.len(), 1, "they say the same: {words:?}");
    let mut words = std::collections::BTreeSet::new();
    for note in ["does not answer", "answers after 20 s", "answers nonsense", "004", "005"] {
        let page = tried(note, Service::Record).await;
        assert_eq!(said(&page), (503, "registry_unavailable".into()), "{note}");
        let problem = page.json();
        words.insert(format!("{} {}", problem["title"], problem["detail"]));
        assert!(!page.body.contains("004") && !page.body.contains("faultcode"), "{}", page.body);
    }
    assert_eq!(words.len(), 1, "they say the same: {words:?}");
    for (note, service) in
        [("only the year", Service::Record), ("only a VNeID", Service::Verify), ("only a VNeID", Service::Record)]
    {
        assert_eq!(tried(note, service).await.status, 200, "{note}");
    }
}

#[tokio::test]
async fn c121_what_cannot_be_a_number_is_not_asked_about() {
    let mock = Arc::new(mock().await);
    let registry = client(config(&mock, "axis", Service::Record));
    let world = AccountsWorld::with(Policy::default(), move |portal| portal.registry(Arc::new(registry))).await;
    let mut browser = world.arrived("dvcqg", &who("no CCCD")).await;
    for bad in
        ["", "900000006", "00189000000", "0018900000011", "00189000000a", "００１８９０００００１", "001890 00001"]
    {
        let mut body = card(&who("ordinary; three phones"));
        body["citizen_id"] = Value::from(bad);
        let page = world.post(&mut browser, "/auth/citizen-id", body).await;
        assert_eq!(said(&page), (422, "citizen_id_malformed".into()), "{bad}");
    }
    assert_eq!(mock.control().asked("/population/axis"), 0);
}
