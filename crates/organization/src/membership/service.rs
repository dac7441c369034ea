use super::model::{Basis, Member, Membership, OrganizationAdministrator, Role};
use super::newcomer::{Newcomer, PreparedManaged, temporary_password};
use super::standing::{end_in, must_have_room_in};
use super::store::{self, Filter, MemberRow};
use super::terms::Terms;
use crate::activation::{self, Link};
use crate::authority::Power;
use crate::organization::{self, Locked};
use crate::{Authority, Organizations, grant};
use db::Tx;
use identity::account::{self, AccountState};
use identity::session::SignedIn;
use kernel::{
    Actor, Error, Event, Result, Secret, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use serde_json::json;

pub(crate) use super::store::NewMembership;

/// Memberships that a page names before it says that there are more.
pub const MEMBERSHIPS: i64 = 20;

/// How the holder of a new account gets in.
#[derive(Clone, Debug)]
pub enum HandedOut {
    /// An account that exists already: its holder knows how.
    Nothing,
    /// Shown once, on the slip.
    Password(Secret),
    Link(activation::Issued),
}
/// What became of an appointment.
#[derive(Clone, Debug)]
pub enum Appointed {
    New {
        membership: MembershipId,
        handed_out: HandedOut,
    },
    /// The form was sent twice: this is what the first one made.
    Existing(MembershipId),
}
impl Appointed {
    pub const fn membership(&self) -> MembershipId {
        match self {
            Self::New { membership, .. } => *membership,
            Self::Existing(membership) => *membership,
        }
    }
}

/// A membership to be made.
#[derive(Clone, Debug)]
pub struct Appointment {
    /// Drawn when the form was rendered: a replay meets the primary key.
    pub id: MembershipId,
    pub newcomer: Newcomer,
    pub role: Role,
    pub basis: Basis,
    pub terms: Terms,
}

impl Organizations {
    /// The account's live memberships, whether or not they may act just now: the highest role first, at most [`MEMBERSHIPS`].
    pub async fn memberships(&self, account: AccountId) -> Result<Vec<Membership>> {
        self.db().read_few(move |tx| store::list_of_account(tx, account, MEMBERSHIPS)).await
    }
    /// As [`Self::memberships`], within the transaction of a change.
    pub fn memberships_in(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Membership>> {
        store::list_of_account(tx, account, MEMBERSHIPS)
    }
    /// The capability, or 404: a foreign organization does not exist for whoever is not its member.
    pub async fn member(
        &self,
        signed_in: &SignedIn,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Member> {
        let account = signed_in.account;
        let membership = self
            .db()
            .read_few(move |tx| store::find_of_account(tx, account, organization))
            .await?
            .filter(|membership| membership.is_in_force(now))
            .ok_or_else(|| Error::not_found("organization.unknown"))?;
        Ok(Member { membership, account, actor: signed_in.actor.clone().acting_for(organization) })
    }
    /// The members that an administrator manages; newest first.
    pub async fn list_members(
        &self,
        by: &OrganizationAdministrator,
        filter: Filter,
        limit: i64,
    ) -> Result<Vec<MemberRow>> {
        let organization = by.organization();
        self.db().read(move |tx| store::list(tx, organization, &filter, limit)).await
    }
    pub async fn find_member(&self, organization: OrganizationId, id: MembershipId) -> Result<MemberRow> {
        self.db()
            .read_few(move |tx| store::find(tx, organization, id))
            .await?
            .ok_or_else(|| Error::not_found("membership.unknown"))
    }
    pub(crate) async fn live_member_of(
        &self,
        organization: OrganizationId,
        account: AccountId,
    ) -> Result<Option<MemberRow>> {
        self.db().read_few(move |tx| store::find_live_by_account(tx, organization, account)).await
    }
    pub async fn administrators(
        &self,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Vec<MemberRow>> {
        self.db().read(move |tx| store::list_administrators(tx, organization, now)).await
    }

    /// A managed account below the own role: an ordinary member.
    pub async fn create_member(
        &self,
        by: &OrganizationAdministrator,
        id: MembershipId,
        newcomer: Newcomer,
        now: Timestamp,
    ) -> Result<Appointed> {
        let (role, basis, terms) = (Role::Agent, Basis::Created, Terms::default());
        let appointment = Appointment { id, newcomer, role, basis, terms };
        self.appoint(by.clone(), by.organization(), appointment, now).await
    }
    /// By the platform or the legal representative; within the number that the type allows.
    pub async fn appoint_administrator(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        newcomer: Newcomer,
        now: Timestamp,
    ) -> Result<Appointed> {
        let (role, basis, terms) = (Role::Administrator, Basis::Appointed, Terms::default());
        let appointment = Appointment { id, newcomer, role, basis, terms };
        self.appoint(by, organization, appointment, now).await
    }
    /// Makes a membership, and the account if it is a managed one. Invitations and applications come here by [`admit_in`].
    pub async fn appoint(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        appointment: Appointment,
        now: Timestamp,
    ) -> Result<Appointed> {
        let by: Authority = by.into();
        let (prepared, temporary, draft) = match &appointment.newcomer {
            Newcomer::Existing(_) => (None, None, None),
            Newcomer::Managed(new) => {
                let secret = temporary_password(self.db().rng());
                let prepared = PreparedManaged::new(self, new, Some(&secret)).await?;
                (Some(prepared), Some(secret), None)
            }
            Newcomer::Linked(new, link) => {
                let prepared = PreparedManaged::new(self, new, None).await?;
                (Some(prepared), None, Some((activation::Draft::new(self), link.clone())))
            }
        };
        let rooms = self.clone();
        let outcome = self
            .db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let power = by.power_in(tx, &locked, now)?;
                power.must_touch(appointment.role)?;
                if let Some(existing) = store::find(tx, organization, appointment.id)? {
                    return Ok((Appointed::Existing(existing.id), Vec::new()));
                }
                let mut events = Vec::new();
                let (account, managed) = match (&appointment.newcomer, &prepared) {
                    (Newcomer::Existing(account), _) => (*account, joinable(tx, *account, organization)?),
                    (_, Some(prepared)) => {
                        prepared.create_in(tx, rooms.db().keyring(), organization, now)?;
                        let made = Event::done(by.actor(), "account.created");
                        events.push(made.on("account", prepared.account).of(organization));
                        (prepared.account, true)
                    }
                    (_, None) => return Err(Error::internal("membership.unprepared")),
                };
                let new = NewMembership {
                    id: appointment.id,
                    organization,
                    account,
                    managed,
                    role: appointment.role,
                    basis: appointment.basis,
                    valid_from: appointment.terms.from.unwrap_or(now),
                    valid_until: appointment.terms.until,
                    granted_by: by.account(),
                    scope: appointment.terms.scope.clone(),
                    reason: appointment.terms.reason.clone(),
                };
                events.extend(admit_in(tx, by.actor(), &locked, power, &new, now)?);
                let handed_out =
                    hand_out_in(tx, &rooms, &by, &locked, &new, draft.as_ref(), &mut events, now)?;
                Ok((Appointed::New { membership: appointment.id, handed_out }, events))
            })
            .await?;
        Ok(match (outcome, temporary) {
            (Appointed::New { membership, .. }, Some(password)) => {
                Appointed::New { membership, handed_out: HandedOut::Password(password) }
            }
            (outcome, _) => outcome,
        })
    }
}

#[expect(clippy::too_many_arguments, reason = "the one step that a closure above would hide")]
fn hand_out_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    by: &Authority,
    locked: &Locked,
    new: &NewMembership,
    draft: Option<&(activation::Draft, Link)>,
    events: &mut Vec<Event>,
    now: Timestamp,
) -> Result<HandedOut> {
    let Some((draft, link)) = draft else { return Ok(HandedOut::Nothing) };
    let (issued, event) =
        activation::issue_in(tx, rooms, by, locked, (new.id, new.account), draft, link, now)?;
    events.push(event);
    Ok(HandedOut::Link(issued))
}

/// Inserts a membership under the organization's lock: the number of administrators holds, one that ran out makes room.
/// Whoever calls has checked that the power reaches the new role. Error: `membership.exists`.
pub(crate) fn admit_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    locked: &Locked,
    power: Power,
    new: &NewMembership,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    if let Some(before) = store::find_live_by_account(tx, locked.id, new.account)? {
        // What ran out above the own role is not the own to end either.
        if now < before.valid_until || power.must_touch(before.role).is_err() {
            return Err(exists());
        }
        events.extend(end_in(tx, actor, locked.id, &before, Some("replaced"), now)?);
    }
    if new.role == Role::Administrator {
        must_have_room_in(tx, locked, now)?;
    }
    if !store::insert(tx, new, now)? {
        return Err(exists());
    }
    tx.changed("membership", new.id);
    events.push(admitted(actor, new));
    if new.role == Role::Agent {
        events.extend(grant::give_defaults_in(
            tx,
            actor,
            locked,
            &[(new.id, new.account)],
            new.granted_by,
            now,
        )?);
    }
    Ok(events)
}
/// For the record.
pub(super) fn admitted(actor: &Actor, new: &NewMembership) -> Event {
    let detail = json!({
        "account": new.account,
        "role": new.role,
        "basis": new.basis,
        "from": new.valid_from,
        "until": (new.valid_until != Timestamp::FOREVER).then_some(new.valid_until),
        "scope": new.scope,
        "reason": new.reason,
    });
    Event::done(actor, "membership.created").on("membership", new.id).of(new.organization).with(detail)
}
fn exists() -> Error {
    Error::conflict("membership.exists").at("login_name")
}
/// Whether the account may join: self-owned ones may, managed ones only their owner; staff is staff. True if managed.
pub(crate) fn joinable(tx: &mut Tx<'_>, account: AccountId, organization: OrganizationId) -> Result<bool> {
    let found = account::service::find_in(tx, account)?.ok_or_else(|| Error::not_found("account.unknown"))?;
    if !matches!(found.state, AccountState::Active | AccountState::Unactivated) {
        return Err(Error::conflict("membership.account_closed"));
    }
    if account::closing::find_in(tx, account)?.is_some() {
        return Err(Error::conflict("membership.account_closing"));
    }
    if platform::staff::service::find_in(tx, account)?.is_some() {
        return Err(Error::conflict("membership.staff"));
    }
    match found.owner.organization() {
        None => Ok(false),
        Some(owner) if owner == organization => Ok(true),
        Some(_) => Err(Error::conflict("membership.foreign_account")),
    }
}
