//! Connectors: the ways out of the house that staff sets up at the desk. One row each, its configuration sealed; what a
//! configuration means belongs to the room that uses the kind (gateways, upstream providers, verifiers).
pub mod model;
mod server;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Connector, ConnectorId, Kind, NewConnector};
pub use server::Server;
