//! The catalog (产品服务) in a space: every product with its state for this person, what leads on from there, and a page for
//! each. Invariants: the states of all products come from one statement; a click asks the decision again before it leads out;
//! what a product leads to is opened for the space of the page.
mod items;
mod model;
mod open;
mod pages;
mod product_pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use items::{Found, ItemLine, ItemSource};
pub use model::{Offer, Pending, Section};
pub use pages::base;

/// Every page of the catalog.
pub fn routes() -> web::Routes {
    pages::routes().merge(open::routes()).merge(product_pages::routes())
}
