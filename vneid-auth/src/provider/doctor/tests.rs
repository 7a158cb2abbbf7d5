//! Every finding's words in both languages, and what a provider writes into them.

use super::*;
use crate::error::{Code, Language};
use crate::identity::{AccountKind, Level};
use crate::provider::reason::{
    CallReason, CallbackReason, IdTokenReason, KeySetReason, MetadataReason, TokenReason, UserinfoReason,
};
use crate::provider::testing::{FakeHttp, ISSUER, TestClock, metadata};
use crate::provider::{AuthorizationError, Cipher, Claim, HttpFailure};
use crate::random::SystemRandomness;

const REDIRECT_URI: &str = "https://portal.example/auth/callback/vneid";

/// One of each, with a piece of its words in Vietnamese and in English.
fn every() -> Vec<(Finding, &'static str, &'static str)> {
    use Finding as F;
    let no_secret = ProviderConfig::oidc("vneid", ISSUER, "portal").check().unwrap_err();
    let at = |endpoint, failure| F::Unreachable { endpoint, failure };
    let status = |endpoint, status| F::Status { endpoint, status };
    let issuer = |place, stated: Option<&str>| F::Issuer {
        place,
        configured: ISSUER.to_owned(),
        stated: stated.map(str::to_owned),
    };
    let came = |claim, name: &str, shape| F::Came { claim, name: name.to_owned(), shape };
    let unreadable = |refused| F::ClaimUnreadable { claim: Claim::BirthDate, name: "birthDate".to_owned(), refused };
    vec![
        (
            F::Settings(no_secret),
            "`client_secret` không bao giờ dùng được: chưa có giá trị",
            "can never work: it is missing",
        ),
        (at(Endpoint::Token, HttpFailure::NoSuchHost), "(DNS)", "(DNS)"),
        (at(Endpoint::Token, HttpFailure::Refused), "kết nối bị từ chối", "was refused"),
        (at(Endpoint::Keys, HttpFailure::Tls), "bắt tay TLS", "TLS handshake failed"),
        (at(Endpoint::Userinfo, HttpFailure::Timeout), "quá thời gian chờ", "took too long"),
        (at(Endpoint::Authorization, HttpFailure::Insecure), "http không mã hóa", "plain http"),
        (at(Endpoint::Discovery, HttpFailure::Broken), "bị ngắt giữa chừng", "broke off"),
        (status(Endpoint::Token, 404), "404 từ địa chỉ lấy token", "404 from the token endpoint"),
        (status(Endpoint::Token, 415), "415", "415"),
        (status(Endpoint::Discovery, 302), "302", "302"),
        (status(Endpoint::Keys, 503), "503", "503"),
        (status(Endpoint::Authorization, 418), "418", "418"),
        (
            F::Unreadable { endpoint: Endpoint::Token, reason: CallReason::MediaType },
            "không phải là",
            "is no JSON object",
        ),
        (
            F::AddressNotAllowed { status: 401 },
            "địa chỉ IP",
            "usually means that the address is not on the provider's list",
        ),
        (F::Metadata(MetadataReason::NoCodeFlow), "Tài liệu cấu hình", "metadata cannot be used"),
        (F::KeySet(KeySetReason::NoUsableKey), "(JWKS)", "(JWKS)"),
        (
            issuer(Place::Discovery, Some("https://o.example")),
            "là `https://o.example`, khác",
            "is `https://o.example`, and",
        ),
        (issuer(Place::Redirect, None), "không có issuer", "no issuer in the redirect"),
        (issuer(Place::IdToken, Some("x")), "id_token", "id_token"),
        (F::ClockRight, "Đồng hồ khớp", "clock agrees"),
        (F::ClockOff { seconds: 45 }, "nhanh hơn hệ thống định danh 45 giây", "45 seconds ahead of"),
        (F::ClockOff { seconds: -90 }, "chậm hơn hệ thống định danh 90 giây", "90 seconds behind"),
        (F::TokenEndpointAnswers, "từ chối một mã bịa", "refuses a code that was made up"),
        (F::InventedCodeTaken, "chấp nhận một mã bịa", "takes a code that was made up"),
        (F::ClientRefused, "client secret sai", "the client secret is wrong"),
        (F::ErrorPage { status: 400 }, "redirect URI không khớp", "the redirect URI is not the registered one"),
        (F::AuthorizationRefused(AuthorizationError::AccessDenied), "access_denied", "access_denied"),
        (F::AuthorizationRefused(AuthorizationError::InvalidScope), "invalid_scope", "invalid_scope"),
        (F::AuthorizationRefused(AuthorizationError::UnauthorizedClient), "chưa được phép", "may not use"),
        (
            F::AuthorizationRefused(AuthorizationError::UnmetAuthenticationRequirements),
            "không đạt mức",
            "reach the level",
        ),
        (F::AuthorizationRefused(AuthorizationError::ServerError), "sự cố", "trouble"),
        (F::AuthorizationRefused(AuthorizationError::Other), "bị từ chối", "was refused"),
        (F::MalformedRedirect(CallbackReason::Neither), "Không đọc được địa chỉ quay về", "cannot be read"),
        (F::OtherState, "`state`", "`state`"),
        (F::NoLogin, "Chưa đăng nhập", "Nobody logged in"),
        (F::CodeRefused, "(invalid_grant)", "(invalid_grant)"),
        (F::Token(TokenReason::TokenType), "địa chỉ lấy token không dùng được", "answer cannot be used"),
        (F::WrongVerifierRefused, "PKCE được kiểm tra", "PKCE holds"),
        (F::WrongVerifierTaken { required: true }, "PKCE không được kiểm tra", "PKCE protects nothing"),
        (F::WrongVerifierTaken { required: false }, "PKCE không được kiểm tra", "PKCE protects nothing"),
        (F::PkceOff, "không dùng PKCE", "without PKCE"),
        (F::KeyDoesNotOpen(Part::Code), "không mở được phong bì: mã (code)", "does not open the envelope of the code"),
        (F::KeyDoesNotOpen(Part::Token), "không mở được phong bì", "does not open the envelope of the token answer"),
        (F::OtherCipher { cipher: Cipher::Cbc }, "phong bì dùng chế độ CBC", "in the mode CBC"),
        (F::OtherCipher { cipher: Cipher::Ecb }, "phong bì dùng chế độ ECB", "in the mode ECB"),
        (F::ClearAnswer { part: Part::Userinfo, refused: true }, "không mã hóa", "came clear"),
        (F::ClearAnswer { part: Part::Code, refused: false }, "không mã hóa", "came clear"),
        (F::EnvelopeUnknown(Part::Token), "thiết lập không biết", "the settings do not know"),
        (F::IdToken(IdTokenReason::Expired), "id_token không hợp lệ", "id_token does not hold"),
        (F::IdToken(IdTokenReason::Audience), "id_token không hợp lệ", "id_token does not hold"),
        (F::IdToken(IdTokenReason::Missing), "id_token không hợp lệ", "id_token does not hold"),
        (F::IdToken(IdTokenReason::Nonce), "id_token không hợp lệ", "id_token does not hold"),
        (F::UserinfoRefused { status: 403 }, "từ chối access token (403)", "refuses the access token (403)"),
        (F::Userinfo(UserinfoReason::OtherSubject), "userinfo không dùng được", "Userinfo cannot be used"),
        (unreadable(true), "birthDate: giá trị không đọc được", "birthDate: its value cannot be read"),
        (unreadable(false), "birthDate: giá trị không đọc được", "birthDate: its value cannot be read"),
        (
            F::NobodyNamed { looked_for: vec!["TechID".to_owned()], came: vec!["id".to_owned(), "ten".to_owned()] },
            "không có TechID. Các trường có trong câu trả lời: id, ten.",
            "there is no TechID. In the answer are: id, ten.",
        ),
        (F::LogoutHost { host: Some("x.example:8443".to_owned()) }, "`x.example:8443`", "`x.example:8443`"),
        (F::LevelNotStated { refused: true }, "Không có mức định danh", "Nobody states a level"),
        (F::LevelNotStated { refused: false }, "Không có mức định danh", "Nobody states a level"),
        (
            F::LevelTooLow { stated: Level::ONE, required: Level::TWO },
            "ở mức 1, trong khi cần mức 2",
            "of level 1, and 2 is",
        ),
        (came(Claim::FullName, "HoVaTen", Shape::Text), "HoVaTen: có.", "HoVaTen: came."),
        (came(Claim::CitizenId, "SoDinhDanh", Shape::Digits(12)), "SoDinhDanh: có, 12 chữ số.", "came, 12 digits."),
        (came(Claim::BirthDate, "b", Shape::Date), "đủ ngày tháng năm", "a whole date"),
        (came(Claim::BirthDate, "b", Shape::Year), "chỉ có năm", "a year alone"),
        (came(Claim::Level, "IAL", Shape::Level(Level::TWO)), "IAL: có, mức 2.", "IAL: came, level 2."),
        (came(Claim::AccountKind, "k", Shape::Kind(AccountKind::Citizen)), "công dân", "a citizen"),
        (came(Claim::AccountKind, "k", Shape::Kind(AccountKind::Enterprise)), "doanh nghiệp", "an enterprise"),
        (came(Claim::AccountKind, "k", Shape::Kind(AccountKind::Organisation)), "tổ chức", "an organisation"),
        (came(Claim::AccountKind, "k", Shape::Kind(AccountKind::Unknown)), "không rõ", "no kind"),
        (came(Claim::LogoutUri, "logoutUri", Shape::Address), "máy chủ được phép", "a host that is allowed"),
        (
            F::Missing { claim: Claim::FullName, name: "HoVaTen".to_owned() },
            "HoVaTen: không có.",
            "HoVaTen: did not come.",
        ),
        (F::SessionStays, "không kết thúc phiên", "leaves the provider's session alive"),
        (F::LoginPassed, "Đăng nhập thành công", "The login went through"),
        (F::Failed(Code::ServiceUnavailable), "(service_unavailable)", "(service_unavailable)"),
    ]
}

#[test]
fn every_finding_has_words_in_both_languages_and_advice_unless_it_is_good() {
    for (finding, vi, en) in every() {
        let words = [Language::Vietnamese, Language::English]
            .map(|language| (finding.text(language), finding.advice(language)));
        let [(text_vi, advice_vi), (text_en, advice_en)] = &words;
        assert!(text_vi.contains(vi) && text_vi.ends_with('.'), "{text_vi}");
        assert!(text_en.contains(en) && text_en.ends_with('.'), "{text_en}");
        assert!(text_vi != text_en && (advice_vi.is_none() || advice_vi != advice_en), "{finding:?}");
        let needs_advice = finding.severity() != Severity::Good;
        assert_eq!((advice_vi.is_some(), advice_en.is_some()), (needs_advice, needs_advice), "{finding:?}");
        for text in [text_vi, text_en].into_iter().chain(advice_vi).chain(advice_en) {
            assert!(!text.contains(['{', '}', '\n']) && !text.contains("  "), "{text:?}");
        }
    }
}

struct Nobody;

#[async_trait]
impl Visitor for Nobody {
    async fn visit(&mut self, _: &Url, _: Purpose) -> Option<Secret> {
        None
    }
}

fn doctor(http: &Arc<FakeHttp>, redirect_uri: &str) -> Result<Doctor, ConfigError> {
    let config = ProviderConfig::oidc("vneid", ISSUER, "portal").client_secret("s".into());
    Doctor::new(config, http.clone(), Arc::new(TestClock::default()), Arc::new(SystemRandomness), redirect_uri)
}

#[tokio::test]
async fn what_a_provider_writes_is_cut_and_printable() {
    let http = Arc::new(FakeHttp::default());
    let mut document = metadata();
    document["issuer"] = serde_json::json!(format!("https://x\u{1b}[31m\n{}", "y".repeat(500)));
    http.json(&format!("{ISSUER}/.well-known/openid-configuration"), document);
    let found = doctor(&http, REDIRECT_URI).unwrap().examine(&mut Nobody).await;
    let [Finding::Issuer { place: Place::Discovery, stated: Some(stated), .. }] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(stated.starts_with("https://x\u{fffd}[31m\u{fffd}y") && stated.chars().count() == 120, "{stated:?}");
}

#[tokio::test]
async fn without_a_date_nothing_is_said_of_the_clock() {
    let http = Arc::new(FakeHttp::default());
    http.fail(&format!("{ISSUER}/.well-known/openid-configuration"), HttpFailure::Timeout);
    let found = doctor(&http, REDIRECT_URI).unwrap().examine(&mut Nobody).await;
    let failure = HttpFailure::Timeout;
    assert_eq!(found, [Finding::Unreachable { endpoint: Endpoint::Discovery, failure }]);
}

#[test]
fn settings_that_can_never_work_are_refused_by_name() {
    let http = Arc::new(FakeHttp::default());
    assert_eq!(doctor(&http, "/auth/callback/vneid").err().unwrap().setting(), "redirect_uri");
    let bare = ProviderConfig::oidc("vneid", ISSUER, "portal");
    let error = Doctor::new(bare, http, Arc::new(TestClock::default()), Arc::new(SystemRandomness), REDIRECT_URI);
    assert_eq!(error.err().unwrap().setting(), "client_secret");
}

#[test]
fn an_address_is_read_as_it_was_copied() {
    for (pasted, query) in [
        ("https://p.example/cb?code=a+b/c==&state=s", "code=a+b/c==&state=s"),
        ("  https://p.example/cb?code=a&state=s#fragment\n", "code=a&state=s"),
        ("code=a&state=s", "code=a&state=s"),
    ] {
        assert_eq!(redirect::query_of(&pasted.into()).expose(), query);
    }
}
