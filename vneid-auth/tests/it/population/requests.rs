//! Every variant's request against `tests/golden/population/requests`, which `requests.py` beside it writes from the facts
//! of the wire.

use std::collections::BTreeSet;

use bytes::Bytes;
use vneid_auth::registry::population::{DateForm, Gateway, PopulationConfig, Service, TimestampUnit};
use vneid_auth::registry::{Claim, Inquiry, Officer, PopulationRegistry as _, Purpose};

use super::{Wire, axis, claim, client, config, flat_json, golden, officer, soap_as_text, soap_in_json};

const DAY: &str = "2390-01-31";
const YEAR: &str = "2390";

async fn sent(config: PopulationConfig, claim: &Claim, inquiry: &Inquiry) -> Vec<String> {
    let wire = Wire::answering(Ok((500, Bytes::new())));
    let looked_up = client(config, wire.clone()).unwrap().check(claim, inquiry).await;
    assert!(looked_up.answer.is_err());
    assert_eq!(looked_up.record.request_id, "1800000000123000007");
    wire.sent()
}

#[tokio::test]
async fn requests_are_what_the_service_has_been_seen_to_take() {
    use Service::{Record, Verify};
    let system = || Inquiry::new(Purpose::Linking);
    let at_counter = |phone: Option<&str>| {
        let officer = Officer::new("001890000042").unwrap().unit("DV-01").unwrap();
        let officer = officer.login("can.bo", phone.map(|phone| phone.parse().unwrap())).unwrap();
        system().officer(officer)
    };
    let bearer = Gateway::SoapAsText { bearer: Some("a-given-token".into()) };
    let of_unit = |gateway| {
        let officer = officer().unit("DV-01").unwrap();
        PopulationConfig::new(super::AXIS, gateway, Record, officer)
    };
    let cases: Vec<(&str, PopulationConfig, &str, Inquiry)> = vec![
        ("axis-037", config(axis(), Record), DAY, system()),
        ("axis-037-by-year", config(axis(), Record), YEAR, system()),
        ("axis-verify", config(axis(), Verify), DAY, system()),
        ("axis-verify-by-year", config(axis(), Verify), YEAR, system()),
        ("axis-seconds", config(axis(), Record).timestamp(TimestampUnit::Seconds), DAY, system()),
        (
            "axis-headers",
            config(axis(), Record)
                .hashed_url("http://dancuquocgia.example/037")
                .x_road_client("VN/GOV/portal")
                .api_key("not-a-real-key".into()),
            DAY,
            system(),
        ),
        ("axis-officer", config(axis(), Record), DAY, at_counter(Some("0900000042")).procedure("1.004194").unwrap()),
        ("axis-officer-without-phone", config(axis(), Record), DAY, at_counter(None)),
        ("axis-unit", of_unit(axis()), DAY, system()),
        ("axis-other-codes", config(axis(), Verify).service_code("033").procedure("A<B&C>\"'"), DAY, system()),
        ("axis-dashed-date", config(axis(), Record).dates(DateForm::Dashed), DAY, system()),
        ("soap-in-json-037", config(soap_in_json(), Record), DAY, system()),
        ("soap-in-json-verify", config(soap_in_json(), Verify), YEAR, system()),
        ("flat-json", config(flat_json(), Record), DAY, system()),
        ("flat-json-by-year", config(flat_json(), Record), YEAR, system()),
        ("soap-as-text", config(soap_as_text(), Record), DAY, system()),
        ("soap-as-text-by-year", config(soap_as_text(), Record), YEAR, system()),
        ("soap-as-text-bearer", config(bearer, Record), DAY, system()),
    ];
    let mut compared = BTreeSet::new();
    for (name, config, born, inquiry) in cases {
        let mut sent = sent(config, &claim(born), &inquiry).await;
        let expected = |name: &str| std::fs::read_to_string(golden(&format!("requests/{name}.http"))).unwrap();
        assert_eq!(sent.pop().unwrap(), expected(name), "{name}");
        compared.insert(format!("{name}.http"));
        if name.starts_with("soap-in-json") {
            assert_eq!(sent.pop().unwrap(), expected("soap-in-json-token"), "{name}: the token");
            compared.insert("soap-in-json-token.http".to_owned());
        }
        assert!(sent.is_empty(), "{name}: asked once, whatever it answers");
    }
    let there = std::fs::read_dir(golden("requests")).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(compared, there.map(|name| name.into_string().unwrap()).collect(), "every file is compared");
}

/// NFD, look-alike letters, other spaces and hyphens: the same question.
#[tokio::test]
async fn a_name_is_asked_for_in_the_one_form_that_the_service_knows() {
    let asked = std::fs::read_to_string(golden("requests/axis-037.http")).unwrap();
    for written in [
        "Đặng Thị Ánh Giả Lập",
        "ĐẶNG THỊ ÁNH GIẢ LẬP",
        "đặng thị ánh giả lập",
        "Đa\u{323}\u{306}ng Thi\u{323} A\u{301}nh Gia\u{309} La\u{323}\u{302}p",
        "Ðặng\u{a0}Thị \u{2003} Ánh  Giả\u{2013}Lập",
        "Ɖặng Thị Ánh Giả\u{2019}Lập",
        "Dang Thi Anh Gia Lap",
    ] {
        let claim = Claim { full_name: written.parse().unwrap(), ..claim(DAY) };
        let inquiry = Inquiry::new(Purpose::Linking);
        assert_eq!(sent(config(axis(), Service::Record), &claim, &inquiry).await, [asked.as_str()], "{written}");
    }
}

/// The database knows no other script, and a letter that the fold drops would be asked for by nobody.
#[tokio::test]
async fn a_name_that_folding_would_mutilate_is_not_asked_for() {
    for written in ["Đặng Thị \u{410}nh", "李小龍", "Nguyễn Văn ß", "-", "Ødegaard"] {
        let wire = Wire::answering(Ok((500, Bytes::new())));
        let claim = Claim { full_name: written.parse().unwrap(), ..claim(DAY) };
        let client = client(config(axis(), Service::Verify), wire.clone()).unwrap();
        let looked_up = client.check(&claim, &Inquiry::new(Purpose::Linking)).await;
        assert_eq!(looked_up.answer, Ok(vneid_auth::registry::Answer::DoesNotAgree), "{written}");
        assert!(wire.sent().is_empty(), "{written}");
    }
}

#[tokio::test]
async fn c121_a_number_of_a_province_that_never_was_is_not_asked_for() {
    for (number, asked) in [("003890000001", false), ("000890000001", false), ("104890000001", true)] {
        let wire = Wire::answering(Ok((500, Bytes::new())));
        let claim = Claim { citizen_id: number.parse().unwrap(), ..claim(DAY) };
        let client = client(config(axis(), Service::Record), wire.clone()).unwrap();
        let looked_up = client.check(&claim, &Inquiry::new(Purpose::Linking)).await;
        assert_eq!((wire.sent().len() == 1, looked_up.answer.is_err()), (asked, asked), "{number}");
    }
}
