//! Faults on order: where, what, when. What a real provider does once a year, a test can have at will.
//!
//! As JSON, for `POST /control/faults` and the configuration file:
//!
//! ```json
//! { "where": "token", "what": { "id_token": "nonce_wrong" }, "when": { "next": 1 } }
//! ```

#[macro_use]
mod named;
mod kinds;
mod national;
mod population;

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use kinds::{AuthorizeFault, DiscoveryFault, JwksFault, TokenFault, TokenResponseFault, UserinfoFault};
pub use national::{ClaimFault, SealedFault};
pub use population::PopulationFault;

use crate::entropy::Entropy;
use crate::sync::lock;

/// A fault on order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which endpoint.
    #[serde(rename = "where")]
    pub place: Place,
    /// What happens there.
    pub what: What,
    /// Under which conditions; always, when it says nothing.
    #[serde(default)]
    pub when: When,
}

impl Fault {
    /// A fault at every request to this endpoint.
    pub fn new(place: Place, what: What) -> Self {
        Self { place, what, when: When::default() }
    }

    /// Only for the next so many requests that fit.
    #[must_use]
    pub fn next(mut self, times: u32) -> Self {
        self.when.next = Some(times);
        self
    }

    /// Only for this client.
    #[must_use]
    pub fn client(mut self, client: &str) -> Self {
        self.when.client = Some(client.to_owned());
        self
    }

    /// Only in this realm, such as `dvcqg`.
    #[must_use]
    pub fn realm(mut self, realm: &str) -> Self {
        self.when.realm = Some(realm.to_owned());
        self
    }

    /// Only for the citizen with this user name.
    #[must_use]
    pub fn persona(mut self, username: &str) -> Self {
        self.when.persona = Some(username.to_owned());
        self
    }
}

/// An endpoint, whichever realm it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Place {
    /// The metadata.
    Discovery,
    /// The key set.
    Jwks,
    /// The authorization endpoint.
    Authorize,
    /// The token endpoint.
    Token,
    /// The userinfo endpoint.
    Userinfo,
    /// The end-session endpoint.
    Logout,
    /// VNeID's page with the citizen's details.
    ViewInfo,
    /// The revocation endpoint.
    Revoke,
    /// The introspection endpoint.
    Introspect,
    /// The device authorization endpoint.
    DeviceAuthorization,
    /// The phone app's scanner.
    App,
    /// The login pages.
    Login,
    /// The SMS gateway: any fault loses the message, a delay delivers it later.
    Sms,
    /// The population database's service, whichever gateway it is asked through.
    Population,
}

impl Place {
    /// The endpoint that a route's path belongs to.
    pub(crate) fn of(path: &str) -> Option<Self> {
        if path.starts_with("/population/") {
            return Some(Self::Population);
        }
        let known = [
            ("/.well-known/openid-configuration", Self::Discovery),
            ("/jwks", Self::Jwks),
            ("/authorize", Self::Authorize),
            ("/token", Self::Token),
            ("/userinfo", Self::Userinfo),
            ("/end_session", Self::Logout),
            ("/oidc/logout", Self::Logout),
            ("/third-party/logout", Self::Logout),
            ("/third-party/view-info", Self::ViewInfo),
            ("/openid-connect/certs", Self::Jwks),
            ("/auth", Self::Authorize),
            ("/revoke", Self::Revoke),
            ("/introspect", Self::Introspect),
            ("/device_authorization", Self::DeviceAuthorization),
            ("/app/scan", Self::App),
            ("/login/{id}", Self::Login),
            ("/sms", Self::Sms),
        ];
        known.into_iter().find(|(suffix, _)| path.ends_with(suffix)).map(|(_, place)| place)
    }
}

/// What goes wrong. The first group replaces or spoils the whole answer, the second spoils what is in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// This status with an unhelpful text.
    Status(u16),
    /// Another answer altogether.
    Respond {
        /// The status.
        status: u16,
        /// Its headers.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// Its body.
        #[serde(default)]
        body: String,
    },
    /// The right answer, so many milliseconds late.
    DelayMillis(u64),
    /// The connection ends in the middle of the answer.
    Close,
    /// The connection is reset before any answer.
    Reset,
    /// The answer comes sixteen bytes at a time, with so many milliseconds between.
    SlowDripMillis(u64),
    /// A JSON body of so many bytes.
    OversizeBytes(usize),
    /// An HTML page with status 200.
    Html,
    /// Broken JSON with status 200.
    BadJson,
    /// A redirect to this address.
    RedirectTo(String),
    /// A bare `401`, as for an address that is not on the provider's list.
    SourceRefused,

    /// The id_token is wrong.
    IdToken(TokenFault),
    /// The token response around it is wrong.
    TokenResponse(TokenResponseFault),
    /// Userinfo is wrong.
    Userinfo(UserinfoFault),
    /// The key set is wrong.
    Jwks(JwksFault),
    /// The metadata is wrong.
    Discovery(DiscoveryFault),
    /// The authorization response is wrong.
    Authorize(AuthorizeFault),
    /// The keys rotate just before the id_token is signed.
    RotateKeys,
    /// What a dialect tells of a citizen is wrong.
    Claim(ClaimFault),
    /// What should be sealed is sealed wrongly.
    Sealed(SealedFault),
    /// At `population`: what is said about a citizen is wrong.
    Population(PopulationFault),
    /// At `token`: a wrong PKCE verifier, or none, is accepted.
    PkceIgnored,
    /// At `authorize`: the redirect URI counts as not registered.
    RedirectUriRefused,
    /// At `app`: the app calls itself outdated and scans nothing.
    AppOutdated,
    /// At `app`: the phone must be at the same address as the browser whose code it scans, or nothing is scanned.
    RequireSameNetwork,
}

impl What {
    /// Whether it spoils the whole answer, rather than what is in it.
    fn is_of_the_wire(&self) -> bool {
        !matches!(
            self,
            Self::IdToken(_)
                | Self::TokenResponse(_)
                | Self::Userinfo(_)
                | Self::Jwks(_)
                | Self::Discovery(_)
                | Self::Authorize(_)
                | Self::RotateKeys
                | Self::Claim(_)
                | Self::Sealed(_)
                | Self::Population(_)
                | Self::PkceIgnored
                | Self::RedirectUriRefused
                | Self::AppOutdated
                | Self::RequireSameNetwork
        )
    }

    /// How late, when it is only late.
    pub(crate) fn delay(&self) -> Option<Duration> {
        match self {
            Self::DelayMillis(millis) => Some(Duration::from_millis(*millis)),
            _ => None,
        }
    }
}

/// Under which conditions a fault happens; all that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Only so many times, then it is consumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// Only in this realm, such as `dvcqg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// Only for this client, as far as the request says which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Only for the citizen with this user name, as far as the request concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<String>,
    /// Only when the path and query (for `sms`: the phone) contain this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
    /// Only in this share of the requests, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
}

/// A fault on order, and how often it happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ordered {
    /// The fault.
    pub fault: Fault,
    /// How often it happened.
    pub used: u32,
    /// Whether it will not happen again.
    pub consumed: bool,
}

/// A request, as far as conditions look at it.
pub(crate) struct Occasion<'a> {
    /// The realm's name; empty for what belongs to none.
    pub(crate) realm: &'a str,
    pub(crate) place: Place,
    pub(crate) client: Option<&'a str>,
    pub(crate) persona: Option<&'a str>,
    pub(crate) target: &'a str,
}

impl<'a> Occasion<'a> {
    /// An occasion inside a handler, where client and citizen are known.
    pub(crate) fn new(realm: &'a str, place: Place, client: &'a str, persona: Option<&'a str>) -> Self {
        Self { realm, place, client: Some(client), persona, target: "" }
    }
}

/// All faults on order.
#[derive(Default)]
pub(crate) struct Faults {
    ordered: Mutex<Vec<Ordered>>,
}

impl Faults {
    /// Orders a fault.
    pub(crate) fn order(&self, fault: Fault) {
        let consumed = fault.when.next == Some(0);
        lock(&self.ordered).push(Ordered { fault, used: 0, consumed });
    }

    /// All of them, consumed or not, in the order in which they were ordered.
    pub(crate) fn list(&self) -> Vec<Ordered> {
        lock(&self.ordered).clone()
    }

    /// Cancels all.
    pub(crate) fn clear(&self) {
        lock(&self.ordered).clear();
    }

    /// The fault that spoils this whole answer, if any; it counts as happened.
    pub(crate) fn next(&self, occasion: &Occasion<'_>, entropy: &Entropy) -> Option<What> {
        self.pick(occasion, entropy, |what| what.is_of_the_wire().then(|| what.clone()))
    }

    /// The first fault of one kind that fits; it counts as happened.
    pub(crate) fn pick<T>(
        &self,
        occasion: &Occasion<'_>,
        entropy: &Entropy,
        kind: impl Fn(&What) -> Option<T>,
    ) -> Option<T> {
        let mut ordered = lock(&self.ordered);
        ordered.iter_mut().find_map(|order| {
            if order.consumed || !order.fault.fits(occasion) {
                return None;
            }
            let picked = kind(&order.fault.what)?;
            if order.fault.when.rate.is_some_and(|rate| entropy.fraction() >= rate) {
                return None;
            }
            order.used = order.used.saturating_add(1);
            order.consumed = order.fault.when.next.is_some_and(|times| order.used >= times);
            Some(picked)
        })
    }
}

impl Fault {
    fn fits(&self, occasion: &Occasion<'_>) -> bool {
        let same =
            |wanted: &Option<String>, given: Option<&str>| wanted.as_deref().is_none_or(|wanted| Some(wanted) == given);
        self.place == occasion.place
            && same(&self.when.realm, Some(occasion.realm))
            && same(&self.when.client, occasion.client)
            && same(&self.when.persona, occasion.persona)
            && self.when.matching.as_deref().is_none_or(|part| occasion.target.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d90_happens_where_when_and_as_often_as_ordered() {
        let (faults, entropy) = (Faults::default(), Entropy::new(Some(1)));
        faults.order(Fault::new(Place::Token, What::Status(500)).next(2).client("a"));
        let ask = |place, client| faults.next(&Occasion::new("oidc", place, client, None), &entropy);
        assert_eq!(ask(Place::Userinfo, "a"), None);
        assert_eq!(ask(Place::Token, "b"), None);
        assert_eq!(ask(Place::Token, "a"), Some(What::Status(500)));
        assert!(!faults.list()[0].consumed);
        assert_eq!(ask(Place::Token, "a"), Some(What::Status(500)));
        assert_eq!(ask(Place::Token, "a"), None);
        assert_eq!((faults.list()[0].used, faults.list()[0].consumed), (2, true));
    }

    #[test]
    fn d92_an_error_rate_is_about_kept() {
        let (faults, entropy) = (Faults::default(), Entropy::new(Some(1)));
        let when = When { rate: Some(0.25), ..When::default() };
        faults.order(Fault { when, ..Fault::new(Place::Jwks, What::Close) });
        let hits =
            (0..1000).filter(|_| faults.next(&Occasion::new("oidc", Place::Jwks, "a", None), &entropy).is_some());
        assert!((180..320).contains(&hits.count()));
    }

    #[test]
    fn reads_the_documented_json_and_refuses_the_rest() {
        let read = serde_json::from_str::<Fault>;
        let fault = read(r#"{"where":"token","what":{"id_token":"nonce_wrong"},"when":{"next":1}}"#).unwrap();
        assert_eq!(fault, Fault::new(Place::Token, What::IdToken(TokenFault::NonceWrong)).next(1));
        assert_eq!(read(r#"{"where":"jwks","what":"close"}"#).unwrap(), Fault::new(Place::Jwks, What::Close));
        assert!(read(r#"{"where":"jwks","what":"close","often":1}"#).is_err());
        assert!(read(r#"{"where":"jwks","what":"closes"}"#).is_err());
    }
}
