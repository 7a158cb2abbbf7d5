//! The one-time codes' routes: ask for one, type it, ask for another, send it elsewhere. Each step is a form, too.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Serialize;

use super::answer::Answer;
use super::fields::Fields;
use super::otp_pages::{self, CodePage, StartPage};
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::{Asked, By, Citizen, Inner, Passed, Purpose, Waiting};
use crate::secret::Secret;

/// A step.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// `/otp`
    Start,
    /// `/otp/{id}/verify`
    Verify(&'a str),
    /// `/otp/{id}/resend`
    Resend(&'a str),
    /// `/otp/{id}/phone`
    Phone(&'a str),
}

impl<'a> Step<'a> {
    /// The step at this path below the prefix.
    pub(super) fn find(rest: &'a str) -> Option<Self> {
        let rest = rest.strip_prefix("/otp")?;
        if rest.is_empty() {
            return Some(Self::Start);
        }
        let (id, step) = rest.strip_prefix('/')?.split_once('/')?;
        match step {
            _ if id.is_empty() => None,
            "verify" => Some(Self::Verify(id)),
            "resend" => Some(Self::Resend(id)),
            "phone" => Some(Self::Phone(id)),
            _ => None,
        }
    }
}

/// A challenge that waits for its code (contract.md §1).
#[derive(Serialize)]
struct WaitingAnswer<'a> {
    id: &'a str,
    masked_phone: &'a str,
    expires_in: u64,
    resend_in: u64,
    attempts_left: u8,
}

#[derive(Serialize)]
struct PassedAnswer<'a> {
    return_to: &'a str,
}

impl Inner {
    pub(super) async fn serve_otp(&self, incoming: &Incoming<'_>, body: &Bytes, step: Step<'_>) -> Result<Answer> {
        let posts = incoming.parts.method == Method::POST;
        let fields = if posts { Fields::read(incoming.parts, body)? } else { Fields::default() };
        let mut purpose = None;
        if let (true, Step::Start) = (posts, step) {
            let read = Purpose::read(&fields.needed("purpose")?);
            purpose = Some(read.ok_or_else(|| Error::new(Code::FieldInvalid, "no code has this purpose"))?);
            if purpose == Some(Purpose::Recover) {
                // Without accounts that have a password there is nobody whose phone it could be; nothing is looked up, so
                // the answer and its time say nothing of anybody.
                fields.needed("phone_id")?;
                return Err(Error::new(Code::PhoneNotFound, "there are no accounts with a password"));
            }
        }
        let session = incoming.cookies.session();
        let citizen = self.citizen_of(incoming).await?;
        let (Some(citizen), Some(session)) = (citizen, session) else {
            return Ok(self.log_in_first(incoming, self.after_login(incoming, step).as_deref()));
        };
        let bucket = incoming.bucket();
        let by = By { citizen: &citizen, session: &session, bucket: &bucket, client: &incoming.client };
        match (step, posts) {
            (Step::Start, false) => self.start_page(incoming, &by).await,
            (Step::Start, true) => self.ask(incoming, &by, purpose.unwrap_or(Purpose::StepUp), &fields).await,
            (Step::Verify(id) | Step::Resend(id), false) => self.code_page(incoming, &by, id, None).await,
            (Step::Phone(id), false) => self.other_phone_page(incoming, &by, id, None).await,
            (Step::Verify(id), true) => self.verify(incoming, &by, id, &fields).await,
            (Step::Resend(id), true) => self.again(incoming, &by, id, None).await,
            (Step::Phone(id), true) => self.again(incoming, &by, id, Some(&fields.needed("phone_id")?)).await,
        }
    }

    /// The page that asks for a code can be come back to; a challenge is another session's after a login.
    fn after_login(&self, incoming: &Incoming<'_>, step: Step<'_>) -> Option<String> {
        let page = matches!(step, Step::Start) && incoming.parts.method != Method::POST;
        let page = page.then(|| incoming.parts.uri.path_and_query()).flatten()?;
        self.fit(page.as_str())
    }

    async fn ask(&self, incoming: &Incoming<'_>, by: &By<'_>, purpose: Purpose, fields: &Fields) -> Result<Answer> {
        let phone_id = fields.needed("phone_id")?;
        let return_to = fields.text("return_to")?.and_then(|path| self.fit(&path));
        let asked = Asked { purpose, phone_id: &phone_id, return_to: return_to.clone() };
        match self.send_code(by, asked).await {
            Ok(waiting) => Ok(self.sent(incoming, &waiting, StatusCode::CREATED)),
            Err(error) if incoming.page && may_try_again(error.code()) => {
                self.show_start(incoming, by.citizen, purpose, return_to, Some(&error)).await
            }
            Err(error) => Err(error),
        }
    }

    async fn verify(&self, incoming: &Incoming<'_>, by: &By<'_>, id: &str, fields: &Fields) -> Result<Answer> {
        let id = challenge_id(id)?;
        // Spaces are how people read a code to each other.
        let code = fields.needed("code").map(|code| code.split_whitespace().collect::<String>());
        let passed = match code {
            Ok(code) => self.check_code(by, &id, &Secret::new(code)).await,
            Err(error) => Err(error),
        };
        match passed {
            Ok(passed) => Ok(self.passed(incoming, &passed)),
            Err(error) if incoming.page && may_try_again(error.code()) => {
                self.code_page(incoming, by, id.expose(), Some(error)).await
            }
            Err(error) => Err(error),
        }
    }

    fn passed(&self, incoming: &Incoming<'_>, passed: &Passed) -> Answer {
        let usual = match passed.purpose {
            Purpose::VerifyPhone => format!("{}/phones", self.site.prefix),
            Purpose::StepUp | Purpose::Recover => self.site.default_page.clone(),
        };
        let return_to = passed.return_to.as_deref().unwrap_or(&usual);
        let answer = if incoming.page {
            Answer::see_other(return_to)
        } else {
            Answer::json(StatusCode::OK, &PassedAnswer { return_to })
        };
        answer.cookies(passed.session.iter().map(|session| self.site.cookies.set_session(session)))
    }

    /// Another code, to the same phone or another.
    async fn again(&self, incoming: &Incoming<'_>, by: &By<'_>, id: &str, phone_id: Option<&str>) -> Result<Answer> {
        let id = challenge_id(id)?;
        match self.resend_code(by, &id, phone_id).await {
            Ok(waiting) => Ok(self.sent(incoming, &waiting, StatusCode::OK)),
            Err(error) if incoming.page && may_try_again(error.code()) => match phone_id {
                Some(_) => self.other_phone_page(incoming, by, id.expose(), Some(error)).await,
                None => self.code_page(incoming, by, id.expose(), Some(error)).await,
            },
            Err(error) => Err(error),
        }
    }

    fn sent(&self, incoming: &Incoming<'_>, waiting: &Waiting, status: StatusCode) -> Answer {
        if incoming.page {
            return Answer::see_other(&format!("{}/otp/{}/verify", self.site.prefix, waiting.id));
        }
        let Waiting { id, masked_phone, expires_in, resend_in, attempts_left, .. } = waiting;
        let (expires_in, resend_in, attempts_left) = (*expires_in, *resend_in, *attempts_left);
        Answer::json(status, &WaitingAnswer { id, masked_phone, expires_in, resend_in, attempts_left })
    }

    /// `GET /auth/otp?purpose=…&return_to=…`: which phone the code is to go to.
    async fn start_page(&self, incoming: &Incoming<'_>, by: &By<'_>) -> Result<Answer> {
        let purpose = match incoming.query("purpose").as_deref().map(Purpose::read) {
            None => Purpose::StepUp,
            Some(Some(purpose)) if purpose != Purpose::Recover => purpose,
            Some(_) => return Err(Error::new(Code::FieldInvalid, "no code of a page has this purpose")),
        };
        let return_to = incoming.query("return_to").and_then(|path| self.fit(&path));
        self.show_start(incoming, by.citizen, purpose, return_to, None).await
    }

    async fn show_start(
        &self,
        incoming: &Incoming<'_>,
        citizen: &Citizen,
        purpose: Purpose,
        return_to: Option<String>,
        error: Option<&Error>,
    ) -> Result<Answer> {
        let phones = self.phones_for(citizen, purpose).await?;
        let log_in = self.site.login_path(return_to.as_deref(), None, true);
        if phones.is_empty() && purpose == Purpose::StepUp {
            return Ok(Answer::see_other(&log_in));
        }
        let page = otp_pages::start_page(&StartPage {
            language: incoming.language,
            prefix: &self.site.prefix,
            purpose,
            phones: &phones,
            return_to: return_to.as_deref(),
            problem: error.map(|error| error.code().text(incoming.language).1),
            log_in: &log_in,
            home: &self.site.default_page,
        });
        Ok(match error {
            Some(error) => Answer::page_again(self, incoming, error, page),
            None => Answer::page(self, incoming, StatusCode::OK, page.0, &page.1.into_string()),
        })
    }

    /// The page that takes the code.
    async fn code_page(&self, incoming: &Incoming<'_>, by: &By<'_>, id: &str, error: Option<Error>) -> Result<Answer> {
        self.waiting_page(incoming, by, id, error, false).await
    }

    /// "Chọn phương thức xác thực khác".
    async fn other_phone_page(
        &self,
        incoming: &Incoming<'_>,
        by: &By<'_>,
        id: &str,
        error: Option<Error>,
    ) -> Result<Answer> {
        self.waiting_page(incoming, by, id, error, true).await
    }

    async fn waiting_page(
        &self,
        incoming: &Incoming<'_>,
        by: &By<'_>,
        id: &str,
        error: Option<Error>,
        choose: bool,
    ) -> Result<Answer> {
        let id = challenge_id(id)?;
        let waiting = match (self.look_at_code(by, &id).await, error.as_ref()) {
            (Ok(waiting), _) => waiting,
            // What is over has no page; the step's own answer says why.
            (Err(_), Some(_)) => return Err(error.unwrap_or_else(|| Code::OtpNotFound.into())),
            (Err(over), None) => return Err(over),
        };
        let page = CodePage {
            language: incoming.language,
            prefix: &self.site.prefix,
            phones: &self.phones_for(by.citizen, waiting.purpose).await?,
            waiting: &waiting,
            problem: error.as_ref().map(|error| error.code().text(incoming.language).1),
            log_in: &self.site.login_path(waiting.return_to.as_deref(), None, true),
        };
        let page = if choose { otp_pages::other_phone_page(&page) } else { otp_pages::code_page(&page) };
        Ok(match error {
            Some(error) => Answer::page_again(self, incoming, &error, page),
            None => Answer::page(self, incoming, StatusCode::OK, page.0, &page.1.into_string()),
        })
    }
}

/// Ids are what [`crate::random::token`] makes; nothing else is asked of the store.
fn challenge_id(id: &str) -> Result<Secret> {
    let fits = id.len() == 43 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if fits { Ok(Secret::from(id)) } else { Err(Error::new(Code::OtpNotFound, "no id of ours")) }
}

/// What the page can say beside its form.
fn may_try_again(code: Code) -> bool {
    matches!(
        code,
        Code::FieldInvalid
            | Code::PhoneNotFound
            | Code::OtpIncorrect { .. }
            | Code::OtpExpired
            | Code::OtpLocked
            | Code::OtpResendTooSoon
            | Code::OtpResendLimit
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_paths_are_steps() {
        for path in ["/otp", "/otp/ab/verify", "/otp/ab/resend", "/otp/ab/phone"] {
            assert!(Step::find(path).is_some(), "{path}");
        }
        for path in ["/otp/", "/otpx", "/otp/ab", "/otp//verify", "/otp/ab/verify/", "/otp/ab/x", "/otp/a/b/verify"] {
            assert!(Step::find(path).is_none(), "{path}");
        }
    }
}
