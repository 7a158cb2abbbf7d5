//! The provider's addresses, as they are set: those of a dialect without discovery, or in the place of what discovery says.

use url::Url;

use super::check::ConfigProblem;
use crate::http::address;
use crate::provider::authorization;

/// What is set of the provider's addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoints {
    pub(crate) authorize: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) userinfo: Option<String>,
    /// Of the device grant; `None` where there is none.
    pub(crate) device_authorization: Option<String>,
    pub(crate) jwks: Option<String>,
    /// An end-session endpoint, or a template of the whole request.
    pub(crate) logout: Option<String>,
}

/// An address that requests may go to: absolute, https or to this machine, without fragment and credentials.
pub(crate) fn parse(text: &str) -> Result<Url, ConfigProblem> {
    if text.is_empty() {
        return Err(ConfigProblem::Missing);
    }
    let url = Url::parse(text).map_err(|_| ConfigProblem::Url)?;
    if !matches!(url.scheme(), "https" | "http") || address::has_credentials(&url) || url.fragment().is_some() {
        return Err(ConfigProblem::Url);
    }
    if address::is_secure(&url) { Ok(url) } else { Err(ConfigProblem::PlainHttp) }
}

/// The authorization endpoint, whose own query may not set what we set.
pub(crate) fn parse_authorize(text: &str) -> Result<Url, ConfigProblem> {
    let url = parse(text)?;
    let ours = url.query_pairs().any(|(name, _)| authorization::is_ours(&name));
    if ours { Err(ConfigProblem::Parameter) } else { Ok(url) }
}
