//! The federated way in: the browser goes to VNeID and comes back with a code, as with any relying party.
//!
//! ```text
//!  login page ─ "Tài khoản VNeID" ─► leave ─► /vneid/auth … ─► /dvcqg/commonauth ─► the portal
//! ```
//!
//! Only the exchange of the code happens inside this server, since a mock may be served where it cannot reach itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use subtle::ConstantTimeEq;
use url::Url;

use super::Dvcqg;
use crate::entropy::fingerprint;
use crate::login;
use crate::realm::dialect::{self, Request};
use crate::realm::parameters::Prompt;
use crate::realm::vneid::BROKER;
use crate::sso::{By, House};
use crate::sync::lock;
use crate::web::{Params, form_source, preferred, redirect, with_cookie};

/// A browser that is at VNeID.
pub(super) struct Away {
    request: Request,
    browser: [u8; 32],
}

/// Sends the browser to VNeID.
pub(super) fn leave(dvcqg: &Dvcqg, headers: &HeaderMap, request: Request) -> Response {
    let world = &dvcqg.world;
    // The login pages gave the browser its cookie.
    let Some(browser) = world.cookies.browser(headers) else {
        return login::gone(preferred(headers));
    };
    let state = world.entropy.uuid();
    let Ok(mut url) = Url::parse(&format!("{}/vneid/auth", world.base)) else {
        return request.to.error(dvcqg, "server_error", "VNeID has no address");
    };
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", BROKER)
        .append_pair("redirect_uri", &format!("{}/dvcqg/commonauth", world.base))
        .append_pair("scope", "openid")
        .append_pair("state", &state);
    if request.prompt == Prompt::Login {
        url.query_pairs_mut().append_pair("prompt", "login");
    }
    dvcqg.vneid.expect(&state, form_source(&request.to.redirect_uri));
    let away = Away { request, browser: fingerprint(&browser) };
    lock(&dvcqg.away).insert(fingerprint(&state), away, world.now());
    redirect(url.as_str())
}

/// Takes the browser back.
pub(super) async fn come_back(State(dvcqg): State<Arc<Dvcqg>>, headers: HeaderMap, uri: Uri) -> Response {
    let (world, now) = (&dvcqg.world, dvcqg.world.now());
    let gone = || login::gone(preferred(&headers));
    let Ok(params) = Params::query(&uri) else {
        return gone();
    };
    let browser = fingerprint(&world.cookies.browser(&headers).unwrap_or_default());
    let away = {
        let (mut all, key) = (lock(&dvcqg.away), fingerprint(params.text("state")));
        let own = all.get(&key, now).is_some_and(|away| bool::from(away.browser.ct_eq(&browser)));
        own.then(|| all.take(&key, now)).flatten()
    };
    let Some(Away { request, .. }) = away else {
        return gone();
    };
    if !params.text("error").is_empty() {
        let description = match params.text("error_description") {
            "web_login_not_permitted" => "web_login_not_permitted",
            "account_level_too_low" => "account_level_too_low",
            _ => "the login at VNeID did not succeed",
        };
        return request.to.error(&*dvcqg, "access_denied", description);
    }
    let Some(exchanged) = dvcqg.vneid.exchange(params.text("code")) else {
        return request.to.error(&*dvcqg, "server_error", "the code of VNeID was not good");
    };
    let (cookie, session) =
        world.log_in(&exchanged.citizen.username, House::Dvcqg, By::Password, Some(&exchanged.token), &headers);
    with_cookie(dialect::complete(&*dvcqg, &request, &session), &cookie)
}
