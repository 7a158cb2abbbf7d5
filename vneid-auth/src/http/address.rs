//! Addresses that requests may go to: https, or plain http to this very machine.

use url::{Host, Url};

/// Whether requests may go to this URL: https, or http to a loopback host. Decided on the parsed host, so that
/// `http://localhost:80@attacker.example` is what it is.
pub(crate) fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the URL carries a user name or a password.
pub(crate) fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Whether requests that carry secrets may go to this URL: a secure one without a user name and a password in it.
pub(crate) fn is_secure_endpoint(url: &Url) -> bool {
    is_secure(url) && !has_credentials(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c59_loopback_is_decided_on_the_parsed_host() {
        for (url, secure) in [
            ("https://id.example", true),
            ("http://localhost:9000/oidc", true),
            ("http://127.0.0.1:9000", true),
            ("http://127.8.8.8", true),
            ("http://[::1]:9000", true),
            ("http://id.example", false),
            ("http://localhost:80@attacker.example", false),
            ("http://localhost.attacker.example", false),
            ("http://127.0.0.1.attacker.example", false),
            ("http://0.0.0.0", false),
            ("ftp://localhost", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_secure(&Url::parse(url).unwrap()), secure, "{url}");
        }
        assert!(has_credentials(&Url::parse("http://localhost:80@attacker.example").unwrap()));
    }
}
