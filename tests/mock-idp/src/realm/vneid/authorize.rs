//! How VNeID answers an authorization request: with a code, or with a sealed one and the key to it.

use axum::response::Response;

use super::{BROKER, Side, Wire, seal};
use crate::citizen::Citizen;
use crate::client::Client;
use crate::fault::Place;
use crate::realm::dialect::Request;
use crate::realm::grants::{Bound, Grant};
use crate::realm::parameters::Wrong;
use crate::spoil::Sealing;
use crate::sso::SsoSession;
use crate::sync::lock;
use crate::web::form_source;

/// In the encrypted dialect nobody is served to whom nothing can be sealed.
pub(super) fn admits(side: &Side, client: &Client) -> Result<(), Wrong> {
    if side.wire == Wire::Sealed && client.sealing_key.is_none() {
        return Err(("unauthorized_client", "no public key of this client is registered"));
    }
    Ok(())
}

/// A browser that DVCQG sent comes to its end at DVCQG's relying party.
pub(super) fn ends_at(side: &Side, request: &Request) -> Option<String> {
    let onward = request.to.state.as_ref().filter(|_| request.to.client_id == BROKER);
    let onward = onward.and_then(|state| lock(&side.vneid.onward).get(state, side.vneid.world.now()).cloned());
    onward.or_else(|| form_source(&request.to.redirect_uri))
}

/// The answer with a code.
pub(super) fn grant(side: &Side, request: &Request, session: &SsoSession, citizen: &Citizen) -> Response {
    let world = &side.vneid.world;
    let code = world.entropy.dotted_code();
    let (shown, companion) = match side.wire {
        Wire::Clear => (code.clone(), None),
        Wire::Sealed => match sealed(side, request, citizen, &code) {
            Some(sealed) => sealed,
            None => return request.to.error(side, "server_error", "the code could not be sealed"),
        },
    };
    let now = world.now();
    let grant = Grant {
        client_id: request.to.client_id.clone(),
        username: Some(session.username.clone()),
        scope: request.scope.clone(),
        nonce: request.nonce.clone(),
        auth_time: session.auth_time,
        sid: Some(session.sid.clone()),
        started_at: now,
        detail: (),
    };
    let bound = Bound {
        redirect_uri: request.to.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        companion: companion.clone(),
    };
    side.book().grants.issue_code(&code, grant, bound, &world.entropy, now);
    let mut outcome = vec![("code", shown.as_str())];
    outcome.extend(companion.as_deref().map(|key| ("encrypt_key", key)));
    request.to.code(side, &outcome, citizen)
}

/// The code as it is shown, and the key to it.
fn sealed(side: &Side, request: &Request, citizen: &Citizen, code: &str) -> Option<(String, Option<String>)> {
    let client = side.vneid.world.client(&request.to.client_id)?;
    let mut sealing = seal::seal(side, client, citizen, Place::Authorize, code)?;
    // Base64 has a `+` more often than not. Whoever loses it should learn so at the first login, not at the third.
    for _ in 0..32 {
        let has_plus = |text: &str| text.contains('+');
        match &sealing {
            Sealing::Sealed { data, key: Some(key) } if !has_plus(data) && !has_plus(key) => {
                sealing = seal::again(client, code)?;
            }
            _ => break,
        }
    }
    Some(match sealing {
        Sealing::Clear => (code.to_owned(), None),
        Sealing::Sealed { data, key } => (data, key),
    })
}
