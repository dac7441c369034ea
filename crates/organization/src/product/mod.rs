//! Products: services behind Fujie. A product says who it is for and what it demands; its manager keeps it at the desk. A
//! change counts from the next decision on.
mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{
    AdmissionClass, AdmissionEditor, Audience, GrantMode, LONGEST_SUMMARY, Product, ProductState, SUMMARIES,
    code, for_organization, launch_url, parse_roles, roles_text,
};
pub use service::{AtDesk, recheck_manager_in};
pub use store::Reach;
pub(crate) use store::{find, list};
