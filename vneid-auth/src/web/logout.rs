//! The logout's routes.

use http::StatusCode;
use serde::Serialize;

use super::answer::Answer;
use super::request::Incoming;
use crate::error::Result;
use crate::portal::Inner;
use crate::secret::Secret;

#[derive(Serialize)]
struct RedirectTo<'a> {
    redirect_to: &'a str,
}

impl Inner {
    /// `POST /auth/logout`: ends the session here, then sends the browser to end it at the provider.
    pub(super) async fn end(&self, incoming: &Incoming<'_>) -> Result<Answer> {
        let (session, pending) = (incoming.cookies.session(), incoming.cookies.pending());
        let onward = self.log_out(session.as_ref(), pending.as_ref(), &incoming.client).await?;
        self.forget_forms(incoming).await;
        let answer = if wants_json(incoming) {
            Answer::json(StatusCode::OK, &RedirectTo { redirect_to: onward.expose() })
        } else {
            Answer::see_other(onward.expose())
        };
        Ok(answer.cookies(incoming.cookies.expire_all()))
    }

    /// `GET /auth/logged-out`: where a provider's logout comes back to.
    pub(super) async fn ended(&self, incoming: &Incoming<'_>) -> Result<Answer> {
        let state = incoming.query("state").map(Secret::new);
        let onward = self.logged_out(state.as_ref()).await?;
        Ok(Answer::see_other(onward.expose()))
    }
}

/// Only a client that asks for JSON gets the address as JSON; whatever follows redirects gets one.
fn wants_json(incoming: &Incoming<'_>) -> bool {
    let accept = incoming.parts.headers.get_all(http::header::ACCEPT);
    let named = accept.iter().any(|value| value.to_str().is_ok_and(|value| value.contains("application/json")));
    named && !incoming.page
}
