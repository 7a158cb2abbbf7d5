//! The frame of every page: a banner that says what this is, one column, and a script only where a page says so.

use maud::{DOCTYPE, Markup, html};
use url::Url;

use crate::web::Speech;

/// A page to be shown.
pub(crate) struct Page {
    /// Its language.
    pub(crate) speech: Speech,
    /// Its title; never a secret.
    pub(crate) title: &'static str,
    /// What stands in it.
    pub(crate) content: Markup,
    /// Where, beside ourselves, a form's redirects may lead: a source expression for `form-action`.
    pub(crate) form_target: Option<String>,
    /// A script of ours, by its path.
    pub(crate) script: Option<&'static str>,
}

impl Page {
    /// A page whose forms stay here.
    pub(crate) fn new(speech: Speech, title: &'static str, content: Markup) -> Self {
        Self { speech, title, content, form_target: None, script: None }
    }

    pub(crate) fn render(&self) -> Markup {
        let say = |vietnamese, english| self.speech.say(vietnamese, english);
        html! {
            (DOCTYPE)
            html lang=(self.speech.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) " – " (say("Định danh điện tử giả lập", "Mock electronic identity")) }
                    link rel="icon" href="/assets/mark.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/assets/mock.css";
                    @if let Some(script) = self.script { script src=(script) defer {} }
                }
                body {
                    a.skip href="#content" { (say("Đến nội dung chính", "Skip to content")) }
                    p.mock role="note" {
                        strong { (say("MÔI TRƯỜNG GIẢ LẬP", "MOCK ENVIRONMENT")) }
                        " – "
                        (say(
                            "không phải VNeID thật, mọi người ở đây đều là bịa đặt.",
                            "not the real VNeID, everybody here is invented.",
                        ))
                    }
                    header.top {
                        img src="/assets/mark.svg" alt="" width="40" height="40";
                        p {
                            strong { (say("Định danh và xác thực điện tử", "Electronic identification")) }
                            span { (say("Máy chủ giả lập để phát triển và kiểm thử", "A mock server for development and tests")) }
                        }
                    }
                    main #content { (self.content) }
                    footer {
                        a href="/" { (say("Về máy chủ giả lập này", "About this mock")) }
                        a href="/citizens" { (say("Công dân giả lập", "Invented citizens")) }
                        a href="/sms" { (say("Hộp thư SMS", "SMS inbox")) }
                    }
                }
            }
        }
    }
}

/// The `form-action` source that allows a redirect to this URI: its origin, or the scheme of an app.
pub(crate) fn form_source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let origin = url.origin();
    Some(if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) })
}
