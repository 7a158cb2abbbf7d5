//! Somebody whose form is interrupted: the steps that the cases about held forms are made of.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::plain::parameter;
use crate::{Browser, CodesWorld, Page};

/// What is typed: Vietnamese, several lines, a field twice, an empty one, and what must not become HTML.
pub const TYPED: [(&str, &str); 5] = [
    ("ho_ten", "Trần Thị Gõ Dở"),
    ("noi_dung", "Dòng một\r\nDòng hai & \"nháy\""),
    ("dinh_kem", "<script>alert(1)</script>"),
    ("dinh_kem", "b+c%20"),
    ("ghi_chu", ""),
];

/// What was typed as a browser sends it.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl CodesWorld {
    /// Sends a form of the portal's own, as Chromium would, and stops at its answer.
    pub async fn post_form(&self, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Page {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        browser.send(Method::POST, self.url(path).parse().unwrap(), Some(fields), "same-origin").await
    }

    /// Sends a form that is interrupted: where its citizen is to come back to, `/auth/held/…`.
    pub async fn interrupted(&self, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> String {
        let page = self.post_form(browser, path, fields).await;
        held_at(&page).unwrap_or_else(|| panic!("not held: {page:?}"))
    }

    /// Logs in through this provider, wanting to go there.
    pub async fn log_in_for(&self, browser: &mut Browser, provider: &str, back: &str) -> Page {
        browser.open(&self.url(&format!("/auth/login/{provider}?return_to={back}"))).await.clone()
    }

    /// Logs out here; what follows at the provider is left out.
    pub async fn log_out(&self, browser: &mut Browser) {
        let page = self.post_form(browser, "/auth/logout", &[]).await;
        assert_eq!(page.status.as_u16(), 303, "{page:?}");
    }

    /// Sends a body as a navigation of the portal's own page.
    pub async fn post_body(&self, browser: &mut Browser, path: &str, media_type: &str, body: Vec<u8>) -> Page {
        let pairs = [("accept", "text/html"), ("sec-fetch-site", "same-origin"), ("content-type", media_type)];
        self.post_raw(browser, path, &pairs, body).await
    }

    /// Sends a body with these headers and this browser's cookies.
    pub async fn post_raw(&self, browser: &mut Browser, path: &str, pairs: &[(&str, &str)], body: Vec<u8>) -> Page {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        browser.post_bytes(self.url(path).parse().unwrap(), headers, body).await
    }
}

/// Where an answer says that the form is held.
pub fn held_at(page: &Page) -> Option<String> {
    let location: Url = page.location()?;
    let back = parameter(&location, "return_to").unwrap_or_else(|| location.path().to_owned());
    back.starts_with("/auth/held/").then_some(back)
}

/// The cookies of held forms.
pub fn held_cookies(browser: &Browser) -> Vec<(String, String)> {
    browser.cookies("127.0.0.1").into_iter().filter(|(name, _)| name.contains("-held-")).collect()
}

/// The media type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// So that `CONTENT_TYPE` reads the same everywhere.
pub fn is_page(page: &Page) -> bool {
    page.headers.get(CONTENT_TYPE).is_some_and(|value| value.to_str().unwrap().starts_with("text/html"))
}
