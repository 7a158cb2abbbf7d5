//! The login's routes: the chooser, the start, the callback.

use http::{HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::Answer;
use super::pages::{Choice, chooser};
use super::request::Incoming;
use super::{Site, origin, return_to};
use crate::error::{Code, Error, Result};
use crate::identity::Level;
use crate::portal::{Back, Failed, Inner, Landing, Purpose, Start};
use crate::provider::CallbackQuery;
use crate::secret::Secret;

impl Inner {
    /// `GET /auth/login`: the page to choose a provider; straight on when one is usable.
    pub(super) async fn choose(&self, incoming: &Incoming<'_>) -> Result<Answer> {
        let usable: Vec<_> = self
            .providers
            .iter()
            .map(|provider| provider.config())
            .filter(|config| config.is_listed() && config.is_open(self.now()))
            .collect();
        if let [only] = usable.as_slice() {
            return self.start(incoming, only.name()).await;
        }
        let asked = Asked::read(self, incoming);
        let choices: Vec<_> = usable
            .iter()
            .map(|config| Choice {
                label: config.button(incoming.language),
                href: self.site.provider_path(config.name(), asked.return_to.as_deref(), asked.level, asked.fresh),
            })
            .collect();
        let (title, main) = chooser(incoming.language, &choices);
        Ok(Answer::page(self, incoming, StatusCode::OK, title, &main.into_string()))
    }

    /// `GET /auth/login/{provider}`: to the provider, with a cookie for this login alone.
    pub(super) async fn start(&self, incoming: &Incoming<'_>, provider: &str) -> Result<Answer> {
        origin::check_navigation(&incoming.parts.headers)?;
        self.start_for(incoming, provider, Asked::read(self, incoming), None).await
    }

    /// Starts a login, or one that proves an account for who chooses in this browser.
    pub(super) async fn start_for(
        &self,
        incoming: &Incoming<'_>,
        provider: &str,
        asked: Asked,
        proves: Option<&Secret>,
    ) -> Result<Answer> {
        let session = incoming.cookies.session();
        let start = Start {
            provider,
            return_to: asked.return_to.unwrap_or_else(|| self.site.default_page.clone()),
            level: asked.level,
            fresh: asked.fresh,
            session: session.as_ref(),
            language: incoming.language,
            proves,
            bucket: &incoming.bucket(),
        };
        let started = self.start_login(start, &incoming.client).await?;
        let max_age = self.policy.login_kept_for().as_secs();
        let place = incoming.cookies.next_place(self.now());
        let cookie = self.site.cookies.set_login(started.state.expose(), &started.browser, place, max_age);
        let dropped = incoming.cookies.make_room(self.policy.open_logins).into_iter().map(Some);
        Ok(Answer::see_other(&started.location).cookies(dropped.chain([cookie])))
    }

    /// The callback: ends the login that this browser began, once.
    pub(super) async fn finish(&self, incoming: &Incoming<'_>, provider: &str) -> Answer {
        let query = match CallbackQuery::parse(incoming.raw_query()) {
            Ok(query) => query,
            Err(error) => return Answer::problem(self, incoming, &error.into(), None),
        };
        let Some(state) = query.state.clone() else {
            let error = Error::new(Code::StateMismatch, "no state came back");
            return Answer::problem(self, incoming, &error, None);
        };
        let Some(browser) = incoming.cookies.login(state.expose()) else {
            let error = Error::new(Code::StateMismatch, "this browser has no cookie for this state");
            return Answer::problem(self, incoming, &error, None);
        };
        let (old_session, pending) = (incoming.cookies.session(), incoming.cookies.pending());
        let back = Back {
            provider,
            query,
            state: &state,
            browser: &browser,
            old_session: old_session.as_ref(),
            pending: pending.as_ref(),
            bucket: &incoming.bucket(),
        };
        match self.finish_login(back, &incoming.client).await {
            Ok(landing) => {
                let (onward, cookies) = self.landed(incoming, &landing).await;
                Answer::see_other(&onward).cookies(cookies).cookies([self.site.cookies.expire_login(state.expose())])
            }
            Err(Failed { error, return_to }) => {
                // Only a login that was found has been spent; a store that is down has spent nothing.
                let spent = return_to.is_some().then(|| self.site.cookies.expire_login(state.expose()));
                Answer::problem(self, incoming, &error, return_to.as_deref()).cookies(spent)
            }
        }
    }
}

/// What a link to the login asks for; what is unfit is passed over.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) return_to: Option<String>,
    pub(super) level: Option<Level>,
    pub(super) fresh: bool,
}

impl Asked {
    fn read(portal: &Inner, incoming: &Incoming<'_>) -> Self {
        let level = incoming.query("level").filter(|level| level.len() == 1);
        Self {
            return_to: incoming.query("return_to").and_then(|path| portal.fit(&path)),
            level: level.and_then(|level| level.parse().ok()).and_then(Level::new),
            fresh: incoming.query("fresh").as_deref() == Some("1"),
        }
    }
}

impl Inner {
    /// Where the browser goes after a login, and what cookies it gets.
    pub(super) async fn landed(
        &self,
        incoming: &Incoming<'_>,
        landing: &Landing,
    ) -> (String, Vec<Option<HeaderValue>>) {
        let names = &self.site.cookies;
        let old = |is: bool, cookie| is.then_some(cookie).flatten();
        match landing {
            Landing::Session { id, onward } => {
                self.claim_forms(incoming, id).await;
                let pending = old(incoming.cookies.has_pending(), names.expire_pending());
                (onward.clone(), vec![names.set_session(id), pending])
            }
            Landing::Choice { pending } => {
                let session = old(incoming.cookies.has_session(), names.expire_session());
                (format!("{}/account", self.site.prefix), vec![names.set_pending(pending), session])
            }
        }
    }

    /// A path that the citizen may be sent to, or nothing.
    pub(crate) fn fit(&self, path: &str) -> Option<String> {
        return_to::fit(path, |path| self.loops(path))
    }

    /// The steps of a login or logout are no place to come back to.
    fn loops(&self, path: &str) -> bool {
        let step = |rest: &str| {
            ["/login", "/callback", "/logout", "/logged-out", "/backchannel-logout", "/pairing"]
                .iter()
                .any(|step| rest.strip_prefix(step).is_some_and(|more| more.is_empty() || more.starts_with('/')))
        };
        path.strip_prefix(&self.site.prefix).is_some_and(step)
            || self.providers.iter().any(|provider| provider.config().callback() == path)
    }
}

impl Site {
    /// The chooser, for a citizen who wants to go there.
    pub(crate) fn login_path(&self, return_to: Option<&str>, level: Option<Level>, fresh: bool) -> String {
        with_wishes(format!("{}/login", self.prefix), return_to, level, fresh)
    }

    /// The page that asks for the CCCD number.
    pub(crate) fn citizen_id_path(&self, return_to: Option<&str>) -> String {
        with_wishes(format!("{}/citizen-id", self.prefix), return_to, None, false)
    }

    /// The page that asks for a one-time code.
    pub(crate) fn otp_path(&self, purpose: Purpose, return_to: Option<&str>) -> String {
        let path = with_wishes(format!("{}/otp", self.prefix), return_to, None, false);
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}purpose={}", purpose.as_str())
    }

    /// The login through one provider.
    pub(crate) fn provider_path(
        &self,
        provider: &str,
        return_to: Option<&str>,
        level: Option<Level>,
        fresh: bool,
    ) -> String {
        with_wishes(format!("{}/login/{provider}", self.prefix), return_to, level, fresh)
    }
}

/// A path in a query stays readable: only what means something there is encoded.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn with_wishes(path: String, return_to: Option<&str>, level: Option<Level>, fresh: bool) -> String {
    let wishes = [
        return_to.map(|path| format!("return_to={}", utf8_percent_encode(path, QUERY_VALUE))),
        level.map(|level| format!("level={}", level.number())),
        fresh.then(|| "fresh=1".to_owned()),
    ];
    let wishes: Vec<String> = wishes.into_iter().flatten().collect();
    if wishes.is_empty() { path } else { format!("{path}?{}", wishes.join("&")) }
}
