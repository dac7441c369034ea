use super::model::{Cell, Saved, Wish};
use super::store;
use crate::authority::Power;
use crate::decision::{self, LayerState};
use crate::membership::{self, MemberRow, MembershipState, Role};
use crate::organization::{self, Locked};
use crate::product::{self, Audience, GrantMode, Product, ProductState};
use crate::tell::Changes;
use crate::{Authority, Organizations};
use db::Tx;
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, GrantId, MembershipId, OrganizationId, ProductId},
};
use serde_json::json;
use std::collections::BTreeSet;

impl Organizations {
    /// The second half of the tally for one member and product. False if the member had it already.
    pub async fn grant(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        cell: Cell,
        valid_until: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let by: Authority = by.into();
        let (id, rooms) = (self.db().draw(), self.clone());
        self.db()
            .write(move |tx| {
                let (locked, power, member) = member_of(tx, &by, organization, cell.membership, now)?;
                let new = NewGrant { id, product: cell.product, valid_until, by: by.account() };
                let event = grant_in(tx, by.actor(), &locked, power, &member, &new, now)?;
                if event.is_some() {
                    let mut changes = Changes::by(by.account());
                    changes.given(&member, cell);
                    rooms.tell_grants_in(tx, &locked, &changes, now)?;
                }
                Ok((event.is_some(), event.into_iter().collect()))
            })
            .await
    }
    /// Works at once, also while the admission lapses. False if there was nothing to take away.
    pub async fn revoke(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        cell: Cell,
        now: Timestamp,
    ) -> Result<bool> {
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        self.db()
            .write(move |tx| {
                let (locked, power, member) = member_of(tx, &by, organization, cell.membership, now)?;
                power.must_grant_to(member.role)?;
                let event = revoke_in(tx, by.actor(), organization, cell, member.account, now)?;
                if event.is_some() {
                    let mut changes = Changes::by(by.account());
                    changes.revoked(&member, cell);
                    rooms.tell_grants_in(tx, &locked, &changes, now)?;
                }
                Ok((event.is_some(), event.into_iter().collect()))
            })
            .await
    }
    /// A whole matrix at once. If any cell is not as the form showed it, nothing is written and the sender is told.
    pub async fn save_grants(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        wishes: Vec<Wish>,
        now: Timestamp,
    ) -> Result<Saved> {
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        let ids: Vec<GrantId> =
            wishes.iter().filter(|wish| wish.wanted && !wish.shown).map(|_| self.db().draw()).collect();
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let power = by.power_in(tx, &locked, now)?;
                let stale = stale_cells(tx, organization, &wishes, now)?;
                if !stale.is_empty() {
                    return Ok((Saved::Stale(stale), Vec::new()));
                }
                let (mut granted, mut revoked, mut events) = (0, 0, Vec::new());
                let mut changes = Changes::by(by.account());
                let mut ids = ids.iter();
                for wish in wishes.iter().filter(|wish| wish.shown != wish.wanted) {
                    let member = live_member(tx, organization, wish.cell.membership)?;
                    power.must_grant_to(member.role)?;
                    if wish.wanted {
                        let id = ids.next().copied().ok_or_else(|| Error::internal("grant.ids"))?;
                        let new = NewGrant {
                            id,
                            product: wish.cell.product,
                            valid_until: Timestamp::FOREVER,
                            by: by.account(),
                        };
                        events.extend(grant_in(tx, by.actor(), &locked, power, &member, &new, now)?);
                        changes.given(&member, wish.cell);
                        granted += 1;
                    } else {
                        events.extend(revoke_in(
                            tx,
                            by.actor(),
                            organization,
                            wish.cell,
                            member.account,
                            now,
                        )?);
                        changes.revoked(&member, wish.cell);
                        revoked += 1;
                    }
                }
                rooms.tell_grants_in(tx, &locked, &changes, now)?;
                Ok((Saved::Done { granted, revoked }, events))
            })
            .await
    }
    /// Which of these members hold which products.
    pub async fn granted_cells(
        &self,
        organization: OrganizationId,
        members: Vec<MembershipId>,
        now: Timestamp,
    ) -> Result<BTreeSet<Cell>> {
        let cells = self.db().read(move |tx| store::list_of_members(tx, organization, &members, now)).await?;
        Ok(cells.into_iter().collect())
    }
    /// Products that anybody holds a grant of, whether or not it sleeps.
    pub async fn granted_products(
        &self,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Vec<ProductId>> {
        self.db().read(move |tx| store::list_granted_products(tx, organization, now)).await
    }
}

pub(crate) struct NewGrant {
    pub id: GrantId,
    pub product: ProductId,
    pub valid_until: Timestamp,
    pub by: Option<AccountId>,
}

/// Inside a transaction that holds the organization's lock. None if the member has it already.
pub(crate) fn grant_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    locked: &Locked,
    power: Power,
    member: &MemberRow,
    new: &NewGrant,
    now: Timestamp,
) -> Result<Option<Event>> {
    power.must_grant_to(member.role)?;
    if new.valid_until <= now {
        return Err(Error::invalid("grant.period").at("valid_until"));
    }
    let product = product::find(tx, new.product)?.ok_or_else(|| Error::not_found("product.unknown"))?;
    may_be_granted(&product, member.role, locked.policy.administrators_do_business)?;
    let admitted = decision::facts_in(tx, member.account, locked.id, new.product, now)?
        .and_then(|facts| facts.organization)
        .is_some_and(|facts| facts.admission(product.admission_class, now).state == LayerState::Met);
    if !admitted {
        return Err(Error::conflict("grant.admission_missing"));
    }
    let cell = Cell { membership: member.id, product: new.product };
    store::end_expired(tx, cell, now)?;
    if !store::insert(tx, new.id, cell, new.valid_until, new.by, now)? {
        return Ok(None);
    }
    tx.changed("grant", new.id);
    let detail = json!({ "membership": member.id, "account": member.account, "product": new.product });
    Ok(Some(Event::done(actor, "grant.granted").on("grant", new.id).of(locked.id).with(detail)))
}

/// What the product itself says about being granted to this role.
pub(crate) fn may_be_granted(product: &Product, role: Role, administrators_do_business: bool) -> Result<()> {
    if matches!(product.state, ProductState::Draft | ProductState::Withdrawn) {
        return Err(Error::not_found("product.unknown"));
    }
    if product.grant_mode == GrantMode::EveryAgent || product.audience == Audience::Person {
        return Err(Error::conflict("grant.not_needed"));
    }
    let role_fits =
        product.roles_allowed.contains(&role) && (role != Role::Administrator || administrators_do_business);
    if role_fits { Ok(()) } else { Err(Error::conflict("grant.role_not_allowed")) }
}

pub(crate) fn revoke_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    organization: OrganizationId,
    cell: Cell,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Event>> {
    let Some(id) = store::end(tx, cell, now)? else { return Ok(None) };
    tx.changed("grant", id);
    let detail = json!({ "membership": cell.membership, "account": account, "product": cell.product });
    Ok(Some(Event::done(actor, "grant.revoked").on("grant", id).of(organization).with(detail)))
}
/// With a membership go its grants.
pub(crate) fn end_all_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    organization: OrganizationId,
    member: &MemberRow,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let ended = store::end_all(tx, member.id, now)?;
    Ok(ended
        .into_iter()
        .map(|(id, product)| {
            tx.changed("grant", id);
            Event::done(actor, "grant.revoked").on("grant", id).of(organization).with(json!({
                "membership": member.id,
                "account": member.account,
                "product": product,
                "because": "membership_ended",
            }))
        })
        .collect())
}

fn member_of(
    tx: &mut Tx<'_>,
    by: &Authority,
    organization: OrganizationId,
    membership: MembershipId,
    now: Timestamp,
) -> Result<(Locked, Power, MemberRow)> {
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    let power = by.power_in(tx, &locked, now)?;
    let member = live_member(tx, organization, membership)?;
    Ok((locked, power, member))
}
fn live_member(tx: &mut Tx<'_>, organization: OrganizationId, id: MembershipId) -> Result<MemberRow> {
    membership::find(tx, organization, id)?
        .filter(|member| member.state != MembershipState::Ended)
        .ok_or_else(|| Error::not_found("membership.unknown"))
}
fn stale_cells(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    wishes: &[Wish],
    now: Timestamp,
) -> Result<Vec<Cell>> {
    let members: Vec<MembershipId> =
        wishes.iter().map(|wish| wish.cell.membership).collect::<BTreeSet<_>>().into_iter().collect();
    let held: BTreeSet<Cell> = store::list_of_members(tx, organization, &members, now)?.into_iter().collect();
    Ok(wishes.iter().filter(|wish| held.contains(&wish.cell) != wish.shown).map(|wish| wish.cell).collect())
}
