//! Registers: where the data of organizations come from. Two are built in: a service that answers signed questions
//! (docs/registry-protocol.md) and a file that staff upload. Set up at the desk as connectors, asked in their order.
pub mod client;
mod file;
mod model;
mod service;
#[cfg(test)]
mod tests;

pub use file::FileCard;
pub use model::*;
pub use service::Typed;
