//! What an organization is by record: materials that its type asks for, registrations at departments, contacts, and
//! synchronisation with the authority's register, whose differences are shown before they are applied.
pub mod change;
pub mod contact;
mod home;
pub mod material;
mod operations;
mod profile;
pub mod register;
pub mod registration;
pub mod sync;
#[cfg(test)]
mod testing;
mod worker;

use db::Db;
use db::Tx;
use identity::Identity;
use identity::notice::Notice;
use kernel::{Error, Result};
use kernel::{Timestamp, clock::Zone, id::OrganizationId};
use organization::Organizations;

/// The room: cheap to clone, travels as `Extension<Registry>`.
#[derive(Clone)]
pub struct Registry {
    organizations: Organizations,
    /// In which dates of registers begin and end.
    zone: Zone,
}
impl Registry {
    pub fn new(organizations: Organizations, zone: Zone) -> Self {
        Self { organizations, zone }
    }
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }
    pub fn db(&self) -> &Db {
        self.organizations.db()
    }
    pub fn organizations(&self) -> &Organizations {
        &self.organizations
    }
    pub fn identity(&self) -> &Identity {
        self.organizations.identity()
    }
    /// Everybody who administers the organization now.
    pub(crate) fn tell_administrators_in(
        &self,
        tx: &mut Tx<'_>,
        organization: OrganizationId,
        told: &Notice,
        now: Timestamp,
    ) -> Result<()> {
        for account in organization::organization::record::administrators_in(tx, organization, now)? {
            identity::notice::tell_in(tx, self.identity(), account, told, now)?;
        }
        Ok(())
    }
    pub fn of(extensions: &http::Extensions) -> Result<Self> {
        extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::internal("internal").because("the router lacks the room of registers"))
    }
}

/// Every page of the room.
pub fn routes() -> web::Routes {
    profile::routes()
        .merge(material::routes())
        .merge(operations::routes())
        .merge(contact::routes())
        .merge(registration::routes())
        .merge(change::routes())
        .merge(sync::routes())
}
