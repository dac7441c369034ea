//! Taking items, searching them, starring them.
use super::{
    model::{Item, ItemFilter, ItemId, Items, Push, Put},
    store,
};
use crate::entry::{Applied, Refusal};
use crate::product::Pusher;
use crate::view::folded;
use db::{Db, Keyring, Tx};
use identity::SignedIn;
use kernel::{Error, Event, Result, Timestamp, id::AccountId, id::ProductId};
use organization::organization_type::Words;
use serde_json::json;
use std::sync::Arc;

/// Rows of one transaction.
const SLICE: usize = 20;
const PAGE: usize = 20;
/// As many as anybody looks through.
pub const MOST_STARS: i64 = 500;

fn item(row: store::ItemRow) -> Item {
    Item {
        id: row.id,
        product: row.product,
        product_name: Words { zh: row.product_zh, en: row.product_en },
        name: Words { zh: row.name_zh, en: row.name_en },
        summary: Words { zh: row.summary_zh, en: row.summary_en },
        department: row.department,
        audience: row.audience,
        link: row.link,
        starred: row.starred_at.is_some(),
    }
}
/// Both names are searched; items are public, so one scope holds them all.
fn grams(keyring: &Keyring, put: &Put) -> Vec<i64> {
    let mut grams = keyring.grams(0, &folded(&put.name.zh));
    grams.extend(keyring.grams(0, &folded(&put.name.en)));
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// Takes a batch, row by row, as entries are taken.
pub async fn push(
    db: &Db,
    by: &Pusher,
    rows: Vec<std::result::Result<Push, Refusal>>,
    now: Timestamp,
) -> Result<Vec<std::result::Result<Taken, Refusal>>> {
    let mut results = Vec::with_capacity(rows.len());
    for slice in rows.chunks(SLICE) {
        let drawn: Vec<(ItemId, _)> = slice.iter().map(|row| (db.draw(), row.clone())).collect();
        let (by, keyring) = (by.clone(), Arc::clone(db.keyring()));
        let done = db
            .write_bulk(move |tx| {
                let mut results = Vec::with_capacity(drawn.len());
                for (id, row) in &drawn {
                    results.push(match row {
                        Ok(Push::Put(put)) => Ok(put_in(tx, &keyring, by.product, *id, put, now)?),
                        Ok(Push::Delete { external_id, updated_at }) => {
                            Ok(delete_in(tx, by.product, external_id, *updated_at)?)
                        }
                        Err(refusal) => Err(*refusal),
                    });
                }
                let events = event_of(&by, &results);
                Ok((results, events))
            })
            .await?;
        results.extend(done);
    }
    Ok(results)
}
/// As [`Applied`], with the id of an item.
pub type Taken = (Applied, Option<ItemId>);
fn event_of(by: &Pusher, results: &[std::result::Result<Taken, Refusal>]) -> Vec<Event> {
    let count = |word: &str| results.iter().flatten().filter(|(applied, _)| applied.as_str() == word).count();
    let (created, updated, deleted) = (count("created"), count("updated"), count("deleted"));
    if created + updated + deleted == 0 {
        return Vec::new();
    }
    let detail = json!({ "created": created, "updated": updated, "deleted": deleted });
    vec![Event::done(&by.actor, "item.pushed").on("product", by.product).with(detail)]
}
fn put_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    product: ProductId,
    id: ItemId,
    put: &Put,
    now: Timestamp,
) -> Result<Taken> {
    let created = |id: ItemId| (Applied::Created(kernel::Id::from_i64(id.as_i64())), Some(id));
    let kept = store::find_kept(tx, product, &put.external_id)?;
    if kept.is_none() && store::insert(tx, id, product, put, now)? {
        store::set_grams(tx, id, &grams(keyring, put))?;
        return Ok(created(id));
    }
    let kept = match kept {
        Some(kept) => kept,
        None => {
            store::find_kept(tx, product, &put.external_id)?.ok_or_else(|| Error::internal("feed.lost"))?
        }
    };
    if put.updated_at <= kept.updated_at {
        let same = put.updated_at == kept.updated_at;
        return Ok((if same { Applied::Unchanged } else { Applied::Stale }, Some(kept.id)));
    }
    if !store::update(tx, kept.id, put)? {
        return Ok((Applied::Stale, Some(kept.id)));
    }
    store::set_grams(tx, kept.id, &grams(keyring, put))?;
    Ok((Applied::Updated(kernel::Id::from_i64(kept.id.as_i64())), Some(kept.id)))
}
fn delete_in(tx: &mut Tx<'_>, product: ProductId, external_id: &str, updated_at: Timestamp) -> Result<Taken> {
    let Some(kept) = store::find_kept(tx, product, external_id)? else {
        return Ok((Applied::Unchanged, None));
    };
    if updated_at <= kept.updated_at {
        let same = kept.deleted && updated_at == kept.updated_at;
        return Ok((if same { Applied::Unchanged } else { Applied::Stale }, None));
    }
    if !store::bury(tx, kept.id, updated_at)? {
        return Ok((Applied::Stale, None));
    }
    store::set_grams(tx, kept.id, &[])?;
    Ok((if kept.deleted { Applied::Unchanged } else { Applied::Deleted }, None))
}

/// A page of items, newest first.
pub async fn search(db: &Db, who: &SignedIn, filter: ItemFilter) -> Result<Items> {
    let (account, keyring) = (who.account, Arc::clone(db.keyring()));
    let text = filter.text.as_deref().map(folded).filter(|text| !text.is_empty());
    let grams = text.as_deref().map(|text| keyring.grams(0, text));
    db.read(move |tx| {
        let mut rows = store::list(tx, account, &filter, grams.as_deref(), PAGE as i64 + 1)?;
        let refine = match &grams {
            Some(grams) => store::count_by_grams(tx, grams)? > store::CANDIDATES,
            None => false,
        };
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|row| row.id);
        let mut items: Vec<Item> = rows.into_iter().map(item).collect();
        if let Some(text) = &text {
            items
                .retain(|item| [&item.name.zh, &item.name.en].iter().any(|name| folded(name).contains(text)));
        }
        Ok(Items { items, next, refine })
    })
    .await
}
/// Error `item.unknown`.
pub async fn find(db: &Db, who: &SignedIn, id: ItemId) -> Result<Item> {
    let account = who.account;
    db.read(move |tx| store::find(tx, account, id))
        .await?
        .map(item)
        .ok_or_else(|| Error::not_found("item.unknown"))
}
pub async fn products(db: &Db) -> Result<Vec<(ProductId, Words)>> {
    let rows = db.read(store::list_products).await?;
    Ok(rows.into_iter().map(|(id, zh, en)| (id, Words { zh, en })).collect())
}
/// One page of what the person starred, and where it goes on.
pub async fn starred(
    db: &Db,
    account: AccountId,
    product: Option<ProductId>,
    before: Option<(Timestamp, ItemId)>,
) -> Result<(Vec<Item>, Option<(Timestamp, ItemId)>)> {
    let limit = PAGE as i64 + 1;
    let mut rows = db.read(move |tx| store::list_starred(tx, account, product, before, limit)).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).and_then(|row| Some((row.starred_at?, row.id)));
    Ok((rows.into_iter().map(item).collect(), next))
}
/// Counted to 99.
pub async fn count_stars(db: &Db, account: AccountId) -> Result<i64> {
    db.read(move |tx| store::count_stars(tx, account, 99)).await
}
/// Stars or takes the star away; doing it again is as good. Errors: `item.unknown`, `item.stars_full`.
pub async fn star(db: &Db, who: &SignedIn, id: ItemId, wanted: bool, now: Timestamp) -> Result<()> {
    let (account, actor) = (who.account, who.actor.clone());
    db.write(move |tx| {
        identity::account::service::touch_in(tx, account)?;
        if store::find(tx, account, id)?.is_none() {
            return Err(Error::not_found("item.unknown"));
        }
        let changed = match wanted {
            true if store::count_stars(tx, account, MOST_STARS)? >= MOST_STARS => {
                return Err(Error::conflict("item.stars_full").arg("most", MOST_STARS.to_string()));
            }
            true => store::insert_star(tx, account, id, now)?,
            false => store::delete_star(tx, account, id)?,
        };
        let action = if wanted { "item.starred" } else { "item.unstarred" };
        let event = Event::done(&actor, action).on("item", id);
        Ok(((), if changed { vec![event] } else { Vec::new() }))
    })
    .await
}
/// In the transaction of a merge: what one account starred is starred by the other, too.
pub fn copy_stars_in(tx: &mut Tx<'_>, from: AccountId, to: AccountId) -> Result<()> {
    store::move_stars(tx, from, to).map(drop)
}
pub(crate) fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_stars(tx.statement(), account).map(drop)
}
