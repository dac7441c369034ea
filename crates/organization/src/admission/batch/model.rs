use crate::admission::roll::CandidateFilter;
use kernel::{
    Actor, Id, Timestamp,
    actor::ActorKind,
    id::{AccountId, AdmissionId, OrganizationId, ProductId, SessionId},
};

/// Marks ids of batches.
#[derive(Debug)]
pub enum Mark {}
pub type BatchId = Id<Mark>;

/// Rows of one batch.
pub const MOST_ROWS: usize = 2_000;

db::text_enum! {
    pub enum BatchAction {
        Admit = "admit",
        Suspend = "suspend",
        Resume = "resume",
        End = "end",
    }
}
db::text_enum! {
    pub enum BatchState {
        /// Waits for a yes.
        Shown = "shown",
        Running = "running",
        Done = "done",
        /// By hand; what was applied stays.
        Stopped = "stopped",
        Discarded = "discarded",
    }
}
db::text_enum! {
    pub enum RowState {
        /// Changes something once it is applied.
        Waiting = "waiting",
        /// Could not from the beginning.
        Idle = "idle",
        Done = "done",
        /// Could not any more when its turn came.
        Refused = "refused",
    }
}

/// What a batch is about.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// Many organizations and one product.
    Organizations {
        product: ProductId,
        organizations: Vec<OrganizationId>,
        /// Member numbers and codes as they were pasted.
        typed: Vec<String>,
        /// Everything that a filter shows.
        matching: Option<CandidateFilter>,
    },
    /// One organization and many products.
    Products { organization: OrganizationId, products: Vec<ProductId> },
}
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Drawn when the form was rendered.
    pub id: BatchId,
    pub chosen: Chosen,
    pub action: BatchAction,
    pub valid_until: Timestamp,
    pub reason: String,
}

#[derive(Clone, Debug)]
pub struct Batch {
    pub id: BatchId,
    pub product: Option<ProductId>,
    pub organization: Option<OrganizationId>,
    pub account: AccountId,
    pub action: BatchAction,
    pub valid_until: Timestamp,
    pub reason: Option<String>,
    pub state: BatchState,
    pub session: Option<SessionId>,
    pub address: Option<String>,
    pub total: i64,
    /// Rows that would change something.
    pub changes: i64,
    pub done: i64,
    pub refused: i64,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}
/// A batch as a list shows it.
#[derive(Clone, Debug)]
pub struct BatchLine {
    pub id: BatchId,
    /// The product or the organization that all its rows have in common.
    pub about_zh: String,
    pub about_en: String,
    pub action: BatchAction,
    pub state: BatchState,
    pub changes: i64,
    pub done: i64,
    pub refused: i64,
    pub created_at: Timestamp,
}
impl Batch {
    /// Whoever confirmed, for the record of what the worker does in their name.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::Staff,
            account: Some(self.account),
            session: self.session,
            address: self.address.as_ref().and_then(|address| address.parse().ok()),
            request_id: format!("batch-{}", self.id),
            ..Actor::system()
        }
    }
}

/// A row as it is put down.
#[derive(Clone, Debug)]
pub(super) struct NewRow {
    pub organization: Option<OrganizationId>,
    pub product: ProductId,
    pub typed: Option<String>,
    /// `admit`, `renew`, `suspend` …, or the code of what stands against it.
    pub plan: &'static str,
    pub expected: String,
    pub admission: AdmissionId,
    pub state: RowState,
}
/// A row that waits for its turn.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub number: i64,
    pub organization: OrganizationId,
    pub product: ProductId,
    pub expected: String,
    pub admission: AdmissionId,
}
/// A row as a page shows it.
#[derive(Clone, Debug)]
pub struct BatchRow {
    pub number: i64,
    pub organization: Option<OrganizationId>,
    pub organization_name: Option<String>,
    pub product_zh: String,
    pub product_en: String,
    pub typed: Option<String>,
    pub plan: String,
    pub state: RowState,
    pub code: Option<String>,
}
