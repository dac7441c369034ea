//! What becomes of a membership: suspended, resumed, renewed, ended, given another role. Each says why, and its holder is
//! told in the same transaction.
use super::model::{Basis, Member, MembershipState, Role};
use super::store::{self, MemberRow};
use super::terms::REASON_MAX;
use crate::authority::Power;
use crate::organization::{self, Locked};
use crate::{Authority, Organizations, activation, application, grant};
use db::Tx;
use identity::account::{self, AccountState};
use identity::credential;
use identity::notice::Kind;
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{MembershipId, OrganizationId},
    text,
};
use serde_json::json;

impl Organizations {
    /// Suspended members keep their grants, which sleep; a managed account is disabled with it, and signed out.
    pub async fn set_member_suspended(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        suspended: bool,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let reason = text::optional_line("reason", reason, REASON_MAX)?;
        let by: Authority = by.into();
        let rooms = self.clone();
        let (from, to, action, kind) = if suspended {
            let kind = Kind::MembershipSuspended;
            (MembershipState::Active, MembershipState::Suspended, "membership.suspended", kind)
        } else {
            let kind = Kind::MembershipResumed;
            (MembershipState::Suspended, MembershipState::Active, "membership.resumed", kind)
        };
        self.db()
            .write(move |tx| {
                let (locked, member) = touchable(tx, &by, organization, id, now)?;
                if !store::set_state(tx, id, from, to)? {
                    return Ok(((), Vec::new()));
                }
                rooms.tell_membership_in(tx, &locked, kind, member.account, now)?;
                tx.changed("membership", id);
                let event = Event::done(by.actor(), action)
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account, "reason": reason }));
                if member.managed {
                    let to = match suspended {
                        true => AccountState::Disabled,
                        // Nobody has opened it yet: it goes on waiting.
                        false if !credential::service::exists_in(tx, member.account)? => {
                            AccountState::Unactivated
                        }
                        false => AccountState::Active,
                    };
                    account::service::set_state_in(tx, member.account, to, now)?;
                }
                Ok(((), vec![event]))
            })
            .await
    }
    /// Another end, later or sooner; one that ran out comes back to life. Error: `membership.administrators_full`.
    pub async fn renew_member(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        until: Timestamp,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let reason = text::optional_line("reason", reason, REASON_MAX)?;
        if until <= now {
            return Err(Error::invalid("membership.until_past").at("until"));
        }
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        self.db()
            .write(move |tx| {
                let (locked, member) = touchable(tx, &by, organization, id, now)?;
                if member.valid_until == until {
                    return Ok(((), Vec::new()));
                }
                if until <= member.valid_from {
                    return Err(Error::invalid("membership.period").at("until"));
                }
                // While it ran out it took no place among the administrators.
                if member.role == Role::Administrator && member.valid_until <= now {
                    must_have_room_in(tx, &locked, now)?;
                }
                store::renew(tx, id, until)?;
                tx.changed("membership", id);
                let last = (until != Timestamp::FOREVER).then_some(until);
                rooms.tell_renewed_in(tx, &locked, member.account, last, now)?;
                let detail = json!({
                    "account": member.account,
                    "before": (member.valid_until != Timestamp::FOREVER).then_some(member.valid_until),
                    "until": last,
                    "reason": reason,
                });
                let event = Event::done(by.actor(), "membership.renewed");
                Ok(((), vec![event.on("membership", id).of(organization).with(detail)]))
            })
            .await
    }
    /// Ends the membership with everything that hangs on it; a managed account is closed. Cannot be undone.
    pub async fn delete_member(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let reason = text::optional_line("reason", reason, REASON_MAX)?;
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        self.db()
            .write(move |tx| {
                let (locked, member) = match touchable(tx, &by, organization, id, now) {
                    Ok(found) => found,
                    // Sent twice: it is done already.
                    Err(error) if error.code == "membership.ended" => return Ok(((), Vec::new())),
                    Err(error) => return Err(error),
                };
                let events = dismiss_in(tx, &rooms, by.actor(), &locked, &member, reason.as_deref(), now)?;
                Ok(((), events))
            })
            .await
    }
    /// A person leaves. The last one who can administer stays, a managed account has nowhere else to be, and a head's authority
    /// ends by succession alone.
    pub async fn leave(&self, by: &Member, now: Timestamp) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let Some(member) = store::find_live_by_account(tx, organization, by.account())? else {
                    return Ok(((), Vec::new()));
                };
                if member.managed {
                    return Err(Error::conflict("membership.managed_stays"));
                }
                if member.role == Role::LegalRepresentative {
                    return Err(Error::conflict("membership.head_stays"));
                }
                if member.role.administers()
                    && store::count_other_administrators(tx, organization, member.id, now)? == 0
                {
                    return Err(Error::conflict("membership.last_administrator"));
                }
                Ok(((), end_in(tx, by.actor(), organization, &member, Some("left"), now)?))
            })
            .await
    }
}

/// Locks, checks the power and finds a live member below it.
pub(super) fn touchable(
    tx: &mut Tx<'_>,
    by: &Authority,
    organization: OrganizationId,
    id: MembershipId,
    now: Timestamp,
) -> Result<(Locked, MemberRow)> {
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    let power: Power = by.power_in(tx, &locked, now)?;
    let member = store::find(tx, organization, id)?.ok_or_else(|| Error::not_found("membership.unknown"))?;
    power.must_touch(member.role)?;
    if member.state == MembershipState::Ended {
        return Err(Error::conflict("membership.ended"));
    }
    Ok((locked, member))
}
/// Error `membership.administrators_full` if one more would be above the type's number; under the organization's lock.
pub(crate) fn must_have_room_in(tx: &mut Tx<'_>, locked: &Locked, now: Timestamp) -> Result<()> {
    let most = locked.administrators_allowed(now);
    if store::count_role(tx, locked.id, Role::Administrator, now)? >= most {
        return Err(Error::conflict("membership.administrators_full").arg("max", most.to_string()));
    }
    Ok(())
}
/// Ends a membership with its grants, requests and what was handed out but not opened yet; under the organization's lock.
pub(crate) fn end_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    organization: OrganizationId,
    member: &MemberRow,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Event>> {
    store::end(tx, member.id, now)?;
    tx.changed("membership", member.id);
    let mut events = vec![
        Event::done(actor, "membership.ended")
            .on("membership", member.id)
            .of(organization)
            .with(json!({ "account": member.account, "role": member.role, "reason": reason })),
    ];
    events.extend(grant::end_all_in(tx, actor, organization, member, now)?);
    events.extend(application::withdraw_all_in(tx, actor, member.account, organization, now)?);
    activation::void_in(tx, member.account)?;
    Ok(events)
}
/// As [`end_in`]; an account of the organization's closes with it, and whoever keeps the own is told.
pub(crate) fn dismiss_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    actor: &Actor,
    locked: &Locked,
    member: &MemberRow,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let mut events = end_in(tx, actor, locked.id, member, reason, now)?;
    if member.managed {
        identity::search::service::forget_in(tx, rooms.db().keyring(), member.account)?;
        account::service::set_state_in(tx, member.account, AccountState::Closed, now)?;
        events.push(Event::done(actor, "account.closed").on("account", member.account).of(locked.id));
    } else {
        rooms.tell_membership_in(tx, locked, Kind::MembershipEnded, member.account, now)?;
    }
    Ok(events)
}
/// One role instead of another, for a member who stays: a managed account has exactly one. Whoever only administers from now
/// on does no business, so the grants end. Under the organization's lock; the caller has checked the power.
pub(crate) fn change_role_in(
    tx: &mut Tx<'_>,
    by: &Authority,
    locked: &Locked,
    member: &MemberRow,
    to: (Role, Basis),
    now: Timestamp,
) -> Result<Vec<Event>> {
    if !store::change_role(tx, member.id, member.role, to, by.account())? {
        return Err(Error::conflict("membership.ended"));
    }
    tx.changed("membership", member.id);
    let mut events = vec![
        Event::done(by.actor(), "membership.role_changed")
            .on("membership", member.id)
            .of(locked.id)
            .with(json!({ "account": member.account, "before": member.role, "role": to.0, "basis": to.1 })),
    ];
    if to.0 == Role::Administrator && !locked.policy.administrators_do_business {
        events.extend(grant::end_all_in(tx, by.actor(), locked.id, member, now)?);
    }
    Ok(events)
}
