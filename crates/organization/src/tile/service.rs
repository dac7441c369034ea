use super::model::{MOST_SHORTCUTS, Step, key};
use super::store;
use crate::Organizations;
use crate::decision::Space;
use crate::product::{self, ProductState};
use db::Tx;
use identity::session::SignedIn;
use kernel::{
    Error, Event, Result, Timestamp,
    id::{AccountId, ProductId},
};

fn shown(state: ProductState) -> bool {
    matches!(state, ProductState::Active | ProductState::Suspended)
}

/// With an account goes what it kept at hand.
pub fn forget_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete(tx, account).map(drop)
}

impl Organizations {
    /// Makes a product a shortcut of this space's console, or no longer; again is as good. The space is the caller's, as a
    /// `Member` or the own personal one proves. Errors: `product.unknown`, `product.shortcuts_full`.
    pub async fn star_product(
        &self,
        who: &SignedIn,
        space: Space,
        id: ProductId,
        wanted: bool,
    ) -> Result<()> {
        let (account, actor, key) = (who.account, who.actor.clone(), key(space));
        self.db()
            .write(move |tx| {
                identity::account::service::touch_in(tx, account)?;
                let places = store::list_places(tx, account, key)?;
                let starred = places.iter().any(|(known, _)| *known == id);
                if starred == wanted {
                    return Ok(((), Vec::new()));
                }
                if wanted {
                    product::find(tx, id)?
                        .filter(|product| shown(product.state))
                        .ok_or_else(|| Error::not_found("product.unknown"))?;
                    // What was withdrawn keeps its place, but nobody could take it off to make room.
                    if places.iter().filter(|(_, shown)| *shown).count() >= MOST_SHORTCUTS {
                        let error = Error::conflict("product.shortcuts_full");
                        return Err(error.arg("most", MOST_SHORTCUTS.to_string()));
                    }
                    renumber(tx, account, key, places.iter().map(|(id, _)| *id).chain([id]))?;
                } else {
                    store::clear_place(tx, account, key, id)?;
                }
                let action = if wanted { "shortcut.added" } else { "shortcut.removed" };
                // The person's own affair: no line of the organization's record.
                let event = Event::done(&actor, action).on("product", id);
                Ok(((), vec![event]))
            })
            .await
    }
    /// One step among the shortcuts that are shown; at the edge it stays.
    pub async fn move_shortcut(&self, who: &SignedIn, space: Space, id: ProductId, step: Step) -> Result<()> {
        let (account, key) = (who.account, key(space));
        self.db()
            .write_unaudited("the order of the own shortcuts", move |tx| {
                identity::account::service::touch_in(tx, account)?;
                let mut places = store::list_places(tx, account, key)?;
                let at = places
                    .iter()
                    .position(|(known, _)| *known == id)
                    .ok_or_else(|| Error::not_found("product.unknown"))?;
                let seen = |(place, (_, shown)): (usize, &(ProductId, bool))| shown.then_some(place);
                let other = match step {
                    Step::Up => places.iter().enumerate().take(at).filter_map(seen).next_back(),
                    Step::Down => places.iter().enumerate().skip(at + 1).find_map(seen),
                };
                let Some(other) = other else { return Ok(()) };
                places.swap(at, other);
                renumber(tx, account, key, places.into_iter().map(|(id, _)| id))
            })
            .await
    }
    /// The product was opened from this space just now.
    pub(crate) async fn remember_opened(
        &self,
        account: AccountId,
        space: Space,
        id: ProductId,
        now: Timestamp,
    ) -> Result<()> {
        let key = key(space);
        self.db()
            .exec("a product was opened", move |s| store::set_opened(s, account, key, id, now))
            .await
            .map(drop)
    }
}
fn renumber(
    tx: &mut Tx<'_>,
    account: AccountId,
    key: i64,
    order: impl Iterator<Item = ProductId>,
) -> Result<()> {
    for (place, id) in (1..).zip(order) {
        store::insert_star(tx, account, key, id, place)?;
    }
    Ok(())
}
