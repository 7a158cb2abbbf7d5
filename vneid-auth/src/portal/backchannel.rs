//! Drives a back-channel logout: the provider says that a login has ended, and what began with it here ends.

use std::time::Duration;

use super::{Client, Inner, Sessions};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::session::Why;
use crate::provider::reason::LogoutTokenReason;
use crate::provider::{Named, Provider};
use crate::secret::Secret;
use crate::store::{Inserted, Kind, Limit};

impl Inner {
    /// Whether this provider's logout tokens can be checked here at all. One whose logins are closed still ends them.
    pub(crate) fn has_backchannel_logout(&self, provider: &str) -> bool {
        self.known_provider(provider).is_some_and(Provider::has_logout_tokens)
    }

    /// Ends what a logout token says, once. A store that fails is `service_unavailable` and nothing is remembered, so
    /// that the provider's next try ends what this one did not.
    pub(crate) async fn backchannel_logout(
        &self,
        provider: &str,
        token: &Secret,
        bucket: &str,
        client: &Client,
    ) -> Result<()> {
        let posts = Limit {
            name: "back-channel logouts of an address",
            count: self.policy.backchannel_logouts_a_minute,
            per: Duration::from_secs(60),
        };
        self.count(&posts, bucket).await?;
        let provider = self.known_provider(provider).ok_or_else(|| Error::from(Code::NotFound))?;
        let token = provider.logout_token(token).await?;
        let provider = provider.config().name();
        let seen = [provider, token.id()];
        if self.vault.load::<()>(Kind::LogoutToken, &seen).await?.is_some() {
            return Err(LogoutTokenReason::Replayed.into());
        }
        self.end_named(provider, token.names(), client).await?;
        // Remembered last: ending twice does no harm, but a token that is remembered and has ended nothing would.
        let (now, until) = (self.now(), token.remember_until());
        match self.vault.insert(Kind::LogoutToken, &seen, &(), until, vec![], now).await? {
            Inserted::Kept => Ok(()),
            Inserted::Exists | Inserted::Ended => Err(LogoutTokenReason::Replayed.into()),
        }
    }

    /// Ends the session that the token names, or all of the person's when it names none (§2.7). What began before now
    /// and is not a session yet will not become one; what begins later, under the same `sid` or not, is another login.
    async fn end_named(&self, provider: &str, names: &Named, client: &Client) -> Result<()> {
        match names {
            Named::Both { sid, sub } => {
                let whose = Sessions::Sid { provider, sid };
                let named = self.sessions(whose).await?;
                if named.iter().any(|record| record.logout.subject.as_deref() != Some(sub.as_str())) {
                    return Err(LogoutTokenReason::OtherSubject.into());
                }
                self.end_and_audit(provider, whose, client).await?;
                // Which session of the provider's these belong to nobody said, so it may be this one.
                self.end_and_audit(provider, Sessions::WithoutSid { provider, sub }, client).await
            }
            Named::Sid(sid) => self.end_and_audit(provider, Sessions::Sid { provider, sid }, client).await,
            Named::Sub(sub) => self.end_and_audit(provider, Sessions::Sub { provider, sub }, client).await,
        }
    }

    async fn end_and_audit(&self, provider: &str, whose: Sessions<'_>, client: &Client) -> Result<()> {
        let named = self.sessions(whose).await?;
        self.end_sessions(whose).await?;
        for record in named {
            let what = What::SessionEnded(Why::BackChannel);
            self.audit(what, Some(provider), Some(&record.account), client).await;
        }
        Ok(())
    }
}
