use super::model::{Basis, Member, Membership, MembershipState, OrganizationAdministrator, Role};
use super::newcomer::{Newcomer, PreparedManaged, hash, temporary_password};
use super::store::{self, Filter, MemberRow, NewMembership};
use crate::authority::Power;
use crate::organization::{self, Locked};
use crate::{Authority, Organizations, application, grant};
use db::Tx;
use identity::account::{self, AccountState};
use identity::notice::{self, Kind, Notice};
use identity::session::{self, SignedIn};
use kernel::{
    Error, Event, Mobile, Result, Secret, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use platform::Channel;
use serde_json::json;
use std::sync::Arc;

/// Memberships of one account that pages look at; nobody acts for more.
const SPACES_MAX: i64 = 500;
/// Candidates of a search by name that are opened and verified.
const NAMED_MAX: i64 = 500;

/// What became of an appointment.
#[derive(Clone, Debug)]
pub enum Appointed {
    /// The password is shown once, on the slip.
    New { membership: MembershipId, temporary_password: Option<Secret> },
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
    pub valid_until: Timestamp,
}

/// What an administrator does to a member's number, of which they see the masked form alone.
#[derive(Clone, Debug)]
pub enum PhoneChange {
    Keep,
    Set(Mobile),
    Remove,
}

impl Organizations {
    /// Every live membership of the account, whether or not it may act just now.
    pub async fn memberships(&self, account: AccountId) -> Result<Vec<Membership>> {
        self.db().read(move |tx| store::list_of_account(tx, account, SPACES_MAX)).await
    }
    /// As [`Self::memberships`], within the transaction of a change.
    pub fn memberships_in(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Membership>> {
        store::list_of_account(tx, account, SPACES_MAX)
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
            .read(move |tx| store::find_of_account(tx, account, organization))
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
    /// Accounts of members whose name contains the text, managed or not. True if there are too many to look at.
    pub(crate) async fn members_named(
        &self,
        organization: OrganizationId,
        text: &str,
    ) -> Result<(Vec<AccountId>, bool)> {
        let keyring = Arc::clone(self.db().keyring());
        let (managed, self_owned) = (keyring.grams(organization.as_i64(), text), keyring.grams(0, text));
        if managed.is_empty() {
            return Ok((Vec::new(), false));
        }
        let wanted = text.to_lowercase();
        self.db()
            .read(move |tx| {
                let found = store::list_by_grams(tx, organization, &managed, &self_owned, NAMED_MAX)?;
                let too_many = found.len() as i64 == NAMED_MAX;
                let mut cards = account::service::cards_in(tx, &keyring, &found)?;
                cards.retain(|card| account::service::name_fits(&card.name, &wanted));
                Ok((cards.into_iter().map(|card| card.id).collect(), too_many))
            })
            .await
    }
    pub async fn find_member(&self, organization: OrganizationId, id: MembershipId) -> Result<MemberRow> {
        self.db()
            .read(move |tx| store::find(tx, organization, id))
            .await?
            .ok_or_else(|| Error::not_found("membership.unknown"))
    }
    pub(crate) async fn live_member_of(
        &self,
        organization: OrganizationId,
        account: AccountId,
    ) -> Result<Option<MemberRow>> {
        self.db().read(move |tx| store::find_live_by_account(tx, organization, account)).await
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
        let appointment = Appointment {
            id,
            newcomer,
            role: Role::Agent,
            basis: Basis::Created,
            valid_until: Timestamp::FOREVER,
        };
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
        let appointment = Appointment {
            id,
            newcomer,
            role: Role::Administrator,
            basis: Basis::Appointed,
            valid_until: Timestamp::FOREVER,
        };
        self.appoint(by, organization, appointment, now).await
    }
    /// The one way into an organization that this issue builds.
    pub async fn appoint(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        appointment: Appointment,
        now: Timestamp,
    ) -> Result<Appointed> {
        let by: Authority = by.into();
        let (prepared, temporary) = match &appointment.newcomer {
            Newcomer::Existing(_) => (None, None),
            Newcomer::Managed(new) => {
                let secret = temporary_password(self.db().rng());
                let prepared = PreparedManaged::new(self, new, &secret).await?;
                (Some(prepared), Some(secret))
            }
        };
        let keyring = Arc::clone(self.db().keyring());
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
                if appointment.role == Role::Administrator {
                    let there = store::count_role(tx, organization, Role::Administrator, now)?;
                    if there >= locked.administrators_allowed(now) {
                        return Err(Error::conflict("membership.administrators_full")
                            .arg("max", locked.administrators_allowed(now).to_string()));
                    }
                }
                let mut events = Vec::new();
                let (account, managed) = match (&appointment.newcomer, &prepared) {
                    (Newcomer::Managed(_), Some(prepared)) => {
                        prepared.create_in(tx, &keyring, organization, now)?;
                        events.push(
                            Event::done(by.actor(), "account.created").on("account", prepared.account).of(organization),
                        );
                        (prepared.account, true)
                    }
                    (Newcomer::Existing(account), _) => (*account, joinable(tx, *account, organization)?),
                    (Newcomer::Managed(_), None) => return Err(Error::internal("membership.unprepared")),
                };
                let new = NewMembership {
                    id: appointment.id,
                    organization,
                    account,
                    managed,
                    role: appointment.role,
                    basis: appointment.basis,
                    valid_from: now,
                    valid_until: appointment.valid_until,
                    granted_by: by.account(),
                    note: None,
                };
                if !store::insert(tx, &new, now)? {
                    return Err(Error::conflict("membership.exists").at("login_name"));
                }
                tx.changed("membership", appointment.id);
                events.push(
                    Event::done(by.actor(), "membership.created")
                        .on("membership", appointment.id)
                        .of(organization)
                        .with(json!({ "account": account, "role": appointment.role, "basis": appointment.basis })),
                );
                let appointed = Appointed::New { membership: appointment.id, temporary_password: None };
                Ok((appointed, events))
            })
            .await?;
        Ok(match outcome {
            Appointed::New { membership, .. } => Appointed::New { membership, temporary_password: temporary },
            existing @ Appointed::Existing(_) => existing,
        })
    }

    /// Name and phone of a managed account that the organization owns. The phone counts once its holder proves it.
    pub async fn edit_member(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        name: String,
        phone: PhoneChange,
        now: Timestamp,
    ) -> Result<()> {
        let by: Authority = by.into();
        let name = account::model::parse_name(&name)?;
        let (keyring, identity) = (Arc::clone(self.db().keyring()), self.identity().clone());
        self.db()
            .write(move |tx| {
                let (_, member) = owned_member(tx, &by, organization, id, now)?;
                account::service::rename_in(tx, &keyring, member.account, &name)?;
                let old = match &phone {
                    PhoneChange::Keep => None,
                    PhoneChange::Set(phone) => {
                        account::service::set_phone_in(tx, &keyring, member.account, Some(phone))?
                    }
                    PhoneChange::Remove => {
                        account::service::set_phone_in(tx, &keyring, member.account, None)?
                    }
                };
                if let Some(old) = &old {
                    let told = Notice::new(Kind::PhoneSet);
                    notice::tell_old_in(tx, &identity, member.account, Channel::Sms, old, &told, now)?;
                    notice::tell_in(tx, &identity, member.account, &told, now)?;
                }
                let event = Event::done(by.actor(), "membership.edited")
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account, "old_phone_told": old.is_some() }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Suspended members keep their grants, which sleep; a managed account is disabled with it, and signed out.
    pub async fn set_member_suspended(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        suspended: bool,
        now: Timestamp,
    ) -> Result<()> {
        let by: Authority = by.into();
        let rooms = self.clone();
        let (from, to, account_to, action, kind) = if suspended {
            (
                MembershipState::Active,
                MembershipState::Suspended,
                AccountState::Disabled,
                "membership.suspended",
                Kind::MembershipSuspended,
            )
        } else {
            (
                MembershipState::Suspended,
                MembershipState::Active,
                AccountState::Active,
                "membership.resumed",
                Kind::MembershipResumed,
            )
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
                    .with(json!({ "account": member.account }));
                if member.managed {
                    account::service::set_state_in(tx, member.account, account_to, now)?;
                }
                Ok(((), vec![event]))
            })
            .await
    }
    /// Ends the membership with everything that hangs on it; a managed account is closed. Cannot be undone.
    pub async fn delete_member(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        now: Timestamp,
    ) -> Result<()> {
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        self.db()
            .write(move |tx| {
                let (locked, member) = match touchable(tx, &by, organization, id, now) {
                    Ok(found) => found,
                    // Sent twice: it is done already.
                    Err(error) if error.code == "membership.ended" => return Ok(((), Vec::new())),
                    Err(error) => return Err(error),
                };
                let mut events = end_membership(tx, by.actor(), organization, &member, now)?;
                if member.managed {
                    account::service::set_state_in(tx, member.account, AccountState::Closed, now)?;
                    events.push(
                        Event::done(by.actor(), "account.closed")
                            .on("account", member.account)
                            .of(organization),
                    );
                } else {
                    rooms.tell_membership_in(tx, &locked, Kind::MembershipEnded, member.account, now)?;
                }
                Ok(((), events))
            })
            .await
    }
    /// A person leaves. The last one who can administer stays, and a managed account has nowhere else to be.
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
                if member.role.administers()
                    && store::count_other_administrators(tx, organization, member.id, now)? == 0
                {
                    return Err(Error::conflict("membership.last_administrator"));
                }
                Ok(((), end_membership(tx, by.actor(), organization, &member, now)?))
            })
            .await
    }
    /// A new temporary password; every session of the account ends. Shown once.
    pub async fn reset_member_password(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        now: Timestamp,
    ) -> Result<Secret> {
        let by: Authority = by.into();
        let secret = temporary_password(self.db().rng());
        let (hash, identity) = (hash(self, &secret).await?, self.identity().clone());
        self.db()
            .write(move |tx| {
                let (_, member) = owned_member(tx, &by, organization, id, now)?;
                account::service::reset_password_in(tx, member.account, &hash, now)?;
                let told = Notice::new(Kind::PasswordReset);
                notice::tell_all_in(tx, &identity, member.account, &told, now)?;
                let event = Event::done(by.actor(), "membership.password_reset")
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account }));
                Ok(((), vec![event]))
            })
            .await?;
        Ok(secret)
    }
    /// Removes passkeys, apps and recovery codes of a member who lost them: the password alone signs in until the holder
    /// adds a factor again. Every session of the account ends. Error: `membership.no_factor`.
    pub async fn remove_member_factors(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        now: Timestamp,
    ) -> Result<()> {
        let (by, identity): (Authority, _) = (by.into(), self.identity().clone());
        self.db()
            .write(move |tx| {
                let (_, member) = owned_member(tx, &by, organization, id, now)?;
                account::service::touch_in(tx, member.account)?;
                let factors = factor::summary_in(tx, member.account)?;
                if !factors.second() {
                    return Err(Error::conflict("membership.no_factor"));
                }
                factor::overview::service::erase_in(tx, member.account)?;
                session::service::end_all_in(tx, member.account, None, now)?;
                let told = Notice::new(Kind::FactorRemoved).key("factor", "organization-all-factors");
                notice::tell_all_in(tx, &identity, member.account, &told, now)?;
                let event = Event::done(by.actor(), "membership.factors_removed")
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account, "apps": factors.totp, "passkeys": factors.passkeys }));
                Ok(((), vec![event]))
            })
            .await
    }
}

/// Locks, checks the power and finds a live member below it.
fn touchable(
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
/// An organization touches the name, phone and password of accounts that it owns, and of no others.
fn owned_member(
    tx: &mut Tx<'_>,
    by: &Authority,
    organization: OrganizationId,
    id: MembershipId,
    now: Timestamp,
) -> Result<(Locked, MemberRow)> {
    let (locked, member) = touchable(tx, by, organization, id, now)?;
    if !member.managed {
        return Err(Error::forbidden("membership.self_owned"));
    }
    Ok((locked, member))
}
fn end_membership(
    tx: &mut Tx<'_>,
    actor: &kernel::Actor,
    organization: OrganizationId,
    member: &MemberRow,
    now: Timestamp,
) -> Result<Vec<Event>> {
    store::end(tx, member.id, now)?;
    tx.changed("membership", member.id);
    let mut events = vec![
        Event::done(actor, "membership.ended")
            .on("membership", member.id)
            .of(organization)
            .with(json!({ "account": member.account, "role": member.role })),
    ];
    events.extend(grant::end_all_in(tx, actor, organization, member, now)?);
    events.extend(application::withdraw_all_in(tx, actor, member.account, organization, now)?);
    Ok(events)
}
/// Whether the account may join: self-owned ones may, managed ones only their owner; staff is staff. True if managed.
fn joinable(tx: &mut Tx<'_>, account: AccountId, organization: OrganizationId) -> Result<bool> {
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
