//! Sealing for a client, with whatever fault was ordered.

use super::{Side, Wire};
use crate::citizen::Citizen;
use crate::client::Client;
use crate::fault::{Occasion, Place, SealedFault, What};
use crate::realm::Realm as _;
use crate::sealed::{DEMO_CLIENT_KEY, PublicKey};
use crate::spoil::{self, Document, Sealing};

/// Seals a text to the client's key; nothing when it has none, or the encryption fails.
pub(super) fn seal(side: &Side, client: &Client, citizen: &Citizen, place: Place, text: &str) -> Option<Sealing> {
    let key = client.sealing_key.as_ref()?;
    let fault = ordered(side, client, citizen, place, |_| true);
    spoil::seal(fault, text, key, client.sealed_cipher).ok()
}

/// Seals rightly, once more.
pub(super) fn again(client: &Client, text: &str) -> Option<Sealing> {
    spoil::seal(None, text, client.sealing_key.as_ref()?, client.sealed_cipher).ok()
}

/// The answer as this realm sends it: sealed in the one; in the other clear, unless it was ordered otherwise.
pub(super) fn document(
    side: &Side,
    client: &Client,
    citizen: &Citizen,
    place: Place,
    clear: Document,
) -> Option<Document> {
    let sealing = match side.wire {
        Wire::Sealed => seal(side, client, citizen, place, &clear.text)?,
        Wire::Clear => {
            let Some(fault) = ordered(side, client, citizen, place, |fault| fault == SealedFault::Unexpected) else {
                return Some(clear);
            };
            // For a client without a key, somebody's.
            let key = client.sealing_key.clone().or_else(|| PublicKey::from_pem(DEMO_CLIENT_KEY).ok())?;
            spoil::seal(Some(fault), &clear.text, &key, client.sealed_cipher).ok()?
        }
    };
    Some(match sealing {
        Sealing::Clear => clear,
        Sealing::Sealed { data, key } => {
            let mut envelope = serde_json::json!({ "data": data });
            if let (Some(key), Some(members)) = (key, envelope.as_object_mut()) {
                members.insert("key".to_owned(), key.into());
            }
            Document { text: envelope.to_string(), ..clear }
        }
    })
}

fn ordered(
    side: &Side,
    client: &Client,
    citizen: &Citizen,
    place: Place,
    fits: impl Fn(SealedFault) -> bool,
) -> Option<SealedFault> {
    let world = side.world();
    let occasion = Occasion::new(side.name(), place, &client.id, Some(&citizen.username));
    world.faults.pick(&occasion, &world.entropy, |what| match what {
        What::Sealed(fault) if fits(*fault) => Some(*fault),
        _ => None,
    })
}
