//! Taking what products push, and showing it to whom it belongs.
use super::{
    model::{
        Applied, Content, Cursor, Entry, FeedEntryId, Filter, Kind, Listed, Named, Push, Put, Refusal,
        Subject,
    },
    store,
};
use crate::product::Pusher;
use db::{Db, Keyring, Tx};
use identity::{
    Identity,
    notice::{self, Notice},
};
use kernel::{Error, Event, Result, Timestamp, id::AccountId, id::ProductId};
use organization::{membership::Member, organization_type::Words};
use platform::counter::{self, model::Limit};
use serde_json::json;
use std::sync::Arc;

/// Rows of one transaction: a writer's job stays short, whatever the batch.
const SLICE: usize = 20;
/// Messages of one product to one person within a day.
const MESSAGES: Limit = Limit { scope: "feed.message", most: 20, seconds: 86_400 };
/// Rows of one page.
const PAGE: usize = 20;
/// Of one person, for the copy of their data and for a merge.
const MOST_OF_ONE: i64 = 10_000;

const CONTENT: &str = "feed_entry.content";
fn seal(keyring: &Keyring, id: FeedEntryId, content: &Content) -> Result<Vec<u8>> {
    let text = serde_json::to_string(content).map_err(|e| Error::internal("feed.json").because(e))?;
    Ok(keyring.seal(CONTENT, id.as_i64(), &text))
}
fn open(keyring: &Keyring, row: store::EntryRow) -> Result<Entry> {
    let text = keyring.open(CONTENT, row.id.as_i64(), &row.content)?;
    let content = serde_json::from_str(&text).map_err(|e| Error::internal("feed.json").because(e))?;
    Ok(Entry {
        id: row.id,
        product: row.product,
        product_name: Words { zh: row.product_zh, en: row.product_en },
        external_id: row.external_id,
        kind: row.kind,
        agent: row.agent,
        state: row.state,
        state_label: row.state_label,
        content,
        link: row.link,
        occurred_at: row.occurred_at,
        updated_at: row.updated_at,
    })
}
/// The title and the product's number are what is searched for.
fn grams(keyring: &Keyring, scope: i64, title: &str, external_id: &str) -> Vec<i64> {
    let mut grams = keyring.grams(scope, title);
    grams.extend(keyring.grams(scope, external_id));
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// Takes a batch, row by row: what one row lacks does not hinder the others.
pub async fn push(
    identity: &Identity,
    by: &Pusher,
    rows: Vec<std::result::Result<Push, Refusal>>,
    now: Timestamp,
) -> Result<Vec<std::result::Result<Applied, Refusal>>> {
    let db = identity.db();
    let mut results = Vec::with_capacity(rows.len());
    for slice in rows.chunks(SLICE) {
        let drawn: Vec<_> =
            slice.iter().map(|row| (db.draw::<kernel::id::mark::FeedEntry>(), row.clone())).collect();
        let (by, identity) = (by.clone(), identity.clone());
        let done = db
            .write_bulk(move |tx| {
                let mut results = Vec::with_capacity(drawn.len());
                for (id, row) in &drawn {
                    results.push(match row {
                        Ok(push) => apply_in(tx, &identity, &by, *id, push, now)?,
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
/// One event a slice: how many of each; who is concerned stands in the rows.
fn event_of(by: &Pusher, results: &[std::result::Result<Applied, Refusal>]) -> Vec<Event> {
    let count = |word: &str| results.iter().flatten().filter(|applied| applied.as_str() == word).count();
    let (created, updated, deleted) = (count("created"), count("updated"), count("deleted"));
    if created + updated + deleted == 0 {
        return Vec::new();
    }
    let detail = json!({ "created": created, "updated": updated, "deleted": deleted });
    vec![Event::done(&by.actor, "feed.pushed").on("product", by.product).with(detail)]
}

fn apply_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    by: &Pusher,
    id: FeedEntryId,
    push: &Push,
    now: Timestamp,
) -> Result<std::result::Result<Applied, Refusal>> {
    match push {
        Push::Put(put) => put_in(tx, identity, by, id, put, now),
        Push::Delete { external_id, updated_at } => {
            delete_in(tx, identity.db().keyring(), by, external_id, *updated_at).map(Ok)
        }
    }
}
fn put_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    by: &Pusher,
    id: FeedEntryId,
    put: &Put,
    now: Timestamp,
) -> Result<std::result::Result<Applied, Refusal>> {
    let keyring = identity.db().keyring();
    let (subject, agent) = match subject_in(tx, by, put, now)? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let sealed = seal(keyring, id, &put.content)?;
    let stored = store::Stored { id, product: by.product, subject, agent, content: &sealed };
    let kept = store::find_kept(tx, by.product, &put.external_id)?;
    if kept.is_none() {
        if put.kind == Kind::Message
            && let Err(refusal) = within_limit_in(tx, by, subject, now)?
        {
            return Ok(Err(refusal));
        }
        if store::insert(tx, &stored, put, now)? {
            index_in(tx, keyring, &stored, put)?;
            if put.kind == Kind::Message {
                tell_in(tx, identity, by, &stored, put, now)?;
            }
            return Ok(Ok(Applied::Created(id)));
        }
    }
    // There before, or made by another request since.
    let kept = match kept {
        Some(kept) => kept,
        None => {
            store::find_kept(tx, by.product, &put.external_id)?.ok_or_else(|| Error::internal("feed.lost"))?
        }
    };
    if kept.kind != put.kind || (kept.account, kept.organization) != subject.columns() {
        return Ok(Err(Refusal::at("feed.entry_bound", "external_id")));
    }
    if put.updated_at <= kept.updated_at {
        let same = put.updated_at == kept.updated_at;
        return Ok(Ok(if same { Applied::Unchanged } else { Applied::Stale }));
    }
    // It was taken away and comes again: news, and counted as such. Another text of what is there disturbs nobody twice.
    let news = kept.deleted && put.kind == Kind::Message;
    if news && let Err(refusal) = within_limit_in(tx, by, subject, now)? {
        return Ok(Err(refusal));
    }
    let sealed = seal(keyring, kept.id, &put.content)?;
    let stored = store::Stored { id: kept.id, content: &sealed, ..stored };
    if !store::update(tx, &stored, put)? {
        return Ok(Ok(Applied::Stale));
    }
    index_in(tx, keyring, &stored, put)?;
    match kept.notice {
        Some(notice) => notice::service::revise_in(tx, identity, notice, &message(by, &stored, put))?,
        None if news => tell_in(tx, identity, by, &stored, put, now)?,
        None => {}
    }
    Ok(Ok(Applied::Updated(kept.id)))
}
fn index_in(tx: &mut Tx<'_>, keyring: &Keyring, stored: &store::Stored<'_>, put: &Put) -> Result<()> {
    let scope = stored.subject.scope();
    store::set_grams(tx, scope, stored.id, &grams(keyring, scope, &put.content.title, &put.external_id))
}
/// Whoever the product does not know is answered as whoever is not there.
fn subject_in(
    tx: &mut Tx<'_>,
    by: &Pusher,
    put: &Put,
    now: Timestamp,
) -> Result<std::result::Result<(Subject, Option<AccountId>), Refusal>> {
    const UNKNOWN: Refusal = Refusal::at("feed.subject_unknown", "subject");
    match &put.subject {
        Named::Person(sub) => {
            let Some(sub) = by.sector.sub_in(tx, sub)? else { return Ok(Err(UNKNOWN)) };
            let Some(person) = store::find_person(tx, by.product, &sub, now)? else {
                return Ok(Err(UNKNOWN));
            };
            // Business in the personal space is a private person's, at a product that serves them.
            let private = put.kind != Kind::Message;
            if private && (person.managed || !store::serves_persons(tx, by.product)?) {
                return Ok(Err(Refusal::at("feed.subject_business", "subject")));
            }
            Ok(Ok((Subject::Person(person.account), None)))
        }
        Named::Organization { id, uscc, agent } => {
            let found = store::find_organization(tx, by.product, *id, uscc.as_deref(), now)?;
            let Some(organization) = found else { return Ok(Err(UNKNOWN)) };
            let Some(name) = agent else { return Ok(Ok((Subject::Organization(organization), None))) };
            let agent = match by.sector.sub_in(tx, name)? {
                Some(sub) => store::find_agent(tx, organization, &sub)?,
                None => None,
            };
            match agent {
                Some(agent) => Ok(Ok((Subject::Organization(organization), Some(agent)))),
                None => Ok(Err(Refusal::at("feed.agent_unknown", "subject"))),
            }
        }
    }
}
fn within_limit_in(
    tx: &mut Tx<'_>,
    by: &Pusher,
    subject: Subject,
    now: Timestamp,
) -> Result<std::result::Result<(), Refusal>> {
    let mut key = by.product.as_i64().to_be_bytes().to_vec();
    key.extend_from_slice(&subject.scope().to_be_bytes());
    let hit = counter::service::hit_in(tx, MESSAGES, &key, now)?;
    Ok(if hit.allowed() { Ok(()) } else { Err(Refusal::new("feed.too_many_messages")) })
}

/// Product and title go into the message, and by SMS or mail as its reader wishes; the text stays on the page.
fn message(by: &Pusher, stored: &store::Stored<'_>, put: &Put) -> Notice {
    let href = match stored.subject {
        Subject::Person(_) => format!("/me/entries/{}", stored.id),
        Subject::Organization(id) => format!("/org/{id}/entries/{}", stored.id),
    };
    Notice::new(notice::Kind::ProductMessage)
        .words("product", &by.name.zh, &by.name.en)
        .arg("title", put.content.title.as_str())
        .leads_to(&href)
}
/// A message to an organization reaches the member who acted, else those who administer it.
fn tell_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    by: &Pusher,
    stored: &store::Stored<'_>,
    put: &Put,
    now: Timestamp,
) -> Result<()> {
    let notice = message(by, stored, put);
    match (stored.subject, stored.agent) {
        (Subject::Person(account), _) => {
            let told = notice::service::tell_of_in(tx, identity, account, by.product, &notice, now)?;
            if let Some(id) = told {
                store::set_notice(tx, stored.id, id)?;
            }
        }
        (Subject::Organization(_), Some(agent)) => {
            let told = notice::service::tell_of_in(tx, identity, agent, by.product, &notice, now)?;
            if let Some(id) = told {
                store::set_notice(tx, stored.id, id)?;
            }
        }
        (Subject::Organization(organization), None) => {
            for account in organization::administrators_in(tx, organization, now)? {
                notice::service::tell_of_in(tx, identity, account, by.product, &notice, now)?;
            }
        }
    }
    Ok(())
}
fn delete_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    by: &Pusher,
    external_id: &str,
    updated_at: Timestamp,
) -> Result<Applied> {
    let Some(kept) = store::find_kept(tx, by.product, external_id)? else { return Ok(Applied::Unchanged) };
    if updated_at <= kept.updated_at {
        let same = kept.deleted && updated_at == kept.updated_at;
        return Ok(if same { Applied::Unchanged } else { Applied::Stale });
    }
    let empty = seal(keyring, kept.id, &Content::default())?;
    if !store::bury(tx, kept.id, &empty, updated_at)? {
        return Ok(Applied::Stale);
    }
    store::set_grams(tx, 0, kept.id, &[])?;
    if let Some(notice) = kept.notice {
        notice::service::withdraw_in(tx, notice)?;
    }
    Ok(if kept.deleted { Applied::Unchanged } else { Applied::Deleted })
}

/// Whose entries are read: a person's own, or an organization's by proof of membership.
#[derive(Clone, Copy, Debug)]
pub struct Reader(Subject);
impl Reader {
    pub fn own(who: &identity::SignedIn) -> Self {
        Self(Subject::Person(who.account))
    }
    /// Every member sees what products say of the organization.
    pub fn of(member: &Member) -> Self {
        Self(Subject::Organization(member.organization()))
    }
}

/// A page of entries of a kind, newest first.
pub async fn list(db: &Db, reader: Reader, kind: Kind, filter: Filter) -> Result<Listed> {
    let Reader(subject) = reader;
    let keyring = Arc::clone(db.keyring());
    let text = filter.text.as_deref().map(crate::view::folded).filter(|text| !text.is_empty());
    let grams = text.as_deref().map(|text| keyring.grams(subject.scope(), text));
    db.read(move |tx| {
        let limit = PAGE as i64 + 1;
        let mut rows = store::list(tx, subject, kind, &filter, grams.as_deref(), limit)?;
        let refine = match &grams {
            Some(grams) => store::count_by_grams(tx, subject.scope(), grams)? > store::CANDIDATES,
            None => false,
        };
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| more).map(|row| Cursor { at: row.occurred_at, id: row.id });
        let mut entries = rows.into_iter().map(|row| open(&keyring, row)).collect::<Result<Vec<Entry>>>()?;
        if let Some(text) = &text {
            // Two names may share their bigrams without holding the text.
            entries.retain(|entry| {
                crate::view::folded(&entry.content.title).contains(text.as_str())
                    || crate::view::folded(&entry.external_id).contains(text.as_str())
            });
        }
        Ok(Listed { entries, next, refine })
    })
    .await
}
/// Error `feed.unknown`: of somebody else's entry, too.
pub async fn find(db: &Db, reader: Reader, id: FeedEntryId) -> Result<Entry> {
    let (Reader(subject), keyring) = (reader, Arc::clone(db.keyring()));
    db.read(move |tx| match store::find(tx, subject, id)? {
        Some(row) => open(&keyring, row),
        None => Err(Error::not_found("feed.unknown")),
    })
    .await
}
/// Products that the filter of a list offers.
pub async fn products(db: &Db, reader: Reader, kind: Kind) -> Result<Vec<(ProductId, Words)>> {
    let Reader(subject) = reader;
    let rows = db.read(move |tx| store::list_products(tx, subject, kind)).await?;
    Ok(rows.into_iter().map(|(id, zh, en)| (id, Words { zh, en })).collect())
}
/// What is open of each kind, counted to 99.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenNumbers {
    pub cases: i64,
    pub inquiries: i64,
    pub complaints: i64,
}
pub async fn open_numbers(db: &Db, reader: Reader) -> Result<OpenNumbers> {
    let Reader(subject) = reader;
    db.read(move |tx| {
        let mut count = |kind| store::count_open(tx, subject, kind);
        Ok(OpenNumbers {
            cases: count(Kind::Case)?,
            inquiries: count(Kind::Inquiry)?,
            complaints: count(Kind::Complaint)?,
        })
    })
    .await
}
/// Everything of a person: for the copy of their data.
pub async fn all_of(db: &Db, account: AccountId) -> Result<Vec<Entry>> {
    let keyring = Arc::clone(db.keyring());
    db.read(move |tx| {
        store::list_all(tx, account, MOST_OF_ONE)?.into_iter().map(|row| open(&keyring, row)).collect()
    })
    .await
}

/// In the transaction of a merge: the entries of one account become another's. Says which, so that it can be undone.
pub fn move_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    from: AccountId,
    to: AccountId,
) -> Result<Vec<FeedEntryId>> {
    let rows = store::list_all(tx, from, MOST_OF_ONE)?;
    let mut moved = Vec::with_capacity(rows.len());
    for row in rows {
        moved.push(row.id);
        move_one(tx, keyring, row, to)?;
    }
    Ok(moved)
}
/// The undoing of [`move_in`]: what was taken away meanwhile stays away.
pub fn move_back_in(tx: &mut Tx<'_>, keyring: &Keyring, moved: &[FeedEntryId], to: AccountId) -> Result<()> {
    for id in moved {
        if let Some(row) = store::find_moved(tx, *id)? {
            move_one(tx, keyring, row, to)?;
        }
    }
    Ok(())
}
fn move_one(tx: &mut Tx<'_>, keyring: &Keyring, row: store::EntryRow, to: AccountId) -> Result<()> {
    store::move_to(tx, row.id, to)?;
    let entry = open(keyring, row)?;
    let scope = to.as_i64();
    let grams = grams(keyring, scope, &entry.content.title, &entry.external_id);
    store::set_grams(tx, scope, entry.id, &grams)
}
pub(crate) fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_grams_of(tx, account)?;
    store::delete_of_account(tx, account).map(drop)
}
pub(crate) async fn forget_deleted(db: &Db, before: Timestamp) -> Result<()> {
    db.exec("deleted entries", move |statement| store::delete_buried(statement, before)).await.map(drop)
}
