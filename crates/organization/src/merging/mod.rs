//! What bringing accounts over from an earlier system needs of organizations: finding the one that a record means, joining
//! it as an agent, parting again when a merge is undone.
mod store;

use crate::authority::Power;
use crate::membership::{self, Basis, NewMembership, Role};
use crate::organization::{self, NewOrganization, folded};
use crate::{Operator, Organizations};
use db::Tx;
use identity::realname;
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use platform::staff::StaffRole;

/// What a name and a code on record mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    One(OrganizationId),
    None,
    /// Several have the name, or the one with the name has another code: nothing is guessed.
    Unclear,
}

/// By the code where there is one, else by the name.
fn find_in(tx: &mut Tx<'_>, code: Option<&str>, name: &str) -> Result<Found> {
    if let Some(code) = code
        && let Some(id) = store::find_by_uscc(tx, code)?
    {
        return Ok(Found::One(id));
    }
    let named = store::list_by_name(tx, &folded(name))?;
    Ok(match named.as_slice() {
        [] => Found::None,
        [(id, uscc)] if code.is_none() || uscc.as_deref().is_none_or(|uscc| Some(uscc) == code) => {
            Found::One(*id)
        }
        _ => Found::Unclear,
    })
}

/// The one that a name and a code mean, made where there is none. Two who bring the same firm at once make one: they wait for
/// each other at the row of its type. Errors: `organization.unclear`, those of making one.
pub fn find_or_create_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewOrganization,
    now: Timestamp,
) -> Result<(OrganizationId, Vec<Event>)> {
    store::lock_type(tx, new.type_id)?;
    match find_in(tx, new.uscc.as_ref().map(kernel::Uscc::as_str), &new.name)? {
        Found::One(id) => Ok((id, Vec::new())),
        Found::Unclear => Err(Error::invalid("organization.unclear")),
        Found::None => Ok((new.id, organization::create_in(tx, actor, new, now)?)),
    }
}

/// Empty for one that is not there.
pub fn name_in(tx: &mut Tx<'_>, id: OrganizationId) -> Result<String> {
    Ok(organization::find_in(tx, id)?.map(|found| found.name).unwrap_or_default())
}
/// The system administrator, or the account manager of this organization; without its lock, for pages that only read.
pub fn must_manage_in(tx: &mut Tx<'_>, by: &Operator, id: OrganizationId) -> Result<()> {
    if by.must_be(tx, &[StaffRole::SystemAdministrator]).is_ok() {
        return Ok(());
    }
    by.must_be(tx, &[StaffRole::AccountManager])?;
    match organization::find_in(tx, id)? {
        Some(found) if found.account_manager == by.account() => Ok(()),
        _ => Err(Error::not_found("organization.unknown")),
    }
}

/// Whether whoever claims a place by an old password may have it: the organization acts, and the person is as well known as
/// its type wants its agents. Errors: `organization.suspended`, `legacy.level`.
pub fn must_fit_in(tx: &mut Tx<'_>, id: OrganizationId, account: AccountId, now: Timestamp) -> Result<()> {
    let found = organization::find_in(tx, id)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    if found.state != organization::OrganizationState::Active {
        return Err(Error::forbidden("organization.suspended"));
    }
    if realname::service::level_in(tx, account, now)? < found.policy.agent_level {
        return Err(Error::forbidden("legacy.level"));
    }
    Ok(())
}

/// What joining led to.
#[derive(Clone, Copy, Debug)]
pub struct Joined {
    pub membership: MembershipId,
    /// False if the account was a member already, in whatever role.
    pub made: bool,
}
impl Organizations {
    /// As an agent, by what the platform has on record. Errors: those of an account that cannot join.
    pub fn join_merged_in(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        organization: OrganizationId,
        (id, account): (MembershipId, AccountId),
        now: Timestamp,
    ) -> Result<(Joined, Vec<Event>)> {
        let locked =
            organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
        if let Some(live) = membership::find_live_by_account(tx, organization, account)?
            && now < live.valid_until
        {
            return Ok((Joined { membership: live.id, made: false }, Vec::new()));
        }
        if membership::joinable(tx, account, organization)? {
            return Err(Error::conflict("membership.foreign_account"));
        }
        let new = NewMembership {
            id,
            organization,
            account,
            managed: false,
            role: Role::Agent,
            basis: Basis::Merged,
            valid_from: now,
            valid_until: Timestamp::FOREVER,
            granted_by: None,
            scope: None,
            reason: None,
        };
        let events = membership::admit_in(tx, actor, &locked, Power::Platform, &new, now)?;
        Ok((Joined { membership: id, made: true }, events))
    }
    /// Takes back what joining made; nothing if the membership ended meanwhile or became more than an agent's.
    pub fn part_merged_in(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        organization: OrganizationId,
        id: MembershipId,
        reason: &str,
        now: Timestamp,
    ) -> Result<Vec<Event>> {
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
        match membership::find(tx, organization, id)? {
            Some(member)
                if member.role == Role::Agent && member.state != membership::MembershipState::Ended =>
            {
                membership::end_in(tx, actor, organization, &member, Some(reason), now)
            }
            _ => Ok(Vec::new()),
        }
    }
}
