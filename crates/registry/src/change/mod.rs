//! Changes of the record that staff decide: another name, another entry at a department that came from a register. Asked
//! for by administrators with a proof, decided by the account manager, through the engine of applications.
mod model;
mod pages;
mod service;
#[cfg(test)]
mod tests;

pub use model::*;
pub use pages::routes;
pub use service::{Asked, NewChange};
