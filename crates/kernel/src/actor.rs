//! Who does something, for whom, from where. Built at the edge, carried into every audited change.
use crate::id::{AccountId, ClientId, OrganizationId, SessionId};
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// Nobody signed in: registration, sign-in attempts.
    Anonymous,
    Account,
    Staff,
    Client,
    /// The command line, workers, demo data.
    System,
}
impl ActorKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Account => "account",
            Self::Staff => "staff",
            Self::Client => "client",
            Self::System => "system",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Actor {
    pub kind: ActorKind,
    pub account: Option<AccountId>,
    pub client: Option<ClientId>,
    pub acting_for: Option<OrganizationId>,
    pub session: Option<SessionId>,
    pub address: Option<IpAddr>,
    pub request_id: String,
}
impl Actor {
    pub fn system() -> Self {
        Self {
            kind: ActorKind::System,
            account: None,
            client: None,
            acting_for: None,
            session: None,
            address: None,
            request_id: String::new(),
        }
    }
    pub fn anonymous(address: Option<IpAddr>, request_id: String) -> Self {
        Self { kind: ActorKind::Anonymous, address, request_id, ..Self::system() }
    }
    #[must_use]
    pub fn acting_for(mut self, organization: OrganizationId) -> Self {
        self.acting_for = Some(organization);
        self
    }
}
