//! Signing an id_token, rightly or with whatever fault was ordered.

use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::digest;
use serde_json::{Map, Value, json};

use super::Realm;
use crate::bounded::Bounded;
use crate::client::Client;
use crate::fault::{Occasion, Place, TokenFault, What};
use crate::jwt::{self, b64};
use crate::keys::{KeyFailure, Keyring};
use crate::spoil;
use crate::sync::lock;

/// Signs a realm's id_tokens.
pub(crate) struct IdTokens {
    // The last one of each client, to replay it on order.
    last: Mutex<Bounded<String, String>>,
}

/// What is said about a login, and to whom.
pub(crate) struct Statement<'a> {
    pub(crate) client: &'a Client,
    pub(crate) username: &'a str,
    pub(crate) claims: Map<String, Value>,
    pub(crate) code: Option<&'a str>,
}

impl IdTokens {
    pub(crate) fn new() -> Self {
        Self { last: Mutex::new(Bounded::new(Duration::from_secs(3600), 1_000)) }
    }

    /// Forgets the last ones.
    pub(crate) fn clear(&self) {
        lock(&self.last).clear();
    }

    /// Signs a statement.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub(crate) fn sign(
        &self,
        realm: &impl Realm,
        keys: &Keyring,
        statement: Statement<'_>,
    ) -> Result<String, KeyFailure> {
        let (world, client) = (realm.world(), statement.client);
        let occasion = Occasion::new(realm.name(), Place::Token, &client.id, Some(statement.username));
        let rotate = world.faults.pick(&occasion, &world.entropy, |what| (*what == What::RotateKeys).then_some(()));
        if rotate.is_some() {
            keys.rotate(world.now())?;
        }
        let key = keys.current(client.id_token_alg);
        let (header, claims) = (header(key.alg(), &key.kid), statement.claims);
        let right = jwt::sign(&header, &claims, &key)?;
        let ordered: Option<TokenFault> = world.faults.pick(&occasion, &world.entropy, |what| match what {
            What::IdToken(fault) => Some(*fault),
            _ => None,
        });
        let before = {
            let mut last = lock(&self.last);
            let before = last.get(&client.id, world.now()).cloned();
            last.insert(client.id.clone(), right.clone(), world.now());
            before
        };
        match ordered {
            None => Ok(right),
            Some(TokenFault::Replayed) => Ok(before.unwrap_or(right)),
            Some(fault) => {
                spoil::id_token(fault, &spoil::Draft { header, claims, key, keys, client, code: statement.code })
            }
        }
    }
}

/// The usual header.
pub(crate) fn header(alg: &str, kid: &str) -> Map<String, Value> {
    let header = json!({"alg": alg, "kid": kid, "typ": "JWT"});
    header.as_object().cloned().unwrap_or_default()
}

/// `at_hash` and `c_hash`: the left half of the SHA-256 (OpenID Connect Core §3.1.3.6).
pub(crate) fn half_hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    b64(hash.as_ref().get(..16).unwrap_or_default())
}
