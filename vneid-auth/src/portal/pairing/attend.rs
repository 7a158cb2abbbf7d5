//! Attends to one pairing for everybody in this process who waits for it: polls the provider when a poll is due, looks
//! into the store for what other instances did, and shows what it finds.
//!
//! Every instance of the portal may attend to the same pairing. The machine's lease lets one of them poll at a time, and
//! no sooner than the interval.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::record::Found;
use super::watch::Channel;
use super::{Driven, Inner, keep};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::device_pairing::{Answer, DevicePairing, Effect, Event, PollId, Refusal};
use crate::portal::Client;
use crate::provider::{DeviceOutcome, DevicePoll, LogoutHints};
use crate::random::{self, token};
use crate::secret::Secret;

/// What another instance did is noticed after this long, when its hint was lost.
const RE_READ: Duration = Duration::from_secs(5);

/// A poll and the checks of what it brought end before the lease does (15 s), so that nobody else asks with a spent code.
const POLL_TAKES: Duration = Duration::from_secs(14);

/// Between tries to save what a poll brought.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// What comes next.
enum Next {
    /// Look again after this long.
    In(Duration),
    /// Nothing: it is over, or gone.
    Over,
}

/// Leaves the channel however attending ends, so that the next watcher finds no channel that nobody attends to.
struct Leaving<'a> {
    portal: &'a Inner,
    name: &'a str,
    channel: &'a Arc<Channel>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.portal.watchers.leave(self.name, self.channel);
    }
}

impl Inner {
    /// Attends until the pairing is over or nobody wants it any more.
    pub(super) async fn attend(self: Arc<Self>, found: Found, name: String, channel: Arc<Channel>) {
        let _leaving = Leaving { portal: &self, name: &name, channel: &channel };
        loop {
            let wait = match self.attend_once(&found, &channel).await {
                Ok(Next::In(wait)) => wait.min(RE_READ),
                Ok(Next::Over) => return,
                Err(error) => {
                    tracing::warn!(code = %error.code(), "a pairing is not looked at: {}", error.reason());
                    RE_READ
                }
            };
            if !self.watchers.goes_on(&name, &channel, self.now()) {
                return;
            }
            channel.wait(wait).await;
        }
    }

    async fn attend_once(&self, found: &Found, channel: &Channel) -> Result<Next> {
        let poll = PollId::from(token(self.randomness.as_ref())?.expose().to_owned());
        let (record, refusal) = match self.drive_pairing(found, &Event::Due { poll: poll.clone() }, &keep).await? {
            Driven::Nothing => return Ok(Next::Over),
            Driven::Moved(record, effects) => {
                for effect in effects {
                    if let Effect::Poll { device_code } = effect {
                        self.poll(found, record.pairing.provider(), &device_code, poll.clone()).await;
                    }
                }
                // Whatever it led to is in the store now.
                return Ok(Next::In(Duration::ZERO));
            }
            Driven::Refused(record, refusal) => (record, refusal),
        };
        channel.show(record.view());
        Ok(match refusal {
            Refusal::NotDue { retry_after } | Refusal::Leased { retry_after } => Next::In(retry_after),
            Refusal::OutOfTurn => Next::In(record.view().expires_in(self.now())),
            _ => Next::Over,
        })
    }

    /// Asks the provider and tells the pairing.
    async fn poll(&self, found: &Found, provider: &str, device_code: &Secret, poll: PollId) {
        let polled = match self.known_provider(provider) {
            Some(known) => timeout(POLL_TAKES, known.poll_device(device_code)).await,
            None => Ok(failed(Error::new(Code::ProviderDisabled, "the provider is gone from the settings"))),
        };
        let late = || failed(Error::new(Code::ProviderUnavailable, "a poll took too long"));
        let DevicePoll { outcome, retry_after } = polled.unwrap_or_else(|_| late());
        let (answer, logout) = answer(outcome);
        let event = Event::Answered { poll, answer, retry_after };
        // Tokens cannot be had again, so a store that fails for a moment must not lose them.
        let mut pauses = PAUSES.into_iter();
        loop {
            let answered = self.drive_pairing(found, &event, &|record| record.logout.clone_from(&logout)).await;
            match (answered, pauses.next()) {
                (Ok(Driven::Moved(record, _)), _) => {
                    tracing::debug!(status = record.view().status.as_str(), "a poll was answered");
                    if let DevicePairing::Denied(denied) = &record.pairing {
                        let trace_id = random::trace_id(self.randomness.as_ref());
                        let client = Client { trace_id, ..Client::default() };
                        self.audit(What::LoginRefused(denied.code), Some(provider), None, &client).await;
                    }
                    return;
                }
                (Ok(_), _) => return tracing::debug!("a poll's answer came too late and is dropped"),
                (Err(_), Some(pause)) => sleep(pause).await,
                (Err(error), None) => return tracing::warn!("a poll's answer is lost: {}", error.reason()),
            }
        }
    }
}

fn failed(error: Error) -> DevicePoll {
    let outcome = match error.code() {
        Code::ProviderUnavailable => DeviceOutcome::Unreachable(error),
        _ => DeviceOutcome::Failed(error),
    };
    DevicePoll { outcome, retry_after: None }
}

/// The poll's outcome in the machine's words, and what will end the provider's session.
fn answer(outcome: DeviceOutcome) -> (Answer, LogoutHints) {
    let answer = match outcome {
        DeviceOutcome::Approved(verified) => {
            let (identity, logout) = verified.into_parts();
            return (Answer::Tokens(Box::new(identity)), logout);
        }
        DeviceOutcome::AuthorizationPending => Answer::AuthorizationPending,
        DeviceOutcome::SlowDown => Answer::SlowDown,
        DeviceOutcome::AccessDenied => Answer::AccessDenied,
        DeviceOutcome::ExpiredToken => Answer::ExpiredToken,
        DeviceOutcome::Unreachable(error) => {
            tracing::debug!("the provider is not reached by a poll: {}", error.reason());
            Answer::Unreachable
        }
        DeviceOutcome::Failed(error) => {
            tracing::warn!(code = %error.code(), "a pairing fails: {}", error.reason());
            Answer::Failed(error.code())
        }
    };
    (answer, LogoutHints::default())
}
