//! The example portal and the mock provider in headless Chromium, as people use them: mouse, keyboard, phone, no
//! scripts, two tabs, https. The programs are the real ones; nothing is reached around them.
//!
//! Without Chromium and chromedriver on the machine every test says `skipped: no chromium` and passes, unless
//! `REQUIRE_SERVICES=1`. Pictures for the documentation are taken by
//! `SCREENSHOTS=docs/screenshots cargo test -p vneid-browser-tests screenshots`.

mod accounts;
mod dialects;
mod errors;
mod examined;
mod harness;
mod held;
mod journey;
mod keyboard;
mod kiosk;
mod qr;
mod screenshots;
mod secure;
mod tabs;
mod visit;
mod words;
