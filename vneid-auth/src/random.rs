//! Where unpredictable values come from.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::RandomnessFailed;
use crate::secret::Secret;

/// A source of unpredictable bytes.
pub trait Randomness: Send + Sync {
    /// Fills the buffer.
    ///
    /// # Errors
    /// When the source has none to give; whatever needed them must not go on.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomnessFailed>;
}

/// The operating system's generator, through aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomnessFailed> {
        SystemRandom::new().fill(buffer).map_err(|_| RandomnessFailed)
    }
}

/// A token of 256 bits, 43 characters of `[A-Za-z0-9_-]`: a state, a nonce, a code verifier (RFC 7636 §4.1), a session id.
pub(crate) fn token(randomness: &dyn Randomness) -> Result<Secret, RandomnessFailed> {
    let mut bytes = [0_u8; 32];
    randomness.fill(&mut bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// An id of 128 bits in hexadecimal, to find a request again in the logs.
pub(crate) fn trace_id(randomness: &dyn Randomness) -> String {
    let mut bytes = [0_u8; 16];
    // An id for logs is no security; when there is no randomness the request fails elsewhere.
    let _ = randomness.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}
