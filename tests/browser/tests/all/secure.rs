//! The journey over https, behind a proxy with a certificate of a private authority, the provider as well.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{Authority, Browser, Citizen, MockIdp, Portal, TlsProxy, Wish, free_address};
use crate::visit::Visit;
use crate::words::VIETNAMESE;

/// A provider and a portal, each a program of its own behind TLS.
struct Deployment {
    portal: Portal,
    citizen: Citizen,
    _programs: (MockIdp, TlsProxy, TlsProxy),
}

impl Deployment {
    /// The portal is told of the authority, or not.
    async fn start(authority: &Authority, told: bool) -> Self {
        let (provider_at, portal_at) = (free_address(), free_address());
        let (provider, provider_url) = listen().await;
        let (portal, portal_url) = listen().await;
        let secret = "only for this test, 0123456789abcdef";
        let mock = MockIdp::start(&json!({
            "listen": provider_at,
            "issuer_base": provider_url,
            "clients": [{
                "id": "portal",
                "secret": secret,
                "redirect_uris": [format!("{portal_url}/auth/callback/vneid")],
                "post_logout_redirect_uris": [format!("{portal_url}/auth/logged-out")],
            }],
        }));
        let issuer = format!("{provider_url}/oidc");
        let mut variables = vec![
            ("PORTAL_LISTEN", portal_at.as_str()),
            ("PORTAL_URL", &portal_url),
            ("VNEID_ISSUER", &issuer),
            ("VNEID_CLIENT_ID", "portal"),
            ("VNEID_CLIENT_SECRET", secret),
        ];
        if told {
            variables.push(("VNEID_CA_FILE", authority.file()));
        }
        let proxies = (
            TlsProxy::start(authority, provider, address(&provider_at)),
            TlsProxy::start(authority, portal, address(&portal_at)),
        );
        let portal = Portal::of_provider(&provider_url, &variables);
        let citizen = Citizen::of(&format!("http://{provider_at}")).await;
        Self { portal, citizen, _programs: (mock, proxies.0, proxies.1) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_cookies_are_bound_to_the_host_and_to_tls() {
    let authority = Authority::new();
    // This one key, and no blanket switch: who was not told of it sees an error, as below.
    let wish = Wish { trusted_keys: vec![authority.server_key()], ..Wish::default() };
    let Some(browser) = Browser::start(wish).await else { return };
    let Deployment { portal, citizen, _programs } = Deployment::start(&authority, true).await;
    let visit = Visit { portal, browser, citizen, words: &VIETNAMESE, examined: true };
    let browser = &visit.browser;

    browser.open(&visit.portal.url).await;
    visit.arrived(visit.words.home).await;
    browser.click(visit.words.wanted).await;
    // The only provider that is set: there is nothing to choose.
    visit.arrived(visit.words.provider.oidc_page).await;
    hardened(&browser.cookies().await, 0);
    visit.give_password().await;
    let code = visit.read_code().await;
    visit.give_code(&code).await;
    visit.arrived(visit.words.dossier.page).await;
    hardened(&browser.cookies().await, 1);

    browser.open(&visit.url("/")).await;
    visit.arrived(&visit.greeting()).await;
    browser.click(visit.words.log_out).await;
    visit.arrived(visit.words.home).await;
    assert!(browser.cookies().await.iter().all(|cookie| !name(cookie).contains("session")));

    let Some(stranger) = Browser::vietnamese().await else { return };
    stranger.open(&visit.portal.url).await;
    stranger.sees("ERR_CERT_AUTHORITY_INVALID").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_with_a_certificate_of_an_unknown_authority_is_not_talked_to() {
    let authority = Authority::new();
    let deployment = Deployment::start(&authority, false).await;
    let trusting = reqwest::Certificate::from_pem(&std::fs::read(authority.file()).unwrap()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_merge([trusting]).build().unwrap();
    let login = client.get(format!("{}/auth/login/vneid", deployment.portal.url)).header("accept", "application/json");
    let answer = login.send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "provider_unavailable");
}

/// The portal's cookies, so many sessions among them, are what they must be over https.
fn hardened(cookies: &[Value], sessions: usize) {
    let ours: Vec<_> = cookies.iter().filter(|cookie| name(cookie).contains("vneid-")).collect();
    assert!(!ours.is_empty());
    assert_eq!(ours.iter().filter(|cookie| name(cookie) == "__Host-vneid-session").count(), sessions, "{ours:?}");
    for cookie in ours {
        assert!(name(cookie).starts_with("__Host-"), "{cookie}");
        for (attribute, value) in
            [("secure", json!(true)), ("httpOnly", json!(true)), ("sameSite", json!("Lax")), ("path", json!("/"))]
        {
            assert_eq!(cookie[attribute], value, "{attribute} of {}", name(cookie));
        }
    }
}

fn name(cookie: &Value) -> &str {
    cookie["name"].as_str().unwrap()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    (listener, url)
}
