use super::model::{Contract, ContractType};
use super::store;
use crate::{Operator, Organizations, organization, product};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{ContractId, ContractTypeId, OrganizationId, ProductId},
    text,
};
use platform::staff::StaffRole;
use serde_json::json;

#[derive(Clone, Debug)]
pub struct NewContract {
    pub id: ContractId,
    pub type_id: ContractTypeId,
    pub number: String,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
}

impl Organizations {
    pub async fn contract_types(&self) -> Result<Vec<ContractType>> {
        self.db().read(store::list_types).await
    }
    /// Which products each contract type lists.
    pub async fn contract_listings(&self) -> Result<Vec<(ContractTypeId, ProductId)>> {
        self.db().read(store::list_listings).await
    }
    pub async fn contracts(&self, organization: OrganizationId) -> Result<Vec<Contract>> {
        self.db().read(move |tx| store::list(tx, organization)).await
    }
    pub async fn create_contract_type(
        &self,
        by: &Operator,
        new: ContractType,
        products: Vec<ProductId>,
    ) -> Result<ContractTypeId> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::ProductManager, StaffRole::SystemAdministrator])?;
                if !store::insert_type(tx, &new)? {
                    return if store::type_exists(tx, new.id)? {
                        Ok((new.id, Vec::new()))
                    } else {
                        Err(Error::conflict("contract_type.code_taken").at("code"))
                    };
                }
                for product in &products {
                    // A listing opens the product to whoever signs such a contract, so it is its manager's to decide.
                    product::recheck_manager_in(tx, &by, *product)?;
                    store::insert_type_product(tx, new.id, *product)?;
                }
                let event = Event::done(by.actor(), "contract_type.created")
                    .on("contract_type", new.id)
                    .with(json!({ "code": new.code, "products": products }));
                Ok((new.id, vec![event]))
            })
            .await
    }
    /// Products of the contract class still need an admission that rests on it.
    pub async fn sign_contract(
        &self,
        by: &Operator,
        organization: OrganizationId,
        new: NewContract,
        now: Timestamp,
    ) -> Result<ContractId> {
        let new = NewContract { number: text::line("number", &new.number, 60)?, ..new };
        if new.valid_until <= new.valid_from {
            return Err(Error::invalid("contract.period").at("valid_until"));
        }
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                by.must_manage(tx, &locked)?;
                if !store::type_exists(tx, new.type_id)? {
                    return Err(Error::invalid("contract.type_unknown").at("type"));
                }
                if !store::insert(tx, organization, &new, now)? {
                    return match store::find(tx, organization, new.id)? {
                        Some(_) => Ok((new.id, Vec::new())),
                        None => Err(Error::conflict("contract.number_taken").at("number")),
                    };
                }
                tx.changed("contract", new.id);
                let event = Event::done(by.actor(), "contract.signed")
                    .on("contract", new.id)
                    .of(organization)
                    .with(json!({ "type": new.type_id, "number": new.number }));
                Ok((new.id, vec![event]))
            })
            .await
    }
    /// Admissions that rest on it hold no longer, at once; they wake if another contract takes its place.
    pub async fn terminate_contract(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContractId,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let locked = organization::lock(tx, organization)?
                    .ok_or_else(|| Error::not_found("organization.unknown"))?;
                by.must_manage(tx, &locked)?;
                store::find(tx, organization, id)?.ok_or_else(|| Error::not_found("contract.unknown"))?;
                if !store::terminate(tx, id)? {
                    return Ok(((), Vec::new()));
                }
                tx.changed("contract", id);
                let event =
                    Event::done(by.actor(), "contract.terminated").on("contract", id).of(organization);
                Ok(((), vec![event]))
            })
            .await
    }
}
