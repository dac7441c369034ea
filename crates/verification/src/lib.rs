//! Real-name verification: verifiers that are asked over a signed protocol, reviews at the counter by two people, disputes
//! over one identity, and taking a proof off again. What was proven lies in `identity::realname`; the level is derived there.
pub mod case;
pub mod dispute;
pub mod leaving;
pub mod method;
pub mod proof;
pub mod record;
pub mod reviewer;
#[cfg(test)]
mod testing;
pub mod verifier;
mod worker;

pub use method::Method;
pub use reviewer::Reviewer;

use db::Db;
use identity::Identity;
use kernel::{Error, Result};
use organization::Organizations;
use std::sync::Arc;
use tokio::sync::Notify;

/// The room: cheap to clone, travels as an extension of every request.
#[derive(Clone)]
pub struct Verification(Arc<Inner>);
struct Inner {
    organizations: Organizations,
    /// Rung when a case waits for the worker.
    wake: Notify,
}
impl Verification {
    pub fn new(organizations: Organizations) -> Self {
        Self(Arc::new(Inner { organizations, wake: Notify::new() }))
    }
    pub fn db(&self) -> &Db {
        self.identity().db()
    }
    pub fn identity(&self) -> &Identity {
        self.0.organizations.identity()
    }
    pub fn organizations(&self) -> &Organizations {
        &self.0.organizations
    }
    pub(crate) fn wake(&self) -> &Notify {
        &self.0.wake
    }
    pub fn of(extensions: &http::Extensions) -> Result<Self> {
        extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::internal("internal").because("the router lacks the room of verifications"))
    }
}

/// Every page of the own verification.
pub fn routes() -> web::Routes {
    case::pages::routes()
        .merge(case::counter_pages::routes())
        .merge(case::certified::routes())
        .merge(dispute::pages::routes())
        .merge(proof::pages::routes())
}
