//! `GET /auth/session`: who is logged in.

use http::StatusCode;

use super::answer::Answer;
use super::request::Incoming;
use crate::error::{Code, Error, Result};
use crate::portal::{Inner, Look};

impl Inner {
    /// Answers who is logged in, without prolonging the session.
    pub(super) async fn who(&self, incoming: &Incoming<'_>) -> Result<Answer> {
        let citizen = match incoming.cookies.session() {
            Some(id) => self.citizen(&id, Look::Peek, &incoming.client).await?,
            None => None,
        };
        match citizen {
            Some(citizen) => Ok(Answer::json(StatusCode::OK, &citizen.to_json())),
            None => {
                let error = Error::new(Code::NotLoggedIn, "no session of this cookie runs");
                let dead = incoming.cookies.has_session().then(|| self.site.cookies.expire_session());
                Ok(Answer::problem(self, incoming, &error, None).cookies(dead))
            }
        }
    }
}
