//! As much DER and PEM as RSA keys need (X.690; RFC 7468, 8017 §A.1, 5280 §4.1.2.7, 5208 §5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The algorithm identifier `rsaEncryption`.
const RSA: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// Takes the first element off: its tag, its body, and what comes after it.
pub(crate) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (bytes.iter().take(4).fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
    };
    let (body, rest) = rest.split_at_checked(length)?;
    Some((tag, body, rest))
}

/// An element with this tag and body, up to 64 KiB.
pub(crate) fn wrap(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    let prefix = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [prefix, body.to_vec()].concat()
}

/// `SubjectPublicKeyInfo` around an `RSAPublicKey`.
pub(crate) fn spki(rsa_public_key: &[u8]) -> Vec<u8> {
    let bits = wrap(BIT_STRING, &[&[0], rsa_public_key].concat());
    wrap(SEQUENCE, &[RSA, &bits].concat())
}

/// A raw ECDSA signature as the sequence of two integers that other formats use.
pub(crate) fn ecdsa(raw: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let trimmed: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = trimmed.first().is_none_or(|byte| *byte >= 0x80);
        wrap(INTEGER, &if sign { [&[0], trimmed.as_slice()].concat() } else { trimmed })
    };
    let (r, s) = raw.split_at_checked(32).unwrap_or_default();
    wrap(SEQUENCE, &[integer(r), integer(s)].concat())
}

/// Modulus and exponent out of an `RSAPublicKey`, without their sign bytes.
pub(crate) fn rsa_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (tag, body, _) = element(der)?;
    let (n_tag, n, rest) = element(body)?;
    let (e_tag, e, _) = element(rest)?;
    let unsigned = |bytes: &[u8]| bytes.strip_prefix(&[0]).unwrap_or(bytes).to_vec();
    (tag == SEQUENCE && n_tag == INTEGER && e_tag == INTEGER).then(|| (unsigned(n), unsigned(e)))
}

/// The `SubjectPublicKeyInfo` of the first RSA key in a PEM text, public or private, in PKCS#1, PKCS#8 or SPKI.
pub(crate) fn public_half(pem: &str) -> Option<Vec<u8>> {
    let (label, der) = decode(pem)?;
    match label {
        "PUBLIC KEY" => Some(der),
        "RSA PUBLIC KEY" => Some(spki(&der)),
        "RSA PRIVATE KEY" => of_private(&der),
        "PRIVATE KEY" => {
            let (_, info, _) = element(&der)?;
            let (_, _version, rest) = element(info)?;
            let (_, _algorithm, rest) = element(rest)?;
            let (tag, key, _) = element(rest)?;
            (tag == OCTET_STRING).then(|| of_private(key)).flatten()
        }
        _ => None,
    }
}

/// An `RSAPrivateKey` begins with its version, the modulus and the public exponent.
fn of_private(der: &[u8]) -> Option<Vec<u8>> {
    let (_, body, _) = element(der)?;
    let (_, _version, rest) = element(body)?;
    let (n_tag, n, rest) = element(rest)?;
    let (e_tag, e, _) = element(rest)?;
    let public = [wrap(INTEGER, n), wrap(INTEGER, e)].concat();
    (n_tag == INTEGER && e_tag == INTEGER).then(|| spki(&wrap(SEQUENCE, &public)))
}

/// Label and content of the first block of a PEM text; what stands around it is commentary.
pub(crate) fn decode(pem: &str) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body: String = body.split_whitespace().collect();
    Some((label, STANDARD.decode(body).ok()?))
}

/// A PEM text.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).filter_map(|at| text.get(at..text.len().min(at + 64))).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
