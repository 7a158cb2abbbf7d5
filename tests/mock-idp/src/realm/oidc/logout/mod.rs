//! Whom the end of a session concerns, and telling them (OpenID Connect Back-Channel Logout 1.0, Front-Channel Logout
//! 1.0): a relying party is told when it got an id_token in that session and has an address to be told at.

mod deliver;
mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use url::Url;
use vneid_auth::time::Timestamp;

pub use deliver::LogoutDelivery;
pub use token::LogoutTokenKind;

use super::Oidc;
use crate::bounded::Bounded;
use crate::client::Client;
use crate::realm::end_session::EndSession as _;
use crate::realm::ending::Ending;
use crate::realm::frames::frame;
use crate::sso::House;
use crate::sync::lock;

/// Sessions are remembered this long, as portals' own may be.
const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// Where relying parties want to be told, and who got an id_token in which session.
pub(crate) struct Logout {
    http: deliver::Http,
    addresses: Mutex<BTreeMap<String, Addresses>>,
    sessions: Mutex<Bounded<String, Seats>>,
}

#[derive(Clone, Default)]
struct Addresses {
    back_channel: Option<Url>,
    back_channel_with_sid: bool,
    front_channel: Option<Url>,
}

/// The relying parties of a session.
#[derive(Clone)]
struct Seats {
    sid: String,
    subject: String,
    clients: BTreeSet<String>,
}

/// A session that relying parties know of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KnownSession {
    /// The claim `sid`.
    pub sid: String,
    /// The claim `sub`.
    pub subject: String,
    /// The relying parties that got an id_token in it.
    pub clients: Vec<String>,
}

impl Logout {
    pub(crate) fn new(clients: &[Client]) -> Self {
        let addresses = clients.iter().map(|client| (client.id.clone(), Addresses::of(client))).collect();
        Self {
            http: deliver::Http::default(),
            addresses: Mutex::new(addresses),
            sessions: Mutex::new(Bounded::new(MEMORY, 20_000)),
        }
    }

    /// A client gets an id_token in this session.
    pub(super) fn note(&self, sid: &str, subject: &str, client: &str, now: Timestamp) {
        let mut sessions = lock(&self.sessions);
        let key = sid.to_owned();
        let mut seats = sessions.take(&key, now).unwrap_or_else(|| Seats {
            sid: key.clone(),
            subject: subject.to_owned(),
            clients: BTreeSet::new(),
        });
        seats.clients.insert(client.to_owned());
        sessions.insert(key, seats, now);
    }

    pub(crate) fn sessions(&self, now: Timestamp) -> Vec<KnownSession> {
        let all = lock(&self.sessions).living(now);
        let known = |seats: &Seats| KnownSession {
            sid: seats.sid.clone(),
            subject: seats.subject.clone(),
            clients: seats.clients.iter().cloned().collect(),
        };
        all.iter().map(known).collect()
    }

    pub(crate) fn set_back_channel(&self, client: &str, uri: Option<Url>) {
        lock(&self.addresses).entry(client.to_owned()).or_default().back_channel = uri;
    }

    pub(crate) fn clear(&self) {
        lock(&self.sessions).clear();
    }

    fn addresses_of(&self, client: &str) -> Addresses {
        lock(&self.addresses).get(client).cloned().unwrap_or_default()
    }
}

impl Addresses {
    fn of(client: &Client) -> Self {
        let parsed = |uri: &Option<String>| uri.as_deref().and_then(|uri| Url::parse(uri).ok());
        Self {
            back_channel: parsed(&client.backchannel_logout_uri),
            back_channel_with_sid: client.backchannel_logout_session_required,
            front_channel: parsed(&client.frontchannel_logout_uri),
        }
    }
}

impl Oidc {
    /// Begins to tell the relying parties of a session that has ended: each by a request of its own, so that none waits
    /// for another.
    pub(super) fn tell_parties(self: &Arc<Self>, sid: &str, ending: &mut Ending) {
        let Some(seats) = lock(&self.logout.sessions).take(&sid.to_owned(), self.world.now()) else {
            return;
        };
        for client in &seats.clients {
            let addresses = self.logout.addresses_of(client);
            if let Some(uri) = addresses.back_channel {
                let kind =
                    if addresses.back_channel_with_sid { LogoutTokenKind::Good } else { LogoutTokenKind::SubOnly };
                let order = token::Order { client, subject: &seats.subject, sid: &seats.sid, kind };
                let (oidc, client, token) = (Arc::clone(self), client.clone(), token::make(self, &order));
                ending.posts.spawn(async move { oidc.deliver(client, &uri, token).await });
            }
            ending.frames.extend(addresses.front_channel.map(|uri| frame(uri, &self.issuer, &seats.sid)));
        }
    }

    /// Ends a session and what it gave, and waits until its relying parties have been told or could not be.
    pub(crate) async fn end_session(self: &Arc<Self>, sid: &str) -> Vec<LogoutDelivery> {
        let mut ending = Ending::default();
        self.world.sso(House::Oidc).end(sid);
        self.end_grants_of(sid);
        self.tell_parties(sid, &mut ending);
        let mut deliveries = ending.posts.join_all().await;
        deliveries.sort_by(|a, b| a.client.cmp(&b.client));
        deliveries
    }

    /// Posts a logout token of this kind about a session, which goes on; twice for [`LogoutTokenKind::Replayed`].
    /// Nothing when the client has no address or the session is not known.
    pub(crate) async fn send_logout_token(
        self: &Arc<Self>,
        client: &str,
        sid: &str,
        kind: LogoutTokenKind,
    ) -> Option<Vec<LogoutDelivery>> {
        let uri = self.logout.addresses_of(client).back_channel?;
        let subject = lock(&self.logout.sessions).get(&sid.to_owned(), self.world.now())?.subject.clone();
        let order = token::Order { client, subject: &subject, sid, kind };
        let token = token::make(self, &order);
        let mut deliveries = Vec::new();
        for _ in 0..if kind == LogoutTokenKind::Replayed { 2 } else { 1 } {
            deliveries.push(self.deliver(client.to_owned(), &uri, token.clone()).await);
        }
        Some(deliveries)
    }
}
