//! The frame around pages: spaces to switch to, navigation by role, badges. Invariant: no page reads more memberships than
//! the switcher shows, however many the person has.
mod model;
mod nav;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Cursor, OwnFilter, Spaces};
pub use service::{forget_visits_in, link, of, operator, personal};
