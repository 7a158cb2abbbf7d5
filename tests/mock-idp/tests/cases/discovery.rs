//! Metadata and keys: D1 to D10.

use std::collections::BTreeSet;

use serde_json::Value;
use vneid_mock_idp::fault::{Fault, JwksFault, Place, What};
use vneid_mock_idp::{AuthMethod, Client};

use crate::support::{Browser, RelyingParty, header_of, is_signed, start, start_with};

const DISCOVERY: &str = "/oidc/.well-known/openid-configuration";

#[tokio::test]
async fn d1_the_document_is_found_and_its_issuer_is_exact() {
    let mock = start().await;
    let answer = RelyingParty::portal(&mock).get(DISCOVERY, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json()["issuer"], format!("http://{}/oidc", mock.addr()));
    assert_eq!(answer.json()["issuer"], mock.issuer());
}

#[tokio::test]
async fn d2_an_issuer_with_a_path_is_found_both_ways() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let oauth = portal.get("/.well-known/oauth-authorization-server/oidc", &[]).await;
    assert_eq!(oauth.json(), portal.get(DISCOVERY, &[]).await.json());
    assert_eq!(portal.get("/.well-known/openid-configuration", &[]).await.status, 404);
}

#[tokio::test]
async fn d3_what_is_listed_works_and_what_is_not_listed_does_not() {
    let machine = Client::new("machine", "m").client_credentials();
    let public = Client::new("public", "").auth_method(AuthMethod::None).redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(machine).client(public)).await;
    let portal = RelyingParty::portal(&mock);
    let metadata = portal.get(DISCOVERY, &[]).await.json();
    let list = |name: &str| -> BTreeSet<String> {
        let words = metadata[name].as_array().unwrap_or_else(|| panic!("no {name}")).iter();
        words.map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let set = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>();

    // Every endpoint answers; none that is not there is named.
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let path = value.as_str().unwrap().strip_prefix(&mock.base_url()).unwrap().to_owned();
            assert_ne!(portal.get(&path, &[]).await.status, 404, "{name}");
        }
    }
    for absent in ["registration_endpoint", "pushed_authorization_request_endpoint"] {
        assert!(metadata.get(absent).is_none(), "{absent}");
    }

    assert_eq!(list("response_types_supported"), set(&["code"]));
    for other in ["token", "id_token", "code id_token"] {
        let back = Browser::new(&mock).get(&portal.url(&[("response_type", other)])).await.redirected();
        assert_eq!(back["error"], "unsupported_response_type");
    }
    assert_eq!(list("response_modes_supported"), set(&["query"]));
    let back = Browser::new(&mock).get(&portal.url(&[("response_mode", "fragment")])).await.redirected();
    assert_eq!(back["error"], "invalid_request");

    let device = "urn:ietf:params:oauth:grant-type:device_code";
    assert_eq!(
        list("grant_types_supported"),
        set(&["authorization_code", "refresh_token", "client_credentials", device])
    );
    let everything = list("scopes_supported").into_iter().collect::<Vec<_>>().join(" ");
    let mut browser = Browser::new(&mock);
    let tokens = portal.clone().scope(&everything).tokens(&mock, &mut browser, &[]).await;
    assert_eq!(portal.refresh(tokens.text("refresh_token")).await.status, 200);
    let machine = RelyingParty::new(&mock, "machine", "m", "");
    assert_eq!(machine.post("/oidc/token", &[("grant_type", "client_credentials")]).await.status, 200);
    let begun = portal.post("/oidc/device_authorization", &[("scope", "openid")]).await.json();
    let poll = [("grant_type", device), ("device_code", begun["device_code"].as_str().unwrap())];
    assert_eq!(portal.post("/oidc/token", &poll).await.json()["error"], "authorization_pending");
    let refused = portal.post("/oidc/token", &[("grant_type", "password")]).await.json();
    assert_eq!(refused["error"], "unsupported_grant_type");

    // All listed claims come, with the scopes that release them.
    let id_token = tokens.id_claims();
    let userinfo = portal.userinfo(tokens.text("access_token")).await.json();
    for claim in list("claims_supported") {
        assert!(id_token.contains_key(&claim) || userinfo.get(&claim).is_some(), "{claim}");
    }
    for acr in list("acr_values_supported") {
        let back = browser.visit(&portal.url(&[("acr_values", &acr)])).await.redirected();
        let tokens = portal.redeem(&back["code"]).await.json();
        assert_eq!(crate::support::claims_of(tokens["id_token"].as_str().unwrap())["acr"], acr);
    }
    assert_eq!(list("prompt_values_supported"), set(&["none", "login", "select_account"]));
    let back = browser.visit(&portal.url(&[("prompt", "create")])).await.redirected();
    assert_eq!(back["error"], "invalid_request");
    let methods = set(&["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
    assert_eq!(list("token_endpoint_auth_methods_supported"), methods);
    assert_eq!(list("code_challenge_methods_supported"), set(&["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["claims_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], false);
    for channel in ["backchannel_logout", "frontchannel_logout"] {
        assert_eq!(metadata[format!("{channel}_supported")], true, "as d63 and d65 show");
        assert_eq!(metadata[format!("{channel}_session_supported")], true);
    }
}

#[tokio::test]
async fn d4_the_key_set_is_public_and_well_formed() {
    let mock = start().await;
    mock.control().rotate_keys().unwrap();
    let set = RelyingParty::portal(&mock).get("/oidc/jwks", &[]).await;
    assert_eq!(set.header("content-type"), "application/json");
    let keys = set.json()["keys"].as_array().unwrap().clone();
    let kids: BTreeSet<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!((keys.len(), kids.len()), (3, 3));
    for key in &keys {
        assert_eq!(key["use"], "sig");
        assert!(key["alg"].is_string());
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none());
        }
        // 2048 bits are 342 characters of base64url.
        assert!(key["kty"] != "RSA" || key["n"].as_str().unwrap().len() >= 342);
    }
}

#[tokio::test]
async fn d5_keys_rotate_with_an_overlap() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let before = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    let kid = mock.control().rotate_keys().unwrap();
    let after = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    assert_eq!(header_of(after.text("id_token"))["kid"], kid);
    assert_ne!(header_of(before.text("id_token"))["kid"], kid);
    assert!(is_signed(&portal, before.text("id_token")).await && is_signed(&portal, after.text("id_token")).await);
    assert_eq!(portal.get("/oidc/jwks", &[]).await.header("cache-control"), "public, max-age=5");
    mock.control().advance(std::time::Duration::from_secs(3600));
    assert!(!is_signed(&portal, before.text("id_token")).await && is_signed(&portal, after.text("id_token")).await);
}

#[tokio::test]
async fn d6_keys_rotate_just_before_signing() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let cached = portal.get("/oidc/jwks", &[]).await.body;
    mock.control().fault(Fault::new(Place::Token, What::RotateKeys).next(1));
    let tokens = portal.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    let kid = header_of(tokens.text("id_token"))["kid"].as_str().unwrap().to_owned();
    assert!(!cached.contains(&kid));
    assert!(is_signed(&portal, tokens.text("id_token")).await);
}

#[tokio::test]
async fn d7_faulty_key_sets_on_order() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let right = portal.get("/oidc/jwks", &[]).await.json();
    for fault in JwksFault::ALL {
        mock.control().fault(Fault::new(Place::Jwks, What::Jwks(*fault)).next(1));
        let wrong = portal.get("/oidc/jwks", &[]).await;
        assert_eq!(wrong.status, 200);
        assert_ne!(wrong.json(), right, "{fault:?}");
        assert_eq!(portal.get("/oidc/jwks", &[]).await.json(), right);
    }
    mock.control().fault(Fault::new(Place::Jwks, What::Jwks(JwksFault::DecoysSameKid)).next(1));
    let decoys = portal.get("/oidc/jwks", &[]).await.json();
    let kids = |keys: &Value| keys["keys"].as_array().unwrap().iter().map(|k| k["kid"].clone()).collect::<Vec<_>>();
    assert_eq!(kids(&decoys), [kids(&right), kids(&right)].concat());
    mock.control().check_faults().unwrap();
}

#[tokio::test]
async fn d8_bind_address_and_host_do_not_change_the_issuer() {
    let mock = start_with(|builder| builder.issuer_base("https://idp.example:8443")).await;
    assert_eq!(mock.issuer(), "https://idp.example:8443/oidc");
    let http = reqwest::Client::new();
    for (name, value) in [
        ("host", "attacker.test"),
        ("x-forwarded-host", "attacker.test"),
        ("x-forwarded-proto", "ftp"),
        ("forwarded", "host=attacker.test;proto=ftp"),
    ] {
        let url = format!("http://{}{DISCOVERY}", mock.addr());
        let text = http.get(url).header(name, value).send().await.unwrap().text().await.unwrap();
        assert!(text.contains(r#""issuer":"https://idp.example:8443/oidc""#) && !text.contains("attacker"), "{name}");
    }
}

#[tokio::test]
async fn d9_cross_origin_rules_of_each_endpoint() {
    let mock = start().await;
    let http = reqwest::Client::new();
    for (path, open) in [
        (DISCOVERY, true),
        ("/oidc/jwks", true),
        ("/oidc/token", true),
        ("/oidc/userinfo", true),
        ("/oidc/revoke", true),
        ("/oidc/authorize", false),
        ("/oidc/end_session", false),
        ("/login/x", false),
        ("/sms", false),
    ] {
        let url = format!("{}{path}", mock.base_url());
        let preflight = http
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization");
        let plain = http.get(&url).header("origin", "https://spa.example");
        for request in [preflight, plain] {
            let answer = request.send().await.unwrap();
            let allowed = answer.headers().get("access-control-allow-origin");
            assert_eq!(allowed.is_some(), open, "{path}");
            assert!(answer.headers().get("access-control-allow-credentials").is_none());
        }
    }
}

#[tokio::test]
async fn d10_listens_before_it_says_so_and_frees_its_port() {
    let mock = start().await;
    let address = mock.addr();
    assert_ne!(address.port(), 0);
    // A connection that stays open is not served by a mock that has stopped.
    let portal = RelyingParty::portal(&mock);
    assert_eq!(portal.get("/health", &[]).await.json()["status"], "ok");
    mock.stop().await;
    assert!(reqwest::get(format!("http://{address}/health")).await.is_err());
    assert!(portal.try_get("/health").await.is_err());
    let again = std::net::TcpListener::bind(address);
    assert!(again.is_ok(), "{again:?}");
    drop(again);
    let dropped = start().await;
    let address = dropped.addr();
    drop(dropped);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(std::net::TcpListener::bind(address).is_ok());
}
