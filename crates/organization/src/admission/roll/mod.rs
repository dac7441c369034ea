//! Who is admitted to a product, as the desk sees it: an account manager's own organizations, a product manager's own
//! products. And who could be: the organizations that a batch is chosen from.
mod store;

use super::model::AdmissionState;
use crate::decision::{self, AdmissionFacts, ContractFacts, Layer, Standing};
use crate::organization::{RegistryState, folded};
use crate::organization_type::Words;
use crate::product::{self, AdmissionClass, AdmissionEditor, Product};
use crate::{Operator, Organizations};
use db::Tx;
use kernel::{
    Error, Result, Timestamp,
    id::{AccountId, AdmissionId, OrganizationId, OrganizationTypeId, ProductId},
};
use platform::staff::StaffRole;
pub(super) use store::find_by_number;

db::text_enum! {
    pub enum RollState {
        /// Everything that did not end.
        Live = "live",
        Held = "held",
        /// Given, but without effect now.
        Lapsed = "lapsed",
        Suspended = "suspended",
        /// In force for less than 30 days.
        Ending = "ending",
        Ended = "ended",
    }
}
#[derive(Clone, Debug)]
pub struct RollFilter {
    pub state: RollState,
    /// Beginning of the organization's name.
    pub name: Option<String>,
    /// The last line of the page before.
    pub before: Option<i64>,
}
/// One organization that is, or was, admitted.
#[derive(Clone, Debug)]
pub struct RollLine {
    /// Where the next page goes on.
    pub key: i64,
    pub organization: OrganizationId,
    pub name: String,
    pub identifier: Option<String>,
    /// None where the admission comes with the member number.
    pub admission: Option<AdmissionId>,
    pub state: Option<AdmissionState>,
    pub since: Timestamp,
    pub contract: Option<String>,
    pub note: Option<String>,
    pub layer: Layer,
}

db::text_enum! {
    pub enum CandidateState {
        Without = "without",
        With = "with",
        Any = "any",
    }
}
#[derive(Clone, Debug)]
pub struct CandidateFilter {
    pub state: CandidateState,
    pub name: Option<String>,
    pub kind: Option<OrganizationTypeId>,
    pub before: Option<OrganizationId>,
}
/// One organization that a batch may be about.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: OrganizationId,
    pub name: String,
    pub identifier: Option<String>,
    pub kind: Words,
    pub state: Option<AdmissionState>,
}

impl Organizations {
    /// Newest first. Errors: `product.unknown` for a product of another manager, `staff.role_required`.
    pub async fn admission_roll(
        &self,
        by: &Operator,
        product: ProductId,
        filter: RollFilter,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<RollLine>> {
        let by = by.clone();
        self.db()
            .read(move |tx| {
                let (product, manager) = seen_in(tx, &by, product)?;
                let rows = match product.admission_class {
                    AdmissionClass::Open => Vec::new(),
                    AdmissionClass::Membership => store::list_numbered(tx, manager, &filter, limit)?,
                    AdmissionClass::Contract | AdmissionClass::Discretionary => {
                        store::list_admitted(tx, product.id, manager, &filter, limit, now)?
                    }
                };
                Ok(rows.into_iter().map(|row| line(row, product.admission_class, now)).collect())
            })
            .await
    }
    /// Newest first, of the own portfolio where an account manager asks.
    pub async fn admission_candidates(
        &self,
        by: &Operator,
        product: ProductId,
        filter: CandidateFilter,
        limit: i64,
    ) -> Result<Vec<Candidate>> {
        let by = by.clone();
        self.db().read(move |tx| candidates_in(tx, &by, product, &filter, limit)).await
    }
}
pub(super) fn candidates_in(
    tx: &mut Tx<'_>,
    by: &Operator,
    product: ProductId,
    filter: &CandidateFilter,
    limit: i64,
) -> Result<Vec<Candidate>> {
    let (product, manager) = seen_in(tx, by, product)?;
    store::list_candidates(tx, product.id, manager, filter, limit)
}

/// The product, and whose organizations the reader sees of it; None for everybody's.
fn seen_in(tx: &mut Tx<'_>, by: &Operator, product: ProductId) -> Result<(Product, Option<AccountId>)> {
    let unknown = || Error::not_found("product.unknown");
    let product = product::find(tx, product)?.ok_or_else(unknown)?;
    match by.staff_role_in(tx)? {
        None | Some(StaffRole::SystemAdministrator) => Ok((product, None)),
        Some(StaffRole::AccountManager) => Ok((product, by.account())),
        Some(StaffRole::ProductManager) => match product.manager {
            Some(manager) if by.account() != Some(manager) => Err(unknown()),
            _ => Ok((product, None)),
        },
        Some(_) => Err(Error::forbidden("staff.role_required")),
    }
}
/// Everything that begins with the typed name: U+10FFFF sorts behind any other character.
fn range(name: Option<&str>) -> (Option<String>, Option<String>) {
    let from = name.map(folded);
    let to = from.as_ref().map(|from| format!("{from}\u{10FFFF}"));
    (from, to)
}

struct Row {
    key: i64,
    organization: OrganizationId,
    name: String,
    uscc: Option<String>,
    member_number: Option<String>,
    registry_state: RegistryState,
    created_at: Timestamp,
    admission: Option<AdmissionId>,
    state: Option<AdmissionState>,
    suspended_by: Option<AdmissionEditor>,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
    note: Option<String>,
    contract: Option<String>,
    contract_state: Option<crate::contract::ContractState>,
    contract_from: Option<Timestamp>,
    contract_until: Option<Timestamp>,
    lists: bool,
}
fn line(row: Row, class: AdmissionClass, now: Timestamp) -> RollLine {
    let contract = match (row.contract_state, row.contract_from, row.contract_until) {
        (Some(state), Some(valid_from), Some(valid_until)) => {
            Some(ContractFacts { state, valid_from, valid_until, lists_product: row.lists })
        }
        _ => None,
    };
    let facts = match (row.state, row.valid_from, row.valid_until) {
        (Some(state), Some(valid_from), Some(valid_until)) => {
            let suspended_by = row.suspended_by;
            Some(AdmissionFacts { state, suspended_by, valid_from, valid_until, contract })
        }
        _ => None,
    };
    let standing =
        Standing { has_member_number: row.member_number.is_some(), registry_state: row.registry_state };
    RollLine {
        layer: decision::admission(class, standing, facts.as_ref(), None, now),
        since: row.valid_from.unwrap_or(row.created_at),
        key: row.key,
        organization: row.organization,
        name: row.name,
        identifier: row.uscc.or(row.member_number),
        admission: row.admission,
        state: row.state,
        contract: row.contract,
        note: row.note,
    }
}
