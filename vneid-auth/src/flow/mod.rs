//! What may happen next: the flows as pure state machines.
//!
//! No I/O, no clock, no randomness, no log. An event and the time go in; the next state and the effects that the
//! caller must carry out come out, or a refusal that leaves the state as it was. Every file begins with its diagram and
//! its table of states and events; a test reads that table and holds the code to every cell.
//!
//! # The drive rule
//!
//! Whoever drives a machine does four things, in this order:
//!
//! 1. **load** the state,
//! 2. ask it: [`on(event, now)`](login::Login::on),
//! 3. **save** the next state only if the stored one is unchanged since (compare-and-swap), or, where a thing may
//!    happen once, **take** it out of the store in step 1, so that a second request finds nothing;
//! 4. only then carry out the **effects**.
//!
//! A lost race is answered by loading again, never by overwriting. Effects come after the save, so each of them says
//! whether it is safe to repeat or safe to lose.

pub mod browser;
pub mod device_pairing;
pub mod held_form;
pub mod linking;
pub mod login;
pub mod logout;
pub mod otp;
pub mod pairing;
pub mod resolution;
pub mod session;

#[cfg(test)]
pub(crate) mod table;
