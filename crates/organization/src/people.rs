//! Names beside ids: one look-up for everybody that a page mentions.
use crate::Organizations;
use identity::account::{self, AccountCard};
use kernel::{Result, id::AccountId};
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
