//! Where the portal is: its public address, its prefix, its cookies' names.

use url::{Host, Url};

use super::cookies::Names;
use super::return_to;
use crate::provider::ProviderConfig;

/// The portal's addresses, checked.
pub(crate) struct Site {
    /// `https://dvc.example.gov.vn`, without a path; what `Origin` must equal.
    pub(crate) origin: String,
    /// `dvc.example.gov.vn`, what people know the portal by.
    pub(crate) host: String,
    /// `/auth`.
    pub(crate) prefix: String,
    pub(crate) after_logout: String,
    pub(crate) default_page: String,
    pub(crate) cookies: Names,
    /// Origins of front ends elsewhere.
    pub(crate) front_ends: Vec<String>,
}

/// Why the portal's addresses are unfit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// It is no base URL.
    #[error("the portal's URL {0:?} must be https://host[:port] without a path, query or user")]
    Url(String),
    /// It is http and not loopback.
    #[error("the portal's URL {0:?} must be https: cookies and codes would travel in clear")]
    Clear(String),
    /// The prefix is unfit.
    #[error("the prefix {0:?} must be one or more path segments like /auth")]
    Prefix(String),
    /// A front end's origin is unfit.
    #[error("the front end {0:?} must be an origin like https://app.example.gov.vn")]
    FrontEnd(String),
    /// A page is unfit.
    #[error("the page {0:?} must be a path of the portal like /")]
    Page(String),
}

impl Site {
    pub(crate) fn new(url: &str, prefix: &str, after_logout: &str, default_page: &str) -> Result<Self, SiteError> {
        let parsed = Url::parse(url).map_err(|_| SiteError::Url(url.to_owned()))?;
        let bare = parsed.path() == "/"
            && parsed.query().is_none()
            && parsed.fragment().is_none()
            && parsed.username().is_empty()
            && parsed.password().is_none();
        match parsed.scheme() {
            "https" if bare => {}
            "http" if bare && is_loopback(&parsed) => {}
            "http" if bare => return Err(SiteError::Clear(url.to_owned())),
            _ => return Err(SiteError::Url(url.to_owned())),
        }
        let segments_fit = prefix.strip_prefix('/').is_some_and(|rest| !rest.is_empty())
            && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'))
            && !prefix.ends_with('/')
            && !prefix.contains("//");
        if !segments_fit {
            return Err(SiteError::Prefix(prefix.to_owned()));
        }
        let page = |path: &str| return_to::fit(path, |_| false).ok_or_else(|| SiteError::Page(path.to_owned()));
        Ok(Self {
            origin: parsed.origin().ascii_serialization(),
            host: parsed.host_str().unwrap_or_default().to_owned(),
            prefix: prefix.to_owned(),
            after_logout: page(after_logout)?,
            default_page: page(default_page)?,
            cookies: Names::new(&parsed),
            front_ends: Vec::new(),
        })
    }

    /// Allows a front end of another origin, by that origin: `https://app.example.gov.vn`.
    pub(crate) fn allow_front_end(&mut self, origin: &str) -> Result<(), SiteError> {
        let url = Url::parse(origin).map_err(|_| SiteError::FrontEnd(origin.to_owned()))?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !secure || url.origin().ascii_serialization() != origin {
            return Err(SiteError::FrontEnd(origin.to_owned()));
        }
        self.front_ends.push(origin.to_owned());
        Ok(())
    }

    /// The portal's host, as the address bar shows it.
    pub(crate) fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host)
    }

    /// The public address of a route under the prefix.
    pub(crate) fn url_of(&self, route: &str) -> String {
        format!("{}{}{route}", self.origin, self.prefix)
    }

    /// Whether a path is one of our routes, other than this provider's own callback.
    pub(crate) fn is_route(&self, path: &str, provider: &str) -> bool {
        let Some(rest) = path.strip_prefix(&self.prefix) else { return false };
        let own = rest.strip_prefix("/callback/").is_some_and(|name| name == provider);
        // Under the prefix only `/callback/…` is free for callbacks; all else is the contract's.
        (rest.is_empty() || rest.starts_with('/')) && !own
    }

    /// The redirect URI that is registered with the provider.
    pub(crate) fn callback_url(&self, provider: &ProviderConfig) -> String {
        format!("{}{}", self.origin, provider.callback())
    }
}

/// Decided on the parsed host: `http://localhost:80@attacker.test` is not loopback.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_http_is_for_loopback_only() {
        let site = |url| Site::new(url, "/auth", "/", "/").map(|site| site.origin);
        assert_eq!(site("https://dvc.example.gov.vn/").as_deref(), Ok("https://dvc.example.gov.vn"));
        assert_eq!(site("http://127.0.0.1:8080").as_deref(), Ok("http://127.0.0.1:8080"));
        assert!(site("http://localhost:8080").is_ok() && site("http://[::1]:8080").is_ok());
        assert!(matches!(site("http://dvc.example.gov.vn"), Err(SiteError::Clear(_))));
        for bad in [
            "dvc.example.gov.vn",
            "ftp://x",
            "https://x/path",
            "https://x?y",
            "https://u@x",
            "http://localhost:80@evil.example",
        ] {
            assert!(site(bad).is_err(), "{bad}");
        }
        for bad in ["", "/", "auth", "/auth/", "//auth", "/a b"] {
            assert!(Site::new("https://x", bad, "/", "/").is_err(), "{bad}");
        }
    }
}
