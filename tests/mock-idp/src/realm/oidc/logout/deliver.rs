//! Posting a logout token to a relying party (OpenID Connect Back-Channel Logout 1.0 §2.5), and what came of it.

use std::sync::OnceLock;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request};
use serde::Serialize;
use url::Url;
use url::form_urlencoded::Serializer;
use vneid_auth::provider::{HttpClient as _, HttpFailure, ReqwestClient};

use super::Oidc;
use crate::journal::Asked;
use crate::keys::KeyFailure;

const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(5);

/// As the journal calls these requests, which go out where all others come in.
const ROUTE: &str = "backchannel_logout_uri";

/// What came of telling a relying party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogoutDelivery {
    /// The relying party.
    pub client: String,
    /// The status of its answer; nothing when none came.
    pub status: Option<u16>,
    /// `logout_delivered`, `logout_refused`, `logout_timed_out`, `logout_unreachable` or `logout_unsigned`.
    pub outcome: &'static str,
}

/// Made when it is first needed: few tests tell anybody anything.
#[derive(Default)]
pub(super) struct Http(OnceLock<Option<ReqwestClient>>);

impl Http {
    fn client(&self) -> Option<&ReqwestClient> {
        self.0.get_or_init(|| ReqwestClient::builder().timeouts(CONNECT, TOTAL).build().ok()).as_ref()
    }
}

impl Oidc {
    /// Posts a token and notes in the journal what came of it.
    pub(super) async fn deliver(&self, client: String, uri: &Url, token: Result<String, KeyFailure>) -> LogoutDelivery {
        let (status, outcome) = match token {
            Ok(token) => match self.post(uri, &token).await {
                Ok(status) if status == 200 || status == 204 => (Some(status), "logout_delivered"),
                Ok(status) => (Some(status), "logout_refused"),
                Err(HttpFailure::Timeout) => (None, "logout_timed_out"),
                Err(_) => (None, "logout_unreachable"),
            },
            Err(KeyFailure) => (None, "logout_unsigned"),
        };
        self.world.journal.note(Asked {
            at: self.world.now().to_rfc3339(),
            method: Method::POST.to_string(),
            route: ROUTE.to_owned(),
            parameters: vec![],
            client: Some(client.clone()),
            status: status.unwrap_or(0),
            remarks: vec![outcome],
            fault: false,
        });
        LogoutDelivery { client, status, outcome }
    }

    async fn post(&self, uri: &Url, token: &str) -> Result<u16, HttpFailure> {
        // A relying party must take no notice of what it does not know (§2.5).
        let form = Serializer::new(String::new()).append_pair("logout_token", token).append_pair("foo", "bar").finish();
        let request = Request::post(uri.as_str()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Bytes::from(form)).map_err(|_| HttpFailure::Broken)?;
        let http = self.logout.http.client().ok_or(HttpFailure::Connect)?;
        Ok(http.send(request).await?.status().as_u16())
    }
}
