//! Accounts that the organization owns: made, edited, given a way in again. Of accounts that people own it touches nothing.
use super::model::{Basis, Role};
use super::newcomer::{hash, temporary_password};
use super::service::{NewMembership, admit_in, admitted};
use super::standing::touchable;
use super::store::{self, MemberRow};
use crate::authority::Power;
use crate::organization::{self, Locked};
use crate::{Authority, Organizations, activation, grant};
use db::{Keyring, Tx};
use identity::account::{self, NewManaged};
use identity::notice::{self, Kind, Notice};
use identity::session;
use kernel::{
    Actor, Error, Event, LoginName, Mobile, ResidentId, Result, Secret, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use platform::Channel;
use serde_json::json;
use std::sync::Arc;

/// What an administrator does to a member's number, of which they see the masked form alone.
#[derive(Clone, Debug)]
pub enum PhoneChange {
    Keep,
    Set(Mobile),
    Remove,
}

impl Organizations {
    /// Name and phone of a managed account that the organization owns. The phone counts once its holder proves it. Errors:
    /// `profile.name_proven`, those of names.
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
                let (_, member) = owned(tx, &by, organization, id, now)?;
                let renamed = account::own::rename_in(tx, &keyring, member.account, &name, now)?;
                let old = match &phone {
                    PhoneChange::Keep => None,
                    PhoneChange::Set(phone) => {
                        account::service::set_phone_in(tx, &keyring, member.account, Some(phone))?
                    }
                    PhoneChange::Remove => {
                        account::service::set_phone_in(tx, &keyring, member.account, None)?
                    }
                };
                if !matches!(phone, PhoneChange::Keep) {
                    // A link at the number from before would let its holder in.
                    activation::void_sent_in(tx, member.account)?;
                }
                if let Some(old) = &old {
                    let told = Notice::new(Kind::PhoneSet);
                    notice::tell_old_in(tx, &identity, member.account, Channel::Sms, old, &told, now)?;
                    notice::tell_in(tx, &identity, member.account, &told, now)?;
                }
                let event = Event::done(by.actor(), "membership.edited")
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account, "old_phone_told": old.is_some() }));
                let mut events = vec![event];
                if renamed || !matches!(phone, PhoneChange::Keep) {
                    events.push(for_holder(&by, "account.edited", member.account));
                }
                Ok(((), events))
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
                let (_, member) = owned(tx, &by, organization, id, now)?;
                account::service::reset_password_in(tx, member.account, &hash, now)?;
                // Whoever has the password needs no link; an account that waited for one is open now.
                activation::void_in(tx, member.account)?;
                activation::open_account_in(tx, member.account, now)?;
                let told = Notice::new(Kind::PasswordReset);
                notice::tell_all_in(tx, &identity, member.account, &told, now)?;
                let event = Event::done(by.actor(), "membership.password_reset")
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account }));
                Ok(((), vec![event, for_holder(&by, "account.password_reset", member.account)]))
            })
            .await?;
        Ok(secret)
    }
    /// A link in place of a password: by SMS to the holder's number, or on a slip. The old password ends at once, and with
    /// it every session. Errors: `activation.no_phone`, `activation.too_many`.
    pub async fn hand_out_again(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: MembershipId,
        link: activation::Link,
        now: Timestamp,
    ) -> Result<activation::Issued> {
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        // Nobody knows it: the account is closed to everybody until the link is opened.
        let hash = hash(self, &Secret::new(self.db().rng().token())).await?;
        let draft = activation::Draft::new(self);
        self.db()
            .write(move |tx| {
                let (locked, member) = owned(tx, &by, organization, id, now)?;
                let before = identity::credential::service::exists_in(tx, member.account)?;
                if before {
                    account::service::reset_password_in(tx, member.account, &hash, now)?;
                }
                let holder = (member.id, member.account);
                let (issued, event) =
                    activation::issue_in(tx, &rooms, &by, &locked, holder, &draft, &link, now)?;
                let mut events = vec![event];
                if before {
                    let told = Notice::new(Kind::PasswordReset);
                    notice::tell_all_in(tx, rooms.identity(), member.account, &told, now)?;
                    events.push(
                        Event::done(by.actor(), "membership.password_reset")
                            .on("membership", id)
                            .of(organization)
                            .with(json!({ "account": member.account, "way": link.way })),
                    );
                    events.push(for_holder(&by, "account.password_reset", member.account));
                }
                Ok((issued, events))
            })
            .await
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
                let (_, member) = owned(tx, &by, organization, id, now)?;
                account::service::touch_in(tx, member.account)?;
                let factors = factor::summary_in(tx, member.account)?;
                if !factors.second() {
                    return Err(Error::conflict("membership.no_factor"));
                }
                factor::overview::service::erase_in(tx, member.account)?;
                identity::device::service::distrust_all_in(tx, member.account)?;
                session::service::end_all_in(tx, member.account, None, now)?;
                let told = Notice::new(Kind::FactorRemoved).key("factor", "organization-all-factors");
                notice::tell_all_in(tx, &identity, member.account, &told, now)?;
                let event = Event::done(by.actor(), "membership.factors_removed")
                    .on("membership", id)
                    .of(organization)
                    .with(json!({ "account": member.account, "apps": factors.totp, "passkeys": factors.passkeys }));
                Ok(((), vec![event, for_holder(&by, "account.factors_removed", member.account)]))
            })
            .await
    }
}

/// The same for the holder's own record, which names nobody: the office alone says who it was. The organization's record has
/// it by the membership already.
fn for_holder(by: &Authority, action: &'static str, account: AccountId) -> Event {
    let office = match by {
        Authority::Administrator(_) => "administrator",
        Authority::Operator(_) => "staff",
    };
    let actor = Actor { acting_for: None, ..by.actor().clone() };
    Event::done(&actor, action).on("account", account).with(json!({ "office": office }))
}
/// An organization touches the name, phone and password of accounts that it owns, and of no others.
fn owned(
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

/// Proof, for one transaction, that the organization's row is locked and that whoever acts may make agents in it.
pub struct Managing {
    locked: Locked,
    power: Power,
    by: Authority,
}
impl Managing {
    pub(crate) fn locked(&self) -> &Locked {
        &self.locked
    }
    fn membership(&self, new: &ManagedMember, now: Timestamp) -> NewMembership {
        NewMembership {
            id: new.membership,
            organization: self.locked.id,
            account: new.account,
            managed: true,
            role: Role::Agent,
            basis: Basis::Created,
            valid_from: new.valid_from.unwrap_or(now),
            valid_until: new.valid_until.unwrap_or(Timestamp::FOREVER),
            granted_by: self.by.account(),
            scope: new.scope.clone(),
            reason: new.reason.clone(),
        }
    }
}
/// Locks the organization and checks the power once, for as many members as the transaction makes.
pub fn managing_in(
    tx: &mut Tx<'_>,
    by: &Authority,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Managing> {
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    let power = by.power_in(tx, &locked, now)?;
    power.must_touch(Role::Agent)?;
    Ok(Managing { locked, power, by: by.clone() })
}
/// An agent with an account of the organization; ids and `sub` are drawn before the transaction.
#[derive(Clone, Debug)]
pub struct ManagedMember {
    pub membership: MembershipId,
    pub account: AccountId,
    pub sub: String,
    pub login_name: LoginName,
    pub name: String,
    pub phone: Option<Mobile>,
    pub document: Option<ResidentId>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    pub scope: Option<String>,
    pub reason: Option<String>,
}
impl ManagedMember {
    /// The account that is made.
    pub fn account(&self, organization: OrganizationId, now: Timestamp) -> NewManaged {
        NewManaged {
            id: self.account,
            sub: self.sub.clone(),
            organization,
            login_name: self.login_name.clone(),
            name: self.name.clone(),
            phone: self.phone.clone(),
            document: self.document.clone(),
            temporary_password_hash: None,
            now,
        }
    }
}
/// Makes the account, without a password, and its membership; it waits for its activation. None if a transaction before
/// made the very same. Errors: `account.login_name_taken`, `membership.exists`, each at its field.
pub fn create_managed_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    managing: &Managing,
    new: &ManagedMember,
    now: Timestamp,
) -> Result<Option<Vec<Event>>> {
    let account = new.account(managing.locked.id, now);
    if account::service::create_managed_in(tx, keyring, &account)? == account::Creation::Replayed {
        return Ok(None);
    }
    let actor = managing.by.actor();
    let created = Event::done(actor, "account.created").on("account", new.account).of(managing.locked.id);
    let membership = managing.membership(new, now);
    let admitted = admit_in(tx, actor, &managing.locked, managing.power, &membership, now)?;
    Ok(Some(std::iter::once(created).chain(admitted).collect()))
}
/// One of many: what costs time is done before the transaction.
pub struct PreparedMember {
    member: ManagedMember,
    account: account::service::Prepared,
}
impl PreparedMember {
    pub fn new(
        keyring: &Keyring,
        organization: OrganizationId,
        member: ManagedMember,
        now: Timestamp,
    ) -> Self {
        let account = account::service::Prepared::new(keyring, &member.account(organization, now));
        Self { member, account }
    }
}
/// As [`create_managed_in`] for many, found by no search yet: whoever makes many inserts their terms in order afterwards.
/// One event a person, which names account and membership. False, in their order, where the login name is taken.
pub fn create_prepared_in(
    tx: &mut Tx<'_>,
    managing: &Managing,
    new: &[PreparedMember],
    now: Timestamp,
) -> Result<(Vec<bool>, Vec<Event>)> {
    let accounts: Vec<_> = new.iter().map(|new| &new.account).collect();
    let made = account::service::insert_prepared_in(tx, &accounts)?;
    // An account that this transaction made has no membership that could stand in the way.
    let memberships: Vec<NewMembership> = new
        .iter()
        .zip(&made)
        .filter(|(_, made)| **made == Some(account::Creation::Created))
        .map(|(new, _)| managing.membership(&new.member, now))
        .collect();
    store::insert_all(tx, &memberships, now)?;
    let mut events = Vec::with_capacity(memberships.len());
    for membership in &memberships {
        tx.changed("membership", membership.id);
        events.push(admitted(managing.by.actor(), membership));
    }
    let newcomers: Vec<_> = memberships.iter().map(|new| (new.id, new.account)).collect();
    let (actor, by) = (managing.by.actor(), managing.by.account());
    events.extend(grant::give_defaults_in(tx, actor, &managing.locked, &newcomers, by, now)?);
    Ok((made.into_iter().map(|made| made.is_some()).collect(), events))
}
/// The link to an account that [`create_managed_in`] made, for whoever sends many of them apart and throttled.
pub fn activation_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    managing: &Managing,
    holder: (MembershipId, AccountId),
    draft: &activation::Draft,
    link: &activation::Link,
    now: Timestamp,
) -> Result<(activation::Issued, Event)> {
    activation::issue_in(tx, rooms, &managing.by, &managing.locked, holder, draft, link, now)
}
