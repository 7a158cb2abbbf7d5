//! Wrong claims of the dialects.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::documents::{ClaimNames, Document};
use crate::fault::ClaimFault as Fault;

/// What a dialect calls the claims that faults concern.
pub(crate) struct NationalNames {
    pub(crate) usual: ClaimNames,
    /// The level.
    pub(crate) level: &'static str,
    /// The kind of account.
    pub(crate) kind: &'static str,
}

/// Userinfo with this fault.
pub(crate) fn claim(fault: Fault, mut claims: Map<String, Value>, names: &NationalNames) -> Document {
    let lookalike = "https://sso.dancuquocgia.gov.vn.attacker.test/api/idp/third-party/logout?token_id=x";
    let foreign = "https://attacker.test/sso.dancuquocgia.gov.vn/api/idp/third-party/logout?token_id=x";
    let (name, value) = match fault {
        Fault::LogoutUriForeign => ("logoutUri", Some(json!(foreign))),
        Fault::LogoutUriLookalike => ("logoutUri", Some(json!(lookalike))),
        Fault::LoginIdpOther => ("loginIdp", Some(json!("SOMEBODY"))),
        Fault::LoginIdpMissing => ("loginIdp", None),
        Fault::LevelWord => (names.level, Some(json!("cao"))),
        Fault::LevelOne => (names.level, Some(json!(1))),
        Fault::LevelMissing => (names.level, None),
        Fault::BirthDateNoDate => (names.usual.birth_date, Some(json!("hôm qua"))),
        Fault::BirthDateImpossible => (names.usual.birth_date, Some(json!("23900230"))),
        Fault::AccountKindUnknown => (names.kind, Some(json!(9))),
        Fault::TechIdMissing => ("TechID", None),
        Fault::TechIdOther => ("TechID", Some(json!("00000000-0000-4000-8000-000000000000"))),
        Fault::AllNull => {
            claims.values_mut().for_each(|value| *value = Value::Null);
            return Document::json(StatusCode::OK, &Value::Object(claims));
        }
        Fault::DuplicateClaim => {
            let right = Value::Object(claims).to_string();
            let body = right.strip_suffix('}').unwrap_or_default();
            let text = format!(r#"{body},"{}":"001899999999"}}"#, names.usual.citizen_id);
            return Document::ok("application/json", text);
        }
    };
    match value {
        Some(value) => claims.insert(name.to_owned(), value),
        None => claims.remove(name),
    };
    Document::json(StatusCode::OK, &Value::Object(claims))
}
