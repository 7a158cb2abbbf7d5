//! Who: the values that say which person, and how surely.
//!
//! Each is parsed once from outside text and is right from then on. All of them print masked: a log line never shows a person.

mod account_id;
mod account_kind;
mod birth_date;
mod card;
mod citizen_id;
mod cmnd;
mod level;
mod name;
mod organisation;
mod phone;
mod profile;
#[cfg(test)]
mod properties;
mod province;

pub use account_id::AccountId;
pub use account_kind::AccountKind;
pub use birth_date::{BirthDate, BirthDateMalformed};
pub use card::{IdentityCard, QrForm, QrMalformed};
pub use citizen_id::{CitizenId, CitizenIdHint, CitizenIdMalformed, Doubt, Registered, Sex};
pub use cmnd::{Cmnd, CmndMalformed};
pub use level::Level;
pub use name::{PersonName, PersonNameMalformed};
pub use organisation::Organisation;
pub use phone::{PhoneMalformed, PhoneNumber};
pub use profile::{Identity, Profile, Strength};
pub use province::{PROVINCES, Province, UNITS_AS_OF};
