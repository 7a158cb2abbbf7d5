//! The population database's service and its gateways: D77.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use vneid_mock_idp::Running;
use vneid_mock_idp::fault::{Fault, Place, PopulationFault, What};

use crate::support::{frozen, start};

const NAMESPACES: &str =
    r#"xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:dan="http://dancuquocgia.bca""#;

/// The elements of a good request about the first citizen, each with its content.
fn elements(request_id: &str) -> Vec<(&'static str, String)> {
    [
        ("MaYeuCau", request_id),
        ("MaDVC", "VPCP"),
        ("MaTichHop", "037"),
        ("MaCanBo", "cong-dvc"),
        ("SoDinhDanh", "001890000001"),
        ("HoVaTen", "NGUYENVANGIALAP"),
        ("NgayThangNamSinh", "<dan:NgayThangNam>23900131</dan:NgayThangNam>"),
    ]
    .map(|(name, content)| (name, content.to_owned()))
    .to_vec()
}

fn envelope(operation: &str, elements: &[(&str, String)]) -> String {
    let inside: String = elements.iter().map(|(name, content)| format!("<dan:{name}>{content}</dan:{name}>")).collect();
    format!(
        "<soapenv:Envelope {NAMESPACES}><soapenv:Header/><soapenv:Body><dan:{operation}>{inside}</dan:{operation}>\
         </soapenv:Body></soapenv:Envelope>"
    )
}

/// With these elements changed.
fn with(request_id: &str, changes: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let mut elements = elements(request_id);
    for (name, content) in changes {
        elements.iter_mut().filter(|(element, _)| element == name).for_each(|(_, old)| *old = (*content).to_owned());
    }
    elements
}

fn hash(address: &str, timestamp: i64, secret: &str) -> String {
    let proved = format!("{address}portal-demo{timestamp}{secret}");
    let hash: String = digest(&SHA256, proved.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("Basic {}", STANDARD.encode(format!("portal-demo:{hash}")))
}

async fn ask(mock: &Running, body: String) -> Response {
    let (address, timestamp) = (mock.realm("population/axis"), mock.control().now().unix_millis());
    let request = Client::new().post(&address).body(body);
    let request = request.header("content-type", "application/xml; charset=utf-8").header("soapaction", "\"\"");
    let proof = hash(&address, timestamp, "portal-demo-secret");
    request.header("timestamp", timestamp).header("authorization", proof).send().await.unwrap()
}

/// The journal's last word.
fn remark(mock: &Running) -> &'static str {
    mock.control().journal().last().unwrap().remarks.first().copied().unwrap_or_default()
}

#[tokio::test]
async fn d77_each_citizen_is_answered_about_as_their_note_says() {
    let mock = start().await;
    frozen(&mock);
    for (at, (number, name, born, status, expected)) in [
        ("001890000001", "NGUYENVANGIALAP", "23900131", 200, "<ns1:Ten>NGUYỄN VĂN GIẢ LẬP</ns1:Ten>"),
        ("025840000007", "DANGGIALAPNAMSINH", "23400505", 200, "<ns1:Nam>2340</ns1:Nam>"),
        ("025995000008", "BUIGIALAPDAMAT", "23950228", 200, "<ns1:TrangThai>DA_MAT</ns1:TrangThai>"),
        ("001896000009", "DOGIALAPTRUNGTEN", "23961010", 200, "</ns1:CongDan>"),
        ("001997000010", "HOGIALAPMATMANG", "23971120", 503, ""),
        ("001904000016", "TRINHGIALAPTRARAC", "23040416", 200, "<html>"),
        ("001805000017", "PHANGIALAPTENTRONG", "23050517", 200, "<ns1:Ten/>"),
        ("001906000018", "TAGIALAPCHUACAPPHEP", "23060618", 500, "<faultcode>004</faultcode>"),
        ("001807000019", "CAOGIALAPKHONGQUYEN", "23070719", 500, "<faultcode>005</faultcode>"),
        ("001908000020", "QUACHGIALAPCHUACOTEN", "23080820", 200, "CongdanCollection"),
        ("001809000021", "LUONGGIALAPKHACDAU", "23090921", 200, "<ns1:Ten>LƯỢNG GIẢ LẬP KHÁC DẤU</ns1:Ten>"),
    ]
    .into_iter()
    .enumerate()
    {
        let date = format!("<dan:NgayThangNam>{born}</dan:NgayThangNam>");
        let changes = [("SoDinhDanh", number), ("HoVaTen", name), ("NgayThangNamSinh", &date)];
        let answer = ask(&mock, envelope("TraCuuThongTinCongDan", &with(&at.to_string(), &changes))).await;
        assert_eq!(answer.status(), status, "{number}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(expected), "{number}: {text}");
        let records = text.matches("<ns1:CongDan>").count();
        let wanted = match number {
            "001896000009" => 2,
            "001908000020" | "001997000010" | "001904000016" | "001906000018" | "001807000019" => 0,
            _ => 1,
        };
        assert_eq!(records, wanted, "{number}: {text}");
    }
}

#[tokio::test]
async fn d77_who_is_not_there_or_is_called_otherwise_is_nobody() {
    let mock = start().await;
    frozen(&mock);
    for (at, (changes, why)) in [
        (("SoDinhDanh", "001890000099"), "population_nobody"),
        (("HoVaTen", "NGUYENVANGIA"), "population_other_name_or_date"),
        (("HoVaTen", "Nguyễn Văn Giả Lập"), "population_name_not_normalised"),
        (("HoVaTen", "NGUYEN VAN GIA LAP"), "population_name_not_normalised"),
        (("HoVaTen", "nguyenvangialap"), "population_name_not_normalised"),
        (("NgayThangNamSinh", "<dan:NgayThangNam>23900201</dan:NgayThangNam>"), "population_other_name_or_date"),
        (("NgayThangNamSinh", "<dan:Nam>2391</dan:Nam>"), "population_other_name_or_date"),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = ask(&mock, envelope("TraCuuThongTinCongDan", &with(&format!("a{at}"), &[changes]))).await;
        assert_eq!(answer.status(), 200, "{changes:?}");
        assert!(!answer.text().await.unwrap().contains("CongDan>"), "{changes:?}");
        assert_eq!(remark(&mock), why, "{changes:?}");
        let yes_or_no = with(&format!("b{at}"), &[changes, ("MaTichHop", "003")]);
        let answer = ask(&mock, envelope("XacThucThongTinCongDan", &yes_or_no)).await.text().await.unwrap();
        assert!(answer.contains("<dan:TonTai>false</dan:TonTai>"), "{answer}");
    }
    let by_year = with("c", &[("NgayThangNamSinh", "<dan:Nam>2390</dan:Nam>"), ("MaTichHop", "003")]);
    let answer = ask(&mock, envelope("XacThucThongTinCongDan", &by_year)).await.text().await.unwrap();
    assert!(answer.contains("<dan:TonTai>true</dan:TonTai>"), "{answer}");
}

#[tokio::test]
async fn d77_a_request_is_held_to_its_form() {
    let mock = start().await;
    frozen(&mock);
    let mut order = elements("d1");
    order.swap(4, 5);
    let mut doubled = elements("d2");
    doubled.push(doubled[6].clone());
    let mut short = elements("d3");
    short.remove(1);
    let mut both = elements("d4");
    both.insert(5, ("SoCMND", "900000006".to_owned()));
    for (body, why) in [
        (envelope("TraCuuThongTinCongDan", &order), "population_element_order"),
        (envelope("TraCuuThongTinCongDan", &doubled), "population_element_order"),
        (envelope("TraCuuThongTinCongDan", &short), "population_element_order"),
        (envelope("TraCuuThongTinCongDan", &both), "population_element_order"),
        (envelope("XoaCongDan", &elements("d5")), "population_request_malformed"),
        (envelope("XacThucThongTinCongDan", &elements("d6")), "population_service_code"),
        (envelope("TraCuuThongTinCongDan", &with("d7", &[("SoDinhDanh", "890000001")])), "population_number"),
        (envelope("TraCuuThongTinCongDan", &with("d8", &[("NgayThangNamSinh", "23900131")])), "population_birth_date"),
        (
            envelope(
                "TraCuuThongTinCongDan",
                &with("d9", &[("NgayThangNamSinh", "<dan:NgayThangNam>31012390</dan:NgayThangNam>")]),
            ),
            "population_birth_date",
        ),
        (
            envelope("TraCuuThongTinCongDan", &elements("d10")).replace("http://dancuquocgia.bca", "http://other"),
            "population_request_namespace",
        ),
        ("<a/>".to_owned(), "population_request_namespace"),
        ("no XML".to_owned(), "population_request_malformed"),
        (
            envelope("TraCuuThongTinCongDan", &elements("d11")).replace("<soapenv:Header/>", "<!DOCTYPE a>"),
            "population_request_malformed",
        ),
        (envelope("TraCuuThongTinCongDan", &with("d12", &[("MaYeuCau", "")])), "population_request_id"),
        (envelope("TraCuuThongTinCongDan", &with("d13", &[("MaDVC", "X-1")])), "population_procedure_not_licensed"),
        (envelope("TraCuuThongTinCongDan", &with("d14", &[("MaCanBo", "ai-do")])), "population_officer_not_permitted"),
    ] {
        let answer = ask(&mock, body.clone()).await;
        assert_eq!(answer.status(), 500, "{why}: {body}");
        assert!(answer.text().await.unwrap().contains("<faultcode>"), "{why}");
        assert_eq!(remark(&mock), why, "{body}");
    }
    for expected in [200, 500] {
        let answer = ask(&mock, envelope("TraCuuThongTinCongDan", &elements("once"))).await;
        assert_eq!(answer.status(), expected, "a request's id is good once");
    }
    assert_eq!(remark(&mock), "population_request_id_reused");
}

#[tokio::test]
async fn d77_who_asks_proves_it() {
    let mock = start().await;
    let now = frozen(&mock);
    let address = mock.realm("population/axis");
    let millis = now.unix_millis();
    for (at, (timestamp, proof, status, why)) in [
        (millis, hash(&address, millis, "portal-demo-secret"), 200, "population_answered"),
        (now.unix_seconds(), hash(&address, now.unix_seconds(), "portal-demo-secret"), 200, "population_answered"),
        (millis, hash(&address, millis, "another-secret"), 401, "population_hash"),
        (millis, hash("http://other/", millis, "portal-demo-secret"), 401, "population_hash"),
        (millis, hash(&address, millis + 1, "portal-demo-secret"), 401, "population_hash"),
        (millis, "Basic cG9ydGFsLWRlbW86cG9ydGFsLWRlbW8tc2VjcmV0".to_owned(), 401, "population_hash"),
        (millis - 301_000, hash(&address, millis - 301_000, "portal-demo-secret"), 401, "population_timestamp_stale"),
        (millis + 301_000, hash(&address, millis + 301_000, "portal-demo-secret"), 401, "population_timestamp_stale"),
        (7, hash(&address, 7, "portal-demo-secret"), 401, "population_timestamp"),
    ]
    .into_iter()
    .enumerate()
    {
        let request = Client::new().post(&address).header("timestamp", timestamp).header("authorization", proof);
        let request = request.header("content-type", "application/xml").header("soapaction", "\"\"");
        let body = envelope("TraCuuThongTinCongDan", &elements(&format!("e{at}")));
        assert_eq!(request.body(body).send().await.unwrap().status(), status, "{why}");
        assert_eq!(remark(&mock), why);
    }
    let bare = Client::new().post(&address).body(String::new()).send().await.unwrap();
    assert_eq!((bare.status().as_u16(), remark(&mock)), (401, "population_timestamp_missing"));
    assert_eq!(Client::new().get(&address).send().await.unwrap().status(), 405);
}

/// The gateways' own checks; what they forward is checked as above.
#[tokio::test]
async fn d77_the_gateways_want_what_is_theirs() {
    let mock = start().await;
    frozen(&mock);
    let object = |secret: &str| {
        let members = [("AccessKey", "portal-demo"), ("SecretKey", secret), ("AppName", "a"), ("PartnerCode", "b")];
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        STANDARD.encode(format!("{{{},\"PartnerCodeCus\":\"c\"}}", members.join(",")))
    };
    let client = Client::new();
    let token = |object: String| {
        client.post(mock.realm("population/soap-in-json/token")).header("lgspaccesstoken", object).send()
    };
    assert_eq!(token(object("wrong")).await.unwrap().status(), 401);
    assert_eq!(token("{}".to_owned()).await.unwrap().status(), 401);
    let given: Value =
        serde_json::from_str(&token(object("portal-demo-secret")).await.unwrap().text().await.unwrap()).unwrap();
    let token = format!("Bearer {}", given["access_token"].as_str().unwrap());
    let key = STANDARD.encode("portal-demo:portal-demo-secret");
    for (at, (token, key, status)) in
        [(&token, &key, 200), (&"Bearer guessed".to_owned(), &key, 401), (&token, &token, 401)].into_iter().enumerate()
    {
        let body = json!({
            "accessToken": token,
            "lgspAccessToken": object("portal-demo-secret"),
            "AuthHash": key,
            "data": envelope("TraCuuThongTinCongDan", &elements(&format!("f{at}"))),
        });
        let request = client.post(mock.realm("population/soap-in-json")).header("content-type", "application/json");
        assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), status);
    }
    let flat = json!({
        "maYeuCau": "g1", "maDVC": "VPCP", "maCanBo": "cong-dvc", "soDinhDanh": "001890000001", "soCMND": "",
        "hoVaTen": "NGUYENVANGIALAP", "ngayThangNam": "23900131", "userNameService": "portal-demo",
    });
    for (bearer, status) in [("wrong", 401), ("portal-demo-secret", 200)] {
        let request = client.post(mock.realm("population/flat-json")).header("content-type", "application/json");
        let answer = request.bearer_auth(bearer).body(flat.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{bearer}");
        if status == 200 {
            let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            assert_eq!(answer["Body"]["CongdanCollection"]["CongDan"]["HoVaTen"]["Ten"], "NGUYỄN VĂN GIẢ LẬP");
        }
    }
    let mut plain = json!({
        "hoVaTen": "NGUYENVANGIALAP", "soDinhDanh": "001890000001", "soCMND": null, "ngayThangNam": null, "nam": "2390",
        "maTichHop": "037", "maDVC": "VPCP", "maCanBo": "cong-dvc", "maYeuCau": "h1",
    });
    for (procedure, code) in [("VPCP", "00"), ("X-1", "004")] {
        (plain["maDVC"], plain["maYeuCau"]) = (json!(procedure), json!(format!("h{procedure}")));
        let request = client.post(mock.realm("population/soap-as-text")).header("content-type", "application/json");
        let answer = request.body(plain.to_string()).send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["error_code"], code);
        assert_eq!(answer["message"].as_str().unwrap().starts_with("<?xml"), code == "00");
    }
}

#[tokio::test]
async fn d90_population_answers_go_wrong_on_order() {
    let mock = start().await;
    frozen(&mock);
    for (at, (fault, expected)) in [
        (
            PopulationFault::EmptyCollection,
            "<ns1:CongdanCollection xmlns:ns1=\"http://www.mic.gov.vn/dancu/1.0\">\n        </",
        ),
        (PopulationFault::NameNull, "<ns1:Ten/>"),
        (PopulationFault::Deceased, "DA_MAT"),
        (PopulationFault::OtherNumber, "<ns1:SoDinhDanh>001899000999</ns1:SoDinhDanh>"),
        (PopulationFault::OtherName, "<ns1:Ten>NGƯỜI KHÁC GIẢ LẬP</ns1:Ten>"),
        (PopulationFault::OtherDate, "<ns1:NgayThangNam>23991231</ns1:NgayThangNam>"),
        (PopulationFault::YearOnly, "<ns1:NgayThangNam/>"),
        (PopulationFault::Several, "</ns1:CongDan>"),
        (PopulationFault::NotLicensed, "<faultcode>004</faultcode>"),
        (PopulationFault::OfficerRefused, "<faultcode>005</faultcode>"),
        (PopulationFault::BillionLaughs, "<!ENTITY lol9"),
        (PopulationFault::ExternalEntity, "file:///etc/passwd"),
    ]
    .into_iter()
    .enumerate()
    {
        let order = Fault::new(Place::Population, What::Population(fault)).next(1).persona("001890000001");
        mock.control().fault(order);
        for (again, spoilt) in [(0, true), (1, false)] {
            let body = envelope("TraCuuThongTinCongDan", &elements(&format!("i{at}-{again}")));
            let text = ask(&mock, body).await.text().await.unwrap();
            let several = fault == PopulationFault::Several;
            let found = if several { text.matches(expected).count() == 2 } else { text.contains(expected) };
            assert_eq!(found, spoilt, "{fault:?}: {text}");
        }
    }
    assert_eq!(PopulationFault::ALL.len(), 12, "every fault is tried");
    mock.control().fault(Fault::new(Place::Population, What::Status(503)).next(1));
    assert_eq!(ask(&mock, envelope("TraCuuThongTinCongDan", &elements("j"))).await.status(), 503);
}
