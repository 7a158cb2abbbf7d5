//! The citizen's account: who chooses one, what is linked to it, how a link goes, how all of it goes.

use std::time::Duration;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::Serialize;

use super::resolve::{Outcome, Pending};
use super::{Citizen, Client, Inner, Landing, Portal, Sessions};
use crate::account::{Account, By, Notice, Saved};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::resolution::{Event, NewAccounts};
use crate::identity::{AccountId, Identity, Strength};
use crate::secret::Secret;
use crate::store::Limit;

/// How often a change is tried against others of the same account.
const TRIES: usize = 8;

/// A citizen's account, as they may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CitizenAccount {
    /// What they log in with where the portal has passwords of its own.
    pub username: Option<String>,
    /// The ways in, the oldest first.
    pub links: Vec<CitizenLink>,
    /// The citizen id, masked, and how strongly it is theirs.
    pub citizen_id: Option<(String, Strength)>,
    /// What they have yet to be told.
    pub notices: Vec<Notice>,
}

/// A way into an account, as its owner may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CitizenLink {
    /// The provider's name at this portal.
    pub provider: String,
    /// The provider's name for the person (TechID, where it has one), masked.
    pub subject: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// How a citizen who has to choose may prove the account.
pub(crate) struct Proofs {
    /// Whom the proof lets into the account from then on: the provider, what it calls them, and its name for them, masked.
    pub(crate) person: (String, Option<String>, String),
    /// With its password.
    pub(crate) password: bool,
    /// By logging in through one of these.
    pub(crate) providers: Vec<String>,
    /// A new account may be had instead.
    pub(crate) new: bool,
    /// The account that is known, as opposed to one that the citizen may remember.
    pub(crate) known: bool,
}

impl Portal {
    /// A citizen's account, for the portal's own account page.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] when the accounts cannot be reached, [`Code::AccountRefused`] when it is gone.
    pub async fn account(&self, citizen: &Citizen) -> Result<CitizenAccount> {
        self.inner().account_of(citizen).await
    }

    /// Erases an account: ends its sessions, removes it with its links, its number and its phones. What the audit trail
    /// says of it stays, under the account's id, which then names nobody. What the portal keeps in its own tables is the
    /// portal's to erase. Tells whether there was such an account.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] when the store or the accounts cannot be reached; then the caller tries again.
    pub async fn erase(&self, account: &AccountId) -> Result<bool> {
        self.inner().erase(account).await
    }
}

impl Inner {
    /// The account itself, as it is now.
    pub(super) async fn own_account(&self, citizen: &Citizen) -> Result<Account> {
        let account = self.accounts.find(By::Id(citizen.account())).await?;
        account.ok_or_else(|| Error::new(Code::AccountRefused, "the account is gone"))
    }

    /// Changes an account if it is unchanged since it was read, again and again until it is; `change` says what it did, or
    /// why not. The account as it was before, and what was said.
    pub(super) async fn change_account<T: Send>(
        &self,
        id: &AccountId,
        change: impl Fn(&mut Account) -> Result<T> + Send + Sync,
    ) -> Result<(Account, T)> {
        for _ in 0..TRIES {
            let was = self.accounts.find(By::Id(id)).await?;
            let was = was.ok_or_else(|| Error::new(Code::AccountRefused, "the account is gone"))?;
            let mut account = was.clone();
            let said = change(&mut account)?;
            if account == was || self.accounts.save(&[account]).await? == Saved::Done {
                return Ok((was, said));
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "an account is changed by too many at once"))
    }

    pub(crate) async fn account_of(&self, citizen: &Citizen) -> Result<CitizenAccount> {
        let account = self.own_account(citizen).await?;
        let link = |link: &crate::account::Link| CitizenLink {
            provider: link.provider.clone(),
            subject: masked(&link.subject),
            since: link.since.to_rfc3339(),
        };
        Ok(CitizenAccount {
            username: account.username,
            links: account.links.iter().map(link).collect(),
            citizen_id: account.citizen_id.map(|linked| (linked.number.masked(), linked.strength)),
            notices: account.notices,
        })
    }

    /// How the account of who chooses may be proved.
    pub(crate) async fn proofs(&self, pending: &Pending) -> Result<Proofs> {
        let new = self.policy.new_accounts != NewAccounts::Never;
        let who = pending.identity();
        let name = who.profile.full_name.as_ref().map(|name| name.expose().to_owned());
        let person = (who.provider.clone(), name, masked(&who.subject));
        let Some(holder) = pending.holder() else {
            return Ok(Proofs { person, password: true, providers: vec![], new, known: false });
        };
        let account = self.accounts.find(By::Id(holder)).await?;
        let mut providers: Vec<String> = Vec::new();
        for link in account.iter().flat_map(|account| &account.links) {
            if !providers.contains(&link.provider) && self.provider(&link.provider).is_ok() {
                providers.push(link.provider.clone());
            }
        }
        let password = account.is_some_and(|account| account.username.is_some());
        Ok(Proofs { person, password, providers, new, known: true })
    }

    /// The citizen proves the account by its password.
    pub(crate) async fn link_by_password(
        &self,
        secret: &Secret,
        username: &str,
        password: &Secret,
        old: Option<&Secret>,
        bucket: &str,
        client: &Client,
    ) -> Result<Landing> {
        let pending = self.pending_of(secret).await?;
        let username = nfc(username);
        self.count_tries_of(bucket, pending.identity()).await?;
        let account = self.accounts.find(By::Username(&username)).await?;
        // Where one account is asked about, no password of another proves anything: it is not even looked at, and its
        // owner's tries are not used up by whoever types their name.
        let account = account.filter(|account| pending.holder().is_none_or(|holder| *holder == account.id));
        if account.is_some() || pending.holder().is_none() {
            self.count_tries_at(&username).await?;
        }
        // Always checked, so that the time says nothing of who exists.
        let right = self.accounts.check_password(account.as_ref(), password).await?;
        let provider = Some(pending.identity().provider.as_str());
        let Some(account) = account.filter(|_| right) else {
            self.audit(What::AccountNotProved, provider, pending.holder(), client).await;
            return Err(Error::new(Code::AccountNotProved, "no account has this name and password"));
        };
        match self.choose_account(&pending, Event::Proved(account.id.clone()), client).await? {
            Outcome::Choice(_) => {
                self.audit(What::AccountNotProved, provider, Some(&account.id), client).await;
                Err(Error::new(Code::AccountNotProved, "the account proved is not the one that was asked about"))
            }
            outcome => self.land_chosen(secret, outcome, old, client).await,
        }
    }

    /// The citizen wants a new account.
    pub(crate) async fn open_account(&self, secret: &Secret, old: Option<&Secret>, client: &Client) -> Result<Landing> {
        let pending = self.pending_of(secret).await?;
        let outcome = self.choose_account(&pending, Event::WantsNew, client).await?;
        self.land_chosen(secret, outcome, old, client).await
    }

    pub(crate) async fn pending_of(&self, secret: &Secret) -> Result<Pending> {
        let pending = self.pending(secret).await?;
        pending.ok_or_else(|| Error::new(Code::NotLoggedIn, "nobody chooses an account in this browser"))
    }

    /// "Xóa liên kết": removes every link of a provider, unless nothing would be left to come in by. Tells whether the
    /// session that asks has come that way, and so has ended with it.
    pub(crate) async fn unlink(&self, citizen: &Citizen, provider: &str, client: &Client) -> Result<bool> {
        self.check_fresh(citizen)?;
        let change = |account: &mut Account| {
            if !account.links.iter().any(|link| link.provider == provider) {
                return Err(Error::new(Code::NotFound, "the account has no link of this provider"));
            }
            account.links.retain(|link| link.provider != provider);
            // A way in that is switched off is none.
            let other = account.links.iter().any(|link| self.provider(&link.provider).is_ok());
            if !other && !self.has_password_login(account) {
                return Err(Error::new(Code::LastLoginMethod, "no other way into the account would be left"));
            }
            let asserted = account.links.iter().any(|link| link.asserts);
            if let Some(linked) = account.citizen_id.as_mut().filter(|_| !asserted) {
                linked.strength = Strength::Matched;
            }
            Ok(())
        };
        let (was, ()) = self.change_account(citizen.account(), change).await?;
        self.audit(What::AccountUnlinked, Some(provider), Some(citizen.account()), client).await;
        for link in was.links.iter().filter(|link| link.provider == provider) {
            self.end_sessions(Sessions::Subject { provider, subject: &link.subject }).await?;
        }
        Ok(citizen.identity().provider == provider)
    }

    /// Whether the account's password lets its owner in. Password accounts are not served yet.
    #[allow(clippy::unused_self)]
    fn has_password_login(&self, _account: &Account) -> bool {
        false
    }

    /// The citizen has read what they had to be told.
    pub(crate) async fn forget_notices(&self, citizen: &Citizen) -> Result<()> {
        self.change_account(citizen.account(), |account| {
            account.notices.clear();
            Ok(())
        })
        .await?;
        Ok(())
    }

    async fn erase(&self, account: &AccountId) -> Result<bool> {
        let removed = self.accounts.remove(account).await?;
        // After the account, so that no login in between leaves a session behind.
        self.end_sessions(Sessions::Account(account)).await?;
        if removed {
            self.audit(What::AccountErased, None, Some(account), &Client::default()).await;
        }
        Ok(removed)
    }

    /// Counts one try to prove an account: for the address, and for the person who tries.
    async fn count_tries_of(&self, bucket: &str, person: &Identity) -> Result<()> {
        let limit = |name, count, minutes: u64| Limit { name, count, per: Duration::from_secs(60 * minutes) };
        self.count(&limit("passwords tried of an address", self.policy.passwords_of_an_address_a_minute, 1), bucket)
            .await?;
        let person = self.vault.tag(&["limits of a person", &person.provider, &person.subject]).0;
        let tries = limit("passwords tried by a person", self.policy.passwords_of_an_account, 15);
        self.count(&tries, &person).await
    }

    /// Counts one for the name, whether there is such an account or not.
    async fn count_tries_at(&self, username: &str) -> Result<()> {
        let per = Duration::from_secs(15 * 60);
        let tries = Limit { name: "passwords tried for an account", count: self.policy.passwords_of_an_account, per };
        let name = self.vault.tag(&["limits of a user name", username]).0;
        self.count(&tries, &name).await
    }

    /// Links and numbers are removed only by who has shown recently enough that it is them.
    pub(super) fn check_fresh(&self, citizen: &Citizen) -> Result<()> {
        if self.is_fresh(citizen) {
            return Ok(());
        }
        Err(Error::new(Code::StepUpRequired, "links are removed after a fresh proof"))
    }

    /// Whether the citizen has shown recently enough who they are.
    pub(crate) fn is_fresh(&self, citizen: &Citizen) -> bool {
        self.now() < citizen.proved_at().plus(self.policy.step_up_for)
    }
}

/// A name as it is kept: composed, however it was typed.
fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text.trim()).into_owned()
}

/// The last four characters, where there are enough to hide.
fn masked(subject: &str) -> String {
    let length = subject.chars().count();
    let shown = if length >= 8 { 4 } else { 0 };
    let tail: String = subject.chars().skip(length - shown).collect();
    format!("****{tail}")
}
