//! Who may ask, and how they prove it.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use vneid_auth::time::Timestamp;

use super::question::Refusal;
use super::{SECRET, USER};

/// How far a timestamp may be from the time here.
const DRIFT: Duration = Duration::from_secs(300);
/// How long a gateway's token is good.
pub(super) const TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// `Authorization: Basic base64(user:sha256hex(URL + user + timestamp + secret))` with that timestamp in `Timestamp`, in
/// milliseconds or in seconds.
pub(super) fn by_hash(headers: &HeaderMap, address: &str, now: Timestamp) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let timestamp = text("timestamp").ok_or(Refusal::Credentials("population_timestamp_missing"))?;
    let number: i64 = timestamp.parse().map_err(|_| Refusal::Credentials("population_timestamp"))?;
    let at = match timestamp.len() {
        13 => Timestamp::from_unix_millis(number),
        10 => Timestamp::from_unix_seconds(number),
        _ => return Err(Refusal::Credentials("population_timestamp")),
    };
    if now.since(at) > DRIFT || at.since(now) > DRIFT {
        return Err(Refusal::Credentials("population_timestamp_stale"));
    }
    let proved = format!("{address}{USER}{timestamp}{SECRET}");
    let hash: String = digest(&SHA256, proved.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = format!("Basic {}", STANDARD.encode(format!("{USER}:{hash}")));
    same(text("authorization"), &expected, "population_hash")
}

/// `Authorization: Bearer …` with the portal's secret.
pub(super) fn by_bearer(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    same(given, &format!("Bearer {SECRET}"), "population_bearer")
}

/// The access object: five members in this order, as JSON in base64.
pub(super) fn by_object(encoded: Option<&str>) -> Result<(), Refusal> {
    let wrong = Refusal::Credentials("population_access_object");
    let json = STANDARD.decode(encoded.ok_or(wrong)?).map_err(|_| wrong)?;
    let json = String::from_utf8(json).map_err(|_| wrong)?;
    let object: Value = serde_json::from_str(&json).map_err(|_| wrong)?;
    let names = ["AccessKey", "SecretKey", "AppName", "PartnerCode", "PartnerCodeCus"];
    let places: Option<Vec<_>> = names.iter().map(|name| json.find(&format!("\"{name}\":"))).collect();
    let ordered = places.is_some_and(|places| places.is_sorted());
    if !ordered || object.as_object().is_none_or(|object| object.len() != names.len()) {
        return Err(wrong);
    }
    let member = |name: &str| object.get(name).and_then(Value::as_str);
    same(member("AccessKey"), USER, "population_access_object")?;
    same(member("SecretKey"), SECRET, "population_access_object")
}

/// The officer's key: user and secret as Basic has them.
pub(super) fn by_key(encoded: Option<&str>) -> Result<(), Refusal> {
    same(encoded, &STANDARD.encode(format!("{USER}:{SECRET}")), "population_officer_key")
}

fn same(given: Option<&str>, expected: &str, remark: &'static str) -> Result<(), Refusal> {
    let same = given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes())));
    same.then_some(()).ok_or(Refusal::Credentials(remark))
}
