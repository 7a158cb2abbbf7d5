//! Faults on order in the dialects' realms.

use serde_json::{Map, Value, json};
use vneid_mock_idp::fault::{
    AuthorizeFault, ClaimFault, Fault, Place, SealedFault, TokenFault, TokenResponseFault, UserinfoFault, What,
};
use vneid_mock_idp::sealed::{Cipher, DEMO_CLIENT_KEY};
use vneid_mock_idp::{MintKey, Running};

use crate::support::{
    Answer, Browser, CHALLENGE, CITIZEN, National, Opener, VERIFIER, claims_of, is_signed_by, start_with,
};

async fn logged_in() -> Running {
    start_with(|builder| builder.auto_login(CITIZEN.0)).await
}

fn opener() -> Opener {
    Opener::new(DEMO_CLIENT_KEY, Cipher::Ecb)
}

async fn redeem(mock: &Running, portal: &National) -> Answer {
    let back = Browser::new(mock).get(&portal.url(&[])).await.redirected();
    portal.redeem(&back["code"], &[]).await
}

/// A sealed login as far as the token answer, by the raw query.
async fn redeem_sealed(mock: &Running, portal: &National) -> Answer {
    let to = Browser::new(mock).get(&portal.url(&[])).await.location().unwrap();
    let field = |name: &str| {
        let pairs = to.split_once('?').unwrap().1.split('&').filter_map(|pair| pair.split_once('='));
        pairs.clone().find(|(own, _)| *own == name).unwrap().1.to_owned()
    };
    let code = opener().open(&field("code"), &field("encrypt_key")).unwrap();
    portal.redeem(&code, &[("encrypt_key", &field("encrypt_key"))]).await
}

#[tokio::test]
async fn a_fault_names_its_realm() {
    let mock = logged_in().await;
    let order = |realm: &str, place, what| mock.control().fault(Fault::new(place, what).realm(realm));
    order("dvcqg", Place::Token, What::Status(503));
    order("vneid", Place::Token, What::SourceRefused);
    let (dvcqg, vneid) = (National::portal(&mock, "dvcqg"), National::portal(&mock, "vneid"));
    assert_eq!(redeem(&mock, &dvcqg).await.status, 503);
    let refused = redeem(&mock, &vneid).await;
    assert_eq!((refused.status.as_u16(), refused.header("content-type")), (401, "text/html"));
    let sealed = National::demo(&mock, "vneid-sealed");
    assert_eq!(redeem_sealed(&mock, &sealed).await.status, 200);
    mock.control().clear_faults();
    for (realm, place, path) in [
        ("dvcqg", Place::Jwks, "/dvcqg/oauth2/jwks"),
        ("dvcqg", Place::Discovery, "/dvcqg/oauth2/token/.well-known/openid-configuration"),
        ("dvcqg", Place::Authorize, "/dvcqg/oauth2/authorize"),
        ("dvcqg", Place::Userinfo, "/dvcqg/oauth2/userinfo"),
        ("dvcqg", Place::Logout, "/dvcqg/oidc/logout"),
        ("vneid", Place::Jwks, "/vneid/protocol/openid-connect/certs"),
        ("vneid", Place::Authorize, "/vneid/auth"),
        ("vneid", Place::Userinfo, "/vneid/userinfo"),
        ("vneid", Place::Logout, "/vneid/api/idp/third-party/logout"),
        ("vneid", Place::ViewInfo, "/vneid/api/idp/third-party/view-info"),
        ("vneid-sealed", Place::Authorize, "/vneid-sealed/auth"),
        ("vneid-sealed", Place::Userinfo, "/vneid-sealed/userinfo"),
    ] {
        assert_ne!(dvcqg.party.get(path, &[]).await.status, 599, "{path}");
        order(realm, place, What::Status(599));
        assert_eq!(dvcqg.party.get(path, &[]).await.status, 599, "{path}");
    }
    for realm in ["dvcqg", "vneid"] {
        mock.control().clear_faults();
        order(realm, Place::Token, What::Close);
        let portal = National::portal(&mock, realm);
        let back = Browser::new(&mock).get(&portal.url(&[])).await.redirected();
        let form = [("grant_type", "authorization_code"), ("code", back["code"].as_str())];
        let path = if realm == "dvcqg" { "/dvcqg/oauth2/token" } else { "/vneid/token" };
        let answer = reqwest::Client::new().post(format!("{}{path}", mock.base_url())).form(&form).send().await;
        assert!(async { answer?.bytes().await }.await.is_err(), "{realm}");
    }
    mock.control().check_faults().unwrap();
}

#[tokio::test]
async fn redirect_uris_and_verifiers_on_order() {
    let mock = logged_in().await;
    for realm in ["dvcqg", "vneid"] {
        let portal = National::portal(&mock, realm);
        mock.control().fault(Fault::new(Place::Authorize, What::RedirectUriRefused).realm(realm).next(1));
        let page = Browser::new(&mock).get(&portal.url(&[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None));
        let sent = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
        for (ordered, verifier, status) in [(false, CHALLENGE, 400), (true, CHALLENGE, 200), (true, "", 200)] {
            if ordered {
                mock.control().fault(Fault::new(Place::Token, What::PkceIgnored).realm(realm).next(1));
            }
            let back = Browser::new(&mock).get(&portal.url(&sent)).await.redirected();
            let answer = portal.redeem(&back["code"], &[("code_verifier", verifier)]).await;
            assert_eq!(answer.status, status, "{realm} {ordered} {verifier}");
        }
        let back = Browser::new(&mock).get(&portal.url(&sent)).await.redirected();
        assert_eq!(portal.redeem(&back["code"], &[("code_verifier", VERIFIER)]).await.status, 200);
        for fault in AuthorizeFault::ALL {
            mock.control().fault(Fault::new(Place::Authorize, What::Authorize(*fault)).realm(realm).next(1));
            let wrong = Browser::new(&mock).get(&portal.url(&[])).await.location().unwrap();
            // These answers have no iss that could be missing.
            let right = wrong.contains("code=") && wrong.ends_with("&state=a-state") && wrong.matches('=').count() == 2;
            let unfit = matches!(fault, AuthorizeFault::IssMissing | AuthorizeFault::CodeWrong);
            assert!(unfit || !right, "{realm} {fault:?} {wrong}");
        }
    }
    mock.control().check_faults().unwrap();
}

#[tokio::test]
async fn claims_on_order() {
    let mock = logged_in().await;
    for realm in ["dvcqg", "vneid"] {
        let portal = National::portal(&mock, realm);
        let token = redeem(&mock, &portal).await.json()["access_token"].as_str().unwrap().to_owned();
        let right = portal.userinfo(&token).await;
        let told = async |what| {
            mock.control().fault(Fault::new(Place::Userinfo, what).realm(realm).next(1));
            portal.userinfo(&token).await
        };
        for fault in ClaimFault::ALL {
            let wrong = told(What::Claim(*fault)).await;
            let absent =
                *fault == ClaimFault::LoginIdpMissing || (realm == "dvcqg" && *fault == ClaimFault::LevelMissing);
            assert_eq!(wrong.body == right.body, absent, "{realm} {fault:?}");
            let name = serde_json::to_string(fault).unwrap();
            assert_eq!(serde_json::from_str::<ClaimFault>(&name).unwrap(), *fault);
        }
        for fault in UserinfoFault::ALL {
            assert_ne!(told(What::Userinfo(*fault)).await.body, right.body, "{realm} {fault:?}");
        }
        assert_eq!(told(What::Claim(ClaimFault::LevelWord)).await.json()["IAL"], "cao");
        assert_eq!(told(What::Claim(ClaimFault::LoginIdpOther)).await.json()["loginIdp"], "SOMEBODY");
        assert_eq!(told(What::Userinfo(UserinfoFault::NameEmpty)).await.json()["HoVaTen"], "");
        let doubled = told(What::Claim(ClaimFault::DuplicateClaim)).await.body;
        assert_eq!(doubled.matches("\"SoDinhDanh\":").count(), 2);
        let foreign = told(What::Claim(ClaimFault::LogoutUriForeign)).await.json();
        assert!(foreign["logoutUri"].as_str().unwrap().starts_with("https://attacker.test/"));
        for fault in TokenResponseFault::ALL {
            mock.control().fault(Fault::new(Place::Token, What::TokenResponse(*fault)).realm(realm).next(1));
            redeem(&mock, &portal).await;
        }
    }
    mock.control().check_faults().unwrap();
}

#[tokio::test]
async fn id_tokens_and_keys_on_order() {
    let mock = logged_in().await;
    let portal = National::portal(&mock, "dvcqg");
    let jwks = "/dvcqg/oauth2/jwks";
    let id_token = async || redeem(&mock, &portal).await.json()["id_token"].as_str().unwrap().to_owned();
    mock.control().fault(Fault::new(Place::Token, What::IdToken(TokenFault::IssWrong)).realm("dvcqg").next(1));
    assert_eq!(claims_of(&id_token().await)["iss"], "https://attacker.test/oidc");
    mock.control().fault(Fault::new(Place::Token, What::IdToken(TokenFault::WrongSignature)).realm("dvcqg").next(1));
    assert!(!is_signed_by(&portal.party, jwks, &id_token().await).await);
    let before = id_token().await;
    let kid = mock.control().rotate_keys_of("dvcqg").unwrap();
    let after = id_token().await;
    assert_eq!(crate::support::header_of(&after)["kid"], kid);
    assert!(is_signed_by(&portal.party, jwks, &before).await && is_signed_by(&portal.party, jwks, &after).await);
    assert!(mock.control().rotate_keys_of("nowhere").is_err());
    let claims: Map<String, Value> = json!({"iss": "x"}).as_object().cloned().unwrap();
    let minted = mock.control().mint_of("vneid", &Map::new(), &claims, MintKey::Current).unwrap();
    assert!(is_signed_by(&portal.party, "/vneid/protocol/openid-connect/certs", &minted).await);
    mock.control().check_faults().unwrap();
}

#[tokio::test]
async fn envelopes_on_order() {
    let mock = logged_in().await;
    let portal = National::demo(&mock, "vneid-sealed");
    let outcome = |answer: &Answer| match serde_json::from_str::<Value>(&answer.body) {
        Ok(body) if body.get("data").is_none() => Err("clear"),
        Ok(body) => opener().json(&body).map(|_| ()),
        Err(_) => Err("no json"),
    };
    let expected = |fault| match fault {
        SealedFault::WrongKey | SealedFault::KeyTruncated => &["rsa", "aes key", "aes"][..],
        // A wrong AES key leaves good padding one time in 256, and then no text.
        SealedFault::OtherAesKey => &["aes", "utf-8", "json"],
        SealedFault::Truncated | SealedFault::PaddingBroken => &["aes"],
        SealedFault::NotJson => &["json"],
        SealedFault::Swapped => &["rsa"],
        SealedFault::Clear => &["clear"],
        SealedFault::KeyMissing => &["envelope"],
        SealedFault::ClearWithKey | SealedFault::NotBase64 => &["data"],
        _ => &[],
    };
    for fault in SealedFault::ALL {
        let order = |place| mock.control().fault(Fault::new(place, What::Sealed(*fault)).realm("vneid-sealed").next(1));
        order(Place::Token);
        let answer = redeem_sealed(&mock, &portal).await;
        assert_eq!(answer.status, 200);
        let judge = |outcome: Result<(), &'static str>, place| match outcome {
            Ok(()) => assert!(expected(*fault).is_empty(), "{fault:?} {place} was opened"),
            Err(step) => assert!(expected(*fault).contains(&step), "{fault:?} {place} failed at {step}"),
        };
        judge(outcome(&answer), "token");
        let tokens = opener().json(&redeem_sealed(&mock, &portal).await.json()).unwrap();
        order(Place::Userinfo);
        judge(outcome(&portal.userinfo(tokens["access_token"].as_str().unwrap()).await), "userinfo");
        order(Place::Authorize);
        let back = Browser::new(&mock).get(&portal.url(&[])).await.redirected();
        match fault {
            SealedFault::Clear => assert!(back["code"].matches('.').count() == 2 && !back.contains_key("encrypt_key")),
            SealedFault::ClearWithKey => {
                assert!(back["code"].matches('.').count() == 2 && back.contains_key("encrypt_key"));
            }
            SealedFault::KeyMissing => assert!(back.contains_key("code") && !back.contains_key("encrypt_key")),
            _ => assert!(back.contains_key("code") && back.contains_key("encrypt_key")),
        }
        let name = serde_json::to_string(fault).unwrap();
        assert_eq!(serde_json::from_str::<SealedFault>(&name).unwrap(), *fault);
    }
    // What is wrong inside an envelope is sealed like what is right.
    let tokens = opener().json(&redeem_sealed(&mock, &portal).await.json()).unwrap();
    mock.control().fault(Fault::new(Place::Userinfo, What::Claim(ClaimFault::LevelWord)).next(1));
    let told = portal.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(opener().json(&told).unwrap()["accountLevel"], "cao");
    mock.control().fault(Fault::new(Place::Token, What::TokenResponse(TokenResponseFault::ErrorWith200)).next(1));
    let answer = redeem_sealed(&mock, &portal).await.json();
    assert_eq!(opener().json(&answer).unwrap()["error"], "invalid_grant");
    // And an envelope comes where nobody expects one.
    let clear = National::demo(&mock, "vneid");
    mock.control().fault(Fault::new(Place::Token, What::Sealed(SealedFault::Unexpected)).realm("vneid").next(1));
    let answer = redeem(&mock, &clear).await.json();
    assert!(opener().json(&answer).unwrap()["access_token"].is_string());
    mock.control().check_faults().unwrap();
}

#[tokio::test]
async fn the_journal_tells_what_was_asked_of_each_realm_and_no_value() {
    let mock = logged_in().await;
    for realm in ["dvcqg", "vneid"] {
        let portal = National::portal(&mock, realm);
        let token = redeem(&mock, &portal).await.json()["access_token"].as_str().unwrap().to_owned();
        portal.userinfo(&token).await;
        if realm == "vneid" {
            portal.party.get(&format!("/vneid/api/idp/third-party/view-info?token_id={token}"), &[]).await;
        }
        let journal = mock.control().journal();
        let of_realm = journal.iter().filter(|asked| asked.route.starts_with(&format!("/{realm}/")));
        let remarks: Vec<&str> = of_realm.clone().flat_map(|asked| asked.remarks.clone()).collect();
        assert_eq!(remarks, ["code_issued", "code_redeemed", "userinfo_given"], "{realm}");
        assert!(of_realm.take(3).all(|asked| asked.client.as_deref() == Some("portal")));
        let text = serde_json::to_string(&journal).unwrap();
        assert!(!text.contains(&token) && !text.contains(CITIZEN.0));
    }
}
