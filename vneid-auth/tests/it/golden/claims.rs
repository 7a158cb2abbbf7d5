//! Every claim of every dialect once absent, once null, once of the wrong type, with what must come of each.

use serde_json::{Map, Value, json};

use super::exchange::{self, Outcome, differences};
use super::file::File;
use super::settings::Dialect;

/// What becomes of a whole answer when one of its claims is changed.
enum Then {
    /// These parts are missing, and nothing else changes.
    Loses(&'static [&'static str]),
    /// This part is another.
    Turns(&'static str, &'static str),
    /// The first part is missing, the second another.
    LosesAndTurns(&'static str, (&'static str, &'static str)),
    /// The login is refused for this reason.
    Refused(&'static str),
}

use Then::{Loses, LosesAndTurns, Refused, Turns};

/// A claim, what becomes of the answer without it (absent or null alike), a value of the wrong type, and what becomes of
/// the answer with that.
type Row = (&'static str, Then, Value, Then);

const NOTHING: Then = Loses(&[]);

const LOGOUT_URI: &str = "https://sso.dancuquocgia.gov.vn/api/idp/third-party/logout?token_id=a.b.c";

#[tokio::test]
async fn every_claim_of_dvcqg() {
    let citizen = json!({
        "TechID": "t-1", "sub": "s-1", "HoVaTen": "Trần Văn Thử", "SoDinhDanh": "001890000001", "SoCMND": "890000012",
        "NgayThangNamSinh": "23900131", "SoDienThoai": "0900000289", "IAL": 2, "LoaiTaiKhoan": "1", "loginIdp": "BCA",
        "logoutUri": LOGOUT_URI,
    });
    let rows = [
        ("TechID", Turns("subject", "s-1"), json!({"id": "t-1"}), Refused("Malformed(TechId)")),
        // Where there is a `TechID` nobody asks for `sub`.
        ("sub", NOTHING, json!(["s-1"]), NOTHING),
        ("HoVaTen", Loses(&["full_name"]), json!(["Trần", "Văn Thử"]), Refused("Malformed(FullName)")),
        ("SoDinhDanh", Loses(&["citizen_id", "citizen_id_strength"]), json!(true), Refused("Malformed(CitizenId)")),
        ("SoCMND", Loses(&["cmnd"]), json!({"so": "890000012"}), Loses(&["cmnd"])),
        ("NgayThangNamSinh", Loses(&["date_of_birth"]), json!({"Nam": 2390}), Refused("Malformed(BirthDate)")),
        ("SoDienThoai", Loses(&["phone"]), json!(["0900000289"]), Loses(&["phone"])),
        // Who comes through VNeID has level 2 there, said or not.
        ("IAL", Loses(&["level"]), json!([2]), Refused("Malformed(Level)")),
        ("LoaiTaiKhoan", Turns("kind", "unknown"), json!({}), Refused("Malformed(AccountKind)")),
        (
            "loginIdp",
            LosesAndTurns("via", ("citizen_id_strength", "matched")),
            json!(false),
            Refused("Malformed(LoginIdp)"),
        ),
        ("logoutUri", Loses(&["logout_uri"]), json!([LOGOUT_URI]), Refused("Malformed(LogoutUri)")),
    ];
    table(Dialect::Dvcqg, &citizen, rows).await;
    let enterprise = json!({
        "TechID": "t-2", "LoaiTaiKhoan": "2", "TenDoanhNghiep": "Công ty Thử", "MaSoThue": "8900000012",
        "MaSoDoanhNghiep": "8900000013", "NguoiDaiDien": "Phạm Văn Giả",
    });
    table(Dialect::Dvcqg, &enterprise, of_organisations()).await;
}

/// What is only told of an organisation, and never decides who it is.
fn of_organisations() -> [Row; 4] {
    [
        ("TenDoanhNghiep", Loses(&["organisation_name"]), json!(["x"]), Loses(&["organisation_name"])),
        ("MaSoThue", Loses(&["tax_code"]), json!(true), Loses(&["tax_code"])),
        ("MaSoDoanhNghiep", Loses(&["registration_number"]), json!({}), Loses(&["registration_number"])),
        ("NguoiDaiDien", Loses(&["representative"]), json!({"HoVaTen": "x"}), Loses(&["representative"])),
    ]
}

#[tokio::test]
async fn every_claim_of_vneid() {
    let citizen = json!({
        "TechID": "t-1", "sub": "s-1", "HoVaTen": "Trần Văn Thử", "SoDinhDanh": "001890000001", "SoCMND": "890000012",
        "NgayThangNamSinh": "23900131", "SoDienThoai": "0900000289", "IAL": 2, "LoaiTaiKhoan": 1, "loginIdp": "BCA",
        "logoutUri": LOGOUT_URI,
    });
    let rows = [
        ("TechID", Turns("subject", "s-1"), json!([]), Refused("Malformed(TechId)")),
        ("sub", NOTHING, json!(1.5), NOTHING),
        ("HoVaTen", Loses(&["full_name"]), json!({"Ten": "THỬ"}), Refused("Malformed(FullName)")),
        ("SoDinhDanh", Loses(&["citizen_id", "citizen_id_strength"]), json!([1]), Refused("Malformed(CitizenId)")),
        ("SoCMND", Loses(&["cmnd"]), json!(false), Loses(&["cmnd"])),
        ("NgayThangNamSinh", Loses(&["date_of_birth"]), json!(true), Refused("Malformed(BirthDate)")),
        ("SoDienThoai", Loses(&["phone"]), json!({}), Loses(&["phone"])),
        // A number that nobody of level 2 states is not asserted.
        ("IAL", Loses(&["level", "citizen_id_strength"]), json!({"level": 2}), Refused("Malformed(Level)")),
        ("LoaiTaiKhoan", Turns("kind", "unknown"), json!([1]), Refused("Malformed(AccountKind)")),
        ("loginIdp", Loses(&["via"]), json!(["BCA"]), Refused("Malformed(LoginIdp)")),
        ("logoutUri", Loses(&["logout_uri"]), json!({"href": LOGOUT_URI}), Refused("Malformed(LogoutUri)")),
    ];
    table(Dialect::Vneid, &citizen, rows).await;
    let organisation = json!({
        "TechID": "t-2", "LoaiTaiKhoan": 3, "TenDoanhNghiep": "Hợp tác xã Thử", "MaSoThue": "8900000012",
        "MaSoDoanhNghiep": "8900000013", "NguoiDaiDien": "Phạm Văn Giả",
    });
    table(Dialect::Vneid, &organisation, of_organisations()).await;
}

#[tokio::test]
async fn every_claim_of_vneid_sealed() {
    let citizen = json!({
        "citizenPid": "001890000001", "fullName": "Trần Văn Thử", "birthDate": "23900131", "accountType": 1,
        "accountLevel": 2,
    });
    let rows = [
        ("citizenPid", Refused("NoCitizenId"), json!({"id": "001890000001"}), Refused("Malformed(CitizenId)")),
        ("fullName", Loses(&["full_name"]), json!(["Trần"]), Refused("Malformed(FullName)")),
        ("birthDate", Loses(&["date_of_birth"]), json!(false), Refused("Malformed(BirthDate)")),
        ("accountType", Turns("kind", "unknown"), json!([1]), Refused("Malformed(AccountKind)")),
        ("accountLevel", Loses(&["level", "citizen_id_strength"]), json!(2.5), Refused("Malformed(Level)")),
    ];
    table(Dialect::VneidSealed, &citizen, rows).await;
}

#[tokio::test]
async fn every_claim_of_oidc() {
    let citizen = json!({
        "sub": "s-1", "name": "Trần Văn Thử", "citizen_id": "001890000001", "birthdate": "2390-01-31",
        "phone_number": "0900000289",
    });
    let rows = [
        ("sub", Refused("NoSubject"), json!(1), Refused("NoSubject")),
        ("name", Loses(&["full_name"]), json!([]), Loses(&["full_name"])),
        (
            "citizen_id",
            Loses(&["citizen_id", "citizen_id_strength"]),
            json!({}),
            Loses(&["citizen_id", "citizen_id_strength"]),
        ),
        ("birthdate", Loses(&["date_of_birth"]), json!([2390, 1, 31]), Loses(&["date_of_birth"])),
        ("phone_number", Loses(&["phone"]), json!(true), Loses(&["phone"])),
    ];
    table(Dialect::Oidc, &citizen, rows).await;
}

async fn table<const N: usize>(dialect: Dialect, whole: &Value, rows: [Row; N]) {
    let before = identified(came_of(dialect, whole).await, "the whole answer");
    let mut wrong = Vec::new();
    for (claim, without, odd, with_odd) in rows {
        assert!(whole.get(claim).is_some(), "{claim} is not in the whole answer");
        let (mut absent, mut null, mut other) = (whole.clone(), whole.clone(), whole.clone());
        absent.as_object_mut().unwrap().remove(claim);
        null[claim] = Value::Null;
        other[claim] = odd;
        for (how, answer, then) in
            [("absent", absent, &without), ("null", null, &without), ("of another type", other, &with_odd)]
        {
            let came = came_of(dialect, &answer).await;
            wrong.extend(unlike(then, &before, came).into_iter().map(|what| format!("{claim} {how}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{dialect:?}:\n{}", wrong.join("\n"));
}

fn unlike(then: &Then, before: &Map<String, Value>, came: Outcome) -> Vec<String> {
    let (lost, turned): (&[&str], Option<(&str, &str)>) = match then {
        Refused(reason) => {
            return match came {
                Outcome::Refused { reason: other, .. } if *reason == other => Vec::new(),
                Outcome::Refused { text, .. } => vec![format!("not {reason} but {text}")],
                Outcome::Identified { .. } => vec![format!("not {reason} but a login")],
            };
        }
        Loses(parts) => (parts, None),
        Turns(part, value) => (&[], Some((part, value))),
        LosesAndTurns(lost, turned) => (std::slice::from_ref(lost), Some(*turned)),
    };
    if let Outcome::Refused { text, .. } = came {
        return vec![text];
    }
    let mut expected = before.clone();
    for part in lost {
        assert!(expected.remove(*part).is_some(), "{part} was never there");
    }
    expected.extend(turned.map(|(part, value)| (part.to_owned(), json!(value))));
    differences(&expected, &identified(came, "the changed answer"))
}

/// The person's parts, and what is kept for the logout as one more each.
fn identified(came: Outcome, what: &str) -> Map<String, Value> {
    match came {
        Outcome::Identified { mut parts, kept_for_logout, wrong } => {
            assert!(wrong.is_empty(), "{what}: {wrong:?}");
            parts.extend(kept_for_logout.into_iter().map(|name| (name, json!("kept"))));
            parts
        }
        Outcome::Refused { text, .. } => panic!("{what} is refused: {text}"),
    }
}

/// The login in which userinfo says this.
async fn came_of(dialect: Dialect, userinfo: &Value) -> Outcome {
    let seal = (dialect == Dialect::VneidSealed).then(|| json!({"cipher": "ecb"}));
    let id_token = (dialect == Dialect::Oidc).then(|| {
        json!({
            "iss": "https://id.example/oidc", "aud": "portal", "sub": "s-1", "nonce": "nonce-of-this-login",
            "iat": 1_800_000_000, "exp": 1_800_000_300, "acr": "LoA2",
        })
    });
    let file = json!({
        "about": "one claim is changed",
        "token": {"seal": seal, "id_token": id_token, "body": {"access_token": "at", "token_type": "Bearer"}},
        "userinfo": {"seal": seal, "body": userinfo},
        "expect": {"code": "", "reason": ""},
    });
    let file: File = serde_json::from_value(file).unwrap();
    exchange::run(dialect, &file).await
}
