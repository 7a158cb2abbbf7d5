//! Whom we talk to: the identity providers and their wire.

mod http;

pub use http::{HttpClient, HttpFailure};
