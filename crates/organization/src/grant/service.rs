use super::model::{Cell, Change, Held, Saved, Step};
use super::plan::{Ground, Judge};
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
    /// What was shown, all of it or nothing: not if a cell is other than it was, nor if something became impossible.
    pub async fn save_grants(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        changes: Vec<Change>,
        now: Timestamp,
    ) -> Result<Saved> {
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let power = by.power_in(tx, &locked, now)?;
                let ground = Ground::of(tx, organization, changes.iter().map(|change| change.cell), now)?;
                let mut stale = Vec::new();
                for change in &changes {
                    let held = ground.held.get(&change.cell).map(|held| (held.id, held.until));
                    if held != change.step.shown() {
                        stale.push(ground.stale_in(tx, change.cell)?);
                    }
                }
                if !stale.is_empty() {
                    return Ok((Saved::Stale(stale), Vec::new()));
                }
                let mut judge =
                    Judge::new(organization, power, locked.policy.administrators_do_business, now);
                let mut refused = Vec::new();
                for change in &changes {
                    let code = judge.refusal(tx, ground.member(change.cell)?, change)?;
                    refused.extend(code.map(|code| (change.cell, code)));
                }
                if !refused.is_empty() {
                    return Ok((Saved::Refused(refused), Vec::new()));
                }
                let (mut given, mut moved, mut ended, mut events) = (0, 0, 0, Vec::new());
                let mut told = Changes::by(by.account());
                for Change { cell, step } in &changes {
                    let member = ground.member(*cell)?;
                    match step {
                        Step::Give { until } => {
                            let until = until.unwrap_or(Timestamp::FOREVER);
                            let id = tx.draw()?;
                            events.extend(insert_in(tx, &by, &locked, member, *cell, id, until, now)?);
                            told.given(member, *cell);
                            given += 1;
                        }
                        Step::Move { grant, before, until } => {
                            if !store::set_until(tx, *grant, *until, by.account(), now)? {
                                return Err(Error::conflict("grant.changed"));
                            }
                            tx.changed("grant", *grant);
                            let event = Event::done(by.actor(), "grant.period_changed").on("grant", *grant);
                            events.push(event.of(organization).with(json!({
                                "membership": cell.membership,
                                "account": member.account,
                                "product": cell.product,
                                "before": (*before != Timestamp::FOREVER).then_some(before),
                                "until": (*until != Timestamp::FOREVER).then_some(until),
                            })));
                            moved += 1;
                        }
                        Step::End { .. } => {
                            let account = member.account;
                            events.extend(revoke_in(tx, by.actor(), organization, *cell, account, now)?);
                            told.revoked(member, *cell);
                            ended += 1;
                        }
                    }
                }
                rooms.tell_grants_in(tx, &locked, &told, now)?;
                Ok((Saved::Done { given, moved, ended }, events))
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
        let held = self.held_grants(organization, members, now).await?;
        Ok(held.into_iter().map(|held| held.cell).collect())
    }
    /// What these members hold, with its period; whether or not it sleeps.
    pub async fn held_grants(
        &self,
        organization: OrganizationId,
        members: Vec<MembershipId>,
        now: Timestamp,
    ) -> Result<Vec<Held>> {
        self.db().read(move |tx| store::list_of_members(tx, organization, &members, now)).await
    }
    /// Whether anybody in the organization holds the product, asleep or not.
    pub(super) async fn anybody_holds(
        &self,
        organization: OrganizationId,
        product: ProductId,
        now: Timestamp,
    ) -> Result<bool> {
        self.db().read(move |tx| store::is_granted(tx, organization, product, now)).await
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
    Ok(Some(granted(actor, locked.id, member.account, cell, new.id, new.valid_until)))
}
#[expect(clippy::too_many_arguments, reason = "one row of a matrix that was judged before")]
fn insert_in(
    tx: &mut Tx<'_>,
    by: &Authority,
    locked: &Locked,
    member: &MemberRow,
    cell: Cell,
    id: GrantId,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<Event>> {
    store::end_expired(tx, cell, now)?;
    if !store::insert(tx, id, cell, until, by.account(), now)? {
        return Ok(None);
    }
    tx.changed("grant", id);
    Ok(Some(granted(by.actor(), locked.id, member.account, cell, id, until)))
}
pub(super) fn granted(
    actor: &Actor,
    organization: OrganizationId,
    account: AccountId,
    cell: Cell,
    id: GrantId,
    until: Timestamp,
) -> Event {
    Event::done(actor, "grant.granted").on("grant", id).of(organization).with(json!({
        "membership": cell.membership,
        "account": account,
        "product": cell.product,
        "until": (until != Timestamp::FOREVER).then_some(until),
    }))
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
    let Some(id) = store::end(tx, cell, actor.account, now)? else { return Ok(None) };
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
    let ended = store::end_all(tx, member.id, actor.account, now)?;
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
    let member = membership::find(tx, organization, membership)?
        .filter(|member| member.state != MembershipState::Ended)
        .ok_or_else(|| Error::not_found("membership.unknown"))?;
    Ok((locked, power, member))
}
