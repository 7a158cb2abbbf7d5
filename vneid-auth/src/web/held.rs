//! Held forms: the page that offers one again, and what marks one in an address.

use http::request::Parts;
use http::{Method, StatusCode};
use serde::Serialize;

use super::answer::Answer;
use super::cookies::is_held_id;
use super::held_pages::{self, HeldPage};
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::{Citizen, HeldAt, HeldForm, HeldRecord, Inner, Portal, Unheld};

/// What marks a held form, in the query of where it is sent and of the portal's page that offers it.
const MARK: &str = "held_form=";

/// What is done with one held form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// `GET` shows it, `DELETE` drops it.
    Itself(&'a str),
    Remove(&'a str),
}

impl<'a> Step<'a> {
    /// The step at this path below the prefix.
    pub(super) fn find(rest: &'a str) -> Option<Self> {
        let rest = rest.strip_prefix("/held/")?;
        match rest.split_once('/') {
            None => is_held_id(rest).then_some(Self::Itself(rest)),
            Some((id, "remove")) => is_held_id(id).then_some(Self::Remove(id)),
            Some(_) => None,
        }
    }

    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Itself(_) => "GET, HEAD, DELETE",
            Self::Remove(_) => "POST",
        }
    }
}

#[derive(Serialize)]
struct HeldAnswer<'a> {
    action: &'a str,
    fields: Vec<Field>,
    expires_in: u64,
}

#[derive(Serialize)]
struct Field {
    name: String,
    value: String,
}

impl Portal {
    /// The form that this page of the portal's own is to offer again, if the address names one (`?held_form=…`) and it
    /// waits for this citizen in this browser. For the page that
    /// [`Requirement::form_page`](crate::portal::Requirement::form_page) names.
    ///
    /// # Errors
    /// When the store is down.
    pub async fn held_form(&self, parts: &Parts, citizen: &Citizen) -> Result<Option<HeldForm>> {
        let portal = self.inner();
        let incoming = Incoming::new(portal, parts, None);
        let named = parts.uri.path_and_query().and_then(|path| marked(path.as_str()));
        let Some(at) = named.and_then(|(_, id)| incoming.cookies.held(id)) else { return Ok(None) };
        match portal.open_form(&at, citizen.account()).await {
            Ok(record) => Ok(Some(portal.offered(&at, record))),
            Err(Unheld::Error(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

impl Inner {
    pub(super) async fn serve_held(&self, incoming: &Incoming<'_>, step: Step<'_>) -> Result<Answer> {
        let (Step::Itself(id) | Step::Remove(id)) = step;
        let Some(at) = incoming.cookies.held(id) else { return Ok(self.not_had(incoming, Unheld::Gone)) };
        let answer = match (step, &incoming.parts.method) {
            (Step::Itself(_), &Method::GET) => self.show_held(incoming, &at).await,
            _ => self.remove_held(incoming, &at).await,
        };
        match answer {
            Err(Unheld::Error(error)) => Err(error),
            Err(unheld) => Ok(self.not_had(incoming, unheld)),
            Ok(answer) => Ok(answer),
        }
    }

    /// The page that offers the form again, once its citizen has what the page that it is for demands.
    async fn show_held(&self, incoming: &Incoming<'_>, at: &HeldAt) -> Result<Answer, Unheld> {
        let back = self.held_path(&at.id);
        let record = self.look_at_form(at).await?;
        let citizen = self.citizen_of(incoming).await?;
        let missing = match &citizen {
            None => Some(Error::new(Code::NotLoggedIn, "no session of this cookie runs")),
            Some(citizen) => {
                // Whose it is comes first: another account is told nothing of it, not even what it needs.
                self.open_form(at, citizen.account()).await?;
                self.admit(citizen, &record.requirement).await.err()
            }
        };
        if let Some(error) = missing {
            let way = self.way_in(incoming, error.code(), citizen.as_ref(), &record.requirement, Some(&back)).await?;
            return match way.filter(|_| incoming.page) {
                Some(way) => Ok(Answer::see_other(&way)),
                None => Err(Unheld::Error(error)),
            };
        }
        if let Some(page) = record.page.as_deref().filter(|_| incoming.page) {
            return Ok(Answer::see_other(&with_mark(page, &at.id)));
        }
        Ok(self.held_answer(incoming, &self.offered(at, record)))
    }

    fn held_answer(&self, incoming: &Incoming<'_>, form: &HeldForm) -> Answer {
        let left = form.expires_at().since(self.now());
        let fields = form.fields();
        if !incoming.page {
            let fields = fields.into_iter().map(|(name, value)| Field { name, value }).collect();
            let answer = HeldAnswer { action: form.action(), fields, expires_in: left.as_secs() };
            return Answer::json(StatusCode::OK, &answer);
        }
        let page = HeldPage {
            language: incoming.language,
            action: form.action(),
            remove: form.remove_path(),
            path: &form.record.path,
            fields: &fields,
            left,
        };
        let (title, main) = held_pages::offer(&page);
        Answer::page(self, incoming, StatusCode::OK, title, &main.into_string())
    }

    /// "Bỏ".
    async fn remove_held(&self, incoming: &Incoming<'_>, at: &HeldAt) -> Result<Answer, Unheld> {
        let record = match (self.look_at_form(at).await, self.citizen_of(incoming).await?) {
            // Only its own account drops what has one; of nobody's form nobody need be logged in.
            (Ok(_), Some(citizen)) => Some(self.open_form(at, citizen.account()).await?),
            (Ok(record), None) if record.is_nobodys() => Some(record),
            (Ok(_), None) => return Err(Unheld::NotYours),
            (Err(Unheld::Gone), _) => None,
            (Err(unheld), _) => return Err(unheld),
        };
        self.drop_form(at).await?;
        let answer = if incoming.page && incoming.parts.method == Method::POST {
            let page = record.and_then(|record| record.page);
            Answer::see_other(page.as_deref().unwrap_or(&self.site.default_page))
        } else {
            Answer::empty(StatusCode::NO_CONTENT)
        };
        Ok(answer.cookies([self.site.cookies.expire_held(&at.id)]))
    }

    /// What is told of a form that is not had.
    pub(super) fn not_had(&self, incoming: &Incoming<'_>, unheld: Unheld) -> Answer {
        let page = match &unheld {
            Unheld::Sent(page) => page.clone(),
            _ => None,
        };
        let error = Error::from(unheld);
        match page.filter(|_| incoming.page) {
            Some(page) => {
                let (title, main) = held_pages::sent(incoming.language, &page);
                Answer::page_again(self, incoming, &error, (&title, main))
            }
            None => Answer::problem(self, incoming, &error, None),
        }
    }

    pub(super) fn held_path(&self, id: &str) -> String {
        format!("{}/held/{id}", self.site.prefix)
    }

    fn offered(&self, at: &HeldAt, record: HeldRecord) -> HeldForm {
        let action = with_mark(&record.path, &at.id);
        HeldForm { action, remove: format!("{}/remove", self.held_path(&at.id)), record }
    }
}

/// A path without the mark, and the id that it names; `None` when it names none, or more than one.
pub(super) fn marked(path: &str) -> Option<(String, &str)> {
    let (path, query) = path.split_once('?')?;
    let mut ids = query.split('&').filter_map(|pair| pair.strip_prefix(MARK));
    let id = ids.next().filter(|id| is_held_id(id))?;
    if ids.next().is_some() {
        return None;
    }
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(MARK)).collect();
    Some((if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }, id))
}

fn with_mark(path: &str, id: &str) -> String {
    let (path, fragment) = path.split_once('#').map_or((path, String::new()), |(p, f)| (p, format!("#{f}")));
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{MARK}{id}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef";

    #[test]
    fn only_these_paths_are_held_forms() {
        assert_eq!(Step::find("/held/0123456789abcdef"), Some(Step::Itself(ID)));
        assert_eq!(Step::find("/held/0123456789abcdef/remove"), Some(Step::Remove(ID)));
        for path in ["/held", "/held/", "/held/0", "/held/0123456789ABCDEF", "/held/0123456789abcdef/", "/heldx/a"] {
            assert_eq!(Step::find(path), None, "{path}");
        }
    }

    #[test]
    fn the_mark_comes_and_goes_and_the_rest_stays_as_it_is() {
        for path in ["/ho-so", "/ho-so?a=b&c=%C3%A1+b", "/?x"] {
            let with = with_mark(path, ID);
            assert_eq!(marked(&with), Some((path.to_owned(), ID)), "{with}");
        }
        assert_eq!(with_mark("/ho-so#don", ID), "/ho-so?held_form=0123456789abcdef#don");
        assert_eq!(marked("/a?held_form=0123456789abcdef&b=c").map(|(path, _)| path).as_deref(), Some("/a?b=c"));
        for path in [
            "/a",
            "/a?held_form=",
            "/a?held_form=../x",
            "/a?xheld_form=0123456789abcdef",
            "/a?held_form=0123456789abcdef&held_form=0123456789abcdef",
        ] {
            assert_eq!(marked(path), None, "{path}");
        }
    }
}
