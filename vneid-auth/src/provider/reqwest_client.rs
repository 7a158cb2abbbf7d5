//! The real HTTP client.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::{Certificate, redirect, retry};
use url::Url;

use super::address;
use super::http::{HttpClient, HttpFailure};

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);
const LARGEST: usize = 1024 * 1024;

/// An [`HttpClient`] over rustls: 5 s to connect and 10 s in all, answers up to 1 MiB, no redirect followed, no request
/// repeated, no proxy taken from the environment, plain http to loopback hosts only. It logs nothing.
#[derive(Clone, Debug)]
pub struct ReqwestClient {
    client: reqwest::Client,
}

/// Builds a [`ReqwestClient`].
#[derive(Clone, Debug, Default)]
pub struct ReqwestClientBuilder {
    certificates: Vec<Certificate>,
}

/// The HTTP client cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReqwestClientError {
    /// The text holds no certificate in PEM.
    #[error("the CA file holds no certificate in PEM")]
    NoCertificate,
    /// A certificate is malformed, or the system's certificates cannot be had.
    #[error("the certificates cannot be used")]
    Certificates,
}

impl ReqwestClient {
    /// A client that trusts the system's certificates, and those that are added.
    pub fn builder() -> ReqwestClientBuilder {
        ReqwestClientBuilder::default()
    }
}

impl ReqwestClientBuilder {
    /// Trusts these certificates too: one or more, in PEM.
    ///
    /// # Errors
    /// When there is none in the text.
    pub fn add_ca(mut self, pem: &[u8]) -> Result<Self, ReqwestClientError> {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| ReqwestClientError::NoCertificate)?;
        if certificates.is_empty() {
            return Err(ReqwestClientError::NoCertificate);
        }
        self.certificates.extend(certificates);
        Ok(self)
    }

    /// The client.
    ///
    /// # Errors
    /// When a certificate is malformed, or the system's cannot be had.
    pub fn build(self) -> Result<ReqwestClient, ReqwestClientError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("vneid-auth/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .tls_certs_merge(self.certificates);
        builder.build().map(|client| ReqwestClient { client }).map_err(|_| ReqwestClientError::Certificates)
    }
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpFailure> {
        // Checked here and not by `https_only`, which knows no loopback.
        let url = Url::parse(&request.uri().to_string()).map_err(|_| HttpFailure::Insecure)?;
        if !address::is_secure(&url) {
            return Err(HttpFailure::Insecure);
        }
        let request = reqwest::Request::try_from(request).map_err(|_| HttpFailure::Broken)?;
        let mut response = self.client.execute(request).await.map_err(failure)?;
        let announced = response.content_length().unwrap_or(0);
        if announced > LARGEST as u64 {
            return Err(HttpFailure::TooLarge);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(HttpFailure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

fn failure(error: reqwest::Error) -> HttpFailure {
    if error.is_timeout() {
        HttpFailure::Timeout
    } else if error.is_connect() {
        HttpFailure::Connect
    } else {
        HttpFailure::Broken
    }
}
