//! Sessions: begun by a login, found by their cookie, ended for good.

use serde::{Deserialize, Serialize};

use super::{Citizen, Client, Inner, Portal};
use crate::account::{Account, Notice, Role};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::linking::Linking;
use crate::flow::login::{AwaitingCallback, Unstated};
use crate::flow::session::{Effect, Event, Session, SessionPolicy, Why};
use crate::identity::{AccountId, Identity};
use crate::provider::{LogoutHints, Verified};
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind, Loaded, Tag};
use crate::time::Timestamp;

/// What a session's record holds, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    pub(crate) session: Session,
    pub(crate) identity: Identity,
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    /// Where the account's number stands, and what the citizen answered when asked for it.
    pub(crate) linking: Linking,
    /// What the account's owner had yet to be told when the session began.
    #[serde(default)]
    pub(crate) notices: Vec<Notice>,
    pub(crate) unstated_level: Unstated,
    /// What ends the provider's session.
    #[serde(default)]
    pub(crate) logout: LogoutHints,
    /// What ends the sessions at other providers that were logged in to on the way.
    #[serde(default)]
    pub(crate) also: Vec<(String, LogoutHints)>,
    /// The same under every id that this session has in its life: what was begun in it is finished in it. Never leaves
    /// the record.
    #[serde(default)]
    pub(crate) lineage: String,
    /// Whether the login that began it was asked to be a fresh one.
    #[serde(default)]
    pub(crate) fresh_login: bool,
}

/// Whether looking at a session counts as using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The citizen made a request.
    Use,
    /// Somebody only asks who is logged in.
    Peek,
}

/// A person whom a provider has identified, on the way to a session, whatever login led to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Arrived {
    pub(super) identity: Identity,
    /// What ends the provider's session.
    pub(super) logout: LogoutHints,
    pub(super) unstated_level: Unstated,
    /// They have just authenticated anew.
    pub(super) fresh: bool,
    /// When the login began: what ended since then stays ended.
    pub(super) began: Timestamp,
    /// A checked path of this portal.
    pub(super) return_to: String,
    /// What ends the sessions at other providers that were logged in to on the way.
    pub(super) also: Vec<(String, LogoutHints)>,
}

impl Arrived {
    /// Who a redirect login has identified.
    pub(super) fn of(verified: Verified, asked: &AwaitingCallback) -> Self {
        let (identity, logout) = verified.into_parts();
        Self {
            identity,
            logout,
            unstated_level: asked.unstated_level,
            fresh: asked.fresh,
            began: asked.started_at,
            return_to: asked.return_to.clone(),
            also: Vec::new(),
        }
    }

    /// Whoever logs out here logs out also where this browser was logged in before: the next person at a shared computer
    /// must find none of it alive.
    pub(super) fn after(mut self, before: Option<SessionRecord>) -> Self {
        let Some(SessionRecord { identity, logout, also, .. }) = before else { return self };
        for (provider, hints) in std::iter::once((identity.provider, logout)).chain(also) {
            // At one provider the browser has one session, and the newest hints are its.
            if provider != self.identity.provider && !self.also.iter().any(|(other, _)| *other == provider) {
                self.also.push((provider, hints));
            }
        }
        self
    }
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
    /// All of a person at a provider, by their id_tokens' `sub`: another name than the subject where the provider has a
    /// technical id beside it.
    Sub {
        /// The provider's name at this portal.
        provider: &'a str,
        /// The claim `sub`.
        sub: &'a str,
    },
    /// The one of a provider's session.
    Sid {
        /// The provider's name at this portal.
        provider: &'a str,
        /// The provider's name for the session.
        sid: &'a str,
    },
    /// As [`Sessions::Sub`], but only those of which the provider has not said to which of its sessions they belong.
    WithoutSid {
        /// The provider's name at this portal.
        provider: &'a str,
        /// The claim `sub`.
        sub: &'a str,
    },
}

impl Portal {
    /// Ends sessions, and every login that began before now and would finish later. Tells how many sessions ended.
    ///
    /// # Errors
    /// When the store cannot be reached; then nothing is known to have ended, and the caller tries again.
    pub async fn end_sessions(&self, whose: Sessions<'_>) -> Result<u64> {
        self.inner().end_sessions(whose).await
    }
}

impl Inner {
    /// As [`Portal::end_sessions`].
    pub(super) async fn end_sessions(&self, whose: Sessions<'_>) -> Result<u64> {
        let now = self.now();
        // What began before now is over by then, so the memory of the end may go.
        let remember_until = now.plus(self.policy.sessions.absolute);
        let mut ended = 0;
        for tag in self.tags_of(whose) {
            ended += self.vault.end(&tag, now, remember_until).await?;
        }
        Ok(ended)
    }

    /// The sessions that [`Portal::end_sessions`] would end now.
    pub(super) async fn sessions(&self, whose: Sessions<'_>) -> Result<Vec<SessionRecord>> {
        self.vault.tagged(Kind::Session, &self.tags_of(whose)).await
    }

    /// Begins a session under a new id; the browser's old one ends first.
    pub(super) async fn begin_session(
        &self,
        arrived: Arrived,
        account: Account,
        old: Option<&Secret>,
        client: &Client,
    ) -> Result<Secret> {
        let before = match old {
            Some(old) => self.end_session(old, Why::Replaced, client).await?,
            None => None,
        };
        let now = self.now();
        let Arrived { identity, logout, unstated_level, fresh, began, also, .. } = arrived.after(before);
        let mut session = Session::start(self.session_policy(&identity.provider), now);
        if fresh {
            session = session.on(Event::SteppedUp, now).map_or(session, |(stepped_up, _)| stepped_up);
        }
        let record = SessionRecord {
            linking: Linking::of(account.citizen_id.as_ref().map(|linked| linked.strength)),
            account: account.id,
            role: account.role,
            notices: account.notices,
            unstated_level,
            fresh_login: fresh,
            lineage: token(self.randomness.as_ref())?.expose().to_owned(),
            logout,
            also,
            session,
            identity,
        };
        let id = token(self.randomness.as_ref())?;
        let until = now.plus(self.policy.sessions.absolute);
        let tags = self.tags(&record);
        match self.vault.insert(Kind::Session, &[id.expose()], &record, until, tags, began).await? {
            Inserted::Kept => {}
            Inserted::Ended => return Err(Error::new(Code::LoginExpired, "the provider ended this login meanwhile")),
            Inserted::Exists => return Err(Error::new(Code::ServiceUnavailable, "a random session id came twice")),
        }
        self.audit(What::LoggedIn, Some(&record.identity.provider), Some(&record.account), client).await;
        Ok(id)
    }

    /// The portal's policy, or less where the provider's settings say so.
    fn session_policy(&self, provider: &str) -> SessionPolicy {
        let own = self.known_provider(provider).and_then(|provider| provider.config().session_idle);
        let policy = self.policy.sessions;
        SessionPolicy { idle: own.map_or(policy.idle, |own| own.min(policy.idle)), ..policy }
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

    /// A fresh proof was shown in this session: it gets a new id, and the old one is dead.
    pub(super) async fn renew_session(&self, id: &Secret, client: &Client) -> Result<Secret> {
        let (new, record) = self.renew(id, Event::SteppedUp, |_| {}).await?;
        self.audit(What::SteppedUp, Some(&record.identity.provider), Some(&record.account), client).await;
        Ok(new)
    }

    /// The account has another number than before, or none: the session gets a new id, and the old one is dead.
    pub(super) async fn renew_linked(&self, id: &Secret, linking: Linking) -> Result<Secret> {
        let (new, _) = self.renew(id, Event::Linked, |record| record.linking = linking).await?;
        Ok(new)
    }

    async fn renew(
        &self,
        id: &Secret,
        event: Event,
        change: impl FnOnce(&mut SessionRecord),
    ) -> Result<(Secret, SessionRecord)> {
        let gone = || Error::new(Code::NotLoggedIn, "the session ended meanwhile");
        let loaded = self.vault.load::<SessionRecord>(Kind::Session, &[id.expose()]).await?.ok_or_else(gone)?;
        let (session, _) = loaded.value.session.on(event, self.now()).map_err(|_| gone())?;
        let Some(started_at) = session.active().map(|active| active.started_at) else { return Err(gone()) };
        let mut record = SessionRecord { session, ..loaded.value };
        change(&mut record);
        let new = token(self.randomness.as_ref())?;
        let until = started_at.plus(self.policy.sessions.absolute);
        // The new one goes in first, so that a store that fails in between logs nobody out; until the old one is taken
        // nobody knows the new id.
        match self.vault.insert(Kind::Session, &[new.expose()], &record, until, self.tags(&record), started_at).await? {
            Inserted::Kept => {}
            Inserted::Ended => return Err(gone()),
            Inserted::Exists => return Err(Error::new(Code::ServiceUnavailable, "a random session id came twice")),
        }
        let old = self.vault.take::<SessionRecord>(Kind::Session, &[id.expose()]).await;
        if !matches!(old, Ok(Some(_))) {
            // Whoever took the old one ended it: the new one must not outlive it.
            self.vault.take::<SessionRecord>(Kind::Session, &[new.expose()]).await?;
            old?;
            return Err(gone());
        }
        Ok((new, record))
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
        let sub = record.logout.subject.as_deref();
        let whose = [
            Some(Sessions::Subject { provider, subject }),
            Some(Sessions::Account(&record.account)),
            sub.map(|sub| Sessions::Sub { provider, sub }),
            match sid {
                Some(sid) => Some(Sessions::Sid { provider, sid }),
                None => sub.map(|sub| Sessions::WithoutSid { provider, sub }),
            },
        ];
        whose.into_iter().flatten().map(|whose| self.vault.tag(&whose.parts())).collect()
    }

    /// What sessions are tagged with that began under this secret or under the previous one.
    fn tags_of(&self, whose: Sessions<'_>) -> Vec<Tag> {
        self.vault.tags(&whose.parts())
    }
}

impl<'a> Sessions<'a> {
    fn parts(self) -> Vec<&'a str> {
        match self {
            Self::Account(account) => vec!["account", account.as_str()],
            Self::Subject { provider, subject } => vec!["subject", provider, subject],
            Self::Sub { provider, sub } => vec!["sub", provider, sub],
            Self::Sid { provider, sid } => vec!["sid", provider, sid],
            Self::WithoutSid { provider, sub } => vec!["sub without sid", provider, sub],
        }
    }
}
