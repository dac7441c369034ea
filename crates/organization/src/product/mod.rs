//! Products: services behind Fujie, and the catalog of them in a space. A product says who it is for and what it demands.
mod model;
mod pages;
mod service;
mod store;

pub use model::{
    AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState, code, launch_url,
    parse_roles, roles_text,
};
pub use pages::routes;
pub use service::recheck_manager_in;
pub(crate) use store::{find, list};
