//! Scans of contracts: sealed as every document, shown to whoever may amend the contract, and each look is on record.
use super::model::{Contract, MOST_SCANS};
use super::service::{amends, managed, unknown};
use super::store;
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{ContractId, OrganizationId},
};
use platform::document::{self, DocumentId, Prepared, Upload};
use serde_json::json;

impl Organizations {
    pub(super) fn prepared_scan(&self, by: &Operator, scan: Option<&Upload>) -> Result<Option<Prepared>> {
        scan.map(|scan| document::service::prepare(self.db().keyring(), "scan", scan, by.account()))
            .transpose()
    }
    /// Another scan, of a contract in any state: evidence comes late, too. Errors at `scan`: those of a file.
    pub async fn add_contract_scan(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContractId,
        scan: Upload,
        now: Timestamp,
    ) -> Result<()> {
        let scan = document::service::prepare(self.db().keyring(), "scan", &scan, by.account())?;
        let by = by.clone();
        self.db()
            .write(move |tx| {
                managed(tx, &by, organization)?;
                store::find(tx, organization, id)?.ok_or_else(unknown)?;
                if !add_in(tx, id, &scan, now)? {
                    return Ok(((), Vec::new()));
                }
                let event = Event::done(by.actor(), "contract.scan_added")
                    .on("contract", id)
                    .of(organization)
                    .with(json!({ "document": scan.id }));
                Ok(((), vec![event]))
            })
            .await
    }
    /// Media type and content.
    pub async fn contract_scan(
        &self,
        by: &Operator,
        organization: OrganizationId,
        id: ContractId,
        file: DocumentId,
    ) -> Result<(String, Vec<u8>)> {
        let (by, rooms) = (by.clone(), self.clone());
        self.db()
            .write(move |tx| {
                store::find(tx, organization, id)?.ok_or_else(unknown)?;
                if !amends(tx, &by, organization)? {
                    return Err(Error::forbidden("staff.role_required"));
                }
                let opened = document::service::open_in(tx, rooms.db().keyring(), Contract::scans(id), file)?;
                let event = Event::done(by.actor(), "contract.scan_seen")
                    .on("contract", id)
                    .of(organization)
                    .with(json!({ "document": file }));
                Ok((opened, vec![event]))
            })
            .await
    }
}
/// False if the form came twice.
pub(super) fn add_in(tx: &mut Tx<'_>, id: ContractId, scan: &Prepared, now: Timestamp) -> Result<bool> {
    document::service::add_in(tx, "scan", Contract::scans(id), scan, MOST_SCANS, now)
}
