//! What the end of a session means for its relying parties, and whom one is for: D63 to D66.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::json;
use vneid_mock_idp::{Client, LogoutTokenKind, Running};

use crate::support::{
    Answer, Browser, CITIZEN, Listener, OTHER, RelyingParty, claims_of, frozen, header_of, is_signed, start_with,
};

const CB: &str = "https://tax.example/cb";
const BYE: &str = "https://portal.example/bye";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The client `portal` and two more, each told at its own server.
async fn three(uris: [&str; 3]) -> (Running, [RelyingParty; 3]) {
    let other = |id: &str, uri: &str| Client::new(id, "s").redirect_uri(CB).backchannel_logout_uri(uri);
    let (tax, land) = (other("tax", uris[1]), other("land", uris[2]));
    let mock = start_with(|builder| builder.client(tax).client(land)).await;
    assert!(mock.control().set_backchannel_logout_uri("portal", Some(uris[0])));
    let parties = [
        RelyingParty::portal(&mock),
        RelyingParty::new(&mock, "tax", "s", CB),
        RelyingParty::new(&mock, "land", "s", CB),
    ];
    (mock, parties)
}

/// Logs in at a relying party without typing anything: its id_token.
async fn carried_over(party: &RelyingParty, browser: &mut Browser) -> String {
    let back = browser.get(&party.url(&[("prompt", "none")])).await.redirected();
    party.redeem(&back["code"]).await.json()["id_token"].as_str().unwrap().to_owned()
}

async fn is_logged_in(party: &RelyingParty, browser: &mut Browser) -> bool {
    browser.get(&party.url(&[("prompt", "none")])).await.redirected().contains_key("code")
}

async fn end(browser: &mut Browser, id_token: &str) -> Answer {
    let params = [("id_token_hint", id_token), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    browser.get(&format!("/oidc/end_session?{query}")).await
}

fn outcomes(mock: &Running) -> Vec<(String, u16, &'static str)> {
    let journal = mock.control().journal().into_iter().filter(|asked| asked.route == "backchannel_logout_uri");
    let mut all: Vec<_> = journal.map(|asked| (asked.client.unwrap(), asked.status, asked.remarks[0])).collect();
    all.sort();
    all
}

#[tokio::test]
async fn d63_every_relying_party_of_a_session_is_told_once() {
    let heard = [Listener::start().await, Listener::start().await, Listener::start().await];
    let (mock, [portal, tax, land]) = three([&heard[0].uri, &heard[1].uri, &heard[2].uri]).await;
    let now = frozen(&mock).unix_seconds();
    let mut browser = Browser::new(&mock);
    let hint = portal.tokens(&mock, &mut browser, &[]).await;
    let (hint, claims) = (hint.text("id_token").to_owned(), hint.id_claims());
    carried_over(&tax, &mut browser).await;
    carried_over(&tax, &mut browser).await;
    // Another citizen, in another browser, at the third.
    let mut others = Browser::new(&mock);
    land.log_in(&mock, &mut others, OTHER, &[]).await;
    assert_eq!(end(&mut browser, &hint).await.location().unwrap(), format!("{BYE}?state=s"));
    for (listener, client) in heard.iter().zip(["portal", "tax"]) {
        let (header, told) = listener.only();
        assert_eq!(header["typ"], "logout+jwt");
        assert!(is_signed(&portal, &listener.tokens()[0]).await);
        assert_eq!((&told["iss"], &told["aud"]), (&json!(mock.issuer()), &json!(client)));
        assert_eq!((&told["sub"], &told["sid"]), (&claims["sub"], &claims["sid"]));
        assert_eq!((&told["iat"], &told["exp"]), (&json!(now), &json!(now + 120)));
        assert_eq!(told["events"], json!({EVENT: {}}));
        assert!(!told["jti"].as_str().unwrap().is_empty() && !told.contains_key("nonce"));
    }
    assert_ne!(heard[0].only().1["jti"], heard[1].only().1["jti"]);
    assert!(heard[2].tokens().is_empty(), "it was not in this session");
    assert_eq!(
        outcomes(&mock),
        [("portal".to_owned(), 200, "logout_delivered"), ("tax".to_owned(), 200, "logout_delivered")]
    );
    end(&mut browser, &hint).await;
    assert_eq!(heard[0].tokens().len(), 1, "a session ends once");
}

#[tokio::test]
async fn d63_a_relying_party_that_fails_holds_up_no_other() {
    let slow = Listener::answering(StatusCode::OK, Duration::from_secs(60)).await;
    let broken = Listener::answering(StatusCode::INTERNAL_SERVER_ERROR, Duration::ZERO).await;
    let good = Listener::start().await;
    let (mock, [portal, tax, land]) = three([&slow.uri, &broken.uri, &good.uri]).await;
    let demo = RelyingParty::demo(&mock);
    // A port that nobody listens on.
    assert!(mock.control().set_backchannel_logout_uri("portal-demo", Some("http://127.0.0.1:9/logout")));
    let mut browser = Browser::new(&mock);
    let hint = portal.tokens(&mock, &mut browser, &[]).await.text("id_token").to_owned();
    for party in [&tax, &land, &demo] {
        carried_over(party, &mut browser).await;
    }
    let started = Instant::now();
    assert_eq!(end(&mut browser, &hint).await.location().unwrap(), format!("{BYE}?state=s"));
    assert!(started.elapsed() < Duration::from_secs(4), "the citizen does not wait for the slow one");
    assert!(!is_logged_in(&portal, &mut browser).await);
    assert_eq!(good.tokens().len(), 1);
    assert_eq!((slow.tokens().len(), broken.tokens().len()), (1, 1));
    let told = [
        ("land".to_owned(), 200, "logout_delivered"),
        ("portal-demo".to_owned(), 0, "logout_unreachable"),
        ("tax".to_owned(), 500, "logout_refused"),
    ];
    assert_eq!(outcomes(&mock), told);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(outcomes(&mock).contains(&("portal".to_owned(), 0, "logout_timed_out")));
}

#[tokio::test]
async fn d63_a_session_can_be_ended_by_control() {
    let heard = Listener::start().await;
    let sub_only = Client::new("tax", "s").redirect_uri(CB).backchannel_logout_session_required(false);
    let all = Listener::start().await;
    let sub_only = sub_only.backchannel_logout_uri(&all.uri);
    let mock = start_with(|builder| builder.control(true).client(sub_only)).await;
    let portal = RelyingParty::portal(&mock);
    let set = json!({ "uri": heard.uri }).to_string();
    assert_eq!(control(&mock, "clients/portal/backchannel-logout-uri", &set).await.0, 204);
    assert_eq!(control(&mock, "clients/portal/backchannel-logout-uri", r#"{"uri": "no url"}"#).await.0, 400);
    let mut browser = Browser::new(&mock);
    let claims = portal.tokens(&mock, &mut browser, &[]).await.id_claims();
    carried_over(&RelyingParty::new(&mock, "tax", "s", CB), &mut browser).await;
    let known = portal.get("/control/sessions", &[]).await.json();
    let session = json!([{"sid": claims["sid"], "subject": claims["sub"], "clients": ["portal", "tax"]}]);
    assert_eq!(known, session);
    let (status, told) = control(&mock, &format!("sessions/{}/end", claims["sid"].as_str().unwrap()), "").await;
    let delivered = |client| json!({"client": client, "status": 200, "outcome": "logout_delivered"});
    assert_eq!((status, told), (200, json!([delivered("portal"), delivered("tax")])));
    assert_eq!(heard.only().1["sid"], claims["sid"]);
    assert!(!all.only().1.contains_key("sid"), "this one asked for the citizen alone");
    assert!(!is_logged_in(&portal, &mut browser).await);
    assert_eq!(portal.get("/control/sessions", &[]).await.json(), json!([]));
    assert_eq!(control(&mock, "sessions/nobody-s/end", "").await, (200, json!([])));
}

async fn control(mock: &Running, path: &str, body: &str) -> (u16, serde_json::Value) {
    let request = reqwest::Client::new().post(format!("{}/control/{path}", mock.base_url())).body(body.to_owned());
    let response = request.send().await.unwrap();
    let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn d64_wrong_logout_tokens_come_on_order() {
    use LogoutTokenKind as Kind;
    let heard = Listener::answering(StatusCode::BAD_REQUEST, Duration::ZERO).await;
    let mock = start_with(|builder| builder.control(true)).await;
    mock.control().set_backchannel_logout_uri("portal", Some(&heard.uri));
    let portal = RelyingParty::portal(&mock);
    let mut browser = Browser::new(&mock);
    let claims = portal.tokens(&mock, &mut browser, &[]).await.id_claims();
    let sid = claims["sid"].as_str().unwrap();
    let now = mock.control().now().unix_seconds();
    let right = mock.control().send_logout_token("portal", sid, Kind::Good).await.unwrap();
    assert_eq!((right[0].status, right[0].outcome), (Some(400), "logout_refused"));
    let sent = async |kind| {
        let before = heard.tokens().len();
        mock.control().send_logout_token("portal", sid, kind).await.unwrap();
        heard.tokens()[before..].to_vec()
    };
    for (kind, name, value) in [
        (Kind::NoEvent, "events", None),
        (Kind::WrongEvent, "events", Some(json!({format!("{EVENT}-wrong"): {}}))),
        (Kind::WithNonce, "nonce", Some(json!("a-nonce"))),
        (Kind::WrongIss, "iss", Some(json!(format!("{}/other", mock.issuer())))),
        (Kind::WrongAud, "aud", Some(json!("portal-other"))),
        (Kind::SubOnly, "sid", None),
        (Kind::SidOnly, "sub", None),
        (Kind::UnknownSid, "sid", Some(json!("a-session-that-nobody-knows"))),
        (Kind::OtherSub, "sub", Some(json!("a-citizen-whose-session-it-is-not"))),
        (Kind::NoJti, "jti", None),
    ] {
        let token = &sent(kind).await[0];
        assert!(is_signed(&portal, token).await, "{kind:?}: nothing else is wrong with it");
        assert_eq!(header_of(token)["typ"], "logout+jwt");
        assert_eq!(claims_of(token).get(name).cloned(), value, "{kind:?}");
    }
    let unsigned = &sent(Kind::AlgNone).await[0];
    assert!(header_of(unsigned)["alg"] == "none" && unsigned.ends_with('.'));
    assert_eq!(header_of(&sent(Kind::WrongAlg).await[0])["alg"], "PS256");
    let (forged, good) = (sent(Kind::BadSignature).await, sent(Kind::Good).await);
    assert_eq!(header_of(&forged[0])["kid"], header_of(&good[0])["kid"]);
    assert!(!is_signed(&portal, &forged[0]).await && is_signed(&portal, &good[0]).await);
    assert_ne!(header_of(&sent(Kind::UnknownKid).await[0])["kid"], header_of(&good[0])["kid"]);
    assert!(claims_of(&sent(Kind::Expired).await[0])["exp"].as_i64().unwrap() < now);
    assert_eq!(header_of(&sent(Kind::WrongTyp).await[0])["typ"], "JWT");
    let twice = sent(Kind::Replayed).await;
    assert!(twice.len() == 2 && twice[0] == twice[1]);
    // The session lives on: only its relying party was told something.
    assert!(is_logged_in(&portal, &mut browser).await);
    // By a program.
    let order = json!({"client": "portal", "sid": sid, "what": "alg_none"}).to_string();
    let (status, told) = control(&mock, "logout-token", &order).await;
    assert_eq!((status, &told[0]["status"]), (200, &json!(400)));
    for unknown in [json!({"client": "portal", "sid": "x"}), json!({"client": "portal-demo", "sid": sid})] {
        assert_eq!(control(&mock, "logout-token", &unknown.to_string()).await.0, 404);
    }
    assert_eq!(control(&mock, "logout-token", r#"{"client": "portal", "sid": "x", "what": "burn"}"#).await.0, 400);
}

#[tokio::test]
async fn d65_a_page_with_a_frame_for_each_and_a_way_on() {
    let front = |id: &str, uri: &str| Client::new(id, "s").redirect_uri(CB).frontchannel_logout_uri(uri);
    let (tax, land) = (front("tax", "https://tax.example/out?a=b"), front("land", "https://land.example/out"));
    let mock = start_with(|builder| {
        let tax = tax.post_logout_redirect_uri(BYE);
        builder.client(tax).client(land)
    })
    .await;
    let [tax, land] = ["tax", "land"].map(|id| RelyingParty::new(&mock, id, "s", CB));
    let mut browser = Browser::new(&mock);
    let tokens = tax.tokens(&mock, &mut browser, &[]).await;
    carried_over(&land, &mut browser).await;
    let page = end(&mut browser, tokens.text("id_token")).await;
    assert_eq!((page.status.as_u16(), page.location()), (200, None));
    let (sid, issuer) = (tokens.id_claims()["sid"].as_str().unwrap().to_owned(), mock.issuer());
    let asked = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("iss", &issuer)
        .append_pair("sid", &sid)
        .finish()
        .replace('&', "&amp;");
    for frame in [format!("https://tax.example/out?a=b&amp;{asked}"), format!("https://land.example/out?{asked}")] {
        assert!(page.body.contains(&format!(r#"<iframe src="{frame}""#)), "{frame}: {}", page.body);
    }
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("; frame-src https://land.example https://tax.example"), "{policy}");
    assert_eq!(page.header("refresh"), format!("2; url={BYE}?state=s"));
    assert!(page.body.contains(&format!(r#"href="{BYE}?state=s""#)), "{}", page.body);
    assert!(page.headers.get_all("set-cookie").iter().any(|line| line.to_str().unwrap().contains("Max-Age=0")));
    assert!(!is_logged_in(&tax, &mut browser).await);
    // Without an address to go back to, the frames stand on the last page.
    let tokens = tax.tokens(&mock, &mut browser, &[]).await;
    let page = browser.get(&format!("/oidc/end_session?id_token_hint={}", tokens.text("id_token"))).await;
    assert!(page.body.contains("Bạn đã đăng xuất") && page.body.contains("<iframe src=\"https://tax.example/out"));
    assert!(page.header("refresh").is_empty() && page.header("content-security-policy").contains("frame-src"));
}

#[tokio::test]
async fn d66_one_login_for_two_portals_unless_one_stands_alone() {
    let (heard, at_bank) = (Listener::start().await, Listener::start().await);
    let bank = Client::new("bank", "s").redirect_uri(CB).isolated_session().backchannel_logout_uri(&at_bank.uri);
    let bank = bank.post_logout_redirect_uri(BYE).consent();
    let tax = Client::new("tax", "s").redirect_uri(CB).backchannel_logout_uri(&heard.uri);
    let mock = start_with(|builder| builder.client(tax).client(bank)).await;
    let portal = RelyingParty::portal(&mock);
    let [tax, bank] = ["tax", "bank"].map(|id| RelyingParty::new(&mock, id, "s", CB));
    let mut browser = Browser::new(&mock);
    let first = portal.tokens(&mock, &mut browser, &[]).await.id_claims();
    let second = claims_of(&carried_over(&tax, &mut browser).await);
    assert_eq!((&first["sid"], &first["auth_time"]), (&second["sid"], &second["auth_time"]));
    // Nothing carries over to the bank, not even its own last login.
    for who in [OTHER, CITIZEN] {
        assert!(!is_logged_in(&bank, &mut browser).await);
        assert!(browser.visit(&bank.url(&[])).await.body.contains("name=\"password\""));
        let chosen = browser.visit(&bank.url(&[("prompt", "select_account")])).await;
        assert!(chosen.body.contains("name=\"password\""));
        let back = bank.log_in(&mock, &mut browser, who, &[]).await;
        let back = if back.has_form() { browser.submit(&back, &[("action", "allow")]).await } else { back };
        let tokens = bank.redeem(&back.redirected()["code"]).await.json();
        let own = claims_of(tokens["id_token"].as_str().unwrap());
        assert_ne!(own["sid"], first["sid"]);
        // And nothing from it: the others still have the first citizen.
        let still = claims_of(&carried_over(&tax, &mut browser).await);
        assert_eq!((&still["sub"], &still["sid"]), (&first["sub"], &first["sid"]));
        // Its logout is its own.
        let before = at_bank.tokens().len();
        let out = end(&mut browser, tokens["id_token"].as_str().unwrap()).await;
        assert_eq!(out.location().unwrap(), format!("{BYE}?state=s"));
        assert_eq!(at_bank.tokens().len(), before + 1);
        assert!(is_logged_in(&tax, &mut browser).await && heard.tokens().is_empty());
    }
    // The others' logout is not the bank's.
    let hint = carried_over(&portal, &mut browser).await;
    end(&mut browser, &hint).await;
    assert_eq!((heard.tokens().len(), at_bank.tokens().len()), (1, 2));
    assert!(!is_logged_in(&tax, &mut browser).await);
}
