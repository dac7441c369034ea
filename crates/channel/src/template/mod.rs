//! Texts that a provider must approve before it sends them: per gateway, purpose and language the sign, the provider's code,
//! the parameters in its order, and how far the approval is. Only approved ones are used.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Approval, Template, TemplateId};
