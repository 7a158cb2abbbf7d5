//! Drives a login by QR code on the portal's own screen (flows.md, machine 4): from the device authorization to the
//! session.
//!
//! Every step is the drive rule: load, ask the machine, save if nobody else has saved meanwhile, and only then act. Who
//! polls is in [`attend`], who watches in [`watch`].

mod attend;
mod record;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use self::record::Shown;
pub(crate) use self::record::{Found, PairingRecord, View};
pub(crate) use self::watch::{Watch, Watchers};
use super::resolve::Outcome;
use super::session::Arrived;
use super::{Client, Inner, Landing, Portal};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::browser::BrowserHash;
use crate::flow::device_pairing::{Ask, DevicePairing, Effect, Event, Refusal};
use crate::identity::{Identity, Level};
use crate::provider::LogoutHints;
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind, Limit};

/// How often a step is tried against others who change the same pairing at the same time.
const TRIES: usize = 16;

/// What a browser asks for when it wants to show a QR code.
pub(crate) struct StartPairing<'a> {
    pub(crate) provider: &'a str,
    /// A checked path of this portal.
    pub(crate) return_to: String,
    /// Raises what is configured, never lowers it.
    pub(crate) level: Option<Level>,
    /// This browser's secret, if it has one from another pairing: another tab's goes on.
    pub(crate) browser: Option<Secret>,
    /// What the address is counted as.
    pub(crate) bucket: &'a str,
}

/// What the machine made of an event.
pub(super) enum Driven {
    /// It went on, and the store has it.
    Moved(Box<PairingRecord>, Vec<Effect>),
    /// It stays as it was.
    Refused(Box<PairingRecord>, Refusal),
    /// There is no such pairing for this browser.
    Nothing,
}

/// Why a pairing was not completed.
pub(crate) enum Refused {
    /// It does not stand where it could be: this is where it stands.
    NotApproved(Box<PairingRecord>),
    /// Something else.
    Error(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Portal {
    /// Whether logins through this provider can be made by QR code on the portal's own screen: the provider is open here
    /// and has a device grant (RFC 8628).
    ///
    /// # Errors
    /// `unknown_provider`, `provider_disabled`; `provider_unavailable`, `provider_error` when its metadata cannot be had.
    pub async fn has_pairing(&self, provider: &str) -> Result<bool> {
        self.inner().provider(provider)?.has_device_grant().await
    }
}

impl Inner {
    /// Starts a pairing: asks the provider for a code, and keeps what it answered for this browser alone.
    pub(crate) async fn start_pairing(&self, start: StartPairing<'_>) -> Result<(Found, PairingRecord)> {
        let provider = self.provider(start.provider)?;
        let starts = Limit {
            name: "pairing starts of an address",
            count: self.policy.pairing_starts_a_minute,
            per: Duration::from_secs(60),
        };
        self.count(&starts, start.bucket).await?;
        // Whoever opens thousands fills their own room and nobody else's.
        let tag = self.vault.tag(&["pairings of an address", start.bucket]);
        if self.vault.count(Kind::Pairing, &tag).await? >= self.policy.pairings_of_an_address {
            let full = Error::new(Code::TooManyRequests, "too many pairings of this address are kept");
            return Err(full.retry_after(Duration::from_secs(60)));
        }
        let config = provider.config();
        let required_level = config.level_for(start.level);
        if let Some(level) = required_level.filter(|level| !config.names(*level)) {
            return Err(Error::new(Code::LevelTooLow(level), "the provider has no name for this level"));
        }
        let given = provider.device_authorization(required_level).await?;
        let randomness = self.randomness.as_ref();
        let browser = match start.browser {
            Some(browser) => browser,
            None => token(randomness)?,
        };
        let found = Found { id: token(randomness)?, browser };
        let now = self.now();
        let pairing = DevicePairing::start(
            Ask {
                browser: BrowserHash::of(&found.browser),
                provider: config.name().to_owned(),
                return_to: start.return_to,
                required_level,
                unstated_level: config.unstated(),
                device_code: given.device_code,
                expires_in: given.expires_in,
                interval: given.interval,
            },
            now,
        );
        let complete = given.verification_uri_complete.is_some();
        let qr = given.verification_uri_complete.as_ref().unwrap_or(&given.verification_uri);
        let record = PairingRecord {
            pairing,
            shown: Shown {
                user_code: given.user_code,
                qr: Secret::from(qr.as_str()),
                verification_uri: given.verification_uri.into(),
                complete,
            },
            started_at: now,
            unstated_level: config.unstated(),
            logout: LogoutHints::default(),
            told: false,
        };
        let until = record.pairing.kept_until();
        match self.vault.insert(Kind::Pairing, &found.by(), &record, until, vec![tag], now).await? {
            Inserted::Kept => Ok((found, record)),
            Inserted::Exists | Inserted::Ended => {
                Err(Error::new(Code::ServiceUnavailable, "a random pairing id came twice"))
            }
        }
    }

    /// Where a pairing stands, for its owner; nothing for anybody else. Whoever looks wants it polled for a while.
    pub(crate) async fn look_at_pairing(self: &Arc<Self>, found: &Found) -> Result<Option<PairingRecord>> {
        let look = Event::Look { browser: BrowserHash::of(&found.browser) };
        match self.drive_pairing(found, &look, &keep).await? {
            Driven::Moved(record, _) => {
                if !record.view().status.is_final() {
                    self.linger(found, record.view());
                }
                Ok(Some(*record))
            }
            Driven::Refused(..) | Driven::Nothing => Ok(None),
        }
    }

    /// Gives a pairing up. One that is over stays as it ended. Tells whether this browser has such a pairing.
    pub(crate) async fn cancel_pairing(&self, found: &Found) -> Result<bool> {
        let cancel = Event::Cancel { browser: BrowserHash::of(&found.browser) };
        Ok(match self.drive_pairing(found, &cancel, &keep).await? {
            Driven::Moved(..) | Driven::Refused(_, Refusal::Over) => true,
            Driven::Refused(..) | Driven::Nothing => false,
        })
    }

    /// Turns an approved pairing into a session, or the choice of an account, once. Nothing when this browser has no such
    /// pairing.
    pub(crate) async fn complete_pairing(
        &self,
        found: &Found,
        old_session: Option<&Secret>,
        client: &Client,
    ) -> Result<Option<Landing>, Refused> {
        let complete = Event::Complete { browser: BrowserHash::of(&found.browser) };
        let (record, effects) = match self.drive_pairing(found, &complete, &keep).await? {
            Driven::Moved(record, effects) => (record, effects),
            Driven::Refused(_, Refusal::Stranger) | Driven::Nothing => return Ok(None),
            Driven::Refused(record, _) => return Err(Refused::NotApproved(record)),
        };
        let log_in = effects.into_iter().find_map(|effect| match effect {
            Effect::LogIn(identity) => Some(*identity),
            _ => None,
        });
        // It has just expired.
        let Some(identity) = log_in else { return Err(Refused::NotApproved(record)) };
        let provider = identity.provider.clone();
        let outcome = self.log_in(&record, identity, old_session, client).await;
        if let Err(error) = &outcome {
            self.audit(What::LoginRefused(error.code()), Some(&provider), None, client).await;
        }
        Ok(Some(outcome?))
    }

    async fn log_in(
        &self,
        record: &PairingRecord,
        identity: Identity,
        old: Option<&Secret>,
        client: &Client,
    ) -> Result<Landing> {
        self.provider(&identity.provider)?;
        let arrived = Arrived {
            identity,
            logout: record.logout.clone(),
            unstated_level: record.unstated_level,
            fresh: false,
            began: record.started_at,
            return_to: record.pairing.return_to().to_owned(),
            also: Vec::new(),
        };
        match self.resolve(&arrived.identity, client).await? {
            Outcome::Account(account) => {
                let asks = self.asks_citizen_id(arrived.identity.kind, &account);
                self.land(arrived, account, asks, old, client).await
            }
            Outcome::Choice(resolution) => self.land_at_choice(resolution, arrived, old, client).await,
            Outcome::Refused => Err(Error::new(Code::AccountRefused, "the account is locked or closed")),
        }
    }

    /// Remembers that a stream has ended with the final status: who connects again without saying what they saw has
    /// nothing more to come. Safe to lose.
    pub(super) async fn remember_told(&self, found: &Found) {
        let told = async {
            let Some(loaded) = self.vault.load::<PairingRecord>(Kind::Pairing, &found.by()).await? else {
                return Ok(true);
            };
            if loaded.value.told {
                return Ok(true);
            }
            let record = PairingRecord { told: true, ..loaded.value.clone() };
            let until = record.pairing.kept_until();
            self.vault.replace(&loaded, &record, until).await
        };
        let told: Result<bool> = told.await;
        if !matches!(told, Ok(true)) {
            tracing::debug!("the end of a pairing's stream is not remembered");
        }
    }

    /// The drive rule for one event; `change` adds to the record what the machine does not keep. Who watches is told of
    /// every change, here and at other instances.
    pub(super) async fn drive_pairing(
        &self,
        found: &Found,
        event: &Event,
        change: &(dyn Fn(&mut PairingRecord) + Sync),
    ) -> Result<Driven> {
        for _ in 0..TRIES {
            let Some(loaded) = self.vault.load::<PairingRecord>(Kind::Pairing, &found.by()).await? else {
                return Ok(Driven::Nothing);
            };
            let was = &loaded.value;
            let (next, effects) = match was.pairing.on(event, self.now()) {
                Ok(step) => step,
                Err(refusal) => return Ok(Driven::Refused(Box::new(loaded.value), refusal)),
            };
            if next == was.pairing && effects.is_empty() {
                return Ok(Driven::Moved(Box::new(loaded.value), effects));
            }
            let mut record = PairingRecord { pairing: next, ..was.clone() };
            change(&mut record);
            let until = record.pairing.kept_until();
            if self.vault.replace(&loaded, &record, until).await? {
                if effects.contains(&Effect::Announce) {
                    let name = found.name();
                    self.watchers.announce(&name, record.view());
                    self.hints.tell(&name).await;
                }
                return Ok(Driven::Moved(Box::new(record), effects));
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "a pairing is changed by too many at once"))
    }
}

/// Nothing beside what the machine says.
pub(super) fn keep(_: &mut PairingRecord) {}
