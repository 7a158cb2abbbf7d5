//! A simulated world: browsers, portals, a provider and a clock, over real HTTP on loopback, in which scenarios read as
//! prose.

pub mod accounts_world;
pub mod backchannel;
pub mod browser;
pub mod clock;
pub mod codes_world;
pub mod desk;
pub mod dialects;
pub mod doctored;
pub mod evil;
pub mod evil_world;
pub mod faulty;
pub mod held_world;
pub mod pairing_world;
pub mod plain;
pub mod plain_world;
pub mod portal;
pub mod raw;
pub mod watched;
pub mod world;
pub mod yielding;

pub use browser::{Browser, Page};
pub use clock::SimClock;
pub use codes_world::CodesWorld;
pub use evil_world::EvilWorld;
pub use pairing_world::{Events, PairingWorld};
pub use plain_world::PlainWorld;
pub use world::{World, WorldBuilder};
