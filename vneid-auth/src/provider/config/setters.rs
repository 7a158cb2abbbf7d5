//! What a portal sets: its client, the levels, the button, when the way in is open.

use std::time::Duration;

use super::ProviderConfig;
use crate::flow::login::Unstated;
use crate::identity::Level;
use crate::provider::client_auth::ClientAuth;
use crate::secret::Secret;
use crate::time::Timestamp;

impl ProviderConfig {
    /// The client's secret, unless it proves itself with a key.
    #[must_use]
    pub fn client_secret(mut self, secret: Secret) -> Self {
        self.client_secret = Some(secret);
        self
    }

    /// How the client proves itself; by default as the provider's metadata say.
    #[must_use]
    pub fn client_auth(mut self, method: ClientAuth) -> Self {
        self.client_auth = method;
        self
    }

    /// Exactly these scopes; `openid` must be among them. By default `openid` and those of `profile`, `phone` and
    /// `citizen_id` that the provider's metadata list; some providers refuse what they do not know.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// What the provider's `acr` values mean. To ask for a level, the first of its names that the metadata list is sent,
    /// or else its first name. An `acr` that is not in the table states no level.
    #[must_use]
    pub fn acr_values<S: Into<String>>(mut self, table: impl IntoIterator<Item = (S, Level)>) -> Self {
        self.acr_values = table.into_iter().map(|(acr, level)| (acr.into(), level)).collect();
        self
    }

    /// The level that every login through this provider needs; `None` for any.
    #[must_use]
    pub fn required_level(mut self, level: Option<Level>) -> Self {
        self.required_level = level;
        self
    }

    /// What a level that nobody stated means.
    #[must_use]
    pub fn unstated_level(mut self, meaning: Unstated) -> Self {
        self.unstated_level = meaning;
        self
    }

    /// The path of the registered redirect URI, by default `/auth/callback/{name}`.
    #[must_use]
    pub fn callback_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.callback_path);
        self
    }

    /// What the chooser's button says, in Vietnamese and in English; by default the name.
    #[must_use]
    pub fn label(mut self, vietnamese: &str, english: &str) -> Self {
        self.label = Some((vietnamese.to_owned(), english.to_owned()));
        self
    }

    /// Whether the chooser offers it; a link to its login works either way.
    #[must_use]
    pub fn listed(mut self, listed: bool) -> Self {
        self.listed = listed;
        self
    }

    /// Whether logins through this provider are open.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// From when on this way in is closed.
    #[must_use]
    pub fn closes_at(mut self, at: Option<Timestamp>) -> Self {
        self.closes_at = at;
        self
    }

    /// Who may stand in an id_token's `aud` beside us. By default nobody.
    #[must_use]
    pub fn trusted_audiences<S: Into<String>>(mut self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.trusted_audiences = audiences.into_iter().map(Into::into).collect();
        self
    }

    /// Whether logging out also ends the provider's session, when it has an end-session endpoint. By default yes: on a
    /// shared computer the next person would otherwise be signed in as the last one.
    #[must_use]
    pub fn ends_session(mut self, ends: bool) -> Self {
        self.ends_session = ends;
        self
    }

    /// Sessions that begin through this provider end after so long without a request, when that is sooner than the
    /// portal's own policy says: for a public counter.
    #[must_use]
    pub fn session_idle(mut self, idle: Duration) -> Self {
        self.session_idle = Some(idle);
        self
    }

    /// `prompt` of every authorization request; a login that asks for a new authentication sends `login` instead.
    #[must_use]
    pub fn prompt(mut self, prompt: &str) -> Self {
        self.prompt = Some(prompt.to_owned());
        self
    }

    /// `max_age` of every authorization request, and the age that `auth_time` is held to.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// A further parameter of the authorization request. Those that this crate sets cannot be set.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The `error_description` that, beside `access_denied`, means that the citizen has web login switched off.
    #[must_use]
    pub fn web_login_refusal(mut self, description: Option<&str>) -> Self {
        self.web_login_refusal = description.map(str::to_owned);
        self
    }
}
