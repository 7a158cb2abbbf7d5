//! SOAP as this service speaks it: a strict reader of requests, and answers as they have been seen.

use quick_xml::escape::{escape, resolve_xml_entity};
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::answer::{Part, Record, Said};
use super::question::{Question, Refusal};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const REQUEST: &str = "http://dancuquocgia.bca";

/// The elements of a request in their order; those with a question mark may be missing, and one of two stands where a bar is.
const ORDER: [&str; 10] = [
    "MaYeuCau",
    "MaDVC",
    "MaTichHop",
    "MaCanBo",
    "MaDonVi?",
    "TaiKhoan?",
    "SoDienThoai?",
    "SoDinhDanh|SoCMND",
    "HoVaTen",
    "NgayThangNamSinh",
];

/// Reads a request.
pub(super) fn question(body: &[u8]) -> Result<Question, Refusal> {
    let malformed = Refusal::Malformed("population_request_malformed");
    let text = std::str::from_utf8(body).map_err(|_| malformed)?;
    let mut leaves: Vec<(String, String)> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut operation = None;
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    loop {
        match reader.read_resolved_event().map_err(|_| malformed)? {
            (namespace, Event::Start(tag)) => {
                let name = tag.local_name().as_ref().to_owned();
                let expected = if path.len() < 2 { SOAP } else { REQUEST };
                if !matches!(namespace, ResolveResult::Bound(namespace) if namespace.as_ref() == expected) {
                    return Err(Refusal::Malformed("population_request_namespace"));
                }
                match (path.len(), name.as_str()) {
                    (0, "Envelope") | (1, "Header" | "Body") | (4, "NgayThangNam" | "Nam") => {}
                    (2, "XacThucThongTinCongDan" | "TraCuuThongTinCongDan") if operation.is_none() => {
                        operation = Some(name.clone());
                    }
                    (3, _) => leaves.push((name.clone(), String::new())),
                    _ => return Err(malformed),
                }
                if path.len() == 4 {
                    // The date's form is part of it.
                    leaves.last_mut().ok_or(malformed)?.1.push_str(&format!("{name}:"));
                }
                path.push(name);
            }
            (_, Event::End(_)) => drop(path.pop()),
            (_, Event::Text(text)) => {
                let content = text.xml10_content();
                match leaves.last_mut() {
                    Some((_, leaf)) if path.len() > 3 => leaf.push_str(&content),
                    _ if content.trim().is_empty() => {}
                    _ => return Err(malformed),
                }
            }
            (_, Event::GeneralRef(reference)) => {
                let name = reference.xml10_content();
                let text = resolve_xml_entity(&name).ok_or(malformed)?;
                leaves.last_mut().ok_or(malformed)?.1.push_str(text);
            }
            (_, Event::Eof) => break,
            _ => return Err(malformed),
        }
    }
    let verify = operation.ok_or(malformed)? == "XacThucThongTinCongDan";
    let values = in_order(leaves)?;
    let value = |name: &str| values.iter().find(|(leaf, _)| leaf == name).map(|(_, value)| value.clone());
    let number = value("SoDinhDanh").filter(|number| number.len() == 12);
    let number = number.or_else(|| value("SoCMND").filter(|number| number.len() == 9));
    let born = value("NgayThangNamSinh").unwrap_or_default();
    let born = match born.split_once(':') {
        Some(("NgayThangNam", day)) if day.len() == 8 => day.to_owned(),
        Some(("Nam", year)) if year.len() == 4 => year.to_owned(),
        _ => return Err(Refusal::Malformed("population_birth_date")),
    };
    Ok(Question {
        verify,
        request_id: value("MaYeuCau").unwrap_or_default(),
        procedure: value("MaDVC").unwrap_or_default(),
        service: value("MaTichHop").unwrap_or_default(),
        officer: value("MaCanBo").unwrap_or_default(),
        number: number.ok_or(Refusal::Malformed("population_number"))?,
        name: value("HoVaTen").unwrap_or_default(),
        born,
    })
}

/// Holds the elements to their order.
fn in_order(leaves: Vec<(String, String)>) -> Result<Vec<(String, String)>, Refusal> {
    let mut left = leaves.iter().map(|(name, _)| name.as_str()).peekable();
    for expected in ORDER {
        let (expected, optional) = expected.strip_suffix('?').map_or((expected, false), |name| (name, true));
        let next = left.next_if(|name| expected.split('|').any(|allowed| allowed == *name));
        if next.is_none() && !optional {
            return Err(Refusal::Malformed("population_element_order"));
        }
    }
    match left.next() {
        None => Ok(leaves),
        Some(_) => Err(Refusal::Malformed("population_element_order")),
    }
}

/// A fault with this code.
pub(super) fn fault(code: &str) -> String {
    let text = "Yêu cầu bị từ chối";
    envelope(&format!(
        "        <soapenv:Fault>\n            <faultcode>{code}</faultcode>\n            <faultstring>{text}</faultstring>\n        </soapenv:Fault>\n"
    ))
}

/// An answer.
pub(super) fn answer(said: &Said, verify: bool) -> String {
    if verify {
        let yes =
            matches!(said, Said::Records(records) if records.len() == 1 && records.iter().all(Record::is_somebody));
        return envelope(&format!(
            "        <dan:KetQuaXacThuc>\n            <dan:TonTai>{yes}</dan:TonTai>\n        </dan:KetQuaXacThuc>\n"
        ));
    }
    let records: String = match said {
        Said::Records(records) => records.iter().map(record).collect(),
        _ => String::new(),
    };
    envelope(&format!(
        "        <ns1:CongdanCollection xmlns:ns1=\"http://www.mic.gov.vn/dancu/1.0\">\n{records}        \
         </ns1:CongdanCollection>\n"
    ))
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope xmlns:soapenv=\"{SOAP}\">\n    <soapenv:Header \
         xmlns:dan=\"{REQUEST}\"/>\n    <soapenv:Body xmlns:dan=\"{REQUEST}\">\n{body}    </soapenv:Body>\n</soapenv:Envelope>\n"
    )
}

/// A record, with all that a portal has no use for.
fn record(record: &Record) -> String {
    let mut xml = String::from("            <ns1:CongDan>\n");
    write(&mut xml, &record.parts());
    xml.push_str("            </ns1:CongDan>\n");
    xml
}

fn write(xml: &mut String, parts: &[(&'static str, Part)]) {
    for (name, part) in parts {
        match part {
            Part::Text(text) if text.is_empty() => xml.push_str(&format!("<ns1:{name}/>\n")),
            Part::Text(text) => xml.push_str(&format!("<ns1:{name}>{}</ns1:{name}>\n", escape(text.as_str()))),
            Part::Of(parts) => {
                xml.push_str(&format!("<ns1:{name}>\n"));
                write(xml, parts);
                xml.push_str(&format!("</ns1:{name}>\n"));
            }
        }
    }
}
