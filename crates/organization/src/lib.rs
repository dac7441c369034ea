//! Organizations, their people, products, and the two halves of the tally: admission (the organization may) and grant
//! (this member may). `decision` is the one place that says yes or no.
pub mod admission;
pub mod application;
pub mod authority;
pub mod contract;
pub mod decision;
pub mod grant;
pub mod membership;
pub mod organization;
pub mod organization_type;
#[cfg(test)]
mod page_tests;
mod people;
pub mod product;
pub mod shell;
mod tell;
#[cfg(test)]
mod tell_tests;
#[cfg(test)]
mod testing;

pub use authority::{Authority, Operator};
pub use people::People;

use db::Db;
use identity::Identity;

/// The room: what its services and pages work with. Travels as `Extension<Organizations>`.
#[derive(Clone)]
pub struct Organizations {
    db: Db,
    identity: Identity,
}
impl Organizations {
    pub fn new(db: Db, identity: Identity) -> Self {
        Self { db, identity }
    }
    pub fn db(&self) -> &Db {
        &self.db
    }
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new()
        .merge(organization::routes())
        .merge(membership::routes())
        .merge(grant::routes())
        .merge(admission::routes())
        .merge(application::routes())
        .merge(product::routes())
}
