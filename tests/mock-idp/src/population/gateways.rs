//! The three provincial gateways in front of the service.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Part, Said};
use super::question::{Question, Refusal};
use super::{Population, USER, access, noted, soap, xml};
use crate::sync::lock;
use crate::web::json as answer_json;

fn refused(refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::Credentials(_) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    answer_json(status, &json!({"errorCode": refusal.code(), "message": "Yêu cầu bị từ chối"}))
}

fn read<'a, T: Deserialize<'a>>(headers: &HeaderMap, body: &'a [u8]) -> Result<T, Refusal> {
    let is_json = headers.get("content-type").is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let read = serde_json::from_slice(body).ok().filter(|_| is_json);
    read.ok_or(Refusal::Malformed("population_request_malformed"))
}

pub(super) async fn token(State(population): State<Arc<Population>>, headers: HeaderMap) -> Response {
    let object = headers.get("lgspaccesstoken").and_then(|value| value.to_str().ok());
    if let Err(refusal) = access::by_object(object) {
        return noted(refused(refusal), refusal.remark(), None);
    }
    let token = population.world.entropy.token();
    lock(&population.tokens).insert(token.clone(), (), population.world.now());
    let seconds = access::TOKEN_LIFE.as_secs();
    let answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds});
    noted(answer_json(StatusCode::OK, &answer), "population_token_given", None)
}

/// JSON around the SOAP request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SoapInJson {
    #[serde(rename = "accessToken")]
    access_token: String,
    #[serde(rename = "lgspAccessToken")]
    lgsp_access_token: String,
    #[serde(rename = "AuthHash")]
    auth_hash: String,
    data: String,
}

pub(super) async fn soap_in_json(
    State(population): State<Arc<Population>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = || {
        let wrapper: SoapInJson = read(&headers, &body)?;
        let token = wrapper.access_token.strip_prefix("Bearer ").unwrap_or_default().to_owned();
        if lock(&population.tokens).get(&token, population.world.now()).is_none() {
            return Err(Refusal::Credentials("population_token"));
        }
        access::by_object(Some(&wrapper.lgsp_access_token))?;
        access::by_key(Some(&wrapper.auth_hash))?;
        soap::question(wrapper.data.as_bytes()).and_then(|question| population.admit(question))
    };
    let question = match asked() {
        Ok(question) => question,
        Err(refusal) => return noted(refused(refusal), refusal.remark(), None),
    };
    let (said, remark) = population.answer(&question).await;
    let response = match said {
        Said::Refused(refusal) => refused(refusal),
        Said::Wrong(status, body) => xml(status, body),
        said => xml(StatusCode::OK, soap::answer(&said, question.verify)),
    };
    noted(response, remark, Some(question.number))
}

/// A flat object, by the names that the first gateway gives them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FlatJson {
    ma_yeu_cau: String,
    #[serde(rename = "maDVC")]
    procedure: String,
    ma_can_bo: String,
    so_dinh_danh: String,
    #[serde(rename = "soCMND")]
    cmnd: String,
    ho_va_ten: String,
    ngay_thang_nam: String,
    user_name_service: String,
}

pub(super) async fn flat_json(State(population): State<Arc<Population>>, headers: HeaderMap, body: Bytes) -> Response {
    let asked = || {
        access::by_bearer(&headers)?;
        let flat: FlatJson = read(&headers, &body)?;
        if flat.user_name_service != USER {
            return Err(Refusal::Credentials("population_user_name_service"));
        }
        population.admit(Question {
            verify: false,
            request_id: flat.ma_yeu_cau,
            procedure: flat.procedure,
            service: "037".to_owned(),
            officer: flat.ma_can_bo,
            number: if flat.so_dinh_danh.is_empty() { flat.cmnd } else { flat.so_dinh_danh },
            name: flat.ho_va_ten,
            born: flat.ngay_thang_nam,
        })
    };
    let question = match asked() {
        Ok(question) => question,
        Err(refusal) => return noted(refused(refusal), refusal.remark(), None),
    };
    let (said, remark) = population.answer(&question).await;
    let response = match said {
        Said::Refused(refusal) => refused(refusal),
        Said::Wrong(status, body) => xml(status, body),
        said => answer_json(StatusCode::OK, &in_json(&said)),
    };
    noted(response, remark, Some(question.number))
}

/// The same answer as a converter of XML to JSON leaves it: nothing at all is an empty text, one is no list.
fn in_json(said: &Said) -> Value {
    let records: Vec<Value> = match said {
        Said::Records(records) => records.iter().map(|record| members(&record.parts())).collect(),
        _ => Vec::new(),
    };
    let collection = match records.as_slice() {
        [] => json!(""),
        [one] => json!({ "CongDan": one }),
        several => json!({ "CongDan": several }),
    };
    json!({"Header": "", "Body": {"CongdanCollection": collection}})
}

fn members(parts: &[(&'static str, Part)]) -> Value {
    let value = |part: &Part| match part {
        Part::Text(text) => json!(text),
        Part::Of(parts) => members(parts),
    };
    parts.iter().map(|(name, part)| ((*name).to_owned(), value(part))).collect::<Map<_, _>>().into()
}

/// A flat object, by the names that the other gateway gives them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PlainJson {
    ho_va_ten: String,
    so_dinh_danh: Option<String>,
    #[serde(rename = "soCMND")]
    cmnd: Option<String>,
    ngay_thang_nam: Option<String>,
    nam: Option<String>,
    ma_tich_hop: String,
    #[serde(rename = "maDVC")]
    procedure: String,
    ma_can_bo: String,
    ma_yeu_cau: String,
}

pub(super) async fn soap_as_text(
    State(population): State<Arc<Population>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = || {
        let plain: PlainJson = read(&headers, &body)?;
        let born = match (plain.ngay_thang_nam, plain.nam) {
            (Some(day), None) if day.len() == 8 => day,
            (None, Some(year)) if year.len() == 4 => year,
            _ => return Err(Refusal::Malformed("population_birth_date")),
        };
        population.admit(Question {
            verify: plain.ma_tich_hop == "003",
            request_id: plain.ma_yeu_cau,
            procedure: plain.procedure,
            service: plain.ma_tich_hop,
            officer: plain.ma_can_bo,
            number: plain.so_dinh_danh.or(plain.cmnd).unwrap_or_default(),
            name: plain.ho_va_ten,
            born,
        })
    };
    let told =
        |code: &str, message: &str| answer_json(StatusCode::OK, &json!({"error_code": code, "message": message}));
    let no = |refusal: Refusal| told(refusal.code(), "Yêu cầu bị từ chối");
    let question = match asked() {
        Ok(question) => question,
        Err(refusal) => return noted(no(refusal), refusal.remark(), None),
    };
    let (said, remark) = population.answer(&question).await;
    let response = match said {
        Said::Refused(refusal) => no(refusal),
        Said::Wrong(StatusCode::OK, body) => told("00", &body),
        Said::Wrong(status, body) => xml(status, body),
        said => told("00", &soap::answer(&said, question.verify)),
    };
    noted(response, remark, Some(question.number))
}
