//! What was asked: every request in order, without a single value that it carried.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::Serialize;

use crate::sync::lock;

const KEPT: usize = 5_000;

/// A request and its answer, redacted: the route and not the path, the names of parameters and not their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Asked {
    /// When, RFC 3339 in UTC, by the mock's clock.
    pub at: String,
    /// The method.
    pub method: String,
    /// The route, such as `/oidc/token` or `/login/{id}`.
    pub route: String,
    /// The names of the query's parameters.
    pub parameters: Vec<String>,
    /// The client, when one was recognised.
    pub client: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// What a test may want to assert: `code_redeemed`, `verifier_matched`, `code_reused`…
    pub remarks: Vec<&'static str>,
    /// Whether a fault spoilt the answer.
    pub fault: bool,
}

/// What a handler tells the journal and the faults about its request: it travels in the answer's extensions.
#[derive(Clone, Default)]
pub(crate) struct Note {
    pub(crate) client: Option<String>,
    pub(crate) persona: Option<String>,
    pub(crate) remarks: Vec<&'static str>,
}

/// The requests, oldest first.
#[derive(Default)]
pub(crate) struct Journal {
    asked: Mutex<VecDeque<Asked>>,
}

impl Journal {
    pub(crate) fn note(&self, asked: Asked) {
        let mut all = lock(&self.asked);
        all.push_back(asked);
        while all.len() > KEPT {
            all.pop_front();
        }
    }

    pub(crate) fn list(&self) -> Vec<Asked> {
        lock(&self.asked).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.asked).clear();
    }
}
