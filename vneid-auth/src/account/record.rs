//! An account, as much of it as logins, links and one-time codes need.

use serde::{Deserialize, Serialize};

use crate::error::Language;
use crate::identity::{AccountId, CitizenId, PhoneNumber, Strength};
use crate::secret::{self, Secret};
use crate::time::Timestamp;

/// A local account. What a portal keeps beside it, in its own tables, is found by [`id`](Self::id).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// The portal's name for it.
    pub id: AccountId,
    /// Changes with every write; 0 until the first.
    #[serde(skip)]
    pub version: u64,
    /// Whether it is a citizen's or an official's.
    pub role: Role,
    /// Locked or closed: nobody gets in.
    pub closed: bool,
    /// What its owner logs in with where the portal has passwords of its own.
    pub username: Option<String>,
    /// The password, as an Argon2id string in PHC form; never the password itself.
    #[serde(with = "secret::at_rest_opt")]
    pub password: Option<Secret>,
    /// The ways in, the oldest first. A provider's subject is on one account.
    pub links: Vec<Link>,
    /// The citizen id. A number is on one account.
    pub citizen_id: Option<LinkedCitizenId>,
    /// The tax code of the enterprise or organisation whose account it is, without a hyphen. On one account.
    pub tax_code: Option<String>,
    /// Its phones, the oldest first, at most [`MAX_PHONES`]. Several accounts may share one.
    pub phones: Vec<Phone>,
    /// What its owner has yet to be told, the oldest first, at most [`MAX_NOTICES`].
    pub notices: Vec<Notice>,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// A citizen's, or an organisation's.
    #[default]
    Citizen,
    /// An official's (cán bộ).
    Official,
}

/// A way into an account: a provider, and its name for the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The provider's name at this portal.
    pub provider: String,
    /// The provider's name for the person.
    pub subject: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether the provider, when the person last came this way, asserted the number that the account has.
    pub asserts: bool,
}

/// A citizen id on an account, and how strongly it belongs there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedCitizenId {
    /// The number.
    pub number: CitizenId,
    /// How strongly.
    pub strength: Strength,
    /// The database was asked with the year of birth alone: the weaker match (domain.md §5.6).
    #[serde(default)]
    pub by_year: bool,
}

/// A phone of an account. Several accounts may share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// The number.
    pub number: PhoneNumber,
    /// Whether a code that was sent to it came back.
    pub verified: bool,
}

/// Something that its owner has yet to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notice {
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub what: Told,
}

/// What an account's owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Told {
    /// Its number went to the account of whom VNeID states it for.
    NumberMovedAway,
    /// Another account had its number until its owner came with VNeID.
    NumberMovedHere,
    /// Somebody who proved the account, or for whom VNeID states its number, comes in by one more way from now on.
    LinkAdded,
}

impl Notice {
    /// What is told, for whoever owns the account; it names nobody.
    pub fn text(&self, language: Language) -> &'static str {
        match (self.what, language) {
            (Told::NumberMovedAway, Language::Vietnamese) => {
                "Số CCCD trên tài khoản này đã được chuyển về tài khoản của người được VNeID xác thực là chủ số. Tài khoản \
                 này hiện không còn số CCCD."
            }
            (Told::NumberMovedAway, Language::English) => {
                "The CCCD number on this account went to the account of the person whom VNeID confirmed as its owner. This \
                 account has no number now."
            }
            (Told::NumberMovedHere, Language::Vietnamese) => {
                "Số CCCD của bạn trước đây từng được gắn với một tài khoản khác trên cổng; nay đã chuyển về tài khoản của \
                 bạn. Nếu không phải bạn đã gắn, hãy báo cho cổng."
            }
            (Told::NumberMovedHere, Language::English) => {
                "Another account on this portal had your CCCD number; it is on your account now. If it was not you who \
                 linked it there, please tell the portal."
            }
            (Told::LinkAdded, Language::Vietnamese) => {
                "Tài khoản này vừa có thêm một cách đăng nhập. Nếu không phải bạn đã xác nhận, hãy xóa liên kết đó và báo cho \
                 cổng."
            }
            (Told::LinkAdded, Language::English) => {
                "This account has one more way to log in. If it was not you who confirmed it, remove that link and tell the \
                 portal."
            }
        }
    }
}

/// How many phones an account may have.
pub const MAX_PHONES: usize = 10;

/// How many notices an account keeps; older ones make room.
pub const MAX_NOTICES: usize = 10;

impl Account {
    /// A citizen's account with nothing on it, not yet written.
    pub fn new(id: AccountId) -> Self {
        Self {
            id,
            version: 0,
            role: Role::Citizen,
            closed: false,
            username: None,
            password: None,
            links: Vec::new(),
            citizen_id: None,
            tax_code: None,
            phones: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// The link of this subject.
    pub fn link(&self, provider: &str, subject: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.provider == provider && link.subject == subject)
    }

    /// How strongly it has this number, if it has.
    pub fn strength_of(&self, number: &CitizenId) -> Option<Strength> {
        self.citizen_id.as_ref().filter(|linked| linked.number == *number).map(|linked| linked.strength)
    }

    /// The phone of this number.
    pub fn phone_mut(&mut self, number: &PhoneNumber) -> Option<&mut Phone> {
        self.phones.iter_mut().find(|phone| phone.number == *number)
    }

    /// Adds a phone that is not verified; one that is there stays as it is. Tells whether the account has it now.
    pub fn add_phone(&mut self, number: &PhoneNumber) -> bool {
        if self.phone_mut(number).is_some() {
            return true;
        }
        let room = self.phones.len() < MAX_PHONES;
        if room {
            self.phones.push(Phone { number: number.clone(), verified: false });
        }
        room
    }

    /// Adds something to tell.
    pub fn tell(&mut self, what: Told, at: Timestamp) {
        self.notices.push(Notice { at, what });
        let too_many = self.notices.len().saturating_sub(MAX_NOTICES);
        self.notices.drain(..too_many);
    }
}
