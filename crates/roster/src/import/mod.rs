//! Many managed accounts from one file: checked as a whole before anything is made, then made in slices by a worker that
//! goes on after any crash where it stopped. Invariants: a row makes one account, however often its slice is tried; whoever
//! confirmed must still have the power in every slice; rows lie sealed and are erased when they are of no use any more.
mod check;
mod model;
mod pages;
mod service;
mod slips;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod view;
mod worker;

pub use model::{Fault, ImportJobId, Job, JobState};
pub use pages::routes;
pub use service::Importer;
