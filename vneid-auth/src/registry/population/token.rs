//! A gateway's bearer token: fetched when it is needed, kept while it is good.

use std::time::Duration;

use http::StatusCode;
use tokio::sync::Mutex;

use super::config::AccessObject;
use super::kept::Wanted;
use super::{json, request};
use crate::http::HttpClient;
use crate::registry::{Nonsense, RegistryUnavailable};
use crate::secret::Secret;
use crate::time::{Clock, Timestamp};

/// A token is not used in its last minute: the gateway's clock is another one.
const MARGIN: Duration = Duration::from_secs(60);
/// No token is believed to be good for longer.
const LONGEST: u64 = 24 * 60 * 60;

/// The token that is known, if any; one fetch at a time.
#[derive(Default)]
pub(super) struct Token {
    known: Mutex<Option<(Secret, Timestamp)>>,
}

impl Token {
    pub(super) async fn current(
        &self,
        http: &dyn HttpClient,
        clock: &dyn Clock,
        url: &str,
        access: &AccessObject,
    ) -> Result<Secret, RegistryUnavailable> {
        let mut known = self.known.lock().await;
        if let Some((token, until)) = &*known
            && clock.now() < *until
        {
            return Ok(token.clone());
        }
        *known = None;
        let response = http.send(request::token(url, access)?).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(RegistryUnavailable::CredentialsRefused(response.status().as_u16()));
            }
            other => return Err(RegistryUnavailable::Status(other.as_u16())),
        }
        let answer = json::read(response.body(), &Wanted::token())?;
        let token = Secret::from(answer.word("access_token")?.ok_or(Nonsense::Unexpected)?);
        // Who does not say how long it is good gets asked for one each time.
        let seconds = answer.word("expires_in")?.and_then(|seconds| seconds.parse().ok()).unwrap_or(0).min(LONGEST);
        let good_for = Duration::from_secs(seconds).saturating_sub(MARGIN);
        *known = Some((token.clone(), clock.now().plus(good_for)));
        Ok(token)
    }

    /// The gateway no longer takes it.
    pub(super) async fn forget(&self) {
        *self.known.lock().await = None;
    }
}
