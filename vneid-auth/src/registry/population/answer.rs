//! What an answer says about a claim.

use bytes::Bytes;
use http::{Response, StatusCode};

use super::config::{Gateway, PopulationConfig, Service};
use super::kept::{Kept, Wanted};
use super::{json, xml};
use crate::http::HttpFailure;
use crate::identity::BirthDate;
use crate::registry::{
    Agreement, Answer, BirthDateAgreement, Claim, NameAgreement, Nonsense, RegistryUnavailable, agreement,
};

/// An answer may be this large, whatever the client behind the trait lets through.
const LARGEST: usize = 1024 * 1024;

/// What this response says about the claim.
pub(super) fn read(
    config: &PopulationConfig,
    response: &Response<Bytes>,
    claim: &Claim,
) -> Result<Answer, RegistryUnavailable> {
    let body = response.body();
    if body.len() > LARGEST {
        return Err(HttpFailure::TooLarge.into());
    }
    if response.status() != StatusCode::OK {
        return Err(refusal(response.status(), body));
    }
    let marker = config.deceased.as_ref().map(|(element, _)| element.as_str());
    let envelope = match config.gateway {
        Gateway::Axis { .. } | Gateway::SoapInJson { .. } => match body.trim_ascii_start().first() {
            // An error of the gateway's own, in the answer's place.
            Some(b'{') => return Err(code(&json::read(body, &Wanted::json(None))?)?),
            _ => xml::read(body, &Wanted::soap(marker))?,
        },
        Gateway::FlatJson { .. } => flat(body, marker)?,
        Gateway::SoapAsText { .. } => text(body, marker)?,
    };
    let body = envelope.one("Body")?.ok_or(Nonsense::Unexpected)?;
    said(config, body, claim)
}

/// The JSON form of an envelope, or of what is in one.
fn flat(body: &[u8], marker: Option<&str>) -> Result<Kept, RegistryUnavailable> {
    let mut answer = json::read(body, &Wanted::json(marker))?;
    match (answer.one("Envelope")?.is_some(), answer.one("Body")?.is_some()) {
        (false, false) => Err(code(&answer)?),
        (true, true) => Err(Nonsense::Unexpected.into()),
        _ if denied(&answer).is_some() => Err(code(&answer)?),
        (false, true) => Ok(answer),
        (true, false) => {
            answer.parts.retain(|part| part.name == "Envelope");
            Ok(answer.parts.pop().ok_or(Nonsense::Unexpected)?)
        }
    }
}

/// The SOAP answer that stands as text in a JSON object.
fn text(body: &[u8], marker: Option<&str>) -> Result<Kept, RegistryUnavailable> {
    let answer = json::read(body, &Wanted::text_in_json())?;
    match answer.word("message")? {
        Some(message) if message.starts_with('<') => match denied(&answer) {
            Some(refused) => Err(refused),
            None => Ok(xml::read(message.as_bytes(), &Wanted::soap(marker))?),
        },
        _ => Err(code(&answer)?),
    }
}

/// What a code means that stands beside an answer has not been published; two have been seen, and are refusals.
fn denied(answer: &Kept) -> Option<RegistryUnavailable> {
    let told = code(answer).ok()?;
    matches!(told, RegistryUnavailable::NotLicensed | RegistryUnavailable::OfficerNotPermitted).then_some(told)
}

/// Why another status than 200 came.
fn refusal(status: StatusCode, body: &[u8]) -> RegistryUnavailable {
    let in_json = || code(&json::read(body, &Wanted::json(None))?);
    let in_xml = || {
        let envelope = xml::read(body, &Wanted::soap(None))?;
        let body = envelope.one("Body")?.ok_or(Nonsense::Unexpected)?;
        Ok(named(body.one("Fault")?.ok_or(Nonsense::Unexpected)?.word("faultcode")?))
    };
    // A status has a meaning of its own when its body has none that is known.
    let told: Result<_, Nonsense> = match body.trim_ascii_start().first() {
        Some(b'{') => in_json(),
        Some(b'<') => in_xml(),
        _ => Err(Nonsense::Unexpected),
    };
    match (told, status) {
        (Ok(told @ (RegistryUnavailable::NotLicensed | RegistryUnavailable::OfficerNotPermitted)), _) => told,
        (_, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            RegistryUnavailable::CredentialsRefused(status.as_u16())
        }
        (Ok(told), _) => told,
        (Err(_), _) => RegistryUnavailable::Status(status.as_u16()),
    }
}

/// The error that an object in the answer's place names.
fn code(answer: &Kept) -> Result<RegistryUnavailable, Nonsense> {
    let (one, other) = (answer.word("errorCode")?, answer.word("error_code")?);
    match (one, other) {
        (Some(_), Some(_)) | (None, None) => Err(Nonsense::Unexpected),
        (code, None) | (None, code) => Ok(named(code)),
    }
}

fn named(code: Option<&str>) -> RegistryUnavailable {
    // A fault's code is a qualified name.
    let code = code.map(|code| code.rsplit(':').next().unwrap_or_default());
    match code {
        Some("004") => RegistryUnavailable::NotLicensed,
        Some("005") => RegistryUnavailable::OfficerNotPermitted,
        // A short plain code is what the operator looks up; anything longer may be about the person.
        Some(code) if code.len() <= 8 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            RegistryUnavailable::Refused(Some(code.to_owned()))
        }
        _ => RegistryUnavailable::Refused(None),
    }
}

/// What the body of an envelope says.
fn said(config: &PopulationConfig, body: &Kept, claim: &Claim) -> Result<Answer, RegistryUnavailable> {
    let [part] = body.parts.as_slice() else { return Err(Nonsense::Unexpected.into()) };
    match (part.name.as_str(), config.service) {
        ("Fault", _) => Err(named(part.word("faultcode")?)),
        ("KetQuaXacThuc" | "KetQuaXacThucResponse", Service::Verify) => Ok(yes_or_no(part, claim)?),
        ("CongdanCollection", Service::Record) => Ok(records(config, part, claim)?),
        _ => Err(Nonsense::Unexpected.into()),
    }
}

/// `TonTai`, an `xs:boolean`. It is about what was sent: the folded name, and the date as far as it was known.
fn yes_or_no(part: &Kept, claim: &Claim) -> Result<Answer, Nonsense> {
    match part.word("TonTai")? {
        Some("true" | "1") => {
            let birth_date = match claim.date_of_birth {
                BirthDate::Day { .. } => BirthDateAgreement::WholeDate,
                BirthDate::Year(_) => BirthDateAgreement::YearOnly,
            };
            Ok(Answer::Agrees(Agreement::new(NameAgreement::Folded, birth_date)))
        }
        Some("false" | "0") => Ok(Answer::DoesNotAgree),
        _ => Err(Nonsense::Unexpected),
    }
}

/// The records: none, or one without a name, is how the service says no.
fn records(config: &PopulationConfig, collection: &Kept, claim: &Claim) -> Result<Answer, Nonsense> {
    let mut found = Vec::new();
    for record in collection.all("CongDan") {
        if let Some(name) = name(record)? {
            found.push((record, name));
        }
    }
    let (record, name) = match found.as_slice() {
        [] => return Ok(Answer::DoesNotAgree),
        [(record, name)] => (record, name),
        _ => return Ok(Answer::Several),
    };
    let number = record.word("SoDinhDanh")?.ok_or(Nonsense::Unexpected)?;
    let person = Claim {
        citizen_id: number.parse().map_err(|_| Nonsense::Unexpected)?,
        full_name: name.parse().map_err(|_| Nonsense::Unexpected)?,
        date_of_birth: born(record)?,
    };
    if person.citizen_id != claim.citizen_id {
        return Err(Nonsense::AnotherNumber);
    }
    let died = match &config.deceased {
        Some((element, value)) => record.word(element)? == Some(value.as_str()),
        None => false,
    };
    let agreement = agreement(claim, &person);
    // That somebody has died is told to who knows their name and birth date, and to nobody else.
    Ok(match agreement {
        None => Answer::DoesNotAgree,
        Some(_) if died => Answer::Deceased,
        Some(agreement) => Answer::Agrees(agreement),
    })
}

/// The whole name: all of it stands in `Ten`, but where it does not the parts are in this order.
fn name(record: &Kept) -> Result<Option<String>, Nonsense> {
    let Some(name) = record.one("HoVaTen")? else { return Ok(None) };
    let Some(given) = name.word("Ten")? else { return Ok(None) };
    let parts = [name.word("Ho")?, name.word("ChuDem")?, Some(given)];
    Ok(Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" ")))
}

/// `NgayThangNam`, or where it is absent or no day is known, `Nam`.
fn born(record: &Kept) -> Result<BirthDate, Nonsense> {
    let date = record.one("NgayThangNamSinh")?.ok_or(Nonsense::Unexpected)?;
    let year = date.word("Nam")?.map(str::parse::<BirthDate>).transpose().map_err(|_| Nonsense::Unexpected)?;
    if matches!(year, Some(BirthDate::Day { .. })) {
        return Err(Nonsense::Unexpected);
    }
    let day = date.word("NgayThangNam")?.map(day_or_year).transpose()?;
    match (day, year) {
        (Some(day), Some(year)) if day.year() != year.year() => Err(Nonsense::Unexpected),
        (Some(day), _) => Ok(day),
        (None, Some(year)) => Ok(year),
        (None, None) => Err(Nonsense::Unexpected),
    }
}

/// `yyyyMMdd`; with a day that is `00`, or a month too, only the year is known.
fn day_or_year(text: &str) -> Result<BirthDate, Nonsense> {
    let text = match text.get(..4) {
        Some(year) if text.len() == 8 && text.ends_with("00") => year,
        _ => text,
    };
    BirthDate::from_wire(text).map_err(|_| Nonsense::Unexpected)
}
