//! An account's phones: what a one-time code may go to.

use serde::Serialize;

use super::{Citizen, Client, Inner, Portal, Purpose};
use crate::account::{Account, By};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::identity::{AccountId, PhoneNumber};

/// A phone of the citizen's account, as they may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CitizenPhone {
    /// Its name in the routes: opaque, and good for this account alone.
    pub id: String,
    /// `090****289`
    pub masked: String,
    /// Whether codes go to it unless another is chosen: the first that is verified, else the first.
    pub default: bool,
    /// Whether a code that was sent to it came back.
    pub verified: bool,
    #[serde(skip)]
    number: PhoneNumber,
    /// Whether the provider said in this login that it is theirs.
    #[serde(skip)]
    stated: bool,
}

impl CitizenPhone {
    pub(crate) fn number(&self) -> &PhoneNumber {
        &self.number
    }

    /// Whether such a code may go to it. To show that it is them, a citizen uses a phone that is known to be theirs
    /// already: by an earlier code, or because the provider says so.
    pub(crate) fn takes(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::VerifyPhone => true,
            Purpose::StepUp => self.verified || self.stated,
            Purpose::Recover => false,
        }
    }
}

impl Portal {
    /// The phones of a citizen's account, for the portal's own account page. Adding, confirming and removing them are the
    /// routes' (contract.md §1).
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] when the accounts cannot be reached.
    pub async fn phones(&self, citizen: &Citizen) -> Result<Vec<CitizenPhone>> {
        self.inner().phones_of(citizen).await
    }
}

impl Inner {
    pub(crate) async fn phones_of(&self, citizen: &Citizen) -> Result<Vec<CitizenPhone>> {
        let phones = self.accounts.find(By::Id(citizen.account())).await?.map(|account| account.phones);
        let phones = phones.unwrap_or_default();
        let default = phones.iter().position(|phone| phone.verified).unwrap_or(0);
        let phone = |(at, phone): (usize, crate::account::Phone)| CitizenPhone {
            id: self.phone_id(citizen.account(), &phone.number),
            masked: phone.number.masked(),
            default: at == default,
            verified: phone.verified,
            stated: citizen.profile().phone.as_ref() == Some(&phone.number),
            number: phone.number,
        };
        Ok(phones.into_iter().enumerate().map(phone).collect())
    }

    /// A keyed hash over account and number: it tells neither, and another account's names nothing here.
    fn phone_id(&self, account: &AccountId, number: &PhoneNumber) -> String {
        let tag = self.vault.tag(&["phone", account.as_str(), number.expose()]);
        tag.0.chars().take(32).collect()
    }

    /// The account's phone of this id.
    pub(crate) async fn phone(&self, citizen: &Citizen, id: &str) -> Result<CitizenPhone> {
        let phones = self.phones_of(citizen).await?;
        let phone = phones.into_iter().find(|phone| phone.id == id);
        phone.ok_or_else(|| Error::new(Code::PhoneNotFound, "the account has no phone of this id"))
    }

    /// The phones that a code of this purpose may go to; none where codes cannot be sent.
    pub(crate) async fn phones_for(&self, citizen: &Citizen, purpose: Purpose) -> Result<Vec<CitizenPhone>> {
        if self.sms.is_none() {
            return Ok(vec![]);
        }
        let mut phones = self.phones_of(citizen).await?;
        phones.retain(|phone| phone.takes(purpose));
        Ok(phones)
    }

    /// Whether the citizen has shown recently enough who they are to add a phone: with a phone of their own, whoever has
    /// got hold of a session could show whatever is asked of it later.
    pub(crate) fn may_add_phone(&self, citizen: &Citizen) -> bool {
        self.is_fresh(citizen)
    }

    /// Adds a phone, not confirmed yet; one that is there stays as it is.
    pub(crate) async fn add_phone(&self, citizen: &Citizen, typed: &str, client: &Client) -> Result<CitizenPhone> {
        let number: PhoneNumber =
            typed.trim().parse().map_err(|_| Error::new(Code::PhoneMalformed, "what was typed is no mobile number"))?;
        if !self.may_add_phone(citizen) {
            return Err(Error::new(Code::StepUpRequired, "a phone is added after a fresh proof"));
        }
        let id = self.phone_id(citizen.account(), &number);
        let before = self.phones_of(citizen).await?;
        if let Some(there) = before.into_iter().find(|phone| phone.id == id) {
            return Ok(there);
        }
        let add = |account: &mut Account| match account.add_phone(&number) {
            true => Ok(()),
            false => Err(Error::new(Code::FieldInvalid, "the account has as many phones as it may")),
        };
        self.change_account(citizen.account(), add).await?;
        self.audit(What::PhoneAdded, None, Some(citizen.account()), client).await;
        self.phone(citizen, &id).await
    }

    /// Removes a phone; a code that is on its way to it is worth nothing then.
    pub(crate) async fn remove_phone(&self, citizen: &Citizen, id: &str, client: &Client) -> Result<()> {
        let phone = self.phone(citizen, id).await?;
        let remove = |account: &mut Account| {
            account.phones.retain(|other| other.number != *phone.number());
            Ok(())
        };
        let (was, ()) = self.change_account(citizen.account(), remove).await?;
        if !was.phones.iter().any(|other| other.number == *phone.number()) {
            return Err(Error::new(Code::PhoneNotFound, "the phone was removed meanwhile"));
        }
        self.audit(What::PhoneRemoved, None, Some(citizen.account()), client).await;
        Ok(())
    }
}
