//! Single sign-on: who is logged in at the provider, in which browser, since when.

use std::sync::Mutex;
use std::time::Duration;

use vneid_auth::flow::session::{Event, Session, SessionPolicy};
use vneid_auth::time::Timestamp;

use crate::bounded::Bounded;
use crate::entropy::{Entropy, fingerprint};
use crate::sync::lock;

const POLICY: SessionPolicy =
    SessionPolicy { idle: Duration::from_secs(30 * 60), absolute: Duration::from_secs(120 * 60) };

/// A provider with a single sign-on of its own. Ending one leaves the others as they are, which is why a portal must log
/// a citizen out twice who came to DVCQG through VNeID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum House {
    /// The strict provider of realm `/oidc`.
    Oidc,
    /// The National Public Service Portal.
    Dvcqg,
    /// VNeID, for both its realms.
    Vneid,
}

/// How a citizen has proved who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum By {
    /// By password and one-time code.
    #[default]
    Password,
    /// By a code that they confirmed in the phone app, where they had signed in.
    App,
}

impl By {
    /// The claim `amr` (RFC 8176 §2).
    pub(crate) fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd", "otp", "sms"],
            Self::App => &["pwd", "mca"],
        }
    }
}

/// A session of one citizen in one browser.
#[derive(Clone)]
pub(crate) struct SsoSession {
    /// Its public name, the claim `sid`.
    pub(crate) sid: String,
    /// Whose.
    pub(crate) username: String,
    /// When they last typed password and code.
    pub(crate) auth_time: Timestamp,
    /// The level reached.
    pub(crate) level: u8,
    /// How.
    pub(crate) by: By,
    /// The token of the provider through which they came, where they came through one.
    pub(crate) via: Option<String>,
    machine: Session,
}

/// Who allowed which relying party to know what they are told.
pub(crate) struct Consents(Mutex<Bounded<(String, String), ()>>);

impl Consents {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Bounded::new(Duration::from_secs(24 * 3600), 20_000)))
    }

    /// Whether this citizen said yes to this client.
    pub(crate) fn given(&self, username: &str, client: &str, now: Timestamp) -> bool {
        lock(&self.0).get(&(username.to_owned(), client.to_owned()), now).is_some()
    }

    /// They said yes.
    pub(crate) fn give(&self, username: &str, client: &str, now: Timestamp) {
        lock(&self.0).insert((username.to_owned(), client.to_owned()), (), now);
    }

    /// Nobody said anything.
    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}

/// Somebody who has just proved who they are.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) username: &'a str,
    pub(crate) level: u8,
    pub(crate) by: By,
    /// The token of the provider through which they came.
    pub(crate) via: Option<&'a str>,
}

/// All sessions, found by the fingerprint of a cookie.
pub(crate) struct Sso {
    sessions: Mutex<Bounded<[u8; 32], SsoSession>>,
}

impl Sso {
    pub(crate) fn new() -> Self {
        Self { sessions: Mutex::new(Bounded::new(POLICY.absolute, 20_000)) }
    }

    /// The living session behind a cookie; being asked for it keeps it alive.
    pub(crate) fn find(&self, cookie: &str, now: Timestamp) -> Option<SsoSession> {
        let mut sessions = lock(&self.sessions);
        let key = fingerprint(cookie);
        let session = sessions.get_mut(&key, now)?;
        match session.machine.on(Event::Seen, now) {
            Ok((next, _)) if next.active().is_some() => {
                session.machine = next;
                Some(session.clone())
            }
            _ => {
                sessions.take(&key, now);
                None
            }
        }
    }

    /// A fresh authentication: a new cookie, whatever the browser had. The same citizen keeps the `sid`; anybody
    /// else's session in this browser ends.
    pub(crate) fn log_in(
        &self,
        who: Who<'_>,
        previous: Option<&str>,
        entropy: &Entropy,
        now: Timestamp,
    ) -> (String, SsoSession) {
        let mut sessions = lock(&self.sessions);
        let before = previous.and_then(|cookie| sessions.take(&fingerprint(cookie), now));
        let before = before.filter(|session| session.username == who.username);
        let session = SsoSession {
            sid: before.map_or_else(|| entropy.uuid(), |session| session.sid),
            username: who.username.to_owned(),
            auth_time: now,
            level: who.level,
            by: who.by,
            via: who.via.map(str::to_owned),
            machine: Session::start(POLICY, now),
        };
        let cookie = entropy.token();
        sessions.insert(fingerprint(&cookie), session.clone(), now);
        (cookie, session)
    }

    /// Ends a session by its public name.
    pub(crate) fn end(&self, sid: &str) {
        lock(&self.sessions).retain(|session| session.sid != sid);
    }

    /// Ends all.
    pub(crate) fn clear(&self) {
        lock(&self.sessions).clear();
    }
}
