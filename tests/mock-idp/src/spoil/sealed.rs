//! Envelopes, sealed rightly or wrongly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fault::SealedFault as Fault;
use crate::sealed::{Cipher, Envelope, PublicKey, SealError, Sealer};

/// What becomes of something that was to be sealed.
pub(crate) enum Sealing {
    /// It stays as it is.
    Clear,
    /// Data, and the key to it unless that is missing.
    Sealed { data: String, key: Option<String> },
}

/// The public half of a key that no client of the mock has.
const STRANGER: &str = include_str!("../../keys/demo-1.pem");

/// Seals this text, with this fault if any.
///
/// # Errors
/// When the encryption fails.
pub(crate) fn seal(fault: Option<Fault>, plain: &str, to: &PublicKey, cipher: Cipher) -> Result<Sealing, SealError> {
    let sealer = Sealer::new(to).cipher(cipher);
    let seal = |plain: &str| sealer.seal(plain.as_bytes());
    let sealed = |envelope: Envelope| Sealing::Sealed { data: envelope.data, key: Some(envelope.key) };
    let right = seal(plain)?;
    Ok(match fault {
        None | Some(Fault::Unexpected) => sealed(right),
        Some(Fault::WrongKey) => {
            let stranger = PublicKey::from_pem(STRANGER)?;
            sealed(Sealer::new(&stranger).cipher(cipher).seal(plain.as_bytes())?)
        }
        Some(Fault::OtherAesKey) => Sealing::Sealed { data: right.data, key: Some(seal(plain)?.key) },
        Some(Fault::Truncated) => Sealing::Sealed { data: shortened(&right.data), key: Some(right.key) },
        Some(Fault::KeyTruncated) => Sealing::Sealed { data: right.data, key: Some(shortened(&right.key)) },
        Some(Fault::PaddingBroken) => sealed(sealer.clone().broken_padding().seal(plain.as_bytes())?),
        Some(Fault::NotJson) => sealed(seal("đây không phải là thứ được chờ đợi")?),
        Some(Fault::Swapped) => Sealing::Sealed { data: right.key, key: Some(right.data) },
        Some(Fault::Clear) => Sealing::Clear,
        Some(Fault::ClearWithKey) => Sealing::Sealed { data: plain.to_owned(), key: Some(right.key) },
        Some(Fault::KeyMissing) => Sealing::Sealed { data: right.data, key: None },
        Some(Fault::NotBase64) => Sealing::Sealed { data: format!("%{}", right.data), key: Some(right.key) },
    })
}

/// Base64 of all but the last byte.
fn shortened(text: &str) -> String {
    let mut bytes = STANDARD.decode(text).unwrap_or_default();
    bytes.pop();
    STANDARD.encode(bytes)
}
