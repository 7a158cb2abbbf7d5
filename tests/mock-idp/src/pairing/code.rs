//! What stands in a QR code, and what a person types or pastes in its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fast_qr::ECL;
use fast_qr::QRBuilder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder as _, Shape};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use vneid_auth::flow::pairing::Payload;

/// The letters of user codes: no vowels, so that no word comes of them (RFC 8628 §6.1).
pub(crate) const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many a user code has.
pub(crate) const LENGTH: usize = 8;

/// What a phone was given to read.
pub(crate) enum Code {
    /// What a login page's QR code says.
    Payload(Payload),
    /// What a device shows: eight letters.
    UserCode(String),
}

impl Code {
    /// Reads a link of ours, a bare payload, or a user code. Anything else is as good as a code that nobody shows.
    pub(crate) fn read(base: &str, text: &str) -> Option<Self> {
        let text = text.trim();
        let parameter = |start: &str| {
            let value = text.strip_prefix(base)?.strip_prefix(start)?;
            percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned)
        };
        if let Some(payload) = parameter(SCAN) {
            return Payload::parse(&payload).map(Self::Payload);
        }
        if let Some(user_code) = parameter(DEVICE) {
            return normal_user_code(&user_code).map(Self::UserCode);
        }
        let payload = Payload::parse(text).map(Self::Payload);
        payload.or_else(|| normal_user_code(text).map(Self::UserCode))
    }
}

const SCAN: &str = "/app/scan?qr=";
const DEVICE: &str = "/app/device?user_code=";

/// The link in a QR code.
pub(crate) fn link(base: &str, payload: &Payload) -> String {
    format!("{base}{SCAN}{}", utf8_percent_encode(&payload.text(), UNRESERVED))
}

/// Where a device sends people, its code filled in (`verification_uri_complete`).
pub(crate) fn device_link(base: &str, user_code: &str) -> String {
    format!("{base}{DEVICE}{}", grouped(user_code))
}

/// Everything but RFC 3986's unreserved characters, of which payloads consist.
const UNRESERVED: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A user code as it is shown: two groups of four.
pub(crate) fn grouped(user_code: &str) -> String {
    match user_code.split_at_checked(LENGTH / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => user_code.to_owned(),
    }
}

/// A user code as it is kept, from what somebody typed: in any case, with hyphens and spaces or without.
pub(crate) fn normal_user_code(typed: &str) -> Option<String> {
    let letters = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—')).take(LENGTH + 1);
    let code: String = letters.map(|c| c.to_ascii_uppercase()).collect();
    (code.len() == LENGTH && code.bytes().all(|c| LETTERS.contains(&c))).then_some(code)
}

/// A QR code as an image's `data:` address.
pub(crate) fn image(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let svg = SvgBuilder::default().shape(Shape::Square).to_str(&code);
    Some(format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d52_user_codes_are_read_as_people_type_them() {
        for typed in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "b-c-d-f-g-h-j-k", "BCDF–GHJK"] {
            assert_eq!(normal_user_code(typed).as_deref(), Some("BCDFGHJK"), "{typed}");
        }
        for typed in ["", "BCDF-GHJ", "BCDF-GHJKL", "ABCD-FGHJ", "BCDF-GHJ1", "BCDF_GHJK", "ＢCDFGHJK"] {
            assert_eq!(normal_user_code(typed), None, "{typed}");
        }
        assert_eq!(grouped("BCDFGHJK"), "BCDF-GHJK");
    }

    #[test]
    fn links_of_others_are_no_codes() {
        let base = "http://127.0.0.1:9000";
        let payload = format!("tx.{}", "A".repeat(22));
        let ours = format!("{base}/app/scan?qr={payload}");
        assert!(matches!(Code::read(base, &format!(" {ours}\n")), Some(Code::Payload(_))));
        assert!(matches!(Code::read(base, &payload), Some(Code::Payload(_))));
        assert!(matches!(Code::read(base, &device_link(base, "BCDFGHJK")), Some(Code::UserCode(_))));
        for other in [
            ours.replace("9000", "9001"),
            ours.replace("/app/", "/other/"),
            format!("{base}.attacker.test/app/scan?qr={payload}"),
            format!("{ours}&more=1"),
            String::new(),
        ] {
            assert!(Code::read(base, &other).is_none(), "{other}");
        }
        assert!(image(&ours).is_some_and(|image| image.starts_with("data:image/svg+xml;base64,")));
    }
}
