//! The platform's own people. An account has one role at most, so the three administrations exclude one another.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{PolicyEditor, StaffMember, StaffRole, StaffState};
