//! Organizations, their people, products, and the two halves of the tally: admission (the organization may) and grant
//! (this member may). `decision` is the one place that says yes or no.
pub mod activation;
pub mod admission;
pub mod application;
pub mod authority;
pub mod catalogue;
pub mod category;
pub mod console;
pub mod contract;
pub mod decision;
pub mod developer;
pub mod directory;
pub mod entitlement;
mod expiry;
pub mod founding;
pub mod grant;
pub mod guide;
pub mod invitation;
pub mod membership;
pub mod merging;
pub mod organization;
pub mod organization_type;
#[cfg(test)]
mod page_tests;
mod people;
pub mod product;
pub mod record;
pub mod refusal;
pub mod replacement;
pub mod shell;
pub mod succession;
mod tell;
#[cfg(test)]
mod tell_tests;
#[cfg(test)]
mod testing;
pub mod tile;

pub use authority::{Authority, Operator, Power};
pub use people::{People, administrators_in};

use catalogue::ItemSource;
use db::Db;
use entitlement::Entitlements;
use founding::RegistryLookup;
use identity::Identity;
use organization::home::TaskSource;
use std::sync::{Arc, OnceLock};

/// The room: what its services and pages work with. Travels as `Extension<Organizations>`.
#[derive(Clone)]
pub struct Organizations(Arc<Inner>);
struct Inner {
    db: Db,
    identity: Identity,
    registry: OnceLock<Arc<dyn RegistryLookup>>,
    tasks: OnceLock<Arc<dyn TaskSource>>,
    items: OnceLock<Arc<dyn ItemSource>>,
    entitlements: Entitlements,
}
impl Organizations {
    pub fn new(db: Db, identity: Identity) -> Self {
        identity.use_holder_words(record::names_in);
        let entitlements = Entitlements::new(db.clone());
        let (registry, tasks, items) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { db, identity, registry, tasks, items, entitlements }))
    }
    /// Where an organization's record is looked up; set once by the binary, whose room of registers knows the connectors.
    /// False if it was set before.
    pub fn use_registry(&self, registry: Arc<dyn RegistryLookup>) -> bool {
        self.0.registry.set(registry).is_ok()
    }
    pub(crate) fn registry(&self) -> Option<&Arc<dyn RegistryLookup>> {
        self.0.registry.get()
    }
    /// What else waits for an organization's administrators; set once by the binary. False if it was set before.
    pub fn use_tasks(&self, tasks: Arc<dyn TaskSource>) -> bool {
        self.0.tasks.set(tasks).is_ok()
    }
    pub(crate) fn tasks(&self) -> Option<&Arc<dyn TaskSource>> {
        self.0.tasks.get()
    }
    /// Items that can be done at products; set once by the binary. False if it was set before.
    pub fn use_items(&self, items: Arc<dyn ItemSource>) -> bool {
        self.0.items.set(items).is_ok()
    }
    pub(crate) fn items(&self) -> Option<&Arc<dyn ItemSource>> {
        self.0.items.get()
    }
    pub fn db(&self) -> &Db {
        &self.0.db
    }
    pub fn identity(&self) -> &Identity {
        &self.0.identity
    }
    /// Who may use what, in memory; empty until its worker was started.
    pub fn entitlements(&self) -> &Entitlements {
        &self.0.entitlements
    }
}

/// Every page of the room.
pub fn routes() -> web::Routes {
    web::Routes::new()
        .merge(organization::routes())
        .merge(membership::routes())
        .merge(directory::routes())
        .merge(activation::routes())
        .merge(invitation::routes())
        .merge(replacement::routes())
        .merge(grant::routes())
        .merge(admission::routes())
        .merge(application::routes())
        .merge(founding::routes())
        .merge(succession::routes())
        .merge(catalogue::routes())
        .merge(decision::routes())
}
