//! One question to the register and what came of it.
use crate::register::Fault;
use kernel::{
    Id, Timestamp,
    id::{AccountId, OrganizationId, mark},
};

pub type SyncId = Id<mark::RegistrySync>;

db::text_enum! {
    pub enum SyncState {
        /// Somebody has to look at what differs.
        Different = "different",
        Same = "same",
        /// No answer that counts.
        Failed = "failed",
        Applied = "applied",
        /// An administrator left the record as it is.
        Dismissed = "dismissed",
        /// The register was asked anew.
        Superseded = "superseded",
    }
}
impl SyncState {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Different => "registry-sync-different",
            Self::Same => "registry-sync-same",
            Self::Failed => "registry-sync-failed",
            Self::Applied => "registry-sync-applied",
            Self::Dismissed => "registry-sync-dismissed",
            Self::Superseded => "registry-sync-superseded",
        }
    }
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Different => "wait",
            Self::Same | Self::Applied => "ok",
            Self::Failed => "bad",
            Self::Dismissed | Self::Superseded => "",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Sync {
    pub id: SyncId,
    pub organization: OrganizationId,
    pub source_name: String,
    /// None for the schedule.
    pub asked_by: Option<AccountId>,
    pub state: SyncState,
    pub fault: Option<Fault>,
    pub created_at: Timestamp,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<Timestamp>,
}
