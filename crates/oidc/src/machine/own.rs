//! What the administrators of the organization that a program acts for may do with it: look at it, and give it a new secret.
//! Registering programs stays with the product manager.
use super::store;
use crate::{
    OpenId,
    client::{
        Client,
        service::{Registered, new_secret},
        store as clients,
    },
};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{ClientId, OrganizationId},
};
use organization::{Authority, membership::OrganizationAdministrator, organization::record};
use serde_json::json;

impl OpenId {
    /// A program of the organization. Error: `client.unknown`, for another's too.
    pub async fn own_machine(&self, organization: OrganizationId, id: ClientId) -> Result<Client> {
        self.db()
            .read(move |tx| {
                let there = store::find(tx, id)?.filter(|there| there.owner == Some(organization));
                match there {
                    Some(there) => clients::find_of_product(tx, id, there.product, None),
                    None => Ok(None),
                }
            })
            .await?
            .ok_or_else(|| Error::not_found("client.unknown"))
    }
    /// The old secret is worthless from this moment on; the new one is shown this once. `seen` is what the form showed: sent
    /// twice it makes one. Errors: `client.unknown`, `client.no_secret`, `client.changed_meanwhile`, those of
    /// [`record::lock_in`].
    pub async fn rotate_own_secret(
        &self,
        by: &OrganizationAdministrator,
        id: ClientId,
        seen: i64,
        now: Timestamp,
    ) -> Result<Registered> {
        let (db, by) = (self.db().clone(), Authority::from(by.clone()));
        let organization = match &by {
            Authority::Administrator(by) => by.organization(),
            Authority::Operator(_) => return Err(Error::not_found("client.unknown")),
        };
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &by, organization, now)?;
                let unknown = || Error::not_found("client.unknown");
                let there = store::find(tx, id)?.filter(|there| there.owner == Some(organization));
                let product = there.ok_or_else(unknown)?.product;
                let client = clients::find_of_product(tx, id, product, None)?.ok_or_else(unknown)?;
                if client.keeping.rev != seen {
                    return Err(Error::conflict("client.changed_meanwhile"));
                }
                let secret = new_secret(&db, id, &client.client_id, client.settings.auth_method);
                if secret.shown.is_none() {
                    return Err(Error::conflict("client.no_secret"));
                }
                let client = Client { secret_mac: secret.mac, secret_sealed: secret.sealed, ..client };
                if !clients::update(tx, &client)? {
                    return Err(Error::conflict("client.changed_meanwhile"));
                }
                let event =
                    Event::done(by.actor(), "client.secret_rotated").on("client", id).of(organization);
                let registered = Registered { id, client_id: client.client_id, secret: secret.shown };
                Ok((registered, vec![event.with(json!({ "new_secret": true }))]))
            })
            .await
    }
}
