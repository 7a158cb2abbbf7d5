//! What fits into one text message.

/// The basic alphabet of GSM 03.38 (3GPP TS 23.038 §6.2.1) beyond letters and digits, without its escape. Accented
/// Vietnamese letters are not in it; a text with one of them is sent as UCS-2, 70 characters a message, at twice the
/// price, and many gateways refuse it.
const SIGNS: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";

/// The longest text that is one message.
const LONGEST: usize = 160;

/// Whether the text is one message on every network: the basic alphabet, at most 160 characters.
pub(crate) fn fits_one_message(text: &str) -> bool {
    let basic = |c: char| c.is_ascii_alphanumeric() || SIGNS.contains(c);
    !text.is_empty() && text.chars().count() <= LONGEST && text.chars().all(basic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_length_are_seen() {
        assert!(fits_one_message("Ma xac thuc cua ban la 012345. Het han sau 3 phut, @dvc.example.gov.vn"));
        assert!(fits_one_message(&"a".repeat(160)));
        for unfit in ["", "Mã xác thực", "ma {1}", "a^b", "a\u{a0}b", "a`b", "€1", &"a".repeat(161)] {
            assert!(!fits_one_message(unfit), "{unfit}");
        }
    }
}
