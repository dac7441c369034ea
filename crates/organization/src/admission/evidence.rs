//! Files that say why an organization was admitted: sealed as every document, kept when the admission ends, shown to whoever
//! edits it, and each look is on record.
use super::edit::locked_in;
use super::model::{Admission, MOST_EVIDENCE};
use super::service::staff_must_edit;
use super::store;
use crate::{Operator, Organizations, organization, product};
use db::Tx;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, AdmissionId, OrganizationId},
};
use platform::document::{self, Card, DocumentId, Upload};
use serde_json::json;

impl Organizations {
    /// Also of an admission that ended.
    pub async fn admission_evidence(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: AdmissionId,
    ) -> Result<Vec<Card>> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                read_by(tx, &by, organization, id)?;
                document::service::list_in(tx, Admission::evidence(id))
            })
            .await
    }
    /// Another file, for an admission in any state: evidence comes late, too. Errors at `evidence`: those of a file.
    pub async fn add_admission_evidence(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: AdmissionId,
        file: Upload,
        now: Timestamp,
    ) -> Result<()> {
        let file = document::service::prepare(self.db().keyring(), "evidence", &file, by.account())?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let locked = locked_in(tx, organization)?;
                edited_in(tx, &by, (organization, locked.account_manager), id)?;
                let place = Admission::evidence(id);
                if !document::service::add_in(tx, "evidence", place, &file, MOST_EVIDENCE, now)? {
                    return Ok(((), Vec::new()));
                }
                let event = Event::done(by.actor(), "admission.evidence_added")
                    .on("admission", id)
                    .of(organization)
                    .with(json!({ "document": file.id }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Media type and content; each look is on record.
    pub async fn admission_file(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: AdmissionId,
        file: DocumentId,
    ) -> Result<(String, Vec<u8>)> {
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                read_by(tx, &by, organization, id)?;
                let opened =
                    document::service::open_in(tx, rooms.db().keyring(), Admission::evidence(id), file)?;
                let event = Event::done(by.actor(), "admission.evidence_seen")
                    .on("admission", id)
                    .of(organization)
                    .with(json!({ "document": file }));
                Ok((opened, vec![event]))
            })
            .await
    }
}

fn unknown() -> Error {
    Error::not_found("admission.unknown")
}
/// Whoever edits the admission reads its files, and nobody else.
fn read_by(tx: &mut Tx<'_>, by: &Operator, organization: OrganizationId, id: AdmissionId) -> Result<()> {
    let found = organization::find_in(tx, organization)?.ok_or_else(unknown)?;
    edited_in(tx, by, (organization, found.account_manager), id)
}
fn edited_in(
    tx: &mut Tx<'_>,
    by: &Operator,
    (organization, account_manager): (OrganizationId, Option<AccountId>),
    id: AdmissionId,
) -> Result<()> {
    let row = store::find(tx, organization, id)?.ok_or_else(unknown)?;
    let product = product::find(tx, row.product)?.ok_or_else(unknown)?;
    staff_must_edit(tx, by, account_manager, &product)
}
