//! The device grant (RFC 8628): codes for a screen without a keyboard, and the token endpoint's answers while it waits.
//!
//! What happens to a code is the pairing machine's business, as with a QR code; the device is the browser that asked,
//! its device code the browser's secret. Here stand only whose code it is and how often it may ask.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use vneid_auth::flow::pairing::{Event, Pairing, Phone};
use vneid_auth::identity::AccountId;
use vneid_auth::time::Timestamp;

use super::{Detail, Grant, Oidc, token};
use crate::app::{DEVICE_PATH, desk};
use crate::bounded::Bounded;
use crate::client::Client;
use crate::entropy::fingerprint;
use crate::journal::Note;
use crate::pairing::{self, Request, device_link, grouped};
use crate::realm::failure::Failure;
use crate::realm::scope::Scope;
use crate::sso::{By, House};
use crate::sync::lock;
use crate::web::{Caller, Params, json as answer};

/// The grant type's name (RFC 8628 §3.4).
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How long a device waits between two polls at first, and how much longer after each `slow_down` (RFC 8628 §3.5).
const STEP: Duration = Duration::from_secs(5);

/// The devices that wait, by the fingerprint of their device code.
pub(super) struct Devices(Mutex<Bounded<[u8; 32], Device>>);

/// A device that waits.
struct Device {
    client_id: String,
    scope: Scope,
    pairing: String,
    expires_at: Timestamp,
    interval: Duration,
    polled_at: Option<Timestamp>,
    /// What it was given, to be taken back when its code comes again.
    grant: Option<String>,
}

/// A poll that is in time.
struct Poll {
    pairing: String,
    scope: Scope,
    is_over: bool,
}

impl Devices {
    pub(super) fn new() -> Self {
        // Longer than the pairing behind it is remembered, so that a code that comes late is told that it is late.
        Self(Mutex::new(Bounded::new(Duration::from_secs(3600), 20_000)))
    }

    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Counts a poll of this client's device.
    fn poll(&self, device_code: &str, client_id: &str, now: Timestamp) -> Result<Poll, Failure> {
        let mut devices = lock(&self.0);
        let device = devices.get_mut(&fingerprint(device_code), now);
        let device = device.filter(|device| device.client_id == client_id).ok_or(Failure::invalid_grant())?;
        let too_soon = device.polled_at.is_some_and(|before| now.since(before) < device.interval);
        device.polled_at = Some(now);
        if too_soon {
            device.interval += STEP;
            return Err(Failure::new("slow_down", "poll less often: five seconds more between two polls from now on"));
        }
        Ok(Poll { pairing: device.pairing.clone(), scope: device.scope.clone(), is_over: now >= device.expires_at })
    }

    fn note(&self, device_code: &str, grant: &str, now: Timestamp) {
        if let Some(device) = lock(&self.0).get_mut(&fingerprint(device_code), now) {
            device.grant = Some(grant.to_owned());
        }
    }

    fn given(&self, device_code: &str, now: Timestamp) -> Option<String> {
        lock(&self.0).get(&fingerprint(device_code), now)?.grant.clone()
    }
}

/// The device authorization endpoint (RFC 8628 §3.1).
pub(super) async fn authorize(
    State(oidc): State<Arc<Oidc>>,
    headers: HeaderMap,
    caller: Caller,
    body: Bytes,
) -> Response {
    let mut note = Note::default();
    let begun = begin(&oidc, &headers, &caller, &body, &mut note);
    let mut response = begun.map_or_else(IntoResponse::into_response, |body| answer(StatusCode::OK, &body));
    response.extensions_mut().insert(note);
    response
}

fn begin(oidc: &Oidc, headers: &HeaderMap, caller: &Caller, body: &[u8], note: &mut Note) -> Result<Value, Failure> {
    let form = Params::form(headers, body).map_err(Failure::unreadable)?;
    if form.has_duplicates() {
        return Err(Failure::invalid_request("a parameter was given twice"));
    }
    let client = token::authenticate(oidc, headers, &form)?;
    note.client = Some(client.id.clone());
    let scope = Scope::read(form.text("scope"));
    if !scope.has("openid") && !client.plain_oauth {
        return Err(Failure::new("invalid_scope", "the scope `openid` is missing"));
    }
    let (world, now) = (&oidc.world, oidc.world.now());
    let device_code = world.entropy.token();
    let user_code = free_user_code(oidc, now);
    let policy = pairing::device();
    let request = Request {
        secret: &device_code,
        relying_party: &client.name,
        user_agent: &caller.user_agent,
        address: caller.address,
        house: House::Oidc,
        user_code: Some(user_code.clone()),
        policy,
        opener: format!("client {}", client.id),
    };
    let pairing = world.pairings.begin(request, &world.entropy, now);
    let device = Device {
        client_id: client.id.clone(),
        scope,
        pairing,
        expires_at: now.plus(policy.shown_for),
        interval: STEP,
        polled_at: None,
        grant: None,
    };
    lock(&oidc.devices.0).insert(fingerprint(&device_code), device, now);
    if let Some(username) = &world.auto_login {
        approve_at_once(oidc, username, &user_code, now);
    }
    Ok(json!({
        "device_code": device_code,
        "user_code": grouped(&user_code),
        "verification_uri": format!("{}{DEVICE_PATH}", world.base),
        "verification_uri_complete": device_link(&world.base, &user_code),
        "expires_in": policy.shown_for.as_secs(),
        "interval": STEP.as_secs(),
    }))
}

/// A user code that no other device shows now.
fn free_user_code(oidc: &Oidc, now: Timestamp) -> String {
    loop {
        let user_code = oidc.world.entropy.user_code();
        if oidc.world.pairings.of_user_code(&user_code, now).is_none() {
            return user_code;
        }
    }
}

/// As every authorization request, where a mock logs the same citizen in at once.
fn approve_at_once(oidc: &Oidc, username: &str, user_code: &str, now: Timestamp) {
    let phone = Phone { account: AccountId::from(username), device: "auto-login".to_owned() };
    if let Ok(id) = desk::type_in(&oidc.world, &phone, user_code, now) {
        // A citizen who may not is refused, which the device is told.
        let _ = desk::confirm(&oidc.world, &phone, &id, now);
    }
}

/// A poll of the token endpoint (RFC 8628 §3.4): the grant, once, when the citizen has agreed.
pub(super) fn redeem(oidc: &Oidc, client: &Client, form: &Params, note: &mut Note) -> Result<(String, Grant), Failure> {
    const EXPIRED: Failure = Failure::new("expired_token", "the device code has expired");
    let (world, now) = (&oidc.world, oidc.world.now());
    let device_code = form.text("device_code");
    if device_code.is_empty() {
        return Err(Failure::invalid_request("device_code is missing"));
    }
    let poll = oidc.devices.poll(device_code, &client.id, now)?;
    let Some(kept) = world.pairings.look(&poll.pairing, device_code, now) else {
        return Err(if poll.is_over { EXPIRED } else { Failure::invalid_grant() });
    };
    match kept.machine {
        Pairing::Completed(_) => {
            // A code that comes a second time was stolen, by the one or the other (as RFC 6749 §4.1.2 has it).
            if let Some(grant) = oidc.devices.given(device_code, now) {
                oidc.grants.revoke(&grant, now);
            }
            note.remarks.push("device_code_reused");
            Err(Failure::invalid_grant())
        }
        Pairing::Declined(_) | Pairing::Refused(_) | Pairing::Cancelled(_) => {
            Err(Failure::new("access_denied", "the citizen declined, or may not log in"))
        }
        Pairing::Expired(_) => Err(EXPIRED),
        _ if poll.is_over => Err(EXPIRED),
        Pairing::Confirmed(_) => complete(oidc, client, &poll, device_code, note, now),
        _ => Err(Failure::new("authorization_pending", "the citizen has not decided yet")),
    }
}

fn complete(
    oidc: &Oidc,
    client: &Client,
    poll: &Poll,
    device_code: &str,
    note: &mut Note,
    now: Timestamp,
) -> Result<(String, Grant), Failure> {
    let world = &oidc.world;
    let event = Event::Complete { browser: pairing::browser(device_code) };
    let account = pairing::tell(world, &poll.pairing, &event, now).map_err(|_| Failure::invalid_grant())?;
    let username = account.ok_or(Failure::invalid_grant())?.as_str().to_owned();
    // As in a browser without cookies: a session of its own, which logout can name.
    let (_, session) = world.log_in(&username, House::Oidc, By::App, None, &HeaderMap::new());
    let grant = Grant {
        client_id: client.id.clone(),
        username: Some(username),
        scope: poll.scope.clone(),
        nonce: None,
        auth_time: session.auth_time,
        sid: Some(session.sid.clone()),
        started_at: now,
        detail: Detail { acr: format!("LoA{}", session.level), by: session.by, ..Detail::default() },
    };
    let id = oidc.grants.issue_grant(grant.clone(), &world.entropy, now);
    oidc.devices.note(device_code, &id, now);
    note.remarks.push("device_code_redeemed");
    Ok((id, grant))
}
