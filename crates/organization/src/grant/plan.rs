//! What a form would do, before it is done: the same judgement as when it is applied.
use super::model::{Cell, Change, Held, Plan, Planned, Stale, Step, Wish};
use super::service::may_be_granted;
use super::store;
use crate::Organizations;
use crate::authority::Power;
use crate::decision::{self, LayerState};
use crate::membership::{self, MemberRow, MembershipState, OrganizationAdministrator};
use crate::product::{self, Product};
use db::Tx;
use kernel::{
    Error, Result, Timestamp,
    id::{MembershipId, OrganizationId, ProductId},
};
use std::collections::{BTreeMap, BTreeSet};

impl Organizations {
    /// What these wishes come to, for the page that shows it before it is applied.
    pub async fn plan_grants(
        &self,
        by: &OrganizationAdministrator,
        wishes: Vec<Wish>,
        now: Timestamp,
    ) -> Result<Plan> {
        let (organization, power) = (by.organization(), Power::Role(by.role()));
        let business = by.policy().administrators_do_business;
        self.db()
            .read(move |tx| {
                let mut judge = Judge::new(organization, power, business, now);
                plan_in(tx, &mut judge, &wishes)
            })
            .await
    }
    /// What a colleague has and this member does not, until the same day.
    pub async fn plan_copy(
        &self,
        by: &OrganizationAdministrator,
        from: MembershipId,
        to: MembershipId,
        now: Timestamp,
    ) -> Result<Plan> {
        let held = self.held_grants(by.organization(), vec![from, to], now).await?;
        let has: BTreeSet<ProductId> =
            held.iter().filter(|held| held.cell.membership == to).map(|held| held.cell.product).collect();
        let wishes = held
            .iter()
            .filter(|held| held.cell.membership == from && from != to && !has.contains(&held.cell.product))
            .map(|held| Wish {
                cell: Cell { membership: to, product: held.cell.product },
                shown: false,
                seen: None,
                wanted: true,
                until: Some(held.until),
            })
            .collect();
        self.plan_grants(by, wishes, now).await
    }
}

/// Says what stands against a grant; asks each product once.
pub(super) struct Judge {
    pub organization: OrganizationId,
    power: Power,
    administrators_do_business: bool,
    now: Timestamp,
    /// The product, and whether the organization is admitted to it.
    products: BTreeMap<ProductId, Option<(Product, bool)>>,
}
impl Judge {
    pub(super) fn new(
        organization: OrganizationId,
        power: Power,
        administrators_do_business: bool,
        now: Timestamp,
    ) -> Self {
        Self { organization, power, administrators_do_business, now, products: BTreeMap::new() }
    }
    /// The code of what stands against it, if anything does.
    pub(super) fn refusal(
        &mut self,
        tx: &mut Tx<'_>,
        member: &MemberRow,
        change: &Change,
    ) -> Result<Option<&'static str>> {
        if let Err(error) = self.power.must_grant_to(member.role) {
            return Ok(Some(error.code));
        }
        match change.step {
            Step::End { .. } => return Ok(None),
            Step::Give { until: Some(until) } | Step::Move { until, .. } if until <= self.now => {
                return Ok(Some("grant.period"));
            }
            Step::Move { .. } => return Ok(None),
            Step::Give { .. } => {}
        }
        let product = change.cell.product;
        if !self.products.contains_key(&product) {
            let found = self.look(tx, member, product)?;
            self.products.insert(product, found);
        }
        let Some(Some((product, admitted))) = self.products.get(&product) else {
            return Ok(Some("product.unknown"));
        };
        if let Err(error) = may_be_granted(product, member.role, self.administrators_do_business) {
            return Ok(Some(error.code));
        }
        Ok((!admitted).then_some("grant.admission_missing"))
    }
    fn look(&self, tx: &mut Tx<'_>, member: &MemberRow, id: ProductId) -> Result<Option<(Product, bool)>> {
        let Some(product) = product::find(tx, id)? else { return Ok(None) };
        let admitted = decision::facts_in(tx, member.account, self.organization, id, self.now)?
            .and_then(|facts| facts.organization)
            .is_some_and(|facts| facts.admission(product.admission_class, self.now).state == LayerState::Met);
        Ok(Some((product, admitted)))
    }
}

/// Members and live grants of the cells, each read at once. Error: `membership.unknown` for a foreign or former one.
pub(super) struct Ground {
    pub members: BTreeMap<MembershipId, MemberRow>,
    pub held: BTreeMap<Cell, Held>,
}
impl Ground {
    pub(super) fn of(
        tx: &mut Tx<'_>,
        organization: OrganizationId,
        cells: impl Iterator<Item = Cell>,
        now: Timestamp,
    ) -> Result<Self> {
        let ids: BTreeSet<MembershipId> = cells.map(|cell| cell.membership).collect();
        let ids: Vec<MembershipId> = ids.into_iter().collect();
        let members: BTreeMap<MembershipId, MemberRow> = membership::list_of_ids(tx, organization, &ids)?
            .into_iter()
            .filter(|row| row.state != MembershipState::Ended)
            .map(|row| (row.id, row))
            .collect();
        if members.len() < ids.len() {
            return Err(Error::not_found("membership.unknown"));
        }
        let held = store::list_of_members(tx, organization, &ids, now)?;
        Ok(Self { members, held: held.into_iter().map(|held| (held.cell, held)).collect() })
    }
    pub(super) fn member(&self, cell: Cell) -> Result<&MemberRow> {
        self.members.get(&cell.membership).ok_or_else(|| Error::not_found("membership.unknown"))
    }
    pub(super) fn stale_in(&self, tx: &mut Tx<'_>, cell: Cell) -> Result<Stale> {
        let (by, at) = store::find_last_change(tx, cell)?.unwrap_or((None, None));
        let account = self.member(cell)?.account;
        Ok(Stale { cell, account, until: self.held.get(&cell).map(|held| held.until), by, at })
    }
}

fn plan_in(tx: &mut Tx<'_>, judge: &mut Judge, wishes: &[Wish]) -> Result<Plan> {
    let ground = Ground::of(tx, judge.organization, wishes.iter().map(|wish| wish.cell), judge.now)?;
    let mut plan = Plan::default();
    for wish in wishes {
        let held = ground.held.get(&wish.cell).copied();
        let moved = held.zip(wish.seen).is_some_and(|(held, seen)| held.until != seen);
        if held.is_some() != wish.shown || moved {
            plan.stale.push(ground.stale_in(tx, wish.cell)?);
            continue;
        }
        let step = match (held, wish.wanted, wish.until) {
            (None, true, until) => Step::Give { until },
            (Some(held), false, _) => Step::End { grant: held.id, before: held.until },
            (Some(held), true, Some(until)) if until != held.until => {
                Step::Move { grant: held.id, before: held.until, until }
            }
            _ => continue,
        };
        let (change, member) = (Change { cell: wish.cell, step }, ground.member(wish.cell)?);
        let refused = judge.refusal(tx, member, &change)?;
        let planned = Planned {
            change,
            account: member.account,
            role: member.role,
            before: held.map(|held| held.until),
            refused,
        };
        if refused.is_some() {
            plan.refused.push(planned);
        } else {
            plan.changes.push(planned);
        }
    }
    Ok(plan)
}
