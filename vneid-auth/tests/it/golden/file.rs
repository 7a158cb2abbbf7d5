//! What a golden file holds.
//!
//! ```json
//! {
//!   "about": "what is special about it, and where it was seen",
//!   "settings": { "clear_answers": "refuse" },
//!   "callback": { "code": "a-code", "seal": { "cipher": "ecb" } },
//!   "token": { "status": 200, "body": { "access_token": "…", "token_type": "Bearer" } },
//!   "userinfo": { "seal": { "cipher": "ecb", "spoiled": "reordered" }, "body": { "citizenPid": "…" } },
//!   "expect": { "code": "profile_invalid", "reason": "NotOpened" }
//! }
//! ```
//!
//! Only `about` and `expect` must be there. A body is an object, or a text that is sent as it stands. What is sealed is
//! written clear and sealed on the way; an envelope that OpenSSL made (`tests/golden/seal.sh`) stands there as it is.
//! A login that succeeds expects every part of the person, and what is kept for the logout; one that fails the code and
//! the reason as its type prints it. No member may be here that is not known.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use vneid_auth::provider::HttpFailure;

use super::settings::Settings;
use crate::seal::Seal;
use crate::world::Signed;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) about: String,
    #[serde(default)]
    pub(super) settings: Settings,
    #[serde(default)]
    pub(super) callback: Callback,
    pub(super) token: Option<Answer>,
    pub(super) userinfo: Option<Answer>,
    pub(super) expect: Expect,
}

/// What the browser brought back. With a raw `query` the code is what must come out of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Callback {
    pub(super) query: Option<String>,
    pub(super) code: Option<String>,
    pub(super) encrypt_key: Option<String>,
    /// Where the code and its key are real: what it is once it is opened.
    pub(super) opened: Option<String>,
    pub(super) seal: Option<Seal>,
}

/// An answer of the provider's: `200` and JSON unless it says otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<String>,
    pub(super) body: Option<Value>,
    /// The claims of an id_token that is signed and put into the body.
    pub(super) id_token: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) signed: Signed,
    pub(super) seal: Option<Seal>,
    /// No answer comes at all.
    pub(super) fails: Option<Failure>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Failure {
    Connect,
    Timeout,
    TooLarge,
    Broken,
}

impl From<Failure> for HttpFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Connect => Self::Connect,
            Failure::Timeout => Self::Timeout,
            Failure::TooLarge => Self::TooLarge,
            Failure::Broken => Self::Broken,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Expect {
    Identified(Identified),
    Refused(Refused),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identified {
    pub(super) identity: Map<String, Value>,
    #[serde(default)]
    pub(super) kept_for_logout: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) reason: String,
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}
