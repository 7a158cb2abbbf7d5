//! The example portals' own pages, Vietnamese first. Each function gives a whole document; which answer it goes into is
//! the framework's business.

mod account;
mod details;
mod dossier;
mod frame;
mod home;
mod kiosk;
mod kit;

pub use account::account;
pub use details::{DETAILS_PATH, details};
pub use dossier::{Begin, dossier, with_contact};
pub use frame::{Look, STYLE, STYLE_PATH};
pub use home::home;
pub use kiosk::{KIOSK_SCRIPT, KIOSK_SCRIPT_PATH, kiosk};
