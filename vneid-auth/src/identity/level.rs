//! How surely the provider knows the person.

use serde::{Deserialize, Serialize};

/// The level of an electronic identity account (mức độ 01, 02; Nghị định 69/2024/NĐ-CP). A level that nobody stated
/// is `None` wherever a level is kept, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(u8);

impl Level {
    /// A provider said in so many words that nothing was proved. Below every level that can be asked for.
    pub const ZERO: Self = Self(0);
    /// Level 1: registered in the app.
    pub const ONE: Self = Self(1);
    /// Level 2: checked in person, needed for public services on the web.
    pub const TWO: Self = Self(2);

    /// A level by its number; 0 is no level.
    pub fn new(level: u8) -> Option<Self> {
        (level > 0).then_some(Self(level))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }
}
