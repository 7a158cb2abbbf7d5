//! All scenarios and conformance cases, as one test binary.
#![allow(clippy::type_complexity, reason = "tables of closures read better where they stand")]

mod backchannel;
mod backchannel_requests;
mod backchannel_whose;
mod callback;
mod cookies;
mod dialects;
mod discovery;
mod doctor;
mod doctor_program;
mod faults;
mod front_end;
mod id_token;
mod keys;
mod limits;
mod login;
mod logout;
mod mixup;
mod negotiation;
mod origin;
mod otp;
mod otp_faults;
mod otp_limits;
mod pairing;
mod pairing_events;
mod phones;
mod request;
mod return_to;
mod session;
mod signature;
mod slow;
mod step_up;
mod tls;
mod token;
mod userinfo;
