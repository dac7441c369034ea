//! The head of an organization changes: the old authority ends at once, appointed administrators stay and are listed for
//! the new head, who confirms or ends each of them. Whoever is concerned is told.
mod pages;
mod service;
mod store;

pub use pages::routes;
pub(crate) use service::given_in;
pub use service::{Verdict, Waiting, new_head_in};
