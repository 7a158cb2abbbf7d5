//! Phones on order: a citizen who scans and decides, and codes whose time is up.

use crate::control::Control;
use crate::pairing;
use crate::phone::Phone;

impl Control {
    /// A phone that is signed in to the app as this citizen; nothing when there is none, or the account is closed.
    pub fn phone(&self, username: &str) -> Option<Phone> {
        Phone::sign_in(&self.world, username)
    }

    /// Ends the wait for a QR link, what it says, or a user code, as if its time had passed; false when nothing waits.
    pub fn expire_code(&self, code: &str) -> bool {
        let (world, now) = (&self.world, self.now());
        pairing::id_of(world, code, now).is_some_and(|id| world.pairings.expire(&id, now))
    }
}
