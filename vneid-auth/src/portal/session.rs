//! Sessions: begun by a login, found by their cookie, ended for good.

use serde::{Deserialize, Serialize};

use super::{Citizen, Client, Inner, Portal};
use crate::account::{Account, Role};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::login::{AwaitingCallback, Unstated};
use crate::flow::session::{Effect, Event, Session, Why};
use crate::identity::{AccountId, Identity, Strength};
use crate::provider::{LogoutHints, Verified};
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind, Loaded, Tag};

/// What a session's record holds, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    pub(crate) session: Session,
    pub(crate) identity: Identity,
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    pub(crate) citizen_id: Option<Strength>,
    pub(crate) unstated_level: Unstated,
    /// What ends the provider's session.
    #[serde(default)]
    pub(crate) logout: LogoutHints,
}

/// Whether looking at a session counts as using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The citizen made a request.
    Use,
    /// Somebody only asks who is logged in.
    Peek,
}

pub(super) struct Begin<'a> {
    pub(super) verified: Verified,
    pub(super) account: Account,
    pub(super) asked: &'a AwaitingCallback,
    pub(super) old: Option<&'a Secret>,
}

/// Whose sessions are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sessions<'a> {
    /// All of an account.
    Account(&'a AccountId),
    /// All of a person at a provider.
    Subject {
        /// The provider's name at this portal.
        provider: &'a str,
        /// The provider's name for the person.
        subject: &'a str,
    },
    /// The one of a provider's session.
    Sid {
        /// The provider's name at this portal.
        provider: &'a str,
        /// The provider's name for the session.
        sid: &'a str,
    },
}

impl Portal {
    /// Ends sessions, and every login that began before now and would finish later. Tells how many sessions ended.
    ///
    /// # Errors
    /// When the store cannot be reached; then nothing is known to have ended, and the caller tries again.
    pub async fn end_sessions(&self, whose: Sessions<'_>) -> Result<u64> {
        let portal = self.inner();
        let now = portal.now();
        // What began before now is over by then, so the memory of the end may go.
        let remember_until = now.plus(portal.policy.sessions.absolute);
        portal.vault.end(&portal.tag(whose), now, remember_until).await
    }
}

impl Inner {
    /// Begins a session under a new id; the browser's old one ends first.
    pub(super) async fn begin_session(&self, begin: Begin<'_>, client: &Client) -> Result<Secret> {
        if let Some(old) = begin.old {
            self.end_session(old, Why::Replaced, client).await?;
        }
        let now = self.now();
        let mut session = Session::start(self.policy.sessions, now);
        if begin.asked.fresh {
            session = session.on(Event::SteppedUp, now).map_or(session, |(stepped_up, _)| stepped_up);
        }
        let (identity, logout) = begin.verified.into_parts();
        let record = SessionRecord {
            citizen_id: begin.account.citizen_id.map(|linked| linked.strength),
            account: begin.account.id,
            role: begin.account.role,
            unstated_level: begin.asked.unstated_level,
            logout,
            session,
            identity,
        };
        let id = token(self.randomness.as_ref())?;
        let until = now.plus(self.policy.sessions.absolute);
        let tags = self.tags(&record);
        let began = begin.asked.started_at;
        match self.vault.insert(Kind::Session, &[id.expose()], &record, until, tags, began).await? {
            Inserted::Kept => {}
            Inserted::Ended => return Err(Error::new(Code::LoginExpired, "the provider ended this login meanwhile")),
            Inserted::Exists => return Err(Error::new(Code::ServiceUnavailable, "a random session id came twice")),
        }
        self.audit(What::LoggedIn, Some(&record.identity.provider), Some(&record.account), client).await;
        Ok(id)
    }

    /// Who is logged in, by the session's id.
    pub(crate) async fn citizen(&self, id: &Secret, look: Look, client: &Client) -> Result<Option<Citizen>> {
        // A lost race means that another request of this session wrote it; then one more look is enough.
        for _ in 0..2 {
            let Some(loaded) = self.vault.load::<SessionRecord>(Kind::Session, &[id.expose()]).await? else {
                return Ok(None);
            };
            let event = if look == Look::Use { Event::Seen } else { Event::Asked };
            let Ok((next, effects)) = loaded.value.session.on(event, self.now()) else {
                return Ok(None);
            };
            match effects.first() {
                None => return Ok(Some(Citizen::new(loaded.value))),
                Some(Effect::Save | Effect::Renew) => {
                    if let Some(citizen) = self.save(loaded, next).await? {
                        return Ok(Some(citizen));
                    }
                }
                Some(Effect::Forget) => {
                    self.forget(id, &next, client).await?;
                    return Ok(None);
                }
            }
        }
        let loaded = self.vault.load::<SessionRecord>(Kind::Session, &[id.expose()]).await?;
        Ok(loaded.map(|loaded| Citizen::new(loaded.value)))
    }

    async fn save(&self, loaded: Loaded<SessionRecord>, next: Session) -> Result<Option<Citizen>> {
        let record = SessionRecord { session: next, ..loaded.value.clone() };
        let until =
            record.session.active().map_or(self.now(), |active| active.started_at.plus(self.policy.sessions.absolute));
        let saved = self.vault.replace(&loaded, &record, until).await?;
        Ok(saved.then(|| Citizen::new(record)))
    }

    async fn forget(&self, id: &Secret, ended: &Session, client: &Client) -> Result<()> {
        let taken = self.vault.take::<SessionRecord>(Kind::Session, &[id.expose()]).await?;
        if let (Some(record), Session::Ended(ended)) = (taken, ended) {
            let provider = Some(record.identity.provider.as_str());
            self.audit(What::SessionEnded(ended.why), provider, Some(&record.account), client).await;
        }
        Ok(())
    }

    /// Ends a session for good; what it was, if it ran.
    pub(crate) async fn end_session(&self, id: &Secret, why: Why, client: &Client) -> Result<Option<SessionRecord>> {
        let Some(record) = self.vault.take::<SessionRecord>(Kind::Session, &[id.expose()]).await? else {
            return Ok(None);
        };
        let provider = Some(record.identity.provider.as_str());
        self.audit(What::SessionEnded(why), provider, Some(&record.account), client).await;
        Ok(Some(record))
    }

    /// What a session can be ended by: the provider's session, the provider's subject, the account.
    fn tags(&self, record: &SessionRecord) -> Vec<Tag> {
        let Identity { provider, subject, sid, .. } = &record.identity;
        let sid = sid.as_deref().map(|sid| self.tag(Sessions::Sid { provider, sid }));
        let subject = self.tag(Sessions::Subject { provider, subject });
        sid.into_iter().chain([subject, self.tag(Sessions::Account(&record.account))]).collect()
    }

    fn tag(&self, whose: Sessions<'_>) -> Tag {
        match whose {
            Sessions::Account(account) => self.vault.tag(&["account", account.as_str()]),
            Sessions::Subject { provider, subject } => self.vault.tag(&["subject", provider, subject]),
            Sessions::Sid { provider, sid } => self.vault.tag(&["sid", provider, sid]),
        }
    }
}
