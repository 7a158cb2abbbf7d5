//! Drives a logout: here first, then wherever else the citizen is logged in.

use super::resolve::Pending;
use super::{Client, Inner};
use crate::error::{Code, Error, Result};
use crate::flow::logout::{Ahead, Effect, Event, Logout};
use crate::flow::session::Why;
use crate::provider::LogoutHints;
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind};
use crate::time::Timestamp;

impl Inner {
    /// Ends the session here, or the choice of an account that would have become one, and says where the browser goes
    /// next.
    pub(crate) async fn log_out(
        &self,
        session: Option<&Secret>,
        pending: Option<&Secret>,
        client: &Client,
    ) -> Result<Secret> {
        // Drawn first: once the session is gone nothing may keep the browser from the provider.
        let state = token(self.randomness.as_ref())?;
        // Who gives up a choice is logged in at the provider all the same.
        let given_up = match pending {
            Some(secret) => self.take_pending(secret).await?.map(Pending::into_arrived),
            None => None,
        };
        let ended = match session {
            Some(id) => self.end_session(id, Why::LoggedOut, client).await?,
            None => None,
        };
        let mut logged_in_at = Vec::new();
        if let Some(record) = ended {
            logged_in_at.push((record.identity.provider, record.logout));
            logged_in_at.extend(record.also);
        }
        if let Some(arrived) = given_up {
            logged_in_at.push((arrived.identity.provider, arrived.logout));
            logged_in_at.extend(arrived.also);
        }
        let ahead = self.ahead(&logged_in_at, &state).await;
        self.go_on(&Logout::start(ahead), Event::Ended, &state).await
    }

    /// Where the browser has yet to go; the first of these is where it is logged in, the others were steps on the way.
    async fn ahead(&self, logged_in_at: &[(String, LogoutHints)], state: &Secret) -> Ahead {
        let back = self.site.url_of("/logged-out");
        let mut ahead = Ahead::default();
        for (at, (name, hints)) in logged_in_at.iter().enumerate() {
            let Some(provider) = self.known_provider(name) else { continue };
            let there = provider.logout(hints, &back, state.expose()).await;
            if at == 0 {
                ahead.provider = there.provider;
            } else {
                ahead.others.extend(there.provider);
            }
            ahead.origin = ahead.origin.or(there.origin);
        }
        ahead
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
