//! Log citizens in to a Vietnamese public-service portal with VNeID and DVCQG accounts.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod account;
pub mod audit;
pub mod error;
pub mod flow;
pub mod identity;
pub mod portal;
pub mod provider;
pub mod random;
pub mod registry;
pub mod secret;
pub mod sms;
pub mod store;
pub mod time;
pub mod web;
