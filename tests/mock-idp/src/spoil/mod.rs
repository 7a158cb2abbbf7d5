//! Makes wrong what was right, by the names of [`fault`](crate::fault).

mod claims;
mod documents;
mod id_token;
mod sealed;

pub(crate) use claims::{NationalNames, claim};
pub(crate) use documents::{ClaimNames, Document, discovery, jwks, token_response, userinfo};
pub(crate) use id_token::{Draft, id_token};
pub(crate) use sealed::{Sealing, seal};
