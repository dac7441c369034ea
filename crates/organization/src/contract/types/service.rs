use super::store;
use crate::contract::ContractType;
use crate::organization_type::{LONGEST_NAME, NAMES, Words};
use crate::{Operator, Organizations, product};
use kernel::{
    Error, Event, Result, Timestamp,
    id::{ContractTypeId, ProductId},
};
use platform::staff::StaffRole;
use serde_json::json;

/// A contract type with what it lists.
#[derive(Clone, Debug)]
pub struct TypeCard {
    pub kind: ContractType,
    /// Counts its changes: whoever acts on an older one is told.
    pub rev: i64,
    pub products: Vec<ProductId>,
}
/// What a form wants a contract type to be.
#[derive(Clone, Debug)]
pub struct TypeChange {
    pub rev: i64,
    pub name: Words,
    pub products: Vec<ProductId>,
}
/// Who can no longer use a product once it is taken from a contract type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    pub product: ProductId,
    pub name: Words,
    pub organizations: i64,
    pub members: i64,
}

const EDITORS: &[StaffRole] = &[StaffRole::ProductManager, StaffRole::SystemAdministrator];

impl Organizations {
    pub async fn contract_types(&self) -> Result<Vec<ContractType>> {
        let cards = self.db().read(store::list).await?;
        Ok(cards.into_iter().map(|card| card.kind).collect())
    }
    /// Which products each contract type lists.
    pub async fn contract_listings(&self) -> Result<Vec<(ContractTypeId, ProductId)>> {
        self.db().read(store::list_listings).await
    }
    /// Error: `contract.type_unknown`.
    pub async fn contract_type(&self, id: ContractTypeId) -> Result<TypeCard> {
        self.db().read(move |tx| store::find(tx, id)).await?.ok_or_else(unknown)
    }
    pub async fn create_contract_type(
        &self,
        by: &Operator,
        new: ContractType,
        products: Vec<ProductId>,
    ) -> Result<ContractTypeId> {
        let by = by.clone();
        let new = ContractType { name: new.name.checked(NAMES, LONGEST_NAME)?, ..new };
        self.db()
            .write(move |tx| {
                by.must_be(tx, EDITORS)?;
                if !store::insert(tx, &new)? {
                    return if store::find(tx, new.id)?.is_some() {
                        Ok((new.id, Vec::new()))
                    } else {
                        Err(Error::conflict("contract_type.code_taken").at("code"))
                    };
                }
                for product in &products {
                    // A listing opens the product to whoever signs such a contract, so it is its manager's to decide.
                    product::recheck_manager_in(tx, &by, *product)?;
                    store::insert_product(tx, new.id, *product)?;
                }
                tx.changed("contract_type", new.id);
                let event = Event::done(by.actor(), "contract_type.created")
                    .on("contract_type", new.id)
                    .with(json!({ "code": new.code, "products": products }));
                Ok((new.id, vec![event]))
            })
            .await
    }
    /// What the change takes away, to be shown before it is applied; empty if it takes nothing.
    pub async fn contract_type_losses(
        &self,
        id: ContractTypeId,
        products: Vec<ProductId>,
        now: Timestamp,
    ) -> Result<Vec<Loss>> {
        self.db()
            .read(move |tx| {
                let card = store::find(tx, id)?.ok_or_else(unknown)?;
                let gone: Vec<ProductId> =
                    card.products.into_iter().filter(|product| !products.contains(product)).collect();
                if gone.is_empty() { Ok(Vec::new()) } else { store::list_losses(tx, id, &gone, now) }
            })
            .await
    }
    /// Takes effect at once in every organization with a contract of the type. Errors: `contract_type.changed` if somebody
    /// changed it after the form was shown; `staff.role_required` for a product of another manager.
    pub async fn change_contract_type(
        &self,
        by: &Operator,
        id: ContractTypeId,
        change: TypeChange,
        now: Timestamp,
    ) -> Result<()> {
        let name = change.name.checked(NAMES, LONGEST_NAME)?;
        if change.products.is_empty() {
            return Err(Error::invalid("field.required").at("products"));
        }
        let by = by.clone();
        self.db()
            .write(move |tx| {
                by.must_be(tx, EDITORS)?;
                // The revision is the lock: of two forms, one is applied.
                if !store::update(tx, id, change.rev, &name)? {
                    return match store::find(tx, id)? {
                        Some(_) => Err(Error::conflict("contract_type.changed")),
                        None => Err(unknown()),
                    };
                }
                let there = store::find(tx, id)?.ok_or_else(unknown)?;
                let added: Vec<ProductId> =
                    change.products.iter().copied().filter(|product| !there.products.contains(product)).collect();
                let gone: Vec<ProductId> =
                    there.products.iter().copied().filter(|product| !change.products.contains(product)).collect();
                let losses =
                    if gone.is_empty() { Vec::new() } else { store::list_losses(tx, id, &gone, now)? };
                for product in &added {
                    product::recheck_manager_in(tx, &by, *product)?;
                    store::insert_product(tx, id, *product)?;
                }
                for product in &gone {
                    product::recheck_manager_in(tx, &by, *product)?;
                    store::delete_product(tx, id, *product)?;
                }
                tx.changed("contract_type", id);
                let lost: Vec<_> = losses
                    .iter()
                    .map(|loss| {
                        json!({
                            "product": loss.product, "organizations": loss.organizations, "members": loss.members,
                        })
                    })
                    .collect();
                let event = Event::done(by.actor(), "contract_type.changed").on("contract_type", id).with(json!({
                    "name_zh": name.zh, "name_en": name.en, "added": added, "removed": gone, "lost": lost,
                }));
                Ok(((), vec![event]))
            })
            .await
    }
}
fn unknown() -> Error {
    Error::not_found("contract.type_unknown")
}
