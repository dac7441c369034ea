//! Organizations: legal entities with identifiers of their type. Every change of rights within one begins with the lock
//! of its row (`lock`), and is then checked again.
mod model;
mod pages;
mod service;
mod store;

pub use model::*;
pub use pages::routes;
pub(crate) use pages::{Line, happened};
pub use service::Overview;
pub use store::{Happened, Numbers};
pub(crate) use store::{Locked, list_happened_to, lock};
