use super::model::{
    Answer, DAYS, Draft, Invitation, InvitationId, Invite, Invited, Offer, Seen, Sent, State,
};
use super::store::{self, Row};
use crate::activation::{Link, Way};
use crate::membership::{self, Basis, NewMembership, OrganizationAdministrator, Role};
use crate::organization::{self, Locked, OrganizationState};
use crate::{Authority, Organizations, Power};
use db::{Keyring, Tx};
use identity::account;
use identity::notice::{self, Kind, Notice};
use identity::session::SignedIn;
use kernel::{
    Error, Event, Result, Timestamp, TokenHash,
    id::{AccountId, MembershipId, OrganizationId},
};
use platform::counter::{self, Limit};
use platform::staff::{self, StaffRole, StaffState};
use serde_json::json;
use std::sync::Arc;

pub(super) const PHONE: &str = "invitation.phone";
const NAME: &str = "invitation.name";
/// Invitations by SMS to one number a day, whoever invites; and of one organization a day.
const PER_PHONE: Limit = Limit { scope: "invitation.phone", most: 5, seconds: 86_400 };
const PER_ORGANIZATION: Limit = Limit { scope: "invitation.organization", most: 300, seconds: 86_400 };

impl Organizations {
    /// Offers a membership below the own role. Errors: `membership.role_too_high`, `membership.administrators_full`,
    /// `invitation.open` at `phone`, `invitation.too_many`.
    pub async fn invite(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        invite: Invite,
        link: Link,
        now: Timestamp,
    ) -> Result<Invited> {
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        let draft = Draft::new(self);
        self.db()
            .write(move |tx| {
                let (locked, power) = lock(tx, &by, organization, now)?;
                power.must_touch(invite.role)?;
                if store::find(tx, organization, invite.id)?.is_some() {
                    return Ok((Invited::Existing(invite.id), Vec::new()));
                }
                if invite.role == Role::Administrator {
                    membership::must_have_room_in(tx, &locked, now)?;
                }
                let (keyring, row) = (rooms.db().keyring(), invite.id.as_i64());
                let phone_index = keyring.blind("phone", invite.phone.as_str());
                store::expire(tx, organization, &phone_index, now)?;
                let new = Row {
                    id: invite.id,
                    organization,
                    inviter: by.account(),
                    by_staff: matches!(by, Authority::Operator(_)),
                    role: invite.role,
                    way: invite.way,
                    phone: keyring.seal(PHONE, row, invite.phone.as_str()),
                    phone_index,
                    name: invite.name.as_ref().map(|name| keyring.seal(NAME, row, name)),
                    scope: invite.terms.scope.clone(),
                    reason: invite.terms.reason.clone(),
                    valid_from: invite.terms.from.unwrap_or(now),
                    valid_until: invite.terms.until,
                    state: State::Open,
                    sent: 1,
                    created_at: now,
                    expires_at: now.plus_days(DAYS),
                    decided_at: None,
                };
                if !store::insert(tx, &new, &TokenHash::of(&draft.token))? {
                    return Err(Error::conflict("invitation.open").at("phone"));
                }
                let sent = rooms.send_in(tx, &locked, &new, invite.way, &draft, &link, now)?;
                let event = Event::done(by.actor(), "invitation.sent")
                    .on("invitation", new.id)
                    .of(organization)
                    .with(json!({ "role": new.role, "way": new.way }));
                Ok((Invited::New(sent), vec![event]))
            })
            .await
    }
    /// Another link with new days; the one before opens nothing. Error `invitation.decided` once it was answered.
    pub async fn invite_again(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: InvitationId,
        link: Link,
        now: Timestamp,
    ) -> Result<Sent> {
        let (by, rooms): (Authority, Self) = (by.into(), self.clone());
        let draft = Draft::new(self);
        self.db()
            .write(move |tx| {
                let (locked, row) = touchable(tx, &by, organization, id, now)?;
                let expires_at = now.plus_days(DAYS);
                if row.valid_until <= now {
                    return Err(Error::conflict("invitation.period_over"));
                }
                if !store::renew(tx, id, link.way, &TokenHash::of(&draft.token), expires_at)? {
                    return Err(Error::conflict("invitation.decided"));
                }
                let row = Row { expires_at, ..row };
                let sent = rooms.send_in(tx, &locked, &row, link.way, &draft, &link, now)?;
                let event = Event::done(by.actor(), "invitation.sent_again")
                    .on("invitation", id)
                    .of(organization)
                    .with(json!({ "role": row.role, "way": link.way }));
                Ok((sent, vec![event]))
            })
            .await
            // An invitation of the same number was written after this one ran out.
            .map_err(|error| if error.is_duplicate() { Error::conflict("invitation.open") } else { error })
    }
    /// Error `invitation.decided` once it was answered.
    pub async fn revoke_invitation(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: InvitationId,
        now: Timestamp,
    ) -> Result<()> {
        let by: Authority = by.into();
        self.db()
            .write(move |tx| {
                let (_, row) = touchable(tx, &by, organization, id, now)?;
                if row.state == State::Revoked {
                    return Ok(((), Vec::new()));
                }
                if !store::decide(tx, id, State::Revoked, by.account(), now)? {
                    return Err(Error::conflict("invitation.decided"));
                }
                let event =
                    Event::done(by.actor(), "invitation.revoked").on("invitation", id).of(organization);
                Ok(((), vec![event]))
            })
            .await
    }
    /// Those to roles below the own, newest first.
    pub async fn invitations(
        &self,
        by: &OrganizationAdministrator,
        before: Option<InvitationId>,
        limit: i64,
    ) -> Result<Vec<Invitation>> {
        let (organization, own) = (by.organization(), by.role());
        let roles: Vec<Role> = Role::ALL.iter().copied().filter(|role| own.may_touch(*role)).collect();
        self.list_invitations(organization, roles, before, limit).await
    }
    /// For the desk, which appoints administrators.
    pub async fn administrator_invitations(
        &self,
        organization: OrganizationId,
        limit: i64,
    ) -> Result<Vec<Invitation>> {
        self.list_invitations(organization, vec![Role::Administrator], None, limit).await
    }
    async fn list_invitations(
        &self,
        organization: OrganizationId,
        roles: Vec<Role>,
        before: Option<InvitationId>,
        limit: i64,
    ) -> Result<Vec<Invitation>> {
        let rows = self.db().read(move |tx| store::list(tx, organization, &roles, before, limit)).await?;
        rows.into_iter().map(|row| open(self.db().keyring(), row)).collect()
    }

    /// What the link shows to whoever opened it. Error: `invitation.unknown`.
    pub async fn seen_invitation(&self, token: &str, who: Option<&SignedIn>, now: Timestamp) -> Result<Seen> {
        let (hash, rooms, who) = (TokenHash::of(token), self.clone(), who.cloned());
        self.db()
            .read(move |tx| {
                let row = store::find_by_token(tx, &hash)?.ok_or_else(unknown)?;
                let keyring = rooms.db().keyring();
                let tail = tail(keyring, &row)?;
                let Some(who) = &who else {
                    return Ok(over(&row, now).map_or(Seen::Stranger { tail }, Seen::Over));
                };
                if !holds_in(tx, keyring, who.account, &row)? {
                    let own_masked = who.phone_masked.clone();
                    let managed = who.owner.organization().is_some();
                    return Ok(over(&row, now).map_or(Seen::Other { tail, own_masked, managed }, Seen::Over));
                }
                if let Some(code) = over(&row, now) {
                    return Ok(Seen::Over(code));
                }
                let found = organization::find_in(tx, row.organization)?.ok_or_else(unknown)?;
                let inviter = match row.inviter.filter(|_| !row.by_staff) {
                    Some(inviter) => rooms.name_in(tx, inviter)?,
                    None => String::new(),
                };
                Ok(Seen::Offer(Box::new(Offer {
                    role: found.policy.role_label(row.role).clone(),
                    organization: found.name,
                    inviter,
                    scope: row.scope,
                    reason: row.reason,
                    valid_from: row.valid_from,
                    valid_until: row.valid_until,
                    expires_at: row.expires_at,
                })))
            })
            .await
    }
    /// The answer of whoever holds the number. Errors: `invitation.unknown`, `invitation.phone`, what [`Seen::Over`] says,
    /// and those of joining: `membership.exists`, `membership.administrators_full`, `membership.foreign_account` …
    pub async fn answer_invitation(
        &self,
        who: &SignedIn,
        token: &str,
        accept: bool,
        now: Timestamp,
    ) -> Result<Answer> {
        let (hash, rooms, who) = (TokenHash::of(token), self.clone(), who.clone());
        let membership: MembershipId = self.db().draw();
        self.db()
            .write(move |tx| {
                let place = store::find_by_token(tx, &hash)?.ok_or_else(unknown)?.organization;
                let locked = organization::lock(tx, place)?.ok_or_else(unknown)?;
                account::service::touch_in(tx, who.account)?;
                // Under both locks: of many who press at once one is answered.
                let row = store::find_by_token(tx, &hash)?.ok_or_else(unknown)?;
                if !holds_in(tx, rooms.db().keyring(), who.account, &row)? {
                    return Err(Error::forbidden("invitation.phone"));
                }
                if let Some(code) = over(&row, now) {
                    return Err(Error::conflict(code));
                }
                if accept {
                    rooms.accept_in(tx, &locked, &row, &who, membership, now)
                } else {
                    rooms.decline_in(tx, &locked, &row, &who, now)
                }
            })
            .await
    }
    fn accept_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        row: &Row,
        who: &SignedIn,
        id: MembershipId,
        now: Timestamp,
    ) -> Result<(Answer, Vec<Event>)> {
        if locked.state != OrganizationState::Active {
            return Err(Error::forbidden("organization.suspended"));
        }
        let actor = who.actor.clone().acting_for(locked.id);
        let event = |action| {
            Event::done(&actor, action)
                .on("invitation", row.id)
                .of(locked.id)
                .with(json!({ "role": row.role }))
        };
        let power =
            inviter_power_in(tx, locked, row, now)?.filter(|power| power.must_touch(row.role).is_ok());
        let Some(power) = power else {
            decide(tx, row, State::Void, who.account, now)?;
            return Ok((Answer::Void, vec![event("invitation.void")]));
        };
        decide(tx, row, State::Accepted, who.account, now)?;
        let managed = membership::joinable(tx, who.account, locked.id)?;
        let new = NewMembership {
            id,
            organization: locked.id,
            account: who.account,
            managed,
            role: row.role,
            basis: if row.role == Role::Administrator { Basis::Appointed } else { Basis::Delegated },
            valid_from: row.valid_from.max(now),
            valid_until: row.valid_until,
            granted_by: row.inviter,
            scope: row.scope.clone(),
            reason: row.reason.clone(),
        };
        let mut events = vec![event("invitation.accepted")];
        events.extend(membership::admit_in(tx, &actor, locked, power, &new, now)?);
        if let Some(inviter) = row.inviter {
            let told = Notice::new(Kind::InvitationAccepted)
                .arg("organization", locked.name.as_str())
                .arg("name", self.name_in(tx, who.account)?);
            let told =
                if row.by_staff { told } else { told.leads_to(&format!("/org/{}/members/{id}", locked.id)) };
            notice::tell_in(tx, self.identity(), inviter, &told, now)?;
        }
        Ok((Answer::Accepted(locked.id), events))
    }
    fn decline_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        row: &Row,
        who: &SignedIn,
        now: Timestamp,
    ) -> Result<(Answer, Vec<Event>)> {
        decide(tx, row, State::Declined, who.account, now)?;
        if let Some(inviter) = row.inviter {
            let phone = self.db().keyring().open(PHONE, row.id.as_i64(), &row.phone)?;
            let told = Notice::new(Kind::InvitationDeclined)
                .arg("organization", locked.name.as_str())
                .arg("phone", account::service::masked_phone(&phone));
            notice::tell_in(tx, self.identity(), inviter, &told, now)?;
        }
        // Not in the organization's record, which names who acted: it wrote to a number, and learns no more of whose it is.
        let event = Event::done(&who.actor, "invitation.declined").on("invitation", row.id);
        Ok((Answer::Declined, vec![event]))
    }

    #[expect(clippy::too_many_arguments, reason = "what is sent, how, and where it leads")]
    fn send_in(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        row: &Row,
        way: Way,
        draft: &Draft,
        link: &Link,
        now: Timestamp,
    ) -> Result<Sent> {
        let keyring = self.db().keyring();
        let address = format!("{}/join/{}", link.origin, draft.token);
        let phone = keyring.open(PHONE, row.id.as_i64(), &row.phone)?;
        if way == Way::Sms {
            let number = keyring.mac("counter.phone", &[phone.as_bytes()]);
            let organization = locked.id.as_i64().to_be_bytes();
            for (limit, key) in [(PER_PHONE, number.as_slice()), (PER_ORGANIZATION, organization.as_slice())]
            {
                if !counter::service::hit_in(tx, limit, key, now)?.allowed() {
                    return Err(Error::too_many("invitation.too_many")
                        .at("phone")
                        .arg("most", limit.most.to_string()));
                }
            }
            let told = Notice::new(Kind::Invited)
                .arg("organization", locked.name.as_str())
                .arg("link", address.as_str())
                .time("until", row.expires_at)
                .in_language(link.lang);
            let to = (draft.message, phone.as_str(), row.expires_at);
            notice::tell_number_in(tx, self.identity(), to, &told, now)?;
        }
        Ok(Sent {
            id: row.id,
            link: if way == Way::Print { address } else { String::new() },
            phone_masked: account::service::masked_phone(&phone),
            expires_at: row.expires_at,
        })
    }
}

fn unknown() -> Error {
    Error::not_found("invitation.unknown")
}
fn lock(
    tx: &mut Tx<'_>,
    by: &Authority,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<(Locked, Power)> {
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    let power = by.power_in(tx, &locked, now)?;
    Ok((locked, power))
}
/// An invitation to a role below the own.
fn touchable(
    tx: &mut Tx<'_>,
    by: &Authority,
    organization: OrganizationId,
    id: InvitationId,
    now: Timestamp,
) -> Result<(Locked, Row)> {
    let (locked, power) = lock(tx, by, organization, now)?;
    let row = store::find(tx, organization, id)?.ok_or_else(unknown)?;
    power.must_touch(row.role)?;
    Ok((locked, row))
}
/// Whether the account proved to hold the number.
fn holds_in(tx: &mut Tx<'_>, keyring: &Arc<Keyring>, account: AccountId, row: &Row) -> Result<bool> {
    let phone = account::service::phone_in(tx, keyring, account)?;
    Ok(phone.is_some_and(|(phone, proven)| proven && keyring.blind("phone", &phone) == row.phone_index))
}
/// Why it cannot be answered any more.
fn over(row: &Row, now: Timestamp) -> Option<&'static str> {
    match row.state {
        State::Accepted => Some("invitation.accepted"),
        State::Declined => Some("invitation.declined"),
        State::Revoked => Some("invitation.revoked"),
        State::Void => Some("invitation.void"),
        State::Expired => Some("invitation.expired"),
        State::Open if row.expires_at <= now || row.valid_until <= now => Some("invitation.expired"),
        State::Open => None,
    }
}
fn decide(tx: &mut Tx<'_>, row: &Row, to: State, account: AccountId, now: Timestamp) -> Result<()> {
    if store::decide(tx, row.id, to, Some(account), now)? {
        Ok(())
    } else {
        Err(Error::conflict("invitation.decided"))
    }
}
/// The power that the inviter has now; None if it is gone.
fn inviter_power_in(tx: &mut Tx<'_>, locked: &Locked, row: &Row, now: Timestamp) -> Result<Option<Power>> {
    let Some(inviter) = row.inviter else {
        // The installation itself.
        return Ok(row.by_staff.then_some(Power::Platform));
    };
    if row.by_staff {
        let member =
            staff::service::find_in(tx, inviter)?.filter(|member| member.state == StaffState::Active);
        let manages = member.is_some_and(|member| match member.role {
            StaffRole::SystemAdministrator => true,
            StaffRole::AccountManager => locked.account_manager == Some(inviter),
            _ => false,
        });
        return Ok(manages.then_some(Power::Platform));
    }
    let role = membership::find_acting_role(tx, inviter, locked.id, now)?;
    Ok(role.filter(|role| role.administers()).map(Power::Role))
}
/// The last four digits: enough for the holder of several numbers.
fn tail(keyring: &Keyring, row: &Row) -> Result<String> {
    let phone = keyring.open(PHONE, row.id.as_i64(), &row.phone)?;
    Ok(phone.chars().skip(phone.chars().count().saturating_sub(4)).collect())
}
fn open(keyring: &Keyring, row: Row) -> Result<Invitation> {
    let phone = keyring.open(PHONE, row.id.as_i64(), &row.phone)?;
    Ok(Invitation {
        phone_masked: account::service::masked_phone(&phone),
        name: row.name.as_ref().map(|name| keyring.open(NAME, row.id.as_i64(), name)).transpose()?,
        id: row.id,
        organization: row.organization,
        inviter: row.inviter,
        by_staff: row.by_staff,
        role: row.role,
        way: row.way,
        scope: row.scope,
        reason: row.reason,
        valid_from: row.valid_from,
        valid_until: row.valid_until,
        state: row.state,
        sent: row.sent,
        created_at: row.created_at,
        expires_at: row.expires_at,
        decided_at: row.decided_at,
    })
}
