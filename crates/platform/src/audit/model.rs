//! One audit event as it is read.
use kernel::{Id, Timestamp, id::mark};

#[derive(Clone, Debug)]
pub struct Entry {
    pub id: Id<mark::AuditEvent>,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_account: Option<kernel::id::AccountId>,
    pub action: String,
    pub outcome: String,
    pub object_kind: String,
    pub object_id: Option<i64>,
    pub organization: Option<kernel::id::OrganizationId>,
    pub address: Option<String>,
    pub request_id: String,
    /// JSON.
    pub detail: String,
}
db::row!(Entry {
    id,
    at,
    actor_kind,
    actor_account,
    action,
    outcome,
    object_kind,
    object_id,
    organization,
    address,
    request_id,
    detail,
});

/// Where the previous page ended: entries are listed newest first by (time, id).
#[derive(Clone, Copy, Debug)]
pub struct Before {
    pub at: Timestamp,
    pub id: Id<mark::AuditEvent>,
}
impl Before {
    pub const NEWEST: Self = Self { at: Timestamp::FOREVER, id: Id::from_i64(i64::MAX) };
}

/// Which events of an organization are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Kinds of objects; empty for every kind.
    pub kinds: &'static [&'static str],
    pub actor: Option<kernel::id::AccountId>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}
