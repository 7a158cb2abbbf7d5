//! Finds whose account it is, and keeps a choice that the citizen has to make (flows.md, machine 2).

use serde::{Deserialize, Serialize};

use super::session::Arrived;
use super::{Client, Inner};
use crate::account::{Account, By, Link, LinkedCitizenId, Saved, Told};
use crate::audit::What;
use crate::error::{Code, Error, Result};
use crate::flow::resolution::{Asked, Effect, Event, Found, Has, Holder, Plan, Resolution, Standing, Target};
use crate::identity::{AccountId, BirthDate, CitizenId, Identity, Strength};
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind};
use crate::time::Timestamp;

/// Accounts that change under us again and again: something is wrong, or somebody is playing.
const TRIES: usize = 8;

/// A person who has yet to say which account is theirs, sealed at rest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    resolution: Resolution,
    arrived: Arrived,
}

/// What became of the person.
pub(super) enum Outcome {
    /// This is their account.
    Account(Account),
    /// They have to choose.
    Choice(Resolution),
    /// It is closed.
    Refused,
}

/// What the last look found, for the save that follows it.
#[derive(Default)]
struct Seen {
    linked: Option<Account>,
    holder: Option<Account>,
    proved: Option<Account>,
}

impl Pending {
    pub(crate) fn identity(&self) -> &Identity {
        &self.arrived.identity
    }

    pub(super) fn into_arrived(self) -> Arrived {
        self.arrived
    }

    /// The account that must be proved, when one is known here.
    pub(super) fn holder(&self) -> Option<&AccountId> {
        match &self.resolution {
            Resolution::Choosing(choosing) => choosing.holder.as_ref(),
            _ => None,
        }
    }
}

impl Inner {
    /// The account of a person who has just been identified.
    pub(super) async fn resolve(&self, person: &Identity, client: &Client) -> Result<Outcome> {
        let asked = Asked {
            states_number: stated(person).map(|(_, strength)| strength),
            new_accounts: self.policy.new_accounts,
            expires_at: self.now().plus(self.policy.choice_lifetime),
        };
        let (resolution, effects) = Resolution::start(asked);
        self.drive_resolution(person, resolution, effects, client).await
    }

    /// What becomes of a choice when the citizen makes it.
    pub(super) async fn choose_account(&self, pending: &Pending, event: Event, client: &Client) -> Result<Outcome> {
        let (resolution, effects) = pending.resolution.on(event, self.now()).map_err(|refusal| {
            Error::new(Code::AccountRefused, "the choice is refused by the portal's policy").because(refusal)
        })?;
        if resolution == Resolution::Expired {
            return Err(Error::new(Code::LoginExpired, "the choice of an account took too long"));
        }
        self.drive_resolution(&pending.arrived.identity, resolution, effects, client).await
    }

    /// The drive rule, where the state lies in the accounts: look, ask the machine, save if unchanged since.
    async fn drive_resolution(
        &self,
        person: &Identity,
        mut resolution: Resolution,
        mut effects: Vec<Effect>,
        client: &Client,
    ) -> Result<Outcome> {
        let mut seen = Seen::default();
        let mut settled = None;
        for _ in 0..2 * TRIES {
            let mut event = None;
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Look => {
                        seen = self.look(person, resolution.proved()).await?;
                        event = Some(Event::Found(seen.facts(person)));
                    }
                    Effect::Save(plan) => match self.carry_out(&plan, person, &seen, client).await? {
                        Some(account) => (settled, event) = (Some(account), Some(Event::Done)),
                        None => event = Some(Event::Conflict),
                    },
                    Effect::EndSessions(loser) => self.end_sessions_of(&loser).await,
                    Effect::Ask => return Ok(Outcome::Choice(resolution)),
                    Effect::BeginSession => {}
                }
            }
            let Some(event) = event else { break };
            (resolution, effects) = resolution.on(event, self.now()).map_err(|refusal| {
                // The machine and this loop were written for each other.
                Error::new(Code::ServiceUnavailable, "a resolution was driven out of turn").because(refusal)
            })?;
        }
        match (resolution, settled) {
            (Resolution::Settled(_), Some(account)) => Ok(Outcome::Account(account)),
            (Resolution::Refused, _) => Ok(Outcome::Refused),
            (Resolution::Expired, _) => Err(Error::new(Code::LoginExpired, "the login took too long")),
            _ => Err(Error::new(Code::ServiceUnavailable, "an account is changed by too many at once")),
        }
    }

    async fn look(&self, person: &Identity, proved: Option<&AccountId>) -> Result<Seen> {
        let (provider, subject) = (person.provider.as_str(), person.subject.as_str());
        let linked = self.accounts.find(By::Subject { provider, subject }).await?;
        let holder = match (stated(person), tax_code(person)) {
            (Some((number, strength)), _) => {
                // The usual login: the number has long been where it belongs.
                let settled = linked.as_ref().and_then(|account| account.strength_of(number)) >= Some(strength);
                if settled { linked.clone() } else { self.accounts.find(By::CitizenId(number)).await? }
            }
            (None, Some(code)) if linked.is_none() => self.accounts.find(By::TaxCode(code)).await?,
            _ => None,
        };
        let proved = match proved {
            Some(id) => self.accounts.find(By::Id(id)).await?,
            None => None,
        };
        Ok(Seen { linked, holder, proved })
    }

    /// Writes a plan over what was seen; the account as it is then, or nothing when the accounts have changed.
    async fn carry_out(&self, plan: &Plan, person: &Identity, seen: &Seen, client: &Client) -> Result<Option<Account>> {
        let now = self.now();
        let account = match &plan.account {
            Target::New => {
                let id = self.accounts.new_id(self.randomness.as_ref()).await?;
                let mut account = Account::new(id);
                if seen.holder.is_none() {
                    account.tax_code = tax_code(person).map(str::to_owned);
                }
                account
            }
            Target::Existing(id) => {
                let gone = || Error::new(Code::ServiceUnavailable, "a plan for an account that was not seen");
                seen.of(id).cloned().ok_or_else(gone)?
            }
        };
        let loser = plan.number.as_ref().and_then(|number| number.from.as_ref()).and_then(|id| seen.of(id)).cloned();
        let changed = change(plan, person, account.clone(), loser, now);
        let first = changed.first().cloned().unwrap_or_else(|| account.clone());
        // An account that stays as it is costs no write.
        if plan.account == Target::New || changed.as_slice() != [account] {
            match self.accounts.save(&changed).await? {
                Saved::Conflict => return Ok(None),
                Saved::Done => self.audit_plan(plan, person, &first, client).await,
            }
        }
        Ok(Some(first))
    }

    async fn audit_plan(&self, plan: &Plan, person: &Identity, account: &Account, client: &Client) {
        let provider = Some(person.provider.as_str());
        if plan.account == Target::New {
            self.audit(What::AccountOpened, provider, Some(&account.id), client).await;
        }
        if plan.link {
            self.audit(What::AccountLinked, provider, Some(&account.id), client).await;
        }
        if let Some(number) = &plan.number {
            self.audit(What::CitizenIdLinked(number.strength), provider, Some(&account.id), client).await;
            if let Some(loser) = &number.from {
                self.audit(What::CitizenIdMovedAway, provider, Some(loser), client).await;
            }
        }
    }

    /// Ends what runs for an account that has lost what its sessions say it has. Whatever cannot be ended now is not let
    /// in by it either: pages that need the number read it from the account.
    async fn end_sessions_of(&self, account: &AccountId) {
        if let Err(error) = self.end_sessions(super::Sessions::Account(account)).await {
            tracing::warn!("the sessions of an account that lost its number run on: {}", error.reason());
        }
    }

    /// Keeps a person who has to choose, for the browser that gets this secret.
    pub(super) async fn keep_pending(&self, resolution: Resolution, arrived: Arrived) -> Result<Secret> {
        let secret = token(self.randomness.as_ref())?;
        let now = self.now();
        let until = now.plus(self.policy.choice_lifetime);
        let pending = Pending { resolution, arrived };
        match self.vault.insert(Kind::Pending, &[secret.expose()], &pending, until, vec![], now).await? {
            Inserted::Kept => Ok(secret),
            Inserted::Exists | Inserted::Ended => {
                Err(Error::new(Code::ServiceUnavailable, "a random secret came twice"))
            }
        }
    }

    /// The person who has to choose in the browser with this secret.
    pub(crate) async fn pending(&self, secret: &Secret) -> Result<Option<Pending>> {
        let loaded = self.vault.load::<Pending>(Kind::Pending, &[secret.expose()]).await?;
        Ok(loaded.map(|loaded| loaded.value))
    }

    /// Takes the person out, so that one session begins for one choice.
    pub(super) async fn take_pending(&self, secret: &Secret) -> Result<Option<Pending>> {
        self.vault.take(Kind::Pending, &[secret.expose()]).await
    }
}

impl Seen {
    fn of(&self, id: &AccountId) -> Option<&Account> {
        [&self.linked, &self.holder, &self.proved].into_iter().flatten().find(|account| account.id == *id)
    }

    fn facts(&self, person: &Identity) -> Found {
        let stated = stated(person).map(|(number, _)| number);
        let standing = |account: &Account| Standing {
            id: account.id.clone(),
            closed: account.closed,
            number: match &account.citizen_id {
                None => Has::Nothing,
                Some(linked) if Some(&linked.number) == stated => Has::Same(linked.strength),
                Some(linked) => Has::Other(linked.strength),
            },
        };
        let holder = self.holder.as_ref().map(|account| Holder {
            id: account.id.clone(),
            closed: account.closed,
            number: stated.and_then(|number| account.strength_of(number)),
        });
        Found { linked: self.linked.as_ref().map(standing), holder, proved: self.proved.as_ref().map(standing) }
    }
}

/// The number that counts, and how strongly.
fn stated(person: &Identity) -> Option<(&CitizenId, Strength)> {
    person.profile.citizen_id.as_ref().zip(person.citizen_id_strength)
}

/// The tax code of an organisation's account.
fn tax_code(person: &Identity) -> Option<&str> {
    let organisation = person.profile.organisation.as_ref().filter(|_| person.kind.is_organisation())?;
    organisation.tax_code.as_deref()
}

/// The accounts as a plan leaves them; the person's own comes first.
fn change(
    plan: &Plan,
    person: &Identity,
    mut account: Account,
    loser: Option<Account>,
    now: Timestamp,
) -> Vec<Account> {
    let asserted = person.citizen_id_strength == Some(Strength::Asserted);
    let mut changed = Vec::new();
    if plan.link {
        let (provider, subject) = (person.provider.clone(), person.subject.clone());
        account.links.push(Link { provider, subject, since: now, asserts: false });
        if plan.account != Target::New {
            account.tell(Told::LinkAdded, now);
        }
    }
    if let (Some(take), Some((number, _))) = (&plan.number, stated(person)) {
        if account.strength_of(number).is_none() {
            // Whoever asserted the number before did not assert this one.
            account.links.iter_mut().for_each(|link| link.asserts = false);
        }
        let by_year =
            take.strength == Strength::Matched && matches!(person.profile.date_of_birth, Some(BirthDate::Year(_)));
        account.citizen_id = Some(LinkedCitizenId { number: number.clone(), strength: take.strength, by_year });
        if let Some(mut loser) = loser {
            loser.citizen_id = None;
            loser.links.iter_mut().for_each(|link| link.asserts = false);
            loser.tell(Told::NumberMovedAway, now);
            account.tell(Told::NumberMovedHere, now);
            changed.push(loser);
        }
    }
    let has = stated(person).and_then(|(number, _)| account.strength_of(number));
    let asserts = asserted && has == Some(Strength::Asserted);
    let own = |link: &&mut Link| link.provider == person.provider && link.subject == person.subject;
    if let Some(link) = account.links.iter_mut().find(own) {
        link.asserts = asserts;
    }
    if let Some(phone) = &person.profile.phone {
        account.add_phone(phone);
    }
    changed.insert(0, account);
    changed
}

#[cfg(test)]
mod tests;
