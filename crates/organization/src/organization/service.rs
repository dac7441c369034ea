use super::model::{Field, FieldSource, NewOrganization, Organization, OrganizationState};
use super::store::{self, Numbers};
use crate::console::{self, Console};
use crate::decision::Space;
use crate::membership::{self, MemberRow, Membership};
use crate::organization_type;
use crate::{Operator, Organizations};
use db::Tx;
use identity::session::SignedIn;
use kernel::{
    Actor, ActorKind, Error, Event, Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use platform::audit::{Entry, model::Before, service as audit};
use platform::staff::StaffRole;
use serde_json::json;
use std::collections::HashMap;

/// Lines of the record on the home page.
const RECENT: u8 = 8;
/// Agents there.
const AGENTS: i64 = 6;

/// What the home page of an organization shows.
#[derive(Clone, Debug)]
pub struct Overview {
    pub organization: Organization,
    pub numbers: Numbers,
    pub administrators: Vec<MemberRow>,
    /// The newest of those who do business for the organization.
    pub agents: Vec<MemberRow>,
    /// For administrators alone; empty for agents.
    pub recent: Vec<Entry>,
    pub console: Console,
}

impl Organizations {
    pub async fn organization(&self, id: OrganizationId) -> Result<Organization> {
        self.db()
            .read_few(move |tx| store::find(tx, id))
            .await?
            .ok_or_else(|| Error::not_found("organization.unknown"))
    }
    /// The organization that has this unified code now, for staff who typed it.
    pub async fn organization_of_code(&self, code: &str) -> Result<Option<OrganizationId>> {
        let code = code.to_owned();
        self.db().read_one(move |s| store::find_by_uscc(s, &code)).await
    }
    /// One look-up for every organization that a page of a list mentions.
    pub async fn names_of(&self, ids: Vec<OrganizationId>) -> Result<HashMap<OrganizationId, String>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.db().read(move |tx| store::list_names(tx, &ids)).await?;
        Ok(found.into_iter().collect())
    }
    pub async fn organizations(
        &self,
        account_manager: Option<AccountId>,
        name: Option<String>,
        before: Option<OrganizationId>,
        limit: i64,
    ) -> Result<Vec<Organization>> {
        self.db().read(move |tx| store::list(tx, account_manager, name.as_deref(), before, limit)).await
    }
    /// Everything that the home page of the organization shows to this member, in one transaction.
    pub async fn overview(
        &self,
        who: &SignedIn,
        membership: &Membership,
        now: Timestamp,
    ) -> Result<Overview> {
        let (id, role, account) = (membership.organization, membership.role, who.account);
        let session = self.session_facts(who).await?;
        self.db()
            .read_few(move |tx| {
                let mut recent = match role.administers() {
                    true => audit::of_organization_in(tx, id, Before::NEWEST, i64::from(3 * RECENT))?,
                    false => Vec::new(),
                };
                // What a product's server does after each sign-in says nothing to a clerk.
                recent.retain(|entry| entry.actor_kind != ActorKind::Client.as_str());
                recent.truncate(usize::from(RECENT));
                Ok(Overview {
                    organization: store::find(tx, id)?
                        .ok_or_else(|| Error::not_found("organization.unknown"))?,
                    numbers: match role.administers() {
                        true => store::numbers(tx, id, now)?,
                        false => Numbers::default(),
                    },
                    administrators: membership::list_administrators(tx, id, now)?,
                    agents: membership::list_newest_agents(tx, id, now, AGENTS)?,
                    console: console::look_in(tx, account, &session, (Space::Organization(id), role), now)?,
                    recent,
                })
            })
            .await
    }
    /// The same id again leads to the organization that exists.
    pub async fn create_organization(
        &self,
        by: &Operator,
        new: NewOrganization,
        now: Timestamp,
    ) -> Result<OrganizationId> {
        let by = by.clone();
        let id = new.id;
        self.db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::AccountManager, StaffRole::SystemAdministrator])?;
                Ok((new.id, create_in(tx, by.actor(), &new, now)?))
            })
            .await
            .map_err(taken_meanwhile)
            .map(|_: OrganizationId| id)
    }
    pub async fn set_organization_state(
        &self,
        by: &Operator,
        id: OrganizationId,
        state: OrganizationState,
        now: Timestamp,
    ) -> Result<()> {
        self.change(by, id, "organization.state_changed", now, json!({ "state": state }), move |tx| {
            store::set_state(tx, id, state)
        })
        .await
    }
    /// None takes the number away: products of the membership class close at once.
    pub async fn set_member_number(
        &self,
        by: &Operator,
        id: OrganizationId,
        number: Option<String>,
        now: Timestamp,
    ) -> Result<()> {
        let number = number.map(|n| kernel::text::line("member_number", &n, 32)).transpose()?;
        let (detail, account) = (json!({ "present": number.is_some() }), by.account());
        self.change(by, id, "organization.member_number_changed", now, detail, move |tx| {
            if store::taken(tx, id, None, number.as_deref(), None)?.is_some() {
                return Err(Error::conflict("organization.identifier_taken").at("member_number"));
            }
            let origin = (FieldSource::Platform, None);
            store::set_origin(tx, id, Field::MemberNumber, origin, account, now)?;
            store::set_member_number(tx, id, number.as_deref())
        })
        .await
        .map_err(taken_meanwhile)
    }
    pub async fn set_account_manager(
        &self,
        by: &Operator,
        id: OrganizationId,
        manager: Option<AccountId>,
        now: Timestamp,
    ) -> Result<()> {
        self.change(
            by,
            id,
            "organization.account_manager_changed",
            now,
            json!({ "manager": manager }),
            move |tx| store::set_account_manager(tx, id, manager),
        )
        .await
    }
    /// One administrator more than the type's number, for a reason and until a date.
    pub async fn allow_extra_administrator(
        &self,
        by: &Operator,
        id: OrganizationId,
        until: Option<Timestamp>,
        reason: String,
        now: Timestamp,
    ) -> Result<()> {
        let reason = kernel::text::line("reason", &reason, 200)?;
        let detail = json!({ "until": until, "reason": reason });
        self.change(by, id, "organization.extra_administrator_allowed", now, detail, move |tx| {
            store::allow_extra_administrator(tx, id, until, &reason)
        })
        .await
    }

    async fn change(
        &self,
        by: &Operator,
        id: OrganizationId,
        action: &'static str,
        now: Timestamp,
        detail: serde_json::Value,
        run: impl Fn(&mut db::Tx<'_>) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let locked = store::lock(tx, id)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
                by.must_manage(tx, &locked)?;
                run(tx)?;
                tx.changed("organization", id);
                let mut detail = detail.clone();
                if let Some(map) = detail.as_object_mut() {
                    map.insert("at".into(), json!(now));
                }
                let event = Event::done(by.actor(), action).on("organization", id).of(id).with(detail);
                Ok(((), vec![event]))
            })
            .await
    }
}

/// Inserts an organization, whoever may; nothing happens if the id exists. Errors: `organization.type_unknown` at `type`,
/// `organization.identifier_unknown`, `organization.identifier_taken` at its field.
pub(crate) fn create_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    new: &NewOrganization,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let kind = organization_type::find(tx, new.type_id)?
        .ok_or_else(|| Error::invalid("organization.type_unknown").at("type"))?;
    new.fits(&kind.policy)?;
    let uscc = new.uscc.as_ref().map(kernel::Uscc::as_str);
    let numbers = (new.member_number.as_deref(), new.registration_number.as_deref());
    if let Some(field) = store::taken(tx, new.id, uscc, numbers.0, numbers.1)? {
        return Err(Error::conflict("organization.identifier_taken").at(field));
    }
    if !store::insert(tx, new, now)? {
        return Ok(Vec::new());
    }
    tx.changed("organization", new.id);
    let event = Event::done(actor, "organization.created").on("organization", new.id).of(new.id);
    Ok(vec![event.with(json!({ "type": kind.code }))])
}
/// Two desks typed the same number at the same instant: the index said no.
pub(super) fn taken_meanwhile(error: Error) -> Error {
    if error.is_duplicate() { Error::conflict("organization.identifier_taken") } else { error }
}
