use super::input::ParsedType;
use super::model::{EditedType, Identifier, OrganizationType};
use super::store;
use crate::{Operator, Organizations};
use kernel::{Error, Event, Result, Timestamp, id::OrganizationTypeId};
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
    /// Error: `organization_type.unknown`.
    pub async fn organization_type(&self, id: OrganizationTypeId) -> Result<EditedType> {
        self.db()
            .read(move |tx| store::find_edited(tx, id))
            .await?
            .ok_or_else(|| Error::not_found("organization_type.unknown"))
    }
    /// The whole policy anew, by whoever saw its newest form; it counts from the next decision on. Errors:
    /// `organization_type.changed_meanwhile`, `organization_type.code_taken`; `organization_type.identifier_in_use` while an
    /// organization has an identifier that the type would no longer know.
    pub async fn change_organization_type(
        &self,
        by: &Operator,
        id: OrganizationTypeId,
        rev: i64,
        new: ParsedType,
    ) -> Result<()> {
        let (by, policy) = (by.clone(), new.policy.to_json()?);
        self.db()
            .write(move |tx| {
                by.must_be(tx, &[StaffRole::SystemAdministrator])?;
                let before = store::find_edited(tx, id)?
                    .ok_or_else(|| Error::not_found("organization_type.unknown"))?;
                if before.rev != rev {
                    return Err(Error::conflict("organization_type.changed_meanwhile"));
                }
                for identifier in Identifier::ALL {
                    if !new.policy.has(*identifier) && store::is_in_use(tx, id, *identifier)? {
                        let error = Error::conflict("organization_type.identifier_in_use");
                        return Err(error.at("identifiers"));
                    }
                }
                if store::is_code_taken(tx, id, &new.code)? {
                    return Err(Error::conflict("organization_type.code_taken").at("code"));
                }
                if !store::update(tx, id, rev, &new, &policy)? {
                    return Err(Error::conflict("organization_type.changed_meanwhile"));
                }
                tx.changed("organization_type", id);
                let event = Event::done(by.actor(), "organization_type.changed")
                    .on("organization_type", id)
                    .with(json!({
                        "code": { "before": before.kind.code, "after": new.code },
                        "policy": { "before": before.kind.policy, "after": new.policy },
                    }));
                Ok(((), vec![event]))
            })
            .await
            .map_err(code_taken)
    }
}

/// Two desks typed the same code at the same instant: the index said no.
fn code_taken(error: Error) -> Error {
    if error.is_duplicate() { Error::conflict("organization_type.code_taken").at("code") } else { error }
}
