//! Drives a redirect login: to the provider, and back.

use std::time::Duration;

use super::resolve::Outcome;
use super::session::{Arrived, Look};
use super::{Client, Inner, Landing};
use crate::account::{Account, By};
use crate::audit::What;
use crate::error::{Code, Error, Language, Result};
use crate::flow::login::{
    AwaitingCallback, Before, Callback, Effect, Event, Exchange, Expired, Login, Refused, Resolved,
};
use crate::flow::resolution::{self, Resolution};
use crate::identity::{Identity, Level};
use crate::provider::reason::EnvelopeReason;
use crate::provider::{AuthorizationRequest, CallbackQuery, Provider, Verified};
use crate::random::token;
use crate::secret::Secret;
use crate::store::{Inserted, Kind, Limit, Vault};

/// What a citizen asks for when logging in.
pub(crate) struct Start<'a> {
    pub(crate) provider: &'a str,
    /// A checked path of this portal.
    pub(crate) return_to: String,
    /// Raises what is configured, never lowers it.
    pub(crate) level: Option<Level>,
    pub(crate) fresh: bool,
    /// This browser's session, if it has one.
    pub(crate) session: Option<&'a Secret>,
    pub(crate) language: Language,
    /// The person whose account this login proves: who chooses in this browser.
    pub(crate) proves: Option<&'a Secret>,
    /// What the address is counted as.
    pub(crate) bucket: &'a str,
}

/// A login whose citizen is on the way to the provider.
pub(crate) struct Started {
    /// The provider's authorization endpoint, with our request.
    pub(crate) location: String,
    pub(crate) state: Secret,
    /// The secret that only this browser gets; without it nobody finds the login.
    pub(crate) browser: Secret,
}

/// The browser's way back from the provider.
pub(crate) struct Back<'a> {
    pub(crate) provider: &'a str,
    pub(crate) query: CallbackQuery,
    pub(crate) state: &'a Secret,
    pub(crate) browser: &'a Secret,
    pub(crate) old_session: Option<&'a Secret>,
    /// Who chooses an account in this browser.
    pub(crate) pending: Option<&'a Secret>,
    /// What the address is counted as.
    pub(crate) bucket: &'a str,
}

/// The login came to nothing; where the citizen wanted to go is known once the login was found.
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) return_to: Option<String>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, return_to: None }
    }
}

impl Inner {
    /// Starts a login: keeps what its answer will be held to, and says where to send the browser.
    pub(crate) async fn start_login(&self, start: Start<'_>, client: &Client) -> Result<Started> {
        let provider = self.provider(start.provider)?;
        let starts = Limit {
            name: "login starts of an address",
            count: self.policy.login_starts_a_minute,
            per: Duration::from_secs(60),
        };
        self.count(&starts, start.bucket).await?;
        let randomness = self.randomness.as_ref();
        let (state, browser) = (token(randomness)?, token(randomness)?);
        let (nonce, verifier) = (token(randomness)?, token(randomness)?);
        let config = provider.config();
        let required_level = config.level_for(start.level);
        if let Some(level) = required_level.filter(|level| !config.names(*level)) {
            return Err(Error::new(Code::LevelTooLow(level), "the provider has no name for this level"));
        }
        let (location, issuer) = provider
            .authorization_request(&AuthorizationRequest {
                state: state.clone(),
                nonce: nonce.clone(),
                verifier: verifier.clone(),
                redirect_uri: self.site.callback_url(config),
                level: required_level,
                fresh: start.fresh,
                language: start.language,
            })
            .await?;
        let before = self.before(&start, client).await?;
        let now = self.now();
        let login = Login::start(AwaitingCallback {
            provider: config.name().to_owned(),
            issuer,
            nonce,
            verifier,
            return_to: start.return_to,
            required_level,
            unstated_level: config.unstated(),
            fresh: start.fresh,
            before,
            proves: start.proves.map(|pending| Vault::name(Kind::Pending, &[pending.expose()])),
            started_at: now,
            expires_at: now.plus(self.policy.login_lifetime),
        });
        let found_by = [state.expose(), browser.expose()];
        let until = now.plus(self.policy.login_kept_for());
        match self.vault.insert(Kind::Login, &found_by, &login, until, vec![], now).await? {
            Inserted::Kept => Ok(Started { location: location.into(), state, browser }),
            Inserted::Exists | Inserted::Ended => {
                Err(Error::new(Code::ServiceUnavailable, "a random state came twice"))
            }
        }
    }

    /// Who is logged in at this provider already, when a new authentication is asked for.
    async fn before(&self, start: &Start<'_>, client: &Client) -> Result<Option<Before>> {
        let Some(session) = start.session.filter(|_| start.fresh) else { return Ok(None) };
        let citizen = self.citizen(session, Look::Peek, client).await?;
        let here = citizen.filter(|citizen| citizen.identity().provider == start.provider);
        Ok(here.map(|citizen| Before {
            subject: citizen.identity().subject.clone(),
            authenticated_at: citizen.identity().authenticated_at,
        }))
    }

    /// Ends a login: takes it, checks the answer, and begins a session.
    pub(crate) async fn finish_login(&self, back: Back<'_>, client: &Client) -> Result<Landing, Failed> {
        let provider = back.provider.to_owned();
        let outcome = self.drive(back, client).await;
        if let Err(failed) = &outcome {
            self.audit(What::LoginRefused(failed.error.code()), Some(&provider), None, client).await;
        }
        outcome
    }

    async fn drive(&self, back: Back<'_>, client: &Client) -> Result<Landing, Failed> {
        self.provider(back.provider)?;
        let found_by = [back.state.expose(), back.browser.expose()];
        // Taken before anything is asked of the provider, so that a second callback finds nothing however close it comes.
        let taken = self.vault.take::<Login>(Kind::Login, &found_by).await?;
        let Some(Login::AwaitingCallback(asked)) = taken else {
            return Err(Error::new(Code::StateMismatch, "no such login is open in this browser").into());
        };
        let return_to = Some(asked.return_to.clone());
        let outcome = self.drive_taken(*asked, back, client).await;
        outcome.map_err(|error| Failed { error, return_to })
    }

    async fn drive_taken(&self, asked: AwaitingCallback, back: Back<'_>, client: &Client) -> Result<Landing> {
        let mut run = Run { asked: asked.clone(), arrived: None, account: None, choice: None, failure: None };
        let mut login = Login::start(asked);
        let mut event = Event::Callback(Callback {
            provider: back.provider.to_owned(),
            issuer: back.query.issuer,
            encrypt_key: back.query.encrypt_key,
            answer: back.query.answer.map_err(|failure| {
                let config = self.provider(back.provider).map(|provider| provider.config());
                let code =
                    config.map_or(Code::ProviderError, |config| config.code_of(&failure, run.asked.required_level));
                run.failure = Some(Error::new(code, failure.log_text()));
                code
            }),
        });
        loop {
            let (next, effects) = login.on(event, self.now()).map_err(|refusal| {
                // The machine and this loop were written for each other.
                Error::new(Code::ServiceUnavailable, "a login was driven out of turn").because(refusal)
            })?;
            login = next;
            event = match effects.into_iter().next() {
                Some(Effect::Exchange(exchange)) => self.exchange(&exchange, &mut run, back.bucket).await,
                Some(Effect::ResolveAccount(identity)) => self.whose(&identity, &mut run, back.pending, client).await,
                Some(Effect::BeginSession(_)) => return self.begin(&login, run, back.old_session, client).await,
                Some(Effect::AskAccount) => return self.ask_account(run, back.old_session, client).await,
                Some(Effect::AskCitizenId) | None => return Err(run.why(&login)),
            };
        }
    }

    async fn exchange(&self, exchange: &Exchange, run: &mut Run, bucket: &str) -> Event {
        let exchanged = match self.provider(&run.asked.provider) {
            Ok(provider) => self.exchange_at(provider, exchange, bucket).await,
            Err(error) => Err(error),
        };
        match exchanged {
            Ok(verified) => {
                let identity = Box::new(verified.identity().clone());
                run.arrived = Some(Arrived::of(verified, &run.asked));
                Event::Identified(identity)
            }
            Err(error) => run.failed(error),
        }
    }

    /// Whoever sends sealed codes that do not open is trying keys, or codes of others; after some of them no more of this
    /// address are opened for a while.
    async fn exchange_at(&self, provider: &Provider, exchange: &Exchange, bucket: &str) -> Result<Verified> {
        let limit = Limit {
            name: "sealed answers that do not open, of an address",
            count: self.policy.unopened_envelopes,
            per: Duration::from_secs(10 * 60),
        };
        let sealed = provider.config().is_sealed() && exchange.encrypt_key.is_some();
        if sealed {
            self.admit_more(&limit, bucket).await?;
        }
        let exchanged = provider.exchange(exchange, &self.site.callback_url(provider.config())).await;
        if let Err(error) = &exchanged
            && sealed
            && error.is_because(&EnvelopeReason::NotOpened)
        {
            self.count(&limit, bucket).await?;
        }
        exchanged
    }

    /// Whose account it is; or, where the login was to prove one for somebody who chooses, whether it does.
    async fn whose(&self, identity: &Identity, run: &mut Run, pending: Option<&Secret>, client: &Client) -> Event {
        let outcome = match run.asked.proves.clone() {
            None => self.resolve(identity, client).await,
            Some(proves) => self.proved_by(identity, run, pending, &proves, client).await,
        };
        match outcome {
            Ok(Outcome::Account(account)) => {
                let id = account.id.clone();
                let kind = run.arrived.as_ref().map(|arrived| arrived.identity.kind);
                let asks = kind.is_some_and(|kind| self.asks_citizen_id(kind, &account));
                run.account = Some(account);
                Event::Resolved(if asks { Resolved::AccountWithoutNumber(id) } else { Resolved::Account(id) })
            }
            Ok(Outcome::Choice(resolution)) => {
                run.choice = Some(resolution);
                Event::Resolved(Resolved::Choice)
            }
            Ok(Outcome::Refused) => Event::Resolved(Resolved::Refused),
            Err(error) => run.failed(error),
        }
    }

    /// The account of who chooses, proved by this login of theirs through a provider that is linked to it.
    async fn proved_by(
        &self,
        identity: &Identity,
        run: &mut Run,
        pending: Option<&Secret>,
        proves: &str,
        client: &Client,
    ) -> Result<Outcome> {
        let stranger = || Error::new(Code::StateMismatch, "this browser is not the one that has to choose");
        let secret = pending.filter(|secret| Vault::name(Kind::Pending, &[secret.expose()]) == proves);
        let secret = secret.ok_or_else(stranger)?;
        let waiting = self.pending(secret).await?.ok_or_else(stranger)?;
        let by = By::Subject { provider: &identity.provider, subject: &identity.subject };
        let proved = self.accounts.find(by).await?;
        let not_proved = || Error::new(Code::AccountNotProved, "the login is linked to another account, or to none");
        let proved = proved.ok_or_else(not_proved)?;
        let event = resolution::Event::Proved(proved.id);
        let outcome = match self.choose_account(&waiting, event, client).await? {
            Outcome::Choice(_) => return Err(not_proved()),
            outcome => outcome,
        };
        // One session for one choice. The session is of the login that had to choose; the provider that proved the
        // account is logged out with it.
        let taken = self.take_pending(secret).await?.ok_or_else(stranger)?;
        let proving = run.arrived.take();
        let mut arrived = taken.into_arrived();
        arrived.also.extend(proving.map(|proving| (proving.identity.provider, proving.logout)));
        run.arrived = Some(arrived);
        Ok(outcome)
    }

    async fn begin(&self, login: &Login, run: Run, old: Option<&Secret>, client: &Client) -> Result<Landing> {
        let (Some(arrived), Some(account)) = (run.arrived, run.account) else {
            return Err(Error::new(Code::ServiceUnavailable, "a session without an identity"));
        };
        let asks = matches!(login, Login::CitizenIdRequired(_));
        self.land(arrived, account, asks, old, client).await
    }

    async fn ask_account(&self, run: Run, old: Option<&Secret>, client: &Client) -> Result<Landing> {
        let (Some(arrived), Some(resolution)) = (run.arrived, run.choice) else {
            return Err(Error::new(Code::ServiceUnavailable, "a choice without an identity"));
        };
        self.land_at_choice(resolution, arrived, old, client).await
    }
}

/// What one callback has found out so far.
struct Run {
    asked: AwaitingCallback,
    arrived: Option<Arrived>,
    account: Option<Account>,
    choice: Option<Resolution>,
    failure: Option<Error>,
}

impl Run {
    fn failed(&mut self, error: Error) -> Event {
        let code = error.code();
        self.failure = Some(error);
        Event::Failed(code)
    }

    /// Why the login came to nothing: what went wrong on the way, in the machine's words.
    fn why(self, login: &Login) -> Error {
        match (login, self.failure) {
            (Login::Refused(Refused { code }), Some(failure)) if failure.code() == *code => failure,
            (Login::Refused(Refused { code }), _) => Error::new(*code, "refused by the login's rules"),
            (Login::Expired(Expired { .. }), _) => Error::new(Code::LoginExpired, "the login took too long"),
            _ => Error::new(Code::ServiceUnavailable, "a login stopped half-way"),
        }
    }
}
