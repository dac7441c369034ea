//! Registrations and qualifications at departments (企业资质): apart from materials. Administrators keep their own rows;
//! rows of a register change with the register, or by an application that the platform decided.
mod model;
mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::*;
pub(crate) use pages::noted;
pub use pages::routes;
