//! What the end of sessions sets going: relying parties that are told, server to server or in the browser.

use std::time::Duration;

use axum::response::Response;
use maud::Markup;
use tokio::task::JoinSet;
use url::Url;

use super::frames;
use crate::realm::oidc::LogoutDelivery;
use crate::web::{Page, Speech, page, redirect};

/// How long a browser waits for the relying parties to be told; what takes longer goes on without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the end of sessions sets going.
#[derive(Default)]
pub(crate) struct Ending {
    /// Telling relying parties server to server.
    pub(crate) posts: JoinSet<LogoutDelivery>,
    /// Their pages to be loaded in the browser.
    pub(crate) frames: Vec<Url>,
}

impl Ending {
    /// Waits a little for the relying parties to be told.
    pub(crate) async fn told(&mut self) {
        let all = async { while self.posts.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            self.posts.detach_all();
        }
    }

    /// On to where the relying party wants the browser, past the frames.
    pub(crate) fn onward(&self, speech: Speech, back: &Url) -> Response {
        if self.frames.is_empty() { redirect(back.as_str()) } else { frames::onward(speech, &self.frames, back) }
    }

    /// The frames, where the browser stays here.
    pub(crate) fn shown(&self) -> Markup {
        frames::shown(&self.frames)
    }

    /// A page on which they stand.
    pub(crate) fn page(&self, status: axum::http::StatusCode, content: Page) -> Response {
        frames::allow(page(status, content), &self.frames)
    }
}
