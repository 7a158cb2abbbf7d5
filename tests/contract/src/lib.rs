//! A simulated world: browsers, portals, a provider and a clock, over real HTTP on loopback, in which scenarios read as
//! prose.

pub mod browser;
pub mod clock;
pub mod portal;
pub mod world;

pub use browser::{Browser, Page};
pub use clock::SimClock;
pub use world::{World, WorldBuilder};
