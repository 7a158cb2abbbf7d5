//! All scenarios and conformance cases, as one test binary.

mod callback;
mod cookies;
mod login;
mod logout;
mod mixup;
mod origin;
mod request;
mod return_to;
mod session;
