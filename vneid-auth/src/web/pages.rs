//! The library's own pages: choosing a provider, and what went wrong.

use maud::{Markup, html};

use crate::error::{Code, Language};

/// One way to log in, as the chooser shows it.
pub(crate) struct Choice<'a> {
    pub(crate) label: &'a str,
    pub(crate) href: String,
}

/// The page to choose a provider: a title and its content.
pub(crate) fn chooser(language: Language, choices: &[Choice<'_>]) -> (&'static str, Markup) {
    let (title, lead, none) = match language {
        Language::Vietnamese => (
            "Đăng nhập",
            "Chọn tài khoản để đăng nhập. Bạn sẽ được chuyển đến trang của hệ thống định danh rồi quay lại đây.",
            "Hiện không có cách đăng nhập nào.",
        ),
        Language::English => (
            "Log in",
            "Choose the account to log in with. You will be taken to the identity provider's page and back.",
            "There is no way to log in at the moment.",
        ),
    };
    let main = html! {
        div.card {
            h1 { (title) }
            p { (lead) }
            @for (at, choice) in choices.iter().enumerate() {
                a.button.second[at > 0] href=(choice.href) { (choice.label) }
            }
            @if choices.is_empty() { p { (none) } }
        }
    };
    (title, main)
}

/// How to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// The same way.
    Same,
    /// As somebody else: at a shared computer the provider may still know the last person.
    Other,
}

impl Again {
    /// What can help after this error.
    pub(crate) fn of(code: Code) -> Option<Self> {
        match code {
            Code::LevelTooLow(_) | Code::AccountRefused => Some(Self::Other),
            // A code that was asked for too often is waited for; another login would not bring it.
            Code::OtpIncorrect { .. } | Code::OtpResendTooSoon => None,
            code => code.retry_helps().then_some(Self::Same),
        }
    }

    /// Whether the provider must ask anew.
    pub(crate) fn is_fresh(self) -> bool {
        self == Self::Other
    }

    fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Same, Language::Vietnamese) => "Đăng nhập lại",
            (Self::Same, Language::English) => "Log in again",
            (Self::Other, Language::Vietnamese) => "Đăng nhập bằng tài khoản khác",
            (Self::Other, Language::English) => "Log in with another account",
        }
    }
}

/// What an error page offers.
pub(crate) struct WayBack<'a> {
    /// To try again, where that can help: how, and where.
    pub(crate) again: Option<(Again, String)>,
    /// The portal's own page.
    pub(crate) home: &'a str,
}

/// The page that says what went wrong: a title and its content.
pub(crate) fn problem(code: Code, language: Language, trace_id: &str, way: &WayBack<'_>) -> (String, Markup) {
    let (title, detail) = code.text(language);
    let (home, reference) = match language {
        Language::Vietnamese => ("Về trang chủ", "Mã tra cứu khi cần hỗ trợ:"),
        Language::English => ("To the home page", "Reference, if you need help:"),
    };
    let main = html! {
        div.card {
            h1 { (title) }
            p { (detail) }
            @if let Some((again, href)) = &way.again { a.button href=(href) { (again.words(language)) } }
            a.button.second href=(way.home) { (home) }
            p.muted { (reference) " " span.code { (trace_id) } }
        }
    };
    (title, main)
}
