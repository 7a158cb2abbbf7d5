//! The gateway of a developer's own machine: it sends nothing and shows everything.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{SmsFailed, SmsGateway};
use crate::identity::PhoneNumber;
use crate::secret::Secret;

/// An [`SmsGateway`] that writes each message, code included, as a line. For development alone: whoever reads the
/// console reads everybody's codes.
pub struct ConsoleSms {
    out: Mutex<Box<dyn Write + Send>>,
}

impl ConsoleSms {
    /// Onto the standard error stream.
    pub fn stderr() -> Self {
        Self::to(std::io::stderr())
    }

    /// Onto this.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self { out: Mutex::new(Box::new(out)) }
    }
}

#[async_trait]
impl SmsGateway for ConsoleSms {
    async fn send(&self, to: &PhoneNumber, text: &Secret) -> Result<(), SmsFailed> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writeln!(out, "SMS {}: {}", to.masked(), text.expose()).and_then(|()| out.flush());
        written.map_err(|error| SmsFailed::Down(error.kind().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<u8>>>);

    impl Write for Seen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn writes_a_line_for_a_message() {
        let seen = Seen::default();
        let console = ConsoleSms::to(seen.clone());
        console.send(&"0900000289".parse().unwrap(), &"Ma xac thuc 012345".into()).await.unwrap();
        assert_eq!(seen.0.lock().unwrap().as_slice(), b"SMS 090****289: Ma xac thuc 012345\n");
    }
}
