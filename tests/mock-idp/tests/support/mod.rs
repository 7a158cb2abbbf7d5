//! A browser, a relying party, and a mock to try them on.

mod browser;
mod envelope;
mod listener;
mod national;
mod phone;
mod relying_party;

use std::sync::Arc;

use vneid_auth::time::{SystemClock, Timestamp};
use vneid_mock_idp::{Builder, Client, MockIdp, Running};

pub(crate) use browser::{Answer, Browser};
pub(crate) use envelope::Opener;
pub(crate) use listener::Listener;
pub(crate) use national::{National, type_in};
pub(crate) use phone::{App, Screen, link_in, url as realm_url};
pub(crate) use relying_party::{
    CHALLENGE, RelyingParty, Tokens, VERIFIER, claims_of, header_of, is_signed, is_signed_by,
};

/// The first seeded citizen: ordinary, level 2.
pub(crate) const CITIZEN: (&str, &str) = ("001890000001", "GiaLap@0001");
/// Another one.
pub(crate) const OTHER: (&str, &str) = ("001991000002", "GiaLap@0002");

/// A citizen with a CMND alone, and an account with DVCQG alone.
pub(crate) const WITHOUT_CCCD: (&str, &str) = ("900000006", "GiaLap@0006");

/// A mock with a client of its own beside `portal-demo`.
pub(crate) async fn start() -> Running {
    start_with(|builder| builder).await
}

/// The same, with further settings.
pub(crate) async fn start_with(set: impl FnOnce(Builder) -> Builder) -> Running {
    let portal = Client::new("portal", "s3cret with+specials:&%")
        .redirect_uri("https://portal.example/cb")
        .post_logout_redirect_uri("https://portal.example/bye");
    set(MockIdp::builder().client(portal).clock(Arc::new(SystemClock))).start().await.unwrap()
}

/// Freezes a mock's clock at a round time, so that the real one plays no part.
pub(crate) fn frozen(mock: &Running) -> Timestamp {
    let at = Timestamp::from_unix_seconds(mock.control().now().unix_seconds());
    mock.control().freeze_at(at);
    at
}
