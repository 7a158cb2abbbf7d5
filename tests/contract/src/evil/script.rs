//! What the provider that misbehaves does differently: changes to what it would honestly answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::key::Key;

/// What can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Metadata,
    Keys,
    Token,
    Userinfo,
    /// The answer to a device authorization request.
    Device,
    /// The id_token's header.
    Header,
    /// The id_token's claims.
    Claims,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Waits so long before it answers.
    pub delay: Duration,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO }
    }

    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status).header("content-type", "application/json").body(body)
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Change = Arc<dyn Fn(&mut Value) + Send + Sync>;
type Rewrite = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;
type Forge = Arc<dyn Fn(String) -> Value + Send + Sync>;

/// What it does now.
pub(super) struct Script {
    /// Signs the id_tokens.
    pub(super) key: Key,
    /// Published beside that key.
    pub(super) others: Vec<Value>,
    pub(super) changes: BTreeMap<Part, Change>,
    pub(super) rewrites: BTreeMap<Part, Rewrite>,
    pub(super) replies: BTreeMap<Part, Reply>,
    pub(super) forge: Option<Forge>,
}

impl Script {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            others: Vec::new(),
            changes: BTreeMap::new(),
            rewrites: BTreeMap::new(),
            replies: BTreeMap::new(),
            forge: None,
        }
    }

    /// The text of a part: what is honest, changed as JSON, then as bytes.
    pub(super) fn render(&self, part: Part, mut honest: Value) -> Vec<u8> {
        if let Some(change) = self.changes.get(&part) {
            change(&mut honest);
        }
        let text = honest.to_string().into_bytes();
        match self.rewrites.get(&part) {
            Some(rewrite) => rewrite(text),
            None => text,
        }
    }
}
