use super::model::OrganizationType;
use super::store;
use crate::{Operator, Organizations};
use kernel::{Error, Event, Result, Timestamp};
use platform::staff::StaffRole;
use serde_json::json;

impl Organizations {
    pub async fn organization_types(&self) -> Result<Vec<OrganizationType>> {
        self.db().read(store::list).await
    }
    /// The same id again is the same form again: nothing happens.
    pub async fn create_organization_type(
        &self,
        by: &Operator,
        new: OrganizationType,
        now: Timestamp,
    ) -> Result<()> {
        let (by, policy) = (by.clone(), new.policy.to_json()?);
        self.db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::SystemAdministrator])?;
                if !store::insert(tx, &new, &policy, now)? {
                    return match store::find(tx, new.id)? {
                        Some(_) => Ok(((), Vec::new())),
                        None => Err(Error::conflict("organization_type.code_taken").at("code")),
                    };
                }
                let event = Event::done(by.actor(), "organization_type.created")
                    .on("organization_type", new.id)
                    .with(json!({ "code": new.code }));
                Ok(((), vec![event]))
            })
            .await
    }
}
