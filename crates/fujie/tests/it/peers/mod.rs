//! Relying parties, identity providers and gateways that nobody here wrote.
mod apache;
mod authlib;
mod authzen;
mod bound;
mod fapi;
mod gateways;
mod node;
mod openid_client;
mod smpp;
mod sms;
mod smtp;
/// The makers' stand-in, which the room of channels tests with too.
#[path = "../../../../channel/tests/stub/mod.rs"]
pub mod stub;
mod talk;
pub mod upstream;
mod webhook;
