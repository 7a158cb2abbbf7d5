//! Drives the linking of a CCCD number (flows.md, machine 6): matched with the population database, kept on one account.

use std::time::Duration;

use super::session::SessionRecord;
use super::{Citizen, Client, Inner};
use crate::account::{Account, By, LinkedCitizenId, Saved};
use crate::audit::{LookedUp, What};
use crate::error::{Code, Error, Result};
use crate::flow::linking::{Effect, Event, Linking, Refusal};
use crate::identity::{BirthDate, CitizenId, PersonName, Strength};
use crate::registry::{Agreement, Answer, BirthDateAgreement, Claim, Inquiry, Purpose};
use crate::secret::Secret;
use crate::store::{Kind, Limit};

/// How often a change is tried against others of the same session or account.
const TRIES: usize = 8;

/// What a citizen typed, readable.
pub(crate) struct TypedNumber {
    pub(crate) citizen_id: CitizenId,
    pub(crate) full_name: PersonName,
    pub(crate) date_of_birth: BirthDate,
}

/// The number is linked.
pub(crate) struct NewlyLinked {
    /// The session's new id.
    pub(crate) session: Secret,
    pub(crate) citizen_id: CitizenId,
}

impl Inner {
    /// Where the account's number stands: as the account says, and as the citizen answered in this session.
    pub(crate) async fn linking(&self, citizen: &Citizen) -> Result<(Linking, Option<LinkedCitizenId>)> {
        let account = self.own_account(citizen).await?;
        let linking = match &account.citizen_id {
            Some(linked) => Linking::of(Some(linked.strength)),
            None => citizen.linking().without_number(),
        };
        Ok((linking, account.citizen_id))
    }

    /// Matches what was typed with the population database, and links the number.
    pub(crate) async fn link_citizen_id(
        &self,
        citizen: &Citizen,
        session: &Secret,
        typed: TypedNumber,
        client: &Client,
    ) -> Result<NewlyLinked> {
        let (linking, _) = self.linking(citizen).await?;
        let (mut linking, mut effects) = linking.on(Event::Submit).map_err(refused)?;
        if citizen.identity().kind.is_organisation() {
            return Err(Error::new(Code::NotPermittedForOrganisation, "an organisation has no citizen id"));
        }
        let tries = Limit {
            name: "numbers tried for an account",
            count: self.policy.numbers_tried_an_hour,
            per: Duration::from_secs(3600),
        };
        let account = self.vault.tag(&["limits of an account", citizen.account().as_str()]).0;
        self.count(&tries, &account).await.map_err(too_many_attempts)?;
        let mut by_year = false;
        let mut failed = None;
        loop {
            let event = match effects.first() {
                Some(Effect::AskRegistry) => match self.ask_registry(citizen, &typed, client).await {
                    Ok(Some(agreed)) => {
                        by_year = agreed.birth_date == BirthDateAgreement::YearOnly;
                        Event::Agrees
                    }
                    Ok(None) => Event::Disagrees,
                    Err(error) => {
                        failed = Some(error);
                        Event::Unavailable
                    }
                },
                Some(Effect::Link(strength)) => match self.put_number(citizen, &typed, *strength, by_year).await? {
                    Put::There => Event::Saved,
                    Put::Elsewhere => Event::Taken,
                    Put::HasOther => return Err(refused(Refusal::AlreadyLinked)),
                },
                Some(Effect::RenewSession) | None => break,
            };
            (linking, effects) = linking.on(event).map_err(refused)?;
        }
        let account = Some(citizen.account());
        match linking {
            Linking::Linked(_) => {
                self.audit(What::CitizenIdLinked(Strength::Matched), None, account, client).await;
                let session = self.renew_linked(session, linking).await?;
                Ok(NewlyLinked { session, citizen_id: typed.citizen_id })
            }
            Linking::Taken(_) => {
                self.audit(What::CitizenIdRefused(Code::CitizenIdTaken), None, account, client).await;
                Err(Error::new(Code::CitizenIdTaken, "the number is another account's"))
            }
            Linking::RegistryUnavailable(_) => {
                Err(failed.unwrap_or_else(|| Error::new(Code::RegistryUnavailable, "the population database failed")))
            }
            _ => {
                self.audit(What::CitizenIdRefused(Code::CitizenNotMatched), None, account, client).await;
                Err(Error::new(Code::CitizenNotMatched, "the population database did not confirm it"))
            }
        }
    }

    /// Whether the database confirms it, and by how much of the birth date. That it was asked is accounted for, whatever
    /// came of it.
    async fn ask_registry(&self, citizen: &Citizen, typed: &TypedNumber, client: &Client) -> Result<Option<Agreement>> {
        let unavailable = |reason: &str| Error::new(Code::RegistryUnavailable, reason.to_owned());
        let registry = self.registry.as_ref().ok_or_else(|| unavailable("no population database is set"))?;
        let claim = Claim {
            citizen_id: typed.citizen_id.clone(),
            full_name: typed.full_name.clone(),
            date_of_birth: typed.date_of_birth,
        };
        let inquiry = Inquiry::new(Purpose::Linking).account(citizen.account().clone());
        let looked_up = registry.check(&claim, &inquiry).await;
        let input = claim.hashed(|parts| self.vault.hash("population database input", parts));
        let lookup = LookedUp { outcome: looked_up.outcome(), record: looked_up.record, input };
        self.audit_with(What::LookedUp, None, Some(citizen.account()), client, Some(lookup)).await;
        match looked_up.answer {
            Ok(Answer::Agrees(agreement)) => Ok(Some(agreement)),
            Ok(_) => Ok(None),
            Err(error) => Err(unavailable("the population database is not available").because(error)),
        }
    }

    /// Puts a number on the account, unless it is another's.
    async fn put_number(
        &self,
        citizen: &Citizen,
        typed: &TypedNumber,
        strength: Strength,
        by_year: bool,
    ) -> Result<Put> {
        for _ in 0..TRIES {
            let mut account = self.own_account(citizen).await?;
            match &account.citizen_id {
                Some(linked) if linked.number == typed.citizen_id => return Ok(Put::There),
                Some(_) => return Ok(Put::HasOther),
                None => {}
            }
            if self.accounts.find(By::CitizenId(&typed.citizen_id)).await?.is_some() {
                return Ok(Put::Elsewhere);
            }
            account.citizen_id = Some(LinkedCitizenId { number: typed.citizen_id.clone(), strength, by_year });
            // Of two at once the unique index lets one through; the other looks again and finds it elsewhere.
            if self.accounts.save(&[account]).await? == Saved::Done {
                return Ok(Put::There);
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "an account is changed by too many at once"))
    }

    /// "Bỏ qua": the session goes on without the number.
    pub(crate) async fn skip_citizen_id(&self, citizen: &Citizen, session: &Secret) -> Result<()> {
        let allowed = self.policy.may_skip_citizen_id;
        self.note_linking(citizen, session, Event::Skip { allowed }).await
    }

    /// A page cannot do without the number. Safe to lose: then the citizen is offered to skip what they cannot.
    pub(crate) async fn demand_citizen_id(&self, citizen: &Citizen, session: &Secret) -> Result<()> {
        self.note_linking(citizen, session, Event::Demanded).await
    }

    /// Keeps in the session what the citizen answered.
    async fn note_linking(&self, citizen: &Citizen, session: &Secret, event: Event) -> Result<()> {
        let (linking, _) = self.linking(citizen).await?;
        let (next, _) = linking.on(event).map_err(refused)?;
        for _ in 0..TRIES {
            let gone = || Error::new(Code::NotLoggedIn, "the session ended meanwhile");
            let loaded = self.vault.load::<SessionRecord>(Kind::Session, &[session.expose()]).await?;
            let loaded = loaded.ok_or_else(gone)?;
            if loaded.value.linking == next {
                return Ok(());
            }
            let record = SessionRecord { linking: next, ..loaded.value.clone() };
            let until = record.session.active().ok_or_else(gone)?.started_at.plus(self.policy.sessions.absolute);
            if self.vault.replace(&loaded, &record, until).await? {
                return Ok(());
            }
        }
        Err(Error::new(Code::ServiceUnavailable, "a session is changed by too many at once"))
    }

    /// Removes the number; it is asked for again at the next login, or stated by it.
    pub(crate) async fn unlink_citizen_id(
        &self,
        citizen: &Citizen,
        session: &Secret,
        client: &Client,
    ) -> Result<Secret> {
        self.check_fresh(citizen)?;
        let change = |account: &mut Account| {
            if account.citizen_id.take().is_none() {
                return Err(Error::new(Code::NotFound, "the account has no number"));
            }
            account.links.iter_mut().for_each(|link| link.asserts = false);
            Ok(())
        };
        self.change_account(citizen.account(), change).await?;
        self.audit(What::CitizenIdUnlinked, None, Some(citizen.account()), client).await;
        self.renew_linked(session, Linking::of(None)).await
    }

    /// Whether the account has a number that is strong enough, whatever the session remembers.
    pub(super) async fn has_citizen_id(&self, citizen: &Citizen, least: Strength) -> Result<bool> {
        let (linking, _) = self.linking(citizen).await?;
        Ok(linking.strength() >= Some(least))
    }
}

enum Put {
    There,
    Elsewhere,
    /// This account has another number.
    HasOther,
}

fn refused(refusal: Refusal) -> Error {
    let code = match refusal {
        Refusal::AlreadyLinked => Code::CitizenIdLinked,
        Refusal::MayNotSkip => Code::CitizenIdRequired,
        Refusal::NotLinked => Code::NotFound,
        Refusal::OutOfTurn => Code::ServiceUnavailable,
    };
    Error::new(code, refusal.to_string())
}

fn too_many_attempts(error: Error) -> Error {
    if error.code() != Code::TooManyRequests {
        return error;
    }
    let told = Error::new(Code::TooManyAttempts, error.reason());
    match error.retry_in() {
        Some(wait) => told.retry_after(wait),
        None => told,
    }
}
