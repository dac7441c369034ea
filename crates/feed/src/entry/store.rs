use super::model::{Cursor, EntryState, FeedEntryId, Filter, Kind, Put, Subject};
use db::{Query, Statement, Tx, row, sql};
use identity::notice::NoticeId;
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, ProductId},
};

/// Candidates of a search that are opened and looked at.
pub(super) const CANDIDATES: i64 = 500;

/// Somebody the product may write to.
pub(super) struct Person {
    pub account: AccountId,
    pub managed: bool,
}
row!(Person { account, managed });

/// The person behind a subject, if they used the product, allowed it something or hold a grant of it now.
pub(super) fn find_person(
    tx: &mut Tx<'_>,
    product: ProductId,
    sub: &str,
    now: Timestamp,
) -> Result<Option<Person>> {
    tx.opt(
        sql!(
            "SELECT a.id, a.owner_organization_id IS NOT NULL FROM account a
             WHERE a.sub = $1 AND a.state IN ('active', 'unactivated', 'disabled') AND (
                 EXISTS (SELECT 1 FROM product_use u WHERE u.account_id = a.id AND u.product_id = $2)
                 OR EXISTS (SELECT 1 FROM consent c JOIN client l ON l.id = c.client_id
                     WHERE c.account_id = a.id AND l.product_id = $2)
                 OR EXISTS (SELECT 1 FROM membership m JOIN product_grant g ON g.membership_id = m.id
                     WHERE m.account_id = a.id AND m.state = 'active' AND m.valid_from <= $3 AND m.valid_until > $3
                         AND g.product_id = $2 AND g.state = 'active' AND g.valid_from <= $3 AND g.valid_until > $3))"
        ),
        &[&sub, &product, &now],
    )
}
/// The organization of that id or code, if it is admitted to the product now; of an open product, if it was used for it.
pub(super) fn find_organization(
    tx: &mut Tx<'_>,
    product: ProductId,
    id: Option<OrganizationId>,
    uscc: Option<&str>,
    now: Timestamp,
) -> Result<Option<OrganizationId>> {
    tx.opt(
        sql!(
            "SELECT o.id FROM organization o JOIN product p ON p.id = $1
             LEFT JOIN admission d ON d.organization_id = o.id AND d.product_id = p.id AND d.state <> 'ended' AND d.state = 'active'
                 AND d.valid_from <= $4 AND d.valid_until > $4
             LEFT JOIN contract c ON c.id = d.contract_id AND c.organization_id = o.id AND c.state = 'active'
                 AND c.valid_from <= $4 AND c.valid_until > $4
             WHERE o.id IN (SELECT CAST($2 AS BIGINT) UNION ALL SELECT u.id FROM organization u WHERE u.uscc = $3 AND u.state <> 'closed')
                 AND o.state <> 'closed' AND p.audience <> 'person' AND (
                 (p.admission_class = 'membership' AND o.member_number IS NOT NULL)
                 OR (p.admission_class = 'discretionary' AND d.id IS NOT NULL)
                 OR (p.admission_class = 'contract' AND EXISTS (SELECT 1 FROM contract_type_product l
                     WHERE l.contract_type_id = c.contract_type_id AND l.product_id = p.id))
                 OR (p.admission_class = 'open' AND EXISTS (SELECT 1 FROM product_use u
                     WHERE u.organization_id = o.id AND u.product_id = p.id)))"
        ),
        &[&product, &id, &uscc, &now],
    )
}
pub(super) fn find_agent(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    sub: &str,
) -> Result<Option<AccountId>> {
    tx.opt(
        sql!(
            "SELECT m.account_id FROM account a JOIN membership m ON m.account_id = a.id
             WHERE a.sub = $2 AND m.organization_id = $1 AND m.state <> 'ended'"
        ),
        &[&organization, &sub],
    )
}
/// Whether the product serves private persons.
pub(super) fn serves_persons(tx: &mut Tx<'_>, product: ProductId) -> Result<bool> {
    tx.one(sql!("SELECT audience <> 'organization' FROM product WHERE id = $1"), &[&product])
}

/// What is kept of an entry, for comparing news with it.
pub(super) struct Kept {
    pub id: FeedEntryId,
    pub kind: Kind,
    pub account: i64,
    pub organization: i64,
    pub notice: Option<NoticeId>,
    pub updated_at: Timestamp,
    pub deleted: bool,
}
row!(Kept { id, kind, account, organization, notice, updated_at, deleted });

pub(super) fn find_kept(tx: &mut Tx<'_>, product: ProductId, external_id: &str) -> Result<Option<Kept>> {
    tx.opt(
        sql!(
            "SELECT id, kind, account_id, organization_id, notice_id, updated_at, deleted FROM feed_entry
             WHERE product_id = $1 AND external_id = $2"
        ),
        &[&product, &external_id],
    )
}
pub(super) struct Stored<'a> {
    pub id: FeedEntryId,
    pub product: ProductId,
    pub subject: Subject,
    pub agent: Option<AccountId>,
    pub content: &'a [u8],
}
/// False if the product has an entry of that number: another request was faster.
pub(super) fn insert(tx: &mut Tx<'_>, new: &Stored<'_>, put: &Put, now: Timestamp) -> Result<bool> {
    let (account, organization) = new.subject.columns();
    let inserted = tx.run(
        sql!(
            "INSERT INTO feed_entry (id, product_id, external_id, kind, account_id, organization_id, agent_id, state,
                 state_label, content, link, occurred_at, updated_at, deleted, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (product_id, external_id) DO NOTHING"
        ),
        &[
            &new.id,
            &new.product,
            &put.external_id,
            &put.kind,
            &account,
            &organization,
            &new.agent,
            &put.state,
            &put.state_label,
            &new.content,
            &put.link,
            &put.occurred_at,
            &put.updated_at,
            &false,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
/// False if newer news is kept meanwhile.
pub(super) fn update(tx: &mut Tx<'_>, new: &Stored<'_>, put: &Put) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE feed_entry SET agent_id = $2, state = $3, state_label = $4, content = $5, link = $6,
                 occurred_at = $7, updated_at = $8, deleted = $9 WHERE id = $1 AND updated_at < $8"
        ),
        &[
            &new.id,
            &new.agent,
            &put.state,
            &put.state_label,
            &new.content,
            &put.link,
            &put.occurred_at,
            &put.updated_at,
            &false,
        ],
    )?;
    Ok(changed == 1)
}
pub(super) fn set_notice(tx: &mut Tx<'_>, id: FeedEntryId, notice: NoticeId) -> Result<u64> {
    tx.run(sql!("UPDATE feed_entry SET notice_id = $2 WHERE id = $1"), &[&id, &notice])
}
/// A tombstone without content. False if newer news is kept meanwhile.
pub(super) fn bury(tx: &mut Tx<'_>, id: FeedEntryId, empty: &[u8], updated_at: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE feed_entry SET deleted = $4, content = $3, link = NULL, state_label = NULL, agent_id = NULL,
                 notice_id = NULL, updated_at = $2 WHERE id = $1 AND updated_at < $2"
        ),
        &[&id, &updated_at, &empty, &true],
    )?;
    Ok(changed == 1)
}
pub(super) fn set_grams(tx: &mut Tx<'_>, scope: i64, id: FeedEntryId, grams: &[i64]) -> Result<()> {
    tx.run(sql!("DELETE FROM feed_gram WHERE entry_id = $1"), &[&id])?;
    for gram in grams {
        tx.run(
            sql!(
                "INSERT INTO feed_gram (subject_id, gram, entry_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
            ),
            &[&scope, gram, &id],
        )?;
    }
    Ok(())
}

pub(super) struct EntryRow {
    pub id: FeedEntryId,
    pub product: ProductId,
    pub product_zh: String,
    pub product_en: String,
    pub external_id: String,
    pub kind: Kind,
    pub agent: Option<AccountId>,
    pub state: EntryState,
    pub state_label: Option<String>,
    pub content: Vec<u8>,
    pub link: Option<String>,
    pub occurred_at: Timestamp,
    pub updated_at: Timestamp,
}
row!(EntryRow {
    id,
    product,
    product_zh,
    product_en,
    external_id,
    kind,
    agent,
    state,
    state_label,
    content,
    link,
    occurred_at,
    updated_at,
});
const COLUMNS: &str =
    "SELECT e.id, e.product_id, p.name_zh, p.name_en, e.external_id, e.kind, e.agent_id, e.state, e.state_label,
    e.content, e.link, e.occurred_at, e.updated_at FROM feed_entry e JOIN product p ON p.id = e.product_id";

/// `AND e.…_id = ?` of the subject, with its value.
fn of_subject<'a>(query: Query<'a>, subject: Subject, columns: &'a (i64, i64)) -> Query<'a> {
    match subject {
        Subject::Person(_) => query.bind(" WHERE e.account_id = ?", &columns.0),
        Subject::Organization(_) => query.bind(" WHERE e.organization_id = ?", &columns.1),
    }
}
/// Newest first, at most `limit`; with `grams`, only those that hold all of them.
pub(super) fn list(
    tx: &mut Tx<'_>,
    subject: Subject,
    kind: Kind,
    filter: &Filter,
    grams: Option<&[i64]>,
    limit: i64,
) -> Result<Vec<EntryRow>> {
    let (columns, scope) = (subject.columns(), subject.scope());
    let wanted = grams.map_or(0, |grams| grams.len() as i64);
    let (at, id) = match filter.before {
        Some(Cursor { at, id }) => (at, id),
        None => (Timestamp::FOREVER, FeedEntryId::from_i64(i64::MAX)),
    };
    let alive = false;
    let mut query = of_subject(Query::new(COLUMNS), subject, &columns)
        .bind(" AND e.kind = ?", &kind)
        .bind(" AND e.deleted = ?", &alive)
        .bind(" AND (e.occurred_at, e.id) < (?", &at)
        .bind(", ?)", &id)
        .opt(" AND e.product_id = ?", &filter.product)
        .opt(" AND e.state = ?", &filter.state)
        .opt(" AND e.occurred_at >= ?", &filter.from)
        .opt(" AND e.occurred_at < ?", &filter.until)
        .opt(" AND e.agent_id = ?", &filter.agent);
    if let Some(grams) = grams {
        query = query
            .bind(" AND e.id IN (SELECT g.entry_id FROM feed_gram g WHERE g.subject_id = ?", &scope)
            .list(" AND g.gram IN (?)", grams)
            .bind(" GROUP BY g.entry_id HAVING COUNT(*) = ?", &wanted)
            .bind(" ORDER BY g.entry_id DESC LIMIT ?)", &CANDIDATES);
    }
    let query = query.bind(" ORDER BY e.occurred_at DESC, e.id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// How many entries hold all these grams, counted to one more than are looked at.
pub(super) fn count_by_grams(tx: &mut Tx<'_>, scope: i64, grams: &[i64]) -> Result<i64> {
    let (wanted, most) = (grams.len() as i64, CANDIDATES + 1);
    let query = Query::new("SELECT COUNT(*) FROM (SELECT g.entry_id FROM feed_gram g")
        .bind(" WHERE g.subject_id = ?", &scope)
        .list(" AND g.gram IN (?)", grams)
        .bind(" GROUP BY g.entry_id HAVING COUNT(*) = ?", &wanted)
        .bind(" LIMIT ?) found", &most);
    tx.one(query.sql(), query.params())
}
pub(super) fn find(tx: &mut Tx<'_>, subject: Subject, id: FeedEntryId) -> Result<Option<EntryRow>> {
    let (columns, alive) = (subject.columns(), false);
    let query = of_subject(Query::new(COLUMNS), subject, &columns)
        .bind(" AND e.id = ?", &id)
        .bind(" AND e.deleted = ?", &alive);
    tx.opt(query.sql(), query.params())
}
/// Products that have entries of the kind there: what the filter offers.
pub(super) fn list_products(
    tx: &mut Tx<'_>,
    subject: Subject,
    kind: Kind,
) -> Result<Vec<(ProductId, String, String)>> {
    let columns = subject.columns();
    let query = Query::new(
        "SELECT p.id, p.name_zh, p.name_en FROM product p WHERE EXISTS (SELECT 1 FROM feed_entry e",
    );
    let query = of_subject(query, subject, &columns)
        .bind(" AND e.kind = ?", &kind)
        .add(" AND e.product_id = p.id) ORDER BY p.code LIMIT 200");
    tx.all(query.sql(), query.params())
}
/// How many of a kind are open, counted to 99.
pub(super) fn count_open(tx: &mut Tx<'_>, subject: Subject, kind: Kind) -> Result<i64> {
    let (columns, alive) = (subject.columns(), false);
    let query =
        of_subject(Query::new("SELECT COUNT(*) FROM (SELECT e.id FROM feed_entry e"), subject, &columns)
            .bind(" AND e.kind = ?", &kind)
            .bind(" AND e.deleted = ?", &alive)
            .add(" AND e.state IN ('submitted', 'processing', 'action_needed') LIMIT 99) found");
    tx.one(query.sql(), query.params())
}

pub(super) fn delete_grams_of(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM feed_gram WHERE subject_id = $1"), &[&account])
}
pub(super) fn delete_of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("UPDATE feed_entry SET agent_id = NULL WHERE agent_id = $1"), &[&account])?;
    tx.run(sql!("DELETE FROM feed_entry WHERE account_id = $1"), &[&account])
}
pub(super) fn delete_buried(statement: Statement<'_, '_>, before: Timestamp) -> Result<u64> {
    statement.run(sql!("DELETE FROM feed_entry WHERE deleted AND updated_at < $1"), &[&before])
}
/// Everything of a person, oldest first: for the copy of their data and for a merge.
pub(super) fn list_all(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<EntryRow>> {
    let alive = false;
    let query = Query::new(COLUMNS)
        .bind(" WHERE e.account_id = ?", &account)
        .bind(" AND e.deleted = ?", &alive)
        .bind(" ORDER BY e.occurred_at, e.id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn move_to(tx: &mut Tx<'_>, id: FeedEntryId, to: AccountId) -> Result<u64> {
    tx.run(sql!("UPDATE feed_entry SET account_id = $2 WHERE id = $1"), &[&id, &to])
}
pub(super) fn find_moved(tx: &mut Tx<'_>, id: FeedEntryId) -> Result<Option<EntryRow>> {
    let query = Query::new(COLUMNS).bind(" WHERE e.id = ?", &id);
    tx.opt(query.sql(), query.params())
}
