//! What is sealed under an AES key, and how it is opened: below the RSA step, and the same work for every input.

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeGreater as _};
use zeroize::Zeroizing;

use super::Cipher;

/// An AES block, and so an IV, in bytes.
const BLOCK: usize = 16;

/// Random bytes that take the place of what a failed step would have given.
pub(super) struct StandIn(Zeroizing<[u8; 2 * StandIn::KEY]>);

impl StandIn {
    /// Of this many bytes each.
    pub(super) const KEY: usize = 32;

    /// Drawn before anything is looked at; `None` when there is no randomness.
    pub(super) fn drawn() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 2 * Self::KEY]);
        rand::fill(&mut *bytes).ok()?;
        Some(Self(bytes))
    }

    /// For what the RSA step would have given.
    pub(super) fn unwrapped(&self) -> &[u8] {
        self.0.first_chunk::<{ Self::KEY }>().map_or(&[], |half| half)
    }

    /// For a key that what was unwrapped does not give.
    fn key(&self) -> &[u8] {
        self.0.last_chunk::<{ Self::KEY }>().map_or(&[], |half| half)
    }
}

/// Sealed data, decoded.
pub(super) struct Sealed {
    cipher: Cipher,
    /// What was sent, or as much of nothing when that cannot be sealed data.
    data: Vec<u8>,
    sound: bool,
}

impl Sealed {
    /// Decodes standard base64 with padding, of at most `longest` bytes.
    pub(super) fn decoded(data: &str, longest: usize, cipher: Cipher) -> Self {
        let blocks = match cipher {
            Cipher::Ecb => 1,
            Cipher::Cbc => 2,
        };
        let sent = (data.len() <= longest).then(|| STANDARD.decode(data).ok()).flatten();
        let sent = sent.filter(|sent| sent.len() >= blocks * BLOCK && sent.len().is_multiple_of(BLOCK));
        let sound = sent.is_some();
        let nothing = || vec![0; (data.len().min(longest) / 4 * 3 / BLOCK).max(blocks) * BLOCK];
        Self { cipher, data: sent.unwrap_or_else(nothing), sound }
    }

    /// What `read` finds in the data once it is opened.
    ///
    /// The unwrapped bytes are the AES key itself, or its base64 text. Both are tried, each with a random key where
    /// the bytes cannot be one, because 24 or 32 bytes that are all letters of base64 can be either: a provider may
    /// wrap 32 hexadecimal digits as they are. A random key has only such letters once in 2^64 times, and under the
    /// wrong one of the two nothing opens.
    pub(super) fn opened<T>(
        &self,
        unwrapped: &[u8],
        stand_in: &StandIn,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let text = STANDARD.decode(unwrapped).ok().map(Zeroizing::new);
        let readings = [text.as_deref().map(Vec::as_slice), Some(unwrapped)];
        let [as_text, as_raw] = readings.map(|key| {
            let key = key.filter(|key| algorithm(key).is_some());
            let opened = self.opened_with(key.unwrap_or(stand_in.key()), &read);
            opened.filter(|_| key.is_some())
        });
        as_text.or(as_raw).filter(|_| self.sound)
    }

    fn opened_with<T>(&self, key: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let padded = self.decrypted(key)?;
        let (length, sound) = unpadded(&padded);
        // Wrong padding takes nothing away, and what is there is read all the same.
        let content = read(padded.get(..length)?);
        content.filter(|_| sound.into())
    }

    fn decrypted(&self, key: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = UnboundCipherKey::new(algorithm(key)?, key).ok()?;
        let (key, context, data) = match self.cipher {
            Cipher::Ecb => (DecryptingKey::ecb(key), DecryptionContext::None, self.data.as_slice()),
            Cipher::Cbc => {
                let (iv, data) = self.data.split_first_chunk::<BLOCK>()?;
                (DecryptingKey::cbc(key), DecryptionContext::Iv128(FixedLength::from(iv)), data)
            }
        };
        let mut data = Zeroizing::new(data.to_vec());
        key.ok()?.decrypt(&mut data, context).ok()?;
        Some(data)
    }
}

fn algorithm(key: &[u8]) -> Option<&'static Algorithm> {
    match key.len() {
        16 => Some(&AES_128),
        24 => Some(&AES_192),
        32 => Some(&AES_256),
        _ => None,
    }
}

/// The length without PKCS#7 padding (RFC 5652 §6.3), and whether that padding is right: in constant time, as
/// aws-lc-rs's own padded cipher does not look at it.
fn unpadded(padded: &[u8]) -> (usize, Choice) {
    let Some(last) = padded.last() else { return (0, Choice::from(0)) };
    let mut sound = !last.ct_eq(&0) & !last.ct_gt(&16);
    for (byte, distance) in padded.iter().rev().zip(0_u8..16) {
        sound &= byte.ct_eq(last) | !last.ct_gt(&distance);
    }
    let padding = u8::conditional_select(&0, last, sound);
    (padded.len().saturating_sub(padding.into()), sound)
}
