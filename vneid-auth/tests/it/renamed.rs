//! What has one source is configuration: every address, name and value of every dialect is another here, and the whole
//! way works, from the button to the end of the provider's session. The old names stand beside the new ones, with
//! somebody else's values, and are not read; the old addresses answer, and are not asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use vneid_auth::identity::{AccountKind, Level};
use vneid_auth::portal::Portal;
use vneid_auth::provider::{
    AudiencePolicy, Cipher, Claim, ClaimForms, ClearAnswers, ClientAuth, Envelope, EnvelopeKey, Environment, LogoutUri,
    NoncePolicy, Pkce, ProviderConfig, UserinfoMethod,
};

use crate::browser::{Asked, Browser, PORTAL, location, portal, problem, redirect_to};
use crate::golden::person;
use crate::seal::{self, KEY, Seal};
use crate::world::{FakeHttp, NOW, Reply, Signed, jwks, signed};

const AUTHORIZE: &str = "https://moved.example/dang-nhap";
const TOKEN: &str = "https://moved.example/api/ma";
const USERINFO: &str = "https://moved.example/api/nguoi";
const JWKS: &str = "https://moved.example/api/khoa";
const LOGOUT: &str = "https://moved.example/ra?the={access_token}&ve={post_logout_redirect_uri}&nho={state}&v=2";
const LOGOUT_URI: &str = "https://moved.example:8443/ra-han?ma=b.c.d";
const CALLBACK: &str = "/web/guest/vneidsso";
/// The portal's address as the provider knows it, encoded.
const BACK: &str = "http%3A%2F%2F127.0.0.1%3A8080%2Fauth%2Flogged-out";

/// A claim, its old name with somebody else's value, its new name with this person's.
type Renamed = (Claim, &'static str, Value, &'static str, Value);

/// What the two dialects with Vietnamese claims call things.
fn vietnamese() -> Vec<Renamed> {
    vec![
        (Claim::TechId, "TechID", json!("other-tech"), "maKyThuat", json!("t-1")),
        (Claim::Subject, "sub", json!("s-1"), "maChuThe", json!("s-1")),
        (Claim::FullName, "HoVaTen", json!("LÊ THỊ MẪU"), "ten", json!("TRẦN VĂN THỬ")),
        (Claim::CitizenId, "SoDinhDanh", json!("079990000012"), "so", json!("001890000001")),
        (Claim::IdCard, "SoCMND", json!("890000099"), "soCu", json!("890000012")),
        (Claim::BirthDate, "NgayThangNamSinh", json!("23990101"), "ngay", json!("23900131")),
        (Claim::Phone, "SoDienThoai", json!("0900000999"), "dienThoai", json!("0900000289")),
        (Claim::Level, "IAL", json!(1), "muc", json!(2)),
        (Claim::AccountKind, "LoaiTaiKhoan", json!("2"), "loai", json!("CN")),
        (Claim::LoginIdp, "loginIdp", json!("USB"), "loiVao", json!("BO-CONG-AN")),
        (Claim::LogoutUri, "logoutUri", json!("https://attacker.example/"), "loiRa", json!(LOGOUT_URI)),
        (Claim::OrganisationName, "TenDoanhNghiep", json!("Công ty Khác"), "tenToChuc", json!("Công ty Thử")),
        (Claim::TaxCode, "MaSoThue", json!("8900000099"), "maThue", json!("8900000012")),
        (Claim::RegistrationNumber, "MaSoDoanhNghiep", json!("8900000098"), "maDangKy", json!("8900000013")),
        (Claim::Representative, "NguoiDaiDien", json!("Lê Thị Mẫu"), "daiDien", json!("Phạm Văn Giả")),
    ]
}

fn sealed_claims() -> Vec<Renamed> {
    vec![
        (Claim::CitizenId, "citizenPid", json!("079990000012"), "pid", json!("001890000001")),
        (Claim::FullName, "fullName", json!("LÊ THỊ MẪU"), "displayName", json!("TRẦN VĂN THỬ")),
        (Claim::BirthDate, "birthDate", json!("23990101"), "dob", json!("31/01/2390")),
        (Claim::AccountKind, "accountType", json!(2), "kind", json!("CN")),
        (Claim::Level, "accountLevel", json!(1), "assurance", json!("2")),
    ]
}

/// Everything that the dialects' presets say, said otherwise.
fn moved(config: ProviderConfig, claims: &[Renamed]) -> ProviderConfig {
    let config = config
        .client_secret("portal-secret".into())
        .client_auth(ClientAuth::ClientSecretBasic)
        .authorize_url(&format!("{AUTHORIZE}?kenh=web"))
        .token_url(TOKEN)
        .userinfo_url(USERINFO)
        .userinfo_method(UserinfoMethod::Post)
        .logout_url(LOGOUT)
        .logout_hosts(["moved.example:8443"])
        .callback_path(CALLBACK)
        .acr_sent(Some("muc-2"))
        .scopes(["openid", "dinh-danh"])
        .parameter("nguon", "cong-tinh")
        .vneid_behind(Some("BO-CONG-AN"))
        .account_kinds([("CN", AccountKind::Citizen), ("DN", AccountKind::Enterprise)]);
    claims.iter().fold(config, |config, (claim, _, _, name, _)| config.claim(*claim, Some(name)))
}

/// Old names and new ones side by side, or the old ones alone.
fn answer(claims: &[Renamed], with_new: bool) -> Value {
    let old = claims.iter().map(|(_, name, value, ..)| ((*name).to_owned(), value.clone()));
    let new = claims.iter().filter(|_| with_new).map(|(.., name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(old.chain(new).collect())
}

fn tokens() -> Value {
    json!({"access_token": "the.access+token", "token_type": "Bearer"})
}

/// The addresses of the presets, and of the mock provider, answer as if nothing had moved.
fn leave_old_addresses(http: &FakeHttp, old: &Value) {
    for host in ["https://xacthuc.dichvucong.gov.vn/oauth2", "https://sso.dancuquocgia.gov.vn"] {
        http.set(&format!("{host}/token"), Reply::json(&tokens()));
        http.set(&format!("{host}/userinfo"), Reply::json(old));
        http.set(&format!("{host}/jwks"), Reply::json(&jwks()));
    }
}

fn assert_asked(asked: &Asked, more: &[(&str, &str)]) {
    assert_eq!(asked.address, AUTHORIZE);
    let callback = format!("{PORTAL}{CALLBACK}");
    let said: &[(&str, &str)] = &[
        ("response_type", "code"),
        ("client_id", "portal"),
        ("redirect_uri", &callback),
        ("scope", "openid dinh-danh"),
        ("acr_values", "muc-2"),
        ("nguon", "cong-tinh"),
        ("kenh", "web"),
    ];
    for (name, value) in said.iter().chain(more) {
        assert_eq!(asked.query.get(*name).map(String::as_str), Some(*value), "{name}");
    }
}

fn assert_sent(http: &FakeHttp, code: &str) -> BTreeMap<String, String> {
    let form = http.form(TOKEN);
    assert_eq!((form["code"].as_str(), form["redirect_uri"].as_str()), (code, format!("{PORTAL}{CALLBACK}").as_str()));
    assert!(!form.contains_key("client_secret"), "the secret is in the header now");
    assert!(http.asked(TOKEN)[0].headers()["authorization"].to_str().unwrap().starts_with("Basic "));
    assert_eq!(http.asked(USERINFO)[0].method(), Method::POST);
    let elsewhere = http.addresses().into_iter().find(|address| !address.starts_with("https://moved.example/"));
    assert_eq!(elsewhere, None, "an old address was asked");
    form
}

/// Who is logged in now, as the golden files write it.
async fn person(browser: &Browser<'_>) -> Map<String, Value> {
    person::parts(browser.citizen().await.expect("somebody is logged in").identity())
}

fn assert_person(parts: Map<String, Value>, expected: Value) {
    assert_eq!(Value::Object(parts), expected);
}

#[tokio::test]
async fn dvcqg_under_other_names() {
    let http = Arc::new(FakeHttp::default());
    let claims = vietnamese();
    leave_old_addresses(&http, &answer(&claims, false));
    let config = moved(ProviderConfig::dvcqg("dvcqg", Environment::Production, "portal"), &claims)
        .checked_id_token("http://10.0.0.1:9443/noi-bo", JWKS)
        .audience(AudiencePolicy::DangerousAuthorizedParty)
        .nonce(NoncePolicy::Required);
    let portal = portal(config, http.clone());
    let mut browser = Browser::new(&portal);
    let asked = browser.start("dvcqg").await;
    assert_asked(&asked, &[("code_challenge_method", "S256")]);

    let id_token = json!({
        "iss": "http://10.0.0.1:9443/noi-bo", "aud": "account", "azp": "portal", "sub": "s-1", "iat": NOW,
        "exp": NOW + 300, "nonce": asked.query["nonce"],
    });
    let mut answered = tokens();
    answered["id_token"] = json!(signed(&id_token, Signed::Rs256));
    http.set(TOKEN, Reply::json(&answered));
    http.set(JWKS, Reply::json(&jwks()));
    http.set(USERINFO, Reply::json(&answer(&claims, true)));
    let back = browser.come_back(CALLBACK, "code=a+code", &asked).await;
    assert_eq!(location(&back), "/ho-so");
    assert_sent(&http, "a+code");
    let expected = json!({
        "subject": "t-1", "via": "vneid", "level": 2, "kind": "citizen", "citizen_id_strength": "asserted",
        "full_name": "TRẦN VĂN THỬ", "citizen_id": "001890000001", "cmnd": "890000012", "date_of_birth": "2390-01-31",
        "phone": "0900000289",
    });
    assert_person(person(&browser).await, expected);

    // The template first, then the address that the person's own claims gave.
    let out = redirect_to(browser.send(Method::POST, "/auth/logout").await);
    let (before, state) = out.split_once("&nho=").unwrap();
    assert_eq!(before, format!("https://moved.example/ra?the=the.access%2Btoken&ve={BACK}"));
    let state = state.strip_suffix("&v=2").unwrap();
    let on = location(&browser.send(Method::GET, &format!("/auth/logged-out?state={state}")).await);
    assert_eq!(on, LOGOUT_URI);
    assert!(browser.citizen().await.is_none());

    http.set(USERINFO, Reply::json(&answer(&claims, false)));
    let old = who_by_old_names(&http, &portal, "dvcqg", |nonce| {
        let mut id_token = id_token.clone();
        id_token["nonce"] = json!(nonce);
        let mut answered = tokens();
        answered["id_token"] = json!(signed(&id_token, Signed::Rs256));
        answered
    });
    // A checked id_token names its subject by the standard's own name; all else of the person is unknown.
    assert_eq!(old.await, Some(json!({"subject": "s-1", "kind": "unknown"})));
}

#[tokio::test]
async fn vneid_under_other_names() {
    let http = Arc::new(FakeHttp::default());
    let claims = vietnamese();
    leave_old_addresses(&http, &answer(&claims, false));
    let config = moved(ProviderConfig::vneid("vneid", Environment::Production, "portal"), &claims)
        .pkce(Pkce::DangerousOff)
        .nonce(NoncePolicy::DangerousOff)
        .required_level(Some(Level::TWO));
    let portal = portal(config, http.clone());
    let mut browser = Browser::new(&portal);
    let asked = browser.start("vneid").await;
    assert_asked(&asked, &[]);
    assert!(!asked.query.contains_key("nonce") && !asked.query.contains_key("code_challenge"));

    http.set(TOKEN, Reply::json(&tokens()));
    let mut enterprise = answer(&claims, true);
    enterprise["loai"] = json!("DN");
    http.set(USERINFO, Reply::json(&enterprise));
    let back = browser.come_back(CALLBACK, "code=a%2Bcode", &asked).await;
    assert_eq!(location(&back), "/ho-so");
    assert!(!assert_sent(&http, "a+code").contains_key("code_verifier"));
    let expected = json!({
        "subject": "t-1", "via": "vneid", "level": 2, "kind": "enterprise", "full_name": "TRẦN VĂN THỬ",
        "citizen_id": "001890000001", "cmnd": "890000012", "date_of_birth": "2390-01-31", "phone": "0900000289",
        "organisation_name": "Công ty Thử", "tax_code": "8900000012", "registration_number": "8900000013",
        "representative": "Phạm Văn Giả",
    });
    assert_person(person(&browser).await, expected);
    // VNeID's own session is ended at the person's own address, in the place of the template.
    assert_eq!(redirect_to(browser.send(Method::POST, "/auth/logout").await), LOGOUT_URI);
    assert!(browser.citizen().await.is_none());

    http.set(USERINFO, Reply::json(&answer(&claims, false)));
    assert_eq!(who_by_old_names(&http, &portal, "vneid", |_| tokens()).await, None);
}

#[tokio::test]
async fn vneid_sealed_under_other_names() {
    let http = Arc::new(FakeHttp::default());
    let claims = sealed_claims();
    leave_old_addresses(&http, &answer(&claims, false));
    let envelope = Envelope::new(EnvelopeKey::from_pem(&KEY.into()).unwrap());
    let envelope = envelope.cipher(Cipher::Cbc).clear_answers(ClearAnswers::Refuse);
    let config = ProviderConfig::vneid_sealed("vneid", Environment::Production, "portal", envelope);
    let config = moved(config, &claims).logout_uri(LogoutUri::Then);
    let portal = portal(config, http.clone());
    let mut browser = Browser::new(&portal);
    let asked = browser.start("vneid").await;
    assert_asked(&asked, &[("code_challenge_method", "S256")]);
    assert!(!asked.query.contains_key("nonce"));

    let sealed = |content: &Value| {
        let (data, key) = Seal::new(seal::Cipher::Cbc).seal(content.to_string().as_bytes());
        Reply::json(&json!({"data": data, "key": key}))
    };
    let (code, key) = Seal::new(seal::Cipher::Cbc).seal(b"a-code");
    http.set(TOKEN, sealed(&tokens()));
    http.set(USERINFO, sealed(&answer(&claims, true)));
    let back = browser.come_back(CALLBACK, &format!("code={code}&encrypt_key={key}"), &asked).await;
    assert_eq!(location(&back), "/ho-so");
    assert_eq!(assert_sent(&http, "a-code")["encrypt_key"], key);
    let mut parts = person(&browser).await;
    let subject = parts.remove("subject").unwrap();
    let subject = subject.as_str().unwrap();
    assert!(!subject.contains("001890000001") && subject.len() >= 32, "{subject}");
    let expected = json!({
        "level": 2, "kind": "citizen", "citizen_id_strength": "asserted", "full_name": "TRẦN VĂN THỬ",
        "citizen_id": "001890000001", "date_of_birth": "2390-01-31",
    });
    assert_person(parts, expected);
    let out = redirect_to(browser.send(Method::POST, "/auth/logout").await);
    assert!(out.starts_with(&format!("https://moved.example/ra?the=the.access%2Btoken&ve={BACK}&nho=")), "{out}");

    let mut browser = Browser::new(&portal);
    let asked = browser.start("vneid").await;
    http.set(USERINFO, sealed(&answer(&claims, false)));
    let refused = browser.come_back(CALLBACK, &format!("code={code}&encrypt_key={key}"), &asked).await;
    assert_eq!((refused.status(), problem(refused).as_str()), (StatusCode::BAD_GATEWAY, "profile_invalid"));
    assert!(browser.citizen().await.is_none());
    // The ways back that the presets had lead nowhere.
    for old in ["/auth/callback/vneid", "/auth/callback/dvcqg"] {
        assert_eq!(browser.send(Method::GET, &format!("{old}?code=x&state=y")).await.status(), StatusCode::NOT_FOUND);
    }
}

/// The strict dialect finds its addresses by discovery; what is set goes before what the document says.
#[tokio::test]
async fn oidc_under_other_names() {
    let http = Arc::new(FakeHttp::default());
    let issuer = "https://moved.example/realm";
    let old = "https://old.example";
    let metadata = json!({
        "issuer": issuer, "authorization_endpoint": format!("{old}/authorize"), "token_endpoint": format!("{old}/token"),
        "userinfo_endpoint": format!("{old}/userinfo"), "jwks_uri": format!("{old}/jwks"),
        "end_session_endpoint": format!("{old}/end"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
    });
    http.set(&format!("{issuer}/.well-known/openid-configuration"), Reply::json(&metadata));
    let claims = vietnamese();
    let config = moved(ProviderConfig::oidc("vneid", issuer, "portal"), &claims).checked_id_token(issuer, JWKS);
    // The level is what `acr` says, by another table.
    let config = config.claim(Claim::Level, None).acr_values([("muc-2", Level::TWO), ("cao", Level::TWO)]);
    // The other forms of values, and no template this time: what is added to the address.
    let config = config.claim_forms(ClaimForms::Dialect).logout_url("https://moved.example/ra").logout_parameters([
        ("ve", "{post_logout_redirect_uri}"),
        ("the", "{id_token}"),
        ("nho", "{state}"),
    ]);
    let portal = portal(config, http.clone());
    let mut browser = Browser::new(&portal);
    let asked = browser.start("vneid").await;
    assert_asked(&asked, &[("code_challenge_method", "S256")]);

    let id_token = json!({
        "iss": issuer, "aud": "portal", "sub": "s-1", "iat": NOW, "exp": NOW + 300, "nonce": asked.query["nonce"],
        "acr": "cao",
    });
    let mut answered = tokens();
    answered["id_token"] = json!(signed(&id_token, Signed::Es256));
    http.set(TOKEN, Reply::json(&answered));
    http.set(JWKS, Reply::json(&jwks()));
    http.set(USERINFO, Reply::json(&answer(&claims, true)));
    assert_eq!(location(&browser.come_back(CALLBACK, "code=a+code", &asked).await), "/ho-so");
    assert_sent(&http, "a+code");
    let expected = json!({
        "subject": "t-1", "via": "vneid", "level": 2, "kind": "citizen", "citizen_id_strength": "asserted",
        "full_name": "TRẦN VĂN THỬ", "citizen_id": "001890000001", "cmnd": "890000012", "date_of_birth": "2390-01-31",
        "phone": "0900000289",
    });
    assert_person(person(&browser).await, expected);
    let out = redirect_to(browser.send(Method::POST, "/auth/logout").await);
    let the = answered["id_token"].as_str().unwrap();
    assert!(out.starts_with(&format!("https://moved.example/ra?ve={BACK}&the={the}&nho=")), "{out}");
}

/// Who logs in when the answers know the old names alone; nobody where the login is refused.
async fn who_by_old_names(
    http: &FakeHttp,
    portal: &Portal,
    provider: &str,
    tokens: impl FnOnce(&str) -> Value,
) -> Option<Value> {
    let mut browser = Browser::new(portal);
    let asked = browser.start(provider).await;
    let nonce = asked.query.get("nonce").map_or("", String::as_str);
    http.set(TOKEN, Reply::json(&tokens(nonce)));
    let back = browser.come_back(CALLBACK, "code=a+code", &asked).await;
    let citizen = browser.citizen().await;
    if citizen.is_none() {
        assert_eq!(problem(back), "profile_invalid");
    }
    citizen.map(|citizen| Value::Object(person::parts(citizen.identity())))
}
