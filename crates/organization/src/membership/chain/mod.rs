//! Who gave whom the power to act for the organization: head, administrators, and how many agents stand below.
mod store;

use super::MemberRow;
use crate::Organizations;
use crate::organization;
use kernel::{Result, Timestamp, id::OrganizationId};
pub(crate) use store::{list_chain, list_newest_agents};

/// One person of the chain; in force or not.
pub type ChainLink = MemberRow;
#[derive(Clone, Debug)]
pub struct Chain {
    /// Heads first, then administrators.
    pub above: Vec<ChainLink>,
    pub agents: i64,
    /// So many administrators may there be now.
    pub allowed: i64,
}
impl Organizations {
    pub async fn chain(&self, organization: OrganizationId, now: Timestamp) -> Result<Chain> {
        self.db()
            .read(move |tx| {
                Ok(Chain {
                    above: store::list_chain(tx, organization)?,
                    agents: store::count_agents(tx, organization, now)?,
                    allowed: organization::administrators_allowed(tx, organization, now)?,
                })
            })
            .await
    }
    /// Agents, the oldest first: whom an administrator's powers can pass to.
    pub async fn agents(&self, organization: OrganizationId, limit: i64) -> Result<Vec<MemberRow>> {
        self.db().read(move |tx| store::list_agents(tx, organization, limit)).await
    }
}
