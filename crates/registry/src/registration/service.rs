use super::model::{Entry, Registration, RegistrationId, Source, State};
use super::store;
use crate::{Registry, material::WARNING_DAYS};
use db::Tx;
use identity::notice::{Kind, Notice};
use kernel::{Actor, Error, Event, Result, Timestamp, id::OrganizationId};
use organization::Authority;
use organization::membership::OrganizationAdministrator;
use organization::organization::record;
use serde_json::json;

/// Live rows of one organization.
const MOST: i64 = 500;

impl Registry {
    pub async fn registrations(
        &self,
        organization: OrganizationId,
        after: Option<RegistrationId>,
        limit: i64,
    ) -> Result<Vec<Registration>> {
        self.db().read(move |tx| store::list(tx, organization, after, limit)).await
    }
    /// Error `registration.unknown`, another organization's included.
    pub async fn registration(
        &self,
        organization: OrganizationId,
        id: RegistrationId,
    ) -> Result<Registration> {
        self.db().read(move |tx| find_in(tx, organization, id)).await
    }
    /// A row of the own. A form that comes twice makes one. Errors: `registration.taken` at `number`, `registration.many`.
    pub async fn add_registration(
        &self,
        by: &OrganizationAdministrator,
        id: RegistrationId,
        entry: Entry,
        now: Timestamp,
    ) -> Result<()> {
        let (authority, organization) = (Authority::from(by.clone()), by.organization());
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &authority, organization, now)?;
                if store::find(tx, organization, id)?.is_some() {
                    return Ok(((), Vec::new()));
                }
                if store::is_taken(tx, organization, id, &entry)? {
                    return Err(Error::conflict("registration.taken").at("number"));
                }
                if store::list(tx, organization, None, MOST)?.len() as i64 >= MOST {
                    return Err(Error::conflict("registration.many").arg("most", MOST.to_string()));
                }
                store::insert(tx, id, organization, &entry, (Source::Own, None), now)?;
                Ok(((), vec![event(authority.actor(), "registration.added", organization, id, &entry)]))
            })
            .await
    }
    /// Errors: `registration.unknown`, `registration.synchronised`, `registration.changed_meanwhile`; `registration.taken`.
    pub async fn change_registration(
        &self,
        by: &OrganizationAdministrator,
        (id, rev): (RegistrationId, i64),
        entry: Entry,
        now: Timestamp,
    ) -> Result<()> {
        let (authority, organization) = (Authority::from(by.clone()), by.organization());
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &authority, organization, now)?;
                let before = own_in(tx, organization, id)?;
                if before.rev != rev {
                    return Err(Error::conflict("registration.changed_meanwhile"));
                }
                if before.entry == entry {
                    return Ok(((), Vec::new()));
                }
                if store::is_taken(tx, organization, id, &entry)? {
                    return Err(Error::conflict("registration.taken").at("number"));
                }
                if !store::update(tx, (id, rev), &entry, (Source::Own, None), now)? {
                    return Err(Error::conflict("registration.changed_meanwhile"));
                }
                Ok(((), vec![event(authority.actor(), "registration.changed", organization, id, &entry)]))
            })
            .await
    }
    /// Takes a row of the own off the list. Ended already is ended.
    pub async fn end_registration(
        &self,
        by: &OrganizationAdministrator,
        id: RegistrationId,
        now: Timestamp,
    ) -> Result<()> {
        let (authority, organization) = (Authority::from(by.clone()), by.organization());
        self.db()
            .write(move |tx| {
                record::lock_in(tx, &authority, organization, now)?;
                let before = own_in(tx, organization, id)?;
                if !store::end(tx, id, now)? {
                    return Ok(((), Vec::new()));
                }
                let event = event(authority.actor(), "registration.ended", organization, id, &before.entry);
                Ok(((), vec![event]))
            })
            .await
    }
    /// Tells administrators of registrations that end soon, once each; how many were told of.
    pub async fn warn_of_registrations(&self, now: Timestamp) -> Result<usize> {
        let until = now.plus_days(WARNING_DAYS);
        let ending = self.db().read(move |tx| store::list_ending(tx, until, 100)).await?;
        let count = ending.len();
        for registration in ending {
            let room = self.clone();
            self.db()
                .write(move |tx| {
                    if !store::set_warned(tx, registration.id, now)? {
                        return Ok(((), Vec::new()));
                    }
                    let (organization, entry) = (registration.organization, &registration.entry);
                    let told = Notice::new(Kind::RecordExpiring)
                        .arg("what", entry.kind.as_str())
                        .time("until", entry.valid_until.unwrap_or(now))
                        .leads_to(&format!("/org/{organization}/registrations"));
                    room.tell_administrators_in(tx, organization, &told, now)?;
                    let actor = Actor::system();
                    let action = "registration.expiry_warned";
                    Ok(((), vec![event(&actor, action, organization, registration.id, entry)]))
                })
                .await?;
        }
        Ok(count)
    }
}

/// Error `registration.unknown`.
pub fn find_in(tx: &mut Tx<'_>, organization: OrganizationId, id: RegistrationId) -> Result<Registration> {
    store::find(tx, organization, id)?
        .filter(|there| there.state == State::Live)
        .ok_or_else(|| Error::not_found("registration.unknown"))
}
fn own_in(tx: &mut Tx<'_>, organization: OrganizationId, id: RegistrationId) -> Result<Registration> {
    let there = store::find(tx, organization, id)?.ok_or_else(|| Error::not_found("registration.unknown"))?;
    match there.source {
        Source::Own => Ok(there),
        Source::Registry => Err(Error::forbidden("registration.synchronised")),
    }
}
/// What an approved application changes; the organization is locked. The source stays what it was.
pub fn replace_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    before: &Registration,
    entry: &Entry,
    now: Timestamp,
) -> Result<Event> {
    if store::is_taken(tx, before.organization, before.id, entry)? {
        return Err(Error::conflict("registration.taken"));
    }
    let source = (before.source, before.source_name.as_deref());
    if !store::update(tx, (before.id, before.rev), entry, source, now)? {
        return Err(Error::conflict("registration.changed_meanwhile"));
    }
    Ok(event(actor, "registration.changed", before.organization, before.id, entry))
}
/// Every live row of an organization, for the comparison with a register.
pub fn all_in(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<Registration>> {
    store::list(tx, organization, None, MOST)
}
/// Takes one row over from a register: adds it, or changes the row of the same name whatever its source was.
pub fn take_over_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    organization: OrganizationId,
    entry: &Entry,
    (id, source_name): (RegistrationId, &str),
    now: Timestamp,
) -> Result<Vec<Event>> {
    let source = (Source::Registry, Some(source_name));
    let there = all_in(tx, organization)?.into_iter().find(|row| row.entry.is_same(entry));
    match there {
        Some(row) if row.entry == *entry && row.source == Source::Registry => Ok(Vec::new()),
        Some(row) => {
            store::update(tx, (row.id, row.rev), entry, source, now)?;
            Ok(vec![event(actor, "registration.synchronised", organization, row.id, entry)])
        }
        None => {
            store::insert(tx, id, organization, entry, source, now)?;
            Ok(vec![event(actor, "registration.synchronised", organization, id, entry)])
        }
    }
}
/// The register no longer lists it.
pub fn drop_in(tx: &mut Tx<'_>, actor: &Actor, row: &Registration, now: Timestamp) -> Result<Option<Event>> {
    let ended = store::end(tx, row.id, now)?;
    Ok(ended.then(|| event(actor, "registration.ended", row.organization, row.id, &row.entry)))
}
fn event(
    actor: &Actor,
    action: &'static str,
    organization: OrganizationId,
    id: RegistrationId,
    entry: &Entry,
) -> Event {
    Event::done(actor, action).on("registration", id).of(organization).with(json!({
        "department": entry.department, "kind": entry.kind, "number": entry.number,
        "valid_from": entry.valid_from, "valid_until": entry.valid_until,
    }))
}
