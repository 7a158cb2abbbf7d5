//! Relying parties: who may ask, where answers may go, how they prove themselves.

use std::time::Duration;

use url::{Host, Url};
use vneid_auth::secret::Secret;

use crate::jwk::PublicKey;
use crate::sealed::{Cipher, DEMO_CLIENT_KEY, PublicKey as PublicSealingKey};

/// How a client authenticates at the token endpoint (OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `client_secret_basic`: HTTP Basic, both halves form-encoded (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// `client_secret_post`: in the body.
    ClientSecretPost,
    /// `private_key_jwt`: an assertion signed by the client (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// `none`: a public client; PKCE alone holds the code together.
    None,
}

impl AuthMethod {
    /// The name in the metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }
}

/// The algorithm of a client's id_tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits.
    #[default]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

/// What happens when a citizen cannot reach the level that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum UnmetAcr {
    /// A voluntary wish is answered with the level reached; an essential one is refused with
    /// `unmet_authentication_requirements`.
    #[default]
    Answer,
    /// Refused with `unmet_authentication_requirements` (OpenID Connect Core Unmet Authentication Requirements 1.0).
    Refuse,
    /// Refused with `access_denied`.
    AccessDenied,
}

/// How realm `/vneid-sealed` writes `birthDate`; a citizen of whom only the year is known has only the year in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BirthDateForm {
    /// `yyyyMMdd`.
    #[default]
    Compact,
    /// `yyyy-MM-dd`.
    Dashes,
    /// `dd/MM/yyyy`.
    Slashes,
    /// `yyyy`.
    Year,
}

/// A registered relying party.
#[derive(Clone)]
pub struct Client {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) secret: Option<Secret>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) post_logout_redirect_uris: Vec<String>,
    pub(crate) methods: Vec<AuthMethod>,
    methods_default: bool,
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) id_token_alg: SigningAlg,
    pub(crate) signed_userinfo: Option<SigningAlg>,
    pub(crate) consent: bool,
    pub(crate) client_credentials: bool,
    pub(crate) plain_oauth: bool,
    pub(crate) strict_state: bool,
    pub(crate) strict_nonce: bool,
    pub(crate) unmet_acr: UnmetAcr,
    pub(crate) refresh_grace: Duration,
    pub(crate) backchannel_logout_uri: Option<String>,
    pub(crate) backchannel_logout_session_required: bool,
    pub(crate) frontchannel_logout_uri: Option<String>,
    pub(crate) isolated_session: bool,
    any_loopback: bool,
    post_logout_at_home: bool,
    pub(crate) vneid_id_token: bool,
    pub(crate) sealing_key: Option<PublicSealingKey>,
    pub(crate) sealed_cipher: Cipher,
    pub(crate) birth_date_form: BirthDateForm,
}

/// A client's key could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("client {client}: {reason}")]
pub struct ClientKeyError {
    client: String,
    reason: &'static str,
}

impl ClientKeyError {
    pub(crate) fn unknown(client: &str) -> Self {
        Self { client: client.to_owned(), reason: "no such client is registered" }
    }
}

impl Client {
    /// A client with a secret, by `client_secret_basic` or `client_secret_post`, and no redirect URI yet.
    pub fn new(id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            secret: (!secret.is_empty()).then(|| Secret::from(secret)),
            redirect_uris: vec![],
            post_logout_redirect_uris: vec![],
            methods: vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost],
            methods_default: true,
            keys: vec![],
            id_token_alg: SigningAlg::default(),
            signed_userinfo: None,
            consent: false,
            client_credentials: false,
            plain_oauth: false,
            strict_state: false,
            strict_nonce: false,
            unmet_acr: UnmetAcr::default(),
            refresh_grace: Duration::ZERO,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: true,
            frontchannel_logout_uri: None,
            isolated_session: false,
            any_loopback: false,
            post_logout_at_home: false,
            vneid_id_token: false,
            sealing_key: None,
            sealed_cipher: Cipher::default(),
            birth_date_form: BirthDateForm::default(),
        }
    }

    /// The demonstration client `portal-demo` / `portal-demo-secret`: any redirect and post-logout URI on a
    /// loopback host, and a published key for realm `/vneid-sealed` ([`DEMO_CLIENT_KEY`]).
    pub fn portal_demo() -> Self {
        let demo = Self::new("portal-demo", "portal-demo-secret").name("Cổng dịch vụ công mẫu (portal-demo)");
        Self { any_loopback: true, sealing_key: PublicSealingKey::from_pem(DEMO_CLIENT_KEY).ok(), ..demo }
    }

    /// What the login pages call it; its id by default.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Registers a redirect URI, compared character by character. A loopback IP literal without a port stands for
    /// all its ports (RFC 8252 §7.3).
    #[must_use]
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        self.redirect_uris.push(uri.to_owned());
        self
    }

    /// Registers where a logout may come back to, compared character by character.
    #[must_use]
    pub fn post_logout_redirect_uri(mut self, uri: &str) -> Self {
        self.post_logout_redirect_uris.push(uri.to_owned());
        self
    }

    /// Registers an authentication method; the first one named replaces the default two.
    #[must_use]
    pub fn auth_method(mut self, method: AuthMethod) -> Self {
        if std::mem::take(&mut self.methods_default) {
            self.methods.clear();
        }
        self.methods.push(method);
        self
    }

    /// Registers the keys for `private_key_jwt` from a JWK set (RFC 7517 §5), and that method.
    ///
    /// # Errors
    /// When the text is no JWK set, or holds no RSA, P-256 or Ed25519 public key.
    pub fn jwks(mut self, jwks: &str) -> Result<Self, ClientKeyError> {
        self.keys = PublicKey::set_from_json(jwks).map_err(|reason| self.key_error(reason))?;
        Ok(self.auth_method(AuthMethod::PrivateKeyJwt))
    }

    /// Registers a key for `private_key_jwt` from a PEM `PUBLIC KEY` (SubjectPublicKeyInfo), and that method.
    ///
    /// # Errors
    /// When the text is no PEM of an RSA or P-256 public key.
    pub fn public_key_pem(mut self, pem: &str) -> Result<Self, ClientKeyError> {
        self.keys.push(PublicKey::from_pem(pem).map_err(|reason| self.key_error(reason))?);
        Ok(self.auth_method(AuthMethod::PrivateKeyJwt))
    }

    /// Has realm `/vneid` give this client an id_token, which it gives nobody by default: for checking how one with the
    /// realm's internal issuer is judged.
    #[must_use]
    pub fn vneid_id_token(mut self) -> Self {
        self.vneid_id_token = true;
        self
    }

    /// The RSA key that realm `/vneid-sealed` seals to, as PEM: a public key, or a private one whose public half is
    /// taken. Without one the client gets `unauthorized_client` there.
    ///
    /// # Errors
    /// When there is no usable RSA key in the text.
    pub fn sealing_key_pem(mut self, pem: &str) -> Result<Self, ClientKeyError> {
        let key = PublicSealingKey::from_pem(pem);
        self.sealing_key = Some(key.map_err(|_| self.key_error("no PEM of an RSA key of 2048 bits or more"))?);
        Ok(self)
    }

    /// How realm `/vneid-sealed` encrypts for this client; ECB by default, as observed.
    #[must_use]
    pub fn sealed_cipher(mut self, cipher: Cipher) -> Self {
        self.sealed_cipher = cipher;
        self
    }

    /// How realm `/vneid-sealed` writes birth dates for this client.
    #[must_use]
    pub fn birth_date_form(mut self, form: BirthDateForm) -> Self {
        self.birth_date_form = form;
        self
    }

    /// Signs this client's id_tokens with another algorithm than RS256.
    #[must_use]
    pub fn id_token_alg(mut self, alg: SigningAlg) -> Self {
        self.id_token_alg = alg;
        self
    }

    /// Answers this client's userinfo requests with a signed token instead of JSON (OpenID Connect Core §5.3.2).
    #[must_use]
    pub fn signed_userinfo(mut self, alg: SigningAlg) -> Self {
        self.signed_userinfo = Some(alg);
        self
    }

    /// Asks each citizen once whether this client may have what it asks for.
    #[must_use]
    pub fn consent(mut self) -> Self {
        self.consent = true;
        self
    }

    /// Allows the grant `client_credentials`.
    #[must_use]
    pub fn client_credentials(mut self) -> Self {
        self.client_credentials = true;
        self
    }

    /// Allows requests without the scope `openid`: no id_token then. Otherwise they get `invalid_scope`.
    #[must_use]
    pub fn plain_oauth(mut self) -> Self {
        self.plain_oauth = true;
        self
    }

    /// Requires `state`.
    #[must_use]
    pub fn strict_state(mut self) -> Self {
        self.strict_state = true;
        self
    }

    /// Requires a `nonce` of 32 characters or more.
    #[must_use]
    pub fn strict_nonce(mut self) -> Self {
        self.strict_nonce = true;
        self
    }

    /// What happens when the level asked for cannot be reached.
    #[must_use]
    pub fn unmet_acr(mut self, unmet: UnmetAcr) -> Self {
        self.unmet_acr = unmet;
        self
    }

    /// How long a refresh token that was just used may be used once more, for clients that lose answers. None by default.
    #[must_use]
    pub fn refresh_grace(mut self, grace: Duration) -> Self {
        self.refresh_grace = grace;
        self
    }

    /// Where this client is told, server to server, that a session has ended (OpenID Connect Back-Channel Logout 1.0 §2.2).
    #[must_use]
    pub fn backchannel_logout_uri(mut self, uri: &str) -> Self {
        self.backchannel_logout_uri = Some(uri.to_owned());
        self
    }

    /// Whether its logout tokens name the session, `sid`, beside the citizen; they do by default.
    #[must_use]
    pub fn backchannel_logout_session_required(mut self, required: bool) -> Self {
        self.backchannel_logout_session_required = required;
        self
    }

    /// Which page of this client the browser loads in a frame when a session has ended (OpenID Connect Front-Channel
    /// Logout 1.0 §2).
    #[must_use]
    pub fn frontchannel_logout_uri(mut self, uri: &str) -> Self {
        self.frontchannel_logout_uri = Some(uri.to_owned());
        self
    }

    /// Single sign-on does not carry over to this client nor from it: every login asks for the password, and counts here
    /// alone.
    #[must_use]
    pub fn isolated_session(mut self) -> Self {
        self.isolated_session = true;
        self
    }

    /// The client's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        self.fits(&self.redirect_uris, uri)
    }

    pub(crate) fn may_return_to(&self, uri: &str) -> bool {
        self.fits(&self.post_logout_redirect_uris, uri) || (self.post_logout_at_home && self.is_at_home(uri))
    }

    /// After logout, any address of a redirect URI's origin: for a client that is named by its redirect URI alone.
    #[must_use]
    pub fn post_logout_anywhere_at_home(mut self) -> Self {
        self.post_logout_at_home = true;
        self
    }

    fn is_at_home(&self, uri: &str) -> bool {
        let origin = |uri: &str| Url::parse(uri).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
        let wanted = origin(uri);
        wanted.is_some() && self.redirect_uris.iter().any(|known| origin(known) == wanted)
    }

    fn fits(&self, registered: &[String], uri: &str) -> bool {
        registered.iter().any(|known| known == uri || differs_in_loopback_port(known, uri))
            || (self.any_loopback && is_plain_loopback(uri))
    }

    fn key_error(&self, reason: &'static str) -> ClientKeyError {
        ClientKeyError { client: self.id.clone(), reason }
    }
}

/// An http or https URL on this machine, judged by its parsed host and written the way the parser writes it: what a
/// parser had to repair (dot segments, user info, odd hosts) might be read otherwise by somebody else.
fn is_plain_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else {
        return false;
    };
    let canonical = url.as_str() == uri || (url.path() == "/" && url.as_str() == format!("{uri}/"));
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    canonical && plain && matches!(url.scheme(), "http" | "https") && is_loopback(&url)
}

/// Whether the URL's host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn differs_in_loopback_port(registered: &str, uri: &str) -> bool {
    let (Ok(known), Ok(mut asked)) = (Url::parse(registered), Url::parse(uri)) else {
        return false;
    };
    let literal = !matches!(known.host(), Some(Host::Domain(_)) | None);
    if !(literal && is_loopback(&known) && known.scheme() == "http" && known.port().is_none()) {
        return false;
    }
    asked.as_str() == uri && asked.set_port(None).is_ok() && asked == known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d13_redirect_uris_are_compared_character_by_character() {
        let client = Client::new("a", "b").redirect_uri("https://portal.example/cb");
        assert!(client.may_redirect_to("https://portal.example/cb"));
        for other in [
            "https://portal.example/cb/",
            "https://portal.example/cb?x=1",
            "https://portal.example/CB",
            "https://portal.example/cb#f",
            "http://portal.example/cb",
            "https://portal.example:444/cb",
            "https://portal.example:443/cb",
            "https://portal.example/x/../cb",
            "https://user@portal.example/cb",
            "https://portal.example.attacker.test/cb",
            "",
        ] {
            assert!(!client.may_redirect_to(other), "{other}");
        }
    }

    #[test]
    fn d14_loopback_is_judged_by_the_parsed_host() {
        let literal = Client::new("a", "b").redirect_uri("http://127.0.0.1/cb");
        assert!(literal.may_redirect_to("http://127.0.0.1:53211/cb"));
        for other in ["http://localhost:53211/cb", "http://127.0.0.1:1/other", "https://127.0.0.1:1/cb"] {
            assert!(!literal.may_redirect_to(other), "{other}");
        }
        let demo = Client::portal_demo();
        for good in ["http://127.0.0.1:8080/cb?a=b", "http://localhost/cb", "https://[::1]:1/", "http://localhost:8080"]
        {
            assert!(demo.may_redirect_to(good), "{good}");
        }
        for bad in [
            "http://localhost:80@attacker.test/cb",
            "http://user@localhost/cb",
            "http://localhost.attacker.test/cb",
            "http://localhost/cb#f",
            "http://localhost\\@attacker.test/",
            "http://localhost/a/../b",
            "http://127.1/cb",
            "http://LOCALHOST/cb",
            "custom://localhost/cb",
            "http://192.168.0.1/cb",
        ] {
            assert!(!demo.may_redirect_to(bad), "{bad}");
        }
    }
}
