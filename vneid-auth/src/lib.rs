//! Log citizens in to a Vietnamese public-service portal with VNeID and DVCQG accounts.
//!
//! A portal puts a [`portal::Portal`] together once, mounts it with an adapter (`vneid-auth-axum`), and asks who is
//! logged in. Everything else, the redirects and their checks, cookies, sessions, pages and errors, is here and the same
//! under every framework.
//!
//! ```
//! use vneid_auth::portal::Portal;
//! use vneid_auth::provider::ProviderConfig;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let vneid = ProviderConfig::oidc("vneid", "https://id.example.gov.vn", "client-id")
//!     .client_secret("client-secret".into())
//!     .label("Tài khoản định danh điện tử (VNeID)", "Electronic identity account (VNeID)");
//!
//! let portal = Portal::builder("https://dichvucong.example.gov.vn")
//!     .secret("MzIgcmFuZG9tIGJ5dGVzIGZyb20gYSByZWFsIHNvdXJjZQ==".into())
//!     .provider(vneid)
//!     .build()?;
//! # let _ = portal;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! | module | what it is |
//! | --- | --- |
//! | [`portal`] | the front door: [`Portal`](portal::Portal), who is logged in, what a page demands |
//! | [`provider`] | whom we talk to: settings, discovery, keys, id_token and userinfo checks |
//! | [`provider::doctor`] | what is wrong with a provider's settings, found at its live endpoints |
//! | [`identity`] | who: citizen id, name, birth date, phone, level; all masked when printed |
//! | [`web`] | the HTTP contract: a request in, an answer out; the frame around its pages |
//! | [`flow`] | what may happen next: the pure state machines, and the rule for driving them |
//! | [`http`] | how others are spoken to: one trait, and the client behind it |
//! | [`account`], [`registry`], [`sms`], [`store`], [`audit`], [`time`], [`random`] | what a portal may bring of its own: traits, each with a version in memory |
//! | `sql` (features `postgres`, `sqlite`) | accounts and the audit trail in a database, for portals that have none |
//! | [`error`] | every error code of the contract |
//!
//! # What it takes care of
//!
//! A login is found only with the secret in the browser that began it, once, for ten minutes, and for the provider that
//! was asked. The id_token's signature and every claim are checked before anything else is believed, and userinfo must
//! be of the same subject. A session gets a new id at every login, rests under a hash, and is dead for good when it
//! ends. Where a citizen is sent back to is a path of the portal and nothing else. What identifies a person prints
//! masked and rests encrypted.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod account;
pub mod audit;
pub mod error;
pub mod flow;
pub mod http;
pub mod identity;
pub mod portal;
pub mod provider;
pub mod random;
pub mod registry;
pub mod secret;
pub mod sms;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub mod sql;
pub mod store;
pub mod time;
pub mod web;
