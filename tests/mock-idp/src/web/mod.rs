//! What every handler needs of HTTP: parameters, cookies, answers, the page's frame, languages, who asks.

mod answer;
mod caller;
mod cookies;
mod cors;
mod language;
mod page;
mod params;

pub(crate) use answer::{json, page, redirect, security_headers, with_cookie};
pub(crate) use caller::{Caller, is_own_form, looks_ahead};
pub(crate) use cookies::Cookies;
pub(crate) use cors::cors;
pub(crate) use language::{Speech, preferred, wants_html};
pub(crate) use page::{Page, form_source};
pub(crate) use params::{Malformed, Params};
