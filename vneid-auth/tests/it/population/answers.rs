//! What the client makes of the answers in `tests/golden/population/answers`, and of those too large to keep there.
//! Each file's body stands there as it comes over the wire.

use std::collections::BTreeSet;

use bytes::Bytes;
use vneid_auth::http::HttpFailure;
use vneid_auth::registry::population::{Gateway, PopulationConfig, Service};
use vneid_auth::registry::{Answer, LookUp};

use super::{Wire, ask, axis, claim, config, flat_json, golden, soap_as_text, soap_in_json};

const DAY: &str = "2390-01-31";
const YEAR: &str = "2390";
const WHOLE: &str = "agrees by Accented and WholeDate";
const BY_YEAR: &str = "agrees by Accented and YearOnly";
const UNEXPECTED: &str = "Nonsense(Unexpected)";
const NOT_XML: &str = "Nonsense(NotXml)";
const ENTITIES: &str = "Nonsense(Entities)";
const NOT_JSON: &str = "Nonsense(NotJson)";

fn said(looked_up: &LookUp) -> String {
    match &looked_up.answer {
        Ok(Answer::Agrees(agreement)) => format!("agrees by {:?} and {:?}", agreement.name, agreement.birth_date),
        Ok(other) => format!("{other:?}"),
        Err(why) => format!("{why:?}"),
    }
}

/// Nothing of a record, or of who was asked about, is in what comes of it.
fn assert_clean(looked_up: &LookUp, about: &str) {
    let shown =
        format!("{looked_up:?} {}", looked_up.answer.as_ref().err().map(ToString::to_string).unwrap_or_default());
    for told in ["ĐẶNG", "Đặng", "DANGTHI", "GIẢ", "00189", "2390", "0186", "9000000", "not-a-real", "a-fetched", "lol"]
    {
        assert!(!shown.contains(told), "{about}: {shown}");
    }
}

struct Cases {
    seen: BTreeSet<String>,
}

impl Cases {
    async fn case(&mut self, name: &str, config: PopulationConfig, born: &str, status: u16, expected: &str) {
        self.seen.insert(name.to_owned());
        let body = std::fs::read(golden(&format!("answers/{name}"))).unwrap();
        let looked_up = ask(config, Wire::answering(Ok((status, body.into()))), &claim(born)).await;
        assert_eq!(said(&looked_up), expected, "{name}, status {status}, claimed {born}");
        assert_clean(&looked_up, name);
    }
}

#[tokio::test]
async fn c122_d77_every_answer_is_read_for_what_it_says_and_no_more() {
    let mut cases = Cases { seen: BTreeSet::new() };
    let record = || config(axis(), Service::Record);
    for (name, born, expected) in [
        ("record.xml", DAY, WHOLE),
        ("record.xml", YEAR, BY_YEAR),
        ("record.xml", "2390-02-01", "DoesNotAgree"),
        ("record-name-decomposed.xml", DAY, WHOLE),
        ("record-name-in-parts.xml", DAY, WHOLE),
        ("record-cdata-and-references.xml", DAY, WHOLE),
        ("record-default-namespace.xml", DAY, WHOLE),
        ("record-year-only.xml", DAY, BY_YEAR),
        ("record-year-only.xml", YEAR, BY_YEAR),
        ("record-year-only.xml", "2391", "DoesNotAgree"),
        ("record-year-with-noughts.xml", DAY, BY_YEAR),
        ("record-other-diacritics.xml", DAY, "DoesNotAgree"),
        ("record-without-diacritics.xml", DAY, "DoesNotAgree"),
        ("record-other-day.xml", DAY, "DoesNotAgree"),
        ("record-other-number.xml", DAY, "Nonsense(AnotherNumber)"),
        ("record-no-number.xml", DAY, UNEXPECTED),
        ("record-two-numbers.xml", DAY, UNEXPECTED),
        ("record-years-that-contradict.xml", DAY, UNEXPECTED),
        ("record-no-date.xml", DAY, UNEXPECTED),
        ("record-date-the-other-way.xml", DAY, UNEXPECTED),
        ("record-deceased.xml", DAY, WHOLE),
        ("none-empty-collection.xml", DAY, "DoesNotAgree"),
        ("none-closed-collection.xml", DAY, "DoesNotAgree"),
        ("none-name-nil.xml", DAY, "DoesNotAgree"),
        ("none-name-absent.xml", DAY, "DoesNotAgree"),
        ("several.xml", DAY, "Several"),
        ("several-of-which-one-is-nobody.xml", DAY, WHOLE),
        ("verify-true.xml", DAY, UNEXPECTED),
        ("fault-004.xml", DAY, "NotLicensed"),
        ("fault-005.xml", DAY, "OfficerNotPermitted"),
        ("fault-client.xml", DAY, "Refused(Some(\"Client\"))"),
        ("fault-long.xml", DAY, "Refused(None)"),
        ("hostile-billion-laughs.xml", DAY, ENTITIES),
        ("hostile-external-entity.xml", DAY, ENTITIES),
        ("hostile-parameter-entity.xml", DAY, ENTITIES),
        ("hostile-doctype-only.xml", DAY, ENTITIES),
        ("hostile-undeclared-entity.xml", DAY, ENTITIES),
        ("hostile-entity-in-attribute.xml", DAY, ENTITIES),
        ("hostile-forbidden-character.xml", DAY, NOT_XML),
        ("hostile-two-bodies.xml", DAY, UNEXPECTED),
        ("hostile-two-answers.xml", DAY, UNEXPECTED),
        ("hostile-answer-in-header.xml", DAY, UNEXPECTED),
        ("hostile-element-in-a-number.xml", DAY, UNEXPECTED),
        ("hostile-record-in-a-record.xml", DAY, "DoesNotAgree"),
        ("malformed-cut-off.xml", DAY, NOT_XML),
        ("malformed-mismatched.xml", DAY, NOT_XML),
        ("malformed-two-roots.xml", DAY, NOT_XML),
        ("malformed-text-after.xml", DAY, NOT_XML),
        ("malformed-unbound-prefix.xml", DAY, NOT_XML),
        ("malformed-doubled-attribute.xml", DAY, NOT_XML),
        ("malformed-processing-instruction.xml", DAY, NOT_XML),
        ("malformed-utf16-declared.xml", DAY, "Nonsense(NotUtf8)"),
        ("other-namespace.xml", DAY, UNEXPECTED),
        ("other-soap.xml", DAY, UNEXPECTED),
        ("other-text-in-collection.xml", DAY, UNEXPECTED),
        ("other-page.html", DAY, ENTITIES),
        ("other-empty.xml", DAY, NOT_XML),
        ("error-004.json", DAY, "NotLicensed"),
        ("flat-record.json", DAY, UNEXPECTED),
    ] {
        cases.case(name, record(), born, 200, expected).await;
    }
    let verify = || config(axis(), Service::Verify);
    for (name, born, expected) in [
        ("verify-true.xml", DAY, "agrees by Folded and WholeDate"),
        ("verify-true.xml", YEAR, "agrees by Folded and YearOnly"),
        ("verify-1.xml", DAY, "agrees by Folded and WholeDate"),
        ("verify-response.xml", DAY, "agrees by Folded and WholeDate"),
        ("verify-false.xml", DAY, "DoesNotAgree"),
        ("verify-0.xml", DAY, "DoesNotAgree"),
        ("verify-co.xml", DAY, UNEXPECTED),
        ("verify-empty.xml", DAY, UNEXPECTED),
        ("verify-twice.xml", DAY, UNEXPECTED),
        ("record.xml", DAY, UNEXPECTED),
        ("fault-004.xml", DAY, "NotLicensed"),
    ] {
        cases.case(name, verify(), born, 200, expected).await;
    }
    let marked = || record().deceased("TrangThai", "DA_MAT");
    cases.case("record-deceased.xml", marked(), DAY, 200, "Deceased").await;
    cases.case("record-deceased.xml", marked(), "2390-02-01", 200, "DoesNotAgree").await;
    cases.case("record.xml", marked(), DAY, 200, WHOLE).await;
    statuses(&mut cases).await;
    gateways(&mut cases).await;
    let there = std::fs::read_dir(golden("answers")).unwrap().map(|file| file.unwrap().file_name());
    let there: BTreeSet<String> = there.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(cases.seen, there, "every file is read");
}

async fn statuses(cases: &mut Cases) {
    for (name, status, expected) in [
        ("record.xml", 201, "Status(201)"),
        ("record.xml", 302, "Status(302)"),
        ("record.xml", 500, "Status(500)"),
        ("other-empty.xml", 503, "Status(503)"),
        ("other-page.html", 502, "Status(502)"),
        ("other-empty.xml", 401, "CredentialsRefused(401)"),
        ("fault-client.xml", 403, "CredentialsRefused(403)"),
        ("fault-client.xml", 500, "Refused(Some(\"Client\"))"),
        ("fault-004.xml", 500, "NotLicensed"),
        ("error-004.json", 403, "NotLicensed"),
        ("error-005.json", 400, "OfficerNotPermitted"),
        ("error-number.json", 500, "Refused(Some(\"500\"))"),
        ("error-long.json", 500, "Refused(None)"),
        ("error-twice.json", 500, "Status(500)"),
        ("hostile-billion-laughs.xml", 500, "Status(500)"),
    ] {
        cases.case(name, config(axis(), Service::Record), DAY, status, expected).await;
    }
}

async fn gateways(cases: &mut Cases) {
    let record = |gateway: fn() -> Gateway| config(gateway(), Service::Record);
    for (gateway, name, expected) in [
        (soap_in_json as fn() -> Gateway, "record.xml", WHOLE),
        (soap_in_json, "none-empty-collection.xml", "DoesNotAgree"),
        (soap_in_json, "error-005.json", "OfficerNotPermitted"),
        (soap_in_json, "hostile-billion-laughs.xml", ENTITIES),
        (flat_json, "flat-record.json", WHOLE),
        (flat_json, "flat-record-in-envelope.json", BY_YEAR),
        (flat_json, "flat-several.json", "Several"),
        (flat_json, "flat-none-text.json", "DoesNotAgree"),
        (flat_json, "flat-none-null.json", "DoesNotAgree"),
        (flat_json, "flat-none-list.json", "DoesNotAgree"),
        (flat_json, "flat-verify.json", UNEXPECTED),
        (flat_json, "flat-doubled.json", UNEXPECTED),
        (flat_json, "flat-object-for-a-number.json", NOT_JSON),
        (flat_json, "flat-envelope-and-body.json", UNEXPECTED),
        (flat_json, "flat-cut-off.json", NOT_JSON),
        (flat_json, "flat-something-after.json", NOT_JSON),
        (flat_json, "flat-list.json", NOT_JSON),
        (flat_json, "flat-text.json", NOT_JSON),
        (flat_json, "record.xml", NOT_JSON),
        (flat_json, "error-004.json", "NotLicensed"),
        (flat_json, "error-005.json", "OfficerNotPermitted"),
        (flat_json, "error-005-beside-a-record.json", "OfficerNotPermitted"),
        (flat_json, "error-number.json", "Refused(Some(\"500\"))"),
        (flat_json, "error-long.json", "Refused(None)"),
        (flat_json, "error-twice.json", UNEXPECTED),
        (soap_as_text, "text-record.json", WHOLE),
        (soap_as_text, "text-none.json", "DoesNotAgree"),
        (soap_as_text, "text-error-004.json", "NotLicensed"),
        (soap_as_text, "text-error-no-xml.json", "Refused(Some(\"99\"))"),
        (soap_as_text, "text-laughs.json", ENTITIES),
        (soap_as_text, "text-nothing.json", UNEXPECTED),
        (soap_as_text, "flat-record.json", UNEXPECTED),
        (soap_as_text, "record.xml", NOT_JSON),
    ] {
        cases.case(name, record(gateway), DAY, 200, expected).await;
    }
    cases
        .case("flat-verify.json", config(flat_json(), Service::Verify), DAY, 200, "agrees by Folded and WholeDate")
        .await;
}

#[tokio::test]
async fn an_answer_without_end_depth_or_measure_is_not_read_to_its_end() {
    let envelope = |inside: &str| {
        let head = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>";
        format!("{head}{inside}</e:Body></e:Envelope>").into_bytes()
    };
    let attributes = |name: &str| (0..5_000).map(|at| format!(" {name}{at}=\"b\"")).collect::<String>();
    for (what, body, expected) in [
        ("50 MiB", vec![b' '; 50 * 1024 * 1024], "Http(TooLarge)"),
        ("a mebibyte and a byte", vec![b' '; 1024 * 1024 + 1], "Http(TooLarge)"),
        ("a mebibyte of white space", vec![b' '; 1024 * 1024], NOT_XML),
        ("depth", envelope(&"<a>".repeat(100_000)), "Nonsense(TooLarge)"),
        ("a little too deep", envelope(&format!("{}{}", "<a>".repeat(40), "</a>".repeat(40))), "Nonsense(TooLarge)"),
        ("deep enough", envelope(&format!("{}{}", "<a>".repeat(30), "</a>".repeat(30))), UNEXPECTED),
        ("elements", envelope(&"<a/>".repeat(100_000)), "Nonsense(TooLarge)"),
        ("attributes", envelope(&format!("<a{}/>", attributes("a"))), "Nonsense(TooLarge)"),
        ("namespaces", envelope(&format!("<a{}/>", attributes("xmlns:a"))), NOT_XML),
        (
            "a long text",
            envelope(&format!("<e:Fault><faultcode>{}</faultcode></e:Fault>", "a".repeat(501))),
            "Nonsense(TooLarge)",
        ),
        ("a long text that nobody wants", envelope(&format!("<a>{}</a>", "a".repeat(900_000))), UNEXPECTED),
        ("open tags", "<a ".repeat(300_000).into_bytes(), NOT_XML),
        ("ampersands", envelope(&"&amp;".repeat(100_000)), UNEXPECTED),
        (
            "no UTF-8",
            envelope("\u{fffd}").iter().map(|&byte| if byte == 0xef { 0xff } else { byte }).collect(),
            "Nonsense(NotUtf8)",
        ),
        ("UTF-16", envelope("").iter().flat_map(|&byte| [byte, 0]).collect(), NOT_XML),
        ("nested JSON", "[".repeat(1_000_000).into_bytes(), NOT_XML),
    ] {
        let wire = Wire::answering(Ok((200, Bytes::from(body))));
        let began = std::time::Instant::now();
        let looked_up = ask(config(axis(), Service::Record), wire, &claim(DAY)).await;
        assert_eq!(said(&looked_up), expected, "{what}");
        assert!(began.elapsed().as_secs() < 5, "{what}: {:?}", began.elapsed());
    }
    for (what, body) in [("lists", "[".repeat(1_000_000)), ("objects", "{\"Body\":".repeat(100_000))] {
        let wire = Wire::answering(Ok((200, Bytes::from(body))));
        assert_eq!(said(&ask(config(flat_json(), Service::Record), wire, &claim(DAY)).await), NOT_JSON, "{what}");
    }
}

#[tokio::test]
async fn no_answer_is_told_apart_for_the_operator() {
    for failure in [
        HttpFailure::NoSuchHost,
        HttpFailure::Refused,
        HttpFailure::Tls,
        HttpFailure::Timeout,
        HttpFailure::TooLarge,
        HttpFailure::Broken,
    ] {
        let looked_up = ask(config(axis(), Service::Record), Wire::answering(Err(failure)), &claim(DAY)).await;
        assert_eq!(said(&looked_up), format!("Http({failure:?})"));
        assert_clean(&looked_up, "failure");
    }
}
