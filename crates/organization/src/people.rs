//! Names beside ids: one look-up for everybody that a page mentions.
use crate::Organizations;
use crate::membership::list_administrators;
use db::Tx;
use identity::account::{self, AccountCard};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use std::collections::{BTreeSet, HashMap};

#[derive(Clone, Debug, Default)]
pub struct People(HashMap<AccountId, AccountCard>);
impl People {
    pub fn card(&self, id: AccountId) -> Option<&AccountCard> {
        self.0.get(&id)
    }
    /// Empty for an account that is not there any more.
    pub fn name(&self, id: AccountId) -> &str {
        self.0.get(&id).map_or("", |card| card.name.as_str())
    }
}

impl Organizations {
    pub async fn people(&self, ids: impl IntoIterator<Item = AccountId>) -> Result<People> {
        let ids: Vec<AccountId> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        if ids.is_empty() {
            return Ok(People::default());
        }
        let cards = account::service::cards(self.db(), ids).await?;
        Ok(People(cards.into_iter().map(|card| (card.id, card)).collect()))
    }
}

/// Who administers the organization at this instant, for a room above that tells them something in its transaction.
pub fn administrators_in(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<AccountId>> {
    Ok(list_administrators(tx, organization, now)?.into_iter().map(|row| row.account).collect())
}
