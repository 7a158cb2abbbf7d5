//! What the store keeps of a pairing, and what is told of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Code;
use crate::flow::device_pairing::{DevicePairing, Status};
use crate::flow::login::Unstated;
use crate::provider::LogoutHints;
use crate::secret::{self, Secret};
use crate::store::{Kind, Vault};
use crate::time::Timestamp;

/// How a pairing is found: by its id, which stands in addresses, and the secret in the cookie of the browser that asked.
/// Without both there is nothing.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) id: Secret,
    pub(crate) browser: Secret,
}

impl Found {
    pub(super) fn by(&self) -> [&str; 2] {
        [self.id.expose(), self.browser.expose()]
    }

    /// What the pairing is called where it may be heard: a hash.
    pub(super) fn name(&self) -> String {
        Vault::name(Kind::Pairing, &self.by())
    }
}

/// A pairing at rest, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PairingRecord {
    pub(crate) pairing: DevicePairing,
    pub(crate) shown: Shown,
    pub(super) started_at: Timestamp,
    pub(super) unstated_level: Unstated,
    /// What ends the provider's session, once the citizen has approved.
    #[serde(default)]
    pub(super) logout: LogoutHints,
    /// A stream has ended with the final status.
    #[serde(default)]
    pub(crate) told: bool,
}

/// What the screen shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    #[serde(with = "secret::at_rest")]
    pub(crate) user_code: Secret,
    pub(crate) verification_uri: String,
    /// What the QR code says: the address with the code in it, or without where the provider gives no such.
    #[serde(with = "secret::at_rest")]
    pub(crate) qr: Secret,
    /// Whether the address in the QR code has the code in it.
    pub(crate) complete: bool,
}

impl PairingRecord {
    /// What whoever watches sees.
    pub(crate) fn view(&self) -> View {
        let code = match &self.pairing {
            DevicePairing::Denied(denied) => Some(denied.code),
            _ => None,
        };
        View { status: self.pairing.status(), until: self.pairing.waits_until(), code }
    }
}

/// Where a pairing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) status: Status,
    /// When the wait ends; nothing is waited for at the end.
    until: Option<Timestamp>,
    /// Why it was denied.
    pub(crate) code: Option<Code>,
}

impl View {
    /// How long the wait goes on.
    pub(crate) fn expires_in(&self, now: Timestamp) -> Duration {
        self.until.map(|until| until.since(now)).unwrap_or_default()
    }

    /// A pairing only ever goes forward; of two views the one that is further is the later one.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        let place = |view: &Self| match view.status {
            Status::Pending => 0,
            Status::Approved => 1,
            _ => 2,
        };
        place(self) < place(other)
    }
}
