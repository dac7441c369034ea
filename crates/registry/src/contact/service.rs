use super::model::{Card, Contact, ContactId};
use super::store::{self, Row};
use crate::Registry;
use db::Keyring;
use kernel::{Error, Event, Result, Timestamp, id::OrganizationId};
use organization::organization::record;
use organization::{Authority, Operator};
use std::sync::Arc;

const DATA: &str = "contact.data";
/// Of one organization.
const MOST: i64 = 200;

fn opened(keyring: &Keyring, row: Row) -> Result<Contact> {
    let text = keyring.open(DATA, row.id.as_i64(), &row.data)?;
    let card = serde_json::from_str(&text).map_err(|e| Error::internal("contact.data").because(e))?;
    Ok(Contact { id: row.id, organization: row.organization, card, rev: row.rev, updated_at: row.updated_at })
}
fn sealed(keyring: &Keyring, id: ContactId, card: &Card) -> Result<Vec<u8>> {
    let text = serde_json::to_string(card).map_err(|e| Error::internal("contact.data").because(e))?;
    Ok(keyring.seal(DATA, id.as_i64(), &text))
}

impl Registry {
    /// Oldest first. Whether the reader may is asked by whoever makes the page: an administrator of that organization, or
    /// staff whose portfolio it is in.
    pub async fn contacts(
        &self,
        organization: OrganizationId,
        after: Option<ContactId>,
        limit: i64,
    ) -> Result<Vec<Contact>> {
        let rows = self.db().read(move |tx| store::list(tx, organization, after, limit)).await?;
        rows.into_iter().map(|row| opened(self.db().keyring(), row)).collect()
    }
    /// Error `contact.unknown`, another organization's included.
    pub async fn contact(&self, organization: OrganizationId, id: ContactId) -> Result<Contact> {
        let row = self.db().read(move |tx| store::find(tx, organization, id)).await?;
        opened(self.db().keyring(), row.ok_or_else(|| Error::not_found("contact.unknown"))?)
    }
    /// By the account manager. A form that comes twice makes one. Error `contact.many`.
    pub async fn add_contact(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContactId,
        card: Card,
        now: Timestamp,
    ) -> Result<()> {
        let (by, keyring) = (by.clone(), Arc::clone(self.db().keyring()));
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &Authority::from(by.clone()), organization, now)?;
                if store::list(tx, organization, None, MOST)?.len() as i64 >= MOST {
                    return Err(Error::conflict("contact.many").arg("most", MOST.to_string()));
                }
                if !store::insert(tx, id, organization, &sealed(&keyring, id, &card)?, now)? {
                    return Ok(((), Vec::new()));
                }
                let event = Event::done(by.actor(), "contact.added").on("contact", id).of(organization);
                Ok(((), vec![event]))
            })
            .await
    }
    /// Errors: `contact.unknown`, `contact.changed_meanwhile`.
    pub async fn change_contact(
        &self,
        by: &Operator,
        organization: OrganizationId,
        (id, rev): (ContactId, i64),
        card: Card,
        now: Timestamp,
    ) -> Result<()> {
        let (by, keyring) = (by.clone(), Arc::clone(self.db().keyring()));
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &Authority::from(by.clone()), organization, now)?;
                let before = store::find(tx, organization, id)?;
                let before = opened(&keyring, before.ok_or_else(|| Error::not_found("contact.unknown"))?)?;
                if before.card == card {
                    return Ok(((), Vec::new()));
                }
                if !store::update(tx, id, rev, &sealed(&keyring, id, &card)?, now)? {
                    return Err(Error::conflict("contact.changed_meanwhile"));
                }
                let event = Event::done(by.actor(), "contact.changed").on("contact", id).of(organization);
                Ok(((), vec![event]))
            })
            .await
    }
    /// Gone already is gone.
    pub async fn delete_contact(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContactId,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &Authority::from(by.clone()), organization, now)?;
                if store::find(tx, organization, id)?.is_none() {
                    return Ok(((), Vec::new()));
                }
                store::delete(tx, id)?;
                let event = Event::done(by.actor(), "contact.deleted").on("contact", id).of(organization);
                Ok(((), vec![event]))
            })
            .await
    }
}
