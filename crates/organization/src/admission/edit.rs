//! Admitting, suspending, resuming, ending: by whoever edits the product's admissions, one change after the other under the
//! organization's lock, told to its administrators.
use super::model::{
    Admission, AdmissionBasis, AdmissionChange, AdmissionState, Admitting, MOST_EVIDENCE, NewAdmission,
    REASON_MAX,
};
use super::service::must_edit;
use super::store;
use crate::contract;
use crate::organization::{self, Locked};
use crate::product::{self, AdmissionClass, Audience, Product, ProductState};
use crate::{Authority, Organizations};
use db::Tx;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AdmissionId, ContractId, OrganizationId, ProductId},
    text,
};
use platform::document::{self, Prepared};
use serde_json::json;

/// What admitting would do, once everything that stands against it was looked at.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    basis: AdmissionBasis,
    contract: Option<ContractId>,
    pub replaces: Option<Admission>,
}

impl Organizations {
    /// The first half of the tally. By whoever edits the product's admissions; the basis must fit its class.
    pub async fn admit(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        new: NewAdmission,
        now: Timestamp,
    ) -> Result<AdmissionId> {
        self.admit_with(by, organization, new, Admitting::default(), now).await
    }
    /// Errors: `admission.editor`, `staff.role_required`; `admission.not_needed`, `admission.exists`,
    /// `admission.suspended`, `admission.changed`, `admission.contract_missing`; at their fields `admission.period`,
    /// `admission.reason_required`, those of a file at `evidence`.
    pub async fn admit_with(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        new: NewAdmission,
        admitting: Admitting,
        now: Timestamp,
    ) -> Result<AdmissionId> {
        let by: Authority = by.into();
        let note =
            new.note.as_deref().map_or(Ok(None), |note| text::optional_line("note", note, REASON_MAX))?;
        let new = NewAdmission { note, ..new };
        let keyring = self.db().keyring();
        let evidence = admitting.evidence.as_ref();
        let evidence = evidence
            .map(|file| document::service::prepare(keyring, "evidence", file, by.account()))
            .transpose()?;
        let rooms = self.clone();
        self.db()
            .write(move |tx| {
                let locked = locked_in(tx, organization)?;
                let product = product_in(tx, new.product)?;
                must_edit(tx, &by, &locked, &product, now)?;
                if store::find(tx, organization, new.id)?.is_some() {
                    return Ok((new.id, Vec::new()));
                }
                let there = store::find_live(tx, organization, new.product)?;
                if admitting.seen.as_ref().is_some_and(|seen| *seen != Admission::seen(there.as_ref())) {
                    return Err(Error::conflict("admission.changed"));
                }
                let events = admit_in(
                    tx,
                    &rooms,
                    &by,
                    (&locked, &product),
                    &new,
                    admitting.valid_from,
                    evidence.as_ref(),
                    now,
                )?;
                Ok((new.id, events))
            })
            .await
    }
    /// Suspended admissions keep their row and term, so that they can go on later; grants sleep and wake with them. Errors:
    /// `admission.reason_required` at `reason`, `admission.changed`, `admission.by_platform`.
    pub async fn change_admission(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: AdmissionId,
        change: AdmissionChange,
        (rev, reason): (Option<i64>, &str),
        now: Timestamp,
    ) -> Result<()> {
        let by: Authority = by.into();
        let reason = text::optional_line("reason", reason, REASON_MAX)?;
        let rooms = self.clone();
        self.db()
            .write(move |tx| {
                let locked = locked_in(tx, organization)?;
                let row = store::find(tx, organization, id)?
                    .ok_or_else(|| Error::not_found("admission.unknown"))?;
                let product = product_in(tx, row.product)?;
                must_edit(tx, &by, &locked, &product, now)?;
                if rev.is_some_and(|rev| rev != row.admission.rev) {
                    return Err(Error::conflict("admission.changed"));
                }
                let event = change_in(
                    tx,
                    &rooms,
                    &by,
                    (&locked, &product),
                    &row.admission,
                    change,
                    reason.as_deref(),
                    now,
                )?;
                Ok(((), event.into_iter().collect()))
            })
            .await
    }
    pub async fn end_admission(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: AdmissionId,
        now: Timestamp,
    ) -> Result<()> {
        self.change_admission(by, organization, id, AdmissionChange::End, (None, ""), now).await
    }
    pub async fn set_admission_suspended(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: AdmissionId,
        suspended: bool,
        now: Timestamp,
    ) -> Result<()> {
        let change = if suspended { AdmissionChange::Suspend } else { AdmissionChange::Resume };
        self.change_admission(by, organization, id, change, (None, ""), now).await
    }
}

pub(super) fn locked_in(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Locked> {
    organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))
}
pub(super) fn product_in(tx: &mut Tx<'_>, id: ProductId) -> Result<Product> {
    product::find(tx, id)?
        .filter(|product| !matches!(product.state, ProductState::Withdrawn))
        .ok_or_else(|| Error::not_found("product.unknown"))
}

/// What admitting would do now; the same look before it is shown and before it is done.
pub(super) fn plan_in(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: &Product,
    (contract, valid_until): (Option<ContractId>, Timestamp),
    now: Timestamp,
) -> Result<Plan> {
    if valid_until <= now {
        return Err(Error::invalid("admission.period").at("valid_until"));
    }
    if product.audience == Audience::Person {
        return Err(Error::conflict("admission.not_needed"));
    }
    let (basis, contract) = match product.admission_class {
        AdmissionClass::Open | AdmissionClass::Membership => {
            return Err(Error::conflict("admission.not_needed"));
        }
        AdmissionClass::Discretionary => (AdmissionBasis::Discretionary, None),
        AdmissionClass::Contract => {
            (AdmissionBasis::Contract, Some(basis_contract(tx, organization, product.id, contract, now)?))
        }
    };
    let there = store::find_live(tx, organization, product.id)?;
    if let Some(there) = &there {
        if there.state == AdmissionState::Suspended {
            return Err(Error::conflict("admission.suspended"));
        }
        let held = there.valid_from <= now && now < there.valid_until && there.contract == contract;
        if held && there.valid_until == valid_until {
            return Err(Error::conflict("admission.exists"));
        }
    }
    Ok(Plan { basis, contract, replaces: there })
}

/// Whoever edits was checked, and the organization is held.
#[expect(clippy::too_many_arguments, reason = "who admits whom to what, since when, on which evidence")]
pub(super) fn admit_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    by: &Authority,
    (locked, product): (&Locked, &Product),
    new: &NewAdmission,
    valid_from: Option<Timestamp>,
    evidence: Option<&Prepared>,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let plan = plan_in(tx, locked.id, product, (new.contract, new.valid_until), now)?;
    if plan.basis == AdmissionBasis::Discretionary && must_say_why(by) && new.note.is_none() {
        return Err(Error::invalid("admission.reason_required").at("note"));
    }
    // What holds goes on without a gap.
    let goes_on = plan.replaces.as_ref().is_some_and(|old| old.valid_from <= now && now < old.valid_until);
    let valid_from = valid_from.filter(|_| !goes_on).unwrap_or(now);
    if new.valid_until <= valid_from {
        return Err(Error::invalid("admission.period").at("valid_until"));
    }
    let mut events = Vec::new();
    if let Some(old) = &plan.replaces {
        // A new basis or term takes the old one's place; grants sleep and wake with the row that is live.
        let states = (old.state, AdmissionState::Ended);
        store::set_state(tx, old.id, states, (by.account(), None, None), now)?;
        tx.changed("admission", old.id);
        let replaced = Event::done(by.actor(), "admission.replaced").on("admission", old.id).of(locked.id);
        events.push(replaced.with(json!({ "product": product.id, "by": new.id })));
    }
    let row = Admission {
        id: new.id,
        basis: plan.basis,
        contract: plan.contract,
        state: AdmissionState::Active,
        suspended_by: None,
        valid_from,
        valid_until: new.valid_until,
        granted_by: by.account(),
        note: new.note.clone(),
        state_reason: None,
        rev: 0,
    };
    if !store::insert(tx, locked.id, product.id, &row, now)? {
        // Under the lock nobody else can have made it.
        return Err(Error::internal("admission.twice"));
    }
    if let Some(file) = evidence {
        document::service::add_in(tx, "evidence", Admission::evidence(new.id), file, MOST_EVIDENCE, now)?;
    }
    tx.changed("admission", new.id);
    rooms.tell_admitted_in(tx, locked, product, by.account(), now)?;
    events.push(Event::done(by.actor(), "admission.granted").on("admission", new.id).of(locked.id).with(
        json!({
            "product": product.id, "basis": plan.basis, "contract": plan.contract, "valid_from": valid_from,
            "valid_until": new.valid_until, "reason": new.note, "evidence": evidence.map(|file| file.id),
        }),
    ));
    Ok(events)
}

/// None if it is so already. Whoever edits was checked, and the organization is held.
#[expect(clippy::too_many_arguments, reason = "who does what to which admission, and why")]
pub(super) fn change_in(
    tx: &mut Tx<'_>,
    rooms: &Organizations,
    by: &Authority,
    (locked, product): (&Locked, &Product),
    there: &Admission,
    change: AdmissionChange,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Option<Event>> {
    // What staff suspended, staff resume; an administrator's own way out of it would be none of the product's rules.
    let own = matches!(by, Authority::Administrator(_));
    if own && (change != AdmissionChange::End || there.state == AdmissionState::Suspended) {
        return Err(Error::forbidden("admission.by_platform"));
    }
    if must_say_why(by) && reason.is_none() {
        return Err(Error::invalid("admission.reason_required").at("reason"));
    }
    let to = match change {
        AdmissionChange::Suspend => AdmissionState::Suspended,
        AdmissionChange::Resume => AdmissionState::Active,
        AdmissionChange::End => AdmissionState::Ended,
    };
    let from = match (change, there.state) {
        (_, AdmissionState::Ended) => return Ok(None),
        (AdmissionChange::Suspend, AdmissionState::Suspended)
        | (AdmissionChange::Resume, AdmissionState::Active) => {
            return Ok(None);
        }
        (_, state) => state,
    };
    let office = match (change, by) {
        (AdmissionChange::Suspend, Authority::Operator(operator)) => Some(operator.office_in(tx, product)?),
        _ => None,
    };
    if !store::set_state(tx, there.id, (from, to), (by.account(), office, reason), now)? {
        return Err(Error::conflict("admission.changed"));
    }
    tx.changed("admission", there.id);
    rooms.tell_admission_in(tx, locked, product, (change, reason), by.account(), now)?;
    let event = Event::done(by.actor(), change.action())
        .on("admission", there.id)
        .of(locked.id)
        .with(json!({ "product": product.id, "reason": reason }));
    Ok(Some(event))
}
/// Staff say why; the installation and an organization's own administrators need not.
fn must_say_why(by: &Authority) -> bool {
    matches!(by, Authority::Operator(operator) if operator.account().is_some())
}

fn basis_contract(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
    wanted: Option<ContractId>,
    now: Timestamp,
) -> Result<ContractId> {
    match wanted {
        None => contract::find_listing(tx, organization, product, now)?
            .map(|contract| contract.id)
            .ok_or_else(|| Error::conflict("admission.contract_missing")),
        Some(id) => {
            let contract =
                contract::find(tx, organization, id)?.ok_or_else(|| Error::not_found("contract.unknown"))?;
            let lists = contract::list_listings(tx)?.contains(&(contract.type_id, product));
            if lists && contract.is_in_force(now) {
                Ok(contract.id)
            } else {
                Err(Error::conflict("admission.contract_missing").at("contract"))
            }
        }
    }
}
