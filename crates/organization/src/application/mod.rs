//! Applications: somebody asks, somebody else decides, once. Here: access to a product.
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::*;
pub use pages::routes;
pub use service::Requested;
pub(crate) use service::withdraw_all_in;
