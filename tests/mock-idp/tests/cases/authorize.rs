//! The authorization request: D12 to D21, and D29.

use vneid_mock_idp::Client;

use crate::support::{Answer, Browser, CITIZEN, RelyingParty, start, start_with};

fn is_page(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.header("content-type").starts_with("text/html") && answer.header("location").is_empty());
}

#[tokio::test]
async fn d12_no_client_or_an_unknown_one_is_a_page() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    for client in ["", "nobody", "PORTAL", "portal%00", "portal "] {
        for prompt in ["", "none"] {
            let url = portal.url(&[("client_id", client), ("prompt", prompt)]);
            is_page(&Browser::new(&mock).get(&url).await);
        }
    }
    let empty = portal.url(&[("client_id", "")]) + "&client_id=";
    is_page(&Browser::new(&mock).get(&empty).await);
}

#[tokio::test]
async fn d13_redirect_uris_to_the_character() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    for uri in [
        "https://portal.example/cb?x=1",
        "https://portal.example/cb/",
        "https://portal.example/Cb",
        "https://portal.example/cb#f",
        "http://portal.example/cb",
        "https://portal.example/a/../cb",
        "https://a@portal.example/cb",
        "https://portal.example:444/cb",
        "https://attacker.test/cb",
        "javascript:alert(1)",
    ] {
        // What else is wrong with the request changes nothing: no redirect to an address that is not registered.
        for more in [("prompt", "none"), ("scope", "nothing"), ("response_type", "token"), ("request", "x")] {
            let answer = Browser::new(&mock).get(&portal.url(&[("redirect_uri", uri), more])).await;
            is_page(&answer);
            assert!(!answer.body.contains("attacker") && !answer.body.contains("alert(1)"));
        }
    }
}

#[tokio::test]
async fn d14_loopback_redirect_uris() {
    let native = Client::new("native", "n").redirect_uri("http://127.0.0.1/cb");
    let mock = start_with(|builder| builder.client(native)).await;
    let native = RelyingParty::new(&mock, "native", "n", "http://127.0.0.1:49152/cb");
    assert!(Browser::new(&mock).visit(&native.url(&[])).await.has_form());
    is_page(&Browser::new(&mock).get(&native.url(&[("redirect_uri", "http://localhost:49152/cb")])).await);
    let demo = RelyingParty::demo(&mock);
    for uri in ["http://localhost:1/x", "http://[::1]:2/y", "https://127.0.0.1:3/z"] {
        assert!(Browser::new(&mock).visit(&demo.url(&[("redirect_uri", uri)])).await.has_form(), "{uri}");
    }
    for uri in ["http://localhost:80@attacker.test/cb", "http://localhost.attacker.test/", "http://portal.example/"] {
        is_page(&Browser::new(&mock).get(&demo.url(&[("redirect_uri", uri)])).await);
    }
}

#[tokio::test]
async fn d15_no_redirect_uri_is_a_page_even_with_one_registered() {
    let mock = start().await;
    is_page(&Browser::new(&mock).get(&RelyingParty::portal(&mock).url(&[("redirect_uri", "")])).await);
}

#[tokio::test]
async fn d16_response_types() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    for (response_type, error) in [
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
    ] {
        let back = Browser::new(&mock).get(&portal.url(&[("response_type", response_type)])).await;
        assert!(back.location().unwrap().starts_with("https://portal.example/cb?"));
        let back = back.redirected();
        assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, "a-state"));
        assert_eq!(back["iss"], mock.issuer());
        let url = portal.url(&[("response_type", response_type), ("redirect_uri", "https://attacker.test/")]);
        is_page(&Browser::new(&mock).get(&url).await);
    }
}

#[tokio::test]
async fn d17_scopes_without_openid() {
    let plain = Client::new("plain", "p").plain_oauth().redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(plain)).await;
    let portal = RelyingParty::portal(&mock);
    for scope in ["", "profile", "OPENID"] {
        let back = Browser::new(&mock).get(&portal.url(&[("scope", scope)])).await.redirected();
        assert_eq!(back["error"], "invalid_scope", "{scope}");
    }
    let plain = RelyingParty::new(&mock, "plain", "p", "https://portal.example/cb").scope("profile");
    let tokens = plain.tokens(&mock, &mut Browser::new(&mock), &[]).await;
    assert!(tokens.0.get("id_token").is_none());
    assert_eq!(plain.userinfo(tokens.text("access_token")).await.status, 403);
}

#[tokio::test]
async fn d18_unknown_parameters_order_post_and_languages() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    for more in [
        ("extra", "foobar"),
        ("scope", "citizen_id phone profile openid"),
        ("scope", "openid unheard-of"),
        ("ui_locales", "vi en"),
        ("ui_locales", "xx"),
        ("claims_locales", "en fr"),
        ("display", "page"),
        ("display", "popup"),
        ("display", "touch"),
    ] {
        let page = Browser::new(&mock).visit(&portal.url(&[more])).await;
        assert!(page.has_form() && page.body.contains(r#"<html lang="vi">"#), "{more:?}");
    }
    let page = Browser::new(&mock).visit(&portal.url(&[("ui_locales", "en vi")])).await;
    assert!(page.body.contains(r#"<html lang="en">"#) && page.body.contains("Password"));
    let page = Browser::new(&mock).speaking("en-GB,en;q=0.9,vi;q=0.1").visit(&portal.url(&[])).await;
    assert!(page.body.contains(r#"<html lang="en">"#));
    let page = Browser::new(&mock).speaking("fr,de;q=0.8").visit(&portal.url(&[])).await;
    assert!(page.body.contains(r#"<html lang="vi">"#));

    let mut reversed = portal.request(&[]);
    reversed.reverse();
    let form: Vec<(&str, &str)> = reversed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut browser = Browser::new(&mock);
    let answer = browser.post("/oidc/authorize", &form).await;
    assert_eq!(answer.status, 303);
    assert!(browser.visit(&answer.location().unwrap()).await.has_form());
}

#[tokio::test]
async fn d19_doubled_parameters() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    for double in ["client_id=portal", "redirect_uri=https://portal.example/cb", "state=another"] {
        is_page(&Browser::new(&mock).get(&format!("{}&{double}", portal.url(&[]))).await);
    }
    for double in ["nonce=another", "scope=openid", "extra=1&extra=2"] {
        let back = Browser::new(&mock).get(&format!("{}&{double}", portal.url(&[]))).await.redirected();
        assert_eq!((back["error"].as_str(), back["state"].as_str()), ("invalid_request", "a-state"), "{double}");
    }
    is_page(&Browser::new(&mock).get(&format!("{}&x=%FF", portal.url(&[]))).await);
}

#[tokio::test]
async fn d20_pkce_missing_plain_or_malformed() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    for wrong in [
        [("code_challenge", ""), ("code_challenge_method", "")],
        [("code_challenge", ""), ("code_challenge_method", "S256")],
        [("extra", "1"), ("code_challenge_method", "plain")],
        [("extra", "1"), ("code_challenge_method", "")],
        [("extra", "1"), ("code_challenge", "short")],
        [("extra", "1"), ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=")],
        [("extra", "1"), ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")],
    ] {
        let back = Browser::new(&mock).get(&portal.url(&wrong)).await.redirected();
        assert_eq!(back["error"], "invalid_request", "{wrong:?}");
    }
}

#[tokio::test]
async fn d21_state_and_nonce_missing() {
    let strict = Client::new("strict", "s").strict_state().strict_nonce().redirect_uri("https://portal.example/cb");
    let mock = start_with(|builder| builder.client(strict)).await;
    let portal = RelyingParty::portal(&mock);
    let back = portal.log_in(&mock, &mut Browser::new(&mock), CITIZEN, &[("state", ""), ("nonce", "")]).await;
    let back = back.redirected();
    assert!(!back.contains_key("state"));
    let tokens = portal.redeem(&back["code"]).await.json();
    let claims = crate::support::claims_of(tokens["id_token"].as_str().unwrap());
    assert!(!claims.contains_key("nonce"));

    let strict = RelyingParty::new(&mock, "strict", "s", "https://portal.example/cb");
    let nonce = "0123456789abcdef0123456789abcdef";
    for wrong in [[("state", ""), ("nonce", nonce)], [("nonce", ""), ("x", "")], [("nonce", &nonce[1..]), ("x", "")]] {
        let back = Browser::new(&mock).get(&strict.url(&wrong)).await.redirected();
        assert_eq!(back["error"], "invalid_request", "{wrong:?}");
    }
    assert!(Browser::new(&mock).visit(&strict.url(&[("nonce", nonce)])).await.has_form());
}

#[tokio::test]
async fn d29_request_objects_are_refused_and_nothing_is_fetched() {
    let mock = start().await;
    let portal = RelyingParty::portal(&mock);
    let trap = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let uri = format!("http://{}/request", trap.local_addr().unwrap());
    let back = Browser::new(&mock).get(&portal.url(&[("request_uri", &uri)])).await.redirected();
    assert_eq!(back["error"], "request_uri_not_supported");
    let back = Browser::new(&mock).get(&portal.url(&[("request", "eyJhbGciOiJub25lIn0.e30.")])).await.redirected();
    assert_eq!(back["error"], "request_not_supported");
    assert!(trap.accept().is_err(), "somebody fetched the request_uri");
}
