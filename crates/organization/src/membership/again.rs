//! Somebody who asked for work that goes on without them: the capability is made again from what holds now.
use super::model::{Member, OrganizationAdministrator};
use super::store;
use crate::Organizations;
use kernel::{
    Actor, Result, Timestamp,
    id::{AccountId, OrganizationId},
};

impl Organizations {
    /// None once the account administers the organization no more. Every transaction checks the power again.
    pub async fn administrator_again(
        &self,
        account: AccountId,
        organization: OrganizationId,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Option<OrganizationAdministrator>> {
        let found = self.db().read_few(move |tx| store::find_of_account(tx, account, organization)).await?;
        let live = found.filter(|membership| membership.is_in_force(now));
        let member =
            live.map(|membership| Member { membership, account, actor: actor.acting_for(organization) });
        Ok(member.and_then(|member| member.as_administrator()))
    }
}
