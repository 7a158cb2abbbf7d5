//! Our cookies: what they are called, how they are read and set.
//!
//! Over https their names have the `__Host-` prefix, so no sibling site can plant one. Over http, which only a loopback
//! portal may use, the name carries the port, since cookies do not know ports.

use aws_lc_rs::digest::{SHA256, digest};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::portal::HeldAt;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The names of one portal's cookies.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
    suffix: String,
    secure: bool,
}

impl Names {
    pub(crate) fn new(portal: &Url) -> Self {
        let secure = portal.scheme() == "https";
        let port = portal.port_or_known_default().unwrap_or_default();
        let (prefix, suffix) = if secure { ("__Host-", String::new()) } else { ("", format!("-{port}")) };
        Self { prefix: format!("{prefix}vneid-"), suffix, secure }
    }

    fn session(&self) -> String {
        format!("{}session{}", self.prefix, self.suffix)
    }

    fn pairing(&self) -> String {
        format!("{}pairing{}", self.prefix, self.suffix)
    }

    fn pending(&self) -> String {
        format!("{}pending{}", self.prefix, self.suffix)
    }

    fn login_prefix(&self) -> String {
        format!("{}login{}-", self.prefix, self.suffix)
    }

    fn login(&self, state: &str) -> String {
        let hash = digest(&SHA256, state.as_bytes());
        let short: String = hash.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("{}{short}", self.login_prefix())
    }

    fn held_prefix(&self) -> String {
        format!("{}held{}-", self.prefix, self.suffix)
    }

    /// `HttpOnly; SameSite=Lax; Path=/`: Lax, because the way back from the provider is a cross-site navigation.
    fn set(&self, name: &str, value: &str, max_age: Option<u64>) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
    }

    /// Sets the session's cookie. It goes with the browser window: computers are shared.
    pub(crate) fn set_session(&self, id: &Secret) -> Option<HeaderValue> {
        self.set(&self.session(), id.expose(), None)
    }

    pub(crate) fn expire_session(&self) -> Option<HeaderValue> {
        self.set(&self.session(), "", Some(0))
    }

    /// Sets the cookie of one open login; its value begins with its place among them.
    pub(crate) fn set_login(&self, state: &str, secret: &Secret, place: i64, max_age: u64) -> Option<HeaderValue> {
        self.set(&self.login(state), &format!("{place}.{}", secret.expose()), Some(max_age))
    }

    /// Sets this browser's secret for its pairings. All of them have the same, so that two tabs do not take it from each
    /// other; each is found by its own id beside it.
    pub(crate) fn set_pairing(&self, secret: &Secret, max_age: u64) -> Option<HeaderValue> {
        self.set(&self.pairing(), secret.expose(), Some(max_age))
    }

    /// Sets the secret of who has yet to say which account is theirs. It goes with the browser window.
    pub(crate) fn set_pending(&self, secret: &Secret) -> Option<HeaderValue> {
        self.set(&self.pending(), secret.expose(), None)
    }

    pub(crate) fn expire_pending(&self) -> Option<HeaderValue> {
        self.set(&self.pending(), "", Some(0))
    }

    /// Sets the cookie of one held form; its value begins with its place among them.
    pub(crate) fn set_held(&self, at: &HeldAt, place: i64, max_age: u64) -> Option<HeaderValue> {
        let name = format!("{}{}", self.held_prefix(), at.id);
        self.set(&name, &format!("{place}.{}", at.browser.expose()), Some(max_age))
    }

    pub(crate) fn expire_held(&self, id: &str) -> Option<HeaderValue> {
        self.set(&format!("{}{id}", self.held_prefix()), "", Some(0))
    }

    pub(crate) fn expire_login(&self, state: &str) -> Option<HeaderValue> {
        self.set(&self.login(state), "", Some(0))
    }
}

/// The cookies of one request.
pub(crate) struct Cookies<'a> {
    names: &'a Names,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Cookies<'a> {
    pub(crate) fn read(names: &'a Names, headers: &'a HeaderMap) -> Self {
        // Pair by pair: another script's cookie of this host may hold bytes that are no ASCII, and must not hide ours.
        let pairs = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let pairs = pairs.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
        Self { names, pairs: pairs.filter(|(name, _)| name.starts_with(&names.prefix)).collect() }
    }

    /// The cookie of this name, if there is exactly one: of two, one is planted, and nobody can say which.
    fn single(&self, name: &str) -> Option<&'a str> {
        let mut found = self.pairs.iter().filter(|(other, _)| *other == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn session(&self) -> Option<Secret> {
        self.single(&self.names.session()).filter(|value| is_token(value)).map(Secret::from)
    }

    /// Whether a session cookie came at all, fit or not.
    pub(crate) fn has_session(&self) -> bool {
        self.has(&self.names.session())
    }

    /// This browser's secret for the login with this state.
    pub(crate) fn login(&self, state: &str) -> Option<Secret> {
        let (_, secret) = self.single(&self.names.login(state))?.split_once('.')?;
        is_token(secret).then(|| Secret::from(secret))
    }

    /// This browser's secret for its pairings.
    pub(crate) fn pairing(&self) -> Option<Secret> {
        self.single(&self.names.pairing()).filter(|value| is_token(value)).map(Secret::from)
    }

    /// The secret of who chooses an account in this browser.
    pub(crate) fn pending(&self) -> Option<Secret> {
        self.single(&self.names.pending()).filter(|value| is_token(value)).map(Secret::from)
    }

    /// Whether a cookie of this name came at all, fit or not.
    fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(other, _)| *other == name)
    }

    /// Whether a cookie of who chooses came at all, fit or not.
    pub(crate) fn has_pending(&self) -> bool {
        self.has(&self.names.pending())
    }

    /// The open logins, oldest first.
    fn open_logins(&self) -> Vec<(i64, &'a str)> {
        self.in_order(&self.names.login_prefix())
    }

    /// The cookies whose names begin like this, by their places.
    fn in_order(&self, prefix: &str) -> Vec<(i64, &'a str)> {
        let mut open: Vec<(i64, &str)> = (self.pairs.iter())
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (value.split_once('.').and_then(|(at, _)| at.parse().ok()).unwrap_or(0), *name))
            .collect();
        open.sort_unstable();
        open.dedup();
        open
    }

    /// The place of a further login: after all others of this browser, however quickly they were begun.
    pub(crate) fn next_place(&self, now: Timestamp) -> i64 {
        let last = self.open_logins().last().map_or(0, |(place, _)| *place);
        last.saturating_add(1).max(now.unix_millis())
    }

    /// Expires the oldest open logins, so that one more has room among so many.
    pub(crate) fn make_room(&self, room: usize) -> Vec<HeaderValue> {
        let open = self.open_logins();
        let too_many = (open.len() + 1).saturating_sub(room);
        open.iter().take(too_many).filter_map(|(_, name)| self.names.set(name, "", Some(0))).collect()
    }

    /// Where this browser's held form of this id is.
    pub(crate) fn held(&self, id: &str) -> Option<HeldAt> {
        let (_, secret) = self.single(&format!("{}{id}", self.names.held_prefix()))?.split_once('.')?;
        (is_held_id(id) && is_token(secret)).then(|| HeldAt { id: id.to_owned(), browser: Secret::from(secret) })
    }

    /// All forms that are held for this browser, oldest first.
    pub(crate) fn all_held(&self) -> Vec<HeldAt> {
        let prefix = self.names.held_prefix();
        let held = self.in_order(&prefix);
        held.iter().filter_map(|(_, name)| self.held(name.strip_prefix(&prefix)?)).collect()
    }

    /// The place of a further held form, and the oldest ones that must go so that it has room among so many.
    pub(crate) fn room_for_held(&self, room: usize, now: Timestamp) -> (i64, Vec<HeldAt>) {
        let last = self.in_order(&self.names.held_prefix()).last().map_or(0, |(place, _)| *place);
        let mut held = self.all_held();
        held.truncate((held.len() + 1).saturating_sub(room));
        (last.saturating_add(1).max(now.unix_millis()), held)
    }

    /// Expires everything of ours that this browser holds: the session's cookie, and those of open logins, held forms,
    /// pairings and choices, which would let the next person at this computer finish what the last one began.
    pub(crate) fn expire_all(&self) -> Vec<Option<HeaderValue>> {
        let mut begun = self.open_logins();
        begun.extend(self.in_order(&self.names.held_prefix()));
        let begun = begun.iter().map(|(_, name)| self.names.set(name, "", Some(0)));
        let others = [self.names.pairing(), self.names.pending()];
        let others = others.iter().filter(|name| self.has(name)).map(|name| self.names.set(name, "", Some(0)));
        begun.chain(others).chain([self.names.expire_session()]).collect()
    }
}

/// 43 characters of base64url: what [`crate::random::token`] makes. Anything else was never ours.
pub(crate) fn is_token(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// What [`crate::random::held_id`] makes.
pub(crate) fn is_held_id(id: &str) -> bool {
    id.len() == 16 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";

    fn names(url: &str) -> Names {
        Names::new(&Url::parse(url).unwrap())
    }

    fn headers(cookies: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, cookies.parse().unwrap())])
    }

    #[test]
    fn https_cookies_are_host_bound_and_http_ones_carry_the_port() {
        let set = |url| names(url).set_session(&TOKEN.into()).unwrap().to_str().unwrap().to_owned();
        assert_eq!(
            set("https://dvc.example"),
            format!("__Host-vneid-session={TOKEN}; Path=/; HttpOnly; SameSite=Lax; Secure")
        );
        assert_eq!(set("http://127.0.0.1:8080"), format!("vneid-session-8080={TOKEN}; Path=/; HttpOnly; SameSite=Lax"));
    }

    #[test]
    fn two_cookies_of_one_name_are_none() {
        let names = names("https://dvc.example");
        let one = headers(&format!("a=b; __Host-vneid-session={TOKEN}"));
        assert!(Cookies::read(&names, &one).session().is_some());
        let two = headers(&format!("__Host-vneid-session={TOKEN}; __Host-vneid-session={TOKEN}"));
        assert!(Cookies::read(&names, &two).session().is_none());
        for unfit in ["short", "", &"a".repeat(100_000), &TOKEN.replace('a', "%")] {
            let headers = headers(&format!("__Host-vneid-session={unfit}"));
            assert!(Cookies::read(&names, &headers).session().is_none());
        }
    }

    #[test]
    fn a_stranger_s_cookie_hides_none_of_ours() {
        let names = names("http://127.0.0.1:8080");
        for stranger in [&b"ten=Nguy\xe1\xbb\x85n"[..], b"x=\xff\xfe", b"=", b"a"] {
            let line = [stranger, format!("; vneid-session-8080={TOKEN}").as_bytes()].concat();
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(&line).unwrap())]);
            assert!(Cookies::read(&names, &headers).session().is_some(), "{stranger:?}");
        }
    }

    #[test]
    fn logins_begun_at_once_keep_their_order() {
        let names = names("http://127.0.0.1:8080");
        let now = Timestamp::from_unix_millis(1000);
        let headers = headers(&format!("vneid-login-8080-aa=1000.{TOKEN}; vneid-login-8080-bb=1001.{TOKEN}"));
        assert_eq!(Cookies::read(&names, &headers).next_place(now), 1002);
        assert_eq!(Cookies::read(&names, &HeaderMap::new()).next_place(now), 1000);
    }

    #[test]
    fn the_ninth_login_drops_the_oldest() {
        let names = names("http://127.0.0.1:8080");
        let open: Vec<String> = (1..=9).map(|n| format!("vneid-login-8080-{n:012}={}.{TOKEN}", 100 + n)).collect();
        let seven = headers(&open[..7].join("; "));
        assert!(Cookies::read(&names, &seven).make_room(8).is_empty());
        let nine = headers(&open.join("; "));
        let dropped = Cookies::read(&names, &nine).make_room(8);
        assert_eq!(dropped.len(), 2);
        assert!(dropped[0].to_str().unwrap().starts_with("vneid-login-8080-000000000001=; "));
    }

    #[test]
    fn a_login_is_found_by_its_state() {
        let names = names("http://127.0.0.1:8080");
        let set = names.set_login("state", &TOKEN.into(), 7, 1200).unwrap();
        let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        let headers = headers(&pair);
        let cookies = Cookies::read(&names, &headers);
        assert_eq!(cookies.login("state"), Some(TOKEN.into()));
        assert_eq!(cookies.login("other"), None);
    }
}
