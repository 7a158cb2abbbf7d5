//! What the pages share.

use maud::{Markup, html};
use vneid_auth::error::Language;
use vneid_auth::portal::Citizen;

/// A text in both languages.
#[derive(Clone, Copy)]
pub(super) struct Text(pub(super) &'static str, pub(super) &'static str);

impl Text {
    pub(super) fn read(self, language: Language) -> &'static str {
        match language {
            Language::English => self.1,
            Language::Vietnamese => self.0,
        }
    }
}

/// The name that the page greets; a citizen whose provider sent none is greeted by their account.
pub(super) fn name(citizen: &Citizen) -> String {
    match &citizen.profile().full_name {
        Some(name) => name.expose().to_owned(),
        None => citizen.account().as_str().to_owned(),
    }
}

/// The button that logs out: a form, so that no link, picture or prefetch can do it.
pub(super) fn log_out(language: Language) -> Markup {
    html! {
        form method="post" action="/auth/logout" {
            button.button.second type="submit" { (Text("Đăng xuất", "Log out").read(language)) }
        }
    }
}
