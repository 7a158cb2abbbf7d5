//! Userinfo: everything a string, what is not known missing or null; and the bare minimum when VNeID vouches.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::Dvcqg;
use crate::citizen::Citizen;
use crate::journal::Note;
use crate::realm::bearer;
use crate::realm::dialect;
use crate::spoil::{ClaimNames, NationalNames};

const NAMES: NationalNames = NationalNames {
    usual: ClaimNames {
        subject: "sub",
        name: "HoVaTen",
        birth_date: "NgayThangNamSinh",
        phone: "SoDienThoai",
        citizen_id: "SoDinhDanh",
    },
    level: "IAL",
    kind: "LoaiTaiKhoan",
};

pub(super) async fn userinfo(State(dvcqg): State<Arc<Dvcqg>>, headers: HeaderMap, uri: Uri) -> Response {
    let token = match bearer::token(&headers, &uri) {
        Ok(token) => token,
        Err(refusal) => return *refusal,
    };
    let found = dvcqg.grants.access(token, dvcqg.world.now());
    let citizen = found.as_ref().and_then(|(_, grant)| dvcqg.world.accounts.find(grant.username.as_deref()?));
    let (Some((access, grant)), Some(citizen)) = (found, citizen.filter(|citizen| !citizen.closed)) else {
        return bearer::unknown();
    };
    if !access.scope.has("openid") {
        return bearer::without_openid();
    }
    let claims = match &grant.detail.via {
        Some(token) => through_vneid(&dvcqg, &citizen, token),
        None => own(&citizen),
    };
    let answer = dialect::userinfo(&*dvcqg, &grant.client_id, &citizen, claims, &dvcqg.keys, &NAMES);
    let mut response = answer.into_response();
    let (client, persona) = (Some(grant.client_id), Some(citizen.username));
    response.extensions_mut().insert(Note { client, persona, remarks: vec!["userinfo_given"] });
    response
}

/// What both ways in tell; `sub` and `TechID` are one here.
fn common(citizen: &Citizen) -> Map<String, Value> {
    let id = citizen.tech_id("dvcqg");
    dialect::claims(citizen, &id, &id, json!(citizen.account_kind().to_string()))
}

/// The minimal set that was seen, and not one claim more.
fn through_vneid(dvcqg: &Dvcqg, citizen: &Citizen, token: &str) -> Map<String, Value> {
    let mut claims = common(citizen);
    claims.insert("loginIdp".to_owned(), json!("BCA"));
    claims.insert("userProfileUri".to_owned(), json!(dvcqg.vneid.profile_uri(token)));
    claims.insert("logoutUri".to_owned(), json!(dvcqg.vneid.logout_uri(token)));
    claims
}

fn own(citizen: &Citizen) -> Map<String, Value> {
    let mut claims = common(citizen);
    let mut tell = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    if citizen.citizen_id.is_none() {
        tell("SoCMND", json!(citizen.username));
        tell("SoDinhDanh", Value::Null);
    }
    if let (Some(sex), None) = (citizen.sex(), &citizen.organisation) {
        tell("GioiTinh", json!(sex.to_string()));
    }
    tell("SoDienThoai", json!(citizen.phones.first()));
    tell("ThuDienTu", Value::Null);
    tell("DiaChi", json!("Số 1, phố Giả Lập"));
    tell("HoChieu", Value::Null);
    tell("loAs", json!("LoA1"));
    tell("TrangThai", json!("1"));
    claims
}
