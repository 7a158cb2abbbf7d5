//! Logins by QR code: the core's machine over a table in memory, for the codes on login pages and for device codes.
//!
//! Every event goes one way, [`Pairings::drive`]: load → `on` → save if unchanged → the caller carries out the effects.
//! A device that asks for a code (RFC 8628) is a browser here whose secret is the device code; who types its user code
//! scans the payload that no screen shows.

mod book;
mod code;

use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use vneid_auth::flow::browser::BrowserHash;
use vneid_auth::flow::pairing::{
    Ask, Effect, Event, Pairing, PairingPolicy, Payload, PayloadKey, Refusal, Renewal, Standing,
};
use vneid_auth::identity::{AccountId, Level};
use vneid_auth::secret::Secret;
use vneid_auth::time::Timestamp;

use crate::entropy::{Entropy, fingerprint};
use crate::sso::House;
use crate::sync::lock;
use crate::world::World;
use book::Book;
pub(crate) use code::{Code, LENGTH, LETTERS, device_link, grouped, image, link, normal_user_code};

/// How often an event is tried again whose pairing somebody else changed meanwhile. Each time somebody got further.
const ATTEMPTS: u8 = 16;

/// The longest name of a browser that is remembered.
const LONGEST_USER_AGENT: usize = 512;

/// How a code on a login page behaves where it is renewed by itself: the project's numbers.
pub(crate) fn renewed() -> PairingPolicy {
    PairingPolicy::default()
}

/// How it behaves at `/vneid`, as observed: one picture until the citizen asks for another ("Tải lại").
pub(crate) fn fixed() -> PairingPolicy {
    let policy = PairingPolicy::default();
    PairingPolicy { renewal: Renewal::OnRequest { good_for: policy.shown_for }, ..policy }
}

/// How a device code behaves: nobody sees its payload, and people need time to find their phone.
pub(crate) fn device() -> PairingPolicy {
    let shown_for = Duration::from_secs(600);
    PairingPolicy { renewal: Renewal::OnRequest { good_for: shown_for }, shown_for, ..PairingPolicy::default() }
}

/// All pairings.
pub(crate) struct Pairings {
    book: Mutex<Book>,
    key: PayloadKey,
}

/// A pairing, and what it is for.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) machine: Pairing,
    /// Where the browser will be logged in.
    pub(crate) house: House,
    /// What a device shows in place of a QR code.
    pub(crate) user_code: Option<String>,
    browser: BrowserHash,
}

/// A code that is asked for.
pub(crate) struct Request<'a> {
    /// What only the browser, or the device, knows.
    pub(crate) secret: &'a str,
    /// The portal, as it is called.
    pub(crate) relying_party: &'a str,
    /// The browser, as it calls itself.
    pub(crate) user_agent: &'a str,
    pub(crate) address: IpAddr,
    pub(crate) house: House,
    pub(crate) user_code: Option<String>,
    pub(crate) policy: PairingPolicy,
    /// Against whose share of the table it counts.
    pub(crate) opener: String,
}

impl Pairings {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { book: Mutex::new(Book::new()), key: PayloadKey::new(key) }
    }

    /// Begins a pairing; its id comes back. One that the same browser had is cancelled: a screen shows one code.
    pub(crate) fn begin(&self, request: Request<'_>, entropy: &Entropy, now: Timestamp) -> String {
        let browser = browser(request.secret);
        if let Some(before) = self.of_browser(request.secret, now) {
            // One that is over already refuses.
            let _ = self.drive(&before, &Event::Cancel { browser }, now);
        }
        let transaction = entropy.id();
        let ask = Ask {
            transaction: transaction.clone(),
            browser,
            relying_party: request.relying_party.to_owned(),
            user_agent: request.user_agent.chars().take(LONGEST_USER_AGENT).collect(),
            address: request.address,
            policy: request.policy,
        };
        let machine = Pairing::start(ask, now);
        let kept = Kept { machine, house: request.house, user_code: request.user_code, browser };
        lock(&self.book).insert(&transaction, kept, fingerprint(request.secret), request.opener, now);
        transaction
    }

    /// The pairing with this id, whoever asks.
    pub(crate) fn find(&self, id: &str, now: Timestamp) -> Option<Kept> {
        lock(&self.book).get(id, now).cloned()
    }

    /// The newest pairing of a browser or a device.
    pub(crate) fn of_browser(&self, secret: &str, now: Timestamp) -> Option<String> {
        lock(&self.book).of_secret(&fingerprint(secret), now)
    }

    /// The pairing with this user code.
    pub(crate) fn of_user_code(&self, user_code: &str, now: Timestamp) -> Option<String> {
        lock(&self.book).of_user_code(user_code, now)
    }

    /// The pairing as its own browser sees it; to any other there is none.
    pub(crate) fn look(&self, id: &str, secret: &str, now: Timestamp) -> Option<Kept> {
        let (kept, _) = self.drive(id, &Event::Look { browser: browser(secret) }, now).ok()?;
        Some(kept)
    }

    /// The payload that its screen shows now.
    pub(crate) fn payload(&self, kept: &Kept, now: Timestamp) -> Option<Payload> {
        kept.machine.payload(&self.key, now)
    }

    /// Ends a pairing as if its time had passed; false when there is none that waits.
    pub(crate) fn expire(&self, id: &str, now: Timestamp) -> bool {
        let Some(kept) = self.find(id, now) else {
            return false;
        };
        let Some(end) = kept.machine.waits_until() else {
            return false;
        };
        let late = kept.machine.on(&Event::Look { browser: kept.browser }, &self.key, end);
        late.is_ok_and(|(after, _)| self.save(id, &kept.machine, after, now))
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        lock(&self.book).clear();
    }

    /// Tells a pairing what happened. What comes back is to be carried out, once.
    ///
    /// # Errors
    /// The machine's refusal; a stranger's when there is no such pairing.
    pub(crate) fn drive(&self, id: &str, event: &Event, now: Timestamp) -> Result<(Kept, Vec<Effect>), Refusal> {
        for _ in 0..ATTEMPTS {
            let kept = self.find(id, now).ok_or(Refusal::Stranger)?;
            let (after, effects) = kept.machine.on(event, &self.key, now)?;
            if self.save(id, &kept.machine, after.clone(), now) {
                return Ok((Kept { machine: after, ..kept }, effects));
            }
        }
        Err(Refusal::OutOfTurn)
    }

    /// Saves the next state if the one that it follows from still stands.
    fn save(&self, id: &str, before: &Pairing, after: Pairing, now: Timestamp) -> bool {
        let mut book = lock(&self.book);
        match book.get_mut(id, now).filter(|kept| kept.machine == *before) {
            Some(kept) => {
                kept.machine = after;
                true
            }
            None => false,
        }
    }
}

/// The browser, as the machine remembers it.
pub(crate) fn browser(secret: &str) -> BrowserHash {
    BrowserHash::of(&Secret::from(secret))
}

/// Tells a pairing what happened and carries out what follows. The account to log in comes back, to the one request
/// that completes the pairing.
///
/// # Errors
/// The machine's refusal.
pub(crate) fn tell(world: &World, id: &str, event: &Event, now: Timestamp) -> Result<Option<AccountId>, Refusal> {
    let (kept, effects) = world.pairings.drive(id, event, now)?;
    let mut to_log_in = None;
    for effect in effects {
        match effect {
            Effect::LookUp(phone) => {
                let standing = standing(world, phone.account.as_str(), kept.house, now);
                tell(world, id, &Event::Account { phone, standing }, now)?;
            }
            Effect::LogIn(account) => to_log_in = Some(account),
            Effect::SignAppOut(phone) => world.phones.sign_out(&phone.device),
            // The app's page and the browser's say what the state is: both ask by themselves.
            Effect::AskApp(_) | Effect::AskPermission | Effect::LetBrowserGoOn => {}
        }
    }
    Ok(to_log_in)
}

/// What is known of an account now. One that the house does not know has no level there.
pub(crate) fn standing(world: &World, username: &str, house: House, now: Timestamp) -> Standing {
    let citizen = world.accounts.find(username);
    let locked =
        citizen.as_ref().is_none_or(|citizen| citizen.closed) || world.accounts.locked_until(username, now).is_some();
    let known = citizen.as_ref().filter(|citizen| citizen.has_account_with(house));
    Standing {
        level: known.and_then(|citizen| Level::new(citizen.level)),
        web_login: citizen.is_some_and(|citizen| citizen.web_login),
        locked,
    }
}

/// The pairing that a code claims to be of, whoever asks and whether it is good or not.
pub(crate) fn id_of(world: &World, text: &str, now: Timestamp) -> Option<String> {
    match Code::read(&world.base, text)? {
        Code::Payload(payload) => Some(payload.transaction().to_owned()),
        Code::UserCode(user_code) => world.pairings.of_user_code(&user_code, now),
    }
}

/// Where a pairing stands, as programs are told.
pub(crate) fn status(machine: &Pairing) -> &'static str {
    match machine {
        Pairing::Displayed(_) => "displayed",
        Pairing::Scanned(_) => "scanned",
        Pairing::PermissionRequired(_) => "permission_required",
        Pairing::AwaitingConfirmation(_) => "awaiting_confirmation",
        Pairing::Confirmed(_) => "confirmed",
        Pairing::Completed(_) => "completed",
        Pairing::Declined(_) => "declined",
        Pairing::Refused(_) => "refused",
        Pairing::Cancelled(_) => "cancelled",
        Pairing::Expired(_) => "expired",
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    #[test]
    fn d82_what_somebody_else_changed_meanwhile_is_not_written_over() {
        let (pairings, entropy) = (Pairings::new(&[7; 32]), Entropy::new(Some(1)));
        let request = Request {
            secret: "secret",
            relying_party: "portal",
            user_agent: "",
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            house: House::Oidc,
            user_code: None,
            policy: renewed(),
            opener: "here".to_owned(),
        };
        let id = pairings.begin(request, &entropy, START);
        let before = pairings.find(&id, START).unwrap().machine;
        pairings.drive(&id, &Event::Cancel { browser: browser("secret") }, START).unwrap();
        assert!(!pairings.save(&id, &before, before.clone(), START), "it was cancelled in between");
        assert_eq!(status(&pairings.look(&id, "secret", START).unwrap().machine), "cancelled");
        assert!(pairings.look(&id, "another", START).is_none());
    }
}
