//! Where one-time codes go: the trait, a gateway over HTTP, one for the console, and an inbox in memory.
//!
//! Any gateway that takes a POST is described by an [`SmsTemplate`]; a portal whose gateway speaks otherwise brings its
//! own [`SmsGateway`].

mod console;
mod gsm;
mod http;
mod template;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

pub use console::ConsoleSms;
pub(crate) use gsm::fits_one_message;
pub use http::HttpSms;
pub use template::{PhoneFormat, SmsTemplate, SmsTemplateError};

use crate::identity::PhoneNumber;
use crate::secret::Secret;

/// Sends text messages.
#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// Sends one message, once: a gateway that may have taken it is not asked again. The text holds a code, so it is a
    /// secret; it has no accents and at most 160 characters of GSM 03.38's basic alphabet, one message on every network.
    ///
    /// # Errors
    /// When the gateway did not take it.
    async fn send(&self, to: &PhoneNumber, text: &Secret) -> Result<(), SmsFailed>;
}

/// The gateway did not take the message. What is said here reaches the operator's log: neither the phone nor the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmsFailed {
    /// It answered, and refused: the settings, the credit or the number. The same again will not help.
    #[error("the SMS gateway refused the message: {0}")]
    Refused(String),
    /// It did not answer, or is out of order.
    #[error("the SMS gateway is down: {0}")]
    Down(String),
}

/// An [`SmsGateway`] in memory: an inbox that a test reads. It forgets nothing, so it is for tests alone.
#[derive(Default)]
pub struct MemorySms {
    sent: Mutex<Vec<(PhoneNumber, Secret)>>,
}

impl MemorySms {
    /// An empty inbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was sent, oldest first.
    pub fn sent(&self) -> Vec<(PhoneNumber, Secret)> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl SmsGateway for MemorySms {
    async fn send(&self, to: &PhoneNumber, text: &Secret) -> Result<(), SmsFailed> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push((to.clone(), text.clone()));
        Ok(())
    }
}
