//! What can be set of the provider's dialect: its addresses, what it is held to, and what it calls things.

use super::ProviderConfig;
use super::claims::Claim;
use super::policy::{
    AudiencePolicy, ClaimForms, Fresh, IdTokenPolicy, LogoutUri, NoncePolicy, Pkce, SubjectSource, Unreadable,
    UserinfoMethod, Vouching,
};
use crate::identity::AccountKind;
use crate::provider::envelope::Envelope;

impl ProviderConfig {
    /// The authorization endpoint, where the browser is sent.
    #[must_use]
    pub fn authorize_url(mut self, url: &str) -> Self {
        self.endpoints.authorize = Some(url.to_owned());
        self
    }

    /// The token endpoint.
    #[must_use]
    pub fn token_url(mut self, url: &str) -> Self {
        self.endpoints.token = Some(url.to_owned());
        self
    }

    /// The userinfo endpoint.
    #[must_use]
    pub fn userinfo_url(mut self, url: &str) -> Self {
        self.endpoints.userinfo = Some(url.to_owned());
        self
    }

    /// The device authorization endpoint (RFC 8628 §3.1), for pairings; by default what the metadata say, and where
    /// they name none there are no pairings.
    #[must_use]
    pub fn device_authorization_url(mut self, url: &str) -> Self {
        self.endpoints.device_authorization = Some(url.to_owned());
        self
    }

    /// Where the browser is sent to end the provider's session: an address to which
    /// [`logout_parameters`](Self::logout_parameters) are added, or a template of the whole request, with the same
    /// placeholders in its query.
    #[must_use]
    pub fn logout_url(mut self, url: &str) -> Self {
        self.endpoints.logout = Some(url.to_owned());
        self
    }

    /// What is added to a logout address that is no template: names, and values of which `{id_token}`, `{access_token}`,
    /// `{client_id}`, `{post_logout_redirect_uri}` and `{state}` are filled; a parameter whose value is not there is left
    /// out. By default those of OpenID Connect RP-Initiated Logout 1.0, and `token_id={access_token}` at VNeID.
    #[must_use]
    pub fn logout_parameters<S: Into<String>>(mut self, parameters: impl IntoIterator<Item = (S, S)>) -> Self {
        self.logout_parameters = parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// Checks every id_token of a dialect whose keys are known: they are at `jwks_url`, and `issuer` is what stands in
    /// the tokens, byte for byte, which may be an address of the provider's own network.
    #[must_use]
    pub fn checked_id_token(mut self, issuer: &str, jwks_url: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self.endpoints.jwks = Some(jwks_url.to_owned());
        self.id_token = IdTokenPolicy::Checked;
        self
    }

    /// Whom an id_token's `aud` must name.
    #[must_use]
    pub fn audience(mut self, policy: AudiencePolicy) -> Self {
        self.audience = policy;
        self
    }

    /// What PKCE is held to.
    #[must_use]
    pub fn pkce(mut self, policy: Pkce) -> Self {
        self.pkce = policy;
        self
    }

    /// What the nonce is held to.
    #[must_use]
    pub fn nonce(mut self, policy: NoncePolicy) -> Self {
        self.nonce = policy;
        self
    }

    /// What a fresh login is held to.
    #[must_use]
    pub fn fresh(mut self, policy: Fresh) -> Self {
        self.fresh = policy;
        self
    }

    /// An `acr_values` that goes with every request, or none. By default what the level's table says.
    #[must_use]
    pub fn acr_sent(mut self, value: Option<&str>) -> Self {
        self.acr_sent = value.map(str::to_owned);
        self
    }

    /// How userinfo is asked for.
    #[must_use]
    pub fn userinfo_method(mut self, method: UserinfoMethod) -> Self {
        self.userinfo = method;
        self
    }

    /// The envelope that code, token and userinfo come in, or none.
    #[must_use]
    pub fn envelope(mut self, envelope: Option<Envelope>) -> Self {
        self.envelope = envelope;
        self
    }

    /// What the provider calls a claim; `None` when it has none.
    #[must_use]
    pub fn claim(mut self, claim: Claim, name: Option<&str>) -> Self {
        self.claims.set(claim, name);
        self
    }

    /// How the provider's name for a person is found.
    #[must_use]
    pub fn subject(mut self, source: SubjectSource) -> Self {
        self.subject = source;
        self
    }

    /// How surely a citizen id that the provider states belongs to who logged in.
    #[must_use]
    pub fn vouching(mut self, vouching: Vouching) -> Self {
        self.vouching = vouching;
        self
    }

    /// What the values of the claim for the kind of account mean. One that is not in the table is an unknown kind.
    #[must_use]
    pub fn account_kinds<S: Into<String>>(mut self, table: impl IntoIterator<Item = (S, AccountKind)>) -> Self {
        self.account_kinds = table.into_iter().map(|(value, kind)| (value.into(), kind)).collect();
        self
    }

    /// In which forms claims may come.
    #[must_use]
    pub fn claim_forms(mut self, forms: ClaimForms) -> Self {
        self.claim_forms = forms;
        self
    }

    /// What a claim that cannot be read means.
    #[must_use]
    pub fn unreadable(mut self, meaning: Unreadable) -> Self {
        self.unreadable = meaning;
        self
    }

    /// What the provider calls VNeID as a way in behind it (`BCA` at DVCQG).
    #[must_use]
    pub fn vneid_behind(mut self, name: Option<&str>) -> Self {
        self.vneid_behind = name.map(str::to_owned);
        self
    }

    /// What becomes of the address that userinfo gives for ending VNeID's session.
    #[must_use]
    pub fn logout_uri(mut self, meaning: LogoutUri) -> Self {
        self.logout_uri = meaning;
        self
    }

    /// The hosts that such an address may name, each `host`, or `host:port` where the port is not 443. An address of
    /// another host refuses the login: it comes from an answer's body, and the browser would be sent there with a token.
    #[must_use]
    pub fn logout_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.logout_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }
}
