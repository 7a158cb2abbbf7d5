//! The doctor: examines a provider's settings against its live endpoints, and says what is wrong and what to do.
//!
//! ```text
//! settings ─► metadata, keys ─► a code that is made up ─► clock ─► a login with a wrong verifier ─► a login
//!             does it answer?   does it know the client?           does PKCE protect anything?     what comes?
//! ```
//!
//! It runs what a login runs, [`Provider::authorization_request`] and [`Provider::exchange`], listens to the answers on the
//! way, and looks at them again when something fails. So it tells more than a login may tell, such as whether it was the
//! key or the cipher that did not fit: it is for the operator who logs in with an account of their own, and must never
//! answer to anybody over a network.
//!
//! Somebody has to log in, in a browser: the [`Visitor`]. A provider that answers the authorization request at once
//! (single sign-on, a mock) needs none.

mod claims;
mod diagnosis;
mod finding;
mod redirect;
mod terms;
#[cfg(test)]
mod tests;
mod texts;
mod witness;

use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

pub use self::finding::{Endpoint, Finding, Part, Place, Severity, Shape};
use self::redirect::{Asked, Knock};
use self::witness::Witness;
use super::envelope::ClearAnswers;
use super::jwks::KeySet;
use super::{ConfigError, HttpClient, IdTokenPolicy, Pkce, Provider, ProviderConfig, Verified, call};
use crate::error::Result;
use crate::flow::login::Exchange;
use crate::random::{Randomness, token};
use crate::secret::Secret;
use crate::time::Clock;

/// What a login is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Its code is spent with a wrong PKCE verifier, to see that the provider refuses it.
    WrongVerifier,
    /// It is finished.
    Login,
}

/// Who has a browser.
#[async_trait]
pub trait Visitor: Send {
    /// Opens this address, logs in there, and gives the whole address that the browser was sent back to; it carries a
    /// code. `None`: nobody logs in.
    async fn visit(&mut self, address: &Url, purpose: Purpose) -> Option<Secret>;

    /// Is told each finding when it is made.
    fn found(&mut self, _finding: &Finding) {}
}

/// Examines one provider.
pub struct Doctor {
    provider: Provider,
    /// For a code that is made up and so comes clear, where the settings refuse that.
    lenient: Option<Provider>,
    witness: Arc<Witness>,
    redirect_uri: String,
}

/// What has been found so far, told on the way.
struct Report<'v> {
    visitor: &'v mut dyn Visitor,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn add(&mut self, finding: Finding) {
        if !self.findings.contains(&finding) {
            self.visitor.found(&finding);
            self.findings.push(finding);
        }
    }

    fn add_all(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }
}

/// How a login ended that got as far as its code.
struct Ended {
    exchange: Exchange,
    outcome: Result<Verified>,
    /// The token endpoint took the code.
    code_taken: bool,
}

impl Doctor {
    /// A doctor for these settings. The redirect URI is the registered one, absolute, byte for byte.
    ///
    /// # Errors
    /// When a setting can never work; [`Finding::from`] says it in words.
    pub fn new(
        config: ProviderConfig,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        redirect_uri: &str,
    ) -> Result<Self, ConfigError> {
        Url::parse(redirect_uri).map_err(|_| ConfigError::redirect_uri(config.name()))?;
        let witness = Arc::new(Witness::new(http, clock.clone()));
        let provider = |config| {
            let provider = Provider::new(config, witness.clone(), clock.clone(), randomness.clone())?;
            // Nothing that is found holds the subject, so that it need not be hashed.
            Ok(provider.hashing_subjects(|_| "examined".to_owned()))
        };
        let strict = config.envelope.clone().filter(|envelope| envelope.clear == ClearAnswers::Refuse);
        let lenient = strict
            .map(|envelope| provider(config.clone().envelope(Some(envelope.clear_answers(ClearAnswers::Accept)))));
        Ok(Self {
            lenient: lenient.transpose()?,
            provider: provider(config)?,
            witness,
            redirect_uri: redirect_uri.to_owned(),
        })
    }

    /// The whole examination, as far as it gets.
    pub async fn examine(&self, visitor: &mut dyn Visitor) -> Vec<Finding> {
        let mut report = Report { visitor, findings: Vec::new() };
        self.witness.forget();
        // `Err` only says that there is nothing more to examine.
        let _ = self.run(&mut report).await;
        self.witness.forget();
        report.findings
    }

    async fn run(&self, report: &mut Report<'_>) -> Result<(), Over> {
        let without_login = self.look(report).await;
        report.add_all(self.clock());
        let doubt = without_login?;
        let outcome = self.log_in(report).await;
        // 401 is also what some servers say to any bad code. A good one that passes shows which it was.
        if !matches!(outcome, Ok(CodeTaken(true))) {
            report.add_all(doubt);
        }
        outcome.map(|_| ())
    }

    /// What can be examined without a login; with a finding that a login may yet refute.
    async fn look(&self, report: &mut Report<'_>) -> Result<Option<Finding>, Over> {
        self.ask().await.map_err(|error| report.over(self.diagnosed(&error, None)))?;
        self.look_at_keys(report).await?;
        self.witness.forget();
        let provider = self.lenient.as_ref().unwrap_or(&self.provider);
        let exchange = self.made_up().map_err(|error| report.over(self.diagnosed(&error, None)))?;
        let outcome = provider.exchange(&exchange, &self.redirect_uri).await;
        if self.code_was_taken() {
            report.add(Finding::InventedCodeTaken);
            return Ok(None);
        }
        let Err(error) = outcome else { return Ok(None) };
        match self.diagnosed(&error, None) {
            Finding::CodeRefused | Finding::Token(_) | Finding::Status { status: 400, .. } => {
                report.add(Finding::TokenEndpointAnswers);
                Ok(None)
            }
            doubt @ Finding::AddressNotAllowed { .. } => Ok(Some(doubt)),
            finding => Err(report.over(finding)),
        }
    }

    async fn look_at_keys(&self, report: &mut Report<'_>) -> Result<(), Over> {
        if self.provider.config.id_token != IdTokenPolicy::Checked {
            return Ok(());
        }
        let metadata = self.provider.discovery.kept();
        let Some(address) = metadata.and_then(|metadata| metadata.jwks_uri.clone()) else { return Ok(()) };
        let finding = match call::get(&*self.witness, &address).await {
            Ok(members) => KeySet::read(members).err().map(Finding::KeySet),
            Err(reason) => Some(self.called(reason)),
        };
        finding.map_or(Ok(()), |finding| Err(report.over(finding)))
    }

    fn clock(&self) -> Option<Finding> {
        let seconds = self.witness.ahead()?;
        let right = seconds.abs() <= finding::CLOCK_NOTE;
        Some(if right { Finding::ClockRight } else { Finding::ClockOff { seconds } })
    }

    async fn log_in(&self, report: &mut Report<'_>) -> Result<CodeTaken, Over> {
        if self.provider.config.pkce == Pkce::DangerousOff {
            report.add(Finding::PkceOff);
        } else {
            let ended = self.login(Purpose::WrongVerifier, report).await?;
            if ended.code_taken {
                let required = self.provider.config.pkce == Pkce::Required;
                report.add(Finding::WrongVerifierTaken { required });
                self.conclude(&ended, report);
                return Ok(CodeTaken(true));
            }
            if let Some(finding) = self.not_the_verifier(&ended) {
                return Err(report.over(finding));
            }
        }
        let ended = self.login(Purpose::Login, report).await?;
        if ended.code_taken && self.provider.config.pkce != Pkce::DangerousOff {
            report.add(Finding::WrongVerifierRefused);
        }
        self.conclude(&ended, report);
        Ok(CodeTaken(ended.code_taken))
    }

    /// Why a code with a wrong verifier was refused, when it was not for the verifier.
    fn not_the_verifier(&self, ended: &Ended) -> Option<Finding> {
        let error = ended.outcome.as_ref().err()?;
        match self.diagnosed(error, Some(&ended.exchange)) {
            Finding::CodeRefused | Finding::Token(_) => None,
            // A refusal without an OAuth error; the login after this one tells.
            Finding::AddressNotAllowed { .. } | Finding::Status { endpoint: Endpoint::Token, status: 400 } => None,
            finding => Some(finding),
        }
    }

    /// A login up to the end of the exchange.
    async fn login(&self, purpose: Purpose, report: &mut Report<'_>) -> Result<Ended, Over> {
        let asked = self.ask().await.map_err(|error| report.over(self.diagnosed(&error, None)))?;
        let query = self.redirected(&asked, purpose, report).await?;
        let mut exchange = self.read(&asked, &query).map_err(|finding| report.over(finding))?;
        if purpose == Purpose::WrongVerifier {
            let other = token(&*self.provider.randomness);
            exchange.verifier = other.map_err(|failed| report.over(self.diagnosed(&failed.into(), None)))?;
        }
        self.witness.forget();
        let outcome = self.provider.exchange(&exchange, &self.redirect_uri).await;
        Ok(Ended { exchange, outcome, code_taken: self.code_was_taken() })
    }

    /// The query that the browser came back with, with or without a browser.
    async fn redirected(&self, asked: &Asked, purpose: Purpose, report: &mut Report<'_>) -> Result<Secret, Over> {
        match self.knock(asked).await {
            Knock::Redirected(query) => return Ok(query),
            Knock::Refused(finding) => return Err(report.over(finding)),
            Knock::Unknown(finding) => report.add(finding),
            Knock::Page => {}
        }
        match report.visitor.visit(&asked.url, purpose).await {
            Some(address) => Ok(redirect::query_of(&address)),
            None => Err(report.over(Finding::NoLogin)),
        }
    }

    fn made_up(&self) -> Result<Exchange> {
        let one = || token(&*self.provider.randomness);
        Ok(Exchange { code: one()?, encrypt_key: None, verifier: one()?, nonce: one()?, authenticated_after: None })
    }
}

/// There is nothing more to examine; why is in the report.
struct Over;

/// Whether the token endpoint took a code that was good.
struct CodeTaken(bool);

impl Report<'_> {
    fn over(&mut self, finding: Finding) -> Over {
        self.add(finding);
        Over
    }
}
