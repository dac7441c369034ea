use super::model::{From, Group, MessageFilter, Notice, NoticeId};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ProductId},
};
use platform::Channel;

pub(super) struct Row {
    pub id: NoticeId,
    pub kind: String,
    pub args: Vec<u8>,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
}
db::row!(Row { id, kind, args, created_at, read_at });

pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: NoticeId,
    account: AccountId,
    notice: &Notice,
    args: &[u8],
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO notice (id, account_id, kind, args, product_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        &[&id, &account, &notice.kind, &args, &notice.product, &now],
    )
}
pub(super) fn update_args(tx: &mut Tx<'_>, id: NoticeId, args: &[u8]) -> Result<u64> {
    tx.run(sql!("UPDATE notice SET args = $2 WHERE id = $1"), &[&id, &args])
}
pub(super) fn delete(tx: &mut Tx<'_>, id: NoticeId) -> Result<u64> {
    tx.run(sql!("DELETE FROM notice WHERE id = $1"), &[&id])
}
pub(super) fn list_products(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<ProductId>> {
    tx.all(
        sql!(
            "SELECT DISTINCT product_id FROM notice WHERE account_id = $1 AND product_id IS NOT NULL
             ORDER BY product_id LIMIT 200"
        ),
        &[&account],
    )
}
/// Newest first, `before` exclusive.
pub(super) fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: MessageFilter,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Row>> {
    let product = match filter.from {
        From::Product(product) => Some(product),
        From::Everybody | From::Platform => None,
    };
    let mut query = Query::new("SELECT id, kind, args, created_at, read_at FROM notice")
        .bind(" WHERE account_id = ?", &account)
        .opt(" AND product_id = ?", &product)
        .opt(" AND created_at >= ?", &filter.since)
        .opt(" AND created_at < ?", &filter.until);
    if filter.unread {
        query = query.add(" AND read_at IS NULL");
    }
    if filter.from == From::Platform {
        query = query.add(" AND product_id IS NULL");
    }
    let query = query.opt(" AND id < ?", &before).bind(" ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn find(tx: &mut Tx<'_>, account: AccountId, id: NoticeId) -> Result<Option<Row>> {
    tx.opt(
        sql!("SELECT id, kind, args, created_at, read_at FROM notice WHERE id = $1 AND account_id = $2"),
        &[&id, &account],
    )
}
/// More than 99 are as many as 99.
pub(super) fn count_unread(statement: Statement<'_, '_>, account: AccountId) -> Result<i64> {
    statement.one(
        sql!(
            "SELECT COUNT(*) FROM (SELECT id FROM notice WHERE account_id = $1 AND read_at IS NULL LIMIT 99) unread"
        ),
        &[&account],
    )
}
pub(super) fn mark_read(
    statement: Statement<'_, '_>,
    account: AccountId,
    id: NoticeId,
    now: Timestamp,
) -> Result<u64> {
    statement.run(
        sql!("UPDATE notice SET read_at = $3 WHERE id = $1 AND account_id = $2 AND read_at IS NULL"),
        &[&id, &account, &now],
    )
}
/// Up to and with the newest that the page showed: what came meanwhile stays unread.
pub(super) fn mark_all_read(
    statement: Statement<'_, '_>,
    account: AccountId,
    up_to: NoticeId,
    now: Timestamp,
) -> Result<u64> {
    statement.run(
        sql!("UPDATE notice SET read_at = $3 WHERE account_id = $1 AND id <= $2 AND read_at IS NULL"),
        &[&account, &up_to, &now],
    )
}
pub(super) fn delete_old(statement: Statement<'_, '_>, before: Timestamp) -> Result<u64> {
    let earliest = kernel::Id::<kernel::id::mark::Notice>::earliest(before);
    statement.run(sql!("DELETE FROM notice WHERE id < $2 AND created_at < $1"), &[&before, &earliest])
}
pub(super) fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    tx.run(sql!("DELETE FROM notice WHERE account_id = $1"), &[&account])?;
    tx.run(sql!("DELETE FROM reminder WHERE account_id = $1"), &[&account])?;
    tx.run(sql!("DELETE FROM reminder_language WHERE account_id = $1"), &[&account]).map(drop)
}

pub(super) fn list_reminders(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(Group, Channel, bool)>> {
    // A group that an older release knew is left out.
    let rows: Vec<(String, Channel, bool)> = tx
        .all(sql!("SELECT notice_group, channel, wanted FROM reminder WHERE account_id = $1"), &[&account])?;
    Ok(rows.into_iter().filter_map(|(group, channel, on)| Some((group.parse().ok()?, channel, on))).collect())
}
pub(super) fn upsert_reminder(
    tx: &mut Tx<'_>,
    account: AccountId,
    group: Group,
    channel: Channel,
    on: bool,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO reminder (account_id, notice_group, channel, wanted) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, notice_group, channel) DO UPDATE SET wanted = $4"
        ),
        &[&account, &group, &channel, &on],
    )
}
pub(super) fn find_language(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>> {
    tx.opt(sql!("SELECT lang FROM reminder_language WHERE account_id = $1"), &[&account])
}
pub(super) fn upsert_language(tx: &mut Tx<'_>, account: AccountId, lang: &str) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO reminder_language (account_id, lang) VALUES ($1, $2)
             ON CONFLICT (account_id) DO UPDATE SET lang = $2"
        ),
        &[&account, &lang],
    )
}
