//! What a portal's developer meets: the public `Provider` and `Portal` against providers that answer what they are told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod attempts;
mod browser;
mod gateways;
mod golden;
#[cfg(feature = "population")]
mod population;
mod renamed;
mod seal;
mod settings;
mod world;
