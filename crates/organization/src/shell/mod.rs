//! The frame around pages: spaces to switch to, navigation by role, badges.
mod service;

pub use service::{link, of, operator, personal};
