//! Synchronisation with the authority's register (同步更新): what it says is compared with the record, and an administrator
//! takes over what they choose. Only whether the organization exists is not theirs to choose: an organization that was
//! struck off loses its admissions at once, and has them back as soon as the register says so.
mod compare;
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use compare::{Difference, Step, differences};
pub use model::*;
pub use pages::routes;
pub(crate) use pages::state_tone;
pub use service::Choice;
