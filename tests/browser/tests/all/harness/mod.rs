//! A real Chromium, real programs, and a hand to drive them.

mod apps;
mod browser;
mod chromium;
mod examine;
mod keyboard;
mod picture;
mod process;
mod scratch;
mod shots;
mod tls;

pub use apps::{Citizen, MockIdp, Portal, free_address};
pub use browser::Browser;
pub use chromium::Wish;
pub use tls::{Authority, TlsProxy};
