//! The command line over the environment: every variable of a provider is an argument too.

use std::collections::BTreeMap;

use vneid_auth::error::Language;

pub(crate) const HELP: &str = "\
doctor: kiểm tra cấu hình kết nối VNeID, DVCQG hoặc OpenID Connect với máy chủ thật
        checks the settings for VNeID, DVCQG or OpenID Connect against the live provider

  --dialect D            dvcqg | vneid | vneid-sealed | oidc
  --lang L               vi | en (mặc định theo LANG / by default as LANG says)
  --prefix P             VNEID | DVCQG | KIOSK: các biến được đọc / whose variables are read
  --redirect-uri URL     đúng như đã đăng ký / as registered, byte for byte
                         (mặc định / by default PORTAL_URL + CALLBACK_PATH)

  Mọi biến của cổng mẫu cũng là một tham số: --client-id là VNEID_CLIENT_ID.
  Every variable of the example portals is an argument too: --client-id is VNEID_CLIENT_ID.
  --issuer --client-id --client-secret-file --client-auth --client-key-file
  --authorize-url --token-url --userinfo-url --logout-url --jwks-url --logout-hosts
  --private-key-file --clear-answers --cipher
  --required-level --unstated-level --callback-path --ca-file --portal-url

  0: tốt / all well   1: có vấn đề / problems   2: gọi sai / called wrongly";

/// The variables of a provider, without their prefix; the secret itself stays off the command line, where others see it.
const VARIABLES: [&str; 20] = [
    "DIALECT",
    "ISSUER",
    "CLIENT_ID",
    "CLIENT_SECRET_FILE",
    "CLIENT_AUTH",
    "CLIENT_KEY_FILE",
    "AUTHORIZE_URL",
    "TOKEN_URL",
    "USERINFO_URL",
    "LOGOUT_URL",
    "JWKS_URL",
    "LOGOUT_HOSTS",
    "PRIVATE_KEY_FILE",
    "CLEAR_ANSWERS",
    "CIPHER",
    "REQUIRED_LEVEL",
    "UNSTATED_LEVEL",
    "CALLBACK_PATH",
    "CA_FILE",
    "CLIENT_SECRET",
];

/// What was asked for.
pub(crate) struct Arguments {
    pub(crate) language: Language,
    /// `VNEID`, `DVCQG` or `KIOSK`.
    pub(crate) prefix: String,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) portal_url: String,
    /// By the variable's name without its prefix.
    values: BTreeMap<&'static str, String>,
}

impl Arguments {
    /// Reads the command line, over these variables; `None` when help is asked for.
    pub(crate) fn read(
        arguments: impl Iterator<Item = String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let mut given = BTreeMap::new();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            if matches!(argument.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let (flag, value) = match argument.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let name = known(&flag)?;
            let value = value.or_else(|| arguments.next()).ok_or(format!("{flag}: ?"))?;
            given.insert(name, value);
        }
        let environment = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let dvcqg = given.get("DIALECT").is_some_and(|dialect| dialect == "dvcqg");
        let prefix = given.remove("PREFIX").unwrap_or_else(|| if dvcqg { "DVCQG" } else { "VNEID" }.to_owned());
        if !["VNEID", "DVCQG", "KIOSK"].contains(&prefix.as_str()) {
            return Err("--prefix: VNEID | DVCQG | KIOSK".to_owned());
        }
        let language = language(given.remove("LANG"), environment)?;
        let portal_url = given.remove("PORTAL_URL").or_else(|| environment("PORTAL_URL"));
        let redirect_uri = given.remove("REDIRECT_URI");
        let mut values = BTreeMap::new();
        for name in VARIABLES {
            if let Some(value) = given.remove(name).or_else(|| environment(&format!("{prefix}_{name}"))) {
                values.insert(name, value.trim().to_owned());
            }
        }
        let portal_url = portal_url.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        Ok(Some(Self { language, prefix, redirect_uri, portal_url, values }))
    }

    /// A variable's value.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A variable's whole name.
    pub(crate) fn variable(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }
}

fn known(flag: &str) -> Result<String, String> {
    let name = flag.strip_prefix("--").unwrap_or_default().to_ascii_uppercase().replace('-', "_");
    if name == "CLIENT_SECRET" {
        return Err(format!("{flag}: others see a command line; use --client-secret-file or the variable"));
    }
    let own = ["LANG", "PREFIX", "REDIRECT_URI", "PORTAL_URL"];
    let known = VARIABLES.contains(&name.as_str()) || own.contains(&name.as_str());
    if known { Ok(name) } else { Err(format!("{flag}: ?")) }
}

/// By the argument, else as the locale says; Vietnamese unless that is English.
fn language(asked: Option<String>, environment: impl Fn(&str) -> Option<String>) -> Result<Language, String> {
    match asked.as_deref() {
        Some("vi") => return Ok(Language::Vietnamese),
        Some("en") => return Ok(Language::English),
        Some(_) => return Err("--lang: vi | en".to_owned()),
        None => {}
    }
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(environment).unwrap_or_default();
    Ok(if locale.starts_with("en") { Language::English } else { Language::Vietnamese })
}
