//! A browser as far as a login needs one: cookies, forms, and redirects that it follows only inside the provider.

use std::collections::BTreeMap;

use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect::Policy};
use vneid_mock_idp::Running;

/// A browser with a cookie jar.
pub(crate) struct Browser {
    http: Client,
    base: String,
    cookies: BTreeMap<String, String>,
    language: &'static str,
    user_agent: &'static str,
}

/// An answer, read whole.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) url: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(mock: &Running) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { http, base: mock.base_url(), cookies: BTreeMap::new(), language: "vi", user_agent: "a test" }
    }

    pub(crate) fn speaking(mut self, language: &'static str) -> Self {
        self.language = language;
        self
    }

    /// The same browser, calling itself this.
    pub(crate) fn calling_itself(mut self, user_agent: &'static str) -> Self {
        self.user_agent = user_agent;
        self
    }

    pub(crate) fn cookies(&self) -> &BTreeMap<String, String> {
        &self.cookies
    }

    pub(crate) fn cookies_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.cookies
    }

    /// One request, redirects not followed. A path is one of the mock's.
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        let request = self.request(Method::GET, url);
        self.send(request).await
    }

    /// One form, redirects not followed.
    pub(crate) async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, url).form(form);
        self.send(request).await
    }

    /// Follows redirects until a page comes or the redirect leaves the provider; that one is the answer then.
    pub(crate) async fn visit(&mut self, url: &str) -> Answer {
        let answer = self.get(url).await;
        self.follow(answer).await
    }

    /// Submits a page's form with these fields, and follows on.
    pub(crate) async fn submit(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let answer = self.submit_once(page, fields).await;
        self.follow(answer).await
    }

    /// Submits a page's form with these fields, redirects not followed.
    pub(crate) async fn submit_once(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let mut form: Vec<(&str, String)> = page.hidden();
        form.extend(fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.post(&page.form_action(), &form).await
    }

    async fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..10 {
            match answer.location() {
                Some(to) if to.starts_with('/') || to.starts_with(&self.base) => answer = self.get(&to).await,
                _ => return answer,
            }
        }
        panic!("a redirect loop at {}", answer.url);
    }

    fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let url = if url.starts_with('/') { format!("{}{url}", self.base) } else { url.to_owned() };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, url).header("accept-language", self.language);
        let request = request.header("user-agent", self.user_agent);
        let request = request.header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, url, headers) = (response.status(), response.url().to_string(), response.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = response.text().await.unwrap();
        Answer { status, url, headers, body }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> Option<String> {
        self.status.is_redirection().then(|| self.header("location").to_owned())
    }

    /// The parameters of the redirect.
    pub(crate) fn redirected(&self) -> BTreeMap<String, String> {
        let to = self.location().unwrap_or_else(|| panic!("no redirect but {}: {}", self.status, self.body));
        url::Url::parse(&to).unwrap().query_pairs().into_owned().collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub(crate) fn form_action(&self) -> String {
        self.between(r#"<form method="post" action=""#, '"').unwrap_or_else(|| panic!("no form in {}", self.body))
    }

    pub(crate) fn has_form(&self) -> bool {
        self.body.contains("<form method=\"post\"")
    }

    fn hidden(&self) -> Vec<(&'static str, String)> {
        let names = [
            "csrf",
            "confirm",
            "id_token_hint",
            "client_id",
            "post_logout_redirect_uri",
            "state",
            "qr",
            "user_code",
            "for",
        ];
        let field = |name: &'static str| {
            let start = format!(r#"<input type="hidden" name="{name}" value=""#);
            Some((name, self.between(&start, '"')?.replace("&amp;", "&")))
        };
        names.into_iter().filter_map(field).collect()
    }

    fn between(&self, start: &str, end: char) -> Option<String> {
        self.body.split_once(start).and_then(|(_, rest)| rest.split(end).next()).map(str::to_owned)
    }
}
