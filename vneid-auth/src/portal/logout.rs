//! Drives a logout: here first, then wherever else the citizen is logged in.

use super::{Client, Inner};
use crate::error::{Code, Error, Result};
use crate::flow::logout::{Ahead, Effect, Event, Logout};
use crate::flow::session::Why;
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind};

impl Inner {
    /// Ends the session here and says where the browser goes next.
    pub(crate) async fn log_out(&self, session: Option<&Secret>, client: &Client) -> Result<Secret> {
        let ended = match session {
            Some(id) => self.end_session(id, Why::LoggedOut, client).await?,
            None => None,
        };
        let state = token(self.randomness.as_ref())?;
        let mut ahead = Ahead::default();
        if let Some(record) = ended
            && let Ok(provider) = self.provider(&record.identity.provider)
        {
            let back = self.site.url_of("/logged-out");
            ahead.provider = provider.end_session(record.id_token.as_ref(), &back, state.expose()).await;
        }
        self.go_on(&Logout::start(ahead), Event::Ended, &state).await
    }

    /// The browser came back from a step of its logout; a state that means nothing (any more) leads home.
    pub(crate) async fn logged_out(&self, state: Option<&Secret>) -> Result<Secret> {
        let logout = match state {
            Some(state) => self.vault.take::<Logout>(Kind::Logout, &[state.expose()]).await?,
            None => None,
        };
        match (logout, state) {
            (Some(logout), Some(state)) => self.go_on(&logout, Event::Returned, state).await,
            _ => Ok(self.home()),
        }
    }

    async fn go_on(&self, logout: &Logout, event: Event, state: &Secret) -> Result<Secret> {
        let now = self.now();
        let Ok((next, effects)) = logout.on(event, now) else {
            return Ok(self.home());
        };
        if let Some(until) = next.waits_until() {
            match self.vault.insert(Kind::Logout, &[state.expose()], &next, until, vec![], now).await? {
                Inserted::Kept => {}
                Inserted::Exists | Inserted::Ended => {
                    return Err(Error::new(Code::ServiceUnavailable, "a random state came twice"));
                }
            }
        }
        Ok(match effects.into_iter().next() {
            Some(Effect::GoProvider(to) | Effect::GoOrigin(to)) => to,
            Some(Effect::GoHome) | None => self.home(),
        })
    }

    fn home(&self) -> Secret {
        Secret::from(self.site.after_logout.as_str())
    }
}
