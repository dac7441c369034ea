//! The gateways that can be set up, and how each is spoken to. A gateway answers in the words of its maker; here they become
//! one of few reasons, so that everything above need not know makers.
pub mod aliyun;
mod fields;
pub mod http;
pub mod model;
mod render;
pub mod setup;
mod signing;
pub mod smpp;
pub mod smtp;
pub mod tencent;
#[cfg(test)]
mod tests;

pub use model::{Config, Failure, Gateway, Letter, Provider, Reason, Way};
pub use render::{RenderError, render};
