//! All scenarios and conformance cases, as one test binary.

mod login;
mod logout;
mod session;
