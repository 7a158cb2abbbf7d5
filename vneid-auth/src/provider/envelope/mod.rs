//! Sealed envelopes: VNeID's dialect in which the code, the token answer and userinfo come encrypted to the portal.
//!
//! ```text
//! callback   ?code=<base64>&encrypt_key=<base64>&state=…
//! answers    {"data": "<base64>", "key": "<base64>"}
//!
//! key, encrypt_key   an AES key under the portal's RSA key, PKCS#1 v1.5 (RFC 8017 §7.2)
//! data, code         AES with PKCS#7 padding under that key: ECB as observed, or CBC with the IV in front
//! ```
//!
//! An envelope keeps secrets and proves nothing: the public key is no secret, so anyone can seal. Neither mode protects
//! what it hides from being changed. Who sent an answer is shown by TLS, whose login a code belongs to by `state`, which
//! is checked and taken before anything is opened here.
//!
//! Whoever can have many envelopes opened and tell one failure from another learns what is in somebody else's
//! (Bleichenbacher 1998, Vaudenay 2002). So there is one failure, [`EnvelopeReason::NotOpened`], and it comes at the
//! end, after the same work: what cannot be decoded is replaced by a stand-in that is worked on in its place, and a
//! failed unwrap goes on with random bytes (as RFC 5246 §7.4.7.1 does).

mod key;
mod seal;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use self::key::{EnvelopeKey, EnvelopeKeyRejected};
use self::seal::{Sealed, StandIn};
use super::json::{self, Members};
use crate::error::{Code, Error};
use crate::secret::Secret;

/// A sealed code in base64 is at most this long, in bytes. A clear one is a GUID, or GUIDs joined by dots.
const LONGEST_CODE: usize = 8 * 1024;

/// `data` of a sealed answer in base64 is at most this long, in bytes; no answer is longer as a whole.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How AES is used in an envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cipher {
    /// Every block by itself, without an IV: as observed, although the provider's document is said to name CBC.
    #[default]
    Ecb,
    /// Each block chained to the one before it; the IV is the first 16 bytes of the sealed data.
    Cbc,
}

/// What becomes of a code or an answer that comes without an envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClearAnswers {
    /// It is read: a working client had to.
    #[default]
    Accept,
    /// It is refused. This shows no more than that whoever sent it knows the portal's public key.
    Refuse,
}

/// Why what came is not used. It does not say more, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeReason {
    /// The envelope does not open with the portal's key, or holds nothing that can be read.
    #[error("the envelope does not open with the portal's key and cipher, or its content cannot be read")]
    NotOpened,
    /// There is no envelope, and the settings refuse that.
    #[error("the answer came without an envelope, which the settings refuse")]
    ClearRefused,
}

impl From<EnvelopeReason> for Error {
    fn from(reason: EnvelopeReason) -> Self {
        Self::new(Code::ProfileInvalid, reason.to_string()).because(reason)
    }
}

/// How a provider's envelopes are opened: the portal's key, the cipher, and what becomes of clear answers.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub(crate) key: EnvelopeKey,
    pub(crate) cipher: Cipher,
    pub(crate) clear: ClearAnswers,
}

impl Envelope {
    /// Envelopes as observed: AES-ECB, and clear answers are read too.
    pub fn new(key: EnvelopeKey) -> Self {
        Self { key, cipher: Cipher::default(), clear: ClearAnswers::default() }
    }

    /// How AES is used.
    #[must_use]
    pub fn cipher(self, cipher: Cipher) -> Self {
        Self { cipher, ..self }
    }

    /// What becomes of clear codes and answers.
    #[must_use]
    pub fn clear_answers(self, clear: ClearAnswers) -> Self {
        Self { clear, ..self }
    }

    /// The authorization code of a callback: with an `encrypt_key` the code is sealed and is opened, without it is clear.
    /// Call it only once `state` is taken, since anyone can write this query.
    pub(crate) fn code(&self, code: &Secret, encrypt_key: Option<&Secret>) -> Result<Secret, EnvelopeReason> {
        match encrypt_key {
            Some(key) => self.open(code.expose(), key.expose(), LONGEST_CODE, code_of),
            None => self.clear(code.clone()),
        }
    }

    /// The members of an answer: with both `data` and `key` it is an envelope and is opened, any other is clear.
    pub(crate) fn members(&self, answer: Members) -> Result<Members, EnvelopeReason> {
        match (answer.get("data"), answer.get("key")) {
            (Some(Value::String(data)), Some(Value::String(key))) => self.open(data, key, LONGEST_ANSWER, members_of),
            (Some(_), Some(_)) => Err(EnvelopeReason::NotOpened),
            _ => self.clear(answer),
        }
    }

    fn clear<T>(&self, answer: T) -> Result<T, EnvelopeReason> {
        match self.clear {
            ClearAnswers::Accept => Ok(answer),
            ClearAnswers::Refuse => Err(EnvelopeReason::ClearRefused),
        }
    }

    fn open<T>(
        &self,
        data: &str,
        wrapped: &str,
        longest: usize,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<T, EnvelopeReason> {
        let stand_in = StandIn::drawn().ok_or(EnvelopeReason::NotOpened)?;
        let unwrapped = self.key.unwrapped(wrapped, &stand_in);
        let sealed = Sealed::decoded(data, longest, self.cipher);
        sealed.opened(&unwrapped, &stand_in, read).ok_or(EnvelopeReason::NotOpened)
    }
}

/// A code is printable ASCII (RFC 6749 appendix A.11).
fn code_of(opened: &[u8]) -> Option<Secret> {
    let code = std::str::from_utf8(opened).ok()?;
    let fits = !code.is_empty() && code.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    fits.then(|| Secret::from(code))
}

/// An envelope in an envelope is none: it would let a sender make us open as many as he likes.
fn members_of(opened: &[u8]) -> Option<Members> {
    let members = json::object(opened).ok()?;
    let nested = members.contains_key("data") && members.contains_key("key");
    (!nested).then_some(members)
}
