//! What `db.write` commits beside the change: one event per thing that happened.
use crate::{
    Actor,
    id::{Id, OrganizationId},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Refused by a rule: no right, no grant.
    Refused,
    /// Tried and wrong: password, code.
    Failed,
}
impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// `detail` holds ids, codes and names of fields; personal data stays out (or goes in as ciphertext).
#[derive(Clone, Debug)]
pub struct Event {
    pub actor: Actor,
    /// `object.verb`, for example `grant.revoked`.
    pub action: &'static str,
    pub outcome: Outcome,
    pub object_kind: &'static str,
    pub object_id: Option<i64>,
    /// The organization whose operation record shows the event.
    pub organization: Option<OrganizationId>,
    pub detail: serde_json::Value,
}
impl Event {
    pub fn done(actor: &Actor, action: &'static str) -> Self {
        Self {
            actor: actor.clone(),
            action,
            outcome: Outcome::Done,
            object_kind: "",
            object_id: None,
            organization: actor.acting_for,
            detail: serde_json::Value::Null,
        }
    }
    pub fn refused(actor: &Actor, action: &'static str) -> Self {
        Self { outcome: Outcome::Refused, ..Self::done(actor, action) }
    }
    pub fn failed(actor: &Actor, action: &'static str) -> Self {
        Self { outcome: Outcome::Failed, ..Self::done(actor, action) }
    }
    #[must_use]
    pub fn on<T>(mut self, kind: &'static str, id: Id<T>) -> Self {
        self.object_kind = kind;
        self.object_id = Some(id.as_i64());
        self
    }
    #[must_use]
    pub fn of(mut self, organization: OrganizationId) -> Self {
        self.organization = Some(organization);
        self
    }
    #[must_use]
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}
