use super::store;
use crate::membership::{self, Member, MembershipState, OrganizationAdministrator};
use crate::organization::{self, Locked, OrganizationState, record};
use crate::organization_type::Words;
use crate::product::{ProductState, recheck_manager_in};
use crate::{Authority, Operator, Organizations};
use db::Tx;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, ProductId},
};
use serde_json::json;

/// Proof that the signed-in account may keep clients of what its organization develops. Built by [`Organizations::developer`]
/// alone.
#[derive(Clone, Debug)]
pub struct Developer(Member);
impl std::ops::Deref for Developer {
    type Target = Member;
    fn deref(&self) -> &Member {
        &self.0
    }
}

/// A product that is entrusted to an organization.
#[derive(Clone, Debug)]
pub struct Developed {
    pub id: ProductId,
    pub name: Words,
    pub icon: String,
    pub state: ProductState,
}
/// A member whom the administrators named.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    pub membership: MembershipId,
    pub account: AccountId,
    pub since: Timestamp,
}

impl Organizations {
    /// Error `developer.required` for members who neither administer nor were named.
    pub async fn developer(&self, member: &Member, now: Timestamp) -> Result<Developer> {
        let (account, organization) = (member.account(), member.organization());
        let named = member.role().administers()
            || self.db().read(move |tx| store::is_named(tx, account, organization, now)).await?;
        if named { Ok(Developer(member.clone())) } else { Err(Error::forbidden("developer.required")) }
    }
    /// Whether a link to the development leads this member anywhere.
    pub(crate) async fn shows_development(
        &self,
        account: AccountId,
        organization: OrganizationId,
        administers: bool,
        now: Timestamp,
    ) -> Result<bool> {
        self.db()
            .read_few(move |tx| {
                Ok(store::develops(tx, organization)?
                    && (administers || store::is_named(tx, account, organization, now)?))
            })
            .await
    }
    pub async fn developed(&self, by: &Developer) -> Result<Vec<Developed>> {
        let organization = by.organization();
        let rows = self.db().read(move |tx| store::list_products(tx, organization)).await?;
        let developed = |row: store::DevelopedRow| Developed {
            id: row.id,
            name: Words { zh: row.zh, en: row.en },
            icon: row.icon,
            state: row.state,
        };
        Ok(rows.into_iter().map(developed).collect())
    }
    /// Whose developers keep clients of a product besides the platform's staff.
    pub async fn developer_of(&self, product: ProductId) -> Result<Option<OrganizationId>> {
        self.db().read(move |tx| store::find_developer(tx, product)).await
    }
    pub async fn named_developers(&self, by: &OrganizationAdministrator) -> Result<Vec<Named>> {
        let organization = by.organization();
        let rows = self.db().read(move |tx| store::list_named(tx, organization)).await?;
        let named = |row: store::NamedRow| Named {
            membership: row.membership,
            account: row.account,
            since: row.since,
        };
        Ok(rows.into_iter().map(named).collect())
    }
    /// Names a member a developer, or takes that away again; what is so already stays unsaid. Errors: `membership.unknown`,
    /// `membership.role_too_high`, and those of [`record::lock_in`].
    pub async fn name_developer(
        &self,
        by: &OrganizationAdministrator,
        id: MembershipId,
        named: bool,
        now: Timestamp,
    ) -> Result<()> {
        let (by, organization) = (Authority::from(by.clone()), by.organization());
        self.db()
            .write(move |tx| {
                let locked = record::lock_in(tx, &by, organization, now)?;
                let member = membership::find(tx, organization, id)?
                    .filter(|member| member.state != MembershipState::Ended)
                    .ok_or_else(|| Error::not_found("membership.unknown"))?;
                by.power_in(tx, &locked, now)?.must_touch(member.role)?;
                let (changed, action) = match named {
                    true => (store::insert(tx, id, organization, now)?, "developer.named"),
                    false => (store::delete(tx, id, organization)?, "developer.dismissed"),
                };
                if !changed {
                    return Ok(((), Vec::new()));
                }
                tx.changed("membership", id);
                let event = Event::done(by.actor(), action)
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account }));
                Ok(((), vec![event]))
            })
            .await
    }
}

/// Why nobody develops for it now: the clients that it keeps sleep for the same reasons.
fn idle(organization: &Locked) -> Option<&'static str> {
    if organization.state != OrganizationState::Active {
        Some("organization.suspended")
    } else if organization.registry_state.holds_admissions() {
        Some("organization.struck_off")
    } else {
        None
    }
}

/// Locks the organization for one of its developers. Errors: `organization.unknown`, `organization.suspended`,
/// `organization.struck_off`, `developer.required`.
pub fn lock_in(tx: &mut Tx<'_>, by: &Developer, now: Timestamp) -> Result<Locked> {
    let organization = by.organization();
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    if let Some(code) = idle(&locked) {
        return Err(Error::forbidden(code));
    }
    let role = membership::find_acting_role(tx, by.account(), organization, now)?;
    if role.is_some_and(|role| role.administers()) || store::is_named(tx, by.account(), organization, now)? {
        Ok(locked)
    } else {
        Err(Error::forbidden("developer.required"))
    }
}
/// Error `product.unknown` unless the product is entrusted to the developer's organization, whose row is locked.
pub fn must_develop_in(tx: &mut Tx<'_>, by: &Developer, product: ProductId) -> Result<()> {
    match store::find_developer(tx, product)? {
        Some(organization) if organization == by.organization() => Ok(()),
        _ => Err(Error::not_found("product.unknown")),
    }
}

/// Whose developers keep clients of this product now.
pub fn entrusted_to_in(tx: &mut Tx<'_>, product: ProductId) -> Result<Option<OrganizationId>> {
    store::find_developer(tx, product)
}
/// From whom to whom a product went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrusted {
    pub before: Option<OrganizationId>,
    pub after: Option<OrganizationId>,
}
/// Entrusts a product to an organization, or takes it back, from whoever the form showed; both are locked. The caller writes
/// the events and sees to the clients. None if nothing changes. Errors: `organization.unknown`, `organization.suspended`,
/// `organization.struck_off`, `product.changed_meanwhile`, those of [`recheck_manager_in`].
pub fn entrust_in(
    tx: &mut Tx<'_>,
    by: &Operator,
    product: ProductId,
    (shown, to): (Option<OrganizationId>, Option<OrganizationId>),
) -> Result<Option<Entrusted>> {
    recheck_manager_in(tx, by, product)?;
    let before = store::find_developer(tx, product)?;
    if before == to {
        return Ok(None);
    }
    if before != shown {
        return Err(Error::conflict("product.changed_meanwhile"));
    }
    // In one order, so that two desks that hand two products across never wait for each other.
    let mut both: Vec<OrganizationId> = before.into_iter().chain(to).collect();
    both.sort();
    for id in both {
        match organization::lock(tx, id)? {
            Some(locked) if Some(id) == to => {
                if let Some(code) = idle(&locked) {
                    return Err(Error::conflict(code));
                }
            }
            None if Some(id) == to => return Err(Error::not_found("organization.unknown")),
            // One that was closed keeps nobody waiting: nobody acts for it.
            _ => {}
        }
    }
    if !store::set_developer(tx, product, before, to)? {
        return Err(Error::conflict("product.changed_meanwhile"));
    }
    tx.changed("product", product);
    Ok(Some(Entrusted { before, after: to }))
}
