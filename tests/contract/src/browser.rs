//! A browser: cookies, redirects, links, forms, and the headers that Chromium sends with them.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// How many redirects a browser follows before it gives up.
const REDIRECTS: usize = 20;

/// A browser with its own cookies.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    jar: BTreeMap<(String, String), Cookie>,
    /// `Accept-Language`.
    pub language: String,
    page: Option<Page>,
    /// Every answer on the way, oldest first.
    pub trail: Vec<Page>,
}

#[derive(Clone)]
struct Cookie {
    value: String,
    secure: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Default for Browser {
    fn default() -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { client, jar: BTreeMap::new(), language: "vi-VN,vi;q=0.9".into(), page: None, trail: Vec::new() }
    }
}

impl Browser {
    /// A fresh browser: no cookies, Vietnamese.
    pub fn new() -> Self {
        Self::default()
    }

    /// The page that is open.
    pub fn page(&self) -> &Page {
        self.page.as_ref().expect("a page is open")
    }

    /// Types an address and follows where it leads.
    pub async fn open(&mut self, url: &str) -> &Page {
        self.follow(Method::GET, Url::parse(url).unwrap(), None, None).await
    }

    /// Types an address and stops at its answer.
    pub async fn open_once(&mut self, url: &str) -> Page {
        self.send(Method::GET, Url::parse(url).unwrap(), None, "none").await
    }

    /// Clicks the first link whose text has these words.
    pub async fn click(&mut self, words: &str) -> &Page {
        let here = self.page().clone();
        let href = here.link(words).unwrap_or_else(|| panic!("no link {words:?} on {}:\n{}", here.url, here.text()));
        self.follow(Method::GET, here.url.join(&href).unwrap(), None, Some(here.url)).await
    }

    /// Fills these fields into the form that has them all and presses its first button.
    pub async fn submit(&mut self, fields: &[(&str, &str)]) -> &Page {
        self.submit_with(fields, None).await
    }

    /// Presses the button with these words, the form as it stands.
    pub async fn press(&mut self, words: &str) -> &Page {
        self.submit_with(&[], Some(words)).await
    }

    async fn submit_with(&mut self, fields: &[(&str, &str)], button: Option<&str>) -> &Page {
        let here = self.page().clone();
        let form = here.form(fields, button).unwrap_or_else(|| {
            panic!("no form with {fields:?} and button {button:?} on {}:\n{}", here.url, here.text())
        });
        let mut target = here.url.join(&form.action).unwrap();
        if form.method == Method::GET {
            target.query_pairs_mut().clear().extend_pairs(&form.fields);
            return self.follow(Method::GET, target, None, Some(here.url)).await;
        }
        self.follow(Method::POST, target, Some(form.fields), Some(here.url)).await
    }

    async fn follow(
        &mut self,
        mut method: Method,
        mut url: Url,
        mut fields: Option<Vec<(String, String)>>,
        from: Option<Url>,
    ) -> &Page {
        let mut site = from.as_ref().map_or("none", |from| relation(from, &url));
        for _ in 0..REDIRECTS {
            let page = self.send(method.clone(), url.clone(), fields.take(), site).await;
            self.trail.push(page.clone());
            let Some(next) = page.location() else {
                self.page = Some(page);
                return self.page();
            };
            if site != "none" && relation(&url, &next) == "cross-site" {
                site = "cross-site";
            }
            method = Method::GET;
            url = next;
        }
        panic!("too many redirects, last to {url}");
    }

    /// Sends one request as a navigation, with this `Sec-Fetch-Site`.
    pub async fn send(&mut self, method: Method, url: Url, fields: Option<Vec<(String, String)>>, site: &str) -> Page {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: &str| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        };
        set("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8");
        set("accept-language", &self.language);
        set("sec-fetch-site", site);
        set("sec-fetch-mode", "navigate");
        set("sec-fetch-dest", "document");
        if method == Method::POST {
            set("origin", "null");
        }
        self.request(method, url, headers, fields).await
    }

    /// Sends one request with these headers and this browser's cookies, and keeps the cookies that come back.
    pub async fn request(
        &mut self,
        method: Method,
        url: Url,
        mut headers: HeaderMap,
        fields: Option<Vec<(String, String)>>,
    ) -> Page {
        if let Some(cookies) = self.cookie_header(&url) {
            headers.insert("cookie", HeaderValue::from_str(&cookies).unwrap());
        }
        let mut request = self.client.request(method, url.clone()).headers(headers);
        if let Some(fields) = fields {
            request = request.form(&fields);
        }
        self.answer(url, request).await
    }

    /// Sends these bytes with these headers and this browser's cookies, and keeps the cookies that come back.
    pub async fn post_bytes(&mut self, url: Url, mut headers: HeaderMap, body: Vec<u8>) -> Page {
        if let Some(cookies) = self.cookie_header(&url) {
            headers.insert("cookie", HeaderValue::from_str(&cookies).unwrap());
        }
        let request = self.client.post(url.clone()).headers(headers).body(body);
        self.answer(url, request).await
    }

    /// What a script of a page would send: JSON, same origin.
    pub async fn send_json(&mut self, method: Method, url: &str, body: &serde_json::Value) -> Page {
        let url = Url::parse(url).unwrap();
        let mut request = self.client.request(method, url.clone());
        if let Some(cookies) = self.cookie_header(&url) {
            request = request.header("cookie", cookies);
        }
        let request = request.header("accept", "application/json").header("sec-fetch-site", "same-origin");
        self.answer(url, if body.is_null() { request } else { request.json(body) }).await
    }

    async fn answer(&mut self, url: Url, request: reqwest::RequestBuilder) -> Page {
        let response = request.send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let (status, headers) = (response.status(), response.headers().clone());
        for line in headers.get_all("set-cookie") {
            self.keep(&url, line.to_str().unwrap());
        }
        Page { url, status, headers, body: response.text().await.unwrap() }
    }

    /// What a script of a page would fetch: JSON, same origin.
    pub async fn fetch(&mut self, url: &str) -> Page {
        let headers = HeaderMap::from_iter([
            (HeaderName::from_static("accept"), HeaderValue::from_static("application/json")),
            (HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("same-origin")),
        ]);
        self.request(Method::GET, Url::parse(url).unwrap(), headers, None).await
    }

    /// The cookies for a host, as pairs. Cookies do not know ports.
    pub fn cookies(&self, host: &str) -> Vec<(String, String)> {
        let mine = self.jar.iter().filter(|((of, _), _)| of == host);
        mine.map(|((_, name), cookie)| (name.clone(), cookie.value.clone())).collect()
    }

    /// Plants a cookie, as a sibling site or a thief would.
    pub fn plant(&mut self, host: &str, name: &str, value: &str) {
        self.jar.insert((host.into(), name.into()), Cookie { value: value.into(), secure: false });
    }

    fn cookie_header(&self, url: &Url) -> Option<String> {
        let host = url.host_str()?;
        let fits = |cookie: &Cookie| !cookie.secure || url.scheme() == "https" || host == "localhost";
        let mine = self.jar.iter().filter(|((of, _), cookie)| of == host && fits(cookie));
        let pairs: Vec<String> = mine.map(|((_, name), cookie)| format!("{name}={}", cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn keep(&mut self, url: &Url, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap();
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let key = (url.host_str().unwrap().to_owned(), name.to_owned());
        if attributes.iter().any(|attribute| attribute == "max-age=0") {
            self.jar.remove(&key);
        } else {
            let secure = attributes.iter().any(|attribute| attribute == "secure");
            self.jar.insert(key, Cookie { value: value.into(), secure });
        }
    }
}

fn relation(from: &Url, to: &Url) -> &'static str {
    if from.origin() == to.origin() {
        "same-origin"
    } else if from.host_str() == to.host_str() && from.scheme() == to.scheme() {
        "same-site"
    } else {
        "cross-site"
    }
}

struct Form {
    method: Method,
    action: String,
    fields: Vec<(String, String)>,
}

impl Page {
    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get("location").filter(|_| self.status.is_redirection())?;
        Some(self.url.join(location.to_str().unwrap()).unwrap())
    }

    /// The raw `Location`.
    pub fn raw_location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().unwrap())
    }

    /// The answer as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON from {}:\n{}", self.url, self.body))
    }

    /// The page's text, without its tags.
    pub fn text(&self) -> String {
        let document = Html::parse_document(&self.body);
        let body = Selector::parse("body").unwrap();
        let text: Vec<&str> = document.select(&body).flat_map(|body| body.text()).map(str::trim).collect();
        text.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The target of the first link whose text has these words.
    pub fn link(&self, words: &str) -> Option<String> {
        let document = Html::parse_document(&self.body);
        let links = Selector::parse("a[href]").unwrap();
        let mut found = document.select(&links).filter(|link| text_of(link).contains(words));
        found.next().and_then(|link| link.attr("href").map(str::to_owned))
    }

    fn form(&self, fields: &[(&str, &str)], button: Option<&str>) -> Option<Form> {
        let document = Html::parse_document(&self.body);
        let select = |css: &str| Selector::parse(css).unwrap();
        let (inputs, buttons) = (select("input, select, textarea"), select("button"));
        document.select(&select("form")).find_map(|form| {
            let mut filled: Vec<(String, String)> = Vec::new();
            for input in form.select(&inputs) {
                let (Some(name), kind) = (input.attr("name"), input.attr("type").unwrap_or("text")) else { continue };
                if matches!(kind, "radio" | "checkbox") && input.attr("checked").is_none() {
                    continue;
                }
                filled.push((name.to_owned(), input.attr("value").unwrap_or_default().to_owned()));
            }
            for (name, value) in fields {
                let radio = form.select(&inputs).any(|input| {
                    input.attr("name") == Some(name) && matches!(input.attr("type"), Some("radio" | "checkbox"))
                });
                match filled.iter_mut().find(|(other, _)| other == name) {
                    Some((_, old)) => *old = (*value).to_owned(),
                    None if radio => filled.push(((*name).to_owned(), (*value).to_owned())),
                    None => return None,
                }
            }
            let pressed = match button {
                Some(words) => Some(form.select(&buttons).find(|button| text_of(button).contains(words))?),
                None => form.select(&buttons).next(),
            };
            if let Some((name, value)) =
                pressed.and_then(|b| Some((b.attr("name")?, b.attr("value").unwrap_or_default())))
            {
                filled.push((name.to_owned(), value.to_owned()));
            }
            // The parser has made every line end a line feed; what is sent has both characters (HTML, form submission).
            for (_, value) in &mut filled {
                *value = value.replace("\r\n", "\n").replace('\n', "\r\n");
            }
            let action = pressed.and_then(|b| b.attr("formaction")).or(form.attr("action")).unwrap_or_default();
            let post = form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
            Some(Form {
                method: if post { Method::POST } else { Method::GET },
                action: action.to_owned(),
                fields: filled,
            })
        })
    }
}

fn text_of(element: &ElementRef<'_>) -> String {
    element.text().collect::<Vec<_>>().join(" ")
}
