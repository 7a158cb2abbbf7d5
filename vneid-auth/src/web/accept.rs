//! What the browser asked for: a page or JSON, Vietnamese or English.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_LANGUAGE};

use crate::error::Language;

/// The items of a weighted list (RFC 9110 §12.4.2), lower-cased, with their weights in thousandths.
fn weighted(headers: &HeaderMap, name: http::HeaderName) -> Vec<(String, u32)> {
    let mut items = Vec::new();
    for value in headers.get_all(name).iter().filter_map(|value| value.to_str().ok()) {
        for item in value.split(',').take(32) {
            let mut parts = item.split(';').map(str::trim);
            let Some(what) = parts.next().filter(|what| !what.is_empty()) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            items.push((what.to_ascii_lowercase(), weight.map_or(1000, thousandths)));
        }
    }
    items
}

fn thousandths(weight: &str) -> u32 {
    let weight: f32 = weight.parse().unwrap_or(0.0);
    // Clamped to 0..=1, so it always fits.
    (weight.clamp(0.0, 1.0) * 1000.0).round() as u32
}

/// Whether a person reads the answer: `Accept` names HTML, and does not prefer JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let items = weighted(headers, ACCEPT);
    let weight = |fits: fn(&str) -> bool| items.iter().filter(|(what, _)| fits(what)).map(|(_, q)| *q).max();
    let page = weight(|what| matches!(what, "text/html" | "application/xhtml+xml")).unwrap_or(0);
    let json = weight(|what| what == "application/json" || what.ends_with("+json")).unwrap_or(0);
    page > 0 && page >= json
}

/// Vietnamese, unless English is preferred.
pub fn language(headers: &HeaderMap) -> Language {
    let items = weighted(headers, ACCEPT_LANGUAGE);
    let weight = |tag: &str| {
        let fits = |what: &str| what == tag || what.strip_prefix(tag).is_some_and(|rest| rest.starts_with('-'));
        items.iter().position(|(what, q)| *q > 0 && fits(what)).map(|at| (items.get(at).map_or(0, |(_, q)| *q), at))
    };
    match (weight("en"), weight("vi")) {
        (Some(_), None) => Language::English,
        // Of equal weights, the one named first.
        (Some((en, en_at)), Some((vi, vi_at))) if en > vi || (en == vi && en_at < vi_at) => Language::English,
        _ => Language::Vietnamese,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_page_for_browsers_and_json_for_clients() {
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        for (accept, page) in [
            (chromium, true),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/html;q=0.5", false),
            ("text/html;q=0", false),
            ("text/html;q=bad", false),
            ("", false),
        ] {
            assert_eq!(wants_page(&headers(ACCEPT, accept)), page, "{accept}");
        }
        assert!(!wants_page(&HeaderMap::new()));
    }

    #[test]
    fn vietnamese_unless_english_is_preferred() {
        for (value, english) in [
            ("vi", false),
            ("en", true),
            ("en-GB,en;q=0.9", true),
            ("vi-VN,vi;q=0.9,en;q=0.8", false),
            ("en-US,en;q=0.9,vi;q=0.8", true),
            ("en;q=0.5,vi", false),
            ("fr,en;q=0.4", true),
            ("fr", false),
            ("*", false),
            ("en;q=0", false),
            ("english", false),
        ] {
            assert_eq!(language(&headers(ACCEPT_LANGUAGE, value)) == Language::English, english, "{value}");
        }
    }
}
