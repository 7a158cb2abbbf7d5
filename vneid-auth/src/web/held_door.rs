//! A form that is interrupted at a page's guard: kept there, let through once when it comes again.

use std::future::Future;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use url::form_urlencoded;

use super::answer::Answer;
use super::guard::Turned;
use super::held::marked;
use super::held_pages;
use super::request::{Incoming, is_form};
use crate::error::{Code, Error, Result};
use crate::portal::{Admitted, Citizen, Forms, HeldAt, Inner, Look, Requirement, SentForm, Typed, Unheld};
use crate::secret::Secret;

/// The greatest form that is held, as the browser sends it. A larger one is refused before the login, not after it.
pub const MAX_HELD_FORM: usize = 64 * 1024;

/// More fields than any form of a person has.
const MAX_FIELDS: usize = 1000;

impl Inner {
    /// Lets an admitted citizen through, and a held form with them once.
    pub(super) async fn let_in(
        &self,
        incoming: &Incoming<'_>,
        citizen: Citizen,
        requirement: &Requirement,
        body: Option<impl Future<Output = Bytes>>,
    ) -> Result<Admitted, Answer> {
        let named = incoming.parts.uri.path_and_query().and_then(|path| marked(path.as_str()));
        let (&Method::POST, Some(body), Some((path, id))) = (&incoming.parts.method, body, named) else {
            return Ok(Admitted { citizen, sent: None });
        };
        let gone = match incoming.cookies.held(id) {
            Some(at) => match self.take_form(&at, &path, &citizen).await {
                Ok(sent) => return Ok(Admitted { citizen, sent }),
                Err(Unheld::Gone) => Unheld::Gone,
                Err(unheld) => return Err(self.not_had(incoming, unheld)),
            },
            None => Unheld::Gone,
        };
        // A script still has what it sent.
        if !incoming.page {
            return Err(self.not_had(incoming, gone));
        }
        // Nobody can say any more whether it was sent. What is in it was not lost on the way here, so the citizen is
        // asked.
        let problem = |error: &Error| Answer::problem(self, incoming, error, None);
        match self.typed(incoming.parts, requirement, body).await {
            Ok(Some(typed)) => {
                let held = self.hold(incoming, None, &typed, Some(&citizen), requirement, None).await;
                Err(held.unwrap_or_else(|error| problem(&error)))
            }
            Ok(None) => Err(self.not_had(incoming, gone)),
            Err(error) => Err(problem(&error)),
        }
    }

    /// Takes the form that is sent to where it was meant for; a form of another path is not this one.
    async fn take_form(&self, at: &HeldAt, path: &str, citizen: &Citizen) -> Result<Option<SentForm>, Unheld> {
        let record = self.look_at_form(at).await?;
        if self.fit(path).as_ref() != Some(&record.path) {
            return Ok(None);
        }
        self.send_form(at, citizen.account()).await.map(Some)
    }

    /// Keeps the form of somebody who is turned away, and sends them to get what the page misses in them. `None` when
    /// there is no form to keep.
    pub(super) async fn interrupted(
        &self,
        incoming: &Incoming<'_>,
        turned: &Turned,
        requirement: &Requirement,
        body: impl Future<Output = Bytes>,
    ) -> Result<Option<Answer>> {
        let Some(typed) = self.typed(incoming.parts, requirement, body).await? else { return Ok(None) };
        let citizen = turned.citizen.as_ref();
        let named = incoming.parts.uri.path_and_query().and_then(|path| marked(path.as_str()));
        let known = named.and_then(|(_, id)| incoming.cookies.held(id));
        self.hold(incoming, known, &typed, citizen, requirement, Some(turned.error.code())).await.map(Some)
    }

    /// The form that a navigation brings, if it is one that can be held.
    ///
    /// # Errors
    /// `payload_too_large` and `malformed_request`, when it is one that cannot.
    async fn typed(
        &self,
        parts: &Parts,
        requirement: &Requirement,
        body: impl Future<Output = Bytes>,
    ) -> Result<Option<Typed>> {
        let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let is_ours = parts.method == Method::POST
            && essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            && requirement.forms != Forms::Forgotten;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let path = marked(path).map_or_else(|| path.to_owned(), |(path, _)| path);
        let Some(path) = self.fit(&path).filter(|_| is_ours) else { return Ok(None) };
        let too_large = || Error::new(Code::PayloadTooLarge, "the form is too large to be held");
        let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > MAX_HELD_FORM) {
            return Err(too_large());
        }
        let body = body.await;
        if body.len() > MAX_HELD_FORM || form_urlencoded::parse(&body).count() > MAX_FIELDS {
            return Err(too_large());
        }
        let fields = std::str::from_utf8(&body).ok().filter(|_| is_form(&body));
        let fields =
            fields.ok_or_else(|| Error::new(Code::MalformedRequest, "the form is not percent-encoded UTF-8"))?;
        Ok(Some(Typed { path, fields: Secret::from(fields) }))
    }

    /// Holds the form, at the place where it was held before if it was, and sends the citizen to where they get what is
    /// missing, or, when nothing is, to the form.
    async fn hold(
        &self,
        incoming: &Incoming<'_>,
        known: Option<HeldAt>,
        typed: &Typed,
        citizen: Option<&Citizen>,
        requirement: &Requirement,
        missing: Option<Code>,
    ) -> Result<Answer> {
        let (account, bucket) = (citizen.map(Citizen::account), incoming.bucket());
        let onward = async |at: &HeldAt| {
            let back = self.held_path(&at.id);
            match missing {
                Some(code) => {
                    self.way_in(incoming, code, citizen, requirement, Some(&back)).await.map(|way| way.unwrap_or(back))
                }
                None => Ok(back),
            }
        };
        let max_age = self.policy.held_form_lifetime.as_secs();
        let (place, oldest) = incoming.cookies.room_for_held(self.policy.held_forms, self.now());
        if let Some(at) = known {
            let to = onward(&at).await?;
            match self.hold_form_again(&at, typed, account, &bucket).await {
                Ok(()) => return Ok(Answer::see_other(&to).cookies([self.site.cookies.set_held(&at, place, max_age)])),
                Err(Unheld::Gone) => {}
                Err(unheld) => return Ok(self.not_had(incoming, unheld)),
            }
        }
        let at = self.place_for_form()?;
        let to = onward(&at).await?;
        let page = match requirement.forms {
            Forms::OfferedAt(page) => self.fit(page),
            Forms::Held | Forms::Forgotten => None,
        };
        self.hold_form(&at, typed, account, (requirement, page), &bucket).await?;
        let mut cookies = vec![self.site.cookies.set_held(&at, place, max_age)];
        for old in oldest {
            cookies.push(self.site.cookies.expire_held(&old.id));
            self.forget_form(&old).await;
        }
        Ok(Answer::see_other(&to).cookies(cookies))
    }

    /// The forms that this browser sent while nobody was logged in are those of whoever logs in now. To be called where a
    /// session begins; a store that fails here leaves them to whoever opens them first.
    pub(super) async fn claim_forms(&self, incoming: &Incoming<'_>, session: &Secret) {
        let held = incoming.cookies.all_held();
        if held.is_empty() {
            return;
        }
        let Ok(Some(citizen)) = self.citizen(session, Look::Peek, &incoming.client).await else { return };
        for at in held {
            if let Err(Unheld::Error(error)) = self.open_form(&at, citizen.account()).await {
                tracing::warn!("a held form has no owner yet: {error}");
            }
        }
    }

    /// Whoever logs out leaves nothing in this browser that the next person could find.
    pub(super) async fn forget_forms(&self, incoming: &Incoming<'_>) {
        for at in incoming.cookies.all_held() {
            self.forget_form(&at).await;
        }
    }

    /// Its cookie goes too, so that it is out of reach even where the store fails.
    async fn forget_form(&self, at: &HeldAt) {
        if let Err(error) = self.drop_form(at).await {
            tracing::warn!("a held form is left to expire: {error}");
        }
    }

    /// A form that was too large to be held: told before the login, while the browser still has it.
    pub(super) fn too_large_to_hold(&self, incoming: &Incoming<'_>, error: &Error, way: &str) -> Answer {
        if !incoming.page {
            return Answer::problem(self, incoming, error, None);
        }
        let (title, main) = held_pages::too_large(incoming.language, way);
        Answer::page_again(self, incoming, error, (&title, main))
    }
}
