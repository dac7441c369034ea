//! WebAuthn credentials. Invariants: every key is discoverable and every use is verified by the device (PIN, finger, face),
//! so a passkey is two factors by itself; a ceremony lives on the server, is bound to browser and purpose, and is answered
//! once; a signature counter that does not rise is refused. Who calls: sign-in, second step, step-up, the own pages.
//!
//! An assertion takes three steps, because a signature is verified outside of a transaction: [`service::begin_assertion`]
//! (its JSON goes to the script), [`service::finish_assertion`] (uses the ceremony up and verifies), and
//! [`service::accept_in`] within the transaction that begins or strengthens the session.
pub mod model;
mod relying;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Added, Answer, Asserted, Assertion, Ceremony, Fresh, PasskeyCard, PasskeyId, Registration};
pub use relying::possible;
