//! A certificate authority for tests, and proxies that speak TLS for programs that do not.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PublicKeyData};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::scratch::Scratch;

/// An authority that nobody trusts who was not told to, and its one certificate, for `localhost`.
pub struct Authority {
    server: Arc<ServerConfig>,
    server_key: Vec<u8>,
    file: PathBuf,
    _scratch: Scratch,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "vneid-auth tests");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let server = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let scratch = Scratch::new();
        let file = scratch.file("ca.pem", &authority.pem());
        Self { server: Arc::new(server), server_key: key.subject_public_key_info(), file, _scratch: scratch }
    }

    /// The authority's certificate, as PEM in a file.
    pub fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// The server's public key as Chromium wants to hear of it: base64 of the SHA-256 of its SPKI.
    pub fn server_key(&self) -> String {
        STANDARD.encode(digest(&SHA256, &self.server_key))
    }
}

/// Speaks TLS at a port of its own and passes on what comes, until this is dropped.
pub struct TlsProxy {
    listener: JoinHandle<()>,
}

impl TlsProxy {
    /// From this listener to a program.
    pub fn start(authority: &Authority, listener: TcpListener, program: SocketAddr) -> Self {
        let acceptor = TlsAcceptor::from(Arc::clone(&authority.server));
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not trust the certificate goes away here; that is theirs to tell.
                    let Ok(mut outside) = acceptor.accept(stream).await else { return };
                    let Ok(mut inside) = TcpStream::connect(program).await else { return };
                    let _ = copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Self { listener }
    }
}

impl Drop for TlsProxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
