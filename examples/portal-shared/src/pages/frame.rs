//! The portal's own look, around its pages and the library's.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use vneid_auth::error::Language;
use vneid_auth::web::{Frame, Page};

use super::kit::Text;

/// Where the style sheet is served.
pub const STYLE_PATH: &str = "/assets/portal.css";

/// The style sheet: the library's base, and what this portal adds.
pub const STYLE: &str = concat!(include_str!("../../../../vneid-auth/src/web/style.css"), include_str!("portal.css"));

/// The portal's look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look;

impl Frame for Look {
    fn document(&self, page: &Page<'_>) -> String {
        document(page.language, page.title, &PreEscaped(page.main.to_owned()))
    }
}

pub(super) fn document(language: Language, title: &str, main: &Markup) -> String {
    let name = Text("Cổng Dịch vụ công – Tỉnh Mẫu", "Public Service Portal – Sample Province").read(language);
    let note = Text(
        "Trang minh họa của thư viện vneid-auth. Không phải cổng dịch vụ công thật.",
        "A demonstration of the vneid-auth library. Not a real public service portal.",
    );
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (name) }
                link rel="stylesheet" href=(STYLE_PATH);
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#noi-dung" { (Text("Đến nội dung chính", "Skip to content").read(language)) }
                header.site {
                    div.bar {
                        a.brand href="/" {
                            span.mark aria-hidden="true" { "★" }
                            span { (name) }
                        }
                        nav aria-label=(Text("Điều hướng chính", "Main navigation").read(language)) {
                            a href="/" { (Text("Trang chủ", "Home").read(language)) }
                            a href="/ho-so" { (Text("Nộp hồ sơ", "Submit a dossier").read(language)) }
                            a href="/tai-khoan" { (Text("Tài khoản", "Account").read(language)) }
                        }
                    }
                }
                main id="noi-dung" { (main) }
                footer.site { p { (note.read(language)) } }
            }
        }
    }
    .into_string()
}
