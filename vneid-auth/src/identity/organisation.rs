//! The enterprise or organisation that an account stands for.

use serde::{Deserialize, Serialize};

use super::PersonName;

/// What a provider said of the enterprise (doanh nghiệp) or organisation (tổ chức) whose account logged in. The register
/// of enterprises is public; who represents one is a person and prints masked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Organisation {
    /// Its name, at most 500 characters.
    pub name: Option<String>,
    /// Its tax code (mã số thuế): 10 digits, or 10, a hyphen and 3 of a branch.
    pub tax_code: Option<String>,
    /// Its registration number (mã số doanh nghiệp), in the form of a tax code.
    pub registration_number: Option<String>,
    /// Who represents it (người đại diện).
    pub representative: Option<PersonName>,
}

impl Organisation {
    /// A tax code or registration number: 10 digits, or 13 with or without a hyphen after the tenth; given without it.
    pub(crate) fn code(text: &str) -> Option<String> {
        let digits = match text.split_once('-') {
            Some((head, branch)) if head.len() == 10 && branch.len() == 3 => format!("{head}{branch}"),
            Some(_) => return None,
            None => text.to_owned(),
        };
        let fits = matches!(digits.len(), 10 | 13) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then_some(digits)
    }

    /// A name that can be shown: not empty, not too long, without control characters.
    pub(crate) fn named(text: &str) -> Option<String> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= 500 && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_enterprises_and_their_branches() {
        for (text, code) in [
            ("8900000012", Some("8900000012")),
            ("8900000012-001", Some("8900000012001")),
            ("8900000012001", Some("8900000012001")),
            ("890000001", None),
            ("8900000012-01", None),
            ("89000000-00001", None),
            ("890000001a", None),
            ("", None),
        ] {
            assert_eq!(Organisation::code(text).as_deref(), code, "{text}");
        }
        assert_eq!(Organisation::named(" Công ty Thử nghiệm ").as_deref(), Some("Công ty Thử nghiệm"));
        assert_eq!(Organisation::named("a\nb"), None);
    }
}
