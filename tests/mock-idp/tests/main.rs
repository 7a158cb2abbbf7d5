//! The mock identity provider, judged over real HTTP by the cases of conformance.md that concern realm `/oidc`.
//!
//! A test names the case that it covers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cases;
mod support;
