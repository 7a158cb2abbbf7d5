//! The client of the population database (CSDLQGDC): SOAP over the national data-exchange axis, and three provincial
//! gateways in front of it, as working clients have been seen to speak to them (domain.md §5).
//!
//! ```
//! # fn example(http: std::sync::Arc<dyn vneid_auth::http::HttpClient>) -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use vneid_auth::random::SystemRandomness;
//! use vneid_auth::registry::Officer;
//! use vneid_auth::registry::population::{Gateway, PopulationClient, PopulationConfig, Service};
//! use vneid_auth::time::SystemClock;
//!
//! let axis = Gateway::Axis { user: "so-tttt".into(), secret: "a-secret".into() };
//! let officer = Officer::new("cong-dvc")?.unit("000.00.01.H99")?;
//! let config = PopulationConfig::new("https://lgsp.example.gov.vn/dancu", axis, Service::Record, officer)
//!     .procedure("1.004194")
//!     .x_road_client("VN/GOV/000-00-00-H99/portal")
//!     .api_key("another-secret".into());
//! let registry = PopulationClient::new(config, http, Arc::new(SystemClock), Arc::new(SystemRandomness))?;
//! # let _ = registry;
//! # Ok(())
//! # }
//! ```
//!
//! A look-up is one request, or two where a gateway's token has to be fetched first. It is not repeated, whatever comes.
//! An answer is read within bounds and cut down, while it is read, to number, name and birth date; those are compared and
//! dropped. What is asked, the name folded and in the order that the service wants, is built here and nowhere else.

mod answer;
mod config;
mod json;
mod kept;
mod request;
mod token;
mod xml;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use self::config::{
    AccessObject, DateForm, Gateway, PopulationConfig, PopulationConfigError, Service, TimestampUnit,
};
use self::request::Question;
use self::token::Token;
use super::{Answer, Claim, Inquiry, LookUp, PopulationRegistry, Record, RegistryUnavailable};
use crate::http::{HttpClient, HttpFailure};
use crate::identity::Registered;
use crate::random::{self, Randomness};
use crate::time::Clock;

/// A [`PopulationRegistry`] that asks the population database.
pub struct PopulationClient {
    config: PopulationConfig,
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    token: Token,
}

impl PopulationClient {
    /// A client with these settings. Nothing is asked yet.
    ///
    /// # Errors
    /// When a setting can never work, by name.
    pub fn new(
        config: PopulationConfig,
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, PopulationConfigError> {
        config.check()?;
        Ok(Self { config, http, clock, randomness, token: Token::default() })
    }

    /// The request's own id: the time, as in every client that has been seen, and six digits that no other instance
    /// draws in the same millisecond but by rare chance.
    fn request_id(&self) -> Option<String> {
        let drawn = random::code(&*self.randomness).ok()?;
        Some(format!("{}{}", self.clock.now().unix_millis(), drawn.expose()))
    }

    async fn ask(&self, claim: &Claim, by: &Inquiry, record: &Record) -> Result<Answer, RegistryUnavailable> {
        let token = match &self.config.gateway {
            Gateway::SoapInJson { token_url, access, .. } => {
                Some(self.token.current(&*self.http, &*self.clock, token_url, access).await?)
            }
            _ => None,
        };
        let question = Question {
            config: &self.config,
            claim,
            officer: by.officer.as_ref().unwrap_or(&self.config.officer),
            procedure: &record.procedure,
            request_id: &record.request_id,
            now: self.clock.now(),
            token: token.as_ref(),
        };
        let response = self.http.send(question.request()?).await?;
        let answer = answer::read(&self.config, &response, claim);
        if matches!(answer, Err(RegistryUnavailable::CredentialsRefused(_))) {
            self.token.forget().await;
        }
        answer
    }
}

#[async_trait]
impl PopulationRegistry for PopulationClient {
    async fn check(&self, claim: &Claim, by: &Inquiry) -> LookUp {
        let id = self.request_id();
        let record = Record::new(
            id.clone().unwrap_or_default(),
            by.procedure.as_deref().unwrap_or(&self.config.procedure),
            &self.config.service_code,
            by.officer.as_ref().unwrap_or(&self.config.officer),
            by,
        );
        if id.is_none() {
            return LookUp::new(Err(RegistryUnavailable::Request), record);
        }
        // Of a province that there never was; or a name of which folding makes another, and perhaps somebody's. Nobody has
        // these, and nobody is looked up for them.
        if claim.citizen_id.hint().registered == Registered::Nowhere || !claim.full_name.folds_whole() {
            return LookUp::new(Ok(Answer::DoesNotAgree), record);
        }
        let asked = tokio::time::timeout(self.config.patience, self.ask(claim, by, &record)).await;
        let answer = asked.unwrap_or(Err(RegistryUnavailable::Http(HttpFailure::Timeout)));
        if let Err(why) = &answer {
            tracing::warn!(request_id = record.request_id, needs_operator = why.needs_operator(), %why, "no answer");
        }
        LookUp::new(answer, record)
    }
}

impl fmt::Debug for PopulationClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PopulationClient").field("config", &self.config).finish_non_exhaustive()
    }
}
