//! What a product says of itself (业务介绍): Markdown by its manager, in both languages, first a draft, then published.
//! Invariants: people read what was published; what was written over by somebody else meanwhile is refused; no HTML that was
//! typed reaches a page.
mod markdown;
mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use markdown::render;
pub use model::{About, Guide, Language};
pub(crate) use service::find_in;
