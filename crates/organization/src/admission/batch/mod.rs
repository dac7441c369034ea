//! Many admissions at once: chosen at the desk, shown with what would change and what cannot, applied in slices by a worker,
//! each row under its organization's lock and on its record.
mod model;
mod plan;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use model::*;
