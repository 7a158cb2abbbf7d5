//! All scenarios and conformance cases, as one test binary.

mod callback;
mod cookies;
mod faults;
mod limits;
mod discovery;
mod id_token;
mod keys;
mod login;
mod logout;
mod mixup;
mod negotiation;
mod origin;
mod request;
mod return_to;
mod session;
mod signature;
mod slow;
mod tls;
mod token;
mod userinfo;
