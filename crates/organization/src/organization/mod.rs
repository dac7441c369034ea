//! Organizations: legal entities with identifiers of their type. Every change of rights within one begins with the lock
//! of its row (`lock`), and is then checked again.
pub mod home;
mod home_pages;
mod model;
pub mod record;
mod service;
mod store;

pub(crate) use home_pages::happened;
pub use home_pages::{Line, line, mentions, routes};
pub use model::*;
pub use service::Overview;
pub(crate) use service::create_in;
pub use store::{Happened, Locked, Numbers};
pub(crate) use store::{administrators_allowed, find as find_in, list_happened_to, lock};
