//! What a person keeps at hand in one space: products with a star are shortcuts on the console of that space, in an order of
//! their own; what was opened lately is remembered. Invariants: a row belongs to one account and one space; a shortcut says
//! nothing about what the person may do, the decision is asked again at every look and click.
mod model;
mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub(crate) use model::key;
pub use model::{MOST_SHORTCUTS, Step, Tile};
pub use service::forget_in;
pub(crate) use store::{is_shortcut as is_shortcut_in, list as list_in};
