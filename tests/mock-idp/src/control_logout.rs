//! Logout on order: ending sessions as an administrator would, and logout tokens, right and wrong.

use url::Url;

use crate::control::Control;
use crate::realm::oidc::{KnownSession, LogoutDelivery, LogoutTokenKind};

impl Control {
    /// The sessions in which relying parties got an id_token.
    pub fn sessions(&self) -> Vec<KnownSession> {
        self.oidc.logout.sessions(self.now())
    }

    /// Ends a session by its `sid`, and tells its relying parties; returns once all have been told or could not be.
    pub async fn end_session(&self, sid: &str) -> Vec<LogoutDelivery> {
        self.oidc.end_session(sid).await
    }

    /// Posts a logout token about a session, which goes on: once, or twice for [`LogoutTokenKind::Replayed`]. Nothing
    /// when the client has no `backchannel_logout_uri`, or no such session is known.
    pub async fn send_logout_token(
        &self,
        client: &str,
        sid: &str,
        kind: LogoutTokenKind,
    ) -> Option<Vec<LogoutDelivery>> {
        self.oidc.send_logout_token(client, sid, kind).await
    }

    /// Changes where a client is told of logouts, since a portal's address may be known only after the mock's. False
    /// when the text is no URL.
    pub fn set_backchannel_logout_uri(&self, client: &str, uri: Option<&str>) -> bool {
        let Ok(uri) = uri.map(Url::parse).transpose() else {
            return false;
        };
        self.oidc.logout.set_back_channel(client, uri);
        true
    }
}
