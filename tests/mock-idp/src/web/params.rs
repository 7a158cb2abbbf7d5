//! Request parameters, read once and strictly: duplicates and broken encodings are told apart from absence.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use percent_encoding::percent_decode;

/// Why parameters cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// A parameter came twice (RFC 6749 §3.1).
    #[error("a parameter was given twice")]
    Duplicate,
    /// Not percent-encoded UTF-8, or with control characters.
    #[error("the parameters are not percent-encoded UTF-8")]
    Encoding,
    /// The body is no `application/x-www-form-urlencoded`.
    #[error("the body is not application/x-www-form-urlencoded")]
    MediaType,
}

/// Parameters in the order in which they came. No `Debug`: there are codes and passwords in them.
#[derive(Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of a query.
    pub(crate) fn query(uri: &Uri) -> Result<Self, Malformed> {
        Self::parse(uri.query().unwrap_or_default().as_bytes())
    }

    /// The parameters of a form.
    pub(crate) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Self, Malformed> {
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Malformed::MediaType);
        }
        Self::parse(body)
    }

    fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let mut params = Vec::new();
        for pair in text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            params.push((name, value));
        }
        Ok(Self(params))
    }

    /// The parameter's only value. An empty one counts as absent (RFC 6749 §3.1).
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Malformed> {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Malformed::Duplicate),
            (first, None) => Ok(first.filter(|value| !value.is_empty())),
        }
    }

    /// The first value, or nothing: for forms of our own, where a duplicate harms nobody.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }

    /// Whether any parameter came twice.
    pub(crate) fn has_duplicates(&self) -> bool {
        self.0.iter().enumerate().any(|(at, (name, _))| self.0.iter().skip(at + 1).any(|(other, _)| other == name))
    }
}

/// Form decoding: `+` is a space, the rest percent-encoded UTF-8 without control characters.
fn decode(text: &[u8]) -> Result<String, Malformed> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8().map_err(|_| Malformed::Encoding)?;
    if decoded.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Malformed::Encoding);
    }
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Params, Malformed> {
        Params::parse(query.as_bytes())
    }

    #[test]
    fn tells_duplicates_absence_and_nonsense_apart() {
        let params = read("a=1&b=&c=%C4%90+%2B&d=1&d=2").unwrap_or_default();
        assert_eq!(params.one("a"), Ok(Some("1")));
        assert_eq!(params.one("b"), Ok(None));
        assert_eq!(params.one("c"), Ok(Some("Đ +")));
        assert_eq!(params.one("d"), Err(Malformed::Duplicate));
        assert!(params.has_duplicates());
        for bad in ["a=%FF", "a=%00", "%80=1"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
