use super::model::{Admission, AdmissionBasis, AdmissionLine, AdmissionState};
use super::store::{self, AdmissionRow};
use crate::contract::{self, Contract, ContractState};
use crate::decision::{self, AdmissionFacts, ContractFacts, Standing};
use crate::organization::{self, Locked, Organization};
use crate::product::{self, AdmissionClass, AdmissionEditor, Product};
use crate::{Authority, Organizations};
use db::Tx;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AdmissionId, ContractId, ContractTypeId, OrganizationId, ProductId},
    text,
};
use serde_json::json;

#[derive(Clone, Debug)]
pub struct NewAdmission {
    pub id: AdmissionId,
    pub product: ProductId,
    /// For products of the contract class; None takes the newest contract in force that lists the product.
    pub contract: Option<ContractId>,
    pub valid_until: Timestamp,
    pub note: Option<String>,
}

/// Everything that the page of the organization's permissions shows.
#[derive(Clone, Debug)]
pub struct Admissions {
    pub lines: Vec<AdmissionLine>,
    pub contracts: Vec<Contract>,
    /// Which products each contract type lists.
    pub listings: Vec<(ContractTypeId, ProductId)>,
}

impl Organizations {
    pub async fn admissions(&self, organization: &Organization, now: Timestamp) -> Result<Admissions> {
        let (id, standing) = (organization.id, organization.standing());
        self.db()
            .read(move |tx| {
                let contracts = contract::list(tx, id)?;
                let listings = contract::list_listings(tx)?;
                let mut rows = store::list(tx, id)?;
                let lines = product::list(tx, false)?
                    .into_iter()
                    .filter(|product| product.audience != product::Audience::Person)
                    .map(|product| {
                        let row = rows
                            .iter()
                            .position(|row| row.product == product.id)
                            .map(|at| rows.swap_remove(at));
                        line(product, row, &contracts, &listings, standing, now)
                    })
                    .collect();
                Ok(Admissions { lines, contracts, listings })
            })
            .await
    }
    /// The first half of the tally. By whoever edits the product's admissions; the basis must fit its class.
    pub async fn admit(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        new: NewAdmission,
        now: Timestamp,
    ) -> Result<AdmissionId> {
        let by: Authority = by.into();
        let note = new.note.as_deref().map_or(Ok(None), |note| text::optional_line("note", note, 200))?;
        if new.valid_until <= now {
            return Err(Error::invalid("admission.period").at("valid_until"));
        }
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                let product =
                    product::find(tx, new.product)?.ok_or_else(|| Error::not_found("product.unknown"))?;
                must_edit(tx, &by, &locked, &product, now)?;
                if let Some(existing) = store::find(tx, organization, new.id)? {
                    return Ok((existing.admission.id, Vec::new()));
                }
                let (basis, contract) = match product.admission_class {
                    AdmissionClass::Open | AdmissionClass::Membership => {
                        return Err(Error::conflict("admission.not_needed"));
                    }
                    AdmissionClass::Discretionary => (AdmissionBasis::Discretionary, None),
                    AdmissionClass::Contract => {
                        (AdmissionBasis::Contract, Some(basis_contract(tx, organization, &new, now)?))
                    }
                };
                let mut events = Vec::new();
                if let Some(old) = store::find_live(tx, organization, new.product)? {
                    let held = old.state == AdmissionState::Active
                        && now < old.valid_until
                        && old.contract == contract;
                    if held && old.valid_until == new.valid_until {
                        return Err(Error::conflict("admission.exists"));
                    }
                    // A new basis or term takes the old one's place; grants sleep and wake with the row that is live.
                    store::end(tx, old.id, now)?;
                    tx.changed("admission", old.id);
                    events.push(
                        Event::done(by.actor(), "admission.replaced")
                            .on("admission", old.id)
                            .of(organization),
                    );
                }
                let row = Admission {
                    id: new.id,
                    basis,
                    contract,
                    state: AdmissionState::Active,
                    valid_from: now,
                    valid_until: new.valid_until,
                    note: note.clone(),
                };
                store::insert(tx, organization, new.product, &row, by.account(), now)?;
                tx.changed("admission", new.id);
                events.push(
                    Event::done(by.actor(), "admission.granted")
                        .on("admission", new.id)
                        .of(organization)
                        .with(json!({ "product": new.product, "basis": basis, "contract": contract })),
                );
                Ok((new.id, events))
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
        let by: Authority = by.into();
        self.db()
            .write(move |tx| {
                let (row, _) = editable(tx, &by, organization, id, now)?;
                if !store::end(tx, id, now)? {
                    return Ok(((), Vec::new()));
                }
                tx.changed("admission", id);
                let event = Event::done(by.actor(), "admission.ended")
                    .on("admission", id)
                    .of(organization)
                    .with(json!({ "product": row.product }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Suspended admissions keep their row and term, so that they can go on later.
    pub async fn set_admission_suspended(
        &self,
        by: impl Into<Authority>,
        organization: OrganizationId,
        id: AdmissionId,
        suspended: bool,
        now: Timestamp,
    ) -> Result<()> {
        let by: Authority = by.into();
        let (from, to) = if suspended {
            (AdmissionState::Active, AdmissionState::Suspended)
        } else {
            (AdmissionState::Suspended, AdmissionState::Active)
        };
        self.db()
            .write(move |tx| {
                let (row, _) = editable(tx, &by, organization, id, now)?;
                if !store::set_state(tx, id, from, to)? {
                    return Ok(((), Vec::new()));
                }
                tx.changed("admission", id);
                let event = Event::done(by.actor(), "admission.state_changed")
                    .on("admission", id)
                    .of(organization)
                    .with(json!({ "product": row.product, "to": to }));
                Ok(((), vec![event]))
            })
            .await
    }
}

fn editable(
    tx: &mut Tx<'_>,
    by: &Authority,
    organization: OrganizationId,
    id: AdmissionId,
    now: Timestamp,
) -> Result<(AdmissionRow, Product)> {
    let locked =
        organization::lock(tx, organization)?.ok_or_else(|| Error::not_found("organization.unknown"))?;
    let row = store::find(tx, organization, id)?.ok_or_else(|| Error::not_found("admission.unknown"))?;
    let product = product::find(tx, row.product)?.ok_or_else(|| Error::not_found("product.unknown"))?;
    must_edit(tx, by, &locked, &product, now)?;
    Ok((row, product))
}

/// Who edits admissions is a setting of the product.
fn must_edit(
    tx: &mut Tx<'_>,
    by: &Authority,
    locked: &Locked,
    product: &Product,
    now: Timestamp,
) -> Result<()> {
    match (by, product.admission_editor) {
        (Authority::Operator(operator), AdmissionEditor::ProductManager) => {
            operator.must_manage_product(tx, product.manager)
        }
        (Authority::Operator(operator), _) => operator.must_manage(tx, locked),
        (Authority::Administrator(_), AdmissionEditor::OrganizationAdministrator) => {
            by.power_in(tx, locked, now).map(drop)
        }
        (Authority::Administrator(_), _) => {
            by.power_in(tx, locked, now)?;
            Err(Error::forbidden("admission.editor"))
        }
    }
}

fn basis_contract(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    new: &NewAdmission,
    now: Timestamp,
) -> Result<ContractId> {
    let listing = contract::find_listing(tx, organization, new.product, now)?;
    match new.contract {
        None => {
            listing.map(|contract| contract.id).ok_or_else(|| Error::conflict("admission.contract_missing"))
        }
        Some(id) => {
            let contract =
                contract::find(tx, organization, id)?.ok_or_else(|| Error::not_found("contract.unknown"))?;
            let lists = contract::list_listings(tx)?.contains(&(contract.type_id, new.product));
            if lists && contract.is_in_force(now) {
                Ok(contract.id)
            } else {
                Err(Error::conflict("admission.contract_missing").at("contract"))
            }
        }
    }
}

fn line(
    product: Product,
    row: Option<AdmissionRow>,
    contracts: &[Contract],
    listings: &[(ContractTypeId, ProductId)],
    standing: Standing,
    now: Timestamp,
) -> AdmissionLine {
    let admission = row.map(|row| row.admission);
    let contract = admission
        .as_ref()
        .and_then(|admission| contracts.iter().find(|contract| Some(contract.id) == admission.contract))
        .cloned();
    let facts = admission.as_ref().map(|admission| AdmissionFacts {
        state: admission.state,
        suspended_by: None,
        valid_from: admission.valid_from,
        valid_until: admission.valid_until,
        contract: contract.as_ref().map(|contract| ContractFacts {
            state: contract.state,
            valid_from: contract.valid_from,
            valid_until: contract.valid_until,
            lists_product: listings.contains(&(contract.type_id, product.id)),
        }),
    });
    let signed = contracts
        .iter()
        .filter(|contract| listings.contains(&(contract.type_id, product.id)))
        .max_by_key(|contract| (contract.state == ContractState::Active, contract.valid_until, contract.id))
        .map(|contract| ContractFacts {
            state: contract.state,
            valid_from: contract.valid_from,
            valid_until: contract.valid_until,
            lists_product: true,
        });
    let layer =
        decision::admission(product.admission_class, standing, facts.as_ref(), signed.as_ref(), now);
    AdmissionLine { product, admission, contract, layer }
}
