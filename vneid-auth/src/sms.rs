//! Where one-time codes go.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::identity::PhoneNumber;
use crate::secret::Secret;

/// Sends text messages.
#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// Sends one message. The text holds a code, so it is a secret.
    ///
    /// # Errors
    /// When the gateway did not take it.
    async fn send(&self, to: &PhoneNumber, text: &Secret) -> Result<(), SmsFailed>;
}

/// The gateway did not take the message.
#[derive(Debug, thiserror::Error)]
#[error("the SMS gateway did not take the message: {0}")]
pub struct SmsFailed(pub String);

/// An [`SmsGateway`] in memory: an inbox that a test reads.
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
