//! Where unpredictable values come from.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::RandomnessFailed;
use crate::identity::AccountId;
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

/// What a held form is called in addresses and in its cookie's name: 64 bits in hexadecimal. It finds nothing without the
/// secret in the cookie, and must only differ from the few others of one browser.
pub(crate) fn held_id(randomness: &dyn Randomness) -> Result<String, RandomnessFailed> {
    let mut bytes = [0_u8; 8];
    randomness.fill(&mut bytes)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// A one-time code: six digits, each of the million as likely as any other.
pub(crate) fn code(randomness: &dyn Randomness) -> Result<Secret, RandomnessFailed> {
    const CODES: u32 = 1_000_000;
    // What lies above the last whole million would make small codes likelier. One draw in 14,000 does, so a source of
    // which 32 in a row do is broken.
    const EVEN: u32 = u32::MAX - u32::MAX % CODES;
    for _ in 0..32 {
        let mut bytes = [0_u8; 4];
        randomness.fill(&mut bytes)?;
        let drawn = u32::from_be_bytes(bytes);
        if drawn < EVEN {
            return Ok(Secret::new(format!("{:06}", drawn % CODES)));
        }
    }
    Err(RandomnessFailed)
}

/// An account's id: 128 bits in hexadecimal, so that ids of several instances do not meet and none can be guessed.
pub(crate) fn account_id(randomness: &dyn Randomness) -> Result<AccountId, RandomnessFailed> {
    let mut bytes = [0_u8; 16];
    randomness.fill(&mut bytes)?;
    Ok(AccountId::from(format!("{:032x}", u128::from_be_bytes(bytes))))
}

/// An id of 128 bits in hexadecimal, to find a request again in the logs.
pub(crate) fn trace_id(randomness: &dyn Randomness) -> String {
    let mut bytes = [0_u8; 16];
    // An id for logs is no security; when there is no randomness the request fails elsewhere.
    let _ = randomness.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives these bytes again and again.
    struct Same([u8; 4]);

    impl Randomness for Same {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomnessFailed> {
            buffer.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
            Ok(())
        }
    }

    #[test]
    fn a_code_has_six_digits_and_none_is_likelier() {
        assert_eq!(code(&Same(7_u32.to_be_bytes())), Ok("000007".into()));
        assert_eq!(code(&Same(4_293_999_999_u32.to_be_bytes())), Ok("999999".into()));
        assert_eq!(code(&Same(4_294_000_000_u32.to_be_bytes())), Err(RandomnessFailed));
        let drawn: std::collections::BTreeSet<String> =
            (0..200).map(|_| code(&SystemRandomness).unwrap().expose().to_owned()).collect();
        assert!(drawn.len() > 190 && drawn.iter().all(|code| code.len() == 6));
    }
}
