//! The phones' routes: which there are, one more, one less.

use bytes::Bytes;
use http::{Method, StatusCode};

use super::answer::Answer;
use super::fields::Fields;
use super::otp_pages::{PhonesPage, phones_page};
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::{Citizen, Inner};

/// A phones' route.
#[derive(Clone, Copy)]
pub(super) enum Route<'a> {
    /// `/phones`
    All,
    /// `/phones/{id}`
    One(&'a str),
    /// `/phones/{id}/remove`, for forms, which know no `DELETE`.
    Remove(&'a str),
}

impl<'a> Route<'a> {
    /// The route at this path below the prefix.
    pub(super) fn find(rest: &'a str) -> Option<Self> {
        let mut segments = rest.strip_prefix("/phones")?.split('/');
        match (segments.next()?, segments.next(), segments.next(), segments.next()) {
            ("", None, ..) => Some(Self::All),
            ("", Some(id), None, _) if !id.is_empty() => Some(Self::One(id)),
            ("", Some(id), Some("remove"), None) if !id.is_empty() => Some(Self::Remove(id)),
            _ => None,
        }
    }

    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::All => "GET, HEAD, POST",
            Self::One(_) => "DELETE",
            Self::Remove(_) => "POST",
        }
    }
}

impl Inner {
    pub(super) async fn serve_phones(&self, incoming: &Incoming<'_>, body: &Bytes, route: Route<'_>) -> Result<Answer> {
        let page = format!("{}/phones", self.site.prefix);
        let Some(citizen) = self.citizen_of(incoming).await? else {
            return Ok(self.log_in_first(incoming, Some(&page)));
        };
        let changes = incoming.parts.method != Method::GET && incoming.parts.method != Method::HEAD;
        let fields = if changes { Fields::read(incoming.parts, body)? } else { Fields::default() };
        let return_to = fields.text("return_to")?.and_then(|path| self.fit(&path));
        let onward = return_to.unwrap_or_else(|| page.clone());
        match route {
            Route::All if !changes && incoming.page => self.show_phones(incoming, &citizen, "", None).await,
            Route::All if !changes => Ok(Answer::json(StatusCode::OK, &self.phones_of(&citizen).await?)),
            Route::All => self.one_more(incoming, &citizen, &fields, &onward).await,
            Route::One(id) | Route::Remove(id) => {
                self.remove_phone(&citizen, id, &incoming.client).await?;
                Ok(if incoming.page { Answer::see_other(&onward) } else { Answer::empty(StatusCode::NO_CONTENT) })
            }
        }
    }

    async fn one_more(
        &self,
        incoming: &Incoming<'_>,
        citizen: &Citizen,
        fields: &Fields,
        onward: &str,
    ) -> Result<Answer> {
        let page = format!("{}/phones", self.site.prefix);
        let typed = fields.text("phone")?.unwrap_or_default();
        match self.add_phone(citizen, &typed, &incoming.client).await {
            Ok(_) if incoming.page => Ok(Answer::see_other(onward)),
            Ok(phone) => Ok(Answer::json(StatusCode::CREATED, &phone)),
            Err(error) if incoming.page && error.code() == Code::StepUpRequired => {
                Ok(Answer::see_other(&self.prove_again(citizen, Some(&page)).await?))
            }
            Err(error) if incoming.page && error.code().status() == StatusCode::UNPROCESSABLE_ENTITY => {
                self.show_phones(incoming, citizen, &typed, Some(&error)).await
            }
            Err(error) => Err(error),
        }
    }

    async fn show_phones(
        &self,
        incoming: &Incoming<'_>,
        citizen: &Citizen,
        typed: &str,
        error: Option<&Error>,
    ) -> Result<Answer> {
        let phones = self.phones_of(citizen).await?;
        let page = phones_page(&PhonesPage {
            language: incoming.language,
            prefix: &self.site.prefix,
            phones: &phones,
            typed,
            problem: error.map(|error| error.code().text(incoming.language).1),
            may_add: self.may_add_phone(citizen),
            sends: self.sms.is_some(),
            home: &self.site.default_page,
        });
        Ok(match error {
            Some(error) => Answer::page_again(self, incoming, error, page),
            None => Answer::page(self, incoming, StatusCode::OK, page.0, &page.1.into_string()),
        })
    }

    /// Nobody is logged in: a browser logs in and comes back, a client is told.
    pub(super) fn log_in_first(&self, incoming: &Incoming<'_>, return_to: Option<&str>) -> Answer {
        if incoming.page && incoming.parts.method != Method::DELETE {
            return Answer::see_other(&self.site.login_path(return_to, None, false));
        }
        let error = Error::new(Code::NotLoggedIn, "no session of this cookie runs");
        Answer::problem(self, incoming, &error, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_paths_are_phones() {
        let methods = |path| Route::find(path).map(Route::methods);
        assert_eq!(methods("/phones"), Some("GET, HEAD, POST"));
        assert_eq!(methods("/phones/ab"), Some("DELETE"));
        assert_eq!(methods("/phones/ab/remove"), Some("POST"));
        for path in ["/phones/", "/phonesx", "/phones//remove", "/phones/ab/", "/phones/ab/remove/", "/phones/ab/x"] {
            assert_eq!(methods(path), None, "{path}");
        }
    }
}
