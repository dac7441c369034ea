use super::model::{self, Category, CategoryId, LONGEST_NAME};
use super::store;
use crate::organization_type::{NAMES, Words};
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{Error, Event, Result, Timestamp};
use platform::staff::StaffRole;
use serde_json::json;

const EDITORS: &[StaffRole] = &[StaffRole::SystemAdministrator];
const MOST: usize = 50;

fn unknown() -> Error {
    Error::not_found("category.unknown")
}
fn find(tx: &mut Tx<'_>, id: CategoryId) -> Result<Category> {
    store::list(tx)?.into_iter().find(|category| category.id == id).ok_or_else(unknown)
}

impl Organizations {
    pub async fn categories(&self) -> Result<Vec<Category>> {
        self.db().read(store::list).await
    }
    /// Stands last. The same id again is the same form again. Errors: `category.code_taken`, `category.too_many`.
    pub async fn create_category(
        &self,
        by: &Operator,
        id: CategoryId,
        code: &str,
        name: &Words,
        now: Timestamp,
    ) -> Result<()> {
        let (by, code, name) = (by.clone(), model::code(code)?, name.checked(NAMES, LONGEST_NAME)?);
        self.db()
            .write(move |tx| {
                by.must_be(tx, EDITORS)?;
                let known = store::list(tx)?;
                if known.iter().any(|category| category.id == id) {
                    return Ok(((), Vec::new()));
                }
                if known.len() >= MOST {
                    return Err(Error::conflict("category.too_many").arg("most", MOST.to_string()));
                }
                if !store::insert(tx, id, &code, &name, now)? {
                    return Err(Error::conflict("category.code_taken").at("code"));
                }
                let event = Event::done(by.actor(), "category.created")
                    .on("product_category", id)
                    .with(json!({ "code": code }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Errors: `category.changed_meanwhile`, `category.unknown`.
    pub async fn rename_category(&self, by: &Operator, id: CategoryId, rev: i64, name: &Words) -> Result<()> {
        let (by, name) = (by.clone(), name.checked(NAMES, LONGEST_NAME)?);
        self.db()
            .write(move |tx| {
                by.must_be(tx, EDITORS)?;
                let before = find(tx, id)?;
                if !store::rename(tx, id, rev, &name)? {
                    return Err(Error::conflict("category.changed_meanwhile"));
                }
                let event = Event::done(by.actor(), "category.renamed")
                    .on("product_category", id)
                    .with(json!({ "before": before.name, "after": name }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// One step towards the beginning or the end; at the edge it stays.
    pub async fn move_category(&self, by: &Operator, id: CategoryId, up: bool) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                by.must_be(tx, EDITORS)?;
                let mut order: Vec<CategoryId> = store::list(tx)?.into_iter().map(|known| known.id).collect();
                let at = order.iter().position(|known| *known == id).ok_or_else(unknown)?;
                let other = if up { at.checked_sub(1) } else { Some(at + 1) };
                let Some(other) = other.filter(|other| *other < order.len()) else {
                    return Ok(((), Vec::new()));
                };
                order.swap(at, other);
                // Written by id, so that two who move at once wait for each other; the last order is whole.
                let mut places: Vec<(CategoryId, i64)> = order.into_iter().zip(1..).collect();
                places.sort_by_key(|(id, _)| *id);
                for (id, place) in places {
                    store::set_place(tx, id, place)?;
                }
                let event = Event::done(by.actor(), "category.moved").on("product_category", id);
                Ok(((), vec![event]))
            })
            .await
    }
    /// Errors: `category.in_use`, `category.unknown`.
    pub async fn delete_category(&self, by: &Operator, id: CategoryId) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                by.must_be(tx, EDITORS)?;
                let before = find(tx, id)?;
                if !store::delete(tx, id)? {
                    return Err(Error::conflict("category.in_use"));
                }
                let event = Event::done(by.actor(), "category.deleted")
                    .on("product_category", id)
                    .with(json!({ "code": before.code, "name": before.name }));
                Ok(((), vec![event]))
            })
            .await
    }
}
