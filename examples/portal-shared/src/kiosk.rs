//! The public counter: which way in it has, and how its browser is told apart.
//!
//! `GET /kiosk` marks the browser with a cookie that says nothing but that it stands at a counter. From then on whoever is
//! logged in there is logged out, here and at the provider, after [`IDLE`] without a touch, by the script of every
//! page; logging out leads back to `/kiosk`. A browser without scripts is logged out here by the server, after
//! [`SERVER_IDLE`].

use std::time::Duration;

use vneid_auth::error::Code;
use vneid_auth::portal::Portal;

/// A session at a counter ends by itself after so long without a touch. The script has the same number.
pub const IDLE: Duration = Duration::from_secs(60);

/// The server's own end for whoever comes in through the counter's provider: longer, since filling in a form asks the
/// server nothing.
pub const SERVER_IDLE: Duration = Duration::from_secs(5 * 60);

/// Marks a counter's browser, for as long as it runs. Its script reads it.
pub const COOKIE: &str = "portal-kiosk=1; Path=/; SameSite=Lax";

/// Takes the mark away.
pub const NO_COOKIE: &str = "portal-kiosk=; Path=/; SameSite=Lax; Max-Age=0";

/// How citizens log in at the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayIn {
    /// By a QR code on its screen, through the provider of this name.
    Pairing(&'static str),
    /// At the pages of the provider of this name, afresh every time.
    Redirect(&'static str),
}

/// Through the counter's own provider, or the first of the others; by QR code where it has a device grant.
pub async fn way_in(portal: &Portal) -> Option<WayIn> {
    for name in ["kiosk", "vneid", "dvcqg"] {
        match portal.has_pairing(name).await {
            Ok(true) => return Some(WayIn::Pairing(name)),
            Ok(false) => return Some(WayIn::Redirect(name)),
            Err(error) if matches!(error.code(), Code::UnknownProvider | Code::ProviderDisabled) => {}
            // It is down now; the page says so and tries again.
            Err(_) => return Some(WayIn::Pairing(name)),
        }
    }
    None
}

/// Whether a `Cookie` header carries the mark.
pub fn is_marked(cookies: &str) -> bool {
    cookies.split(';').any(|pair| pair.trim() == "portal-kiosk=1")
}
