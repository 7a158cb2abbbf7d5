//! Userinfo as DVCQG and VNeID answer it: Vietnamese claim names, and types that drift from deployment to deployment.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::citizen::Citizen;
use crate::fault::{Occasion, Place, What};
use crate::keys::Keyring;
use crate::realm::Realm;
use crate::spoil::{self, Document, NationalNames};

/// The claims that both tell of a citizen, however they came; `kind` is `LoaiTaiKhoan` in the realm's own type.
pub(crate) fn claims(citizen: &Citizen, subject: &str, tech_id: &str, kind: Value) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut tell = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    tell("sub", json!(subject));
    tell("TechID", json!(tech_id));
    tell("LoaiTaiKhoan", kind);
    tell("HoVaTen", json!(citizen.full_name));
    tell("NgayThangNamSinh", json!(citizen.compact_birth_date()));
    match &citizen.organisation {
        // An enterprise or organisation has a tax code and no personal number; its representative's is not told.
        Some(organisation) => {
            tell("MaSoThue", json!(organisation.tax_code));
            tell("TenDoanhNghiep", json!(organisation.name));
            tell("NguoiDaiDien", json!(citizen.full_name));
            if organisation.kind == 2 {
                tell("MaSoDoanhNghiep", json!(organisation.tax_code));
            }
        }
        None => {
            if let Some(id) = &citizen.citizen_id {
                tell("SoDinhDanh", json!(id));
            }
        }
    }
    claims
}

/// The userinfo answer with these claims, and whatever fault was ordered.
pub(crate) fn userinfo(
    realm: &impl Realm,
    client_id: &str,
    citizen: &Citizen,
    claims: Map<String, Value>,
    keys: &Keyring,
    names: &NationalNames,
) -> Document {
    let world = realm.world();
    let occasion = Occasion::new(realm.name(), Place::Userinfo, client_id, Some(&citizen.username));
    let pick = |kind: &dyn Fn(&What) -> Option<What>| world.faults.pick(&occasion, &world.entropy, kind);
    match pick(&|what| matches!(what, What::Userinfo(_) | What::Claim(_)).then(|| what.clone())) {
        Some(What::Userinfo(fault)) => spoil::userinfo(fault, claims, keys, &names.usual),
        Some(What::Claim(fault)) => spoil::claim(fault, claims, names),
        _ => Document::json(StatusCode::OK, &Value::Object(claims)),
    }
}
