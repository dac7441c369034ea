//! The catalog of products in a space.
mod product_pages;

pub use product_pages::routes;
