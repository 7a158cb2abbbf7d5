//! Where the browser is sent to end the provider's session, and the one behind it.

use serde::{Deserialize, Serialize};
use url::Url;

use super::config;
use super::config::ConfigProblem;
use crate::http::address;
use crate::secret::{self, Secret};

/// An address is not longer than this.
const LONGEST: usize = 8 * 1024;

/// What a session keeps of its login for the day it ends. All of it is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogoutHints {
    #[serde(with = "secret::at_rest_opt", default)]
    pub(crate) id_token: Option<Secret>,
    /// Kept only where the logout address wants it.
    #[serde(with = "secret::at_rest_opt", default)]
    pub(crate) access_token: Option<Secret>,
    /// Where VNeID's session is ended, its host checked.
    #[serde(with = "secret::at_rest_opt", default)]
    pub(crate) logout_uri: Option<Secret>,
    /// The `sub` of the checked id_token, as logout tokens call the person. Accounts may be linked by another name.
    #[serde(default)]
    pub(crate) subject: Option<String>,
}

/// What one logout puts into the address.
pub(crate) struct Values<'a> {
    pub(crate) hints: &'a LogoutHints,
    pub(crate) client_id: &'a str,
    pub(crate) post_logout_redirect_uri: &'a str,
    pub(crate) state: &'a str,
}

impl Values<'_> {
    fn of(&self, placeholder: &str) -> Option<Option<&str>> {
        Some(match placeholder {
            "{id_token}" => self.hints.id_token.as_ref().map(Secret::expose),
            "{access_token}" => self.hints.access_token.as_ref().map(Secret::expose),
            "{client_id}" => Some(self.client_id),
            "{post_logout_redirect_uri}" => Some(self.post_logout_redirect_uri),
            "{state}" => Some(self.state),
            _ => return None,
        })
    }
}

/// The parameters of OpenID Connect RP-Initiated Logout 1.0 §2.
pub(crate) const RP_INITIATED: [(&str, &str); 4] = [
    ("id_token_hint", "{id_token}"),
    ("client_id", "{client_id}"),
    ("post_logout_redirect_uri", "{post_logout_redirect_uri}"),
    ("state", "{state}"),
];

/// Whether a logout address can work: a URL whose placeholders are known.
pub(crate) fn check(text: &str) -> Result<(), ConfigProblem> {
    let url = config::parse_endpoint(text)?;
    let path_is_plain = !braces(url.path());
    if path_is_plain && check_parameters(url.query_pairs()) { Ok(()) } else { Err(ConfigProblem::Template) }
}

/// Whether a placeholder is always the whole of a value, and known.
pub(crate) fn check_parameters(mut parameters: impl Iterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> bool {
    let hints = LogoutHints::default();
    let nothing = Values { hints: &hints, client_id: "", post_logout_redirect_uri: "", state: "" };
    parameters.all(|(name, value)| {
        !braces(name.as_ref()) && (!braces(value.as_ref()) || nothing.of(value.as_ref()).is_some())
    })
}

fn braces(text: &str) -> bool {
    text.contains(['{', '}']) || text.contains("%7B") || text.contains("%7D")
}

/// The parameters of a logout request: the address's own when it is a template, else those that the profile adds.
fn parameters(endpoint: &Url, added: &[(String, String)]) -> Vec<(String, String)> {
    let own: Vec<(String, String)> = endpoint.query_pairs().into_owned().collect();
    let is_template = own.iter().any(|(_, value)| braces(value));
    if is_template { own } else { own.into_iter().chain(added.iter().cloned()).collect() }
}

/// Whether the request will ask for this placeholder.
pub(crate) fn asks_for(endpoint: &Url, added: &[(String, String)], placeholder: &str) -> bool {
    parameters(endpoint, added).iter().any(|(_, value)| value == placeholder)
}

/// The address with its values; a parameter whose value is not there is left out. The whole of it is a secret: it carries
/// tokens.
pub(crate) fn url(endpoint: &Url, added: &[(String, String)], values: &Values<'_>) -> Secret {
    let parameters = parameters(endpoint, added);
    let filled = parameters.iter().filter_map(|(name, value)| match values.of(value) {
        Some(value) => value.map(|value| (name.as_str(), value)),
        None => Some((name.as_str(), value.as_str())),
    });
    let mut url = endpoint.clone();
    url.query_pairs_mut().clear().extend_pairs(filled);
    Secret::new(String::from(url))
}

/// A host that a `logoutUri` may name, with its port where it is not 443.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogoutHost {
    host: String,
    port: u16,
}

impl LogoutHost {
    /// `host` or `host:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(&format!("https://{text}/")).ok()?;
        let bare =
            !address::has_credentials(&url) && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|_| bare && !text.contains(['/', '?', '#', '@', '\\', ' ']))?.to_owned();
        Some(Self { host, port: url.port_or_known_default()? })
    }

    fn names(&self, url: &Url) -> bool {
        url.host_str() == Some(self.host.as_str()) && url.port_or_known_default() == Some(self.port)
    }

    /// As an origin: https, or http where the host is this machine.
    pub(crate) fn origin(&self) -> Option<String> {
        let loopback = Url::parse(&format!("http://{}:{}/", self.host, self.port)).ok().filter(address::is_secure);
        let url = loopback.or_else(|| Url::parse(&format!("https://{}:{}/", self.host, self.port)).ok())?;
        Some(url.origin().ascii_serialization())
    }
}

/// A `logoutUri` that the browser may be sent to: https (or this machine), to a host that is allowed.
pub(crate) fn allowed(text: &str, hosts: &[String]) -> Option<Secret> {
    if text.len() > LONGEST {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let fits = address::is_secure(&url) && !address::has_credentials(&url);
    let named = hosts.iter().filter_map(|host| LogoutHost::parse(host)).any(|host| host.names(&url));
    (fits && named).then(|| Secret::new(String::from(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: &str = "https://portal.example/auth/logged-out";

    fn filled(address: &str, hints: &LogoutHints) -> String {
        check(address).unwrap();
        let values = Values { hints, client_id: "portal", post_logout_redirect_uri: BACK, state: "s&1" };
        url(&Url::parse(address).unwrap(), &rp_initiated(), &values).expose().to_owned()
    }

    fn rp_initiated() -> Vec<(String, String)> {
        RP_INITIATED.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    fn hints() -> LogoutHints {
        LogoutHints { id_token: Some("t.o.k".into()), access_token: Some("a+t".into()), ..LogoutHints::default() }
    }

    #[test]
    fn c144_carries_the_hint_the_address_and_the_state() {
        assert_eq!(
            filled("https://id.example/end?tenant=a", &hints()),
            "https://id.example/end?tenant=a&id_token_hint=t.o.k&client_id=portal\
             &post_logout_redirect_uri=https%3A%2F%2Fportal.example%2Fauth%2Flogged-out&state=s%261"
        );
    }

    #[test]
    fn a_template_is_filled_and_what_is_not_there_is_left_out() {
        let template = "https://id.example/out?token_id={access_token}&x=1&back={post_logout_redirect_uri}";
        assert_eq!(
            filled(template, &hints()),
            "https://id.example/out?token_id=a%2Bt&x=1&back=https%3A%2F%2Fportal.example%2Fauth%2Flogged-out"
        );
        let without = filled("https://id.example/out?id_token_hint={id_token}&state={state}", &LogoutHints::default());
        assert_eq!(without, "https://id.example/out?state=s%261");
        let template = Url::parse(template).unwrap();
        assert!(asks_for(&template, &rp_initiated(), "{access_token}"));
        assert!(!asks_for(&template, &rp_initiated(), "{id_token}"));
    }

    #[test]
    fn placeholders_that_nobody_fills_are_told_at_start() {
        for bad in [
            "https://id.example/out?a={token}",
            "https://id.example/{id_token}",
            "https://id.example/out?a=x{state}",
            "https://id.example/out?{state}=1",
        ] {
            assert_eq!(check(bad), Err(ConfigProblem::Template), "{bad}");
        }
        assert_eq!(check("http://id.example/out"), Err(ConfigProblem::PlainHttp));
    }

    #[test]
    fn a_logout_uri_is_followed_to_allowed_hosts_alone() {
        let hosts =
            ["sso.dancuquocgia.gov.vn".to_owned(), "127.0.0.1:9000".to_owned(), "vneid.example:8443".to_owned()];
        for good in [
            "https://sso.dancuquocgia.gov.vn/api/idp/third-party/logout?token_id=a.b.c",
            "https://SSO.dancuquocgia.gov.vn:443/x",
            "http://127.0.0.1:9000/vneid/x",
            "https://vneid.example:8443/",
        ] {
            assert!(allowed(good, &hosts).is_some(), "{good}");
        }
        for bad in [
            "http://sso.dancuquocgia.gov.vn/x",
            "https://sso.dancuquocgia.gov.vn:8443/x",
            "https://sso.dancuquocgia.gov.vn.attacker.example/",
            "https://sso.dancuquocgia.gov.vn@attacker.example/",
            "https://a@sso.dancuquocgia.gov.vn/",
            "https://attacker.example/sso.dancuquocgia.gov.vn",
            "https://vneid.example/",
            "http://127.0.0.1:9001/",
            "javascript:alert(1)",
            "//sso.dancuquocgia.gov.vn/x",
            "/api/logout",
            "",
        ] {
            assert!(allowed(bad, &hosts).is_none(), "{bad}");
        }
        assert!(allowed(&format!("https://sso.dancuquocgia.gov.vn/?{}", "a".repeat(LONGEST)), &hosts).is_none());
        for bad in ["", "https://a.example", "a.example/x", "a.example?x", "u@a.example", "a b", "a.example:99999"] {
            assert_eq!(LogoutHost::parse(bad), None, "{bad}");
        }
        let origins: Vec<_> = hosts.iter().filter_map(|host| LogoutHost::parse(host)?.origin()).collect();
        assert_eq!(origins, ["https://sso.dancuquocgia.gov.vn", "http://127.0.0.1:9000", "https://vneid.example:8443"]);
    }
}
