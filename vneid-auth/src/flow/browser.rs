//! The browser that began something, as a state remembers it.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::secret::Secret;

/// SHA-256 of the secret in a browser's cookie. The secret has 256 bits, so the plain hash hides it; two are compared in
/// constant time.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BrowserHash([u8; 32]);

impl BrowserHash {
    /// The hash of this browser's secret.
    pub fn of(secret: &Secret) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(digest(&SHA256, secret.expose().as_bytes()).as_ref()) {
            *to = *from;
        }
        Self(hash)
    }
}

impl PartialEq for BrowserHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for BrowserHash {}

impl std::fmt::Debug for BrowserHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserHash(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha_256_and_prints_nothing() {
        let hash = BrowserHash::of(&"abc".into());
        assert_eq!((hash.0[0], hash.0[31]), (0xba, 0xad), "FIPS 180-4, the example \"abc\"");
        assert_ne!(hash, BrowserHash::of(&"abd".into()));
        assert_eq!(format!("{hash:?}"), "BrowserHash(****)");
    }
}
