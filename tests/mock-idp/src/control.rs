//! The tester's hand in the machine: faults, time, keys, citizens, and what was asked and sent.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use vneid_auth::time::{Clock as _, Timestamp};

use crate::citizen::Citizen;
use crate::client::SigningAlg;
use crate::fault::{Fault, Ordered};
use crate::inbox::Sms;
use crate::journal::Asked;
use crate::jwt;
use crate::keys::{KeyFailure, Keyring};
use crate::realm;
use crate::realm::dvcqg::Dvcqg;
use crate::realm::oidc::Oidc;
use crate::realm::vneid::Vneid;
use crate::sso::House;
use crate::world::World;

/// Everything that `POST /control/…` can do, as calls.
#[derive(Clone)]
pub struct Control {
    pub(crate) world: Arc<World>,
    pub(crate) oidc: Arc<Oidc>,
    pub(crate) dvcqg: Arc<Dvcqg>,
    pub(crate) vneid: Arc<Vneid>,
}

/// The key that a minted token is signed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MintKey {
    /// The RSA key that signs now.
    #[default]
    Current,
    /// The RSA key before the last rotation.
    Old,
    /// A key that was never published.
    Foreign,
    /// The P-256 key.
    Es256,
}

/// A change to a citizen; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CitizenEdit {
    /// The level, 1 or 2.
    pub level: Option<u8>,
    /// Whether web login is on.
    pub web_login: Option<bool>,
    /// Whether the account is closed.
    pub closed: Option<bool>,
    /// The password.
    pub password: Option<String>,
    /// The whole name.
    pub full_name: Option<String>,
    /// The phones, the default one first.
    pub phones: Option<Vec<String>>,
}

/// Faults that were ordered for a number of times and did not happen as often.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("ordered faults that did not happen: {0:?}")]
pub struct UnusedFaults(pub Vec<Ordered>);

impl Control {
    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        self.world.faults.order(fault);
    }

    /// The faults on order, consumed or not.
    pub fn faults(&self) -> Vec<Ordered> {
        self.world.faults.list()
    }

    /// Cancels all faults.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// For the end of a test: whether every fault that was ordered happened, those for a number of times that often.
    ///
    /// # Errors
    /// Those that did not.
    pub fn check_faults(&self) -> Result<(), UnusedFaults> {
        let unused = |order: &Ordered| match order.fault.when.next {
            Some(_) => !order.consumed,
            None => order.used == 0,
        };
        let unused: Vec<Ordered> = self.faults().into_iter().filter(unused).collect();
        if unused.is_empty() { Ok(()) } else { Err(UnusedFaults(unused)) }
    }

    /// The time here.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// Stops the clock; [`Control::advance`] still moves it.
    pub fn freeze(&self) {
        self.world.clock.freeze();
    }

    /// Stops the clock at this time.
    pub fn freeze_at(&self, at: Timestamp) {
        self.world.clock.freeze_at(at);
    }

    /// Lets the clock run again.
    pub fn unfreeze(&self) {
        self.world.clock.resume();
    }

    /// Signs with a new RSA key from now on and returns its key id; the old one stays published for an hour.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate_keys(&self) -> Result<String, KeyFailure> {
        self.rotate_keys_of("oidc")
    }

    /// The same for a realm: `oidc`, `dvcqg`, or `vneid`, whose keys `vneid-sealed` shares.
    ///
    /// # Errors
    /// When there is no such realm, or no key can be made.
    pub fn rotate_keys_of(&self, realm: &str) -> Result<String, KeyFailure> {
        self.keys_of(realm)?.rotate(self.now())
    }

    fn keys_of(&self, realm: &str) -> Result<&Keyring, KeyFailure> {
        match realm {
            "oidc" => Ok(&self.oidc.keys),
            "dvcqg" => Ok(&self.dvcqg.keys),
            "vneid" | "vneid-sealed" => Ok(&self.vneid.keys),
            _ => Err(KeyFailure),
        }
    }

    /// All messages, newest first.
    pub fn sms(&self) -> Vec<Sms> {
        self.world.inbox.list(None, self.now())
    }

    /// The newest one-time code that was sent to this phone.
    pub fn last_code(&self, phone: &str) -> Option<String> {
        self.world.inbox.list(Some(phone), self.now()).into_iter().next().map(|sms| sms.code)
    }

    /// What was asked, oldest first.
    pub fn journal(&self) -> Vec<Asked> {
        self.world.journal.list()
    }

    /// How often a route was asked, such as `/oidc/token`.
    pub fn asked(&self, route: &str) -> usize {
        self.journal().iter().filter(|asked| asked.route == route).count()
    }

    /// The citizens as they are now.
    pub fn citizens(&self) -> Vec<Citizen> {
        self.world.accounts.all()
    }

    /// Changes a citizen by their user name; false when there is none.
    pub fn edit_citizen(&self, username: &str, change: impl FnOnce(&mut Citizen)) -> bool {
        self.world.accounts.edit(username, change)
    }

    /// Until when too many wrong tries lock this user name.
    pub fn locked_until(&self, username: &str) -> Option<Timestamp> {
        self.world.accounts.locked_until(username, self.now())
    }

    /// Forgets the wrong tries of a user name.
    pub fn unlock(&self, username: &str) {
        self.world.accounts.unlock(username, self.now());
    }

    /// As at the start: no sessions, codes, tokens, messages, faults or journal, the seeded citizens, the base clock. Keys stay.
    pub fn reset(&self) {
        let world = &self.world;
        world.accounts.reset();
        world.inbox.clear();
        for house in [House::Oidc, House::Dvcqg, House::Vneid] {
            world.sso(house).clear();
        }
        world.consents.clear();
        world.interactions.clear();
        world.pairings.clear();
        world.phones.clear();
        world.user_code_tries.clear();
        world.faults.clear();
        world.journal.clear();
        world.clock.reset();
        self.oidc.reset();
        self.dvcqg.reset();
        self.vneid.reset();
    }

    /// Signs any header and claims: an id_token, an access token, a logout token that this provider could have issued,
    /// or should not have. `alg` and `kid` of the key are filled in where the header has none.
    ///
    /// # Errors
    /// When the key cannot sign, or there is no old one.
    pub fn mint(
        &self,
        header: &Map<String, Value>,
        claims: &Map<String, Value>,
        key: MintKey,
    ) -> Result<String, KeyFailure> {
        self.mint_of("oidc", header, claims, key)
    }

    /// The same with the keys of a realm, as [`Control::rotate_keys_of`] names it.
    ///
    /// # Errors
    /// When there is no such realm, the key cannot sign, or there is no old one.
    pub fn mint_of(
        &self,
        realm: &str,
        header: &Map<String, Value>,
        claims: &Map<String, Value>,
        key: MintKey,
    ) -> Result<String, KeyFailure> {
        let keys = self.keys_of(realm)?;
        let key = match key {
            MintKey::Current => keys.current(SigningAlg::Rs256),
            MintKey::Old => keys.old().ok_or(KeyFailure)?,
            MintKey::Foreign => keys.foreign()?,
            MintKey::Es256 => keys.current(SigningAlg::Es256),
        };
        let mut whole = realm::header(key.alg(), &key.kid);
        whole.extend(header.clone());
        jwt::sign(&whole, claims, &key)
    }
}

impl CitizenEdit {
    /// Makes the change.
    pub fn apply(self, citizen: &mut Citizen) {
        fn set<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        set(&mut citizen.level, self.level);
        set(&mut citizen.web_login, self.web_login);
        set(&mut citizen.closed, self.closed);
        set(&mut citizen.password, self.password);
        set(&mut citizen.full_name, self.full_name);
        set(&mut citizen.phones, self.phones);
    }
}
