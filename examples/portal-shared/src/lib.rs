//! What the example portals share: their settings, their pages, and the mock provider inside. What is left to a portal
//! is its framework.

pub mod dossier;
pub mod kiosk;
pub mod pages;
pub mod settings;
pub mod start;
