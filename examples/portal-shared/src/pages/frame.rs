//! The portal's own look, around its pages and the library's.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use vneid_auth::error::Language;
use vneid_auth::portal::Citizen;
use vneid_auth::web::{Frame, Page};

use super::kiosk::KIOSK_SCRIPT_PATH;
use super::kit::{Text, name};

/// Where the style sheet is served.
pub const STYLE_PATH: &str = "/assets/portal.css";

/// The style sheet: the library's base, and what this portal adds.
pub const STYLE: &str = concat!(include_str!("../../../../vneid-auth/src/web/style.css"), include_str!("portal.css"));

/// The portal's look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look;

impl Frame for Look {
    fn document(&self, page: &Page<'_>) -> String {
        let here = Here { language: page.language, title: page.title, place: None, citizen: None };
        document(&here, &PreEscaped(page.main.to_owned()))
    }
}

/// What the header says about a page.
pub(super) struct Here<'a> {
    pub(super) language: Language,
    pub(super) title: &'a str,
    /// Which of the places in the navigation it is.
    pub(super) place: Option<Place>,
    /// Who is logged in.
    pub(super) citizen: Option<&'a Citizen>,
}

/// The places in the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Home,
    Dossier,
    Account,
}

pub(super) fn document(here: &Here<'_>, main: &Markup) -> String {
    let read = |text: Text| text.read(here.language);
    let name_of_portal = Text("Cổng Dịch vụ công", "Public Service Portal");
    let name_of_province = Text("Tỉnh Mẫu", "Sample Province");
    let note = Text(
        "Trang minh họa của thư viện vneid-auth. Không phải cổng dịch vụ công thật.",
        "A demonstration of the vneid-auth library. Not a real public service portal.",
    );
    let account = here.citizen.map_or_else(|| read(Text("Tài khoản", "Account")).to_owned(), name);
    let links = [
        ("/", Place::Home, read(Text("Trang chủ", "Home"))),
        ("/ho-so", Place::Dossier, read(Text("Nộp hồ sơ", "Submit a dossier"))),
        ("/tai-khoan", Place::Account, account.as_str()),
    ];
    html! {
        (DOCTYPE)
        html lang=(here.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (here.title) " · " (read(name_of_portal)) " " (read(name_of_province)) }
                link rel="stylesheet" href=(STYLE_PATH);
                link rel="icon" href="data:,";
            }
            body data-citizen=[here.citizen.map(|_| "1")] {
                a.skip href="#noi-dung" { (read(Text("Đến nội dung chính", "Skip to content"))) }
                header.site {
                    div.bar {
                        a.brand href="/" {
                            span.mark aria-hidden="true" { "★" }
                            span { (read(name_of_portal)) " " span.province { (read(name_of_province)) } }
                        }
                        nav aria-label=(read(Text("Điều hướng chính", "Main navigation"))) {
                            @for (href, place, text) in links {
                                a href=(href) aria-current=[(here.place == Some(place)).then_some("page")] { (text) }
                            }
                        }
                    }
                }
                main.wide[here.place == Some(Place::Home)] id="noi-dung" { (main) }
                footer.site { p { (read(note)) } }
                @if here.citizen.is_some() { script src=(KIOSK_SCRIPT_PATH) defer {} }
            }
        }
    }
    .into_string()
}
