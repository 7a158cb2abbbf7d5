//! What must be true of every page, whoever made it and on whatever screen.

use http::Method;
use serde_json::{Value, json};

use super::Browser;

impl Browser {
    /// Nothing is wrong with the page.
    pub async fn examine(&self) {
        let problems = self.problems().await;
        assert!(problems.is_empty(), "{}: {problems:#?}", self.url().await);
    }

    /// Looks the page over: language, headings, labels, contrast, nothing inline, nothing wider than the screen, and
    /// nothing in the console.
    pub async fn problems(&self) -> Vec<String> {
        let language = if self.wish.languages.starts_with("en") { "en" } else { "vi" };
        let found = self.run(include_str!("examine.js"), vec![json!(language)]).await;
        let found = found.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned);
        found.chain(self.complaints().await).collect()
    }

    /// What the browser's console has said since it was last asked. That a page was answered with an error status is
    /// no complaint: the page says so itself.
    async fn complaints(&self) -> Vec<String> {
        let entries = self.command(Method::POST, "se/log", Some(json!({"type": "browser"}))).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let here = self.url().await.to_string();
        let text = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        let pages_own = |text: &str| text.contains("Failed to load resource") && text.starts_with(&here);
        entries.iter().map(text).filter(|text| !pages_own(text)).collect()
    }
}
