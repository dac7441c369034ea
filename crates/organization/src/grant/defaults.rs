//! What an organization gives its new agents: a setting of its administrators, granted in the transaction that makes the
//! membership, however it comes about. Whoever takes a product off the list takes it from nobody.
use super::model::Cell;
use super::service::{granted, may_be_granted};
use super::store;
use crate::decision::{self, LayerState};
use crate::membership::{OrganizationAdministrator, Role};
use crate::organization::{self, Locked};
use crate::{Authority, Organizations, product};
use db::Tx;
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId},
};
use serde_json::json;
use std::collections::BTreeSet;

impl Organizations {
    pub async fn default_grants(&self, organization: OrganizationId) -> Result<BTreeSet<ProductId>> {
        let found = self.db().read(move |tx| store::list_defaults(tx, organization)).await?;
        Ok(found.into_iter().collect())
    }
    /// `shown` is what the form showed as chosen. Errors: `grant.defaults_changed` if somebody else was quicker, and those of
    /// a product that agents cannot be granted.
    pub async fn set_default_grants(
        &self,
        by: &OrganizationAdministrator,
        shown: BTreeSet<ProductId>,
        wanted: BTreeSet<ProductId>,
        now: Timestamp,
    ) -> Result<()> {
        let (by, organization) = (Authority::from(by.clone()), by.organization());
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                by.power_in(tx, &locked, now)?.must_grant_to(Role::Agent)?;
                let known: BTreeSet<ProductId> =
                    store::list_defaults(tx, organization)?.into_iter().collect();
                if known == wanted {
                    return Ok(((), Vec::new()));
                }
                if known != shown {
                    return Err(Error::conflict("grant.defaults_changed"));
                }
                let (mut added, mut removed) = (Vec::new(), Vec::new());
                for id in wanted.difference(&known) {
                    let product =
                        product::find(tx, *id)?.ok_or_else(|| Error::not_found("product.unknown"))?;
                    may_be_granted(&product, Role::Agent, locked.policy.administrators_do_business)?;
                    store::insert_default(tx, organization, *id, by.account(), now)?;
                    added.push(*id);
                }
                for id in known.difference(&wanted) {
                    store::delete_default(tx, organization, *id)?;
                    removed.push(*id);
                }
                let detail = json!({ "added": added, "removed": removed });
                let event = Event::done(by.actor(), "grant.defaults_changed");
                Ok(((), vec![event.on("organization", organization).of(organization).with(detail)]))
            })
            .await
    }
}

/// To agents who just joined, in the transaction that made their memberships: what the organization gives, as far as it is
/// admitted now and their role may have it.
pub(crate) fn give_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    locked: &Locked,
    newcomers: &[(MembershipId, AccountId)],
    granted_by: Option<AccountId>,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let Some((_, anybody)) = newcomers.first() else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    for id in store::list_defaults(tx, locked.id)? {
        let Some(product) = product::find(tx, id)? else { continue };
        if may_be_granted(&product, Role::Agent, locked.policy.administrators_do_business).is_err() {
            continue;
        }
        let admitted = decision::facts_in(tx, *anybody, locked.id, id, now)?
            .and_then(|facts| facts.organization)
            .is_some_and(|facts| facts.admission(product.admission_class, now).state == LayerState::Met);
        if !admitted {
            continue;
        }
        for (membership, account) in newcomers {
            let (cell, grant) = (Cell { membership: *membership, product: id }, tx.draw()?);
            if store::insert(tx, grant, cell, Timestamp::FOREVER, granted_by, now)? {
                tx.changed("grant", grant);
                let mut event = granted(actor, locked.id, *account, cell, grant, Timestamp::FOREVER);
                if let Some(detail) = event.detail.as_object_mut() {
                    detail.insert("because".into(), json!("default"));
                }
                events.push(event);
            }
        }
    }
    Ok(events)
}
