//! A provider that posts logout tokens written by hand, and what became of the sessions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;
use vneid_auth::time::Clock as _;

use crate::evil::{Evil, Key, Part, SUBJECT};
use crate::{Browser, EvilWorld, Page};

/// The member of `events`.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Where the provider `vneid` posts.
pub const PATH: &str = "/auth/backchannel-logout/vneid";

static TOKENS: AtomicUsize = AtomicUsize::new(0);

/// The claims of a right token about this session of [`SUBJECT`], with an id of its own.
pub fn claims(world: &EvilWorld, sid: &str) -> Value {
    let now = world.clock.now().unix_seconds();
    json!({
        "iss": world.evil.issuer(), "aud": "portal", "sub": SUBJECT, "sid": sid, "iat": now, "exp": now + 120,
        "jti": format!("token-{}", TOKENS.fetch_add(1, Ordering::SeqCst)), "events": {EVENT: {}},
    })
}

/// The right header.
pub fn header() -> Value {
    json!({"alg": "RS256", "kid": "rsa-1", "typ": "logout+jwt"})
}

/// Signed by the provider's key, whatever header and claims say.
pub fn sign(header: &Value, claims: &Value) -> String {
    Key::rsa("rsa-1").sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
}

/// A right token about this session, so changed.
pub fn token(world: &EvilWorld, sid: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(world, sid);
    change(&mut claims);
    sign(&header(), &claims)
}

/// Takes a member out.
pub fn without(name: &'static str) -> impl Fn(&mut Value) {
    move |object| drop(object.as_object_mut().unwrap().remove(name))
}

/// The id_tokens of the next logins name this session.
pub fn next_session(evil: &Evil, sid: &'static str) {
    evil.change(Part::Claims, move |claims| claims["sid"] = json!(sid));
}

/// The id_tokens and userinfo of the next logins name this session and this citizen.
pub fn next_citizen(evil: &Evil, sid: &'static str, subject: &'static str) {
    evil.change(Part::Claims, move |claims| {
        claims["sid"] = json!(sid);
        claims["sub"] = json!(subject);
    });
    evil.change(Part::Userinfo, move |claims| claims["sub"] = json!(subject));
}

/// Posts fields as the provider's server does.
pub async fn post_fields(url: &str, fields: &[(&str, &str)]) -> Page {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let headers = HeaderMap::from_iter([(reqwest::header::ACCEPT, HeaderValue::from_static("*/*"))]);
    Browser::new().request(Method::POST, Url::parse(url).unwrap(), headers, Some(fields)).await
}

/// Posts a token to this portal.
pub async fn post(world: &EvilWorld, token: &str) -> Page {
    post_fields(&world.portal.url(PATH), &[("logout_token", token)]).await
}

/// Posts a token that must be taken.
pub async fn taken(world: &EvilWorld, token: &str) {
    let page = post(world, token).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}\n{}", world.logged());
    assert_eq!((&page.headers["cache-control"], page.body.as_str()), (&HeaderValue::from_static("no-store"), ""));
}

/// Posts a token that must be refused for this reason.
pub async fn refused(world: &EvilWorld, what: &str, token: &str, why: impl std::fmt::Display) {
    world.logged();
    let page = post(world, token).await;
    let log = world.logged();
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{what}: {page:?}\n{log}");
    assert_eq!(page.json()["code"], "logout_token_invalid", "{what}");
    assert_eq!(page.headers["cache-control"], "no-store", "{what}");
    assert!(log.contains(&why.to_string()), "{what}: not because {why}, but\n{log}");
    assert!(token.len() < 20 || !(log.contains(token) || page.body.contains(token)), "{what}: the token shows");
}

/// Whether somebody is logged in in this browser.
pub async fn lives(world: &EvilWorld, browser: &mut Browser) -> bool {
    match browser.fetch(&world.portal.url("/auth/session")).await.status {
        StatusCode::OK => true,
        StatusCode::UNAUTHORIZED => false,
        other => panic!("/auth/session answered {other}"),
    }
}

/// A world, and a browser that is logged in in the provider's session `s-1`.
pub async fn logged_in() -> (EvilWorld, Browser) {
    let world = EvilWorld::start().await;
    let browser = log_in(&world, "s-1").await;
    (world, browser)
}

/// A second later than anything that has ended: what began before that is over.
pub async fn log_in(world: &EvilWorld, sid: &'static str) -> Browser {
    world.clock.advance(Duration::from_secs(1));
    next_session(&world.evil, sid);
    world.accepted(sid).await.browser
}

/// Takes both names out.
pub fn without_sub_and_sid(claims: &mut Value) {
    without("sub")(claims);
    without("sid")(claims);
}
