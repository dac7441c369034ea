use super::model::{Console, Counts, Kept, RECENT, SOON_DAYS};
use super::store;
use crate::Organizations;
use crate::decision::{self, SessionFacts, Space};
use crate::membership::Role;
use crate::tile::{self, MOST_SHORTCUTS};
use db::Tx;
use identity::session::SignedIn;
use kernel::{
    Result, Timestamp,
    id::{AccountId, ProductId},
};

/// Inside the transaction of the page: four statements.
pub(crate) fn look_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    session: &SessionFacts,
    (space, role): (Space, Role),
    now: Timestamp,
) -> Result<Console> {
    let mut console = at_hand_in(tx, account, session, space, now)?;
    let soon = now.plus_days(SOON_DAYS);
    match space {
        Space::Personal => {
            console.counts =
                Counts { returned: store::count_returned(tx, account, now)?, ..Counts::default() };
            console.ending = store::list_ending_of_person(tx, account, now, soon)?;
        }
        Space::Organization(id) if role.administers() => {
            console.counts = store::count_for_administrator(tx, id, account, now)?;
            console.ending = store::list_ending_for_administrator(tx, id, account, now, soon)?;
        }
        Space::Organization(id) => {
            let returned = store::count_for_member(tx, id, account, now)?;
            console.counts = Counts { returned, ..Counts::default() };
            console.ending = store::list_ending_for_member(tx, id, account, now, soon)?;
        }
    }
    Ok(console)
}
fn at_hand_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    session: &SessionFacts,
    space: Space,
    now: Timestamp,
) -> Result<Console> {
    let tiles = tile::list_in(tx, account, tile::key(space), (MOST_SHORTCUTS + RECENT) as i64)?;
    if tiles.is_empty() {
        return Ok(Console::default());
    }
    let products: Vec<ProductId> = tiles.iter().map(|tile| tile.product).collect();
    let mut decided = decision::decide_products_in(tx, account, session, space, products, now)?;
    let kept = tiles.into_iter().map(|tile| Kept { decision: decided.remove(&tile.product), tile });
    let (shortcuts, mut recent): (Vec<Kept>, Vec<Kept>) = kept.partition(|kept| kept.tile.place.is_some());
    recent.truncate(RECENT);
    Ok(Console { shortcuts, recent, ..Console::default() })
}

impl Organizations {
    /// Of the personal space.
    pub async fn personal_console(&self, who: &SignedIn, now: Timestamp) -> Result<Console> {
        let session = self.session_facts(who).await?;
        let account = who.account;
        self.db().read(move |tx| look_in(tx, account, &session, (Space::Personal, Role::Agent), now)).await
    }
}
