//! Drives a logout: here first, then wherever else the citizen is logged in.

use super::{Client, Inner};
use crate::error::{Code, Error, Result};
use crate::flow::logout::{Ahead, Effect, Event, Logout};
use crate::flow::session::Why;
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind};
use crate::time::Timestamp;

impl Inner {
    /// Ends the session here and says where the browser goes next.
    pub(crate) async fn log_out(&self, session: Option<&Secret>, client: &Client) -> Result<Secret> {
        // Drawn first: once the session is gone nothing may keep the browser from the provider.
        let state = token(self.randomness.as_ref())?;
        let ended = match session {
            Some(id) => self.end_session(id, Why::LoggedOut, client).await?,
            None => None,
        };
        let mut ahead = Ahead::default();
        if let Some(record) = ended {
            let back = self.site.url_of("/logged-out");
            if let Some(provider) = self.known_provider(&record.identity.provider) {
                ahead = provider.logout(&record.logout, &back, state.expose()).await;
            }
            for (name, hints) in &record.also {
                let Some(provider) = self.known_provider(name) else { continue };
                let also = provider.logout(hints, &back, state.expose()).await;
                ahead.others.extend(also.provider);
                ahead.origin = ahead.origin.or(also.origin);
            }
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
        if let Some(until) = next.waits_until()
            && let Err(error) = self.remember(&next, state, until, now).await
        {
            // The session here is gone. Whoever sits down at this computer next must not find the provider's alive, so
            // the browser goes on; only what would come after that is lost.
            tracing::warn!("the rest of a logout is not remembered: {error}");
        }
        Ok(match effects.into_iter().next() {
            Some(Effect::GoProvider(to) | Effect::GoOrigin(to)) => to,
            Some(Effect::GoHome) | None => self.home(),
        })
    }

    async fn remember(&self, next: &Logout, state: &Secret, until: Timestamp, now: Timestamp) -> Result<()> {
        match self.vault.insert(Kind::Logout, &[state.expose()], next, until, vec![], now).await? {
            Inserted::Kept => Ok(()),
            Inserted::Exists | Inserted::Ended => {
                Err(Error::new(Code::ServiceUnavailable, "a random state came twice"))
            }
        }
    }

    fn home(&self) -> Secret {
        Secret::from(self.site.after_logout.as_str())
    }
}
