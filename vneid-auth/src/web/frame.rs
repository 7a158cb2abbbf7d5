//! What stands around a page: the portal's own look, or a plain one.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, PreEscaped, html};

use crate::error::Language;

/// A page of the library, ready to be framed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<'a> {
    /// The language of its text.
    pub language: Language,
    /// Its title, plain text.
    pub title: &'a str,
    /// The content of `<main>`: HTML, everything in it escaped. Its classes are those of [`STYLE`].
    pub main: &'a str,
}

/// Puts the portal's own look around the library's pages. The whole document comes back, as UTF-8 HTML.
///
/// The answer's `Content-Security-Policy` allows styles, scripts, pictures and fonts of the portal's own origin, and no
/// inline script; inline style only as the library's own [`STYLE`], letter for letter.
pub trait Frame: Send + Sync {
    /// The document.
    fn document(&self, page: &Page<'_>) -> String;
}

/// The style of the library's own pages, and a base for a portal's.
pub const STYLE: &str = include_str!("style.css");

/// The frame of a portal that brings none.
#[derive(Clone, Copy, Debug, Default)]
pub struct DefaultFrame;

impl Frame for DefaultFrame {
    fn document(&self, page: &Page<'_>) -> String {
        html! {
            (DOCTYPE)
            html lang=(page.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (page.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body { main { (PreEscaped(page.main)) } }
            }
        }
        .into_string()
    }
}

/// The CSP source that allows [`STYLE`] inline.
pub(crate) fn style_source() -> &'static str {
    static SOURCE: LazyLock<String> =
        LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, STYLE.as_bytes()))));
    &SOURCE
}
