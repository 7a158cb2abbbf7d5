//! What is read of an answer and what is not.

use serde_json::json;

use super::*;
use crate::identity::{BirthDate, Cmnd};
use crate::provider::config::Environment;

const NOW: Timestamp = Timestamp::from_unix_seconds(20);

fn members(value: Value) -> Members {
    match value {
        Value::Object(members) => members,
        _ => unreachable!(),
    }
}

fn hashed(number: &CitizenId) -> Option<String> {
    Some(format!("hash of {}", number.masked()))
}

mod oidc {
    use super::*;

    fn told(acr: Option<&str>, claims: Value, userinfo: Option<Value>) -> Identity {
        let config = ProviderConfig::oidc("vneid", "https://id.example/oidc", "portal");
        let token = IdToken {
            subject: "s-1".into(),
            issued_at: Timestamp::from_unix_seconds(10),
            authenticated_at: None,
            acr: acr.map(Into::into),
            claims: members(claims),
        };
        let userinfo = userinfo.map(members);
        let checked = Checked { id_token: Some(&token), userinfo: userinfo.as_ref(), hashed: &hashed, now: NOW };
        super::told(&config, &checked).unwrap().identity
    }

    #[test]
    fn reads_userinfo_before_the_id_token() {
        let token = json!({"name": "Cũ", "birthdate": "2390", "sid": "p-1"});
        let userinfo = json!({"name": "Trần Văn Thử", "citizen_id": "001890000001", "phone_number": "+84900000289"});
        let identity = told(Some("LoA2"), token, Some(userinfo));
        assert_eq!(identity.profile.full_name.unwrap().expose(), "Trần Văn Thử");
        assert_eq!(identity.profile.date_of_birth, Some(BirthDate::Year(2390)));
        assert_eq!(identity.profile.phone.unwrap().expose(), "0900000289");
        assert_eq!(identity.level, Some(Level::TWO));
        assert_eq!(identity.citizen_id_strength, Some(Strength::Asserted));
        assert_eq!(identity.sid.as_deref(), Some("p-1"));
        assert_eq!(identity.authenticated_at, Timestamp::from_unix_seconds(10));
        assert_eq!((identity.kind, identity.subject.as_str()), (AccountKind::Citizen, "s-1"));
    }

    #[test]
    fn c109_what_cannot_be_read_is_left_out() {
        let odd =
            json!({"name": [], "birthdate": 12, "phone_number": {"a": 1}, "citizen_id": "12", "address": [], "sid": 7});
        let identity = told(Some("2"), json!({}), Some(odd));
        assert_eq!(identity.profile, Profile::default());
        assert_eq!((identity.sid, identity.citizen_id_strength), (None, None));
        assert_eq!(told(None, json!({}), None).profile, Profile::default());
    }

    #[test]
    fn a_number_counts_only_when_level_2_states_it() {
        for (acr, level, strength) in [
            (Some("LoA2"), Some(Level::TWO), Some(Strength::Asserted)),
            (Some("LoA1"), Some(Level::ONE), None),
            (Some("0"), None, None),
            (Some("loa2"), None, None),
            (None, None, None),
        ] {
            let identity = told(acr, json!({"citizen_id": "001890000001"}), None);
            assert_eq!((identity.level, identity.citizen_id_strength), (level, strength), "{acr:?}");
        }
    }
}

fn dvcqg(userinfo: Value) -> Result<Told, ClaimsReason> {
    let config = ProviderConfig::dvcqg("dvcqg", Environment::Production, "portal");
    let userinfo = members(userinfo);
    told(&config, &Checked { id_token: None, userinfo: Some(&userinfo), hashed: &hashed, now: NOW })
}

#[test]
fn tech_id_goes_before_sub_and_numbers_may_be_numbers() {
    let claims = json!({
        "sub": "s-1", "TechID": "t-1", "LoaiTaiKhoan": "1", "HoVaTen": "TRẦN VĂN THỬ", "SoDinhDanh": 1890000001,
        "SoCMND": "890000012", "NgayThangNamSinh": 23900131, "SoDienThoai": 900000289, "IAL": "2", "loginIdp": "MobileID"
    });
    let identity = dvcqg(claims).ok().unwrap().identity;
    assert_eq!(identity.subject, "t-1");
    assert_eq!(identity.profile.citizen_id.unwrap().expose(), "001890000001");
    assert_eq!(identity.profile.cmnd.as_ref().map(Cmnd::expose), Some("890000012"));
    assert_eq!(identity.profile.date_of_birth.unwrap().to_iso(), "2390-01-31");
    assert_eq!(identity.profile.phone.unwrap().expose(), "0900000289");
    assert_eq!((identity.level, identity.via.as_deref()), (Some(Level::TWO), Some("MobileID")));
    assert_eq!((identity.kind, identity.citizen_id_strength), (AccountKind::Citizen, Some(Strength::Matched)));
    assert_eq!(identity.authenticated_at, NOW);
    assert_eq!(dvcqg(json!({"TechID": null, "sub": "s-1"})).ok().unwrap().identity.subject, "s-1");
    assert_eq!(dvcqg(json!({"TechID": "", "sub": 7})).ok().unwrap().identity.subject, "7");
}

#[test]
fn a_number_is_told_by_its_length() {
    for (claims, citizen_id, cmnd) in [
        (json!({"SoDinhDanh": "001890000001"}), true, false),
        (json!({"SoCMND": "001890000001"}), true, false),
        (json!({"SoDinhDanh": "890000012"}), false, true),
        (json!({"SoCMND": 89000001}), false, true),
        (json!({"SoCMND": "12"}), false, false),
        (json!({"SoDinhDanh": "001890000001", "SoCMND": "001890000002"}), true, false),
    ] {
        let mut all = claims.clone();
        all["sub"] = json!("s-1");
        let profile = dvcqg(all).ok().unwrap().identity.profile;
        assert_eq!((profile.citizen_id.is_some(), profile.cmnd.is_some()), (citizen_id, cmnd), "{claims}");
    }
}

#[test]
fn vneid_behind_dvcqg_asserts_the_number_and_nobody_else_is_vneid() {
    let claims = |idp: &str, level: Value| json!({"sub": "s-1", "LoaiTaiKhoan": "1", "SoDinhDanh": "001890000001", "loginIdp": idp, "IAL": level});
    for (idp, level, via, strength) in [
        ("BCA", Value::Null, Some("vneid"), Some(Strength::Asserted)),
        ("BCA", json!(2), Some("vneid"), Some(Strength::Asserted)),
        ("BCA", json!(1), Some("vneid"), None),
        ("bca", Value::Null, Some("bca"), Some(Strength::Matched)),
        ("VNeID", Value::Null, None, Some(Strength::Matched)),
        ("USB", Value::Null, Some("USB"), Some(Strength::Matched)),
    ] {
        let identity = dvcqg(claims(idp, level)).ok().unwrap().identity;
        assert_eq!((identity.via.as_deref(), identity.citizen_id_strength), (via, strength), "{idp}");
    }
}

#[test]
fn an_enterprise_is_known_by_its_codes_and_links_nobodys_number() {
    let claims = json!({
        "sub": "s-1", "LoaiTaiKhoan": 2, "TenDoanhNghiep": "Công ty Thử nghiệm", "MaSoThue": 890000012,
        "MaSoDoanhNghiep": "0890000012", "NguoiDaiDien": "Trần Văn Thử", "SoDinhDanh": "001890000001"
    });
    let identity = dvcqg(claims).ok().unwrap().identity;
    assert_eq!((identity.kind, identity.citizen_id_strength), (AccountKind::Enterprise, None));
    let organisation = identity.profile.organisation.unwrap();
    assert_eq!(organisation.tax_code.as_deref(), Some("0890000012"));
    assert_eq!(organisation.registration_number, organisation.tax_code);
    assert_eq!(dvcqg(json!({"sub": "s", "LoaiTaiKhoan": "9"})).ok().unwrap().identity.kind, AccountKind::Unknown);
    assert_eq!(dvcqg(json!({"sub": "s"})).ok().unwrap().identity.kind, AccountKind::Unknown);
}

#[test]
fn a_dialects_answer_that_is_wrong_in_one_thing_is_not_believed_in_another() {
    use Claim as C;
    for (name, value, claim) in [
        ("IAL", json!("cao"), C::Level),
        ("IAL", json!(-1), C::Level),
        ("IAL", json!(2.5), C::Level),
        ("IAL", json!("+2"), C::Level),
        ("IAL", json!([2]), C::Level),
        ("NgayThangNamSinh", json!("31012390"), C::BirthDate),
        ("NgayThangNamSinh", json!({"Nam": 2390}), C::BirthDate),
        ("SoDinhDanh", json!("0018900000011"), C::CitizenId),
        ("SoDinhDanh", json!("00189000000a"), C::CitizenId),
        ("SoDinhDanh", json!(true), C::CitizenId),
        ("HoVaTen", json!(["Trần"]), C::FullName),
        ("HoVaTen", json!("a\u{0}b"), C::FullName),
        ("LoaiTaiKhoan", json!({}), C::AccountKind),
        ("loginIdp", json!([]), C::LoginIdp),
        ("TechID", json!({}), C::TechId),
        ("sub", json!(false), C::Subject),
        ("logoutUri", json!(1.5), C::LogoutUri),
    ] {
        let mut claims = json!({"sub": "s-1"});
        claims[name] = value.clone();
        assert_eq!(dvcqg(claims).err(), Some(ClaimsReason::Malformed(claim)), "{name} {value}");
    }
    assert_eq!(dvcqg(json!({})).err(), Some(ClaimsReason::NoSubject));
    assert!(dvcqg(json!({"sub": "s-1", "SoDienThoai": {}, "MaSoThue": [], "SoCMND": true})).is_ok());
    assert_eq!(dvcqg(json!({"sub": "s-1", "IAL": 0})).ok().unwrap().identity.level, Some(Level::ZERO));
}

#[test]
fn a_logout_uri_of_another_host_refuses_the_login() {
    let with = |uri: &str| dvcqg(json!({"sub": "s-1", "logoutUri": uri}));
    let uri = "https://sso.dancuquocgia.gov.vn/api/idp/third-party/logout?token_id=a.b.c";
    assert_eq!(with(uri).ok().unwrap().logout_uri.unwrap().expose(), uri);
    assert_eq!(with("https://attacker.example/?token_id=a.b.c").err(), Some(ClaimsReason::LogoutHost));
    assert_eq!(with("javascript:alert(1)").err(), Some(ClaimsReason::LogoutHost));
}
