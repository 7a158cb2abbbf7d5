//! Drives a form that was interrupted: held for one browser and one account, offered again, sent once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::{Citizen, Inner, Requirement};
use crate::error::{Code, Error, Result};
use crate::flow::held_form::{Event, HeldForm as Held, Refusal};
use crate::identity::AccountId;
use crate::random::{held_id, token};
use crate::secret::Secret;
use crate::store::{Inserted, Kind, Limit};
use crate::time::Timestamp;

/// What counts as a large form.
const LARGE: usize = 8 * 1024;

/// How often a write is tried over when others write the same form.
const TRIES: usize = 4;

/// Where a held form is: its id, which stands in addresses, and the secret in the cookie of the browser that sent it.
/// Without both there is nothing.
#[derive(Clone, Debug)]
pub(crate) struct HeldAt {
    pub(crate) id: String,
    pub(crate) browser: Secret,
}

impl HeldAt {
    fn by(&self) -> [&str; 2] {
        [&self.id, self.browser.expose()]
    }
}

/// A form as a browser sent it, checked: at most [`MAX_HELD_FORM`](crate::web::MAX_HELD_FORM) bytes, percent-encoded
/// UTF-8.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    /// The path that it is for, and the query.
    pub(crate) path: String,
    pub(crate) fields: Secret,
}

/// A held form at rest, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HeldRecord {
    held: Held,
    /// The path that it is for, and the query: it is sent nowhere else.
    pub(crate) path: String,
    /// What that page demands.
    pub(crate) requirement: Requirement,
    /// The page of the portal's own that offers it.
    pub(crate) page: Option<String>,
}

impl HeldRecord {
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.held.expires_at()
    }

    /// Whether nobody has opened it yet.
    pub(crate) fn is_nobodys(&self) -> bool {
        self.held.waiting().is_some_and(|form| form.owner.is_none())
    }

    /// What was typed, as long as it waits.
    pub(crate) fn fields(&self) -> &str {
        self.held.waiting().map_or("", |form| form.fields.expose())
    }
}

/// Why a held form is not had.
#[derive(Debug)]
pub(crate) enum Unheld {
    /// It is not there, or no longer.
    Gone,
    /// It is another account's.
    NotYours,
    /// It was sent already; the portal's page that offered it.
    Sent(Option<String>),
    /// The store failed.
    Error(Error),
}

impl From<Error> for Unheld {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Unheld> for Error {
    /// That a form is another account's is nobody else's business.
    fn from(unheld: Unheld) -> Self {
        match unheld {
            Unheld::Gone => Self::new(Code::HeldFormGone, "no such form is held in this browser"),
            Unheld::NotYours => Self::new(Code::HeldFormGone, "the held form is another account's"),
            Unheld::Sent(_) => Self::new(Code::HeldFormSent, "the held form was sent already"),
            Unheld::Error(error) => error,
        }
    }
}

/// A citizen who is let through to one of the portal's own pages by [`Portal::guard_form`](super::Portal::guard_form).
#[derive(Debug)]
#[non_exhaustive]
pub struct Admitted {
    /// The citizen.
    pub citizen: Citizen,
    /// The held form that goes through with them, if one does: the handler must be let finish, though the browser goes
    /// away, and what it cannot take (a `5xx`) given back with [`Portal::not_sent`](super::Portal::not_sent).
    pub sent: Option<SentForm>,
}

/// A form that was given to the portal's handler, in case that cannot take it.
#[derive(Debug)]
pub struct SentForm {
    at: HeldAt,
    fields: Secret,
}

/// A form that was interrupted and is to be offered to its citizen again, by a page of the portal's own.
///
/// The page fills its fields in and sends its form, by `POST`, to [`action`](Self::action); what the citizen changed
/// counts. Its fields print masked.
#[derive(Clone, Debug)]
pub struct HeldForm {
    pub(crate) action: String,
    pub(crate) remove: String,
    pub(crate) record: HeldRecord,
}

impl HeldForm {
    /// Where the form is to be sent: the path that it was meant for, with what marks it as this form, so that it is sent
    /// once.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Where a `POST` drops it ("Bỏ").
    pub fn remove_path(&self) -> &str {
        &self.remove
    }

    /// What was typed, as the browser sent it: `application/x-www-form-urlencoded`.
    pub fn body(&self) -> &str {
        self.record.fields()
    }

    /// Names and values, decoded, in the order of the form.
    pub fn fields(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.body().as_bytes()).into_owned().collect()
    }

    /// From when on it is gone.
    pub fn expires_at(&self) -> Timestamp {
        self.record.expires_at()
    }
}

impl Inner {
    /// A place for one more form.
    pub(crate) fn place_for_form(&self) -> Result<HeldAt> {
        let randomness = self.randomness.as_ref();
        Ok(HeldAt { id: held_id(randomness)?, browser: token(randomness)? })
    }

    /// Holds a form there. A store that is full or down holds nothing of it.
    pub(crate) async fn hold_form(
        &self,
        at: &HeldAt,
        typed: &Typed,
        owner: Option<&AccountId>,
        (requirement, page): (&Requirement, Option<String>),
        bucket: &str,
    ) -> Result<()> {
        self.count_form(typed, bucket).await?;
        let now = self.now();
        let until = now.plus(self.policy.held_form_lifetime);
        let record = HeldRecord {
            held: Held::start(owner.cloned(), typed.fields.clone(), until),
            path: typed.path.clone(),
            requirement: *requirement,
            page,
        };
        match self.vault.insert(Kind::HeldForm, &at.by(), &record, until, vec![], now).await? {
            Inserted::Kept => Ok(()),
            Inserted::Exists | Inserted::Ended => {
                Err(Error::new(Code::ServiceUnavailable, "a random form id came twice"))
            }
        }
    }

    /// A held form was sent and interrupted once more: what it holds now takes the place of what it held.
    pub(crate) async fn hold_form_again(
        &self,
        at: &HeldAt,
        typed: &Typed,
        by: Option<&AccountId>,
        bucket: &str,
    ) -> Result<(), Unheld> {
        self.count_form(typed, bucket).await?;
        let until = self.now().plus(self.policy.held_form_lifetime);
        let event = Event::TypedAgain { by: by.cloned(), fields: typed.fields.clone(), until };
        self.drive_form(at, event).await.map(|_| ())
    }

    async fn count_form(&self, typed: &Typed, bucket: &str) -> Result<()> {
        let per = self.policy.held_form_lifetime;
        let forms = Limit { name: "held forms of an address", count: self.policy.held_forms_of_an_address, per };
        self.count(&forms, bucket).await?;
        if typed.fields.expose().len() > LARGE {
            let count = self.policy.large_held_forms_of_an_address;
            self.count(&Limit { name: "large held forms of an address", count, per }, bucket).await?;
        }
        Ok(())
    }

    /// What is held there, for whomever: not to be shown.
    pub(crate) async fn look_at_form(&self, at: &HeldAt) -> Result<HeldRecord, Unheld> {
        let loaded = self.vault.load::<HeldRecord>(Kind::HeldForm, &at.by()).await?;
        let record = loaded.ok_or(Unheld::Gone)?.value;
        match record.held.waiting() {
            _ if self.now() >= record.expires_at() => Err(Unheld::Gone),
            Some(_) => Ok(record),
            None => Err(Unheld::Sent(record.page)),
        }
    }

    /// The form as this account may see it. Whoever is the first to is whose it is from then on.
    pub(crate) async fn open_form(&self, at: &HeldAt, account: &AccountId) -> Result<HeldRecord, Unheld> {
        let (_, record) = self.drive_form(at, Event::Opened(account.clone())).await?;
        Ok(record)
    }

    /// This account sends the form: of any number of clicks one gets it.
    pub(crate) async fn send_form(&self, at: &HeldAt, account: &AccountId) -> Result<SentForm, Unheld> {
        let (was, _) = self.drive_form(at, Event::Sends(account.clone())).await?;
        Ok(SentForm { at: at.clone(), fields: Secret::from(was.fields()) })
    }

    /// The portal's handler could not take the form: it waits again. Safe to lose: the browser still has it.
    pub(crate) async fn form_not_sent(&self, form: SentForm) {
        if let Err(Unheld::Error(error)) = self.drive_form(&form.at, Event::NotSent { fields: form.fields }).await {
            tracing::warn!("a form that could not be sent is not held again: {error}");
        }
    }

    /// Drops the form, whatever became of it.
    pub(crate) async fn drop_form(&self, at: &HeldAt) -> Result<()> {
        self.vault.take::<HeldRecord>(Kind::HeldForm, &at.by()).await.map(|_| ())
    }

    /// One step of the machine: load, ask, save if nobody else has.
    async fn drive_form(&self, at: &HeldAt, event: Event) -> Result<(HeldRecord, HeldRecord), Unheld> {
        for _ in 0..TRIES {
            let loaded = self.vault.load::<HeldRecord>(Kind::HeldForm, &at.by()).await?.ok_or(Unheld::Gone)?;
            let was = loaded.value.clone();
            let (held, effects) = was.held.on(event.clone(), self.now()).map_err(|refusal| match refusal {
                Refusal::NotYours => Unheld::NotYours,
                Refusal::AlreadySent => Unheld::Sent(was.page.clone()),
                Refusal::Gone | Refusal::OutOfTurn => Unheld::Gone,
            })?;
            let next = HeldRecord { held, ..was.clone() };
            if effects.is_empty() || self.vault.replace(&loaded, &next, next.expires_at()).await? {
                return Ok((was, next));
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "a held form was written too often at once").retry_after(SOON).into())
    }
}

const SOON: Duration = Duration::from_secs(1);
