//! Userinfo: Vietnamese claims in the one realm, sealed English ones in the other.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::{Side, Wire, seal};
use crate::citizen::Citizen;
use crate::client::{BirthDateForm, Client};
use crate::fault::Place;
use crate::journal::Note;
use crate::realm::Realm as _;
use crate::realm::bearer;
use crate::realm::dialect;
use crate::realm::failure::Failure;
use crate::spoil::{ClaimNames, NationalNames};

const CLEAR: NationalNames = NationalNames {
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
const SEALED: NationalNames = NationalNames {
    usual: ClaimNames {
        subject: "citizenPid",
        name: "fullName",
        birth_date: "birthDate",
        phone: "phoneNumber",
        citizen_id: "citizenPid",
    },
    level: "accountLevel",
    kind: "accountType",
};

pub(super) async fn userinfo(State(side): State<Arc<Side>>, headers: HeaderMap, uri: Uri) -> Response {
    let token = match bearer::token(&headers, &uri) {
        Ok(token) => token,
        Err(refusal) => return *refusal,
    };
    let found = side.book().grants.access(token, side.world().now());
    let citizen = found.as_ref().and_then(|(_, grant)| side.world().accounts.find(grant.username.as_deref()?));
    let (Some((_, grant)), Some(citizen)) = (found, citizen.filter(|citizen| !citizen.closed)) else {
        return bearer::unknown();
    };
    let Some(client) = side.client(&grant.client_id) else {
        return bearer::unknown();
    };
    let (claims, names) = match side.wire {
        Wire::Clear => (clear(&side, &citizen, token), &CLEAR),
        Wire::Sealed => (sealed(client, &citizen), &SEALED),
    };
    let answer = dialect::userinfo(&*side, &client.id, &citizen, claims, &side.vneid.keys, names);
    let answer = seal::document(&side, client, &citizen, Place::Userinfo, answer);
    let mut response = answer.map_or_else(|| Failure::server_error().into_response(), |answer| answer.into_response());
    let (client, persona) = (Some(grant.client_id), Some(citizen.username));
    response.extensions_mut().insert(Note { client, persona, remarks: vec!["userinfo_given"] });
    response
}

fn clear(side: &Side, citizen: &Citizen, token: &str) -> Map<String, Value> {
    let kind = json!(citizen.account_kind());
    let mut claims = dialect::claims(citizen, &citizen.vneid_subject(), &citizen.tech_id("vneid"), kind);
    claims.insert("loAs".to_owned(), json!(["LoA1"]));
    claims.insert("IAL".to_owned(), json!(citizen.level));
    claims.insert("userProfileUri".to_owned(), json!(side.vneid.profile_uri(token)));
    claims.insert("logoutUri".to_owned(), json!(side.vneid.logout_uri(token)));
    claims
}

fn sealed(client: &Client, citizen: &Citizen) -> Map<String, Value> {
    let claims = json!({
        "citizenPid": citizen.citizen_id,
        "fullName": citizen.full_name,
        "birthDate": birth_date(&citizen.date_of_birth, client.birth_date_form),
        "accountType": citizen.account_kind(),
        "accountLevel": citizen.level.to_string(),
    });
    claims.as_object().cloned().unwrap_or_default()
}

fn birth_date(date: &str, form: BirthDateForm) -> String {
    let parts: Vec<&str> = date.split('-').collect();
    match (parts.as_slice(), form) {
        ([year, month, day], BirthDateForm::Compact) => format!("{year}{month}{day}"),
        ([year, month, day], BirthDateForm::Slashes) => format!("{day}/{month}/{year}"),
        ([year, _, _], BirthDateForm::Year) => (*year).to_owned(),
        _ => date.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birth_dates_have_four_forms() {
        use BirthDateForm::{Compact, Dashes, Slashes, Year};
        for (form, whole) in [(Compact, "23900131"), (Dashes, "2390-01-31"), (Slashes, "31/01/2390"), (Year, "2390")] {
            assert_eq!(birth_date("2390-01-31", form), whole);
            assert_eq!(birth_date("2390", form), "2390");
        }
    }
}
