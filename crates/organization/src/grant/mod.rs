//! Grants: the second half of the tally, membership × product. A new one needs an admission in force; a lapsed admission
//! lets them sleep. Nobody grants at or above the own role, the legal representative to themselves excepted. Whatever a page
//! changes is planned and shown first (`plan`), then applied as it was shown or not at all (`service`).
mod copy_pages;
mod default_pages;
mod defaults;
mod expiry;
mod form;
mod list_pages;
mod matrix_pages;
mod model;
mod plan;
#[cfg(test)]
mod race_tests;
mod review_pages;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod way_tests;

pub(crate) use defaults::give_in as give_defaults_in;
pub use expiry::warn_expiring;
pub use model::*;
pub(crate) use service::{NewGrant, end_all_in, grant_in};

pub fn routes() -> web::Routes {
    matrix_pages::routes()
        .merge(review_pages::routes())
        .merge(list_pages::routes())
        .merge(copy_pages::routes())
        .merge(default_pages::routes())
}
