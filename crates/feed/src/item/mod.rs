//! Items (事项): what can be done at a product. Public, pushed by the product, found by keyed bigrams of their names; a person
//! stars them. Invariants: older news is ignored; a star belongs to one account.
pub mod model;
mod pages;
pub mod service;
mod source;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Item, ItemFilter, ItemId};
pub use pages::routes;
pub use source::Items;
