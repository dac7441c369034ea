//! Applications: somebody asks, somebody else decides, once. One engine (`engine`) with one state table and one timeline
//! for every kind; what a kind does lives with its feature. Here: access to a product, and agents who apply themselves.
mod access;
pub mod agent;
mod agent_pages;
#[cfg(test)]
pub(crate) mod agent_tests;
pub mod desk;
pub(crate) mod engine;
pub mod leaving;
mod model;
pub mod own_pages;
mod pages;
mod store;
mod telling;
#[cfg(test)]
mod tests;
mod typed;
pub mod view;
mod worker;

pub(crate) use access::withdraw_all_in;
pub use engine::{
    Requested, data_in, documents_of, erase_documents_in, find_in, must_step_in, set_data_in, set_reason_in,
    step_in, submit_in, timeline_in,
};
pub(crate) use engine::{attach_in, list_of_kind_in, open_already, open_for_in, set_code_in};
pub use model::*;
/// Every page of applications.
pub fn routes() -> web::Routes {
    pages::routes().merge(own_pages::routes())
}
pub use store::ListFilter;
pub use typed::TypedOrganization;
