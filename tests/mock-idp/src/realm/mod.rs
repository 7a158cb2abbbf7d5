//! The realms: providers with dialects of their own over the one [`World`].
//!
//! A realm is a module with a state and a function `routes` that mounts it under its own prefix. It sends the browser
//! to the shared login pages and takes the outcome back; it owns its keys, its codes and its tokens. What two of them
//! do alike stands here: books of codes and tokens, answers, client authentication, errors, logout.

pub(crate) mod dvcqg;
pub(crate) mod oidc;
pub(crate) mod vneid;

mod bearer;
mod client_auth;
mod destination;
mod dialect;
mod end_session;
mod ending;
mod failure;
mod frames;
mod grants;
mod id_token;
mod parameters;
mod published;
mod scope;

use crate::client::Client;
use crate::sso::House;
use crate::world::World;

pub(crate) use id_token::{half_hash, header};

/// What the shared parts ask of a realm.
pub(crate) trait Realm: Send + Sync + 'static {
    /// The first segment of its paths, by which faults and the journal name it.
    fn name(&self) -> &'static str;

    /// The world.
    fn world(&self) -> &World;

    /// Whose single-sign-on session it looks at.
    fn house(&self) -> House;

    /// The client with this id.
    fn client(&self, id: &str) -> Option<&Client> {
        self.world().client(id)
    }

    /// What `iss` says in its authorization responses (RFC 9207); nothing where it has none.
    fn response_issuer(&self) -> Option<&str> {
        None
    }

    /// Whether a `+` of base64 stands in its redirects as it is, though a form decoder reads a space there.
    fn leaves_plus(&self) -> bool {
        false
    }
}
