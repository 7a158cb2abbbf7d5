//! The realms: providers with dialects of their own over the one [`World`](crate::world::World).
//!
//! A realm is a module with a state and a function `routes` that mounts it under its own prefix. It sends the browser
//! to the shared login pages and takes the outcome back; it owns its keys, its codes and its tokens.

pub(crate) mod oidc;
