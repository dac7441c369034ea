//! Accounts of enterprises from systems that Fujie replaces: brought in with their password hashes, merged into the
//! accounts of natural persons, who become agents; separable again for thirty days. The old login keeps working: what it is
//! compared with lies in `identity::former`.
mod claim;
mod file;
mod history;
mod import;
pub mod leaving;
mod merge;
mod model;
mod pages;
mod store;
#[cfg(test)]
mod tests;
mod undo;
mod worker;

pub use claim::Claim;
pub use file::header;
pub use history::{Happened, history_of_in};
pub use import::Imported;
pub use model::*;
pub use pages::routes;
pub use store::Held;

use db::{Db, Keyring};
use identity::{Identity, SignedIn, session};
use kernel::{Error, Event, Result, Timestamp, id::AccountId};
use organization::Organizations;
use std::sync::Arc;
use tokio::sync::Notify;

/// The room: cheap to clone, travels as an extension of every request.
#[derive(Clone)]
pub struct Legacy(Arc<Inner>);
struct Inner {
    organizations: Organizations,
    /// Rung when there is something to merge.
    wake: Notify,
}
impl Legacy {
    pub fn new(organizations: Organizations) -> Self {
        Self(Arc::new(Inner { organizations, wake: Notify::new() }))
    }
    pub fn organizations(&self) -> &Organizations {
        &self.0.organizations
    }
    pub fn identity(&self) -> &Identity {
        self.0.organizations.identity()
    }
    pub fn db(&self) -> &Db {
        self.0.organizations.db()
    }
    fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(self.db().keyring())
    }
    fn wake(&self) -> &Notify {
        &self.0.wake
    }
    /// What the account holds of earlier systems; at most a hundred.
    pub async fn held(&self, account: AccountId) -> Result<Vec<Held>> {
        self.db().read(move |tx| store::list_held(tx, account, 100)).await
    }
    /// The holder wants an old login no more; the membership stays. Error: `legacy.unknown`.
    pub async fn drop_login(&self, by: &SignedIn, id: LegacyAccountId, now: Timestamp) -> Result<()> {
        let (account, actor, session) = (by.account, by.actor.clone(), by.session);
        self.db()
            .write(move |tx| {
                if !identity::former::service::end_in(tx, id, account, now)? {
                    return Err(Error::not_found("legacy.unknown"));
                }
                session::service::end_all_in(tx, account, Some(session), now)?;
                let event = Event::done(&actor, "former_login.ended").on("former_login", id);
                Ok(((), vec![event]))
            })
            .await
    }
    pub fn of(extensions: &http::Extensions) -> Result<Self> {
        let missing = || Error::internal("internal").because("the router lacks the room of earlier systems");
        extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}
