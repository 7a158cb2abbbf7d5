//! Where a login comes down: in a session, or at the choice of an account.

use super::resolve::Outcome;
use super::session::Arrived;
use super::{Client, Inner};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::flow::resolution::Resolution;
use crate::flow::session::Why;
use crate::identity::AccountKind;
use crate::secret::Secret;

/// What the browser gets, and where it goes.
pub(crate) enum Landing {
    /// A session has begun.
    Session {
        id: Secret,
        /// A checked path of this portal.
        onward: String,
    },
    /// The citizen has to say which account is theirs; the browser's session, if it had one, is over.
    Choice { pending: Secret },
}

impl Inner {
    /// Begins the session; the browser's old one ends first.
    pub(super) async fn land(
        &self,
        arrived: Arrived,
        account: Account,
        asks_citizen_id: bool,
        old: Option<&Secret>,
        client: &Client,
    ) -> Result<Landing> {
        let return_to = arrived.return_to.clone();
        let id = self.begin_session(arrived, account, old, client).await?;
        let onward = if asks_citizen_id { self.site.citizen_id_path(Some(&return_to)) } else { return_to };
        Ok(Landing::Session { id, onward })
    }

    /// Keeps who has to choose. Whoever was logged in before in this browser is so no longer: it is another person now, or
    /// wants to be.
    pub(super) async fn land_at_choice(
        &self,
        resolution: Resolution,
        arrived: Arrived,
        old: Option<&Secret>,
        client: &Client,
    ) -> Result<Landing> {
        let before = match old {
            Some(old) => self.end_session(old, Why::Replaced, client).await?,
            None => None,
        };
        Ok(Landing::Choice { pending: self.keep_pending(resolution, arrived.after(before)).await? })
    }

    /// Begins the session of who has chosen, once.
    pub(super) async fn land_chosen(
        &self,
        secret: &Secret,
        outcome: Outcome,
        old: Option<&Secret>,
        client: &Client,
    ) -> Result<Landing> {
        let gone = || Error::new(Code::LoginExpired, "nobody chooses an account in this browser any more");
        let arrived = self.take_pending(secret).await?.ok_or_else(gone)?.into_arrived();
        match outcome {
            Outcome::Account(account) => {
                let asks = self.asks_citizen_id(arrived.identity.kind, &account);
                self.land(arrived, account, asks, old, client).await
            }
            Outcome::Choice(resolution) => self.land_at_choice(resolution, arrived, old, client).await,
            Outcome::Refused => Err(Error::new(Code::AccountRefused, "the account is locked or closed")),
        }
    }

    /// Whether a login goes by way of the question for the CCCD number. Nobody is asked what nobody can check.
    pub(super) fn asks_citizen_id(&self, kind: AccountKind, account: &Account) -> bool {
        self.policy.ask_citizen_id && self.registry.is_some() && !kind.is_organisation() && account.citizen_id.is_none()
    }
}
