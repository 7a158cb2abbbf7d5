//! The CCCD number's routes: where it stands, link it, skip it, remove it.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Serialize;

use super::answer::Answer;
use super::citizen_id_page::{CitizenIdPage, Filled, citizen_id_page};
use super::fields::Fields;
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::flow::linking::Linking;
use crate::identity::{BirthDate, Strength};
use crate::portal::{Citizen, Inner, TypedNumber};
use crate::secret::Secret;

/// A route of the number's.
#[derive(Clone, Copy)]
pub(super) enum Route {
    /// `/citizen-id`
    Itself,
    /// `/citizen-id/skip`
    Skip,
    /// `/citizen-id/remove`, for forms, which know no `DELETE`.
    Remove,
    /// `/profile/refresh`: "Cập nhật từ CSDL Quốc gia về Dân cư".
    Refresh,
}

impl Route {
    /// The route at this path below the prefix.
    pub(super) fn find(rest: &str) -> Option<Self> {
        match rest {
            "/citizen-id" => Some(Self::Itself),
            "/citizen-id/skip" => Some(Self::Skip),
            "/citizen-id/remove" => Some(Self::Remove),
            "/profile/refresh" => Some(Self::Refresh),
            _ => None,
        }
    }

    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Itself => "GET, HEAD, POST, DELETE",
            Self::Skip | Self::Remove | Self::Refresh => "POST",
        }
    }
}

/// `GET /auth/citizen-id` (contract.md §1).
#[derive(Serialize)]
struct Standing {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strength: Option<Strength>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citizen_id: Option<String>,
}

/// Who asks, and in which session.
struct Asking<'a> {
    citizen: &'a Citizen,
    session: &'a Secret,
    return_to: Option<String>,
}

impl Inner {
    pub(super) async fn serve_citizen_id(&self, incoming: &Incoming<'_>, body: &Bytes, route: Route) -> Result<Answer> {
        let method = &incoming.parts.method;
        let posts = *method == Method::POST;
        let fields = if posts { Fields::read(incoming.parts, body)? } else { Fields::default() };
        let wanted = if posts { fields.text("return_to")? } else { incoming.query("return_to") };
        let return_to = wanted.and_then(|path| self.fit(&path));
        let citizen = self.citizen_of(incoming).await?;
        let (Some(citizen), Some(session)) = (citizen, incoming.cookies.session()) else {
            let page = self.site.citizen_id_path(return_to.as_deref());
            return Ok(self.log_in_first(incoming, Some(&page)));
        };
        let asking = Asking { citizen: &citizen, session: &session, return_to };
        match route {
            Route::Itself if *method == Method::DELETE => self.remove_number(incoming, &asking).await,
            Route::Remove => self.remove_number(incoming, &asking).await,
            Route::Skip => self.skip(incoming, &asking).await,
            Route::Itself | Route::Refresh if posts => self.link_number(incoming, &asking, &fields).await,
            Route::Itself | Route::Refresh => self.where_it_stands(incoming, &asking).await,
        }
    }

    async fn where_it_stands(&self, incoming: &Incoming<'_>, asking: &Asking<'_>) -> Result<Answer> {
        let (linking, number) = self.linking(asking.citizen).await?;
        if incoming.page {
            return match (linking, &asking.return_to) {
                // Nothing is left to ask; who came for a page goes on to it.
                (Linking::Linked(_), Some(return_to)) => Ok(Answer::see_other(return_to)),
                _ => Ok(self.show_citizen_id(incoming, asking, linking, &Filled::default(), None)),
            };
        }
        let status = match linking {
            Linking::Linked(_) => "linked",
            Linking::Skipped => "skipped",
            _ => "required",
        };
        let strength = number.as_ref().map(|linked| linked.strength);
        let citizen_id = number.map(|linked| linked.number.masked());
        Ok(Answer::json(StatusCode::OK, &Standing { status, strength, citizen_id }))
    }

    async fn link_number(&self, incoming: &Incoming<'_>, asking: &Asking<'_>, fields: &Fields) -> Result<Answer> {
        let filled = Filled {
            citizen_id: fields.text("citizen_id")?.unwrap_or_default(),
            full_name: fields.text("full_name")?.unwrap_or_default(),
            date_of_birth: fields.text("date_of_birth")?.unwrap_or_default(),
        };
        let consents = matches!(fields.text("consent")?.as_deref(), Some("true" | "on" | "1"));
        let linked = match read(&filled, consents) {
            Ok(typed) => self.link_citizen_id(asking.citizen, asking.session, typed, &incoming.client).await,
            Err(error) => Err(error),
        };
        match linked {
            Ok(linked) => {
                let answer = if incoming.page {
                    Answer::see_other(asking.return_to.as_deref().unwrap_or(&self.site.default_page))
                } else {
                    let citizen_id = Some(linked.citizen_id.masked());
                    Answer::json(
                        StatusCode::OK,
                        &Standing { status: "linked", strength: Some(Strength::Matched), citizen_id },
                    )
                };
                Ok(answer.cookies([self.site.cookies.set_session(&linked.session)]))
            }
            Err(error) if incoming.page && may_try_again(error.code()) => {
                let (linking, _) = self.linking(asking.citizen).await?;
                Ok(self.show_citizen_id(incoming, asking, linking, &filled, Some(&error)))
            }
            Err(error) => Err(error),
        }
    }

    async fn skip(&self, incoming: &Incoming<'_>, asking: &Asking<'_>) -> Result<Answer> {
        match self.skip_citizen_id(asking.citizen, asking.session).await {
            Ok(()) if incoming.page => {
                Ok(Answer::see_other(asking.return_to.as_deref().unwrap_or(&self.site.default_page)))
            }
            Ok(()) => {
                Ok(Answer::json(StatusCode::OK, &Standing { status: "skipped", strength: None, citizen_id: None }))
            }
            Err(error) if incoming.page && error.code() == Code::CitizenIdRequired => {
                let (linking, _) = self.linking(asking.citizen).await?;
                Ok(self.show_citizen_id(incoming, asking, linking, &Filled::default(), Some(&error)))
            }
            Err(error) => Err(error),
        }
    }

    async fn remove_number(&self, incoming: &Incoming<'_>, asking: &Asking<'_>) -> Result<Answer> {
        let page = format!("{}/account", self.site.prefix);
        match self.unlink_citizen_id(asking.citizen, asking.session, &incoming.client).await {
            Ok(session) => {
                let answer = if incoming.page && incoming.parts.method == Method::POST {
                    Answer::see_other(asking.return_to.as_deref().unwrap_or(&page))
                } else {
                    Answer::empty(StatusCode::NO_CONTENT)
                };
                Ok(answer.cookies([self.site.cookies.set_session(&session)]))
            }
            Err(error) if incoming.page && error.code() == Code::StepUpRequired => {
                Ok(Answer::see_other(&self.prove_again(asking.citizen, Some(&page)).await?))
            }
            Err(error) => Err(error),
        }
    }

    fn show_citizen_id(
        &self,
        incoming: &Incoming<'_>,
        asking: &Asking<'_>,
        linking: Linking,
        filled: &Filled,
        error: Option<&Error>,
    ) -> Answer {
        let page = citizen_id_page(&CitizenIdPage {
            language: incoming.language,
            prefix: &self.site.prefix,
            host: self.site.host(),
            filled,
            profile: asking.citizen.profile(),
            strength: linking.strength(),
            demanded: linking.is_demanded(),
            may_skip: self.policy.may_skip_citizen_id && !linking.is_demanded(),
            can_match: self.registry.is_some(),
            return_to: asking.return_to.as_deref(),
            problem: error.map(|error| (error.code(), error.code().text(incoming.language).1)),
            log_in: &self.site.login_path(asking.return_to.as_deref(), None, true),
            home: &self.site.default_page,
        });
        self.paged(incoming, page, error)
    }
}

/// What was typed, as what it means.
fn read(filled: &Filled, consents: bool) -> Result<TypedNumber> {
    let digits: String = filled.citizen_id.chars().filter(|c| !c.is_whitespace() && *c != '.').collect();
    let malformed = || Error::new(Code::CitizenIdMalformed, "what was typed has not twelve digits");
    let citizen_id = digits.parse().map_err(|_| malformed())?;
    if !consents {
        return Err(Error::new(Code::ConsentRequired, "the consent is absent"));
    }
    let invalid = |name| Error::new(Code::FieldInvalid, format!("{name} cannot be read"));
    let full_name = filled.full_name.parse().map_err(|_| invalid("full_name"))?;
    Ok(TypedNumber { citizen_id, full_name, date_of_birth: birth_date(filled.date_of_birth.trim())? })
}

/// A birth date as people type it: `31/01/1999`, `1999-01-31` or `1999`. Eight digits in a row could be read both ways
/// (domain.md §3.4), so they are not read at all.
fn birth_date(text: &str) -> Result<BirthDate> {
    let invalid = || Error::new(Code::FieldInvalid, "date_of_birth cannot be read");
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid());
    }
    BirthDate::from_wire(text).map_err(|_| invalid())
}

/// What the page can say beside its form.
fn may_try_again(code: Code) -> bool {
    matches!(
        code,
        Code::CitizenIdMalformed
            | Code::ConsentRequired
            | Code::FieldInvalid
            | Code::CitizenNotMatched
            | Code::CitizenIdTaken
            | Code::CitizenIdLinked
            | Code::RegistryUnavailable
            | Code::TooManyAttempts
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birth_date_that_can_be_read_two_ways_is_read_in_none() {
        for text in ["20121220", "12202012", "31011999"] {
            assert_eq!(birth_date(text).err().map(|error| error.code()), Some(Code::FieldInvalid), "{text}");
        }
        for (text, iso) in [("20/12/2012", "2012-12-20"), ("2012-12-20", "2012-12-20"), ("2012", "2012")] {
            assert_eq!(birth_date(text).unwrap().to_iso(), iso);
        }
    }
}
