//! Log citizens in to a Vietnamese public-service portal with VNeID and DVCQG accounts.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod error;
pub mod flow;
pub mod identity;
pub mod provider;
pub mod random;
pub mod secret;
pub mod time;
