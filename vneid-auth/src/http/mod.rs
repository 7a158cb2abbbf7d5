//! How others are spoken to over HTTP, the providers, an SMS gateway and the population database: one small trait, and
//! the real client behind it.

pub(crate) mod address;
mod reqwest_client;

use async_trait::async_trait;
use bytes::Bytes;

pub(crate) use self::address::is_secure_endpoint;
pub use self::reqwest_client::{ReqwestClient, ReqwestClientBuilder, ReqwestClientError};

/// Sends one HTTP request and reads the whole answer.
///
/// An implementation follows no redirect, checks certificates, and bounds both the time (5 s to connect, 10 s in all)
/// and the size of the answer (1 MiB).
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends the request.
    ///
    /// # Errors
    /// When no whole answer came; any status is an answer.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpFailure>;
}

/// Why no whole answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFailure {
    /// The host's name has no address (DNS).
    #[error("no connection: the host's name is not found")]
    NoSuchHost,
    /// Nobody listens there, or a firewall says so.
    #[error("no connection: it was refused")]
    Refused,
    /// The certificate does not hold, or the other side does not speak TLS as we do.
    #[error("no connection: the TLS handshake failed")]
    Tls,
    /// No connection, for another reason or one that the client does not know.
    #[error("no connection")]
    Connect,
    /// It took too long.
    #[error("timed out")]
    Timeout,
    /// The answer is larger than allowed.
    #[error("the answer is too large")]
    TooLarge,
    /// The connection broke off, or what came is no HTTP.
    #[error("the connection broke off")]
    Broken,
    /// Plain http to a host that is not loopback; nothing was sent.
    #[error("plain http is only for loopback hosts")]
    Insecure,
}
