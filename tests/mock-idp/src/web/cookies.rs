//! The mock's cookies: which browser this is, and who is logged in there.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use crate::sso::House;

/// How cookies are called and guarded at this address.
#[derive(Clone)]
pub(crate) struct Cookies {
    prefix: &'static str,
    suffix: String,
    secure: bool,
}

/// The cookie that tells browsers apart, for logins in progress.
const BROWSER: &str = "mock_browser";
/// The cookie of a provider's single-sign-on session.
fn sso(house: House) -> &'static str {
    match house {
        House::Oidc => "mock_sso",
        House::Dvcqg => "mock_sso_dvcqg",
        House::Vneid => "mock_sso_vneid",
    }
}

/// The cookie of a phone that is signed in to the app.
const APP: &str = "mock_app";

impl Cookies {
    /// Over https `__Host-` and `Secure`; over http the name carries the port, since cookies do not know ports and two
    /// mocks may run on one host.
    pub(crate) fn new(secure: bool, port: Option<u16>) -> Self {
        let suffix = port.filter(|_| !secure).map(|port| format!("_{port}")).unwrap_or_default();
        Self { prefix: if secure { "__Host-" } else { "" }, suffix, secure }
    }

    /// The browser's cookie.
    pub(crate) fn browser(&self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, BROWSER)
    }

    /// The cookie of a provider's single-sign-on session.
    pub(crate) fn sso(&self, headers: &HeaderMap, house: House) -> Option<String> {
        self.read(headers, sso(house))
    }

    /// Sets the browser's cookie until the browser closes.
    pub(crate) fn set_browser(&self, value: &str) -> String {
        self.write(BROWSER, value)
    }

    /// Sets the session's cookie until the browser closes.
    pub(crate) fn set_sso(&self, house: House, value: &str) -> String {
        self.write(sso(house), value)
    }

    /// The cookie of the phone app.
    pub(crate) fn app(&self, headers: &HeaderMap) -> Option<String> {
        self.read(headers, APP)
    }

    /// Sets the phone app's cookie until the browser closes.
    pub(crate) fn set_app(&self, value: &str) -> String {
        self.write(APP, value)
    }

    /// Removes the phone app's cookie.
    pub(crate) fn drop_app(&self) -> String {
        format!("{}; Max-Age=0", self.write(APP, ""))
    }

    /// Removes the session's cookie.
    pub(crate) fn drop_sso(&self, house: House) -> String {
        format!("{}; Max-Age=0", self.write(sso(house), ""))
    }

    fn read(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name = self.name(name);
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let value = pairs.find(|(own, _)| *own == name)?.1;
        (!value.is_empty() && value.len() <= 128).then(|| value.to_owned())
    }

    fn write(&self, name: &str, value: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}", self.name(name))
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}{}", self.prefix, self.suffix)
    }
}
