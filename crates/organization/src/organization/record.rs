//! The record of an organization: who changes which field, and where each value came from. Whatever changes a field goes
//! through [`write_in`], so that no field changes without its origin and its event.
use super::model::{Field, FieldOrigin, FieldSource, Organization};
use super::service::taken_meanwhile;
use super::store::{self, Locked};
use crate::membership::OrganizationAdministrator;
use crate::organization_type::{Identifier, TypePolicy};
use crate::{Authority, Operator, Organizations};
use db::Tx;
use kernel::{
    Actor, Error, Event, Result, Timestamp, Uscc,
    id::{AccountId, OrganizationId},
    text,
};
use serde_json::{Map, json};

/// What an administrator may change.
#[derive(Clone, Debug, Default)]
pub struct OwnRecordInput {
    pub address: String,
    pub phone: String,
}
/// What the account manager may change besides.
#[derive(Clone, Debug, Default)]
pub struct RecordInput {
    pub name: String,
    pub short_name: String,
    pub uscc: String,
    /// Why a code counts whose check character does not fit; empty for any other.
    pub uscc_reason: String,
    pub member_number: String,
    pub registration_number: String,
    pub head_name: String,
    pub address: String,
    pub phone: String,
}
/// Who changed something, for the origin of the field and for the record.
pub struct Change<'a> {
    pub actor: &'a Actor,
    pub by: Option<AccountId>,
    pub action: &'static str,
    pub source: FieldSource,
    /// What the register is called.
    pub source_name: Option<&'a str>,
    /// Why, where somebody said so.
    pub reason: Option<&'a str>,
    pub now: Timestamp,
}

impl Organizations {
    pub async fn organization_origins(&self, id: OrganizationId) -> Result<Vec<FieldOrigin>> {
        self.db().read(move |tx| store::list_origins(tx, id)).await
    }
    /// Address and telephone, nothing else. Errors at their fields; `membership.administrators_only`.
    pub async fn change_own_record(
        &self,
        by: &OrganizationAdministrator,
        input: &OwnRecordInput,
        now: Timestamp,
    ) -> Result<()> {
        let address = text::optional_line("address", &input.address, 200)?;
        let phone = phone(&input.phone)?;
        let (authority, actor, account) = (Authority::from(by.clone()), by.actor().clone(), by.account());
        let id = by.organization();
        self.db()
            .write(move |tx| {
                lock_in(tx, &authority, id, now)?;
                let before = find_in(tx, id)?;
                let after = Organization { address: address.clone(), phone: phone.clone(), ..before.clone() };
                let change = Change {
                    actor: &actor,
                    by: Some(account),
                    action: "organization.record_changed",
                    source: FieldSource::Own,
                    source_name: None,
                    reason: None,
                    now,
                };
                Ok(((), write_in(tx, &before, &after, &change)?))
            })
            .await
    }
    /// Errors at their fields, all of [`RecordInput`]; `uscc.invalid` unless a reason is given for a code that does not fit.
    pub async fn change_record(
        &self,
        by: &Operator,
        id: OrganizationId,
        input: RecordInput,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let locked = lock_in(tx, &Authority::from(by.clone()), id, now)?;
                let before = find_in(tx, id)?;
                let (after, reason) = input.apply(&before, &locked.policy)?;
                let taken = store::taken(
                    tx,
                    id,
                    after.uscc.as_deref(),
                    after.member_number.as_deref(),
                    after.registration_number.as_deref(),
                )?;
                if let Some(field) = taken {
                    return Err(Error::conflict("organization.identifier_taken").at(field));
                }
                let change = Change {
                    actor: by.actor(),
                    by: by.account(),
                    action: "organization.record_changed",
                    source: FieldSource::Platform,
                    source_name: None,
                    reason: reason.as_deref(),
                    now,
                };
                Ok(((), write_in(tx, &before, &after, &change)?))
            })
            .await
            .map_err(taken_meanwhile)
    }
}

/// Locks the organization for somebody who administers it or manages it. Errors: `organization.unknown`,
/// `organization.suspended`, `membership.administrators_only`, `staff.role_required`.
pub fn lock_in(tx: &mut Tx<'_>, by: &Authority, id: OrganizationId, now: Timestamp) -> Result<Locked> {
    let locked = store::lock(tx, id)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    by.power_in(tx, &locked, now)?;
    Ok(locked)
}
/// Locks it for the installation itself: workers. Error: `organization.unknown`.
pub fn lock_for_worker_in(tx: &mut Tx<'_>, id: OrganizationId) -> Result<Locked> {
    store::lock(tx, id)?.ok_or_else(|| Error::not_found("organization.unknown"))
}
/// Error: `organization.unknown`.
pub fn find_in(tx: &mut Tx<'_>, id: OrganizationId) -> Result<Organization> {
    store::find(tx, id)?.ok_or_else(|| Error::not_found("organization.unknown"))
}
/// Writes the fields that differ, the origin of each, and one event; nothing at all if none differs. The row is locked.
pub fn write_in(
    tx: &mut Tx<'_>,
    before: &Organization,
    after: &Organization,
    change: &Change<'_>,
) -> Result<Vec<Event>> {
    let changed: Vec<Field> =
        Field::ALL.iter().copied().filter(|field| field.value(before) != field.value(after)).collect();
    if changed.is_empty() && before.registry_at == after.registry_at {
        return Ok(Vec::new());
    }
    store::update_record(tx, after)?;
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let mut detail = Map::new();
    for field in changed {
        let origin = (change.source, change.source_name);
        store::set_origin(tx, before.id, field, origin, change.by, change.now)?;
        // The name of a person is not written where it cannot be erased.
        let value = match field {
            Field::HeadName => json!("changed"),
            _ => json!({ "before": field.value(before), "after": field.value(after) }),
        };
        detail.insert(field.as_str().to_owned(), value);
    }
    let mut detail = json!({ "fields": detail, "source": change.source });
    if let (Some(reason), Some(map)) = (change.reason, detail.as_object_mut()) {
        map.insert("reason".into(), json!(reason));
    }
    tx.changed("organization", before.id);
    Ok(vec![
        Event::done(change.actor, change.action).on("organization", before.id).of(before.id).with(detail),
    ])
}

impl Field {
    pub fn value(self, o: &Organization) -> Option<&str> {
        match self {
            Self::Name => Some(&o.name),
            Self::ShortName => Some(&o.short_name),
            Self::Uscc => o.uscc.as_deref(),
            Self::MemberNumber => o.member_number.as_deref(),
            Self::RegistrationNumber => o.registration_number.as_deref(),
            Self::HeadName => o.head_name.as_deref(),
            Self::Address => o.address.as_deref(),
            Self::Phone => o.phone.as_deref(),
            Self::RegistryState => Some(o.registry_state.as_str()),
        }
    }
}
impl RecordInput {
    pub fn of(o: &Organization) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            name: o.name.clone(),
            short_name: o.short_name.clone(),
            uscc: text(&o.uscc),
            uscc_reason: String::new(),
            member_number: text(&o.member_number),
            registration_number: text(&o.registration_number),
            head_name: text(&o.head_name),
            address: text(&o.address),
            phone: text(&o.phone),
        }
    }
    /// The record with these values, and why a code counts that does not fit.
    fn apply(&self, before: &Organization, policy: &TypePolicy) -> Result<(Organization, Option<String>)> {
        let name = text::line("name", &self.name, 120)?;
        let short_name = text::line("short_name", &self.short_name, 30)?;
        let (uscc, reason) = self.uscc(before)?;
        let member_number = text::optional_line("member_number", &self.member_number, 32)?;
        let registration_number = text::optional_line("registration_number", &self.registration_number, 40)?;
        for (identifier, field, present) in [
            (Identifier::Uscc, "uscc", uscc.is_some()),
            (Identifier::MemberNumber, "member_number", member_number.is_some()),
            (Identifier::RegistrationNumber, "registration_number", registration_number.is_some()),
        ] {
            if present && !policy.has(identifier) {
                return Err(Error::invalid("organization.identifier_unknown").at(field));
            }
        }
        let after = Organization {
            name,
            short_name,
            uscc,
            member_number,
            registration_number,
            head_name: text::optional_line("head_name", &self.head_name, 60)?,
            address: text::optional_line("address", &self.address, 200)?,
            phone: phone(&self.phone)?,
            ..before.clone()
        };
        Ok((after, reason))
    }
    fn uscc(&self, before: &Organization) -> Result<(Option<String>, Option<String>)> {
        let Some(typed) = text::optional_line("uscc", &self.uscc, 40)? else { return Ok((None, None)) };
        let folded: String = text::normalize(&typed)
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .collect::<String>()
            .to_uppercase();
        // One that was taken over with a reason before is not asked for again.
        if before.uscc.as_deref() == Some(folded.as_str()) {
            return Ok((Some(folded), None));
        }
        match (Uscc::parse(&typed), text::optional_line("uscc_reason", &self.uscc_reason, 200)?) {
            (Ok(uscc), _) => Ok((Some(uscc.as_str().to_owned()), None)),
            (Err(_), Some(reason))
                if folded.len() == 18 && folded.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                Ok((Some(folded), Some(reason)))
            }
            (Err(error), _) => Err(error),
        }
    }
}
/// As people write telephone numbers of firms. Error at `phone`: `organization.phone`.
fn phone(typed: &str) -> Result<Option<String>> {
    let Some(phone) = text::optional_line("phone", typed, 40)? else { return Ok(None) };
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let known = phone.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '/'));
    if known && (5..=20).contains(&digits) {
        Ok(Some(phone))
    } else {
        Err(Error::invalid("organization.phone").at("phone"))
    }
}
/// Everybody who administers it at this instant.
pub fn administrators_in(tx: &mut Tx<'_>, id: OrganizationId, now: Timestamp) -> Result<Vec<AccountId>> {
    let rows = crate::membership::list_administrators(tx, id, now)?;
    Ok(rows.into_iter().map(|row| row.account).collect())
}
