use super::store;
use crate::membership::{self, Member, MemberRow, MembershipState, OrganizationAdministrator, Role};
use crate::organization::record::{self, Change};
use crate::organization::{self, FieldSource, Locked, Organization};
use crate::{Authority, Organizations};
use db::Tx;
use identity::account::{self, AccountState};
use identity::notice::{self, Kind, Notice};
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use serde_json::json;

/// What the new head says of one administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Confirm,
    End,
}
/// Administrators that wait for the head.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    pub members: Vec<MemberRow>,
}

/// Under the organization's lock: the record names another head. The former head's membership ends, a managed account with
/// it; administrators stay and wait; all of them, and the account manager, are told. The new head's own account comes by a
/// claim that is proven. `source` is where the news came from, with the register's name.
pub fn new_head_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    actor: &Actor,
    locked: &Locked,
    new_head: &str,
    (source, source_name): (FieldSource, Option<&str>),
    now: Timestamp,
) -> Result<Vec<Event>> {
    let organization = locked.id;
    let before =
        organization::find_in(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    let after = Organization { head_name: Some(new_head.to_owned()), ..before.clone() };
    let change = Change {
        actor,
        by: actor.account,
        action: "organization.record_changed",
        source,
        source_name,
        reason: None,
        now,
    };
    let mut events = record::write_in(tx, &before, &after, &change)?;
    let chain = membership::list_chain(tx, organization)?;
    let former = chain.iter().find(|row| row.role == Role::LegalRepresentative);
    if let Some(open) = store::find_open(tx, organization)? {
        store::close(tx, open, now)?;
    }
    let id = rooms.db().draw();
    store::insert(tx, id, organization, (former.map(|row| row.account), source.as_str()), now)?;
    let told = Notice::new(Kind::HeadChanged).arg("organization", locked.name.as_str()).arg("head", new_head);
    let mut hear: Vec<AccountId> = Vec::new();
    if let Some(former) = former {
        hear.push(former.account);
        events.extend(end_in(tx, rooms, actor, (organization, former), "succession", now)?);
    }
    for administrator in chain.iter().filter(|row| row.role == Role::Administrator) {
        store::insert_member(tx, id, administrator.id)?;
        hear.push(administrator.account);
    }
    hear.extend(locked.account_manager);
    for account in hear {
        notice::tell_in(tx, rooms.identity(), account, &told, now)?;
    }
    events.push(
        Event::done(actor, "organization.head_changed")
            .on("organization", organization)
            .of(organization)
            .with(json!({ "account": former.map(|row| row.account), "source": source })),
    );
    Ok(events)
}
/// With a managed account that only acted here goes the account.
fn end_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    actor: &Actor,
    (organization, member): (OrganizationId, &MemberRow),
    reason: &str,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let mut events = membership::end_in(tx, actor, organization, member, Some(reason), now)?;
    if member.managed {
        identity::search::service::forget_in(tx, rooms.db().keyring(), member.account)?;
        account::service::set_state_in(tx, member.account, AccountState::Closed, now)?;
        events.push(Event::done(actor, "account.closed").on("account", member.account).of(organization));
    }
    Ok(events)
}
/// The new head's membership was made: they are told, and led to whom they have to confirm.
pub(crate) fn given_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    locked: &Locked,
    head: AccountId,
    now: Timestamp,
) -> Result<()> {
    let waiting = !store::list_waiting(tx, locked.id)?.is_empty();
    let title = &locked.policy.head_title;
    let told = Notice::new(Kind::HeadGiven)
        .arg("organization", locked.name.as_str())
        .words("title", &title.zh, &title.en)
        .leads_to(&format!("/org/{}/{}", locked.id, if waiting { "succession" } else { "" }));
    notice::tell_in(tx, rooms.identity(), head, &told, now)
}

impl Organizations {
    /// For members who administer; only the head decides.
    pub async fn succession(&self, by: &Member) -> Result<Waiting> {
        let organization = by.organization();
        self.db()
            .read(move |tx| {
                let mut members = Vec::new();
                for id in store::list_waiting(tx, organization)? {
                    members.extend(membership::find(tx, organization, id)?);
                }
                Ok(Waiting { members })
            })
            .await
    }
    /// By the head alone, once for each administrator. Errors: `succession.head_only`, `succession.decided`.
    pub async fn decide_succession(
        &self,
        by: &OrganizationAdministrator,
        id: MembershipId,
        verdict: Verdict,
        now: Timestamp,
    ) -> Result<()> {
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                let organization = by.organization();
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                Authority::from(by.clone()).power_in(tx, &locked, now)?;
                let role = membership::find_acting_role(tx, by.account(), organization, now)?;
                if role != Some(Role::LegalRepresentative) {
                    return Err(Error::forbidden("succession.head_only"));
                }
                let member = membership::find(tx, organization, id)?
                    .ok_or_else(|| Error::not_found("membership.unknown"))?;
                let decided = || Error::conflict("succession.decided");
                // Who became head or agent, or left, waits no more: an administrator who claimed the head's place is not to
                // end the own authority.
                if member.role != Role::Administrator || member.state == MembershipState::Ended {
                    return Err(decided());
                }
                let open = store::find_open(tx, organization)?.ok_or_else(decided)?;
                let (state, action) = match verdict {
                    Verdict::Confirm => ("confirmed", "membership.confirmed"),
                    Verdict::End => ("ended", "membership.not_confirmed"),
                };
                if !store::decide(tx, open, id, (state, by.account()), now)? {
                    return Err(decided());
                }
                let mut events = vec![
                    Event::done(by.actor(), action)
                        .on("membership", id)
                        .of(organization)
                        .with(json!({ "account": member.account })),
                ];
                match verdict {
                    Verdict::Confirm => {
                        let told = Notice::new(Kind::AdministratorConfirmed)
                            .arg("organization", locked.name.as_str());
                        notice::tell_in(tx, rooms.identity(), member.account, &told, now)?;
                    }
                    Verdict::End => {
                        rooms.tell_membership_in(tx, &locked, Kind::MembershipEnded, member.account, now)?;
                        events.extend(end_in(
                            tx,
                            &rooms,
                            by.actor(),
                            (organization, &member),
                            "not_confirmed",
                            now,
                        )?);
                    }
                }
                if store::list_waiting(tx, organization)?.is_empty() {
                    store::close(tx, open, now)?;
                }
                Ok(((), events))
            })
            .await
    }
}
