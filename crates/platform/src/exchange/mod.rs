//! Questions to services outside that share a secret with us: verifiers (docs/verifier-protocol.md) and registers
//! (docs/registry-protocol.md). Both directions are signed; an answer counts only as the service's own, to this question, now.
mod client;
mod signed;
#[cfg(test)]
mod tests;

pub use client::{Asking, Signed};
pub use signed::{Direction, Head, Party, authentic, headers};

/// Why nothing that counts was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The address may not be reached from here.
    Address,
    Timeout,
    Connection,
    /// The service says that it is out of order.
    Status,
    /// No signature, or one of another key, body or question.
    Signature,
    /// The two clocks are more than five minutes apart.
    Clock,
    /// Signed, but not as the protocol has it.
    Shape,
    /// The service does not know our key, or our signature.
    Key,
}
