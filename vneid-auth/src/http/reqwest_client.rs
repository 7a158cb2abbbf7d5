//! The real HTTP client.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::{Certificate, redirect, retry};
use url::Url;

use super::address;
use super::{HttpClient, HttpFailure};

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);
/// Node's servers close an idle connection after 5 s. A request that meets the closing cannot be sent again when it
/// carries a code, so idle connections are not kept that long.
const IDLE: Duration = Duration::from_secs(4);
const LARGEST: usize = 1024 * 1024;

/// An [`HttpClient`] over rustls: 5 s to connect and 10 s in all, answers up to 1 MiB, no redirect followed, no request
/// repeated, no proxy taken from the environment, plain http to loopback hosts only. It logs nothing.
#[derive(Clone, Debug)]
pub struct ReqwestClient {
    client: reqwest::Client,
}

/// Builds a [`ReqwestClient`].
#[derive(Clone, Debug)]
pub struct ReqwestClientBuilder {
    certificates: Vec<Certificate>,
    connect: Duration,
    total: Duration,
}

impl Default for ReqwestClientBuilder {
    fn default() -> Self {
        Self { certificates: Vec::new(), connect: CONNECT, total: TOTAL }
    }
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

    /// How long connecting may take, and the whole request with its answer; by default 5 s and 10 s.
    #[must_use]
    pub fn timeouts(mut self, connect: Duration, total: Duration) -> Self {
        (self.connect, self.total) = (connect, total);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// When a certificate is malformed, or the system's cannot be had.
    pub fn build(self) -> Result<ReqwestClient, ReqwestClientError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("vneid-auth/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect)
            .timeout(self.total)
            .pool_idle_timeout(IDLE)
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
        no_connection(&error)
    } else {
        HttpFailure::Broken
    }
}

/// Operators mend each of these elsewhere. `hyper-util` tells a name that is not found by the text of a private type alone,
/// so a test holds it to that; were it to change, the answer is only less precise.
fn no_connection(error: &reqwest::Error) -> HttpFailure {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    for cause in causes {
        if cause.to_string() == "dns error" {
            return HttpFailure::NoSuchHost;
        }
        match cause.downcast_ref::<io::Error>().map(innermost) {
            Some(ErrorKind::ConnectionRefused) => return HttpFailure::Refused,
            // What rustls finds wrong comes as invalid data; a peer that hangs up in the handshake, as an end.
            Some(ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => return HttpFailure::Tls,
            _ => {}
        }
    }
    HttpFailure::Connect
}

/// An I/O error wrapped in another is not among the other's sources.
fn innermost(error: &io::Error) -> ErrorKind {
    error.get_ref().and_then(|inner| inner.downcast_ref()).map_or(error.kind(), innermost)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one connection with these bytes and, unless it is to hang, closes it.
    async fn server(answer: Vec<u8>, hangs: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&answer).await;
            if hangs {
                std::future::pending::<()>().await;
            }
        });
        format!("http://{address}/")
    }

    async fn get(url: &str) -> Result<http::Response<Bytes>, HttpFailure> {
        let client = ReqwestClient::builder().timeouts(Duration::from_secs(1), Duration::from_secs(1)).build().unwrap();
        client.send(http::Request::get(url).body(Bytes::new()).unwrap()).await
    }

    #[tokio::test]
    async fn c58_redirects_are_answers() {
        let url =
            server(b"HTTP/1.1 302 Found\r\nlocation: //attacker.example\r\ncontent-length: 0\r\n\r\n".into(), false);
        assert_eq!(get(&url.await).await.unwrap().status(), 302);
    }

    #[tokio::test]
    async fn c65_large_answers_are_cut_off() {
        let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", LARGEST + 1);
        let url = server(announced.into_bytes(), true);
        assert_eq!(get(&url.await).await.unwrap_err(), HttpFailure::TooLarge);
        let mut unannounced = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        unannounced.extend(vec![b' '; LARGEST + 1]);
        let url = server(unannounced, true);
        assert_eq!(get(&url.await).await.unwrap_err(), HttpFailure::TooLarge);
        let mut exact = format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGEST}\r\n\r\n").into_bytes();
        exact.extend(vec![b' '; LARGEST]);
        let url = server(exact, false);
        assert_eq!(get(&url.await).await.unwrap().body().len(), LARGEST);
    }

    #[tokio::test]
    async fn c64_slow_cut_and_absent_answers_are_told_apart() {
        for (answer, hangs, failure) in [
            (&b""[..], true, HttpFailure::Timeout),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nslow", true, HttpFailure::Timeout),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\ncut", false, HttpFailure::Broken),
            (b"", false, HttpFailure::Broken),
            (b"SSH-2.0-nothing\r\n", false, HttpFailure::Broken),
        ] {
            let url = server(answer.to_vec(), hangs);
            assert_eq!(get(&url.await).await.unwrap_err(), failure, "{}", String::from_utf8_lossy(answer));
        }
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert_eq!(get(&format!("http://{nobody}/")).await.unwrap_err(), HttpFailure::Refused);
    }

    #[tokio::test]
    async fn a_name_without_an_address_and_a_peer_without_tls_are_told_apart() {
        // RFC 6761 §6.4: `.invalid` never resolves.
        let patient = ReqwestClient::builder().build().unwrap();
        let nowhere = http::Request::get("https://id.invalid/").body(Bytes::new()).unwrap();
        let failure = patient.send(nowhere).await.unwrap_err();
        assert!(matches!(failure, HttpFailure::NoSuchHost | HttpFailure::Timeout), "{failure:?}");
        for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b""] {
            let plain = server(answer.to_vec(), false).await.replace("http:", "https:");
            assert_eq!(get(&plain).await.unwrap_err(), HttpFailure::Tls);
        }
    }

    #[tokio::test]
    async fn c59_plain_http_goes_to_loopback_only() {
        for url in ["http://id.example/", "http://127.0.0.1.id.example/", "http://localhost:80@id.example/"] {
            assert_eq!(get(url).await.unwrap_err(), HttpFailure::Insecure, "{url}");
        }
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_an_error() {
        for pem in [&b""[..], b"nothing", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            assert_eq!(ReqwestClient::builder().add_ca(pem).unwrap_err(), ReqwestClientError::NoCertificate);
        }
    }
}
