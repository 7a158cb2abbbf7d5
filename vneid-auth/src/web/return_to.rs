//! Where a citizen may be sent back to: a path of this portal and nothing else.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

const MAX: usize = 2048;

/// Everything but ASCII is percent-encoded; ASCII stays byte for byte.
const NON_ASCII: &AsciiSet = CONTROLS;

/// The path as it goes into `Location`, or nothing when it is unfit. `ours` are the paths that would loop: login,
/// callbacks, logout.
///
/// Decided on the very string that is sent on: beginning with one `/`, up to 2 KiB, no space, control, backslash, or
/// character that some software reads as a slash or a dot; in the path no empty or dot segment, and none of these
/// encoded, once or more often. Query and fragment may hold anything else.
pub(crate) fn fit(path_and_more: &str, ours: impl Fn(&str) -> bool) -> Option<String> {
    let path = path_and_more.split(['?', '#']).next().unwrap_or_default();
    let fits = path_and_more.len() <= MAX
        && path.starts_with('/')
        && !path_and_more.chars().any(is_treacherous)
        && !has_encoded_control(path_and_more)
        && segments_fit(path)
        && !ours(path);
    fits.then(|| utf8_percent_encode(path_and_more, NON_ASCII).to_string())
}

/// Raw characters that browsers, proxies or people read as something else.
fn is_treacherous(c: char) -> bool {
    c.is_control() || c.is_whitespace() || c == '\\' || is_lookalike(c) || is_invisible(c)
}

/// Slashes, backslashes and dots of other scripts and widths.
fn is_lookalike(c: char) -> bool {
    matches!(
        c,
        '\u{2024}'
            | '\u{2044}'
            | '\u{2215}'
            | '\u{29f5}'
            | '\u{29f8}'
            | '\u{29f9}'
            | '\u{3002}'
            | '\u{3033}'
            | '\u{3035}'
            | '\u{fe52}'
            | '\u{fe68}'
            | '\u{ff0e}'
            | '\u{ff0f}'
            | '\u{ff3c}'
            | '\u{ff61}'
    )
}

/// Characters that show nothing or turn the text around.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn has_encoded_control(text: &str) -> bool {
    percent_decode_str(text).any(|byte| byte.is_ascii_control())
}

fn segments_fit(path: &str) -> bool {
    let Some(decoded) = decode_fully(path) else { return false };
    if decoded.chars().any(is_treacherous_decoded) || decoded.matches('/').count() != path.matches('/').count() {
        return false;
    }
    let mut segments = decoded.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        // The last one may be empty: `/` and `/ho-so/` are paths.
        let empty = segment.is_empty() && segments.peek().is_some();
        if empty || segment == "." || segment == ".." {
            return false;
        }
    }
    true
}

/// An encoded space is an ordinary part of a path, a raw one is not.
fn is_treacherous_decoded(c: char) -> bool {
    c != ' ' && is_treacherous(c)
}

/// Decoded until nothing is left to decode, since what reads the path next may decode once more.
fn decode_fully(path: &str) -> Option<String> {
    let mut path = path.to_owned();
    for _ in 0..8 {
        let decoded = percent_decode_str(&path).decode_utf8().ok()?.into_owned();
        if decoded == path {
            return Some(path);
        }
        path = decoded;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(path: &str) -> bool {
        path.starts_with("/auth/callback")
    }

    #[test]
    fn paths_of_this_portal_pass_unchanged() {
        for path in [
            "/",
            "/ho-so",
            "/ho-so/",
            "/path?x=1#frag",
            "/a/b.c/d..e?next=//evil.example&u=https%3A%2F%2Fx",
            "/tim?q=a+b%20c",
            "/a%20b",
            "/@evil.example",
            "/a:b@c",
            "/auth/account",
            "/..a/b",
            "/100%",
        ] {
            assert_eq!(fit(path, ours).as_deref(), Some(path), "{path}");
        }
        assert_eq!(fit("/hồ-sơ", ours).as_deref(), Some("/h%E1%BB%93-s%C6%A1"));
        let longest = format!("/{}", "a".repeat(MAX - 1));
        assert_eq!(fit(&longest, ours), Some(longest));
    }

    #[test]
    fn everything_else_falls_back() {
        let long = format!("/{}", "a".repeat(MAX));
        for path in [
            "",
            "ho-so",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\\/evil",
            "/\t/evil",
            "/\n/evil",
            "/\r/evil",
            "/\u{b}/evil",
            "/\0",
            "/\u{7f}",
            "/a\u{85}",
            "/a\u{2028}",
            "/ /evil",
            " /a",
            "/a ",
            "%20//evil",
            "/./a",
            "/a/../b",
            "/a/../..//evil",
            "/a//b",
            "/./\\evil",
            "https:evil",
            "https:/evil",
            "http:///evil",
            "javascript:alert(1)",
            "JaVaScRiPt:x",
            "data:x",
            "https://app.example@evil",
            "/%2f%2fevil",
            "/%2Fevil",
            "/%5cevil",
            "/%09/evil",
            "/%252f%252fevil",
            "/%25252fevil",
            "/%2e%2e/evil",
            "/%252e%252e/a",
            "/a/%2e/b",
            "/.%2e/a",
            "/x?a=%0d%0aSet-Cookie:b",
            "/\u{ff0f}evil",
            "/%ef%bc%8fevil",
            "/a\u{3002}b",
            "/\u{3035}",
            "/\u{202e}a",
            "/%e2%80%a8",
            "/%ff",
            "/a\\b?c",
            "/a?b\\c",
            "/auth/callback/vneid?x=1",
            &long,
        ] {
            assert_eq!(fit(path, ours), None, "{path:?}");
        }
    }
}
