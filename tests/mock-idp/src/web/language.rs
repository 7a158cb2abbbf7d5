//! Which language and which form an answer takes.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE};
use vneid_auth::error::Language;

/// A language to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Speech(pub(crate) Language);

impl Speech {
    /// The text in this language.
    pub(crate) fn say(self, vietnamese: &'static str, english: &'static str) -> &'static str {
        match self.0 {
            Language::Vietnamese => vietnamese,
            Language::English => english,
        }
    }

    /// The tag for `lang`.
    pub(crate) fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// What the relying party asked for by `ui_locales`, the first one that is spoken here.
    pub(crate) fn of_locales(ui_locales: &str) -> Option<Self> {
        ui_locales.split(' ').find_map(spoken)
    }
}

/// The browser's language: Vietnamese, unless English is preferred to it.
pub(crate) fn preferred(headers: &HeaderMap) -> Speech {
    let text = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Speech(Language::Vietnamese), 0.0_f32);
    for range in text.split(',').take(20) {
        let (tag, quality) = weighted(range);
        if let Some(speech) = spoken(tag).filter(|_| quality > best.1) {
            best = (speech, quality);
        }
    }
    best.0
}

/// Whether whoever asks is a browser that wants a page rather than JSON.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let text = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let quality = |media: &str| {
        let ranges = text.split(',').map(weighted);
        ranges.filter(|(range, _)| range.eq_ignore_ascii_case(media)).map(|(_, quality)| quality).fold(0.0, f32::max)
    };
    quality("text/html") > quality("application/json")
}

fn weighted(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse().ok()).unwrap_or(1.0);
    (value, quality)
}

fn spoken(tag: &str) -> Option<Speech> {
    match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "vi" => Some(Speech(Language::Vietnamese)),
        "en" => Some(Speech(Language::English)),
        _ => None,
    }
}
