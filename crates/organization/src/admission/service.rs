use super::model::{AdmissionLine, COUNTED};
use super::store::{self, AdmissionRow};
use crate::contract::{self, Contract, ContractState};
use crate::decision::{self, AdmissionFacts, ContractFacts, Standing};
use crate::organization::{Locked, Organization};
use crate::product::{self, AdmissionEditor, GrantMode, Product};
use crate::{Authority, Operator, Organizations};
use db::Tx;
use kernel::{
    Error, Result, Timestamp,
    id::{AccountId, AdmissionId, ContractTypeId, OrganizationId, ProductId},
};
use platform::staff::StaffRole;
use std::collections::BTreeMap;

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
        self.db().read(move |tx| admissions_in(tx, id, standing, now)).await
    }
    /// For the desk: a product manager sees the own products, and contracts that cover them.
    pub async fn desk_admissions(
        &self,
        by: &Operator,
        organization: &Organization,
        now: Timestamp,
    ) -> Result<Admissions> {
        let contracts = self.desk_contracts(by, organization.id).await?;
        let (by, id, standing) = (by.clone(), organization.id, organization.standing());
        self.db()
            .read(move |tx| {
                let mut found = admissions_in(tx, id, standing, now)?;
                if let (Some(StaffRole::ProductManager), Some(manager)) =
                    (by.staff_role_in(tx)?, by.account())
                {
                    let own = store::list_of_manager(tx, manager)?;
                    found.lines.retain(|line| own.contains(&line.product.id));
                }
                found.contracts.clone_from(&contracts);
                Ok(found)
            })
            .await
    }
    /// One admission as a reader of the organization sees it, also after its end. Error: `admission.unknown`.
    pub async fn desk_admission(
        &self,
        by: &Operator,
        organization: &Organization,
        id: AdmissionId,
        now: Timestamp,
    ) -> Result<AdmissionLine> {
        let found = self.desk_admissions(by, organization, now).await?;
        let mut lines = found.lines.into_iter();
        if let Some(line) = lines.find(|line| line.admission.as_ref().is_some_and(|there| there.id == id)) {
            return Ok(line);
        }
        let (by, of, standing) = (by.clone(), organization.id, organization.standing());
        let unknown = || Error::not_found("admission.unknown");
        self.db()
            .read(move |tx| {
                let row = store::find(tx, of, id)?.ok_or_else(unknown)?;
                let product = product::find(tx, row.product)?.ok_or_else(unknown)?;
                if let (Some(StaffRole::ProductManager), Some(own)) = (by.staff_role_in(tx)?, by.account())
                    && product.manager.is_some_and(|manager| manager != own)
                {
                    return Err(unknown());
                }
                let (contracts, listings) = (contract::list(tx, of)?, contract::list_listings(tx)?);
                Ok(line(product, Some(row), &contracts, &listings, standing, now))
            })
            .await
    }
}

fn admissions_in(
    tx: &mut Tx<'_>,
    id: OrganizationId,
    standing: Standing,
    now: Timestamp,
) -> Result<Admissions> {
    let contracts = contract::list(tx, id)?;
    let listings = contract::list_listings(tx)?;
    let mut rows = store::list(tx, id)?;
    let granted: BTreeMap<ProductId, i64> = store::count_grants(tx, id, now)?.into_iter().collect();
    let (agents, looked_at) = store::count_agents(tx, id, now)?;
    let more_members = looked_at == COUNTED;
    let lines = product::list(tx, false)?
        .into_iter()
        .filter(|product| product.audience != product::Audience::Person)
        .map(|product| {
            let row = rows.iter().position(|row| row.product == product.id).map(|at| rows.swap_remove(at));
            let members = match product.grant_mode {
                GrantMode::Explicit => granted.get(&product.id).copied().unwrap_or(0),
                GrantMode::EveryAgent => agents,
            };
            AdmissionLine {
                members,
                more_members,
                ..line(product, row, &contracts, &listings, standing, now)
            }
        })
        .collect();
    Ok(Admissions { lines, contracts, listings })
}
/// One product of one organization, inside a transaction.
pub(super) fn line_in(
    tx: &mut Tx<'_>,
    organization: &Organization,
    product: ProductId,
    now: Timestamp,
) -> Result<AdmissionLine> {
    admissions_in(tx, organization.id, organization.standing(), now)?
        .lines
        .into_iter()
        .find(|line| line.product.id == product)
        .ok_or_else(|| Error::not_found("product.unknown"))
}

/// Who edits admissions is a setting of the product.
pub(super) fn must_edit(
    tx: &mut Tx<'_>,
    by: &Authority,
    locked: &Locked,
    product: &Product,
    now: Timestamp,
) -> Result<()> {
    match (by, product.admission_editor) {
        (Authority::Operator(operator), _) => staff_must_edit(tx, operator, locked.account_manager, product),
        (Authority::Administrator(_), AdmissionEditor::OrganizationAdministrator) => {
            by.power_in(tx, locked, now).map(drop)
        }
        (Authority::Administrator(_), _) => {
            by.power_in(tx, locked, now)?;
            Err(Error::forbidden("admission.editor"))
        }
    }
}
/// The same for staff, of an organization that is looked after by `account_manager`.
pub(super) fn staff_must_edit(
    tx: &mut Tx<'_>,
    by: &Operator,
    account_manager: Option<AccountId>,
    product: &Product,
) -> Result<()> {
    match product.admission_editor {
        AdmissionEditor::ProductManager => by.must_manage_product(tx, product.manager),
        AdmissionEditor::AccountManager | AdmissionEditor::OrganizationAdministrator => {
            by.must_look_after(tx, account_manager)
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
        suspended_by: admission.suspended_by,
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
    let layer = decision::admission(product.admission_class, standing, facts.as_ref(), signed.as_ref(), now);
    AdmissionLine { product, admission, contract, layer, members: 0, more_members: false }
}
