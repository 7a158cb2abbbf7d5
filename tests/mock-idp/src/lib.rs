//! A mock identity provider: a real server that plays VNeID and DVCQG for tests, demonstrations and development.
//!
//! One account base and four realms: `/oidc`, a strict OpenID Provider; `/dvcqg`, the National Public Service Portal's
//! WSO2; `/vneid`, with the Keycloak behind it; and `/vneid-sealed`, its encrypted dialect. The last three answer as
//! working clients have seen the real ones answer, oddities and all. Beside them, at `/population`, the population
//! database's service and three gateways in front of it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use vneid_mock_idp::{Client, MockIdp};
//!
//! let client = Client::new("portal", "a-secret").redirect_uri("https://portal.example/auth/callback/vneid");
//! let mock = MockIdp::builder().client(client).start().await?;
//! println!("log in at {} as {}", mock.issuer(), mock.control().citizens()[0].username);
//! mock.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here is for production: the citizens are invented, their passwords are public, and `GET /sms` shows every
//! one-time code. That is why it listens on loopback unless told otherwise, and says on every page what it is.
//! Whoever tests holds a [`Control`]: faults, time, keys, messages, and the journal of what was asked.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod fault;
pub mod sealed;

mod accounts;
mod app;
mod bounded;
mod builder;
mod citizen;
mod client;
mod clock;
mod control;
mod control_logout;
mod control_logout_routes;
mod control_phone;
mod control_phone_routes;
mod control_routes;
mod der;
mod entropy;
mod home;
mod inbox;
mod interaction;
mod journal;
mod jwk;
mod jwt;
mod keys;
mod login;
mod observe;
mod otp;
mod pairing;
mod phone;
mod population;
mod realm;
mod server;
mod spoil;
mod sso;
mod sync;
mod web;
mod wire;
mod world;

pub use builder::{Builder, ConfigError, MockIdp, StartError};
pub use citizen::{Citizen, Holds, InPopulation, Organisation, seeded};
pub use client::{AuthMethod, BirthDateForm, Client, ClientKeyError, SigningAlg, UnmetAcr};
pub use control::{CitizenEdit, Control, MintKey, UnusedFaults};
pub use inbox::Sms;
pub use journal::Asked;
pub use keys::KeyFailure;
pub use phone::{Phone, PhoneError};
pub use realm::oidc::{KnownSession, LogoutDelivery, LogoutTokenKind};
pub use server::Running;
pub use world::OtpDelivery;
