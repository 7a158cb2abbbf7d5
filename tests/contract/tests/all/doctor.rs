//! The doctor: each realm of the mock with each fault, and exactly what is found.

use async_trait::async_trait;
use url::Url;
use vneid_auth::error::Language;
use vneid_auth::identity::Level;
use vneid_auth::provider::doctor::Finding as F;
use vneid_auth::provider::doctor::{Endpoint, Finding, Part, Place, Purpose, Severity, Visitor};
use vneid_auth::provider::reason::{CallReason, CallbackReason, IdTokenReason, JsonReason, UserinfoReason};
use vneid_auth::provider::{AuthorizationError, Cipher, Claim, ClearAnswers, Envelope, EnvelopeKey, HttpFailure, Pkce};
use vneid_auth::secret::Secret;
use vneid_contract_tests::Browser;
use vneid_contract_tests::doctored::{Case, REDIRECT_URI, case, envelope};
use vneid_mock_idp::fault::{
    AuthorizeFault, ClaimFault, DiscoveryFault, Fault, Place as At, SealedFault, TokenFault, UserinfoFault, What,
};
use vneid_mock_idp::sealed::{Cipher as MockCipher, DEMO_CLIENT_KEY};
use vneid_mock_idp::{Citizen, Client, seeded};

const REALMS: [&str; 4] = ["oidc", "dvcqg", "vneid", "vneid-sealed"];
const DIALECTS: [&str; 3] = ["dvcqg", "vneid", "vneid-sealed"];

/// Exactly these, without the claims that came; each has its words.
async fn finds(what: &str, case: Case, expected: impl IntoIterator<Item = Finding>) {
    let mut found = case.findings().await;
    for finding in &found {
        has_words(finding);
    }
    found.retain(|finding| !matches!(finding, F::Came { .. }));
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{what}");
}

fn has_words(finding: &Finding) {
    let (vi, en) = (Language::Vietnamese, Language::English);
    assert!(finding.text(vi).len() > 4 && finding.text(en).len() > 4 && finding.text(vi) != finding.text(en));
    assert_eq!(finding.advice(vi).is_some(), finding.severity() != Severity::Good, "{finding:?}");
    assert_eq!(finding.advice(en).is_some(), finding.severity() != Severity::Good, "{finding:?}");
    for citizen in seeded() {
        let Citizen { citizen_id, full_name, phones, .. } = citizen;
        for secret in citizen_id.into_iter().chain([full_name]).chain(phones).chain(["portal-demo-secret".into()]) {
            assert!(!format!("{finding:?}{}{}", finding.text(vi), finding.text(en)).contains(&secret), "{finding:?}");
        }
    }
}

/// Up to the login.
const UP_TO_LOGIN: [Finding; 2] = [F::TokenEndpointAnswers, F::ClockRight];

/// What stands before this, when the code is exchanged as it should be.
fn exchanged(rest: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    UP_TO_LOGIN.into_iter().chain([F::WrongVerifierRefused]).chain(rest).collect()
}

/// How an examination ends that finds nothing wrong.
fn well(realm: &str) -> Vec<Finding> {
    let level = (realm == "dvcqg").then_some(F::LevelNotStated { refused: false });
    level.into_iter().chain([F::LoginPassed]).collect()
}

fn client(id: &str) -> Client {
    Client::new(id, "portal-demo-secret").redirect_uri(REDIRECT_URI)
}

fn at(place: At, what: What) -> Fault {
    Fault::new(place, what)
}

#[tokio::test]
async fn where_all_is_well_it_says_what_came_and_nothing_else() {
    for realm in REALMS {
        finds(realm, case(realm), exchanged(well(realm))).await;
    }
    let came = async |realm| -> Vec<String> {
        let found = case(realm).findings().await;
        found.iter().filter(|it| matches!(it, F::Came { .. })).map(|it| it.text(Language::Vietnamese)).collect()
    };
    assert_eq!(
        came("dvcqg").await,
        [
            "TechID: có.",
            "HoVaTen: có.",
            "SoDinhDanh: có, 12 chữ số.",
            "NgayThangNamSinh: có, đủ ngày tháng năm.",
            "SoDienThoai: có.",
            "LoaiTaiKhoan: có, công dân.",
        ]
    );
    assert_eq!(
        came("vneid-sealed").await,
        [
            "fullName: có.",
            "citizenPid: có, 12 chữ số.",
            "birthDate: có, đủ ngày tháng năm.",
            "accountLevel: có, mức 2.",
            "accountType: có, công dân.",
        ]
    );
}

#[tokio::test]
async fn an_address_that_is_not_on_the_list() {
    for realm in REALMS {
        let refused = case(realm).fault(at(At::Token, What::SourceRefused));
        finds(realm, refused, [F::ClockRight, F::AddressNotAllowed { status: 401 }]).await;
        // A server that answers so to a code that it does not know.
        let odd = case(realm).fault(at(At::Token, What::SourceRefused).next(1));
        let mut expected = exchanged(well(realm));
        expected.remove(0);
        finds(realm, odd, expected).await;
    }
}

#[tokio::test]
async fn a_client_that_is_not_known_or_not_proved() {
    for realm in REALMS {
        let wrong = case(realm).config(|config, _| config.client_secret("another".into()));
        finds(realm, wrong, [F::ClientRefused, F::ClockRight]).await;
    }
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered() {
    for realm in REALMS {
        let refused = case(realm).fault(at(At::Authorize, What::RedirectUriRefused));
        finds(realm, refused, UP_TO_LOGIN.into_iter().chain([F::ErrorPage { status: 400 }])).await;
    }
    let wso2 = "/authenticationendpoint/oauth2_error.do?oauthErrorCode=invalid_callback";
    let elsewhere = case("dvcqg").fault(at(At::Authorize, What::RedirectTo(wso2.to_owned())));
    finds("WSO2", elsewhere, UP_TO_LOGIN.into_iter().chain([F::ErrorPage { status: 303 }])).await;
}

#[tokio::test]
async fn a_wrong_verifier_that_is_taken() {
    for realm in REALMS {
        let taken = case(realm).fault(at(At::Token, What::PkceIgnored));
        let taken_how = F::WrongVerifierTaken { required: realm == "oidc" };
        finds(realm, taken, UP_TO_LOGIN.into_iter().chain([taken_how]).chain(well(realm))).await;
    }
    let off = case("vneid").config(|config, _| config.pkce(Pkce::DangerousOff));
    finds("off", off, UP_TO_LOGIN.into_iter().chain([F::PkceOff, F::LoginPassed])).await;
}

#[tokio::test]
async fn a_clock_that_is_off() {
    for realm in DIALECTS {
        for ahead in [45, -45, 300, -300] {
            let mut found = case(realm).ahead(ahead).findings().await;
            let at = found.iter().position(|it| matches!(it, F::ClockOff { .. })).unwrap();
            let F::ClockOff { seconds } = found.remove(at) else { unreachable!() };
            assert!((seconds - ahead).abs() <= 2, "{realm}: {seconds}");
            let severity = if ahead.abs() < 60 { Severity::Note } else { Severity::Problem };
            assert_eq!(F::ClockOff { seconds }.severity(), severity);
            assert!(found.contains(&F::LoginPassed), "{realm}: {found:?}");
        }
        assert!(case(realm).ahead(20).findings().await.contains(&F::ClockRight));
    }
    let behind = case("oidc").ahead(-300).findings().await;
    assert_eq!(behind.last(), Some(&F::IdToken(IdTokenReason::IssuedLater)), "{behind:?}");
}

#[tokio::test]
async fn a_provider_that_is_not_reached_and_why() {
    let unreachable = |endpoint, failure| F::Unreachable { endpoint, failure };
    for realm in DIALECTS {
        let token = |url: &'static str| case(realm).config(move |config, _| config.token_url(url));
        for (url, failure) in
            [("http://127.0.0.1:1/token", HttpFailure::Refused), ("https://id.invalid/token", HttpFailure::NoSuchHost)]
        {
            finds(url, token(url), [unreachable(Endpoint::Token, failure)]).await;
        }
        let tls = case(realm).config(|config, mock| config.token_url(&format!("https://{}/token", mock.addr())));
        finds(realm, tls, [unreachable(Endpoint::Token, HttpFailure::Tls)]).await;
        let slow = case(realm).fault(at(At::Token, What::DelayMillis(2000))).impatient();
        finds(realm, slow, [unreachable(Endpoint::Token, HttpFailure::Timeout)]).await;
        let userinfo = case(realm).config(|config, _| config.userinfo_url("http://127.0.0.1:1/userinfo"));
        finds(realm, userinfo, exchanged([unreachable(Endpoint::Userinfo, HttpFailure::Refused)])).await;
        let elsewhere = case(realm).config(|config, _| config.authorize_url("http://127.0.0.1:1/auth"));
        let unseen = unreachable(Endpoint::Authorization, HttpFailure::Refused);
        assert_eq!(unseen.severity(), Severity::Note, "the browser goes there, and may get there");
        finds(realm, elsewhere, UP_TO_LOGIN.into_iter().chain([unseen, F::NoLogin])).await;
    }
    let down = case("oidc").fault(at(At::Discovery, What::Close));
    finds("oidc", down, [unreachable(Endpoint::Discovery, HttpFailure::Broken)]).await;
}

#[tokio::test]
async fn answers_that_are_none() {
    for realm in REALMS {
        for (what, expected) in [
            (What::Html, F::Unreadable { endpoint: Endpoint::Token, reason: CallReason::MediaType }),
            (What::Status(404), F::Status { endpoint: Endpoint::Token, status: 404 }),
            (What::Status(503), F::Status { endpoint: Endpoint::Token, status: 503 }),
        ] {
            finds(realm, case(realm).fault(at(At::Token, what)), [expected, F::ClockRight]).await;
        }
        let lost = case(realm).fault(at(At::Authorize, What::Status(503)));
        let status = F::Status { endpoint: Endpoint::Authorization, status: 503 };
        finds(realm, lost, UP_TO_LOGIN.into_iter().chain([status])).await;
        for status in [401, 403] {
            let refused = case(realm).fault(at(At::Userinfo, What::Status(status)));
            finds(realm, refused, exchanged([F::UserinfoRefused { status }])).await;
        }
    }
    let anything = r#"{"access_token":"invented","token_type":"Bearer"}"#.to_owned();
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let taken = case("vneid").fault(at(At::Token, What::Respond { status: 200, headers, body: anything }));
    let wrong_verifier = F::WrongVerifierTaken { required: false };
    let refused = F::UserinfoRefused { status: 401 };
    finds("anything goes", taken, [F::InventedCodeTaken, F::ClockRight, wrong_verifier, refused]).await;
}

#[tokio::test]
async fn the_way_back() {
    for realm in REALMS {
        for (fault, expected) in [
            (AuthorizeFault::StateWrong, F::OtherState),
            (AuthorizeFault::StateMissing, F::OtherState),
            (AuthorizeFault::CodeMissing, F::MalformedRedirect(CallbackReason::Neither)),
            (AuthorizeFault::CodeTwice, F::MalformedRedirect(CallbackReason::Duplicate)),
            (AuthorizeFault::ServerError, F::AuthorizationRefused(AuthorizationError::ServerError)),
        ] {
            let case = case(realm).fault(at(At::Authorize, What::Authorize(fault)));
            finds(&format!("{realm} {fault:?}"), case, UP_TO_LOGIN.into_iter().chain([expected])).await;
        }
    }
    for realm in ["oidc", "dvcqg", "vneid"] {
        let lost = case(realm).fault(at(At::Authorize, What::Authorize(AuthorizeFault::CodeWrong)));
        finds(realm, lost, UP_TO_LOGIN.into_iter().chain([F::CodeRefused])).await;
    }
}

#[tokio::test]
async fn an_issuer_that_differs() {
    let oidc = |place, what| case("oidc").fault(at(place, what));
    let stated = async |case: Case, place: Place| {
        let found = case.findings().await;
        let Some(F::Issuer { place: found_at, configured, stated }) = found.last() else { panic!("{found:?}") };
        assert_eq!(*found_at, place);
        (configured.clone(), stated.clone().unwrap_or_default())
    };
    let discovery = oidc(At::Discovery, What::Discovery(DiscoveryFault::IssuerTrailingSlash));
    let found = discovery.findings().await;
    let Some(F::Issuer { place: Place::Discovery, configured, stated: Some(other) }) = found.first() else {
        panic!("{found:?}")
    };
    assert_eq!(*other, format!("{configured}/"));
    let (configured, other) =
        stated(oidc(At::Token, What::IdToken(TokenFault::IssTrailingSlash)), Place::IdToken).await;
    assert_eq!(other, format!("{configured}/"));
    stated(oidc(At::Authorize, What::Authorize(AuthorizeFault::IssWrong)), Place::Redirect).await;

    // Keycloak behind VNeID calls itself by an address of its own network.
    let vneid = case("vneid")
        .client("keycloak")
        .mock(|mock| mock.auto_login(&seeded()[0].username).client(client("keycloak").vneid_id_token()))
        .config(|config, mock| {
            let certs = format!("{}/protocol/openid-connect/certs", mock.realm("vneid"));
            config.checked_id_token("https://sso.dancuquocgia.gov.vn", &certs)
        });
    let (_, internal) = stated(vneid, Place::IdToken).await;
    assert_eq!(internal, "http://sso.dancuquocgia.gov.vn:8080/auth/realms/citizen");
}

#[tokio::test]
async fn an_envelope_that_does_not_open() {
    let sealed = || case("vneid-sealed");
    let first = |expected| UP_TO_LOGIN.into_iter().chain([expected]);
    let other_key = sealed().config(|config, _| {
        let key = EnvelopeKey::from_pem(&include_str!("../../../mock-idp/keys/demo-vneid.pem").into()).unwrap();
        config.envelope(Some(Envelope::new(key)))
    });
    finds("another key", other_key, first(F::KeyDoesNotOpen(Part::Code))).await;
    let cbc = sealed().config(|config, _| config.envelope(Some(envelope().cipher(Cipher::Cbc))));
    finds("CBC is set", cbc, first(F::OtherCipher { cipher: Cipher::Ecb })).await;
    let chained = || client("chained").sealing_key_pem(DEMO_CLIENT_KEY).unwrap().sealed_cipher(MockCipher::Cbc);
    let ecb = sealed().client("chained");
    let ecb = ecb.mock(move |mock| mock.auto_login(&seeded()[0].username).client(chained()));
    finds("CBC comes", ecb, first(F::OtherCipher { cipher: Cipher::Cbc })).await;

    let answer = |place, fault| sealed().fault(at(place, What::Sealed(fault)));
    for fault in [SealedFault::WrongKey, SealedFault::PaddingBroken, SealedFault::Swapped] {
        finds("code", answer(At::Authorize, fault), first(F::KeyDoesNotOpen(Part::Code))).await;
        finds("token", answer(At::Token, fault), first(F::KeyDoesNotOpen(Part::Token))).await;
        finds("userinfo", answer(At::Userinfo, fault), exchanged([F::KeyDoesNotOpen(Part::Userinfo)])).await;
    }
}

#[tokio::test]
async fn a_clear_answer_where_an_envelope_is_expected() {
    for (place, part) in [(At::Authorize, Part::Code), (At::Token, Part::Token), (At::Userinfo, Part::Userinfo)] {
        let clear = || case("vneid-sealed").fault(at(place, What::Sealed(SealedFault::Clear)));
        let note = F::ClearAnswer { part, refused: false };
        finds("accepted", clear(), exchanged([note, F::LoginPassed])).await;
        let strict = clear().config(|config, _| config.envelope(Some(envelope().clear_answers(ClearAnswers::Refuse))));
        let problem = F::ClearAnswer { part, refused: true };
        let expected = match part {
            Part::Code => UP_TO_LOGIN.into_iter().chain([problem]).collect(),
            _ => exchanged([problem]),
        };
        finds("refused", strict, expected).await;
    }
    let sealed = |place| case("vneid").fault(at(place, What::Sealed(SealedFault::Unexpected)));
    let unknown = |part| [F::EnvelopeUnknown(part)];
    let code = case("vneid-sealed").config(|config, _| config.envelope(None));
    finds("code", code, UP_TO_LOGIN.into_iter().chain(unknown(Part::Code))).await;
    finds("token", sealed(At::Token), UP_TO_LOGIN.into_iter().chain(unknown(Part::Token))).await;
    finds("userinfo", sealed(At::Userinfo), exchanged(unknown(Part::Userinfo))).await;
}

#[tokio::test]
async fn what_the_claims_say() {
    for realm in DIALECTS {
        let level = if realm == "vneid-sealed" { "accountLevel" } else { "IAL" };
        let birth = if realm == "vneid-sealed" { "birthDate" } else { "NgayThangNamSinh" };
        let unreadable = |claim, name: &str| F::ClaimUnreadable { claim, name: name.to_owned(), refused: true };
        for (fault, expected) in [
            (ClaimFault::LevelWord, unreadable(Claim::Level, level)),
            (ClaimFault::BirthDateNoDate, unreadable(Claim::BirthDate, birth)),
            (ClaimFault::BirthDateImpossible, unreadable(Claim::BirthDate, birth)),
            (ClaimFault::LevelOne, F::LevelTooLow { stated: Level::ONE, required: Level::TWO }),
        ] {
            let case = case(realm).fault(at(At::Userinfo, What::Claim(fault)));
            finds(&format!("{realm} {fault:?}"), case, exchanged([expected])).await;
        }
    }
    for realm in ["dvcqg", "vneid"] {
        let foreign = case(realm).fault(at(At::Userinfo, What::Claim(ClaimFault::LogoutUriForeign)));
        let found = foreign.findings().await;
        assert!(matches!(found.last(), Some(F::LogoutHost { host: Some(host) }) if !host.is_empty()), "{found:?}");
        let twice = case(realm).fault(at(At::Userinfo, What::Claim(ClaimFault::DuplicateClaim)));
        let reason = CallReason::Json(JsonReason::Duplicate);
        finds(realm, twice, exchanged([F::Unreadable { endpoint: Endpoint::Userinfo, reason }])).await;
        let nothing = case(realm).fault(at(At::Userinfo, What::Claim(ClaimFault::AllNull)));
        let found = nothing.findings().await;
        let Some(F::NobodyNamed { looked_for, came }) = found.last() else { panic!("{found:?}") };
        assert_eq!(*looked_for, ["TechID", "sub"]);
        assert!(came.contains(&"HoVaTen".to_owned()), "{came:?}");
    }
    for realm in ["vneid", "vneid-sealed"] {
        let unstated = case(realm).fault(at(At::Userinfo, What::Claim(ClaimFault::LevelMissing)));
        finds(realm, unstated, exchanged([F::LevelNotStated { refused: true }])).await;
    }
    let stays = case("vneid-sealed").config(|config, _| config.ends_session(false));
    finds("the session stays", stays, exchanged([F::SessionStays, F::LoginPassed])).await;
    let renamed = case("dvcqg").config(|config, _| config.claim(Claim::FullName, Some("Ten")));
    let missing = F::Missing { claim: Claim::FullName, name: "Ten".to_owned() };
    finds("renamed", renamed, exchanged([missing].into_iter().chain(well("dvcqg")))).await;

    let odd = case("oidc").fault(at(At::Userinfo, What::Userinfo(UserinfoFault::BirthdateMalformed)));
    let left_out = F::ClaimUnreadable { claim: Claim::BirthDate, name: "birthdate".to_owned(), refused: false };
    finds("left out", odd, exchanged([left_out, F::LoginPassed])).await;
    let other = case("oidc").fault(at(At::Userinfo, What::Userinfo(UserinfoFault::SubWrong)));
    finds("another subject", other, exchanged([F::Userinfo(UserinfoReason::OtherSubject)])).await;
}

/// Logs in as anybody does, in a browser of their own.
struct Person(Browser, Citizen);

#[async_trait]
impl Visitor for Person {
    async fn visit(&mut self, address: &Url, _: Purpose) -> Option<Secret> {
        let Self(browser, citizen) = self;
        browser.open(address.as_str()).await;
        if browser.page().url.path() != "/back" {
            browser.submit(&[("username", &citizen.username), ("password", &citizen.password)]).await;
            let inbox = address.join(&format!("/sms?phone={}", citizen.phones[0])).unwrap();
            let messages = Browser::new().fetch(inbox.as_str()).await.json();
            browser.submit(&[("otp", messages[0]["code"].as_str().unwrap())]).await;
        }
        Some(Secret::from(browser.page().url.as_str()))
    }
}

#[tokio::test]
async fn somebody_logs_in_by_hand() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect_uri = format!("http://{}/back", listener.local_addr().unwrap());
    let portal = axum::Router::new().fallback(|| async { "" });
    let portal = tokio::spawn(async move { axum::serve(listener, portal).await.unwrap() });
    for realm in REALMS {
        let mut person = Person(Browser::new(), seeded().remove(0));
        let case = case(realm).mock(|mock| mock).redirect_uri(redirect_uri.clone());
        let mut found = case.findings_with(&mut person).await;
        found.retain(|finding| !matches!(finding, F::Came { .. }));
        assert_eq!(found, exchanged(well(realm)), "{realm}");
        let nobody = self::case(realm).mock(|mock| mock);
        finds(realm, nobody, UP_TO_LOGIN.into_iter().chain([F::NoLogin])).await;
    }
    portal.abort();
}
