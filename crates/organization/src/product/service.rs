use super::model::{self, Product, ProductState};
use super::store::{self, Reach};
use crate::membership::Role;
use crate::organization_type::{LONGEST_NAME, NAMES};
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, ProductId},
    text,
};
use platform::staff::{StaffRole, StaffState};
use serde_json::{Value, json};

/// Inside a transaction of a room above: whether this operator may change the product and what belongs to it.
/// Errors: `product.unknown`, `staff.role_required`.
pub fn recheck_manager_in(tx: &mut Tx<'_>, by: &Operator, id: ProductId) -> Result<()> {
    let product = store::find(tx, id)?.ok_or_else(|| Error::not_found("product.unknown"))?;
    by.must_manage_product(tx, product.manager)
}

/// A product with what the desk needs beside it.
#[derive(Clone, Debug)]
pub struct AtDesk {
    pub product: Product,
    pub rev: i64,
    pub reach: Reach,
}

impl Organizations {
    /// Drafts and withdrawn ones included; whoever shows a product to people looks at its state.
    pub async fn product(&self, id: ProductId) -> Result<Product> {
        self.db()
            .read(move |tx| store::find(tx, id))
            .await?
            .ok_or_else(|| Error::not_found("product.unknown"))
    }
    /// The catalog; with drafts and withdrawn ones for the desk.
    pub async fn products(&self, with_hidden: bool) -> Result<Vec<Product>> {
        self.db().read(move |tx| store::list(tx, with_hidden)).await
    }
    /// The same id again is the same form again.
    pub async fn create_product(&self, by: &Operator, new: Product, now: Timestamp) -> Result<ProductId> {
        let new = checked(new)?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::ProductManager, StaffRole::SystemAdministrator])?;
                if !store::insert(tx, &new, now)? {
                    return match store::find(tx, new.id)? {
                        Some(_) => Ok((new.id, Vec::new())),
                        None => Err(Error::conflict("product.code_taken").at("code")),
                    };
                }
                tx.changed("product", new.id);
                let event = Event::done(by.actor(), "product.created")
                    .on("product", new.id)
                    .with(json!({ "code": new.code }));
                Ok((new.id, vec![event]))
            })
            .await
    }
    /// What this member of staff works on at the desk: a product manager's own products and those without a manager, for
    /// the other roles all of them.
    pub async fn products_at_desk(&self, by: &Operator) -> Result<Vec<Product>> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let own = by.staff_role_in(tx)? == Some(StaffRole::ProductManager);
                store::list_managed(tx, by.account().filter(|_| own))
            })
            .await
    }
    /// As [`Self::products_at_desk`] shows it: another product manager's is not there.
    pub async fn product_at_desk(&self, by: &Operator, id: ProductId, now: Timestamp) -> Result<AtDesk> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let unknown = || Error::not_found("product.unknown");
                let product = store::find(tx, id)?.ok_or_else(unknown)?;
                let own = by.staff_role_in(tx)? == Some(StaffRole::ProductManager);
                if own && product.manager.is_some() && product.manager != by.account() {
                    return Err(unknown());
                }
                let rev = store::find_rev(tx, id)?.ok_or_else(unknown)?;
                Ok(AtDesk { product, rev, reach: store::reach(tx, id, now)? })
            })
            .await
    }
    /// Everything but state and manager, by whoever saw its newest form; it counts from the next decision on. Errors:
    /// `product.changed_meanwhile`, `product.code_taken`, those of the fields.
    pub async fn change_product(&self, by: &Operator, rev: i64, new: Product) -> Result<()> {
        let (by, new) = (by.clone(), checked(new)?);
        self.db()
            .write(move |tx| {
                let before = store::find(tx, new.id)?.ok_or_else(|| Error::not_found("product.unknown"))?;
                by.must_manage_product(tx, before.manager)?;
                if store::is_code_taken(tx, new.id, &new.code)? {
                    return Err(Error::conflict("product.code_taken").at("code"));
                }
                if !store::update(tx, rev, &new)? {
                    return Err(Error::conflict("product.changed_meanwhile"));
                }
                tx.changed("product", new.id);
                let event = Event::done(by.actor(), "product.changed")
                    .on("product", new.id)
                    .with(json!({ "before": told(&before), "after": told(&new) }));
                Ok(((), vec![event]))
            })
            .await
            .map_err(code_taken)
    }
    /// Draft, published, suspended, withdrawn. Errors: `product.transition`, those of the product.
    pub async fn set_product_state(&self, by: &Operator, id: ProductId, state: ProductState) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let product = store::find(tx, id)?.ok_or_else(|| Error::not_found("product.unknown"))?;
                by.must_manage_product(tx, product.manager)?;
                if product.state == state {
                    return Ok(((), Vec::new()));
                }
                let free = product.state.next().contains(&state);
                if !free || !store::set_state(tx, id, product.state, state)? {
                    return Err(Error::conflict("product.transition"));
                }
                tx.changed("product", id);
                let event = Event::done(by.actor(), "product.state_changed")
                    .on("product", id)
                    .with(json!({ "from": product.state, "to": state }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Who looks after the product from now on; the system administrator says. Error `product.manager_unfit` unless that is a
    /// product manager.
    pub async fn set_product_manager(
        &self,
        by: &Operator,
        id: ProductId,
        manager: Option<AccountId>,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::SystemAdministrator])?;
                let before = store::find(tx, id)?.ok_or_else(|| Error::not_found("product.unknown"))?;
                if let Some(account) = manager {
                    let staff = platform::staff::service::find_in(tx, account)?;
                    let fits = staff.is_some_and(|member| {
                        member.role == StaffRole::ProductManager && member.state == StaffState::Active
                    });
                    if !fits {
                        return Err(Error::invalid("product.manager_unfit").at("manager"));
                    }
                }
                if before.manager == manager {
                    return Ok(((), Vec::new()));
                }
                store::set_manager(tx, id, manager)?;
                tx.changed("product", id);
                let event = Event::done(by.actor(), "product.manager_changed")
                    .on("product", id)
                    .with(json!({ "before": before.manager, "after": manager }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Where the catalog's "open" leads.
    pub async fn set_launch_url(&self, by: &Operator, id: ProductId, url: &str) -> Result<()> {
        let (by, url) = (by.clone(), model::launch_url(url)?);
        self.db()
            .write(move |tx| {
                recheck_manager_in(tx, &by, id)?;
                store::set_launch_url(tx, id, &url)?;
                tx.changed("product", id);
                let event = Event::done(by.actor(), "product.launch_url_changed").on("product", id);
                Ok(((), vec![event]))
            })
            .await
    }
}

/// Two desks typed the same code at the same instant: the index said no.
fn code_taken(error: Error) -> Error {
    if error.is_duplicate() { Error::conflict("product.code_taken").at("code") } else { error }
}
/// For the record: everything that a form changes.
fn told(product: &Product) -> Value {
    json!({
        "code": product.code,
        "name": product.name,
        "summary": product.summary,
        "category": product.category,
        "icon": product.icon,
        "launch_url": product.launch_url,
        "audience": product.audience,
        "admission_class": product.admission_class,
        "grant_mode": product.grant_mode,
        "admission_editor": product.admission_editor,
        "minimum_level": product.minimum_level,
        "minimum_strength": product.minimum_strength,
        "roles_allowed": model::roles_text(&product.roles_allowed),
        "network_zone": product.network_zone,
    })
}
fn checked(mut new: Product) -> Result<Product> {
    new.code = model::code(&new.code)?;
    new.name = new.name.checked(NAMES, LONGEST_NAME)?;
    new.summary = new.summary.checked(model::SUMMARIES, model::LONGEST_SUMMARY)?;
    new.category = text::line("category", &new.category, 40)?;
    new.network_zone = match &new.network_zone {
        Some(zone) => text::optional_line("network_zone", zone, 60)?,
        None => None,
    };
    new.launch_url = new.launch_url.map(|url| model::launch_url(&url)).transpose()?;
    if !(1..=3).contains(&new.minimum_strength) {
        return Err(Error::invalid("field.unknown_value").at("minimum_strength"));
    }
    if new.roles_allowed.is_empty() {
        new.roles_allowed = vec![Role::Agent];
    }
    Ok(new)
}
