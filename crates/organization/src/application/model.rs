use kernel::{
    Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId},
};

db::text_enum! {
    pub enum ApplicationKind {
        ProductAccess = "product_access",
    }
}
db::text_enum! {
    /// Each step is decided once; `Submitted` is the only open state of this kind.
    pub enum ApplicationState {
        Submitted = "submitted",
        Approved = "approved",
        Rejected = "rejected",
        Withdrawn = "withdrawn",
        Expired = "expired",
    }
}

/// An open request that nobody decides ends by itself.
pub const OPEN_DAYS: i64 = 60;
pub const REASON_MAX: usize = 500;

#[derive(Clone, Debug)]
pub struct Application {
    pub id: ApplicationId,
    pub kind: ApplicationKind,
    pub applicant: AccountId,
    pub organization: OrganizationId,
    pub product: ProductId,
    pub state: ApplicationState,
    pub reason: Option<String>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<Timestamp>,
    pub decision_note: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
impl Application {
    /// Expiry is evaluated when read.
    pub fn state_at(&self, now: Timestamp) -> ApplicationState {
        if self.state == ApplicationState::Submitted && self.expires_at <= now {
            ApplicationState::Expired
        } else {
            self.state
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    Reject,
}
