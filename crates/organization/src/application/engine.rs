//! The one state machine behind every request. What a kind means lives with its feature, which locks, checks the power,
//! takes a step here, does its effect and tells, all in one transaction.
use super::model::{Application, ApplicationKind, ApplicationState, NewApplication, Step, StepRecord};
use super::store::{self, ListFilter};
use crate::{Organizations, organization};
use db::{Keyring, Tx};
use kernel::{
    Actor, Error, Event, Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId},
};
use serde_json::Value;

const DATA: &str = "application.data";

/// Where handing in led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    pub id: ApplicationId,
    /// False if it led to the request that was open already.
    pub new: bool,
}

/// Hands in: one open application per kind, applicant, organization, product and subject; again leads to the same. A form
/// that came twice leads to what the first one made.
pub fn submit_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    new: &NewApplication,
    actor: &Actor,
    now: Timestamp,
) -> Result<(Requested, Vec<Event>)> {
    if let Some(there) = store::find(tx, new.id)? {
        if there.applicant != new.applicant {
            return Err(Error::not_found("application.unknown"));
        }
        return Ok((Requested { id: there.id, new: false }, Vec::new()));
    }
    let mut events = Vec::new();
    if let Some(open) = store::find_open(tx, new)? {
        if open.state_at(now).is_open() {
            return Ok((Requested { id: open.id, new: false }, events));
        }
        // Its place in the unique key is needed.
        events.extend(expire_in(tx, rooms, &open, now)?);
    }
    let two_steps = match new.organization {
        Some(organization) => organization::find_in(tx, organization)?
            .is_some_and(|found| found.policy.approved_by_two.contains(&new.kind)),
        None => false,
    };
    let data = new.data.as_ref().map(|data| seal(rooms.db().keyring(), new.id, data));
    if !store::insert(tx, new, data.as_deref(), two_steps, now)? {
        // Another click was faster; on PostgreSQL its row may be seen only now.
        let open = store::find_open(tx, new)?.ok_or_else(|| Error::conflict("application.decided"))?;
        return Ok((Requested { id: open.id, new: false }, events));
    }
    store::insert_step(tx, new.id, 1, Step::Submit, (Some(new.applicant), None), now)?;
    let application = find_in(tx, new.id)?;
    events.push(application.event(actor, Step::Submit));
    Ok((Requested { id: new.id, new: true }, events))
}

/// Takes a step. None if the table has no such step from here, it expired, or somebody was faster: each step is taken
/// once. Errors: `application.note_required` at `note`; `application.second_person` if the first approver wants to be the
/// second.
pub fn step_in(
    tx: &mut Tx<'_>,
    id: ApplicationId,
    step: Step,
    by: Option<AccountId>,
    note: Option<&str>,
    now: Timestamp,
) -> Result<Option<Application>> {
    if step.wants_note() && note.is_none() {
        return Err(Error::invalid("application.note_required").at("note"));
    }
    let Some(application) = store::find(tx, id)? else { return Ok(None) };
    let Some(to) = application.after(step, now) else { return Ok(None) };
    let second = application.state == ApplicationState::FirstApproved && step == Step::Approve;
    if second && by.is_some() && application.first_by == by {
        return Err(Error::conflict("application.second_person"));
    }
    if !store::update_state(tx, &application, to, (by, note), now)? {
        return Ok(None);
    }
    store::insert_step(tx, id, application.rev + 1, step, (by, note), now)?;
    store::find(tx, id)
}
/// As [`step_in`]; error `application.decided` where it says None.
pub fn must_step_in(
    tx: &mut Tx<'_>,
    id: ApplicationId,
    step: Step,
    by: Option<AccountId>,
    note: Option<&str>,
    now: Timestamp,
) -> Result<Application> {
    step_in(tx, id, step, by, note, now)?.ok_or_else(decided)
}
pub(crate) fn decided() -> Error {
    Error::conflict("application.decided")
}

/// Error: `application.unknown`. Who may see it is the caller's affair.
pub fn find_in(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Application> {
    store::find(tx, id)?.ok_or_else(|| Error::not_found("application.unknown"))
}
pub fn timeline_in(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Vec<StepRecord>> {
    store::list_steps(tx, id)
}

/// The open application that a new one leads to, by the form's id or by what was typed.
pub(crate) fn open_already(
    tx: &mut Tx<'_>,
    new: &NewApplication,
    now: Timestamp,
) -> Result<Option<Requested>> {
    if let Some(there) = store::find(tx, new.id)?.filter(|there| there.applicant == new.applicant) {
        return Ok(Some(Requested { id: there.id, new: false }));
    }
    let open = store::find_open(tx, new)?.filter(|open| open.state_at(now).is_open());
    Ok(open.map(|open| Requested { id: open.id, new: false }))
}
/// The open application of the organization for the product, whoever handed it in.
pub(crate) fn open_for_in(
    tx: &mut Tx<'_>,
    kind: ApplicationKind,
    organization: OrganizationId,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<Application>> {
    let open = store::find_open_for(tx, kind, organization, product)?;
    Ok(open.filter(|open| open.state_at(now).is_open()))
}
/// Newest first, open and decided.
pub(crate) fn list_of_kind_in(
    tx: &mut Tx<'_>,
    kind: ApplicationKind,
    organization: OrganizationId,
) -> Result<Vec<Application>> {
    let filter = ListFilter { kinds: vec![kind], ..ListFilter::default() };
    store::list(tx, Some(organization), &filter, 500)
}
/// What an organization that is waited for is known by.
pub(crate) fn set_code_in(tx: &mut Tx<'_>, id: ApplicationId, code: &str) -> Result<()> {
    store::set_code(tx, id, code)
}
/// A decided claim belongs to the organization that it made.
pub(crate) fn attach_in(tx: &mut Tx<'_>, id: ApplicationId, organization: OrganizationId) -> Result<()> {
    store::set_organization(tx, id, organization)
}

fn seal(keyring: &Keyring, id: ApplicationId, data: &Value) -> Vec<u8> {
    keyring.seal(DATA, id.as_i64(), &data.to_string())
}
/// What the applicant filled in, as the kind's feature wrote it.
pub fn data_in<T: serde::de::DeserializeOwned>(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: ApplicationId,
) -> Result<Option<T>> {
    let Some(sealed) = store::find_data(tx, id)? else { return Ok(None) };
    let text = keyring.open(DATA, id.as_i64(), &sealed)?;
    serde_json::from_str(&text).map(Some).map_err(|e| Error::internal("application.data").because(e))
}
/// What the applicant changed before handing it in again.
pub fn set_data_in(tx: &mut Tx<'_>, keyring: &Keyring, id: ApplicationId, data: &Value) -> Result<()> {
    store::set_data(tx, id, &seal(keyring, id, data))
}
pub fn set_reason_in(tx: &mut Tx<'_>, id: ApplicationId, reason: Option<&str>) -> Result<()> {
    store::set_reason(tx, id, reason)
}

/// Its time is over: the applicant is told, and what was handed in goes.
pub(super) fn expire_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    application: &Application,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let Some(expired) = step_in(tx, application.id, Step::Expire, None, None, now)? else {
        return Ok(Vec::new());
    };
    erase_documents_in(tx, application.id, now)?;
    rooms.tell_applicant_in(tx, &expired, Step::Expire, None, now)?;
    Ok(vec![expired.event(&Actor::system(), Step::Expire)])
}
/// The row that documents of an application belong to.
pub fn documents_of(id: ApplicationId) -> platform::document::Subject {
    platform::document::Subject::of("application", id)
}
/// With a withdrawn or expired application goes what was handed in with it.
pub fn erase_documents_in(tx: &mut Tx<'_>, id: ApplicationId, now: Timestamp) -> Result<()> {
    platform::document::service::erase_in(tx, documents_of(id), now).map(drop)
}
