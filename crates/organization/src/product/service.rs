use super::model::{self, Product, ProductState};
use super::store;
use crate::membership::Role;
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{Error, Event, Result, Timestamp, id::ProductId, text};
use platform::staff::StaffRole;
use serde_json::json;

/// Inside a transaction of a room above: whether this operator may change the product and what belongs to it.
/// Errors: `product.unknown`, `staff.role_required`.
pub fn recheck_manager_in(tx: &mut Tx<'_>, by: &Operator, id: ProductId) -> Result<()> {
    let product = store::find(tx, id)?.ok_or_else(|| Error::not_found("product.unknown"))?;
    by.must_manage_product(tx, product.manager)
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
    pub async fn set_product_state(&self, by: &Operator, id: ProductId, state: ProductState) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let product = store::find(tx, id)?.ok_or_else(|| Error::not_found("product.unknown"))?;
                by.must_manage_product(tx, product.manager)?;
                store::set_state(tx, id, state)?;
                tx.changed("product", id);
                let event = Event::done(by.actor(), "product.state_changed")
                    .on("product", id)
                    .with(json!({ "from": product.state, "to": state }));
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

fn checked(mut new: Product) -> Result<Product> {
    new.code = model::code(&new.code)?;
    new.name.zh = text::line("name_zh", &new.name.zh, 60)?;
    new.name.en = text::line("name_en", &new.name.en, 100)?;
    new.summary.zh = text::line("summary_zh", &new.summary.zh, 200)?;
    new.summary.en = text::line("summary_en", &new.summary.en, 300)?;
    new.category = text::line("category", &new.category, 40)?;
    new.launch_url = new.launch_url.map(|url| model::launch_url(&url)).transpose()?;
    if !(1..=3).contains(&new.minimum_strength) {
        return Err(Error::invalid("field.unknown_value").at("minimum_strength"));
    }
    if new.roles_allowed.is_empty() {
        new.roles_allowed = vec![Role::Agent];
    }
    Ok(new)
}
