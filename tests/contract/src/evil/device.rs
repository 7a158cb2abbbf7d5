//! Its device grant (RFC 8628): codes for whoever asks, and to every poll what a test has told it to say.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use vneid_auth::time::{Clock as _, Timestamp};

use super::script::{Part, Reply, Script};
use super::{Evil, Op};

/// What it says to a poll.
#[derive(Clone, Debug)]
pub enum Says {
    /// `400` with this error code.
    Error(&'static str),
    /// The tokens.
    Tokens,
    /// Something else.
    Reply(Reply),
}

/// The device grant's part of the provider.
#[derive(Default)]
pub(super) struct Devices {
    /// Device code and user code of everything it gave out.
    given: Vec<(String, String)>,
    next: VecDeque<Says>,
    /// After those, to every poll.
    then: Option<Says>,
    polls: Vec<(String, Timestamp)>,
}

impl Evil {
    /// Says these to the next polls, one after another.
    pub fn says(&self, next: impl IntoIterator<Item = Says>) {
        self.op.devices.lock().unwrap().next.extend(next);
    }

    /// Says this to every poll from now on.
    pub fn says_always(&self, then: Says) {
        self.op.devices.lock().unwrap().then = Some(then);
    }

    /// When it was polled, by its own clock, oldest first.
    pub fn polls(&self) -> Vec<Timestamp> {
        self.op.devices.lock().unwrap().polls.iter().map(|(_, at)| *at).collect()
    }

    /// How often it was polled with this device code.
    pub fn polls_with(&self, device_code: &str) -> usize {
        self.op.devices.lock().unwrap().polls.iter().filter(|(code, _)| code == device_code).count()
    }

    /// The device code and the user code of everything it gave out, oldest first.
    pub fn given(&self) -> Vec<(String, String)> {
        self.op.devices.lock().unwrap().given.clone()
    }
}

impl Op {
    /// The answer to a device authorization request, before it is changed.
    pub(super) fn authorize_device(&self) -> Value {
        let mut devices = self.devices.lock().unwrap();
        let number = devices.given.len();
        let (device_code, user_code) =
            (format!("device-code-{number}-{}", "x".repeat(40)), format!("WDJB-{number:04}"));
        devices.given.push((device_code.clone(), user_code.clone()));
        json!({
            "device_code": device_code, "user_code": user_code, "expires_in": 600,
            "verification_uri": format!("{}/device", self.issuer),
            "verification_uri_complete": format!("{}/device?user_code={user_code}", self.issuer),
        })
    }

    /// What it says to a poll; nothing to any other request.
    pub(super) fn poll(&self, script: &Script, body: &str) -> Option<Reply> {
        let asked: BTreeMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        if asked.get("grant_type")? != "urn:ietf:params:oauth:grant-type:device_code" {
            return None;
        }
        let device_code = asked.get("device_code")?;
        let mut devices = self.devices.lock().unwrap();
        devices.polls.push((device_code.clone(), self.clock.now()));
        if !devices.given.iter().any(|(given, _)| given == device_code) {
            return Some(Reply::json(400, r#"{"error":"invalid_grant"}"#));
        }
        let says = devices.next.pop_front().or_else(|| devices.then.clone());
        drop(devices);
        Some(match says.unwrap_or(Says::Error("authorization_pending")) {
            Says::Error(code) => Reply::json(400, json!({ "error": code }).to_string()),
            Says::Reply(reply) => reply,
            Says::Tokens => {
                let tokens = self.tokens_of(script, device_code, json!({ "aud": "portal" }));
                Reply::json(200, script.render(Part::Token, tokens))
            }
        })
    }
}
